// The in-situ series of 17 synchrotron patterns: forwards, backwards and each alone.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "io/readers/atomic_tables.hpp"
#include "io/readers/cif.hpp"
#include "io/readers/pattern.hpp"
#include "io/readers/zip_archive.hpp"
#include "models/diffraction/refine.hpp"
#include "tests/shared_data.hpp"

namespace gadolin::diffraction {
namespace {

/// The members of the archive in a folder of their own.
std::filesystem::path unpacked(const std::string& archive) {
  std::ifstream stream(archive, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(stream)), {});
  io::ZipArchive zip(bytes, archive);
  const auto folder = std::filesystem::temp_directory_path() / "gadolin_series";
  std::filesystem::create_directories(folder);
  for (const auto& name : zip.names()) {
    std::ofstream(folder / name, std::ios::binary) << zip.read(name);
  }
  return folder;
}

TEST(Series, OfSeventeenPatternsIsTheSameForwardsAndBackwardsAndWarmStartsAreThreeTimesFaster) {
  GADOLIN_SHARED_OR_SKIP(archive, "xrd/insitu_series/CuCr2O4_sequence_11BM.zip");
  const auto folder = unpacked(archive);
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".fxye") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  ASSERT_EQ(files.size(), 17u);
  std::vector<Pattern> patterns;
  for (const auto& file : files) patterns.push_back(io::read_patterns(file)[0]);
  const std::vector<CrystalStructure> structures{io::read_cif((folder / "CuCr2O4.cif").string()),
                                                 io::read_cif((folder / "CuO.cif").string())};
  Instrument instrument;
  instrument.name = "aps_11bm";
  instrument.geometry = Geometry::capillary;
  instrument.radius_mm = 1000.0;
  instrument.polarisation_k = 0.99;
  instrument.lines = {{0.413263, 1.0}};  // OH_00.prm
  instrument.u_deg2 = 9.3e-4;
  instrument.v_deg2 = -1.7e-4;
  instrument.w_deg2 = 1.8e-5;
  instrument.x_deg = 0.0024;
  const auto tables = io::read_atomic_tables(std::string(GADOLIN_SOURCE_DIR) + "/datasets/atomic");
  const auto engine = make_engine("auto");

  const auto cold = refine(patterns, structures, instrument, tables, {}, engine);
  const auto forward =
      refine_series(patterns, structures, instrument, tables, {}, engine, SeriesDirection::forward);
  const auto backward = refine_series(patterns, structures, instrument, tables, {}, engine,
                                      SeriesDirection::backward);

  int cold_iterations = 0, forward_iterations = 0, backward_iterations = 0;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    ASSERT_TRUE(has_numbers(forward[i])) << files[i] << ": " << forward[i].status_text;
    ASSERT_TRUE(has_numbers(backward[i])) << files[i] << ": " << backward[i].status_text;
    const auto &a = forward[i].phases[0], &b = backward[i].phases[0];
    EXPECT_NEAR(a.weight_fraction, b.weight_fraction, 1.1 * std::hypot(a.u_stat, b.u_stat))
        << files[i];
    EXPECT_NEAR(a.weight_fraction, cold[i].phases[0].weight_fraction, 1.5 * a.u_stat) << files[i];
    cold_iterations += cold[i].iterations;
    forward_iterations += forward[i].iterations;
    backward_iterations += backward[i].iterations;
  }
  EXPECT_GE(cold_iterations, 3 * forward_iterations);
  EXPECT_GE(cold_iterations, 3 * backward_iterations);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace gadolin::diffraction
