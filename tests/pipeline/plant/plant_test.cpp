#include "io/config/plant.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "closed_plant.hpp"
#include "io/config/circuit.hpp"
#include "models/separation/plant.hpp"
#include "models/separation/plant_components.hpp"
#include "models/separation/simulate.hpp"

namespace {

using namespace gadolin;
using namespace gadolin::separation;

const std::string root = std::string(GADOLIN_SOURCE_DIR) + "/";

PlantResult simulated(const std::string& text) {
  return simulate_plant(config::parse_plant(text, root + "plant.toml"), make_engine("serial", 1));
}

double worst(const std::vector<PlantBalance>& balances) {
  double most = 0.0;
  for (const PlantBalance& b : balances) most = std::max(most, b.closure_relative);
  return most;
}

const NamedStream& stream(const PlantResult& result, const std::string& name) {
  for (const NamedStream& s : result.streams) {
    if (s.name == name) return s;
  }
  throw std::runtime_error("no stream " + name);
}

double mol(const PlantResult& result, const std::string& name, const std::string& component) {
  const int k = component_index(result.components, component);
  return stream(result, name).stream.mol_per_h[static_cast<std::size_t>(k)];
}

TEST(Plant, ClosesEveryBalanceWithEverythingOn) {
  const PlantResult result = simulated(gadolin::test::closed_plant());
  ASSERT_EQ(result.status, ItemStatus::ok) << result.status_text;
  ASSERT_GE(result.torn.size(), 1u);
  for (const PlantBalance& b : result.balances) {
    EXPECT_LE(b.closure_relative, 1e-9) << b.what << " " << b.in << " " << b.out;
  }
  std::vector<std::string> whats;
  for (const PlantBalance& b : result.balances) whats.push_back(b.what);
  for (const char* what : {"La", "Ce", "Nd", "Dy", "Fe", "Ca", "Cl", "Na", "acid", "water",
                           "extractant PC88A", "C2O4", "CO3", "NH4"}) {
    EXPECT_TRUE(std::find(whats.begin(), whats.end(), what) != whats.end()) << what;
  }
  for (const UnitResult& unit : result.units) {
    EXPECT_LE(worst(unit.balances), 1e-10) << unit.name;
    if (unit.has_circuit) {
      EXPECT_LE(unit.acid_gap_relative, 1e-11) << unit.name;
    }
  }
}

TEST(Plant, OneCircuitAloneIsWhatTheDesignFileGives) {
  const std::string design = root + "configs/separation_pc88a_light_heavy.toml";
  const PlantResult plant = simulated(
      "name = \"p\"\n[[unit]]\nname = \"SX\"\nkind = \"circuit\"\n"
      "design = \"" +
      design + "\"\n");
  ASSERT_EQ(plant.status, ItemStatus::ok) << plant.status_text;
  const auto alone = simulate({config::read_circuit(design)}, make_engine("serial", 1)).front();
  for (const Product& p : alone.products) {
    if (p.phase != "aqueous") continue;
    for (std::size_t k = 0; k < alone.species.size(); ++k) {
      const double here = mol(plant, "SX." + p.name, alone.species[k]);
      if (alone.species[k] == "Na") continue;  // the plant has the sodium of bases too
      EXPECT_NEAR(here, p.molar_flow_mol_per_h[k], 1e-9 * (p.molar_flow_mol_per_h[k] + 1e-9))
          << p.name << " " << alone.species[k];
    }
  }
  EXPECT_LE(worst(plant.balances), 1e-12);
}

TEST(Plant, LeachingTakesOneAcidForEachChargeDissolved) {
  const PlantResult r = simulated(R"(
name = "leach"
[[feed]]
name = "oxide"
mass_flow_kg_per_h = 1
[feed.wt_pct]
La2O3 = 50
CaO = 10
[[unit]]
name = "leach"
kind = "leach"
inputs = ["oxide"]
acid = "H2SO4"
acid_strength_molar = 18
liquid_to_solid_l_per_kg = 20
final_acid_molar = 0.05
[[unit.leaching]]
fraction = 1
evidence = "MEMORY"
source = "test"
)");
  const double la = 500.0 / 162.905, ca = 100.0 / 56.077;  // mol/h
  EXPECT_NEAR(mol(r, "leach.liquor", "La"), la, 1e-3);
  EXPECT_NEAR(mol(r, "leach.liquor", "SO4"), 0.5 * (3 * la + 2 * ca + 0.05 * 20), 2e-3);
  EXPECT_NEAR(stream(r, "leach.liquor").stream.volume_l_per_h, 20.0, 1e-12);
  // Nothing but silica is left of the solid.
  EXPECT_NEAR(stream(r, "leach.residue").stream.other_kg_per_h, 0.4, 1e-4);
}

TEST(Plant, CeriumChangesItsStateAndIsCountedOnce) {
  const PlantResult r = simulated(R"(
name = "ce"
[[feed]]
name = "liquor"
flow_l_per_h = 10
acid_molar = 0.5
[feed.molar]
Ce = 0.2
La = 0.1
[[unit]]
name = "oxidise"
kind = "oxidation"
inputs = ["liquor"]
oxidant = "H2O2"
oxidant_strength_molar = 10
[unit.conversion]
fraction = 0.75
evidence = "MEMORY"
source = "test"
)");
  EXPECT_NEAR(mol(r, "oxidise.liquor", "Ce(IV)"), 1.5, 1e-12);
  EXPECT_NEAR(mol(r, "oxidise.liquor", "Ce"), 0.5, 1e-12);
  // One H+ goes with each electron taken.
  EXPECT_NEAR(acid_mol_per_h(stream(r, "oxidise.liquor").stream, r.components), 5.0 - 1.5, 1e-12);
  EXPECT_LE(worst(r.balances), 1e-14);
}

TEST(Plant, CalcinedOxalateIsOxideByMass) {
  const PlantResult r = simulated(R"(
name = "oxalate"
[[feed]]
name = "liquor"
flow_l_per_h = 100
acid_molar = 0.03
[feed.molar]
Nd = 0.1
[[unit]]
name = "ox"
kind = "precipitation"
inputs = ["liquor"]
precipitant = "H2C2O4"
excess_fraction = 0.5
[[unit.precipitated]]
elements = ["Nd"]
fraction = 1
evidence = "MEMORY"
source = "test"
[[unit]]
name = "calcine"
kind = "calcination"
inputs = ["ox.precipitate"]
[unit.yield]
fraction = 1
evidence = "MEMORY"
source = "test"
[[product]]
name = "Nd2O3"
stream = "calcine.oxide"
elements = ["Nd"]
purity_fraction = 0.995
)");
  const double nd = 10.0;
  EXPECT_NEAR(mol(r, "ox.precipitate", "C2O4"), 1.5 * nd, 1e-12);
  // 50 % more than the need was added; the liquor's acid grew by 3 per Nd and 2 per oxalate left.
  EXPECT_NEAR(acid_mol_per_h(stream(r, "ox.mother liquor").stream, r.components),
              3.0 + 3 * nd + 2 * 0.75 * nd, 1e-9);
  ASSERT_EQ(r.products.size(), 1u);
  EXPECT_NEAR(r.products[0].oxide_kg_per_h, nd * 0.336481 / 2, 1e-5);
  EXPECT_NEAR(dry_mass_kg_per_h(stream(r, "calcine.oxide").stream, r.components), nd * 0.336481 / 2,
              1e-5);
  EXPECT_TRUE(r.products[0].meets_target);
}

/// The error text of a plant that must not run.
std::string fault(const std::string& text) {
  try {
    const PlantResult r = simulated(text);
    return "ran: " + r.status_text;
  } catch (const Error& error) {
    return error.what();
  }
}

std::string changed(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

void expect_named(const std::string& message, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    EXPECT_NE(message.find(word), std::string::npos) << "\"" << word << "\" not in: " << message;
  }
}

TEST(BadPlant, LoopWithoutMakeUpNamesBankStageAndExtractant) {
  const std::string text =
      changed(gadolin::test::closed_plant(), "soluble_extractant_mg_per_l = 10",
              "make_up = false\nsoluble_extractant_mg_per_l = 10");
  expect_named(fault(text), {"E-PLANT-007", "SX1", "bank extraction", "stage 1", "PC88A"});
}

TEST(BadPlant, LoadingAboveCapacityNamesBankStageAndElement) {
  const std::string text = changed(
      gadolin::test::closed_plant(),
      "saponified_fraction = 0.3\nsaponified_species = \"Na\"\n[unit.circuit.bank.aqueous_in]",
      "[unit.circuit.bank.organic_in.molar]\nNd = 0.3\n[unit.circuit.bank.aqueous_in]");
  expect_named(fault(text), {"E-SEP-007", "bank extraction", "stage 1", "Nd", "capacity"});
}

TEST(BadPlant, NegativeFlowNamesBankAndStage) {
  const std::string text =
      changed(gadolin::test::closed_plant(), "flow_l_per_h = 14", "flow_l_per_h = -14");
  expect_named(fault(text), {"E-SEP-003", "bank extraction", "stage 14", "-14", "plant.toml:"});
}

TEST(BadPlant, NegativeConcentrationNamesBankStageAndElement) {
  const std::string text =
      changed(gadolin::test::closed_plant(), "flow_l_per_h = 14\nacid_molar = 2.5",
              "flow_l_per_h = 14\nacid_molar = 2.5\n[unit.circuit.bank.aqueous_in.molar]\nNd = -1");
  expect_named(fault(text), {"E-SEP-003", "bank extraction", "stage 14", "Nd", "-1"});
}

TEST(BadPlant, UnknownExtractantOffersTheNearest) {
  const std::string text = changed(gadolin::test::closed_plant(),
                                   "constants = \"datasets/separation/pc88a_chloride.toml\"",
                                   "constants = \"pc88a_cloride\"");
  expect_named(fault(text), {"E-SEP-014", "pc88a_cloride", "pc88a_chloride"});
}

TEST(BadPlant, MixedBasisNamesBankAndKey) {
  const std::string text = changed(gadolin::test::closed_plant(), "extractant_dimer_molar = 0.75",
                                   "extractant_formal_molar = 1.5");
  expect_named(fault(text), {"E-SEP-006", "bank extraction", "extractant_formal_molar", "dimer"});
}

TEST(BadPlant, ElementWithoutConstantsIsNamedWithItsBank) {
  const std::string text =
      changed(gadolin::test::closed_plant(), "not_extracted = [\"Fe\", \"Ca\", \"Ce(IV)\"]",
              "not_extracted = [\"Ca\", \"Ce(IV)\"]");
  expect_named(fault(text), {"E-PLANT-006", "Fe", "bank extraction", "stage 8", "PC88A"});
}

TEST(BadPlant, SaysWhereItsGraphIsWrong) {
  const std::string plant = gadolin::test::closed_plant();
  expect_named(fault(changed(plant, "inputs = [\"SX2.NdPr\"]", "inputs = [\"SX2.NdPt\"]")),
               {"E-PLANT-012", "SX2.NdPt", "SX2.NdPr"});
  expect_named(fault(changed(plant, "inputs = [\"SX1.light\"]", "inputs = [\"SX1.heavy\"]")),
               {"E-PLANT-013", "SX1.heavy", "splitter"});
  expect_named(fault(changed(plant, "back = 0.7", "back = 0.6")), {"E-PLANT-016", "0.9"});
  expect_named(fault(changed(plant, "kind = \"calcination\"", "kind = \"calcinaton\"")),
               {"E-TOML-006", "calcination"});
  expect_named(fault(changed(plant, "fraction = 0.999", "fracton = 0.999")),
               {"E-TOML-00", "fraction", "plant.toml:"});
  expect_named(fault(changed(plant, "inputs = [\"oxalate.precipitate\"]",
                             "inputs = [\"oxalate.mother liquor\"]")),
               {"E-PLANT-005", "calcine", "aqueous"});
}

}  // namespace
