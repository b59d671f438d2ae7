#pragma once

#include <vector>

#include "models/diffraction/reflections.hpp"
#include "models/diffraction/types.hpp"

/// What geometry and absorption do to the intensity of a line, by its angle alone.
namespace gadolin::diffraction {

/// Factor at a Bragg angle, 1 where nothing is stated:
///   thin plate, reflection     1 - exp(-2 mu t / sin theta)
///   plate, transmission        sec theta exp(-mu t (sec theta - 1))
///   cylinder                   absorption averaged over the circle, relative to 90 degrees of
///                              nothing: a fit good to 0.0035 for mu R <= 1
///   beam overflow              L sin theta / (R divergence) where that is below 1
///   variable slit              sin theta
///   roughness (Suortti)        [a + (1-a) e^(-b / sin theta)] / [a + (1-a) e^(-b)]
/// in   theta_rad (0, pi/2)
/// source docs/theory/diffraction.md#the-calculated-pattern
double intensity_factor(const Instrument& instrument, double theta_rad);

/// Multiplies every ring's |F|^2 by the factor at its Bragg angle, line by line.
void apply_intensity_factors(const Instrument& instrument, const std::vector<EmissionLine>& lines,
                             std::vector<Ring>& rings);

/// Height of the detector slit over the length of the sample, for the axial divergence.
inline double h_over_s(const Instrument& instrument) {
  return instrument.s_over_l > 0.0 && instrument.h_over_l > 0.0
             ? instrument.h_over_l / instrument.s_over_l
             : 1.0;
}

}  // namespace gadolin::diffraction
