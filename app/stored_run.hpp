#pragma once

#include <optional>

#include "app/command.hpp"
#include "io/store/result_file.hpp"

namespace gadolin::app {

/// The result file of a verb, where --out asks for one: opened with the record of the run, so that
/// a killed run is known too, and closed with its end.
///   StoredRun stored(options, run);
///   if (stored) stored->write_fit(name, result);
///   stored.finish();
class StoredRun {
 public:
  /// Opens nothing without --out. `run` is the run's record and must outlive this.
  /// throws what prepare_output and ResultFile::create throw
  StoredRun(const CommonOptions& options, RunRecord& run);

  explicit operator bool() const { return file_.has_value(); }
  io::ResultFile* operator->() { return &*file_; }
  io::ResultFile& operator*() { return *file_; }

  /// Writes the end of the run, closes the file and says where it lies; nothing without a file.
  void finish();

 private:
  const CommonOptions& options_;
  RunRecord& run_;
  std::optional<io::ResultFile> file_;
};

}  // namespace gadolin::app
