#include "app/stored_run.hpp"

#include "app/output.hpp"

namespace gadolin::app {

StoredRun::StoredRun(const CommonOptions& options, RunRecord& run) : options_(options), run_(run) {
  if (options.out.empty()) return;
  prepare_output(options.out, run.inputs);
  file_.emplace(io::ResultFile::create(options.out, options.force));
  file_->write_run(run);
}

void StoredRun::finish() {
  if (!file_) return;
  run_.end_time = now_iso8601();
  file_->write_run(run_);
  file_->close();
  say(options_, "result: " + options_.out);
}

}  // namespace gadolin::app
