#include "io/store/verify.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include <nlohmann/json.hpp>

#include "io/readers/file_bytes.hpp"
#include "io/readers/hdf5_child.hpp"
#include "io/store/content_digest.hpp"
#include "io/store/datasets.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

namespace {

namespace fs = std::filesystem;

std::string locate(const std::string& path, const fs::path& result_folder) {
  std::error_code ignored;
  for (const fs::path& candidate : {fs::path(path), result_folder / path}) {
    if (fs::is_regular_file(candidate, ignored)) return candidate.string();
  }
  return "";
}

InputCheck check_input(const std::string& path, const std::string& role, const std::string& sha256,
                       const fs::path& result_folder) {
  InputCheck result;
  result.path = path;
  result.role = role;
  result.stored_sha256 = sha256;
  result.found = locate(path, result_folder);
  if (result.found.empty()) return result;
  result.found_sha256 = sha256_of_file(result.found);
  result.outcome =
      result.found_sha256 == sha256 ? InputCheck::Outcome::same : InputCheck::Outcome::changed;
  return result;
}

void compare_content(hid_t file, VerifyReport* report) {
  const hdf5::Group root(H5Gopen2(file, "/", H5P_DEFAULT));
  report->stored_content_sha256 = hdf5::read_text_attribute(root.get(), "gadolin_content_sha256");
  report->stored_sealed_sha256 = hdf5::read_text_attribute(root.get(), "gadolin_sealed_sha256");
  const ContentDigest now = digest_content(file);
  report->found_content_sha256 = now.content_sha256;
  report->found_sealed_sha256 = now.sealed_sha256;
  if (now.content_sha256 == report->stored_content_sha256) return;
  std::map<std::string, ContentCheck> differences;
  if (hdf5::exists(root.get(), "run/content")) {
    const auto paths = hdf5::read_texts(root.get(), "run/content/path");
    const auto hashes = hdf5::read_texts(root.get(), "run/content/sha256");
    for (std::size_t i = 0; i < paths.size() && i < hashes.size(); ++i) {
      differences[paths[i]] = {paths[i], hashes[i], ""};
    }
  }
  for (const ObjectDigest& object : now.objects) {
    ContentCheck& entry = differences[object.path];
    entry.path = object.path;
    entry.found_sha256 = object.sha256;
  }
  for (const auto& [path, entry] : differences) {
    if (entry.stored_sha256 != entry.found_sha256) report->changed_content.push_back(entry);
  }
}

/// Hours: results of a day may be large; ten times as long by the clock.
constexpr int limit_s = 7200;

VerifyReport verify_here(const std::string& path) {
  const hdf5::File file = hdf5::open_for_reading(path);
  const hdf5::Group root(
      hdf5::check(H5Gopen2(file.get(), "/", H5P_DEFAULT), "open the file", path));
  if (hdf5::read_text_attribute(root.get(), "gadolin_schema_version").empty()) {
    throw Error("E-H5-002", "not a gadolin result (no gadolin_schema_version)", path,
                "name a file written by gadolin");
  }
  VerifyReport report;
  report.path = path;
  report.complete = hdf5::read_integer_attribute(root.get(), "gadolin_complete", 0) == 1;
  if (hdf5::exists(root.get(), "run") && hdf5::exists(root.get(), "run/inputs")) {
    const auto paths = hdf5::read_texts(root.get(), "run/inputs/path");
    const auto roles = hdf5::read_texts(root.get(), "run/inputs/role");
    const auto hashes = hdf5::read_texts(root.get(), "run/inputs/sha256");
    const fs::path folder = fs::path(path).parent_path();
    for (std::size_t i = 0; i < paths.size(); ++i) {
      report.inputs.push_back(check_input(paths[i], i < roles.size() ? roles[i] : "",
                                          i < hashes.size() ? hashes[i] : "", folder));
    }
  }
  compare_content(file.get(), &report);
  return report;
}

/// The report on its way from one process to another. CBOR: paths need be no UTF-8.
std::string packed(const VerifyReport& report) {
  nlohmann::json out = nlohmann::json::array(
      {report.complete, report.stored_content_sha256, report.found_content_sha256,
       report.stored_sealed_sha256, report.found_sealed_sha256, nlohmann::json::array(),
       nlohmann::json::array()});
  for (const auto& input : report.inputs) {
    out[5].push_back({input.path, input.found, input.role, static_cast<int>(input.outcome),
                      input.stored_sha256, input.found_sha256});
  }
  for (const auto& content : report.changed_content) {
    out[6].push_back({content.path, content.stored_sha256, content.found_sha256});
  }
  const auto bytes = nlohmann::json::to_cbor(out);
  return {bytes.begin(), bytes.end()};
}

VerifyReport unpacked(const std::string& bytes, const std::string& path) {
  const auto in = nlohmann::json::from_cbor(bytes);
  VerifyReport report{path, in[0], {}, {}, in[1], in[2], in[3], in[4]};
  for (const auto& input : in[5]) {
    report.inputs.push_back({input[0], input[1], input[2],
                             static_cast<InputCheck::Outcome>(input[3].get<int>()), input[4],
                             input[5]});
  }
  for (const auto& content : in[6]) {
    report.changed_content.push_back({content[0], content[1], content[2]});
  }
  return report;
}

}  // namespace

