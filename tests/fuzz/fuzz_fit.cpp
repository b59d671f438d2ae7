#include "io/config/fit_task.hpp"
#include "tests/fuzz/fuzz_files.hpp"
#include "tests/fuzz/fuzz_reader.hpp"

namespace {

/// A fit, then "%%", table.csv.
void read(std::string_view bytes) {
  static FuzzFolder folder;
  const auto parts = fuzz_parts(bytes, 2);
  folder.write("table.csv", parts[1]);
  gadolin::config::read_fit(folder.write("fit.toml", parts[0]));
}

}  // namespace

GADOLIN_FUZZ_READER(read(bytes))
