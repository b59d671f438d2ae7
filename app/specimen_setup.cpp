#include "app/specimen_setup.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "io/config/data_dir.hpp"
#include "io/readers/element_table.hpp"
#include "io/readers/pattern.hpp"
#include "io/readers/structure_library.hpp"
#include "models/diffraction/absolute.hpp"
#include "models/diffraction/closure.hpp"
#include "models/diffraction/refine.hpp"

namespace gadolin::app {

assay::AssaySample read_specimen_assay(const std::string& text, std::vector<InputFile>& inputs) {
  std::string file = text, row;
  if (!std::filesystem::exists(file)) {
    const auto colon = text.rfind(':');
    if (colon != std::string::npos) {
      file = text.substr(0, colon);
      row = text.substr(colon + 1);
    }
  }
  InputFile record;
  const auto samples = io::read_element_table(file, {}, &record);
  inputs.push_back(record);
  std::vector<std::string> ids;
  for (const auto& sample : samples) {
    if (sample.id == row || (row.empty() && samples.size() == 1)) return sample;
    ids.push_back(sample.id);
  }
  throw Error("E-XRD-144",
              row.empty() ? fmt::format("{} holds {} samples", file, samples.size())
                          : fmt::format("{} has no sample \"{}\"", file, row),
              "--assay", fmt::format("write {}:ROW with one of {}", file, fmt::join(ids, ", ")),
              ExitCode::usage);
}

std::vector<diffraction::ElementContent> contents_of(const assay::AssaySample& sample) {
  std::vector<diffraction::ElementContent> list;
  for (const auto& value : sample.values) {
    if (value.mass_fraction.state != ValueState::measured) continue;
    list.push_back({value.element, value.mass_fraction.value,
                    value.mass_fraction.u_known ? value.mass_fraction.u_value : 0.0});
  }
  return list;
}

void load_blank(diffraction::QuantifyOptions& options, std::vector<InputFile>& inputs) {
  if (options.blank.file.empty() || !options.blank.counts.empty()) return;
  InputFile record;
  const auto patterns = io::read_patterns(options.blank.file, &record);
  inputs.push_back(record);
  options.blank.two_theta_deg = patterns.front().two_theta_deg;
  options.blank.counts = patterns.front().counts;
}

void measure_external_standard(const DiffractionSetup& setup,
                               const std::vector<std::string>& folders,
                               const diffraction::Instrument& instrument,
                               diffraction::RefinementOptions& options, const Engine& engine,
                               std::vector<InputFile>& inputs) {
  auto& asked = options.quantify;
  const auto& standard = asked.standard_pattern;
  if (standard.file.empty()) return;
  const double mu = asked.external_standard.mu_mass_cm2_per_g;
  if (!(mu > 0.0) && asked.assay.empty()) {
    throw Error("E-XRD-145", "an external standard needs the mass absorption of the specimen",
                "--external-standard", "give --assay TABLE.csv:ROW or --mu-mass 48.3+-0.6",
                ExitCode::usage);
  }
  InputFile record;
  const auto patterns = io::read_patterns(standard.file, &record);
  inputs.push_back(record);
  const io::StructureLibrary library(config::find_data_dir(),
                                     config::find_structure_folders(folders));
  InputFile structure_record;
  const auto structure = library.load(standard.phase, &structure_record);
  inputs.push_back(structure_record);
  diffraction::RefinementOptions plain = options;
  plain.quantify = {};
  plain.keep_profiles = false;
  const auto fit =
      diffraction::refine({patterns.front()}, {structure}, instrument, setup.tables, plain, engine)
          .front();
  const double wavelength = instrument.lines.front().wavelength_angstrom;
  const auto own =
      diffraction::mass_absorption(diffraction::composition(structure), setup.tables, wavelength);
  auto measured = diffraction::external_constant(
      fit, 0, standard.crystalline_fraction, standard.u_crystalline_fraction, own.mass_fraction);
  if (!(measured.k > 0.0)) {
    throw Error("E-XRD-145", "the standard's pattern gives no scale: " + fit.status_text,
                standard.file, "check the phase and the instrument", ExitCode::invalid_input);
  }
  measured.source =
      fmt::format("{}, {:.4g} +- {:.2g} % crystalline, in {} (Rwp {:.3f})", structure.name,
                  100.0 * standard.crystalline_fraction, 100.0 * standard.u_crystalline_fraction,
                  std::filesystem::path(standard.file).filename().string(), fit.rwp);
  if (mu > 0.0) {
    measured.mu_mass_cm2_per_g = mu;
    measured.u_mu_mass_cm2_per_g = asked.external_standard.u_mu_mass_cm2_per_g;
  } else {
    const auto specimen = diffraction::mass_absorption(asked.assay, setup.tables, wavelength);
    measured.mu_mass_cm2_per_g = specimen.mass_fraction;
    measured.u_mu_mass_cm2_per_g = specimen.u;
  }
  asked.external_standard = measured;
}

}  // namespace gadolin::app
