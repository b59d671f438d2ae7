// Cut tails must not move a scale: patterns drawn without noise and without any cut, refined.
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "io/config/instrument.hpp"
#include "io/readers/atomic_tables.hpp"
#include "io/readers/structure_library.hpp"
#include "models/diffraction/refine.hpp"
#include "models/diffraction/simulate.hpp"

namespace gadolin::diffraction {
namespace {

TEST(Tails, LeaveTheScaleOfEveryPhaseRightToOnePerMille) {
  const std::string datasets = std::string(GADOLIN_SOURCE_DIR) + "/datasets";
  const auto tables = io::read_atomic_tables(datasets + "/atomic");
  const auto instrument = config::read_instrument(datasets + "/instruments/cpd_philips3020.toml");
  std::vector<CrystalStructure> structures;
  for (const char* name : {"corundum", "zincite", "fluorite"}) {
    structures.push_back(io::load_structure(name, datasets));
  }
  // Size broadening, hence Lorentzian lines with far tails; a weak phase among strong ones.
  for (const std::vector<double>& truth :
       {std::vector<double>{0.3, 0.25, 0.45}, {0.955, 0.03, 0.015}, {0.015, 0.03, 0.955}}) {
    SimulationRecipe recipe;
    recipe.id = "no noise";
    recipe.phases.resize(3);
    for (std::size_t p = 0; p < 3; ++p) {
      recipe.phases[p].weight_fraction = truth[p];
      recipe.phases[p].size_nm = 30.0;  // one for all: the protocol ties the width of weak phases
    }
    recipe.two_theta_min_deg = 20.0;
    recipe.two_theta_max_deg = 100.0;
    recipe.step_deg = 0.03;
    recipe.strongest_counts = 20000.0;
    recipe.background_counts = {200.0};
    recipe.counting_noise = false;
    const auto pattern = simulate(structures, instrument, tables, recipe).pattern;
    RefinementOptions options;
    options.texture = false;

    const auto result =
        refine({pattern}, structures, instrument, tables, options, make_engine("serial"))[0];

    ASSERT_EQ(result.status, ItemStatus::ok) << result.status_text;
    for (std::size_t p = 0; p < 3; ++p) {
      EXPECT_NEAR(result.phases[p].weight_fraction / truth[p], 1.0, 1e-3)
          << structures[p].name << " at " << truth[p];
    }
  }
}

}  // namespace
}  // namespace gadolin::diffraction
