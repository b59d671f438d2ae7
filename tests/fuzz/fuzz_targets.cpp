#include "io/config/targets.hpp"
#include "tests/fuzz/fuzz_files.hpp"
#include "tests/fuzz/fuzz_reader.hpp"

namespace {

/// Targets of a design, then "%%", constants.toml.
void read(std::string_view bytes) {
  static FuzzFolder folder;
  const auto parts = fuzz_parts(bytes, 2);
  folder.write("constants.toml", parts[1]);
  gadolin::config::read_targets(folder.write("targets.toml", parts[0]));
}

}  // namespace

GADOLIN_FUZZ_READER(read(bytes))
