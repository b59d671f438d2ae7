#include "io/readers/reference_tables.hpp"
#include "tests/fuzz/fuzz_files.hpp"
#include "tests/fuzz/fuzz_reader.hpp"

namespace {

/// The table of patterns, then "%%", then the table of phases.
void read(std::string_view bytes) {
  static FuzzFolder folder;
  const auto parts = fuzz_parts(bytes, 2);
  gadolin::io::read_reference_tables(folder.write("patterns.csv", parts[0]),
                                     folder.write("phases.csv", parts[1]));
}

}  // namespace

GADOLIN_FUZZ_READER(read(bytes))
