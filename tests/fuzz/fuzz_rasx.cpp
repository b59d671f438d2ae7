#include "io/readers/pattern_formats.hpp"
#include "tests/fuzz/fuzz_files.hpp"
#include "tests/fuzz/fuzz_reader.hpp"
#include "tests/stored_zip.hpp"

namespace {

/// Zip archives as they are; anything else is wrapped: conditions, then "%%", then the profile.
void read(std::string_view bytes) {
  if (bytes.substr(0, 2) == "PK") {
    gadolin::io::parse_rasx(bytes, "in");
    return;
  }
  const auto parts = fuzz_parts(bytes, 2);
  gadolin::io::parse_rasx(gadolin::make_zip({{"Data0/MesurementConditions0.xml", parts[0]},
                                             {"Data0/Profile0.txt", parts[1]}}),
                          "in");
}

}  // namespace

GADOLIN_FUZZ_READER(read(bytes))
