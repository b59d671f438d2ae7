#include "models/diffraction/reflections.hpp"

#include <cmath>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace gadolin::diffraction {
namespace {

SymmetryOperation operation(std::array<std::array<int, 3>, 3> rotation,
                            std::array<double, 3> translation = {}) {
  SymmetryOperation op;
  op.rotation = rotation;
  op.translation = translation;
  return op;
}

/// Point atoms of f0 = 10 and 4 electrons, no dispersion: F by hand.
AtomicTables point_atoms() {
  AtomicTables tables;
  tables.form_factors["Na"].c = 10.0;
  tables.form_factors["Cl"].c = 4.0;
  return tables;
}

AtomSite site(const char* element, double x, double y, double z) {
  AtomSite s;
  s.element = element;
  s.fract = {x, y, z};
  s.b_iso_angstrom2 = 0.0;
  return s;
}

/// Rock salt from its point group m-3m (48 rotations) and F centring.
CrystalStructure rock_salt() {
  CrystalStructure s;
  s.name = "rock salt";
  s.formula = "NaCl";
  s.cell = {5.64, 5.64, 5.64, 90, 90, 90};
  const int order[6][3] = {{0, 1, 2}, {1, 2, 0}, {2, 0, 1}, {0, 2, 1}, {2, 1, 0}, {1, 0, 2}};
  const double centring[4][3] = {{0, 0, 0}, {0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}};
  for (const auto& c : centring) {
    for (const auto& o : order) {
      for (int signs = 0; signs < 8; ++signs) {
        std::array<std::array<int, 3>, 3> r{};
        for (std::size_t i = 0; i < 3; ++i) {
          r[i][static_cast<std::size_t>(o[i])] = (signs >> i) & 1 ? -1 : 1;
        }
        s.operations.push_back(operation(r, {c[0], c[1], c[2]}));
      }
    }
  }
  s.sites = {site("Na", 0, 0, 0), site("Cl", .5, .5, .5)};
  return s;
}

TEST(Reflections, AreCountedBeforeTheyAreMade) {
  // hkl with d >= 0.5 angstrom, h^2 + k^2 + l^2 <= 127, counted one by one.
  long count = 0;
  for (int h = -12; h <= 12; ++h) {
    for (int k = -12; k <= 12; ++k) {
      for (int l = -12; l <= 12; ++l) count += h * h + k * k + l * l <= 127 ? 1 : 0;
    }
  }
  EXPECT_NEAR(4.0 / 3.0 * std::acos(-1.0) * std::pow(5.64 / 0.5, 3), count, 0.02 * count);
  EXPECT_EQ(too_many_reflections(rock_salt(), 0.5), "");
  EXPECT_EQ(too_many_reflections(rock_salt(), 0.16), "");            // 1.83e5
  const std::string text = too_many_reflections(rock_salt(), 0.15);  // 2.23e5
  EXPECT_NE(text.find("rock salt"), std::string::npos) << text;
  EXPECT_NE(text.find("2.23e+05"), std::string::npos) << text;
  EXPECT_NE(text.find("200000"), std::string::npos) << text;
}

TEST(Reflections, BeyondTheCapAreAnErrorAndNotAnAttempt) {
  auto sliver = rock_salt();  // few reflections, but a box of indices nobody can walk
  sliver.cell = {3000, 3000, 3000, 0.1, 0.1, 0.1};
  sliver.operations.clear();
  for (const auto& [structure, d_min] : {std::pair{rock_salt(), 1e-3}, std::pair{sliver, 0.5}}) {
    try {
      make_rings(structure, point_atoms(), {{1.54, 1.0}}, d_min, {0, 0, 0});
      FAIL() << "made";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "E-XRD-122");
    }
  }
}

TEST(CellAtoms, SpecialPositionsCountOnce) { EXPECT_EQ(cell_atoms(rock_salt()).size(), 8u); }

TEST(CellMass, RockSaltHoldsFourFormulaUnits) {
  EXPECT_NEAR(cell_mass_g_per_mol(rock_salt()), 4.0 * 58.44, 0.05);
}

TEST(CellMass, HydrogenComesFromTheFormulaWhereTheSitesLackIt) {
  auto s = rock_salt();
  s.formula = "NaCl H2";

  EXPECT_NEAR(cell_mass_g_per_mol(s), 4.0 * (58.44 + 2.016), 0.05);
}

