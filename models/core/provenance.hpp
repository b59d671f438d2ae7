#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/core/error.hpp"

namespace gadolin {

/// A file that was read, as it was when it was read.
struct InputFile {
  std::string path;  ///< as the user gave it
  std::string role;  ///< "pattern", "assay", "case", "structure", "instrument", "library", ...
  std::uint64_t size_bytes = 0;
  std::string sha256;  ///< 64 hex digits
  std::string reader;  ///< reader and format version used ("xrdml 1.6"), empty if not parsed
};

/// What stands in /run of every result file.
struct RunRecord {
  std::string program_version;
  std::string build;  ///< commit, compiler, flags, libraries, one per line
  std::string command_line;
  std::string config_text;  ///< merged configuration as TOML; can be run again
  std::string engine;       ///< "openmp, 2 threads"
  std::uint64_t seed = 0;
  std::string start_time;  ///< ISO 8601 with zone
  std::string end_time;
  std::vector<InputFile> inputs;
  std::vector<Warning> warnings;
};

}  // namespace gadolin
