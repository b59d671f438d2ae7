#include "io/config/instrument.hpp"

#include <cmath>

#include <fmt/format.h>

#include "io/config/toml_table.hpp"
#include "io/config/toml_text.hpp"

namespace gadolin::config {

namespace {

diffraction::CalibrationRecord read_calibration_table(const TomlTable& root) {
  diffraction::CalibrationRecord record;
  const auto table = root.optional_table("calibration");
  if (!table) return record;
  record.standard = table->text("standard");
  record.pattern = table->text_or("pattern", "");
  record.cell_a_angstrom = table->number_or("cell_a_angstrom", 0.0, not_negative);
  record.rwp = table->number_or("rwp", 0.0, not_negative);
  record.gof = table->number_or("gof", 0.0, not_negative);
  record.parameters = table->texts("parameters");
  record.values = table->numbers("values");
  record.covariance = table->numbers("covariance");
  const std::size_t n = record.parameters.size();
  const auto bad = [&](const std::string& what) {
    return table->error("E-INST-001", what, "covariance",
                        "calibrate again (gadolin calibrate), or remove the table");
  };
  if (record.values.size() != n || record.covariance.size() != n * n) {
    throw bad(fmt::format("{} parameters, {} values, {} covariances", n, record.values.size(),
                          record.covariance.size()));
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const double a = record.covariance[i * n + j], b = record.covariance[j * n + i];
      const double bound = record.covariance[i * n + i] * record.covariance[j * n + j];
      if (record.covariance[i * n + i] < 0.0 || a * a > bound * (1.0 + 1e-9) ||
          std::fabs(a - b) > 1e-9 * std::sqrt(bound)) {
        throw bad("the covariance is not one");
      }
    }
  }
  return record;
}

/// A TOML string: quotes and backslashes escaped, control characters dropped.
}  // namespace

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
    line.fwhm_angstrom = table.number_or("fwhm_angstrom", 0.0, Range{0.0, 0.01});
    sum += line.relative_intensity;
    instrument.lines.push_back(line);
  }
  if (instrument.lines.empty() || instrument.lines.size() > 5) {
    throw root.error("E-INST-001",
                     std::to_string(instrument.lines.size()) + " emission lines, expected 1 to 5",
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
    instrument.flat_specimen = offsets->boolean_or("flat_specimen", false);
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
  const auto& factors = instrument.factors;
  if (instrument.flat_specimen &&
      !(factors.variable_slit ? factors.specimen_length_mm > 0.0 : factors.divergence_deg > 0.0)) {
    throw root.error("E-INST-001",
                     factors.variable_slit ? "flat_specimen without the length of the specimen"
                                           : "flat_specimen without the opening of the slit",
                     "offsets",
                     factors.variable_slit ? "give specimen_length_mm in [intensity]"
                                           : "give divergence_deg in [intensity]");
  }
  read_calibration_table(root);
  root.finish();
  return instrument;
}

diffraction::CalibrationRecord read_calibration(const std::string& path) {
  return read_calibration_table(TomlTable::read(path, nullptr, "instrument"));
}

std::string instrument_toml(const diffraction::Instrument& instrument,
                            const diffraction::CalibrationRecord& calibration) {
  const diffraction::Instrument standard;
  const auto& factors = instrument.factors;
  std::string text = fmt::format(
      "name = {}\ngeometry = \"{}\"\nradius_mm = {}\n", quoted(instrument.name),
      instrument.geometry == diffraction::Geometry::capillary ? "capillary" : "bragg_brentano",
      instrument.radius_mm);
  text += fmt::format("polarisation_k = {}\nzero_deg = {}\nsource = {}\n",
                      instrument.polarisation_k, instrument.zero_deg, quoted(instrument.source));
  for (const auto& line : instrument.lines) {
    text += fmt::format("\n[[lines]]\nwavelength_angstrom = {}\nrelative_intensity = {}\n",
                        line.wavelength_angstrom, line.relative_intensity);
    if (line.fwhm_angstrom > 0.0) text += fmt::format("fwhm_angstrom = {}\n", line.fwhm_angstrom);
  }
  text += fmt::format(
      "\n[resolution]\nu_deg2 = {}\nv_deg2 = {}\nw_deg2 = {}\np_deg2 = {}\nx_deg = {}\n"
      "y_deg = {}\n",
      instrument.u_deg2, instrument.v_deg2, instrument.w_deg2, instrument.p_deg2, instrument.x_deg,
      instrument.y_deg);
  if (instrument.s_over_l > 0.0) {
    text += fmt::format("\n[axial]\ns_over_l = {}\n", instrument.s_over_l);
    if (instrument.h_over_l > 0.0) text += fmt::format("h_over_l = {}\n", instrument.h_over_l);
  }
  std::string table;
  const auto put = [&](const char* key, double value, double usual) {
    if (value != usual) table += fmt::format("{} = {}\n", key, value);
  };
  const auto close = [&](const char* name) {
    if (!table.empty()) text += fmt::format("\n[{}]\n{}", name, table);
    table.clear();
  };
  put("transparency", instrument.transparency, 0.0);
  put("capillary_a_mm", instrument.capillary_a_mm, 0.0);
  put("capillary_b_mm", instrument.capillary_b_mm, 0.0);
  if (instrument.flat_specimen) table += "flat_specimen = true\n";
  close("offsets");
  put("capillary_mu_r", factors.capillary_mu_r, 0.0);
  put("plate_mu_t", factors.plate_mu_t, 0.0);
  if (factors.transmission) table += "transmission = true\n";
  put("specimen_length_mm", factors.specimen_length_mm, 0.0);
  put("divergence_deg", factors.divergence_deg, 0.0);
  if (factors.variable_slit) table += "variable_slit = true\n";
  put("roughness_a", factors.roughness_a, standard.factors.roughness_a);
  put("roughness_b", factors.roughness_b, standard.factors.roughness_b);
  close("intensity");
  if (calibration.parameters.empty()) return text;
  const std::size_t n = calibration.parameters.size();
  std::string names, values, rows;
  for (std::size_t i = 0; i < n; ++i) {
    names += (i > 0 ? ", " : "") + quoted(calibration.parameters[i]);
    values += fmt::format("{}{}", i > 0 ? ", " : "", calibration.values[i]);
    for (std::size_t j = 0; j < n; ++j) {
      rows += fmt::format("{}{}", j > 0 ? ", " : (i > 0 ? ",\n  " : "\n  "),
                          calibration.covariance[i * n + j]);
    }
  }
  text += fmt::format(
      "\n[calibration]   # of the values above, by gadolin calibrate; covariance row by row\n"
      "standard = {}\npattern = {}\ncell_a_angstrom = {}\nrwp = {}\ngof = {}\n"
      "parameters = [{}]\nvalues = [{}]\ncovariance = [{}]\n",
      quoted(calibration.standard), quoted(calibration.pattern), calibration.cell_a_angstrom,
      calibration.rwp, calibration.gof, names, values, rows);
  return text;
}

}  // namespace gadolin::config
