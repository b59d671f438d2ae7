#include "io/store/result_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "io/store/compact.hpp"
#include "io/store/content_digest.hpp"
#include "io/store/datasets.hpp"
#include "io/store/schema.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

namespace {

namespace fs = std::filesystem;
using hdf5::group;
using hdf5::Group;

/// An HDF5 link name cannot hold '/' and must not be "." or empty; everything else is kept.
std::string link_name(const std::string& id) {
  std::string name = "sample_" + id;
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

std::string hdf5_version() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

void require_unlocked(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  const bool locked =
      ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && (errno == EWOULDBLOCK || errno == EAGAIN);
  ::close(descriptor);
  if (!locked) return;
  throw Error("E-LOCK-001", "the existing output is open in another program", path,
              "close that program, write elsewhere, or set HDF5_USE_FILE_LOCKING=FALSE there if it "
              "only reads",
              ExitCode::resource);
}

bool is_gadolin_result(const std::string& path) {
  try {
    const hdf5::File file = hdf5::open_for_reading(path);
    const Group root(hdf5::check(H5Gopen2(file.get(), "/", H5P_DEFAULT), "open the file", path));
    return !hdf5::read_text_attribute(root.get(), "gadolin_schema_version").empty();
  } catch (const Error&) {
    return false;
  }
}

[[noreturn]] void refuse_to_replace(const std::string& path) {
  throw Error("E-OUT-004", "the output exists and is no gadolin result", path,
              "choose another name or move it away; --force replaces earlier results only",
              ExitCode::usage);
}

/// What no run may touch at all: devices, pipes, sockets. Opening one may already do something.
void require_regular(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) refuse_to_replace(path);
}

/// What --force may replace: an earlier result that nobody writes, or a file without content.
void require_replaceable(const std::string& path) {
  require_unlocked(path);
  std::error_code ignored;
  if (fs::file_size(path, ignored) != 0 && !is_gadolin_result(path)) refuse_to_replace(path);
}

/// `row`: "sample A assay"
Error second_result(const std::string& row, const std::string& path) {
  const std::size_t end = row.rfind(' ');
  const std::string sample = row.substr(7, end - 7);
  return Error("E-H5-006",
               "a second " + row.substr(end + 1) + " for the entry \"" + sample + "\" was refused",
               path, "give every sample and every circuit of a run a name of its own",
               ExitCode::usage);
}

/// Bytes and directory entry on the disk, not only with the operating system.
void sync_to_disk(const std::string& path, bool folder) {
  const int descriptor = ::open(path.c_str(), (folder ? O_DIRECTORY : 0) | O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  const int failed = ::fsync(descriptor);
  const int reason = errno;
  ::close(descriptor);
  if (failed != 0 && !folder && reason != EINVAL) {
    throw Error("E-H5-003",
                std::string("cannot bring the result to the disk: ") + std::strerror(reason), path,
                "make room or check the disk; the .partial file holds the results",
                ExitCode::resource);
  }
}

/// Renames the finished file; without `replace` never over one that appeared during the run.
void put_in_place(const std::string& finished, const std::string& path, const std::string& partial,
                  bool replace) {
  int failed = ::renameat2(AT_FDCWD, finished.c_str(), AT_FDCWD, path.c_str(),
                           replace ? 0 : RENAME_NOREPLACE);
  std::error_code ignored;
  if (failed != 0 && (errno == EINVAL || errno == ENOSYS)) {  // a file system without the flag
    if (!replace && fs::exists(path, ignored)) {
      errno = EEXIST;
    } else {
      failed = std::rename(finished.c_str(), path.c_str());
    }
  }
  if (failed == 0) return;
  if (errno == EEXIST) {
    throw Error("E-OUT-001", "the output appeared during the run and was left alone", path,
                "the results are in " + partial + "; pass --force to replace earlier results",
                ExitCode::usage);
  }
  throw Error("E-OUT-002", std::string("cannot rename the finished file: ") + std::strerror(errno),
              path, "the results are in " + partial, ExitCode::resource);
}

}  // namespace

void refuse_input_as_output(const std::string& out, std::span<const std::string> inputs) {
  for (const std::string& input : inputs) {
    for (const std::string& written : {out, out + ".partial"}) {
      std::error_code absent;
      if (!fs::equivalent(written, input, absent) || absent) continue;
      throw Error("E-OUT-005", "the output would replace the input \"" + input + "\"", out,
                  "choose another --out", ExitCode::usage);
    }
  }
}

ResultFile ResultFile::create(const std::string& path, bool force) {
  std::error_code ignored;
  const fs::path target(path);
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  if (path.empty() || fs::is_directory(target, ignored)) {
    throw Error("E-OUT-002", "the output is a folder, not a file", path,
                "name a file: --out RESULT.h5", ExitCode::resource);
  }
  if (!fs::is_directory(folder, ignored)) {
    throw Error("E-OUT-002", "no such folder for the output", folder.string(),
                "make the folder or choose another --out", ExitCode::resource);
  }
  if (fs::exists(target, ignored)) {
    require_regular(path);
    if (!force) {
      throw Error("E-OUT-001", "output exists", path, "choose another --out or pass --force",
                  ExitCode::usage);
    }
    require_replaceable(path);
  }
  const std::string partial = path + ".partial";
  if (fs::exists(partial, ignored)) {
    require_regular(partial);
    require_unlocked(partial);
    if (!force) {
      throw Error("E-OUT-003", "an unfinished result of an earlier run is here", partial,
                  "keep it under another name (it opens like any HDF5 file), or pass --force",
                  ExitCode::usage);
    }
    require_replaceable(partial);
  }
  ResultFile file(path, force);
  const hdf5::PropertyList access = hdf5::ordered_access(file.outcome_.get());
  file.file_ = hdf5::create_file(partial, access.get());
  const Group root(H5Gopen2(file.file_.get(), "/", H5P_DEFAULT));
  hdf5::set_attribute(root.get(), "NX_class", "NXroot");
  hdf5::set_attribute(root.get(), "creator", "gadolin");
  hdf5::set_attribute(root.get(), "HDF5_Version", hdf5_version());
  hdf5::set_attribute(root.get(), "gadolin_schema_version", schema_version);
  hdf5::set_attribute(root.get(), "gadolin_complete", std::int64_t{0});
  file.flush();
  return file;
}

ResultFile::ResultFile(std::string path, bool force)
    : path_(std::move(path)),
      partial_path_(path_ + ".partial"),
      outcome_(std::make_unique<hdf5::WriteOutcome>()),
      force_(force) {}

ResultFile::ResultFile(ResultFile&&) noexcept = default;

ResultFile& ResultFile::operator=(ResultFile&& other) noexcept {
  if (this != &other) {
    abandon();
    path_ = std::move(other.path_);
    partial_path_ = std::move(other.partial_path_);
    file_ = std::move(other.file_);
    outcome_ = std::move(other.outcome_);
    force_ = other.force_;
    holds_results_ = other.holds_results_;
    has_root_default_ = other.has_root_default_;
    batch_items_ = other.batch_items_;
    batch_points_ = other.batch_points_;
    origin_items_ = other.origin_items_;
    batch_phases_ = std::move(other.batch_phases_);
    origin_sources_ = std::move(other.origin_sources_);
    stored_ = std::move(other.stored_);
    known_inputs_ = std::move(other.known_inputs_);
    input_hash_ = std::move(other.input_hash_);
    entry_names_ = std::move(other.entry_names_);
    default_rank_ = std::move(other.default_rank_);
  }
  return *this;
}

ResultFile::~ResultFile() { abandon(); }

void ResultFile::abandon() noexcept {
  if (!file_) return;
  file_.reset();
  if (holds_results_) return;
  std::error_code ignored;
  fs::remove(partial_path_, ignored);
}

void ResultFile::write_run(const RunRecord& run) {
  const Group root(H5Gopen2(file_.get(), "/", H5P_DEFAULT));
  hdf5::set_attribute(root.get(), "creator_version", run.program_version);
  hdf5::set_attribute(root.get(), "file_time", run.start_time);
  // openPMD 1.1 provenance attributes
  hdf5::set_attribute(root.get(), "software", "gadolin");
  hdf5::set_attribute(root.get(), "softwareVersion", run.program_version);
  hdf5::set_attribute(root.get(), "softwareDependencies", run.build);
  hdf5::set_attribute(root.get(), "date", run.start_time);

  const Group group_run = group(root.get(), "run", "NXcollection");
  const hid_t id = group_run.get();
  hdf5::write_text(id, "program", "gadolin");
  hdf5::write_text(id, "program_version", run.program_version);
  hdf5::write_text(id, "build", run.build);
  hdf5::write_text(id, "command_line", run.command_line);
  hdf5::write_text(id, "config", run.config_text);
  hdf5::set_attribute_of(id, "config", "format", "TOML, can be run again");
  hdf5::write_text(id, "engine", run.engine);
  hdf5::write_text(id, "device", run.device);
  hdf5::write_text(id, "start_time", run.start_time);
  hdf5::write_text(id, "end_time", run.end_time);
  const Group random = group(id, "random_numbers", "NXcs_prng");
  hdf5::write_text(random.get(), "type", "Philox 4x32-10, keyed by seed and item id");
  hdf5::write_integer(random.get(), "seed", static_cast<std::int64_t>(run.seed), "1");

  std::vector<std::string> names, values;
  for (const auto& [name, value] : run.environment) {
    names.push_back(name);
    values.push_back(value);
  }
  const Group environment = group(id, "environment", "NXcollection");
  hdf5::write_texts(environment.get(), "name", names);
  hdf5::write_texts(environment.get(), "value", values);
  write_warnings(id, run.warnings);
  for (const auto& [sample, name] : entry_names_) {
    const Group made = group(file_.get(), name);
    hdf5::write_text(made.get(), "start_time", run.start_time);
    hdf5::write_text(made.get(), "end_time", run.end_time);
  }
  add_inputs(run.inputs);
  flush();
}

void ResultFile::add_inputs(std::span<const InputFile> inputs) {
  const Group group_run = group(file_.get(), "run", "NXcollection");
  const Group table = group(group_run.get(), "inputs", "NXcollection");
  std::vector<std::string> paths, roles, hashes, readers;
  std::vector<std::int64_t> sizes;
  for (const InputFile& input : inputs) {
    input_hash_[input.path] = input.sha256;
    if (!known_inputs_.insert(input.role + '\n' + input.path + '\n' + input.sha256).second) {
      continue;
    }
    paths.push_back(input.path);
    roles.push_back(input.role);
    hashes.push_back(input.sha256);
    readers.push_back(input.reader);
    sizes.push_back(static_cast<std::int64_t>(input.size_bytes));
  }
  hdf5::append_texts(table.get(), "path", paths);
  hdf5::append_texts(table.get(), "role", roles);
  hdf5::append_texts(table.get(), "sha256", hashes);
  hdf5::append_texts(table.get(), "reader", readers);
  hdf5::append_integers(table.get(), "size", sizes, "byte");
  flush();
}

void ResultFile::write_normaliser(const Normaliser& normaliser) {
  const Group group_run = group(file_.get(), "run", "NXcollection");
  const Group table = group(group_run.get(), "normaliser", "NXcollection");
  hdf5::write_text(table.get(), "name", normaliser.name);
  hdf5::write_text(table.get(), "reservoir", normaliser.reservoir);
  hdf5::write_text(table.get(), "citation", normaliser.citation);
  hdf5::write_texts(table.get(), "element", normaliser.elements);
  hdf5::write_numbers(table.get(), "content", normaliser.content_mg_per_kg, "mg/kg");
  flush();
}

Group ResultFile::entry(const std::string& sample_id, const std::string& kind) {
  const std::string row = "sample " + sample_id + " " + kind;
  if (!kind.empty() && stored_.count(row) != 0) throw second_result(row, partial_path_);
  holds_results_ = true;
  const auto known = entry_names_.find(sample_id);
  if (known != entry_names_.end()) return group(file_.get(), known->second);
  std::string name = link_name(sample_id);
  for (int copy = 2; hdf5::exists(file_.get(), name); ++copy) {
    name = link_name(sample_id) + "_" + std::to_string(copy);
  }
  entry_names_[sample_id] = name;
  Group made = group(file_.get(), name, "NXentry");
  hdf5::write_text(made.get(), "entry_identifier", sample_id);
  hdf5::write_text(made.get(), "title", sample_id);
  if (!has_root_default_) {
    const Group root(H5Gopen2(file_.get(), "/", H5P_DEFAULT));
    hdf5::set_attribute(root.get(), "default", name);
    has_root_default_ = true;
  }
  return made;
}

void ResultFile::set_default(const std::string& sample_id, const std::string& child, int rank) {
  const auto [place, fresh] = default_rank_.try_emplace(sample_id, rank);
  if (!fresh && place->second >= rank) return;
  place->second = rank;
  hdf5::set_attribute(entry(sample_id).get(), "default", child);
}

void ResultFile::add_journal(const std::string& what, std::int64_t first_item, std::int64_t items) {
  holds_results_ = true;
  const bool of_a_sample = what.rfind("sample ", 0) == 0;
  if (of_a_sample && !stored_.insert(what).second) {
    outcome_->reason = ECANCELED;  // the disk keeps the first
    throw second_result(what, partial_path_);
  }
  flush();  // the data first: a journal row on the disk means its items are there too
  const Group group_run = group(file_.get(), "run", "NXcollection");
  const Group journal = group(group_run.get(), "journal", "NXcollection");
  hdf5::append_texts(journal.get(), "what", {what});
  hdf5::append_integers(journal.get(), "first_item", {&first_item, 1}, "1");
  hdf5::append_integers(journal.get(), "items", {&items, 1}, "1");
  flush();
}

void ResultFile::flush() {
  hdf5::check(H5Fflush(file_.get(), H5F_SCOPE_GLOBAL), "flush", partial_path_);
  hdf5::require_written(*outcome_, partial_path_);
}

void ResultFile::close() {
  if (!file_) return;
  flush();
  const std::string finishing = path_ + ".finishing.partial";
  try {
    hdf5::WriteOutcome outcome;  // outlives the file
    const hdf5::PropertyList access = hdf5::direct_access(&outcome);
    hdf5::File finished = hdf5::create_file(finishing, access.get());
    compact(file_.get(), finished.get());
    seal(finished.get());
    hdf5::check(H5Fflush(finished.get(), H5F_SCOPE_GLOBAL), "flush", finishing);
    if (!finished.reset()) hdf5::throw_error("close the file", finishing);
    hdf5::require_written(outcome, finishing);
    sync_to_disk(finishing, false);
    put_in_place(finishing, path_, partial_path_, force_);
  } catch (...) {
    std::error_code ignored;
    fs::remove(finishing, ignored);
    throw;
  }
  const fs::path folder = fs::path(path_).parent_path();
  sync_to_disk(folder.empty() ? "." : folder.string(), true);
  file_.reset();
  std::error_code ignored;
  fs::remove(partial_path_, ignored);
}

}  // namespace gadolin::io
