#include <string>
#include <utility>
#include <vector>

#include "io/config/sweep.hpp"
#include "tests/fuzz/fuzz_files.hpp"
#include "tests/fuzz/fuzz_reader.hpp"

namespace {

/// A sweep, then "%%", base.toml, "%%", designs.csv. The base is read again with other numbers, as
/// a sweep does.
void read(std::string_view bytes) {
  static FuzzFolder folder;
  const auto parts = fuzz_parts(bytes, 3);
  const std::string base = folder.write("base.toml", parts[1]);
  folder.write("designs.csv", parts[2]);
  const auto sweep = gadolin::config::read_sweep(folder.write("sweep.toml", parts[0]));
  const gadolin::config::BaseDesign design(base);
  std::vector<std::pair<std::string, double>> numbers;
  for (const auto& axis : sweep.axes) {
    for (const auto& key : axis.keys) numbers.emplace_back(key, 1.5);
  }
  design.with(numbers);
}

}  // namespace

GADOLIN_FUZZ_READER(read(bytes))
