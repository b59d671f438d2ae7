#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <hdf5.h>

#include "io/readers/hdf5_child.hpp"
#include "io/readers/pattern_formats.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

using diffraction::Pattern;

namespace {

/// Owns an identifier of any kind.
class Id {
 public:
  explicit Id(hid_t id = -1) : id_(id) {}
  Id(Id&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Id& operator=(Id&&) = delete;
  ~Id() {
    if (id_ >= 0) H5Idec_ref(id_);
  }
  hid_t get() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }

 private:
  hid_t id_;
};

constexpr std::size_t max_text_bytes = 4096;
constexpr hsize_t max_chunk_bytes = hsize_t{256} << 20;

Error damaged(const std::string& what, const std::string& file) {
  return Error("E-H5-001", "not an HDF5 file, or damaged (" + what + ")", file,
               "copy or export the file again");
}

/// A text of fixed or variable length, "" if it is none.
std::string read_text(hid_t object, bool attribute) {
  const Id type(attribute ? H5Aget_type(object) : H5Dget_type(object));
  const Id space(attribute ? H5Aget_space(object) : H5Dget_space(object));
  if (!type || !space || H5Tget_class(type.get()) != H5T_STRING) return "";
  if (H5Sget_simple_extent_npoints(space.get()) != 1) return "";
  const auto read = [&](hid_t memory, void* buffer) {
    return (attribute ? H5Aread(object, memory, buffer)
                      : H5Dread(object, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer)) >= 0;
  };
  if (H5Tis_variable_str(type.get()) > 0) {
    char* text = nullptr;
    const Id memory(H5Tcopy(H5T_C_S1));
    H5Tset_size(memory.get(), H5T_VARIABLE);
    H5Tset_cset(memory.get(), H5Tget_cset(type.get()));
    if (!read(memory.get(), &text) || text == nullptr) return "";
    const std::string copy(text, strnlen(text, max_text_bytes));
    H5free_memory(text);
    return copy;
  }
  const std::size_t size = H5Tget_size(type.get());
  if (size == 0 || size > max_text_bytes) return "";
  std::string text(size, '\0');
  const Id memory(H5Tcopy(type.get()));
  if (!read(memory.get(), text.data())) return "";
  return std::string(trimmed(text.substr(0, text.find('\0'))));
}

std::string attribute_text(hid_t object, const char* name) {
  if (H5Aexists(object, name) <= 0) return "";
  const Id attribute(H5Aopen(object, name, H5P_DEFAULT));
  return attribute ? read_text(attribute.get(), true) : "";
}

/// Whether every link of a path is there.
bool exists(hid_t group, const std::string& path) {
  std::size_t at = 0;
  while (at != std::string::npos) {
    at = path.find('/', at + 1);
    if (H5Lexists(group, path.substr(0, at).c_str(), H5P_DEFAULT) <= 0) return false;
    if (H5Oexists_by_name(group, path.substr(0, at).c_str(), H5P_DEFAULT) <= 0) return false;
  }
  return true;
}

Id open_dataset(hid_t group, const std::string& path) {
  if (!exists(group, path)) return Id();
  const Id object(H5Oopen(group, path.c_str(), H5P_DEFAULT));
  if (!object || H5Iget_type(object.get()) != H5I_DATASET) return Id();
  return Id(H5Dopen2(group, path.c_str(), H5P_DEFAULT));
}

/// Numbers of a dataset of rank 0 or 1 (or with one axis longer than 1), as doubles.
std::vector<double> read_numbers(const Id& dataset, const std::string& place) {
  const Id type(H5Dget_type(dataset.get()));
  const Id space(H5Dget_space(dataset.get()));
  const Id creation(H5Dget_create_plist(dataset.get()));
  if (!type || !space || !creation) throw damaged("dataset without type", place);
  const H5T_class_t kind = H5Tget_class(type.get());
  if (kind != H5T_FLOAT && kind != H5T_INTEGER) {
    throw Error("E-H5-002", "no numbers", place, "the file was written by another program");
  }
  const int rank = H5Sget_simple_extent_ndims(space.get());
  const hssize_t points = H5Sget_simple_extent_npoints(space.get());
  if (rank < 0 || points < 0 || static_cast<std::size_t>(points) > max_pattern_points) {
    throw Error("E-XRD-003", fmt::format("{} points stated", points), place,
                "the file is damaged, or holds images: give a scan over 2theta");
  }
  if (H5Pget_layout(creation.get()) == H5D_CHUNKED) {
    std::vector<hsize_t> chunk(static_cast<std::size_t>(rank));
    H5Pget_chunk(creation.get(), rank, chunk.data());
    hsize_t bytes = H5Tget_size(type.get());
    for (const hsize_t extent : chunk) {
      bytes = extent > 0 && bytes > max_chunk_bytes / extent ? max_chunk_bytes + 1 : bytes * extent;
    }
    if (bytes > max_chunk_bytes) {
      throw damaged(fmt::format("chunks of more than {} bytes", max_chunk_bytes), place);
    }
  }
  std::vector<double> values(static_cast<std::size_t>(points));
  if (!values.empty() &&
      H5Dread(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) {
    throw damaged("a dataset cannot be read", place);
  }
  return values;
}

/// One number below a group, 0 if absent or no number.
double number_at(hid_t group, const std::string& path, const std::string& file) {
  const Id dataset = open_dataset(group, path);
  if (!dataset) return 0.0;
  const auto values = read_numbers(dataset, file + "/" + path);
  return values.size() == 1 && std::isfinite(values[0]) ? values[0] : 0.0;
}

/// A wavelength; units nm and m are turned into angstrom.
double length_angstrom(hid_t group, const std::string& path, const std::string& file) {
  const double value = number_at(group, path, file);
  if (value == 0.0) return 0.0;
  const Id dataset = open_dataset(group, path);
  const std::string unit = lower_case(attribute_text(dataset.get(), "units"));
  return unit == "nm" ? 10.0 * value : unit == "m" ? 1e10 * value : value;
}

double time_s(hid_t group, const std::string& path, const std::string& file) {
  const double value = number_at(group, path, file);
  const Id dataset = open_dataset(group, path);
  const std::string unit = dataset ? lower_case(attribute_text(dataset.get(), "units")) : "";
  return unit == "ms" ? 1e-3 * value : unit == "min" ? 60.0 * value : value;
}

/// Names of the groups of a group, in the order of names.
std::vector<std::string> child_groups(hid_t group) {
  std::vector<std::string> names;
  H5G_info_t info{};
  if (H5Gget_info(group, &info) < 0) return names;
  for (hsize_t i = 0; i < std::min<hsize_t>(info.nlinks, 10'000); ++i) {
    char name[256] = {};
    const ssize_t length = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name,
                                              sizeof name, H5P_DEFAULT);
    if (length <= 0 || static_cast<std::size_t>(length) >= sizeof name) continue;
    if (H5Oexists_by_name(group, name, H5P_DEFAULT) <= 0) continue;
    const Id object(H5Oopen(group, name, H5P_DEFAULT));
    if (object && H5Iget_type(object.get()) == H5I_GROUP) names.emplace_back(name);
  }
  return names;
}

/// Names of the angle, the intensity and its uncertainty below an NXentry.
struct Paths {
  std::string angle, intensity, errors;
};

/// NXxrd_pan's place, else the NXdata that `default` names with 2theta as its axis.
std::optional<Paths> find_data(hid_t entry) {
  std::vector<std::string> folders = {"experiment_result"};
  if (const std::string named = attribute_text(entry, "default"); !named.empty()) {
    folders.push_back(named);
  }
  for (const std::string& name : child_groups(entry)) folders.push_back(name);
  for (const std::string& folder : folders) {
    if (!exists(entry, folder)) continue;
    const Id object(H5Oopen(entry, folder.c_str(), H5P_DEFAULT));
    if (!object || H5Iget_type(object.get()) != H5I_GROUP) continue;
    const Id group(H5Gopen2(entry, folder.c_str(), H5P_DEFAULT));
    std::string signal = attribute_text(group.get(), "signal");
    if (signal.empty() || signal.find('/') != std::string::npos) signal = "intensity";
    if (exists(group.get(), "two_theta") && exists(group.get(), signal)) {
      return Paths{folder + "/two_theta", folder + "/" + signal, folder + "/" + signal + "_errors"};
    }
  }
  return std::nullopt;
}

/// What an entry holds, before anything is made of it.
struct Scan {
  std::string definition, angle_unit, intensity_unit, uncertainty;
  std::vector<double> angle, intensity, errors;
  double step_time_s = 0.0;
  TubeLines lines;
};

Scan read_entry(hid_t entry, const Paths& paths, const std::string& place) {
  Scan scan;
  const Id definition = open_dataset(entry, "definition");
  scan.definition = definition ? read_text(definition.get(), false).substr(0, 40) : "";
  const Id angle = open_dataset(entry, paths.angle);
  const Id intensity = open_dataset(entry, paths.intensity);
  if (!angle || !intensity) {
    throw Error("E-H5-002", "two_theta or intensity is no dataset", place, "export the file again");
  }
  scan.angle = read_numbers(angle, place + "/" + paths.angle);
  scan.intensity = read_numbers(intensity, place + "/" + paths.intensity);
  if (const Id errors = open_dataset(entry, paths.errors); errors) {
    scan.errors = read_numbers(errors, place + "/" + paths.errors);
  }
  scan.angle_unit = lower_case(attribute_text(angle.get(), "units"));
  scan.intensity_unit = lower_case(attribute_text(intensity.get(), "units"));
  scan.uncertainty = attribute_text(intensity.get(), "uncertainty");
  scan.step_time_s = time_s(entry, "experiment_config/count_time", place);
  const std::string source = "instrument/source/";
  scan.lines = {.alpha1 = length_angstrom(entry, source + "k_alpha_one", place),
                .alpha2 = length_angstrom(entry, source + "k_alpha_two", place),
                .beta = length_angstrom(entry, source + "kbeta", place),
                .ratio = number_at(entry, source + "ratio_k_alphatwo_k_alphaone", place)};
  return scan;
}

/// Values one after another, for the way out of the child process.
class Packer {
 public:
  void add(double value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void add(const std::string& text) {
    add(static_cast<double>(text.size()));
    bytes_ += text;
  }
  void add(const std::vector<double>& values) {
    add(static_cast<double>(values.size()));
    if (!values.empty()) {
      bytes_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double));
    }
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Unpacker {
 public:
  Unpacker(std::string_view bytes, const std::string& file) : bytes_(bytes), file_(file) {}
  bool more() const { return at_ < bytes_.size(); }
  double number() {
    double value = 0.0;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string text() { return std::string(take(count(1))); }
  std::vector<double> numbers() {
    const std::size_t n = count(sizeof(double));
    std::vector<double> values(n);
    if (n > 0) std::memcpy(values.data(), take(n * sizeof(double)).data(), n * sizeof(double));
    return values;
  }

 private:
  std::size_t count(std::size_t each) {
    const double n = number();
    if (!(n >= 0.0) || n > static_cast<double>((bytes_.size() - at_) / each)) fail();
    return static_cast<std::size_t>(n);
  }
  std::string_view take(std::size_t size) {
    if (size > bytes_.size() - at_) fail();
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  [[noreturn]] void fail() const { throw damaged("its reader sent half an answer", file_); }

  std::string_view bytes_;
  const std::string& file_;
  std::size_t at_ = 0;
};

/// In the child: the number of groups left out, their texts, then every entry's scan.
std::string read_scans(std::string_view bytes, const std::string& file) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const Id access(H5Pcreate(H5P_FILE_ACCESS));
  // The bytes whose hash is recorded are read, not the file again.
  std::string image(bytes);
  H5Pset_fapl_core(access.get(), std::size_t{1} << 16, 0);
  H5Pset_file_image(access.get(), image.data(), image.size());
  const Id handle(H5Fopen("pattern.nxs", H5F_ACC_RDONLY, access.get()));
  if (!handle) throw damaged("it cannot be opened", file);
  std::vector<std::string> left_out;
  Packer packed, scans;
  for (const std::string& name : child_groups(handle.get())) {
    const Id entry(H5Gopen2(handle.get(), name.c_str(), H5P_DEFAULT));
    if (!entry) continue;
    const auto paths = find_data(entry.get());
    if (!paths) {
      left_out.push_back(
          fmt::format("group {} of {} holds no two_theta with intensity", name, file));
      continue;
    }
    const Scan scan = read_entry(entry.get(), *paths, file + "/" + name);
    for (const auto* text :
         {&name, &scan.definition, &scan.angle_unit, &scan.intensity_unit, &scan.uncertainty}) {
      scans.add(*text);
    }
    for (const auto* values : {&scan.angle, &scan.intensity, &scan.errors}) scans.add(*values);
    for (const double value : {scan.step_time_s, scan.lines.alpha1, scan.lines.alpha2,
                               scan.lines.beta, scan.lines.ratio}) {
      scans.add(value);
    }
  }
  packed.add(static_cast<double>(left_out.size()));
  for (const std::string& text : left_out) packed.add(text);
  return packed.take() + scans.take();
}

Pattern make_pattern(Unpacker& sent, const std::string& file) {
  const std::string place = file + "/" + sent.text();
  Pattern pattern;
  pattern.file = file;
  const std::string definition = sent.text();
  pattern.reader = "NeXus " + (definition.empty() ? "NXdata" : definition);
  const std::string angle_unit = sent.text(), unit = sent.text(), uncertainty = sent.text();
  pattern.two_theta_deg = sent.numbers();
  pattern.counts = sent.numbers();
  pattern.sigma = sent.numbers();
  const double step_time_s = sent.number();
  TubeLines lines;
  for (double* value : {&lines.alpha1, &lines.alpha2, &lines.beta, &lines.ratio}) {
    *value = sent.number();
  }
  if (pattern.two_theta_deg.size() != pattern.counts.size()) {
    throw Error("E-XRD-014",
                fmt::format("{} angles for {} intensities", pattern.two_theta_deg.size(),
                            pattern.counts.size()),
                place, "export the file again");
  }
  if (!pattern.sigma.empty() && pattern.sigma.size() != pattern.counts.size()) {
    throw Error("E-XRD-014", "intensity_errors has another length than intensity", place,
                "export the file again");
  }
  if (angle_unit.substr(0, 3) == "rad") {
    for (double& value : pattern.two_theta_deg) value *= 180.0 / 3.14159265358979323846;
  }
  if (step_time_s > 0.0 && step_time_s < 1e7) pattern.step_time_s = step_time_s;
  set_wavelengths(pattern, lines);
  const bool rates = unit == "cps" || unit == "counts/s" || unit == "1/s" || unit == "hz";
  if (pattern.sigma.empty() && rates) {
    sigma_of_rates(pattern);
  } else if (pattern.sigma.empty() && uncertainty == "unknown") {
    // What gadolin convert says of intensities that are no counts, though they may look like some.
    withhold_sigma(pattern, "are stated to be no counts");
  }
  finish_pattern(pattern, {}, true, structured_least_points);
  return pattern;
}

}  // namespace

std::vector<Pattern> parse_nexus(std::string_view bytes, const std::string& file, int limit_s) {
  const std::string sent_bytes =
      in_hdf5_child([&] { return read_scans(bytes, file); }, file, limit_s);
  Unpacker sent(sent_bytes, file);
  std::vector<std::string> left_out;
  for (double left = sent.number(); left > 0.0; --left) left_out.push_back(sent.text());
  std::vector<Pattern> patterns;
  while (sent.more()) patterns.push_back(make_pattern(sent, file));
  warn_of_left_out(patterns, left_out, file);
  return patterns;
}

}  // namespace gadolin::io
