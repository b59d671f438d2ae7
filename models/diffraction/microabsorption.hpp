#pragma once

#include <vector>

#include "models/diffraction/types.hpp"

namespace gadolin::diffraction {

/// Absorption factor of a sphere against its surroundings,
///   tau = (1/V) integral exp(-(mu_p - mu_mix) x) dV,   x = path in + path out inside the sphere,
/// for a scattering angle of 90 degrees, as Brindley took it; the angle hardly matters below
/// |(mu_p - mu_mix) R| = 1.
/// in    contrast_radius = (mu_p - mu_mix) R, either sign, |.| <= 5
/// out   tau > 0, 1 at contrast 0; relative error below 1e-6 for |contrast| <= 1
/// cost  24^3 exponentials
/// source Brindley (1945) Phil. Mag. 36, 347; docs/theory/diffraction.md#contrast
double brindley_tau(double contrast_radius);

/// The same at any scattering angle two_theta_deg 0..180 (0: the chord; 180: there and back).
double sphere_absorption(double contrast_radius, double two_theta_deg);

/// Corrected fractions W_p ~ S_p (ZMV)_p / tau_p beside the uncorrected ones. mu_mix is the volume
/// mean of the corrected fractions, so they are found by iteration.
/// in   particles: diameters by phase; an entry without a phase serves all others; a phase without
///      any gets assumed_um, and the result says so
/// out  valid false where some |(mu_p - mu_mix) D| > 0.1: the correction may be worse than none
ContrastResult correct_contrast(const PatternResult& result,
                                const std::vector<ParticleSize>& particles, double assumed_um);

}  // namespace gadolin::diffraction
