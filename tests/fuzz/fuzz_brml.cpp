#include "io/readers/pattern_formats.hpp"
#include "tests/fuzz/fuzz_reader.hpp"
#include "tests/stored_zip.hpp"

namespace {

/// Zip archives as they are; anything else is wrapped as the one member that counts, so that its
/// checksum is right.
void read(std::string_view bytes) {
  if (bytes.substr(0, 2) == "PK") {
    gadolin::io::parse_brml(bytes, "in");
  } else {
    gadolin::io::parse_brml(gadolin::make_zip({{"Experiment0/RawData0.xml", bytes}}), "in");
  }
}

}  // namespace

GADOLIN_FUZZ_READER(read(bytes))
