#pragma once

#include <cmath>

#include "kernels/exec/host_device.hpp"

/// Thompson-Cox-Hastings pseudo-Voigt: one width and one mixing from the Gaussian and the
/// Lorentzian full width at half maximum.
namespace gadolin::diffraction {

/// Width, mixing and their derivatives by the Gaussian variance-like term and the Lorentzian width.
struct ProfileShape {
  double fwhm = 0.0, eta = 0.0;
  double fwhm_g2 = 0.0, fwhm_l = 0.0;  ///< d fwhm / d G^2, d fwhm / d L
  double eta_g2 = 0.0, eta_l = 0.0;    ///< d eta / d G^2, d eta / d L
};

/// Gaussian FWHM^2 [deg^2] kept positive with a gradient everywhere:
///   g2 = (raw + sqrt(raw^2 + e^2)) / 2,  e = 1e-5 deg^2: a floor of 0.002 deg in width
struct PositiveSquare {
  double value = 0.0, slope = 0.0;
};
GADOLIN_INLINE PositiveSquare positive_square(double raw_deg2) {
  constexpr double e = 1e-5;
  const double root = std::sqrt(raw_deg2 * raw_deg2 + e * e);
  return {0.5 * (raw_deg2 + root), 0.5 * (1.0 + raw_deg2 / root)};
}

/// in   g2_deg2 > 0 Gaussian FWHM squared, l_deg >= 0 Lorentzian FWHM
/// cost about 60 flop
/// source Thompson, Cox & Hastings (1987) J. Appl. Cryst. 20, 79, eqs. 2 and 3
GADOLIN_INLINE ProfileShape profile_shape(double g2_deg2, double l_deg) {
  const double g = std::sqrt(g2_deg2), l = l_deg;
  const double g2 = g2_deg2, l2 = l * l;
  const double g4 = g2 * g2, l4 = l2 * l2;
  const double fifth = g4 * g + 2.69269 * g4 * l + 2.42843 * g2 * g * l2 + 4.47163 * g2 * l2 * l +
                       0.07842 * g * l4 + l4 * l;
  ProfileShape s;
  s.fwhm = std::pow(fifth, 0.2);
  const double four = 5.0 * fifth / s.fwhm;  // 5 fwhm^4
  const double by_g =
      (5.0 * g4 + 10.77076 * g2 * g * l + 7.28529 * g2 * l2 + 8.94326 * g * l2 * l + 0.07842 * l4) /
      four;
  s.fwhm_l =
      (2.69269 * g4 + 4.85686 * g2 * g * l + 13.41489 * g2 * l2 + 0.31368 * g * l2 * l + 5.0 * l4) /
      four;
  s.fwhm_g2 = by_g / (2.0 * g);
  const double q = l / s.fwhm;
  s.eta = q * (1.36603 + q * (-0.47719 + q * 0.11116));
  const double eta_q = 1.36603 + q * (-0.95438 + q * 0.33348);
  s.eta_l = eta_q * (1.0 - q * s.fwhm_l) / s.fwhm;
  s.eta_g2 = -eta_q * q * s.fwhm_g2 / s.fwhm;
  return s;
}

}  // namespace gadolin::diffraction
