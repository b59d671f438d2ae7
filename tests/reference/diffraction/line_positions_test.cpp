// Positions and intensities of the library's lines: LINES.csv was calculated by another program
// (IT92 form factors, no dispersion), so dispersion is switched off here.
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "io/readers/atomic_tables.hpp"
#include "io/readers/structure_library.hpp"
#include "models/diffraction/atomic.hpp"
#include "models/diffraction/reflections.hpp"

namespace gadolin::diffraction {
namespace {

const std::string datasets = std::string(GADOLIN_SOURCE_DIR) + "/datasets";

struct Line {
  double d_angstrom, relative;
};

std::map<std::string, std::vector<Line>> read_lines() {
  std::map<std::string, std::vector<Line>> lines;
  std::ifstream file(datasets + "/structures/LINES.csv");
  std::string row;
  std::getline(file, row);
  while (std::getline(file, row)) {
    std::stringstream fields(row);
    std::string name, rank, d, angle, relative;
    std::getline(fields, name, ',');
    std::getline(fields, rank, ',');
    std::getline(fields, d, ',');
    std::getline(fields, angle, ',');
    std::getline(fields, relative, ',');
    lines[name].push_back({std::stod(d), std::stod(relative)});
  }
  return lines;
}

TEST(LibraryLines, OfEveryStructureAreFoundWithTheirIntensity) {
  auto tables = io::read_atomic_tables(datasets + "/atomic");
  tables.dispersion.clear();
  const auto lines = read_lines();
  ASSERT_GT(lines.size(), 150u);
  int compared = 0, far = 0;
  for (const auto& [name, expected] : lines) {
    const auto structure = io::load_structure(name, datasets);
    const auto rings = make_rings(structure, tables, {{1.540593, 1.0}}, 1.2, {0, 0, 0});
    struct Found {
      double d, intensity;
    };
    std::vector<Found> found;
    for (const auto& ring : rings) {
      const double d = 1.0 / std::sqrt(ring.inverse_d2);
      const double theta = std::asin(1.540593 / (2.0 * d)), c2 = std::cos(2.0 * theta);
      const double lp = (1.0 + c2 * c2) / (std::sin(theta) * std::sin(theta) * std::cos(theta));
      found.push_back({d, ring.f2_sum[0] * lp});
    }
    const auto near = [&](double d) {  // lines closer than 0.12 % count as one
      double sum = 0.0;
      for (const auto& f : found) sum += std::fabs(f.d / d - 1.0) < 1.3e-3 ? f.intensity : 0.0;
      return sum;
    };
    const double strongest = near(expected.front().d_angstrom);
    EXPECT_GT(strongest, 0.0) << name;
    for (const auto& line : expected) {
      double nearest = 1e9;
      for (const auto& f : found) nearest = std::min(nearest, std::fabs(f.d - line.d_angstrom));
      EXPECT_LT(nearest, 1.3e-3 * line.d_angstrom) << name << " d = " << line.d_angstrom;
      if (line.relative < 20.0) continue;
      ++compared;
      const double ratio = 100.0 * near(line.d_angstrom) / strongest / line.relative;
      if (std::fabs(ratio - 1.0) > 0.05) ++far;
    }
  }
  // Merging of close lines is not the same in both programs; nearly all lines must still agree.
  EXPECT_GT(compared, 800);
  EXPECT_LT(far, compared / 20) << "of " << compared << " strong lines, " << far
                                << " differ by more than 5 %";
}

TEST(Dispersion, OfTheShippedTableIsThatOfTheSource) {
  // Interpolated from DABAX f1f2_CromerLiberman at Cu K-alpha1 (docs/theory/diffraction.md).
  const auto tables = io::read_atomic_tables(datasets + "/atomic");
  const double energy = photon_energy_ev(1.5405929);
  const std::map<std::string, std::array<double, 2>> expected{
      {"Y", {-0.3, 2.0}},  {"La", {-1.4, 9.0}}, {"Nd", {-3.1, 10.9}}, {"Gd", {-8.8, 12.0}},
      {"Er", {-9.4, 3.9}}, {"Yb", {-7.1, 4.4}}, {"Th", {-4.0, 12.3}}, {"Fe", {-1.1, 3.2}}};
  for (const auto& [element, values] : expected) {
    const auto d = dispersion(tables, element, energy);
    EXPECT_NEAR(d.f_prime, values[0], 0.06) << element;
    EXPECT_NEAR(d.f_double_prime, values[1], 0.06) << element;
  }
  EXPECT_LT(dispersion(tables, "Ho", energy).edge_distance_ev, 50.0);
  EXPECT_GT(dispersion(tables, "La", energy).edge_distance_ev, 500.0);
}

TEST(Absorption, OfCorundumAndZinciteIsThePublishedOne) {
  // Mass absorption at Cu K-alpha, International Tables C 4.2.4: Al 50.2, Zn 60.3, O 11.5 cm2/g.
  const auto tables = io::read_atomic_tables(datasets + "/atomic");
  EXPECT_NEAR(absorption_per_cm(io::load_structure("corundum", datasets), tables, 1.5405929),
              3.986 * (0.5293 * 50.2 + 0.4707 * 11.5), 0.04 * 127.0);
  EXPECT_NEAR(absorption_per_cm(io::load_structure("zincite", datasets), tables, 1.5405929),
              5.67 * (0.8034 * 60.3 + 0.1966 * 11.5), 0.04 * 287.0);
}

}  // namespace
}  // namespace gadolin::diffraction
