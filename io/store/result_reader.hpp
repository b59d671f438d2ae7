#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gadolin::io {

/// What stands in a result file, in short: for `info`, `report` and tests.
struct ResultSummary {
  std::string schema_version, program_version, start_time, end_time, command_line, config_text;
  std::string content_sha256, sealed_sha256;
  std::uint64_t seed = 0;
  bool complete = false;                ///< false: left by a run that did not finish
  std::vector<std::string> sample_ids;  ///< of the /sample_ entries
  std::int64_t batch_items = 0;         ///< patterns in /batch whose chunk was finished
  std::int64_t batch_ok = 0;            ///< of them, with status ok
  std::int64_t origin_items = 0;
  std::int64_t inputs = 0, warnings = 0;
};

/// Reads OUT or OUT.partial. Of an unfinished file only what its journal names counts.
/// throws Error E-IN-001, E-H5-001, E-H5-002 (not a gadolin result), E-LOCK-001
ResultSummary read_summary(const std::string& path);

}  // namespace gadolin::io
