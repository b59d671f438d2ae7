#include <algorithm>
#include <filesystem>
#include <limits>

#include "io/store/datasets.hpp"
#include "io/store/result_file.hpp"
#include "io/store/schema.hpp"

namespace gadolin::io {

namespace {

namespace fs = std::filesystem;
using hdf5::group;
using hdf5::Group;

constexpr std::int64_t chunk_rows = 4096;
/// The columns there are in any sweep; the others follow from SweepColumns.
const char* const sweep_groups[] = {"designs", "products", "flags"};

/// A column's name as a link: keys may hold '/'.
std::string link(const std::string& name) {
  std::string text = name;
  std::replace(text.begin(), text.end(), '/', '_');
  return text.empty() || text == "." ? "_" : text;
}

void keep_chunks(hid_t parent, const std::string& name) {
  const hdf5::Dataset dataset(H5Dopen2(parent, name.c_str(), H5P_DEFAULT));
  hdf5::set_attribute(dataset.get(), "chunk_rows", chunk_rows);
}

/// Every column of the growing tables as (group, dataset).
std::vector<std::pair<std::string, std::string>> growing_columns(hid_t file) {
  std::vector<std::pair<std::string, std::string>> columns;
  for (const char* table : sweep_groups) {
    if (!hdf5::exists(file, table)) continue;
    const Group id = group(file, table);
    for (const auto& name : hdf5::child_names(id.get())) {
      const hdf5::Object object(H5Oopen(id.get(), name.c_str(), H5P_DEFAULT));
      if (H5Iget_type(object.get()) != H5I_DATASET) continue;
      if (hdf5::read_integer_attribute(object.get(), "chunk_rows", 0) > 0) {
        columns.emplace_back(table, name);
      }
    }
  }
  return columns;
}

std::uint64_t rows_of(hid_t parent, const std::string& name) {
  const auto shape = hdf5::shape_of(parent, name);
  return shape.empty() ? 0 : shape[0];
}

void cut_rows(hid_t parent, const std::string& name, std::uint64_t rows, const std::string& path) {
  const hdf5::Dataset dataset(H5Dopen2(parent, name.c_str(), H5P_DEFAULT));
  auto shape = hdf5::shape_of(parent, name);
  if (shape.empty() || shape[0] == rows) return;
  std::vector<hsize_t> dims(shape.begin(), shape.end());
  dims[0] = rows;
  hdf5::check(H5Dset_extent(dataset.get(), dims.data()), "cut column " + name, path);
}

}  // namespace

ResultFile ResultFile::reopen_sweep(const std::string& path, const std::string& fingerprint,
                                    bool force) {
  ResultFile file(path, force);
  std::error_code ignored;
  if (fs::exists(path, ignored) && !force) {
    throw Error("E-OUT-001", "output exists", path, "choose another --out or pass --force",
                ExitCode::usage);
  }
  const hdf5::PropertyList access = hdf5::ordered_access(file.outcome_.get());
  hdf5::silence_errors();
  file.file_ = hdf5::File(hdf5::check(
      H5Fopen(file.partial_path_.c_str(), H5F_ACC_RDWR, access.get()), "open", file.partial_path_));
  file.holds_results_ = true;
  file.has_root_default_ = true;
  std::string found;
  if (hdf5::exists(file.file_.get(), "provenance")) {
    const Group id = group(file.file_.get(), "provenance");
    if (hdf5::exists(id.get(), "fingerprint")) {
      found = hdf5::read_text(id.get(), "fingerprint");
    }
  }
  if (found != fingerprint) {
    throw Error("E-SEP-111",
                found.empty() ? "the unfinished file is no sweep"
                              : "the unfinished sweep was begun with other inputs, seed or build",
                file.partial_path_, "begin again with --force, or restore what it was begun with",
                ExitCode::usage);
  }
  const Group run = group(file.file_.get(), "run", "NXcollection");
  if (hdf5::exists(run.get(), "inputs")) {
    const Group table = group(run.get(), "inputs");
    const auto paths = hdf5::read_texts(table.get(), "path");
    const auto roles = hdf5::read_texts(table.get(), "role");
    const auto hashes = hdf5::read_texts(table.get(), "sha256");
    for (std::size_t i = 0; i < paths.size() && i < roles.size() && i < hashes.size(); ++i) {
      file.known_inputs_.insert(roles[i] + '\n' + paths[i] + '\n' + hashes[i]);
    }
  }
  return file;
}

void ResultFile::begin_sweep(const separation::SweepSettings& settings,
                             const separation::SweepColumns& columns,
                             const separation::Circuit& base, const std::string& fingerprint) {
  holds_results_ = true;
  const Group made = group(file_.get(), "provenance", "NXcollection");
  const hid_t id = made.get();
  hdf5::write_text(id, "name", settings.name);
  hdf5::write_text(id, "description", settings.description);
  hdf5::write_text(id, "base_design", base.name);
  hdf5::write_text(id, "fingerprint", fingerprint);
  hdf5::set_attribute_of(id, "fingerprint", "long_name",
                         "SHA-256 over inputs, seed and build; a restart needs the same");
  separation::EvidenceClass worst = separation::EvidenceClass::measured;
  std::vector<std::string> evidence;
  for (const auto& species : base.species) {
    worst = std::max(worst, species.evidence);
    evidence.push_back(species.name + ": " + to_string(species.evidence) +
                       (species.source.empty() ? "" : ", " + species.source));
  }
  hdf5::write_text(id, "worst_evidence", to_string(worst));
  hdf5::write_texts(id, "evidence", evidence);
  hdf5::write_texts(id, "design_columns", columns.designs);
  std::vector<std::string> sources;
  for (const auto& metric : settings.metrics) sources.push_back(metric.source);
  hdf5::write_texts(id, "metric_columns", columns.metrics);
  hdf5::write_texts(id, "metric_sources", sources);
  const Group products = group(file_.get(), "products", "NXcollection");
  hdf5::write_texts(products.get(), "name", columns.products);
  hdf5::write_texts(products.get(), "bank", columns.banks);
  hdf5::write_texts(products.get(), "phase", columns.phases);
  hdf5::write_texts(products.get(), "species", columns.species);
  flush();
}

void ResultFile::append_sweep(const separation::SweepColumns& columns,
                              const separation::SweepBlock& block) {
  const bool fresh = !hdf5::exists(file_.get(), "designs");
  const auto column = [&](hid_t parent, const std::string& name, const std::vector<double>& all,
                          std::size_t width, std::size_t at, const std::string& units) {
    std::vector<double> values(block.count);
    for (std::size_t i = 0; i < block.count; ++i) values[i] = all[i * width + at];
    hdf5::append_numbers(parent, name, values, block.count, {}, units);
    if (fresh) keep_chunks(parent, name);
  };
  {
    const Group table = group(file_.get(), "designs", "NXcollection");
    for (std::size_t a = 0; a < columns.designs.size(); ++a) {
      column(table.get(), link(columns.designs[a]), block.designs, columns.designs.size(), a,
             columns.design_units[a]);
    }
  }
  {
    const Group table = group(file_.get(), "products", "NXcollection");
    const hid_t id = table.get();
    for (std::size_t m = 0; m < columns.metrics.size(); ++m) {
      column(id, "metric " + link(columns.metrics[m]), block.metrics, columns.metrics.size(), m,
             columns.metric_units[m]);
    }
    if (columns.store_products) {
      const hdf5::Shape row = {columns.products.size(), columns.species.size()};
      const auto add = [&](const char* name, const std::vector<double>& values, const char* units) {
        hdf5::append_numbers(id, name, values, block.count, row, units);
        if (!fresh) return;
        keep_chunks(id, name);
        hdf5::set_attribute_of(id, name, "axes_text", "[design, product, species]");
      };
      add("molar_flow", block.amount_mol_per_h, "mol/h");
      add("recovery_fraction", block.recovery_fraction, "1");
      add("purity_fraction", block.purity_fraction, "1");
    }
  }
  const Group table = group(file_.get(), "flags", "NXcollection");
  const hid_t id = table.get();
  std::vector<int> status;
  for (const ItemStatus s : block.status) status.push_back(static_cast<int>(s));
  hdf5::append_codes(id, "status", status, block.count, {}, hdf5::item_status_codes());
  const std::vector<std::int64_t> flags(block.flags.begin(), block.flags.end());
  const std::vector<std::int64_t> iterations(block.iterations.begin(), block.iterations.end());
  hdf5::append_integers(id, "credibility", flags, "1");
  hdf5::append_integers(id, "iterations", iterations, "1");
  hdf5::append_numbers(id, "closure_relative", block.closure_relative, block.count, {}, "1");
  if (!fresh) return;
  for (const char* name : {"status", "credibility", "iterations", "closure_relative"}) {
    keep_chunks(id, name);
  }
  hdf5::set_attribute_of(
      id, "credibility", "bits",
      "1 O/A outside 1:10-10:1 (W-SEP-001), 2 above the gel limit (W-SEP-002), 4 "
      "line outside its window (W-SEP-003), 8 no separation (W-SEP-005), 16 "
      "solved by the slower method");
}

std::uint64_t ResultFile::sweep_rows() {
  std::uint64_t rows = std::numeric_limits<std::uint64_t>::max();
  const auto columns = growing_columns(file_.get());
  for (const auto& [table, name] : columns) {
    rows = std::min(rows, rows_of(group(file_.get(), table).get(), name));
  }
  if (columns.empty()) rows = 0;
  rows -= rows % static_cast<std::uint64_t>(chunk_rows);  // whole chunks only
  for (const auto& [table, name] : columns) {
    cut_rows(group(file_.get(), table).get(), name, rows, partial_path_);
  }
  return rows;
}

separation::SweepCounts ResultFile::count_sweep() {
  separation::SweepCounts counts;
  if (!hdf5::exists(file_.get(), "flags")) return counts;
  const Group table = group(file_.get(), "flags");
  for (const std::int64_t status : hdf5::read_integers(table.get(), "status")) {
    ++counts.designs;
    if (status == static_cast<int>(ItemStatus::ok)) ++counts.ok;
    if (status == static_cast<int>(ItemStatus::not_converged)) ++counts.not_converged;
    if (status == static_cast<int>(ItemStatus::out_of_range)) ++counts.out_of_range;
  }
  for (const std::int64_t flags : hdf5::read_integers(table.get(), "credibility")) {
    if ((flags & 16) != 0) ++counts.retried;
  }
  return counts;
}

void ResultFile::write_sweep_counts(const separation::SweepCounts& counts) {
  const Group made = group(file_.get(), "provenance", "NXcollection");
  const Group table = group(made.get(), "counts", "NXcollection");
  const auto put = [&](const char* name, std::size_t value) {
    hdf5::write_integer(table.get(), name, static_cast<std::int64_t>(value), "1");
  };
  put("designs", counts.designs);
  put("ok", counts.ok);
  put("not_converged", counts.not_converged);
  put("out_of_range", counts.out_of_range);
  put("retried", counts.retried);
  flush();
}

}  // namespace gadolin::io
