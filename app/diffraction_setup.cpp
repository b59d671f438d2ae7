#include "app/diffraction_setup.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "io/config/data_dir.hpp"
#include "io/config/instrument.hpp"
#include "io/readers/atomic_tables.hpp"
#include "io/readers/structure_library.hpp"
#include "models/core/error.hpp"

namespace gadolin::app {

namespace {

namespace fs = std::filesystem;

diffraction::Instrument load_instrument(const std::string& name, const std::string& data_dir,
                                        InputFile& record) {
  const bool is_path = name.find('/') != std::string::npos || name.ends_with(".toml");
  if (is_path) return config::read_instrument(name, &record);
  const fs::path folder = fs::path(data_dir) / "instruments";
  const fs::path file = folder / (name + ".toml");
  if (fs::exists(file)) return config::read_instrument(file.string(), &record);
  std::vector<std::string> known;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == ".toml") known.push_back(entry.path().stem().string());
  }
  std::sort(known.begin(), known.end());
  const std::string near = nearest_word(name, known);
  throw Error(
      "E-INST-002",
      fmt::format("instrument \"{}\" is not shipped (shipped: {})", name, fmt::join(known, ", ")),
      "--instrument",
      near.empty() ? "name one of these or give the path of a TOML file"
                   : fmt::format("did you mean {}? or give the path of a TOML file", near),
      ExitCode::usage);
}

}  // namespace

DiffractionSetup load_diffraction_setup(const std::vector<std::string>& phases,
                                        const std::string& instrument,
                                        const std::vector<double>& wavelengths_angstrom,
                                        const std::vector<std::string>& folders) {
  DiffractionSetup setup;
  const std::string data_dir = config::find_data_dir();
  if (phases.empty()) {
    throw Error("E-XRD-021", "no phases named", "--phases",
                "give --phases NAME,NAME,... (gadolin library list names them), or --phases auto",
                ExitCode::usage);
  }
  const io::StructureLibrary library(data_dir, config::find_structure_folders(folders));
  for (std::size_t i = 0; i < phases.size(); ++i) {
    if (i == 0 && phases[i] == "auto") continue;  // the whole library (identify_setup.hpp)
    if (phases[i].empty()) {
      throw Error("E-XRD-021", fmt::format("phase {} of the list is empty", i + 1), "--phases",
                  "write names with one comma between them", ExitCode::usage);
    }
    if (std::find(phases.begin(), phases.begin() + static_cast<std::ptrdiff_t>(i), phases[i]) !=
        phases.begin() + static_cast<std::ptrdiff_t>(i)) {
      throw Error("E-XRD-021", "phase " + phases[i] + " is named twice", "--phases", "name it once",
                  ExitCode::usage);
    }
    InputFile record;
    setup.structures.push_back(library.load(phases[i], &record));
    setup.inputs.push_back(record);
  }
  if (!instrument.empty()) {
    InputFile record;
    setup.instrument = load_instrument(instrument, data_dir, record);
    setup.inputs.push_back(record);
    setup.instrument_given = true;
  } else {
    setup.instrument.name = "generic Bragg-Brentano";
    setup.instrument.source = "no instrument named: generic start values";
  }
  if (!wavelengths_angstrom.empty()) {
    setup.instrument.lines.clear();
    for (std::size_t i = 0; i < wavelengths_angstrom.size(); ++i) {
      if (!(wavelengths_angstrom[i] > 0.05 && wavelengths_angstrom[i] < 10.0)) {
        throw Error(
            "E-WAVE-002",
            fmt::format("wavelength {} angstrom is outside 0.05 to 10", wavelengths_angstrom[i]),
            "--wavelength", "give angstrom, such as 1.5405929,1.5444274", ExitCode::usage);
      }
      setup.instrument.lines.push_back({wavelengths_angstrom[i], i == 0 ? 1.0 : 0.5});
    }
    double total = 0.0;
    for (const auto& line : setup.instrument.lines) total += line.relative_intensity;
    for (auto& line : setup.instrument.lines) line.relative_intensity /= total;
    setup.instrument_given = true;
  }
  setup.tables = io::read_atomic_tables(data_dir + "/atomic");
  return setup;
}

diffraction::Instrument instrument_for(const std::vector<diffraction::Pattern>& patterns,
                                       const DiffractionSetup& setup) {
  diffraction::Instrument instrument = setup.instrument;
  for (const auto& pattern : patterns) {
    if (!instrument.lines.empty()) break;
    const auto& stated = pattern.wavelength_angstrom;
    if (stated.empty()) continue;
    const double ratio = pattern.kalpha2_ratio > 0.0 ? pattern.kalpha2_ratio : 0.5;
    instrument.lines.push_back({stated[0], stated.size() > 1 ? 1.0 / (1.0 + ratio) : 1.0});
    if (stated.size() > 1) instrument.lines.push_back({stated[1], ratio / (1.0 + ratio)});
  }
  return instrument;
}

void require_wavelength(const diffraction::Pattern& pattern, const DiffractionSetup& setup) {
  if (setup.instrument_given || !pattern.wavelength_angstrom.empty()) return;
  throw Error("E-WAVE-001", "no wavelength stated", pattern.file,
              "give --instrument NAME or --wavelength 1.5405929,1.5444274");
}

}  // namespace gadolin::app
