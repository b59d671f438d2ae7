#include "io/store/pattern_library.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "io/readers/file_bytes.hpp"
#include "io/store/content_digest.hpp"
#include "io/store/datasets.hpp"
#include "io/store/schema.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

namespace {

using diffraction::PatternLibrary;
using diffraction::ReferenceKind;
using diffraction::ReferencePhase;
namespace fs = std::filesystem;

constexpr std::array<const char*, 4> kinds = {"crystalline", "clay", "amorphous", "background"};
/// Over all that the file says; a library made elsewhere may lack it.
constexpr const char* seal_name = "gadolin_content_sha256";
constexpr std::uint64_t most_values = 200'000'000;  // 1.6 GB

[[noreturn]] void contradiction(const std::string& what, const std::string& path) {
  throw Error("E-LIB-023", what, path, "export the library again, or write it anew with import");
}

void check_library(const PatternLibrary& library, const std::string& path) {
  if (library.phases.empty()) contradiction("no reference patterns", path);
  if (library.two_theta_deg.size() < 10) contradiction("fewer than 10 points", path);
  double last = 0.0;
  for (const double angle : library.two_theta_deg) {
    if (!(angle > last && angle < 180.0)) {
      contradiction(fmt::format("2theta {} after {} (expected increasing, 0 to 180)", angle, last),
                    path);
    }
    last = angle;
  }
  for (const double wavelength : library.wavelength_angstrom) {
    if (!(wavelength > 0.05 && wavelength < 10.0)) {
      contradiction(fmt::format("wavelength {} angstrom", wavelength), path);
    }
  }
  std::set<std::string> ids;
  for (const auto& phase : library.phases) {
    if (phase.id.empty()) contradiction("a reference without an id", path);
    if (!ids.insert(phase.id).second) contradiction(phase.id + " is there twice", path);
    if (phase.intensity.size() != library.two_theta_deg.size()) {
      contradiction(fmt::format("{} points of {} (expected {})", phase.intensity.size(), phase.id,
                                library.two_theta_deg.size()),
                    path);
    }
    if (!std::all_of(phase.intensity.begin(), phase.intensity.end(),
                     [](double y) { return std::isfinite(y); })) {
      contradiction("an intensity of " + phase.id + " is no number", path);
    }
    if (!(phase.rir >= 0.0 && phase.rir < 1e9 && phase.u_rir >= 0.0 && phase.u_rir < 1e9)) {
      contradiction("the RIR of " + phase.id + " is no RIR", path);
    }
  }
  if (!library.rir_reference.empty() && library.index_of(library.rir_reference) < 0) {
    contradiction("the RIR refer to " + library.rir_reference + ", which is not there", path);
  }
}

void write_content(hid_t root, const PatternLibrary& library) {
  hdf5::set_attribute(root, "NX_class", "NXroot");
  hdf5::set_attribute(root, "creator", "gadolin");
  hdf5::set_attribute(root, "gadolin_pattern_library_version", pattern_library_version);
  hdf5::set_attribute(root, "default", "library");
  const hdf5::Group entry = hdf5::group(root, "library", "NXentry");
  const hid_t id = entry.get();
  hdf5::set_attribute(id, "default", "patterns");
  hdf5::write_text(id, "title", library.title);
  hdf5::write_text(id, "source", library.source);
  hdf5::write_text(id, "licence", library.licence);
  hdf5::write_text(id, "rir_reference", library.rir_reference);
  hdf5::write_numbers(id, "wavelength", library.wavelength_angstrom, "angstrom");
  hdf5::write_number(id, "kalpha2_ratio",
                     library.kalpha2_ratio > 0.0 ? library.kalpha2_ratio : no_number(), "1");

  const hdf5::Group table = hdf5::group(id, "phases", "NXcollection");
  std::vector<std::string> ids, names, groups, families, kind, sources;
  std::vector<double> rir, u_rir, intensity;
  for (const auto& phase : library.phases) {
    ids.push_back(phase.id);
    names.push_back(phase.name);
    groups.push_back(phase.group);
    families.push_back(phase.family);
    kind.emplace_back(kinds[static_cast<std::size_t>(phase.kind)]);
    sources.push_back(phase.source);
    rir.push_back(phase.rir > 0.0 ? phase.rir : no_number());
    u_rir.push_back(phase.u_rir > 0.0 ? phase.u_rir : no_number());
    intensity.insert(intensity.end(), phase.intensity.begin(), phase.intensity.end());
  }
  hdf5::write_texts(table.get(), "id", ids);
  hdf5::write_texts(table.get(), "name", names);
  hdf5::write_texts(table.get(), "group", groups);
  hdf5::write_texts(table.get(), "family", families);
  hdf5::write_texts(table.get(), "kind", kind);
  hdf5::write_texts(table.get(), "source", sources);
  hdf5::write_numbers(table.get(), "rir", rir, "1");
  hdf5::write_numbers(table.get(), "rir_errors", u_rir, "1");

  const hdf5::Group patterns = hdf5::group(id, "patterns", "NXdata");
  hdf5::write_numbers(patterns.get(), "two_theta", library.two_theta_deg, "deg");
  hdf5::set_attribute_of(patterns.get(), "two_theta", "long_name", "2theta");
  hdf5::make_scale(patterns.get(), "two_theta");
  hdf5::write_numbers(patterns.get(), "intensity", intensity,
                      {library.phases.size(), library.two_theta_deg.size()}, "counts");
  hdf5::set_attribute_of(patterns.get(), "intensity", "long_name", "reference patterns");
  hdf5::attach_scale(patterns.get(), "intensity", 1, "two_theta");
  mark_plot(patterns.get(), "intensity", {".", "two_theta"});
}

double or_zero(double value) { return std::isnan(value) ? 0.0 : value; }

}  // namespace