TEST(StructureFactor, OfRockSaltIsSumAndDifference) {
  const auto s = rock_salt();
  const auto tables = point_atoms();

  EXPECT_NEAR(structure_factor_squared(s, tables, 1.54, {2, 0, 0}), 16.0 * 14.0 * 14.0, 1e-9);
  EXPECT_NEAR(structure_factor_squared(s, tables, 1.54, {1, 1, 1}), 16.0 * 6.0 * 6.0, 1e-9);
  EXPECT_NEAR(structure_factor_squared(s, tables, 1.54, {1, 0, 0}), 0.0, 1e-18);
}

TEST(StructureFactor, DispersionAddsInQuadratureAndFriedelPairsAreAveraged) {
  // Zincblende-like arrangement without a centre: F(111) = f1 + i f2 per lattice point.
  CrystalStructure s;
  s.cell = {5, 5, 5, 90, 90, 90};
  s.operations = {operation({{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}})};
  s.sites = {site("Na", 0, 0, 0), site("Cl", .25, 0, 0)};
  auto tables = point_atoms();
  tables.dispersion["Na"] = {{1000.0, 100000.0}, {-1.0, -1.0}, {2.0, 2.0}};
  // F(100) = 9 + 2i + 4 exp(i pi/2) = 9 + 6i; F(-100) = 9 + 2i - 4i = 9 - 2i.
  const double expected = 0.5 * ((81.0 + 36.0) + (81.0 + 4.0));

  EXPECT_NEAR(structure_factor_squared(s, tables, 1.54, {1, 0, 0}), expected, 1e-9);
}

TEST(StructureFactor, IsotropicDisplacementDampsByExpMinusTwoBs2) {
  auto s = rock_salt();
  const auto tables = point_atoms();
  const double still = structure_factor_squared(s, tables, 1.54, {2, 0, 0});
  for (auto& atom : s.sites) atom.b_iso_angstrom2 = 1.3;
  const double s2 = 4.0 / (4.0 * 5.64 * 5.64);

  EXPECT_NEAR(structure_factor_squared(s, tables, 1.54, {2, 0, 0}), still * std::exp(-2.6 * s2),
              1e-9);
}

TEST(Rings, OfRockSaltHaveTextbookMultiplicitiesAndNoAbsentLines) {
  const auto rings = make_rings(rock_salt(), point_atoms(), {{1.54, 1.0}}, 5.64 / 3.01, {0, 0, 0});

  // 111 (8), 200 (6), 220 (12); 100, 110, 210, 211 are absent; 221/300 too.
  ASSERT_EQ(rings.size(), 3u);
  EXPECT_DOUBLE_EQ(rings[0].multiplicity, 8.0);
  EXPECT_DOUBLE_EQ(rings[1].multiplicity, 6.0);
  EXPECT_DOUBLE_EQ(rings[2].multiplicity, 12.0);
  EXPECT_NEAR(rings[1].f2_sum[0], 6.0 * 16.0 * 196.0, 1e-9);
}

TEST(Rings, OfEqualSpacingByMetricMergeIntoOne) {
  const auto rings =
      make_rings(rock_salt(), point_atoms(), {{1.54, 1.0}}, 5.64 / std::sqrt(27.5), {0, 0, 0});

  EXPECT_DOUBLE_EQ(rings.back().multiplicity, 24.0 + 8.0);  // 511 and 333
}

TEST(CellDirections, AreOneForCubicTwoForHexagonalAndSixForTriclinic) {
  auto cubic = rock_salt();
  CrystalStructure triclinic;
  triclinic.cell = {5, 6, 7, 80, 95, 103};
  triclinic.operations = {operation({{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}})};
  CrystalStructure monoclinic = triclinic;
  monoclinic.cell = {5, 6, 7, 90, 95, 90};
  monoclinic.operations.push_back(operation({{{-1, 0, 0}, {0, 1, 0}, {0, 0, -1}}}));
  CrystalStructure hexagonal = triclinic;
  hexagonal.cell = {5, 5, 7, 90, 90, 120};
  hexagonal.operations.push_back(operation({{{0, -1, 0}, {1, -1, 0}, {0, 0, 1}}}));
  hexagonal.operations.push_back(operation({{{-1, 1, 0}, {-1, 0, 0}, {0, 0, 1}}}));

  EXPECT_EQ(cell_directions(cubic).size(), 1u);
  EXPECT_EQ(cell_directions(hexagonal).size(), 2u);
  EXPECT_EQ(cell_directions(monoclinic).size(), 4u);
  EXPECT_EQ(cell_directions(triclinic).size(), 6u);
}

