#pragma once

#include <string>
#include <vector>

#include "models/core/provenance.hpp"
#include "models/separation/types_sweep.hpp"

namespace gadolin::app {

/// Prices the metrics of kind cost_per_kg by the [economics] and [equipment] of the file they stand
/// in; does nothing where there are none.
/// throws Error E-TOML-002 without [economics], E-COST-00x
void price_money(const std::string& file, const std::vector<separation::Metric*>& metrics,
                 std::vector<InputFile>& inputs);

}  // namespace gadolin::app
