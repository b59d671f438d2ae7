#include "io/config/optimise.hpp"
#include "tests/fuzz/fuzz_files.hpp"
#include "tests/fuzz/fuzz_reader.hpp"

namespace {

/// An optimisation, then "%%", base.toml.
void read(std::string_view bytes) {
  static FuzzFolder folder;
  const auto parts = fuzz_parts(bytes, 2);
  folder.write("base.toml", parts[1]);
  gadolin::config::read_optimise(folder.write("optimise.toml", parts[0]));
}

}  // namespace

GADOLIN_FUZZ_READER(read(bytes))
