#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/command.hpp"
#include "io/config/case.hpp"
#include "io/store/result_file.hpp"

namespace gadolin::app {

/// Everything found out about one sample of a case. What was not asked, or could not be done, is
/// absent and `complete` or a warning says so.
struct SampleAnswer {
  std::string id;
  std::string declared_as;
  bool complete = true;  ///< false: a step failed or did not converge
  std::vector<diffraction::PatternResult> pattern_results;
  std::optional<assay::AssaySample> assay;
  std::vector<assay::Index> indices;  ///< TREO, anomalies, ...
  std::optional<origin::OriginResult> origin;
  std::optional<separation::CircuitResult> circuit;
  std::optional<recovery::RecoveryResult> recovery;
  std::vector<Warning> warnings;
};

/// The main job: file -> io -> models -> store, one sample after the other; results of a sample are
/// on disk before the next begins. Inputs read on the way are added to `run`.
/// throws Error of the readers (nothing of that sample is computed then)
std::vector<SampleAnswer> analyse(const config::Case& laboratory_case, const RunSettings& settings,
                                  const CommonOptions& options, RunRecord& run,
                                  io::ResultFile& store);

}  // namespace gadolin::app