void write_pattern_library(const std::string& path, const PatternLibrary& library, bool force) {
  check_library(library, path);
  std::error_code failure;
  if (fs::exists(path, failure) && !force) {
    throw Error("E-OUT-001", "output exists", path, "choose another --out or pass --force",
                ExitCode::usage);
  }
  const std::string partial = path + ".partial";
  try {
    hdf5::File file = hdf5::create_file(partial);
    {
      const hdf5::Group root(
          hdf5::check(H5Gopen2(file.get(), "/", H5P_DEFAULT), "open the file", partial));
      write_content(root.get(), library);
      hdf5::set_attribute(root.get(), seal_name, digest_content(file.get()).content_sha256);
    }
    hdf5::check(H5Fflush(file.get(), H5F_SCOPE_GLOBAL), "write the file", partial);
    if (!file.reset()) hdf5::throw_error("close the file", partial);
    fs::rename(partial, path);
  } catch (const fs::filesystem_error& error) {
    fs::remove(partial, failure);
    throw Error("E-OUT-002", std::string("cannot write: ") + error.code().message(), path,
                "check the folder and the free space", ExitCode::resource);
  } catch (...) {
    fs::remove(partial, failure);
    throw;
  }
}

PatternLibrary read_pattern_library(const std::string& path, InputFile* record) {
  if (record) {
    std::error_code ignored;
    *record = {path, "library", fs::file_size(path, ignored), sha256_of_file(path),
               "pattern library"};
    if (ignored) record->size_bytes = 0;
  }
  const hdf5::File file = hdf5::open_for_reading(path);
  const hdf5::Group root(
      hdf5::check(H5Gopen2(file.get(), "/", H5P_DEFAULT), "open the file", path));
  const std::string version =
      hdf5::read_text_attribute(root.get(), "gadolin_pattern_library_version");
  if (version.rfind("1.", 0) != 0) {
    throw Error("E-LIB-024",
                version.empty() ? std::string("not a library of measured patterns")
                                : "a pattern library of version " + version + " (1.x is read)",
                path, "write it with gadolin library import");
  }
  const hid_t id = root.get();
  const std::string sealed = hdf5::read_text_attribute(id, seal_name);
  if (!sealed.empty() && sealed != digest_content(file.get()).content_sha256) {
    throw Error("E-LIB-025", "the library is not what was written: its contents have another hash",
                path, "fetch it again, or write it anew with gadolin library import");
  }
  PatternLibrary library;
  library.title = hdf5::read_text(id, "library/title");
  library.source = hdf5::read_text(id, "library/source");
  library.licence = hdf5::read_text(id, "library/licence");
  library.rir_reference = hdf5::read_text(id, "library/rir_reference");
  library.wavelength_angstrom = hdf5::read_numbers(id, "library/wavelength");
  const auto ratio = hdf5::read_numbers(id, "library/kalpha2_ratio");
  library.kalpha2_ratio = ratio.empty() ? 0.0 : or_zero(ratio[0]);
  const auto shape = hdf5::shape_of(id, "library/patterns/intensity");
  const auto ids = hdf5::read_texts(id, "library/phases/id");
  if (shape.size() != 2 || shape[0] != ids.size() || shape[0] * shape[1] > most_values) {
    contradiction("the patterns do not match the table of phases", path);
  }
  library.two_theta_deg = hdf5::read_numbers(id, "library/patterns/two_theta");
  if (library.two_theta_deg.size() != shape[1]) {
    contradiction("the patterns do not match their 2theta axis", path);
  }
  const auto intensity = hdf5::read_numbers(id, "library/patterns/intensity");
  const auto column = [&](const char* name) {
    auto texts = hdf5::read_texts(id, std::string("library/phases/") + name);
    if (texts.size() != ids.size()) contradiction(std::string(name) + " has gaps", path);
    return texts;
  };
  const auto names = column("name"), groups = column("group"), families = column("family"),
             kind = column("kind"), sources = column("source");
  const auto rir = hdf5::read_numbers(id, "library/phases/rir");
  const auto u_rir = hdf5::read_numbers(id, "library/phases/rir_errors");
  if (rir.size() != ids.size() || u_rir.size() != ids.size()) contradiction("rir has gaps", path);
  for (std::size_t p = 0; p < ids.size(); ++p) {
    ReferencePhase phase;
    phase.id = ids[p];
    phase.name = names[p];
    phase.group = groups[p];
    phase.family = families[p];
    phase.source = sources[p];
    const auto found = std::find(kinds.begin(), kinds.end(), kind[p]);
    if (found == kinds.end()) contradiction("kind \"" + kind[p] + "\" of " + ids[p], path);
    phase.kind = static_cast<ReferenceKind>(found - kinds.begin());
    phase.rir = or_zero(rir[p]);
    phase.u_rir = or_zero(u_rir[p]);
    const auto begin = intensity.begin() + static_cast<std::ptrdiff_t>(p * shape[1]);
    phase.intensity.assign(begin, begin + static_cast<std::ptrdiff_t>(shape[1]));
    library.phases.push_back(std::move(phase));
  }
  check_library(library, path);
  return library;
}

}  // namespace gadolin::io
