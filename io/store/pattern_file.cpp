#include "io/store/pattern_file.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "io/store/datasets.hpp"
#include "io/store/hdf5.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

using diffraction::Pattern;

namespace {

namespace fs = std::filesystem;

void require_free(const std::string& path, bool force) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    throw Error("E-OUT-002", "the output is a folder, not a file", path, "name a file",
                ExitCode::resource);
  }
  if (fs::exists(path, ignored) && !force) {
    throw Error("E-OUT-001", "output exists", path, "choose another --out or pass --force",
                ExitCode::usage);
  }
}

/// The file beside the output that becomes it; removed unless it was kept.
class Draft {
 public:
  explicit Draft(const std::string& path) : path_(path), draft_(path + ".partial") {}
  ~Draft() {
    std::error_code ignored;
    if (!kept_) fs::remove(draft_, ignored);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  const std::string& path() const { return draft_; }
  void keep() {
    std::error_code failure;
    fs::rename(draft_, path_, failure);
    if (failure) {
      throw Error("E-OUT-002", "cannot write (" + failure.message() + ")", path_,
                  "check the folder and the free space", ExitCode::resource);
    }
    kept_ = true;
  }

 private:
  std::string path_, draft_;
  bool kept_ = false;
};

/// What sigma means: given, the root of the counts, or nothing.
const char* uncertainty_of(const Pattern& pattern) {
  if (!pattern.sigma.empty()) return "given";
  return pattern.counts_are_poisson ? "poisson" : "unknown";
}

void write_source_lines(const hdf5::Group& entry, const Pattern& pattern) {
  const auto instrument = hdf5::group(entry.get(), "instrument", "NXinstrument");
  const auto source = hdf5::group(instrument.get(), "source", "NXsource");
  const auto& lines = pattern.wavelength_angstrom;
  if (!lines.empty()) hdf5::write_number(source.get(), "k_alpha_one", lines[0], "angstrom");
  if (lines.size() > 1) hdf5::write_number(source.get(), "k_alpha_two", lines[1], "angstrom");
  if (pattern.kalpha2_ratio > 0.0) {
    hdf5::write_number(source.get(), "ratio_k_alphatwo_k_alphaone", pattern.kalpha2_ratio, "1");
  }
}

void write_entry(const hdf5::Group& root, const std::string& name, const Pattern& pattern,
                 const InputFile& source) {
  const auto entry = hdf5::group(root.get(), name, "NXentry");
  hdf5::set_attribute(entry.get(), "default", "experiment_result");
  hdf5::write_text(entry.get(), "title", pattern.id);
  hdf5::write_text(entry.get(), "definition", "NXxrd_pan");
  hdf5::write_text(entry.get(), "method", "X-Ray Diffraction (XRD)");
  hdf5::write_text(entry.get(), "measurement_type", "Scan");
  const auto config = hdf5::group(entry.get(), "experiment_config", "NXobject");
  if (pattern.step_time_s > 0.0) {
    hdf5::write_number(config.get(), "count_time", pattern.step_time_s, "s");
  }
  write_source_lines(entry, pattern);
  const auto result = hdf5::group(entry.get(), "experiment_result", "NXdata");
  hdf5::set_attribute(result.get(), "signal", "intensity");
  hdf5::set_attribute(result.get(), "axes", "two_theta");
  hdf5::write_numbers(result.get(), "two_theta", pattern.two_theta_deg, "deg");
  hdf5::set_attribute_of(result.get(), "two_theta", "long_name", "2theta");
  const std::string uncertainty = uncertainty_of(pattern);
  hdf5::write_numbers(result.get(), "intensity", pattern.counts,
                      uncertainty == "unknown" ? "1" : "counts");
  hdf5::set_attribute_of(result.get(), "intensity", "long_name", "intensity");
  hdf5::set_attribute_of(result.get(), "intensity", "uncertainty", uncertainty);
  if (!pattern.sigma.empty()) {
    hdf5::write_numbers(result.get(), "intensity_errors", pattern.sigma, "counts");
    hdf5::set_attribute_of(result.get(), "intensity_errors", "long_name",
                           "standard uncertainty of the intensity");
  }
  // Where it came from, and what the reader had to say.
  const auto process = hdf5::group(entry.get(), "process", "NXprocess");
  hdf5::write_text(process.get(), "program", "gadolin convert");
  hdf5::write_text(process.get(), "reader", pattern.reader);
  hdf5::write_text(process.get(), "source_file", fs::path(source.path).filename().string());
  hdf5::write_text(process.get(), "source_sha256", source.sha256);
  std::vector<std::string> warnings;
  for (const Warning& warning : pattern.warnings) {
    warnings.push_back(warning.code + ": " + warning.text);
  }
  if (!warnings.empty()) hdf5::write_texts(process.get(), "warnings", warnings);
}

}  // namespace

void write_nexus_pattern(const std::string& path, std::span<const Pattern> patterns,
                         const InputFile& source, bool force) {
  require_free(path, force);
  Draft draft(path);
  {
    hdf5::File file = hdf5::create_file(draft.path());
    const hdf5::Group root(
        hdf5::check(H5Gopen2(file.get(), "/", H5P_DEFAULT), "open /", draft.path()));
    hdf5::set_attribute(root.get(), "NX_class", "NXroot");
    hdf5::set_attribute(root.get(), "creator", "gadolin");
    hdf5::set_attribute(root.get(), "default", "entry");
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      // Readers take entries in the order of their names.
      const std::string name = i == 0 ? "entry" : fmt::format("entry_{:04}", i + 1);
      write_entry(root, name, patterns[i], source);
    }
    if (H5Fflush(file.get(), H5F_SCOPE_GLOBAL) < 0) hdf5::throw_error("write", path);
  }
  draft.keep();
}

void write_text_pattern(const std::string& path, const Pattern& pattern, const InputFile& source,
                        bool force) {
  require_free(path, force);
  std::string text =
      fmt::format("# {}, read as {} by gadolin convert (SHA-256 {})\n",
                  fs::path(source.path).filename().string(), pattern.reader, source.sha256);
  for (const double wavelength : pattern.wavelength_angstrom) {
    text += fmt::format("# wavelength [angstrom] = {}\n", wavelength);
    break;  // readers take one line from a comment; the doublet is the instrument's
  }
  const std::string uncertainty = uncertainty_of(pattern);
  text += fmt::format("# two_theta_deg intensity{}; standard uncertainty: {}\n",
                      pattern.sigma.empty() ? "" : " sigma", uncertainty);
  for (std::size_t i = 0; i < pattern.counts.size(); ++i) {
    text += fmt::format("{:.10g} {}", pattern.two_theta_deg[i], pattern.counts[i]);
    text += pattern.sigma.empty() ? "\n" : fmt::format(" {}\n", pattern.sigma[i]);
  }
  Draft draft(path);
  std::ofstream stream(draft.path(), std::ios::binary);
  stream << text;
  stream.close();
  if (!stream) {
    throw Error("E-OUT-002", "cannot write", path, "check the folder and the free space",
                ExitCode::resource);
  }
  draft.keep();
}

}  // namespace gadolin::io
