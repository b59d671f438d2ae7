#include "models/diffraction/intensity_factor.hpp"

#include <algorithm>
#include <cmath>

namespace gadolin::diffraction {

double intensity_factor(const Instrument& instrument, double theta_rad) {
  const IntensityFactors& f = instrument.factors;
  const double sine = std::sin(theta_rad), secant = 1.0 / std::cos(theta_rad);
  double factor = 1.0;
  if (f.plate_mu_t > 0.0) {
    factor *= f.transmission ? secant * std::exp(-f.plate_mu_t * (secant - 1.0))
                             : 1.0 - std::exp(-2.0 * f.plate_mu_t / sine);
  }
  if (f.capillary_mu_r > 0.0) {
    const double mu_r = f.capillary_mu_r, s2 = sine * sine;
    factor *= std::exp(-(1.7133 - 0.0368 * s2) * mu_r - (-0.0927 - 0.3750 * s2) * mu_r * mu_r);
  }
  if (f.specimen_length_mm > 0.0 && f.divergence_deg > 0.0) {
    const double beam = instrument.radius_mm * f.divergence_deg * 0.017453292519943296;
    factor *= std::min(1.0, f.specimen_length_mm * sine / beam);
  }
  if (f.variable_slit) factor *= sine;
  if (f.roughness_a < 1.0) {
    const double a = f.roughness_a, b = f.roughness_b;
    factor *= (a + (1.0 - a) * std::exp(-b / sine)) / (a + (1.0 - a) * std::exp(-b));
  }
  return factor;
}

void apply_intensity_factors(const Instrument& instrument, const std::vector<EmissionLine>& lines,
                             std::vector<Ring>& rings) {
  for (Ring& ring : rings) {
    for (std::size_t l = 0; l < ring.f2_sum.size(); ++l) {
      const double sine = 0.5 * lines[l].wavelength_angstrom * std::sqrt(ring.inverse_d2);
      if (sine < 1.0) ring.f2_sum[l] *= intensity_factor(instrument, std::asin(sine));
    }
  }
}

}  // namespace gadolin::diffraction