TEST(CellDirections, KeepAHexagonalCellHexagonal) {
  CrystalStructure s;
  s.cell = {5, 5, 7, 90, 90, 120};
  s.operations = {operation({{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}),
                  operation({{{0, -1, 0}, {1, -1, 0}, {0, 0, 1}}}),
                  operation({{{-1, 1, 0}, {-1, 0, 0}, {0, 0, 1}}})};
  auto metric = reciprocal_metric(s.cell);
  for (const auto& direction : cell_directions(s)) {
    for (std::size_t i = 0; i < 6; ++i) metric[i] += 0.013 * direction[i];
  }
  const auto cell = cell_of(metric);

  EXPECT_NEAR(cell[0], cell[1], 1e-12);
  EXPECT_NEAR(cell[3], 90.0, 1e-9);
  EXPECT_NEAR(cell[5], 120.0, 1e-9);
  EXPECT_NEAR(cell[0], 5.0 / std::sqrt(1.013), 1e-9);
}

TEST(Metric, RoundTripsATriclinicCell) {
  const std::array<double, 6> cell{5, 6, 7, 80, 95, 103};
  const auto back = cell_of(reciprocal_metric(cell));

  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(back[i], cell[i], 1e-9);
  const double ca = std::cos(80 * std::acos(-1.0) / 180), cb = std::cos(95 * std::acos(-1.0) / 180),
               cg = std::cos(103 * std::acos(-1.0) / 180);
  EXPECT_NEAR(cell_volume_angstrom3(reciprocal_metric(cell)),
              210.0 * std::sqrt(1 - ca * ca - cb * cb - cg * cg + 2 * ca * cb * cg), 1e-9);
}

TEST(Metric, RefusesACellWithoutVolume) {
  EXPECT_THROW(reciprocal_metric({5, 5, 5, 10, 10, 90}), Error);
  EXPECT_THROW(reciprocal_metric({0, 5, 5, 90, 90, 90}), Error);
}

TEST(TextureAxis, IsCForHexagonalAndNoneForCubic) {
  CrystalStructure hexagonal;
  hexagonal.cell = {5, 5, 7, 90, 90, 120};
  hexagonal.operations = {operation({{{0, -1, 0}, {1, -1, 0}, {0, 0, 1}}})};

  EXPECT_EQ(obvious_texture_axis(hexagonal), (std::array<int, 3>{0, 0, 1}));
  EXPECT_EQ(obvious_texture_axis(rock_salt()), (std::array<int, 3>{0, 0, 0}));
}

TEST(Turbostratic, LeavesTheOrdersOfTheLayersAndWholeRods) {
  CrystalStructure ordered;
  ordered.formula = "NaCl";
  ordered.cell = {5.0, 5.0 * std::sqrt(3.0), 12.0, 90.0, 90.0, 90.0};
  ordered.operations = {operation({{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}})};
  ordered.sites = {site("Na", 0.0, 0.0, 0.0), site("Cl", 0.3, 0.1, 0.2)};
  CrystalStructure stacked = ordered;
  stacked.turbostratic = 10;
  stacked.cell[2] *= 10.0;
  for (auto& s : stacked.sites) s.fract[2] /= 10.0;
  const std::vector<EmissionLine> lines{{1.54, 1.0}};

  const auto crystal = make_rings(ordered, point_atoms(), lines, 2.0, {0, 0, 0});
  const auto layers = make_rings(stacked, point_atoms(), lines, 2.0, {0, 0, 0});

  // The basal orders stand where the crystal's do, ten times as strong against the rods, which
  // hold ten points per repeat of the crystal.
  double basal = 0.0;
  for (const auto& ring : layers) {
    if (ring.hkl[0] != 0 || ring.hkl[1] != 0) continue;
    EXPECT_EQ(ring.hkl[2] % 10, 0);
    for (const auto& other : crystal) {
      if (other.hkl[0] != 0 || other.hkl[1] != 0 || other.hkl[2] * 10 != ring.hkl[2]) continue;
      EXPECT_NEAR(ring.f2_sum[0], 10.0 * other.f2_sum[0], 1e-9 * ring.f2_sum[0]);
      EXPECT_NEAR(ring.inverse_d2, other.inverse_d2, 1e-12);
      basal += 1.0;
    }
  }
  EXPECT_EQ(basal, 6.0);
  EXPECT_EQ(cell_directions(stacked).size(), 2u) << "the net and the distance of the layers";
  EXPECT_DOUBLE_EQ(layers_per_cell(stacked), 10.0);
  EXPECT_DOUBLE_EQ(layers_per_cell(ordered), 1.0);
}

}  // namespace
}  // namespace gadolin::diffraction
