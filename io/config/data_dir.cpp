#include "io/config/data_dir.hpp"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "models/core/error.hpp"

namespace gadolin::config {

namespace fs = std::filesystem;

std::string find_data_dir() {
  std::error_code failure;
  const auto holds = [&](const fs::path& folder) {
    return fs::is_regular_file(folder / "structures" / "INDEX.csv", failure);
  };
  if (const char* named = std::getenv("GADOLIN_DATA"); named && *named) {
    if (holds(named)) return named;
    throw Error(
        "E-DATA-001", std::string("GADOLIN_DATA is \"") + named + "\", which is no datasets folder",
        "the environment", "set it to a folder that holds structures/INDEX.csv, or unset it",
        ExitCode::resource);
  }
  const fs::path program = fs::read_symlink("/proc/self/exe", failure);
  if (!failure && !program.empty()) {
    const fs::path shared = program.parent_path().parent_path() / "share" / "gadolin" / "datasets";
    if (holds(shared)) return shared.string();
  }
#ifdef GADOLIN_SOURCE_DATASETS
  if (holds(GADOLIN_SOURCE_DATASETS)) return GADOLIN_SOURCE_DATASETS;
#endif
  throw Error(
      "E-DATA-001", "the reference data are not found", "share/gadolin/datasets",
      "set GADOLIN_DATA to the datasets folder of the source tree, or install gadolin again",
      ExitCode::resource);
}

std::vector<std::string> find_structure_folders(const std::vector<std::string>& named) {
  if (!named.empty()) return named;
  std::vector<std::string> folders;
  const char* variable = std::getenv("GADOLIN_LIBRARY");
  std::string rest = variable ? variable : "";
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    if (colon != 0) folders.push_back(rest.substr(0, colon));
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
  }
  return folders;
}

}  // namespace gadolin::config
