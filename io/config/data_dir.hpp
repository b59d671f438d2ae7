#pragma once

#include <string>

/// Where the reference data lie.
namespace gadolin::config {

/// The datasets folder: the environment variable GADOLIN_DATA if set, else
/// <prefix>/share/gadolin/datasets beside the running program, else the source tree it was built
/// from. A folder counts if it holds structures/INDEX.csv.
///   fails  E-DATA-001 (ExitCode::resource) if there is none, or GADOLIN_DATA names none
std::string find_data_dir();

}  // namespace gadolin::config
