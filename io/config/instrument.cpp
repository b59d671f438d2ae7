#include "io/config/instrument.hpp"

#include <cmath>

#include "io/config/toml_table.hpp"

namespace gadolin::config {

diffraction::Instrument read_instrument(const std::string& path, InputFile* record) {
  const auto root = TomlTable::read(path, record, "instrument");
  diffraction::Instrument instrument;
  instrument.name = root.text("name");
  instrument.geometry =
      root.choice_or("geometry", "bragg_brentano", {"bragg_brentano", "capillary"}) == "capillary"
          ? diffraction::Geometry::capillary
          : diffraction::Geometry::bragg_brentano;
  instrument.radius_mm = root.number("radius_mm", Range{10.0, 10000.0});
  const bool has_crystal = root.has("monochromator_two_theta_deg");
  if (has_crystal && root.has("polarisation_k")) {
    throw root.error("E-INST-001", "polarisation_k and monochromator_two_theta_deg both given",
                     "polarisation_k", "keep one of them");
  }
  if (has_crystal) {
    const double two_theta_deg = root.number("monochromator_two_theta_deg", Range{0.0, 90.0});
    const double c = std::cos(two_theta_deg * std::acos(-1.0) / 180.0);
    instrument.polarisation_k = 1.0 / (1.0 + c * c);
  } else {
    instrument.polarisation_k = root.number_or("polarisation_k", 0.5, fraction);
  }
  instrument.zero_deg = root.number_or("zero_deg", 0.0, Range{-2.0, 2.0});
  instrument.source = root.text_or("source", "");
  double sum = 0.0;
  for (const auto& table : root.tables("lines")) {
    diffraction::EmissionLine line;
    line.wavelength_angstrom = table.number("wavelength_angstrom", Range{0.1, 3.5});
    line.relative_intensity = table.number_or("relative_intensity", 1.0, positive);
    sum += line.relative_intensity;
    instrument.lines.push_back(line);
  }
  if (instrument.lines.empty() || instrument.lines.size() > 4) {
    throw root.error("E-INST-001",
                     std::to_string(instrument.lines.size()) + " emission lines, expected 1 to 4",
                     "lines", "list the lines as [[lines]] tables");
  }
  for (auto& line : instrument.lines) line.relative_intensity /= sum;
  if (const auto resolution = root.optional_table("resolution")) {
    instrument.u_deg2 = resolution->number_or("u_deg2", 0.0, Range{-1.0, 1.0});
    instrument.v_deg2 = resolution->number_or("v_deg2", 0.0, Range{-1.0, 1.0});
    instrument.w_deg2 = resolution->number_or("w_deg2", 0.005, Range{0.0, 1.0});
    instrument.p_deg2 = resolution->number_or("p_deg2", 0.0, Range{0.0, 1.0});
    instrument.x_deg = resolution->number_or("x_deg", 0.02, Range{0.0, 2.0});
    instrument.y_deg = resolution->number_or("y_deg", 0.0, Range{0.0, 5.0});
  }
  if (const auto axial = root.optional_table("axial")) {
    instrument.s_over_l = axial->number("s_over_l", Range{1e-5, 0.15});
    instrument.h_over_l = axial->number_or("h_over_l", instrument.s_over_l, Range{1e-6, 0.15});
  }
  if (const auto offsets = root.optional_table("offsets")) {
    instrument.transparency = offsets->number_or("transparency", 0.0, Range{0.0, 0.02});
    instrument.capillary_a_mm = offsets->number_or("capillary_a_mm", 0.0, Range{-1.5, 1.5});
    instrument.capillary_b_mm = offsets->number_or("capillary_b_mm", 0.0, Range{-1.5, 1.5});
  }
  if (const auto table = root.optional_table("intensity")) {
    auto& factors = instrument.factors;
    factors.capillary_mu_r = table->number_or("capillary_mu_r", 0.0, Range{0.0, 1.0});
    factors.plate_mu_t = table->number_or("plate_mu_t", 0.0, Range{0.0, 1000.0});
    factors.transmission = table->boolean_or("transmission", false);
    factors.specimen_length_mm = table->number_or("specimen_length_mm", 0.0, Range{0.0, 1000.0});
    factors.divergence_deg = table->number_or("divergence_deg", 0.0, Range{0.0, 10.0});
    factors.variable_slit = table->boolean_or("variable_slit", false);
    factors.roughness_a = table->number_or("roughness_a", 1.0, fraction);
    factors.roughness_b = table->number_or("roughness_b", 0.0, Range{0.0, 10.0});
  }
  root.finish();
  return instrument;
}

}  // namespace gadolin::config