int VerifyReport::changed_inputs() const {
  return static_cast<int>(std::count_if(inputs.begin(), inputs.end(), [](const InputCheck& input) {
    return input.outcome == InputCheck::Outcome::changed;
  }));
}

int VerifyReport::missing_inputs() const {
  return static_cast<int>(std::count_if(inputs.begin(), inputs.end(), [](const InputCheck& input) {
    return input.outcome == InputCheck::Outcome::missing;
  }));
}

bool VerifyReport::content_intact() const {
  return complete && stored_content_sha256 == found_content_sha256 &&
         stored_sealed_sha256 == found_sealed_sha256;
}

bool VerifyReport::ok() const {
  return content_intact() && changed_inputs() == 0 && missing_inputs() == 0;
}

std::string VerifyReport::text() const {
  std::string lines;
  for (const InputCheck& input : inputs) {
    if (input.outcome == InputCheck::Outcome::changed) {
      lines += "changed input " + input.found + "\n  stored " + input.stored_sha256 +
               "\n  found  " + input.found_sha256 + "\n";
    } else if (input.outcome == InputCheck::Outcome::missing) {
      lines += "missing input " + input.path + "\n  stored " + input.stored_sha256 + "\n";
    }
  }
  for (const ContentCheck& object : changed_content) {
    lines += "changed result " + object.path + "\n  stored " +
             (object.stored_sha256.empty() ? "(was not there)" : object.stored_sha256) +
             "\n  found  " + (object.found_sha256.empty() ? "(gone)" : object.found_sha256) + "\n";
  }
  if (!complete) {
    lines += "unfinished: the run that wrote this file never closed it, so it has no seal\n";
  } else if (stored_content_sha256 != found_content_sha256) {
    lines += "changed result\n  stored " + stored_content_sha256 + "\n  found  " +
             found_content_sha256 + "\n";
  } else if (stored_sealed_sha256 != found_sealed_sha256) {
    lines += "changed times or seal\n  stored " + stored_sealed_sha256 + "\n  found  " +
             found_sealed_sha256 + "\n";
  }
  lines += std::to_string(inputs.size()) + " inputs: " + std::to_string(changed_inputs()) +
           " changed, " + std::to_string(missing_inputs()) + " missing; result " +
           (content_intact() ? "intact"
            : complete       ? "CHANGED"
                             : "UNFINISHED") +
           "\n";
  return lines;
}

VerifyReport verify(const std::string& path) {
  hdf5::open_for_reading(path);  // absent, locked or no HDF5 file: said by this process
  return unpacked(in_hdf5_child([&] { return packed(verify_here(path)); }, path, limit_s), path);
}

}  // namespace gadolin::io
