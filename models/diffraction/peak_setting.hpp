#pragma once

#include <algorithm>
#include <vector>

#include "kernels/diffraction/peak.hpp"
#include "models/diffraction/intensity_factor.hpp"

/// What an instrument says to the kernels beside its parameters.
namespace gadolin::diffraction {

/// The flat specimen of a Bragg-Brentano instrument that models it; else no aberration.
///   fixed slit     opening of the slit, and the specimen's length where it is stated
///   variable slit  the specimen's length alone
inline FlatSpecimen flat_specimen(const Instrument& instrument) {
  const IntensityFactors& f = instrument.factors;
  FlatSpecimen flat;
  if (!instrument.flat_specimen || instrument.geometry != Geometry::bragg_brentano) return flat;
  flat.half_divergence_rad = f.variable_slit ? 10.0 : 0.5 * f.divergence_deg * 0.017453292519943296;
  flat.half_length = 0.5 * f.specimen_length_mm / instrument.radius_mm;
  return flat;
}

/// Lorentzian FWHM over tan(theta) [deg 2theta] of every line: 2 dlambda / lambda; empty where all
/// lines are sharp.
inline std::vector<double> line_widths_deg(const std::vector<EmissionLine>& lines) {
  std::vector<double> widths;
  bool any = false;
  for (const auto& line : lines) {
    widths.push_back(2.0 * line.fwhm_angstrom / line.wavelength_angstrom * 57.295779513082320877);
    any = any || line.fwhm_angstrom > 0.0;
  }
  if (!any) widths.clear();
  return widths;
}

/// What every peak of a batch shares; texture, axial rules, harmonics and line widths are to be put
/// in by who has them.
inline PeakSetting peak_setting(const Instrument& instrument) {
  PeakSetting setting;
  setting.radius_mm = instrument.radius_mm;
  setting.polarisation_k = instrument.polarisation_k;
  setting.h_over_s = h_over_s(instrument);
  setting.y_deg = instrument.y_deg;
  setting.flat = flat_specimen(instrument);
  return setting;
}

}  // namespace gadolin::diffraction
