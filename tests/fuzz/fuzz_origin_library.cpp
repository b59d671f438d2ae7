#include "io/readers/file_bytes.hpp"
#include "io/readers/origin_library.hpp"
#include "tests/fuzz/fuzz_files.hpp"
#include "tests/fuzz/fuzz_reader.hpp"

namespace {

/// deposits.csv, sets.csv, values.csv, normalisers.csv between lines of "%%", under a manifest with
/// their hashes; a fifth part replaces the manifest.
void read(std::string_view bytes) {
  static FuzzFolder folder;
  const auto parts = fuzz_parts(bytes, 5);
  std::string manifest =
      R"({"format": "gadolin origin library", "format_version": "1.0", "name": "n", "version": "1",)"
      R"( "sha256": {)";
  const char* names[] = {"deposits.csv", "sets.csv", "values.csv"};
  for (int i = 0; i < 3; ++i) {
    folder.write(names[i], parts[i]);
    manifest += std::string(i > 0 ? ", " : "") + '"' + names[i] + "\": \"" +
                gadolin::io::sha256_hex(parts[i]) + '"';
  }
  folder.write("library.json", parts[4].empty() ? manifest + "}}" : std::string(parts[4]));
  gadolin::io::read_origin_library(folder.path(), folder.write("normalisers.csv", parts[3]));
}

}  // namespace

GADOLIN_FUZZ_READER(read(bytes))
