#include "io/config/uncertainty.hpp"
#include "tests/fuzz/fuzz_files.hpp"
#include "tests/fuzz/fuzz_reader.hpp"

namespace {

/// A study of uncertainty, then "%%", design.toml.
void read(std::string_view bytes) {
  static FuzzFolder folder;
  const auto parts = fuzz_parts(bytes, 2);
  folder.write("design.toml", parts[1]);
  gadolin::config::read_uncertainty(folder.write("uncertainty.toml", parts[0]));
}

}  // namespace

GADOLIN_FUZZ_READER(read(bytes))
