#pragma once

#include <vector>

#include "models/recovery/types.hpp"

namespace gadolin::recovery {

/// Refuses what cannot be joined: phases [P], covariance [P*P] or empty, elements [E] in kg/kg.
/// fails E-REC-001 size, -002 fractions, -003 element unknown or twice, -005 not finite or u < 0
void check_inputs(const std::vector<PhaseInput>& phases, const std::vector<double>& covariance,
                  const std::vector<ElementInput>& elements);

}  // namespace gadolin::recovery
