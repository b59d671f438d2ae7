#pragma once

#include <string>
#include <vector>

/// Where the reference data lie.
namespace gadolin::config {

/// The datasets folder: the environment variable GADOLIN_DATA if set, else
/// <prefix>/share/gadolin/datasets beside the running program, else the source tree it was built
/// from. A folder counts if it holds structures/INDEX.csv.
///   fails  E-DATA-001 (ExitCode::resource) if there is none, or GADOLIN_DATA names none
std::string find_data_dir();

/// The user's folders of structures: those named on the command line, else those of the environment
/// variable GADOLIN_LIBRARY (colons between), else none.
std::vector<std::string> find_structure_folders(const std::vector<std::string>& named);

}  // namespace gadolin::config
