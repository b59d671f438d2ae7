#include "io/config/circuit.hpp"
#include "tests/fuzz/fuzz_files.hpp"
#include "tests/fuzz/fuzz_reader.hpp"

namespace {

/// A design, then "%%", then the constants it names as constants.toml.
void read(std::string_view bytes) {
  static FuzzFolder folder;
  const auto parts = fuzz_parts(bytes, 2);
  folder.write("constants.toml", parts[1]);
  gadolin::config::read_circuit(folder.write("design.toml", parts[0]));
}

}  // namespace

GADOLIN_FUZZ_READER(read(bytes))
