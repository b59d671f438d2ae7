#include "io/config/economics.hpp"
#include "io/config/plant.hpp"
#include "tests/fuzz/fuzz_files.hpp"
#include "tests/fuzz/fuzz_reader.hpp"

namespace {

/// A plant, then "%%", constants.toml, "%%", liquor.csv, "%%", prices.csv and "%%", indices.csv.
/// Read as a plant and for its sizes and money.
void read(std::string_view bytes) {
  static FuzzFolder folder;
  const auto parts = fuzz_parts(bytes, 5);
  folder.write("constants.toml", parts[1]);
  folder.write("liquor.csv", parts[2]);
  const std::string prices = folder.write("prices.csv", parts[3]);
  const std::string indices = folder.write("indices.csv", parts[4]);
  const std::string plant = folder.write("plant.toml", parts[0]);
  const auto attempt = [](auto&& reader) {
    try {
      reader();
    } catch (const gadolin::Error&) {
    }
  };
  attempt([&] { gadolin::config::is_plant(plant); });
  attempt([&] { gadolin::config::read_economics(plant); });
  attempt([&] { gadolin::config::read_prices(prices); });
  attempt([&] { gadolin::config::read_indices(indices); });
  gadolin::config::read_plant(plant);
}

}  // namespace

GADOLIN_FUZZ_READER(read(bytes))
