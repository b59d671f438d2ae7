#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "io/store/result_file.hpp"
#include "models/core/error.hpp"
#include "tests/unit/store/made_up_results.hpp"

namespace gadolin {

/// A folder of its own for one test, removed afterwards (kept if GADOLIN_KEEP_TEST_FILES names
/// where to put it).
class ScratchFolder {
 public:
  ScratchFolder() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    const std::string name = std::string(info->test_suite_name()) + "." + info->name();
    const char* keep = std::getenv("GADOLIN_KEEP_TEST_FILES");
    keep_ = keep != nullptr;
    folder_ = std::filesystem::path(keep_ ? keep : testing::TempDir()) /
              (keep_ ? name : "gadolin_" + name + "." + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (!keep_) std::filesystem::remove_all(folder_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string operator/(const std::string& name) const { return (folder_ / name).string(); }
  std::string path() const { return folder_.string(); }

 private:
  std::filesystem::path folder_;
  bool keep_ = false;
};

/// All bytes of a file.
inline std::string bytes_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// What an action throws; code "none" if it throws nothing.
template <class Action>
Error error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  return Error("none", "nothing was thrown", "", "");
}

namespace made_up {

/// Everything `analyse` writes about one sample.
inline void write_case(io::ResultFile& file, const RunRecord& record, const std::string& id) {
  const auto fitted = pattern_result(3, 2000, id);
  file.write_run(record);
  file.write_normaliser(normaliser());
  file.write_sample(id, seizure());
  file.write_pattern(id, pattern(fitted), fitted, {{1.540593, 0.667}, {1.544427, 0.333}});
  const auto list = indices();
  file.write_assay(id, assay_sample(id), list);
  file.write_origin(id, origin_result(id));
  file.write_circuit(id, circuit_result());
  file.write_recovery(id, recovery_result(id));
  file.write_run(record);
}

inline std::vector<diffraction::PatternResult> chunk(int first, int count, int points) {
  std::vector<diffraction::PatternResult> results;
  for (int i = first; i < first + count; ++i) results.push_back(pattern_result(i, points));
  return results;
}

}  // namespace made_up
}  // namespace gadolin
