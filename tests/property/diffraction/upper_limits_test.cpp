// Limits of phases that are not found, and drawn specimens: what holds over repetitions.
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "io/config/instrument.hpp"
#include "io/readers/atomic_tables.hpp"
#include "io/readers/structure_library.hpp"
#include "models/diffraction/limits.hpp"
#include "models/diffraction/refine.hpp"
#include "models/diffraction/simulate.hpp"

namespace gadolin::diffraction {
namespace {

struct Drawn {
  std::string datasets = std::string(GADOLIN_SOURCE_DIR) + "/datasets";
  AtomicTables tables = io::read_atomic_tables(datasets + "/atomic");
  Instrument instrument = config::read_instrument(datasets + "/instruments/cpd_philips3020.toml");
  std::vector<CrystalStructure> structures;

  Drawn() {
    for (const char* name : {"corundum", "fluorite", "zincite"}) {
      structures.push_back(io::load_structure(name, datasets));
    }
  }
  SimulationRecipe recipe(double zincite) const {
    SimulationRecipe r;
    r.phases.resize(3);
    r.phases[0].weight_fraction = 0.4 * (1.0 - zincite);
    r.phases[1].weight_fraction = 0.6 * (1.0 - zincite);
    r.phases[2].weight_fraction = zincite;
    for (auto& phase : r.phases) phase.size_nm = 80.0;
    r.two_theta_min_deg = 24.0;
    r.two_theta_max_deg = 72.0;
    r.step_deg = 0.04;
    r.strongest_counts = 8000.0;
    r.background_counts = {400.0, -40.0, 20.0};
    r.seed = 77;
    return r;
  }
  std::vector<PatternResult> run(double zincite, std::size_t n) const {
    std::vector<Pattern> patterns;
    for (auto& one : simulate_many(structures, instrument, tables, recipe(zincite), n)) {
      patterns.push_back(std::move(one.pattern));
    }
    RefinementOptions options;
    options.keep_profiles = false;
    return refine(patterns, structures, instrument, tables, options, make_engine("auto"));
  }
};

TEST(TracePhase, LiesBelowItsUpperLimitIn95Percent) {
  const Drawn lab;
  constexpr std::size_t n = 400;
  const double truth = lab.run(0.0, 1)[0].phases[2].lod_weight_fraction * 2.0 / 3.3;  // 2 u

  const auto results = lab.run(truth, n);

  double held = 0.0, limits = 0.0;
  for (const auto& result : results) {
    const auto& zincite = result.phases[2];
    const double limit = zincite.upper_limit_95 > 0.0
                             ? zincite.upper_limit_95
                             : zincite.weight_fraction + one_sided_95 * zincite.u_stat;
    held += truth < limit ? 1 : 0;
    limits += zincite.upper_limit_95 > 0.0 ? 1 : 0;
  }
  std::printf("content of %.3f wt%%: limit holds in %.1f %%; a limit and no value in %.1f %%\n",
              100.0 * truth, 100.0 * held / n, 100.0 * limits / n);
  EXPECT_GE(held / n, 0.93);
  EXPECT_LE(held / n, 0.97);
}

TEST(Simulator, DrawsEachSpecimenTheSameAloneAndAmongOthers) {
  const Drawn lab;
  auto recipe = lab.recipe(0.1);
  recipe.humps = {{30.0, 9.0, 1.0}};
  recipe.amorphous_fraction = 0.3;
  recipe.spread.weight_relative = 0.1;
  recipe.spread.displacement_mm = 0.05;
  recipe.spread.amorphous = 0.02;

  const auto three = simulate_many(lab.structures, lab.instrument, lab.tables, recipe, 3);
  auto third = recipe;
  third.item = 2;
  const auto alone = simulate_many(lab.structures, lab.instrument, lab.tables, third, 1);

  EXPECT_EQ(three[2].pattern.counts, alone[0].pattern.counts);
  EXPECT_EQ(three[2].pattern.id, alone[0].pattern.id);
  EXPECT_NE(three[1].pattern.counts, three[2].pattern.counts);
  EXPECT_NE(three[1].truth.displacement_mm, three[2].truth.displacement_mm);
  double sum = 0.0;
  for (double w : three[1].weight_fraction) sum += w;
  EXPECT_NEAR(sum, 1.0, 1e-12);
}

TEST(Simulator, AmorphousPartScattersItsShare) {
  const Drawn lab;
  auto recipe = lab.recipe(0.1);
  recipe.counting_noise = false;
  const auto without = simulate(lab.structures, lab.instrument, lab.tables, recipe);
  recipe.humps = {{48.0, 8.0, 1.0}};
  recipe.amorphous_fraction = 0.25;

  const auto with = simulate(lab.structures, lab.instrument, lab.tables, recipe);

  double bragg = 0.0, halo = 0.0;
  for (std::size_t i = 0; i < with.expected_counts.size(); ++i) {
    bragg += without.expected_counts[i] - without.background_counts[i];
    halo += with.background_counts[i] - without.background_counts[i];
  }
  EXPECT_NEAR(halo / bragg, 1.0 / 3.0, 1e-9);
}

}  // namespace
}  // namespace gadolin::diffraction
