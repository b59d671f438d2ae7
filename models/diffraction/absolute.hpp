#pragma once

#include <vector>

#include "models/diffraction/quantify.hpp"
#include "models/diffraction/types.hpp"

/// From fractions of the crystalline modelled part to fractions of the original sample.
namespace gadolin::diffraction {

/// Internal standard: a weighed fraction w of crystallinity c is found as W_s.
///   factor f = w c / W_s;  X_p = W_p f / (1 - w);  rest = (1 - f - w (1 - c)) / (1 - w)
/// in   result with numbers, one of its phases the standard; 0 < w < 1, 0 < c <= 1. The original
///      sample is taken to hold none of the standard's phase itself.
/// out  parts sum to 1; uncertainty from Cov(W), w and c by the delta method
/// fails  the standard is not found: no parts, factor 0
/// source docs/theory/diffraction.md#absolute
AbsoluteResult by_internal_standard(const PatternResult& result, const InternalStandard& standard);

/// External standard: X_p = S_p (ZMV)_p mu* / K, each phase for itself. Where both patterns state
/// their counting time per step, S is taken per second.
/// in   K and mu* > 0; K from external_constant() on the same instrument with the same settings
/// out  parts sum to 1; scales count as independent, K and mu* as common to all phases
/// source O'Connor & Raven (1988) Powder Diffr. 3, 2
AbsoluteResult by_external_standard(const PatternResult& result, const ExternalStandard& standard,
                                    const ModelError& error);

/// K = S (ZMV) mu* / W of a phase in a standard specimen: W its weighed crystalline fraction.
/// out  k 0 where the phase is not found
ExternalStandard external_constant(const PatternResult& standard_pattern, std::size_t phase,
                                   double weight_fraction, double u_weight_fraction,
                                   double mu_mass_cm2_per_g);

/// (ZMV)_a = (W_a / W_s)(S_s / S_a)(ZMV)_s from a mixture that holds both in known amounts.
/// source Scarlett & Madsen (2006) Powder Diffr. 21, 278
CalibratedPhase calibrate_phase(const PatternResult& mixture, std::size_t phase,
                                std::size_t standard, double weight_fraction,
                                double standard_weight_fraction, double u_ratio_relative);

/// Humps whose (ZMV) was calibrated count as phases: X_h = A_h z_h / (sum S z + sum A z), the
/// phases share the rest. out   parts: the phases, then the humps calibrated; no parts where none
/// of the humps is source Scarlett & Madsen (2006) Powder Diffr. 21, 278; Madsen, Scarlett & Kern
/// (2011) Z. Krist.
///        226, 944
AbsoluteResult by_calibrated_humps(const PatternResult& result,
                                   const std::vector<CalibratedPhase>& calibrated);

/// The calibrations asked for, from this pattern as the mixture; a phase or standard that is not
/// found gives none and a warning W-XRD-146.
void calibrate_from(const QuantifyOptions& options, PatternResult& result);

/// Warnings on an absolute result: W-XRD-140 less than 10 % of the standard, -141 the standard is
/// not found, -142 the rest is negative beyond twice its uncertainty.
std::vector<Warning> absolute_warnings(const PatternResult& result, const QuantifyOptions& options);

/// Fills result.quantification.absolute, .contrast and .closure with what the options ask for and
/// adds the warnings; nothing for a result without numbers.
void quantify_further(const RefinementOptions& options, PatternResult& result);

}  // namespace gadolin::diffraction
