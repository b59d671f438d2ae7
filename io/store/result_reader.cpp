#include "io/store/result_reader.hpp"

#include <algorithm>

#include "io/store/datasets.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

namespace {

std::string text_or_empty(hid_t parent, const std::string& name) {
  return hdf5::exists(parent, name) ? hdf5::read_text(parent, name) : "";
}

/// Rows a batch may count on: all in a finished file, the journal's in an unfinished one.
std::int64_t finished_rows(hid_t root, const std::string& batch, bool complete) {
  if (complete) {
    return static_cast<std::int64_t>(hdf5::shape_of(root, batch + "/item").at(0));
  }
  std::int64_t rows = 0;
  if (!hdf5::exists(root, "run") || !hdf5::exists(root, "run/journal")) return rows;
  const auto what = hdf5::read_texts(root, "run/journal/what");
  const auto first = hdf5::read_integers(root, "run/journal/first_item");
  const auto items = hdf5::read_integers(root, "run/journal/items");
  for (std::size_t i = 0; i < std::min({what.size(), first.size(), items.size()}); ++i) {
    if (what[i] == batch) rows = std::max(rows, first[i] + items[i]);
  }
  return rows;
}

std::int64_t count_warnings(hid_t root, const std::string& parent) {
  const std::string column = parent + "/warnings/code";
  if (!hdf5::exists(root, parent) || !hdf5::exists(root, parent + "/warnings")) return 0;
  return static_cast<std::int64_t>(hdf5::shape_of(root, column).at(0));
}

}  // namespace

ResultSummary read_summary(const std::string& path) {
  const hdf5::File file = hdf5::open_for_reading(path);
  const hdf5::Group root(
      hdf5::check(H5Gopen2(file.get(), "/", H5P_DEFAULT), "open the file", path));
  const hid_t id = root.get();
  ResultSummary summary;
  summary.schema_version = hdf5::read_text_attribute(id, "gadolin_schema_version");
  if (summary.schema_version.empty()) {
    throw Error("E-H5-002", "not a gadolin result (no gadolin_schema_version)", path,
                "name a file written by gadolin");
  }
  summary.complete = hdf5::read_integer_attribute(id, "gadolin_complete", 0) == 1;
  summary.content_sha256 = hdf5::read_text_attribute(id, "gadolin_content_sha256");
  summary.sealed_sha256 = hdf5::read_text_attribute(id, "gadolin_sealed_sha256");
  if (hdf5::exists(id, "run")) {
    const hdf5::Group run = hdf5::group(id, "run");
    summary.program_version = text_or_empty(run.get(), "program_version");
    summary.start_time = text_or_empty(run.get(), "start_time");
    summary.end_time = text_or_empty(run.get(), "end_time");
    summary.command_line = text_or_empty(run.get(), "command_line");
    summary.config_text = text_or_empty(run.get(), "config");
    if (hdf5::exists(run.get(), "random_numbers")) {
      summary.seed =
          static_cast<std::uint64_t>(hdf5::read_integers(run.get(), "random_numbers/seed").at(0));
    }
    if (hdf5::exists(run.get(), "inputs")) {
      summary.inputs = static_cast<std::int64_t>(hdf5::shape_of(run.get(), "inputs/path").at(0));
    }
  }
  summary.warnings =
      count_warnings(id, "run") + count_warnings(id, "batch") + count_warnings(id, "batch_origin");
  H5G_info_t info;
  H5Gget_info(id, &info);
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    char name[1024] = {};
    H5Lget_name_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
    const std::string child = name;
    if (child.rfind("sample_", 0) != 0) continue;
    summary.sample_ids.push_back(hdf5::read_text(id, child + "/entry_identifier"));
    for (const char* part : {"/fit", "/assay", "/provenance", "/process", "/recovery"}) {
      summary.warnings += count_warnings(id, child + part);
    }
  }
  if (hdf5::exists(id, "batch")) {
    summary.batch_items = finished_rows(id, "batch", summary.complete);
    const auto status = hdf5::read_integers(id, "batch/status");
    for (std::int64_t i = 0; i < summary.batch_items; ++i) {
      if (i < static_cast<std::int64_t>(status.size()) &&
          status[static_cast<std::size_t>(i)] == 0) {
        ++summary.batch_ok;
      }
    }
  }
  if (hdf5::exists(id, "batch_origin")) {
    summary.origin_items = finished_rows(id, "batch_origin", summary.complete);
  }
  return summary;
}

}  // namespace gadolin::io
