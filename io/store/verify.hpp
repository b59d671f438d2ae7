#pragma once

#include <string>
#include <vector>

namespace gadolin::io {

/// What became of one input since the run.
struct InputCheck {
  enum class Outcome { same, changed, missing };
  std::string path;   ///< as the run named it
  std::string found;  ///< where it was found now; empty if missing
  std::string role;
  Outcome outcome = Outcome::missing;
  std::string stored_sha256, found_sha256;  ///< found empty if missing
};

/// A dataset or group of the result that no longer is what was sealed.
struct ContentCheck {
  std::string path;                         ///< "/sample_A/phases/weight_fraction"
  std::string stored_sha256, found_sha256;  ///< empty: was not there / is gone
};

struct VerifyReport {
  std::string path;
  bool complete = false;  ///< false: a .partial of a run that never finished; it has no seal
  std::vector<InputCheck> inputs;
  std::vector<ContentCheck> changed_content;
  std::string stored_content_sha256, found_content_sha256;
  std::string stored_sealed_sha256, found_sealed_sha256;  ///< over content and times

  int changed_inputs() const;
  int missing_inputs() const;
  bool content_intact() const;
  /// Nothing changed and nothing missing. app maps false to ExitCode::mismatch (5).
  bool ok() const;
  /// One line per finding with both hashes, then a summary line.
  std::string text() const;
};

/// Re-hashes every input a result names and every dataset of the result itself. Relative inputs
/// are looked for from the working folder, then from the folder of the result.
/// Reads in a child process: on a damaged file the HDF5 library may crash or never end.
/// throws Error E-IN-001 (no such result), E-H5-001 (no HDF5 file, or damaged), E-H5-002 (not
///        ours), E-H5-004 (a dataset that cannot be read), E-LOCK-001, E-MEM-002
VerifyReport verify(const std::string& path);

}  // namespace gadolin::io
