#pragma once

#include <vector>

#include "kernels/exec/engine.hpp"
#include "models/diffraction/refine_batch.hpp"

namespace gadolin::diffraction {

/// The order in which parameters are let loose: scales and background from a grid of displacements
/// and widths, displacement, cells, widths, sizes, texture, ..., each step kept where it pays by
/// BIC and rolled back where it does not.
/// in   states as prepare() leaves them
/// out  parameters, covariance, chi2, free parameters and status of every pattern; one that fails
///      says so in its status and holds up no other
/// source docs/theory/diffraction.md, least squares; the order stands in refine.hpp
void run_protocol(BatchModel& model, const std::vector<CrystalStructure>& structures,
                  std::vector<PatternState>& states, const RefinementOptions& options,
                  const Engine& engine);

}  // namespace gadolin::diffraction
