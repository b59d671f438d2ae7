#pragma once

#include <vector>

#include "kernels/exec/engine.hpp"
#include "models/diffraction/quantify.hpp"
#include "models/diffraction/types.hpp"
#include "models/diffraction/types_reference.hpp"

/// Full-pattern summation: a pattern as a sum of measured patterns of pure phases.
namespace gadolin::diffraction {

/// y(x) = b(x) + sum_p c_p R_p(x - s - s_p), c_p >= 0, weights 1 / variance; then
///   W_p = (c_p / RIR_p) / sum_q (c_q / RIR_q)
///   1 common shift s: NNLS of all references on a grid of -0.3 to +0.3 degrees, then finer
///   2 searching: references leave one by one while BIC falls, then each is tried against every
///     other of the library
///   3 own shifts s_p (clays swell, feldspars differ in composition): Gauss-Newton jointly with
///     the coefficients, held to the common shift by a prior of 0.03 degrees and a hard bound
/// A background of two Chebyshev terms; more would take up the humps of clays and glass. With clay
/// references the fit starts at 19 degrees unless a lower end is asked for: basal reflections
/// depend on orientation and water, the hk bands above do not (W-XRD-151 says so).
/// in    patterns on any grid; the library's range limits them. References of kind background are
///       left out, those without RIR are fitted but carry no mass (W-XRD-152).
/// out   one PatternResult per pattern, method "full-pattern summation"; phases are the references
///       named, or those found; PhaseResult::zmv = 1 / RIR, scale = c; quantification.summation and
///       .groups filled; options.quantify.internal_standard may name a reference
/// fails a pattern that cannot be used gets its status and a text.
///       throws Error E-XRD-150 no reference of that id, E-XRD-151 more than 64 named
/// cost  searching 168 references on 2300 points: about 3 s; 7 named ones 0.3 s
/// source Chipera & Bish (2002) J. Appl. Cryst. 35, 744; Eberl (2003) USGS OFR 03-78; Butler &
///        Hillier (2021) Comput. Geosci. 147, 104662; docs/theory/diffraction.md#summation
std::vector<PatternResult> sum_references(const std::vector<Pattern>& patterns,
                                          const PatternLibrary& library,
                                          const SummationOptions& summation,
                                          const RefinementOptions& options, const Engine& engine);

/// Model error of a summation: how well one specimen of a mineral stands for another. A relative
/// error of every coefficient, and for clays an exchange between them [weight fraction], larger
/// where the fit chose the clays itself. Calibrated on weighed clay mixtures, each left out in turn
/// (scripts/calibrate_floor.py, docs/measurements/quantification.md).
struct SummationError {
  double relative = 0.02;
  double clay_exchange = 0.0125;
  double clay_exchange_searched = 0.03;
};

}  // namespace gadolin::diffraction
