#include "io/config/dynamics.hpp"
#include "tests/fuzz/fuzz_files.hpp"
#include "tests/fuzz/fuzz_reader.hpp"

namespace {

/// A plan in time, then "%%", design.toml.
void read(std::string_view bytes) {
  static FuzzFolder folder;
  const auto parts = fuzz_parts(bytes, 2);
  folder.write("design.toml", parts[1]);
  gadolin::config::read_dynamics(folder.write("dynamics.toml", parts[0]));
}

}  // namespace

GADOLIN_FUZZ_READER(read(bytes))
