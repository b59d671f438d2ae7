#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

#include "io/config/circuit.hpp"
#include "io/config/plant.hpp"
#include "io/config/write_circuit.hpp"
#include "models/core/error.hpp"
#include "models/separation/dynamics.hpp"
#include "models/separation/plant.hpp"
#include "models/separation/simulate.hpp"

/// A circuit taken out of a plant as DESIGN.toml: the same circuit, ready for the studies.
namespace gadolin::test {
namespace {

using namespace separation;

const std::string plants = std::string(GADOLIN_SOURCE_DIR) + "/configs/plants/";

Circuit taken_out(const std::string& file, const Plant& plant, const std::string& unit) {
  const auto path = (std::filesystem::temp_directory_path() / "unit_design_test.toml").string();
  const Circuit fed = fed_circuit(plant, unit, Engine());
  return config::parse_circuit(config::unit_design_text(file, unit, fed, path), path);
}

class UnitDesign : public ::testing::TestWithParam<const char*> {};

TEST_P(UnitDesign, GivesTheStreamsOfItsUnit) {
  const std::string file = plants + GetParam() + ".toml";
  const Plant plant = config::read_plant(file);
  const PlantResult whole = simulate_plant(plant, Engine());
  int circuits = 0;
  for (const UnitResult& unit : whole.units) {
    if (!unit.has_circuit) continue;
    ++circuits;
    const auto alone = simulate({taken_out(file, plant, unit.name)}, Engine()).front();
    ASSERT_EQ(alone.status, ItemStatus::ok) << unit.name << alone.status_text;
    ASSERT_EQ(alone.species, unit.circuit.species);
    ASSERT_EQ(alone.products.size(), unit.circuit.products.size());
    for (std::size_t p = 0; p < alone.products.size(); ++p) {
      EXPECT_EQ(alone.products[p].name, unit.circuit.products[p].name);
      for (std::size_t k = 0; k < alone.species.size(); ++k) {
        const double mine = alone.products[p].molar_flow_mol_per_h[k];
        const double theirs = unit.circuit.products[p].molar_flow_mol_per_h[k];
        // Relative to what enters: the anions that ride along in the plant round differently.
        EXPECT_NEAR(mine, theirs, 1e-9 * (std::fabs(theirs) + alone.fed_mol_per_h[k]))
            << unit.name << " " << alone.products[p].name << " " << alone.species[k];
      }
    }
  }
  EXPECT_GE(circuits, 3);
}
INSTANTIATE_TEST_SUITE_P(Plants, UnitDesign, ::testing::Values("ndfeb", "mountain_pass"));

// Traces of 1e-19 mol/L, iron that only the bleed takes, water on saponified solvent: each of these
// once kept a start from being found.
TEST(UnitDesignDynamics, StartsFromSteadyStateFeedAndWater) {
  const std::string file = plants + "ndfeb.toml";
  const Plant plant = config::read_plant(file);
  for (const char* unit : {"SX1", "SX2", "SX3"}) {
    for (DynamicStart start : {DynamicStart::steady, DynamicStart::feed, DynamicStart::water}) {
      DynamicsPlan plan;
      plan.circuit = taken_out(file, plant, unit);
      plan.banks.resize(plan.circuit.banks.size());
      plan.start = start;
      plan.duration_h = 0.02;  // the start is what failed
      plan.tolerance = 1e-4;
      const auto result = simulate_dynamics(plan, Engine());
      EXPECT_EQ(result.status, ItemStatus::ok) << unit << " " << result.status_text;
      ASSERT_FALSE(result.phases.empty()) << unit;
      if (start == DynamicStart::steady) {
        EXPECT_LT(result.phases.front().steady_mismatch, 1e-8) << unit;
      }
      for (double balance : result.balance_relative) EXPECT_LT(std::fabs(balance), 1e-12) << unit;
    }
  }
}

TEST(UnitDesignErrors, UnitWithoutACircuitIsToldWhichHaveOne) {
  const Plant plant = config::read_plant(plants + "ndfeb.toml");
  try {
    fed_circuit(plant, "leach", Engine());
    FAIL() << "a leach was taken for a circuit";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E-PLANT-020");
    EXPECT_NE(error.remedy().find("SX1"), std::string::npos);
  }
}

}  // namespace
}  // namespace gadolin::test
