// Texture by harmonics and strain by direction on drawn patterns whose truth is known, and on
// patterns that have neither.
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "io/config/instrument.hpp"
#include "io/readers/atomic_tables.hpp"
#include "io/readers/structure_library.hpp"
#include "models/diffraction/harmonics.hpp"
#include "models/diffraction/refine.hpp"
#include "models/diffraction/simulate.hpp"

namespace gadolin::diffraction {
namespace {

const std::string datasets = std::string(GADOLIN_SOURCE_DIR) + "/datasets";

class Directions : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"zincite", "fluorite"}) {
      structures.push_back(io::load_structure(name, datasets));
    }
    instrument = config::read_instrument(datasets + "/instruments/cpd_philips3020.toml");
    instrument.s_over_l = 0.0;
    recipe.phases = {SimulatedPhase{}, SimulatedPhase{}};
    recipe.phases[0].weight_fraction = 0.55;
    recipe.phases[1].weight_fraction = 0.45;
    recipe.phases[0].strain = 0.002;
    recipe.two_theta_min_deg = 25.0;
    recipe.two_theta_max_deg = 120.0;
    recipe.step_deg = 0.03;
    recipe.strongest_counts = 30000.0;
    recipe.background_counts = {150.0};
    recipe.seed = 5;
    options.harmonics = {{"", 4}};
    options.anisotropic_strain = {""};
  }
  PatternResult fit() const {
    const auto pattern = simulate(structures, instrument, tables, recipe).pattern;
    return refine({pattern}, structures, instrument, tables, options, make_engine("serial"))[0];
  }
  const AtomicTables tables = io::read_atomic_tables(datasets + "/atomic");
  std::vector<CrystalStructure> structures;
  Instrument instrument;
  SimulationRecipe recipe;
  RefinementOptions options;
};

TEST_F(Directions, DrawnAreFoundAgain) {
  recipe.phases[0].harmonics = {0.35, -0.12};        // l = 2 and 4 of 6/mmm
  recipe.phases[0].strain_anisotropy = {0.4, 0.15};  // of the square of the strain
  const auto result = fit();

  ASSERT_EQ(result.status, ItemStatus::ok) << result.status_text;
  const auto& zincite = result.phases[0];
  EXPECT_NEAR(zincite.weight_fraction, 0.55, 0.01);
  ASSERT_EQ(zincite.harmonics.size(), 2u);
  EXPECT_NEAR(zincite.harmonics[0].value, 0.35, 4.0 * zincite.harmonics[0].u + 0.005);
  EXPECT_NEAR(zincite.harmonics[1].value, -0.12, 4.0 * zincite.harmonics[1].u + 0.005);
  EXPECT_NEAR(zincite.texture_index, 1.0 + 0.35 * 0.35 + 0.12 * 0.12, 0.02);
  ASSERT_EQ(zincite.stephens.size(), 3u);
  // S400 and S004 from the strain drawn along [100] and [001]: (4 eps / d^2)^2 (1 + sum a K).
  const auto harmonics = symmetrised_harmonics(structures[0], 4);
  const Metric own = reciprocal_metric(structures[0].cell);
  for (const auto& term : zincite.stephens) {
    if (term.name == "S202") continue;
    const std::array<double, 3> h =
        term.name == "S400" ? std::array<double, 3>{1, 0, 0} : std::array<double, 3>{0, 0, 1};
    double factor = 1.0;
    for (std::size_t k = 0; k < 2; ++k) {
      factor += recipe.phases[0].strain_anisotropy[k] *
                harmonic_value(harmonics[k], direction_of(own, h));
    }
    const double m = inverse_d_squared(own, h), truth = 0.008 * 0.008 * m * m * factor;
    EXPECT_NEAR(term.value / truth, 1.0, 0.05 + 4.0 * term.u / truth) << term.name;
  }
  EXPECT_TRUE(result.phases[1].harmonics.empty());
  EXPECT_TRUE(result.phases[1].stephens.empty());
}

TEST_F(Directions, MayBeAskedForOnePhaseAlone) {
  recipe.phases[1].strain = 0.001;
  options.harmonics = {{"fluorite", 4}};
  options.anisotropic_strain = {"zincite"};
  const auto result = fit();

  ASSERT_EQ(result.status, ItemStatus::ok) << result.status_text;
  EXPECT_NEAR(result.phases[0].weight_fraction, 0.55, 0.01);
  EXPECT_TRUE(result.phases[0].harmonics.empty());
  EXPECT_TRUE(result.phases[1].stephens.empty());
}

TEST_F(Directions, AskedForWhereThereAreNoneChangeNothing) {
  const auto asked = fit();
  options.harmonics.clear();
  options.anisotropic_strain.clear();
  options.texture = false;
  const auto plain = fit();

  ASSERT_EQ(asked.status, ItemStatus::ok);
  for (std::size_t p = 0; p < 2; ++p) {
    EXPECT_TRUE(asked.phases[p].harmonics.empty());
    EXPECT_TRUE(asked.phases[p].stephens.empty());
    EXPECT_NEAR(asked.phases[p].weight_fraction, plain.phases[p].weight_fraction,
                0.1 * plain.phases[p].u_stat);
  }
}

}  // namespace
}  // namespace gadolin::diffraction
