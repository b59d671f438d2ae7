#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/diffraction_setup.hpp"
#include "app/option_checks.hpp"
#include "app/output.hpp"
#include "app/result_json.hpp"
#include "io/config/instrument.hpp"
#include "io/readers/pattern.hpp"
#include "models/diffraction/calibrate.hpp"

namespace gadolin::app {

namespace {

struct Choices {
  std::string file, standard, instrument, name;
  double cell_a_angstrom = 0.0;
  bool free_cell = false, wavelength = false, zero = false, no_axial = false;
  double two_theta_min_deg = 0.0, two_theta_max_deg = 0.0;
};

/// The structure of the standard with its certified edge: every length in the same proportion.
void set_cell(diffraction::CrystalStructure& structure, double a_angstrom) {
  if (!(a_angstrom > 0.0)) return;
  const double factor = a_angstrom / structure.cell[0];
  for (std::size_t i = 0; i < 3; ++i) structure.cell[i] *= factor;
}

nlohmann::ordered_json to_json(const diffraction::Calibration& c) {
  nlohmann::ordered_json document;
  document["status"] = c.status == ItemStatus::ok ? "ok" : c.status_text;
  document["rwp"] = c.rwp;
  document["gof"] = c.gof;
  document["iterations"] = c.iterations;
  document["displacement_mm"] = c.displacement_mm;
  document["displacement_mm_errors"] = c.u_displacement_mm;
  document["wavelength_factor"] = c.wavelength_factor;
  if (c.u_cell[0] > 0.0) {
    document["cell_a_angstrom"] = c.cell[0];
    document["cell_a_angstrom_errors"] = c.u_cell[0];
  }
  for (std::size_t i = 0; i < c.parameters.size(); ++i) {
    document["values"][c.parameters[i]] = c.values[i];
    document["errors"][c.parameters[i]] = c.u_values[i];
  }
  document["warnings"] = nlohmann::ordered_json::array();
  for (const auto& w : c.warnings)
    document["warnings"].push_back({{"code", w.code}, {"text", w.text}});
  return document;
}

int run_calibrate(const CommonOptions& options, const Choices& choices) {
  const RunSettings settings = resolve_settings(options);
  if (options.print_config) {
    print_settings(settings);
    return 0;
  }
  const std::vector<std::string> inputs = {choices.file, choices.standard, choices.instrument};
  prepare_output(options.out, inputs);
  if (!options.out.empty()) refuse_existing(options.out, options.force);
  DiffractionSetup setup = load_diffraction_setup({choices.standard}, choices.instrument, {});
  const auto patterns = io::read_patterns(choices.file);
  require_wavelength(patterns.front(), setup);
  auto structure = setup.structures.front();
  set_cell(structure, choices.cell_a_angstrom);
  diffraction::CalibrationOptions calibration;
  calibration.shift = choices.zero ? diffraction::CalibrationOptions::Shift::zero
                                   : diffraction::CalibrationOptions::Shift::displacement;
  calibration.free_cell = choices.free_cell;
  calibration.free_wavelength = choices.wavelength;
  calibration.axial = !choices.no_axial;
  calibration.two_theta_min_deg = choices.two_theta_min_deg;
  calibration.two_theta_max_deg = choices.two_theta_max_deg;
  auto result = diffraction::calibrate(patterns.front(), structure, instrument_for(patterns, setup),
                                       setup.tables, calibration, settings.engine);
  if (result.status == ItemStatus::out_of_range) {
    throw Error("E-CAL-001", "the standard cannot be fitted: " + result.status_text, choices.file,
                "check the phase, the wavelength and the start values of the instrument",
                ExitCode::invalid_input);
  }
  print_warnings(result.warnings, options);
  const std::string file_name = std::filesystem::path(choices.file).filename().string();
  result.instrument.name = choices.name.empty() ? result.instrument.name : choices.name;
  result.instrument.source +=
      fmt::format("{}calibrated on {} ({})", result.instrument.source.empty() ? "" : "; ",
                  structure.name, file_name);
  diffraction::CalibrationRecord record;
  record.parameters = result.parameters;
  record.values = result.values;
  record.covariance = result.covariance;
  record.standard = structure.name;
  record.pattern = file_name;
  record.cell_a_angstrom = result.u_cell[0] > 0.0 ? result.cell[0] : structure.cell[0];
  record.rwp = result.rwp;
  record.gof = result.gof;
  if (options.json) {
    std::cout << to_text(to_json(result)) << '\n';
  } else {
    std::cout << fmt::format("{}: {}  Rwp {:.4f}  GoF {:.2f}\n", file_name,
                             result.status == ItemStatus::ok ? "ok" : result.status_text,
                             result.rwp, result.gof);
    for (std::size_t i = 0; i < result.parameters.size(); ++i) {
      std::cout << fmt::format("  {:10} {:12.6g}  u {:.2g}\n", result.parameters[i],
                               result.values[i], result.u_values[i]);
    }
    if (result.u_displacement_mm > 0.0) {
      std::cout << fmt::format("  specimen displacement {:.4f} mm  u {:.4f}\n",
                               result.displacement_mm, result.u_displacement_mm);
    }
    if (result.u_cell[0] > 0.0) {
      const double ppm = 1e6 * (result.cell[0] / structure.cell[0] - 1.0);
      std::cout << fmt::format(
          "  cell a {:.6f} angstrom  u {:.6f}: {:+.1f} ppm from the standard\n", result.cell[0],
          result.u_cell[0], ppm);
    }
    if (choices.wavelength) {
      std::cout << fmt::format("  wavelengths times {:.7f}\n", result.wavelength_factor);
    }
  }
  if (options.out.empty()) {
    say(options, "nothing stored (no --out)");
  } else {
    write_text_output(options.out, config::instrument_toml(result.instrument, record));
    say(options, "instrument: " + options.out);
  }
  return static_cast<int>(result.status == ItemStatus::ok ? ExitCode::done : ExitCode::partial);
}

}  // namespace

Action add_calibrate(CLI::App& app, CommonOptions& options) {
  auto* verb = app.add_subcommand("calibrate", "an instrument file from the pattern of a standard");
  auto choices = std::make_shared<Choices>();
  verb->add_option("pattern", choices->file, "pattern of one standard: LaB6, Si, corundum, CeO2")
      ->required();
  verb->add_option("--standard", choices->standard, "its phase: library name or CIF")->required();
  verb->add_option("--instrument", choices->instrument,
                   "instrument to start from: library name or TOML (radius, lines, polarisation)");
  verb->add_option("--cell-a", choices->cell_a_angstrom,
                   "certified cell edge a at the temperature of the scan [angstrom]")
      ->check(number_in(0.5, 200.0));
  verb->add_flag("--free-cell", choices->free_cell, "refine the cell too: a check of the angles");
  verb->add_flag("--wavelength", choices->wavelength,
                 "scale the wavelengths until the cell is the certified one");
  verb->add_flag("--zero", choices->zero, "refine the zero, not the specimen displacement");
  verb->add_flag("--no-axial", choices->no_axial, "leave the axial divergence as it is");
  verb->add_option("--two-theta-min", choices->two_theta_min_deg, "first angle used [deg]")
      ->check(number_in(0.0, 180.0));
  verb->add_option("--two-theta-max", choices->two_theta_max_deg, "last angle used [deg]")
      ->check(number_in(0.0, 180.0));
  verb->add_option("--name", choices->name, "name of the new instrument");
  add_common_options(*verb, options, "instrument file (.toml)");
  return [&options, choices] { return run_calibrate(options, *choices); };
}

}  // namespace gadolin::app
