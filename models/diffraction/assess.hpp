#pragma once

#include "models/diffraction/refine_batch.hpp"

namespace gadolin::diffraction {

/// From the last fit of one pattern to what a laboratory reads: weight fractions, uncertainties,
/// figures of merit and every warning that applies (docs/theory/diffraction.md#warnings).
PatternResult assess(const BatchModel& model, const Pattern& pattern, const PatternState& state,
                     const RefinementOptions& options);

}  // namespace gadolin::diffraction
