// Corrections against their defining integrals and against drawn patterns whose truth is known.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "io/config/instrument.hpp"
#include "io/readers/atomic_tables.hpp"
#include "io/readers/structure_library.hpp"
#include "kernels/diffraction/peak.hpp"
#include "models/diffraction/refine.hpp"
#include "models/diffraction/reflections.hpp"
#include "models/diffraction/simulate.hpp"

namespace gadolin::diffraction {
namespace {

const std::string datasets = std::string(GADOLIN_SOURCE_DIR) + "/datasets";

TEST(BeamOverflow, IsTheIntegralOverTheDisc) {
  for (const double u : {1e-4, 0.05, 0.4, 0.8, 0.999, 1.0, 1.7, 6.0}) {
    // Disc of diameter 1; a beam of length u, wider than the disc, uniform along its length.
    double caught = 0.0;
    const int n = 200000;
    for (int i = 0; i < n; ++i) {
      const double y = (i + 0.5) / n - 0.5;
      caught += std::min(2.0 * std::sqrt(0.25 - y * y), u) / n;
    }
    double slope = 0.0, unused = 0.0;
    EXPECT_NEAR(disc_share(u, slope), caught / u, 1e-5) << u;
    if (std::fabs(u - 1.0) < 0.01) continue;  // the chord falls off like a square root there
    const double h = 1e-6 * u;
    const double quotient =
        (std::log(disc_share(u + h, unused)) - std::log(disc_share(u - h, unused))) / (2 * h);
    EXPECT_NEAR(slope, quotient, 1e-4 * std::max(1.0, std::fabs(quotient))) << u;
  }
}

TEST(TextureAxes, AreTheEdgesWhereTheSymmetrySinglesOutNone) {
  const auto axes = [](const char* name) {
    return texture_axes(io::load_structure(name, datasets));
  };
  EXPECT_EQ(axes("shcherbinaite").size(), 3u);
  EXPECT_TRUE(axes("fluorite").empty());
  EXPECT_EQ(axes("corundum"), (std::vector<std::array<int, 3>>{{0, 0, 1}}));
  EXPECT_EQ(axes("calcite"), (std::vector<std::array<int, 3>>{{0, 0, 1}, {1, 0, 4}}));
}

TEST(OxygenScattering, IsThatOfTheIonInOxidesAloneUnlessTheStructureStatesIt) {
  const auto charge = [](const char* name) {
    const auto structure = io::load_structure(name, datasets);
    for (const auto& site : structure.sites) {
      if (site.element == "O") return scattering_charge(structure, site);
    }
    return 99;
  };
  EXPECT_EQ(charge("corundum"), -2);
  EXPECT_EQ(charge("brucite"), -2);
  EXPECT_EQ(charge("calcite"), 0);
  EXPECT_EQ(charge("quartz"), 0);
}

class DrawnMixture : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"corundum", "zincite"}) {
      structures.push_back(io::load_structure(name, datasets));
    }
    instrument = config::read_instrument(datasets + "/instruments/cpd_philips3020.toml");
    instrument.s_over_l = 0.0;
    recipe.phases = {SimulatedPhase{}, SimulatedPhase{}};
    recipe.phases[0].weight_fraction = 0.6;
    recipe.phases[1].weight_fraction = 0.4;
    recipe.two_theta_min_deg = 20.0;
    recipe.two_theta_max_deg = 100.0;
    recipe.strongest_counts = 20000.0;
    recipe.background_counts = {100.0};
    recipe.seed = 11;
  }
  static bool warns(const PatternResult& result, const std::string& code) {
    return std::any_of(result.warnings.begin(), result.warnings.end(),
                       [&](const Warning& w) { return w.code == code; });
  }
  const AtomicTables tables = io::read_atomic_tables(datasets + "/atomic");
  std::vector<CrystalStructure> structures;
  Instrument instrument;
  SimulationRecipe recipe;
};

TEST_F(DrawnMixture, WithKBetaInTheBeamIsReportedAndWithoutItIsNot) {
  auto beam = instrument;
  beam.lines.push_back({1.39222, 0.01});
  const auto with = simulate(structures, beam, tables, recipe).pattern;
  const auto without = simulate(structures, instrument, tables, recipe).pattern;

  const auto results =
      refine({with, without}, structures, instrument, tables, {}, make_engine("serial"));

  ASSERT_EQ(results[0].status, ItemStatus::ok);
  EXPECT_TRUE(warns(results[0], "W-XRD-125"));
  EXPECT_FALSE(warns(results[1], "W-XRD-125"));
}

TEST_F(DrawnMixture, OnASpecimenShorterThanTheBeamIsQuantifiedAllTheSame) {
  auto small = instrument;
  small.factors.specimen_length_mm = 8.0;
  small.factors.divergence_deg = 1.0;
  const auto pattern = simulate(structures, small, tables, recipe).pattern;

  const auto result =
      refine({pattern}, structures, instrument, tables, {}, make_engine("serial"))[0];

  ASSERT_EQ(result.status, ItemStatus::ok);
  // Drawn as a strip, fitted as a disc: not the same curve, and yet within 1 wt%.
  EXPECT_NEAR(result.phases[0].weight_fraction, 0.6, 0.01);
}

}  // namespace
}  // namespace gadolin::diffraction
