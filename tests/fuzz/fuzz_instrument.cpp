#include "io/config/instrument.hpp"
#include "tests/fuzz/fuzz_files.hpp"
#include "tests/fuzz/fuzz_reader.hpp"

namespace {

void read(std::string_view bytes) {
  static FuzzFolder folder;
  gadolin::config::read_instrument(folder.write("instrument.toml", bytes));
}

}  // namespace

GADOLIN_FUZZ_READER(read(bytes))
