#pragma once

#include "models/diffraction/fitted_pattern.hpp"

namespace gadolin::diffraction {

/// Adds to `result` what speaks against it: parameters at bounds or undetermined, poor fits, lines
/// of the tube that should not be there, ghost phases, texture, absorption contrast, peaks and
/// humps nobody modelled (W-XRD-101 to 125, docs/theory/diffraction.md#warnings). The numbers of
/// `result` must stand already.
void add_fit_warnings(const FittedPattern& fitted, PatternResult& result);

/// A phase above its limit of detection.
bool any_found(const PatternResult& result);

}  // namespace gadolin::diffraction
