#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "io/config/instrument.hpp"
#include "io/readers/atomic_tables.hpp"

namespace gadolin {
namespace {

const std::string datasets = std::string(GADOLIN_SOURCE_DIR) + "/datasets";

/// A file that goes away with the test.
class Scratch {
 public:
  explicit Scratch(const std::string& text) {
    path =
        (std::filesystem::temp_directory_path() /
         ("gadolin_instrument_" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + ".toml"))
            .string();
    std::ofstream(path) << text;
  }
  ~Scratch() { std::filesystem::remove(path); }
  std::string path;
};

TEST(InstrumentFile, OfTheRoundRobinStatesItsGeometry) {
  const auto i = config::read_instrument(datasets + "/instruments/cpd_philips3020.toml");

  EXPECT_DOUBLE_EQ(i.radius_mm, 173.0);
  ASSERT_EQ(i.lines.size(), 2u);
  EXPECT_DOUBLE_EQ(i.lines[0].wavelength_angstrom, 1.5405929);
  EXPECT_NEAR(i.lines[0].relative_intensity + i.lines[1].relative_intensity, 1.0, 1e-15);
  // Graphite at 26.6 degrees: between an ideally perfect and an ideally mosaic crystal.
  const double c = std::cos(26.6 * std::acos(-1.0) / 180.0);
  EXPECT_GE(i.polarisation_k, 1.0 / (1.0 + c));
  EXPECT_LE(i.polarisation_k, 1.0 / (1.0 + c * c));
}

TEST(InstrumentFile, WithAMisspeltKeyNamesFileLineAndTheNearestKey) {
  const Scratch file(
      "name = \"x\"\nradius_mm = 200.0\nzero_degg = 0.1\n[[lines]]\n"
      "wavelength_angstrom = 1.54\n");
  try {
    config::read_instrument(file.path);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E-TOML-002");
    EXPECT_NE(std::string(error.what()).find(":3"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("zero_deg"), std::string::npos) << error.what();
  }
}

TEST(InstrumentFile, WithTwoPolarisationsIsRefused) {
  const Scratch file(
      "name = \"x\"\nradius_mm = 200.0\npolarisation_k = 0.5\nmonochromator_two_theta_deg = 26.6\n"
      "[[lines]]\nwavelength_angstrom = 1.54\n");
  EXPECT_THROW(config::read_instrument(file.path), Error);
}

TEST(AtomicTablesFolder, ThatIsDamagedIsNamedWithItsLine) {
  const auto folder = std::filesystem::temp_directory_path() / "gadolin_atomic_damaged";
  std::filesystem::remove_all(folder);
  std::filesystem::copy(datasets + "/atomic", folder);
  std::ofstream(folder / "attenuation_mcmaster.csv", std::ios::app) << "Xx,abc,1,2\n";
  try {
    io::read_atomic_tables(folder.string());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E-ATOM-001");
    EXPECT_NE(std::string(error.what()).find("attenuation_mcmaster.csv:"), std::string::npos);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace gadolin
