#include "models/diffraction/check_structure.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "io/readers/atomic_tables.hpp"
#include "io/readers/structure_library.hpp"

namespace gadolin::diffraction {
namespace {

const std::string datasets = std::string(GADOLIN_SOURCE_DIR) + "/datasets";

TEST(CheckStructure, NoShippedStructureHasAFault) {
  const io::StructureLibrary library(datasets);
  const auto tables = io::read_atomic_tables(datasets + "/atomic");
  for (const auto& entry : library.entries()) {
    const auto check = check_structure(
        library.load(entry), tables, {entry.formula_units, entry.density_g_per_cm3, {}, 1.540598});
    EXPECT_TRUE(check.faults.empty()) << entry.name << ": " << check.faults.front();
  }
}

/// LINES.csv was calculated by another program (gemmi form factors, no dispersion).
TEST(CheckStructure, LinesOfPhasesWithoutEdgesNearCopperAreThoseOfTheTable) {
  const io::StructureLibrary library(datasets);
  const auto tables = io::read_atomic_tables(datasets + "/atomic");
  for (const char* name : {"corundum", "quartz", "fluorite", "zabuyelite", "halite"}) {
    const auto lines = pattern_lines(library.load(name), tables, 1.540598, 72.0);
    for (const auto& listed : library.lines(name)) {
      if (listed.relative_intensity < 20.0) continue;
      double nearest = 1.0, intensity = 0.0;
      for (const auto& line : lines) {
        if (std::abs(line.d_angstrom - listed.d_angstrom) < nearest) {
          nearest = std::abs(line.d_angstrom - listed.d_angstrom);
          intensity = line.relative_intensity;
        }
      }
      EXPECT_LT(nearest, 2e-4 * listed.d_angstrom) << name << " " << listed.hkl;
      EXPECT_NEAR(intensity, listed.relative_intensity, 4.0) << name << " " << listed.hkl;
    }
  }
}

TEST(CheckStructure, PlantedFaultsAreFound) {
  const io::StructureLibrary library(datasets);
  const auto tables = io::read_atomic_tables(datasets + "/atomic");
  const auto good = library.load("corundum");
  ASSERT_TRUE(check_structure(good, tables).faults.empty());
  EXPECT_DOUBLE_EQ(check_structure(good, tables).formula_units, 6.0);

  auto close = good;
  close.sites[1].fract[0] = 0.20;
  EXPECT_FALSE(check_structure(close, tables).faults.empty()) << "atoms too close";
  auto vacant = good;
  vacant.sites[0].occupancy = 0.7;
  EXPECT_FALSE(check_structure(vacant, tables, {6.0, 0.0, {}, 1.540598}).faults.empty())
      << "content is not the formula";
  EXPECT_FALSE(check_structure(good, tables, {6.0, 4.5, {}, 1.540598}).faults.empty())
      << "density is not the stated one";
  EXPECT_FALSE(check_structure(good, tables, {6.0, 0.0, {3.0}, 1.540598}).faults.empty())
      << "there is no line at 3 angstrom";
}

}  // namespace
}  // namespace gadolin::diffraction
