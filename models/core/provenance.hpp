#pragma once

#include <cstdint>
#include <string>
#include <utility>
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
  std::string device;  ///< accelerator used, empty if none
  /// The environment variables that can change a run (OMP_NUM_THREADS, GADOLIN_*, ...), name and
  /// value; never the whole environment.
  std::vector<std::pair<std::string, std::string>> environment;
};

/// One administrative fact of a case, as typed by the laboratory.
///   key from case_fact_keys; a key that is absent prints NOT SUPPLIED and keeps the DRAFT mark
struct CaseFact {
  std::string key;
  std::string value;
};

/// What a report of a testing laboratory states beside its results, in the order it is printed
/// (docs/formats/report.md). Other keys are printed after these.
inline constexpr const char* case_fact_keys[] = {
    "report_title",     "report_number",  "laboratory_name", "laboratory_address",
    "place_of_work",    "customer",       "case_id",         "item_id",
    "item_description", "item_condition", "seal_id",         "declared_as",
    "mass_received_g",  "date_sampled",   "date_received",   "date_tested",
    "date_issued",      "sampling_plan",  "method",          "method_deviations",
    "examiner",         "authorised_by"};

/// A sample as the case file describes it.
struct CaseRecord {
  std::string title;  ///< one line for people
  std::vector<CaseFact> facts;
  std::vector<std::string> questions;  ///< what was asked, in the customer's words
  /// What the methods used cannot see, one sentence each; the report adds those it can tell itself.
  std::vector<std::string> blind_spots;
};

}  // namespace gadolin
