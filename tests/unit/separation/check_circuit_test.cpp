#include "models/separation/check_circuit.hpp"

#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include "models/separation/simulate.hpp"
#include "tests/separation_circuits.hpp"

namespace {

using namespace gadolin;
using namespace gadolin::separation;

Circuit good() { return test::constant_d_circuit({1.5, 0.5}, 4, 1.0, 1.0, {"Nd", "La"}); }

/// The error a change of the good circuit meets.
Error error_of(const std::function<void(Circuit&)>& change) {
  Circuit circuit = good();
  change(circuit);
  try {
    check_circuit(circuit);
  } catch (const Error& error) {
    return error;
  }
  return Error("none", "accepted", "", "");
}

TEST(CheckCircuit, AcceptsAGoodOne) { EXPECT_NO_THROW(check_circuit(good())); }

TEST(CheckCircuit, NamesBankStageAndSpecies) {
  const Error error = error_of([](Circuit& c) { c.banks[0].aqueous_in.molar[1] = -1e-3; });

  EXPECT_EQ(error.code(), "E-SEP-003");
  EXPECT_EQ(error.exit(), ExitCode::usage);
  const std::string text = error.what();
  EXPECT_NE(text.find("bank bank"), std::string::npos);
  EXPECT_NE(text.find("stage 4"), std::string::npos);
  EXPECT_NE(text.find("La"), std::string::npos);
}

TEST(CheckCircuit, RefusesMoreExtractantThanAnyNeatExtractantHolds) {
  const Error error = error_of([](Circuit& c) { c.banks[0].organic_in.free_dimer_molar = 75.0; });

  EXPECT_EQ(error.code(), "E-SEP-013");
  EXPECT_NE(std::string(error.what()).find("mol/L"), std::string::npos);
}

TEST(Simulate, SaysWhenNearlyEverythingLeavesInOneProduct) {
  const auto one_sided = test::constant_d_circuit({1e-6, 2e-6}, 4, 1.0, 1.0, {"Nd", "La"});
  const auto parted = test::constant_d_circuit({8.0, 0.1}, 4, 1.0, 1.0, {"Nd", "La"});
  const auto results = simulate({one_sided, parted}, Engine{});
  const auto warned = [](const CircuitResult& result) {
    for (const Warning& w : result.warnings) {
      if (w.code == "W-SEP-005") return w.text;
    }
    return std::string();
  };

  EXPECT_NE(warned(results[0]).find("bank raffinate"), std::string::npos) << warned(results[0]);
  EXPECT_EQ(warned(results[1]), "");
}

TEST(CheckCircuit, RefusesEachKindOfBadCircuitWithItsCode) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const struct {
    const char* code;
    std::function<void(Circuit&)> change;
  } cases[] = {
      {"E-SEP-001", [](Circuit& c) { c.banks.clear(); }},
      {"E-SEP-001", [](Circuit& c) { c.species.clear(); }},
      {"E-SEP-001", [](Circuit& c) { c.species[1].name = "Nd"; }},
      {"E-SEP-001", [](Circuit& c) { c.banks.push_back(c.banks[0]); }},
      {"E-SEP-002", [](Circuit& c) { c.banks[0].aqueous_in.molar.pop_back(); }},
      {"E-SEP-002", [](Circuit& c) { c.banks[0].organic_in.molar.push_back(0.0); }},
      {"E-SEP-003", [](Circuit& c) { c.banks[0].aqueous_in.flow_l_per_h = -1.0; }},
      {"E-SEP-003", [nan](Circuit& c) { c.banks[0].organic_in.flow_l_per_h = nan; }},
      {"E-SEP-003", [nan](Circuit& c) { c.banks[0].aqueous_in.h_molar = nan; }},
      {"E-SEP-003", [](Circuit& c) { c.species[0].protons = -1.0; }},
      {"E-SEP-003", [](Circuit& c) { c.ionic_product = 0.0; }},
      {"E-SEP-004", [](Circuit& c) { c.banks[0].stages = 0; }},
      {"E-SEP-005",
       [](Circuit& c) {
         StageFeed feed;
         feed.stage = 5;
         c.banks[0].feeds.push_back(feed);
       }},
      {"E-SEP-005",
       [](Circuit& c) {
         StageDraw draw;
         draw.stage = 0;
         c.banks[0].draws.push_back(draw);
       }},
      {"E-SEP-006", [](Circuit& c) { c.species[0].basis = ExtractantBasis::formal_monomer; }},
      {"E-SEP-007", [](Circuit& c) { c.banks[0].organic_in.free_dimer_molar = -0.1; }},
      {"E-SEP-008",
       [](Circuit& c) {
         StageDraw draw;
         draw.stage = 2;
         draw.aqueous_fraction = 1.1;
         c.banks[0].draws.push_back(draw);
       }},
      {"E-SEP-009", [](Circuit& c) { c.banks[0].aqueous_in.flow_l_per_h = 0.0; }},
      {"E-SEP-009", [](Circuit& c) { c.banks[0].organic_in.flow_l_per_h = 0.0; }},
      {"E-SEP-010", [](Circuit& c) { c.banks[0].murphree_efficiency = 0.0; }},
      {"E-SEP-010", [](Circuit& c) { c.regeneration.bleed_fraction = 2.0; }},
      {"E-SEP-011",
       [](Circuit& c) {
         c.returns.push_back({"bnak", "bank", 1, 0.1});
       }},
      {"E-SEP-011", [](Circuit& c) { c.regeneration.saponified_species = "Na"; }},
      {"E-SEP-012", [](Circuit& c) { c.species[0].line.log10_dosage_slope = 1.0; }},
  };
  for (const auto& c : cases) {
    const Error error = error_of(c.change);
    EXPECT_EQ(error.code(), c.code) << error.what();
    EXPECT_FALSE(error.remedy().empty()) << error.what();
  }
}

TEST(Warnings, SayWhereAStageIsNotCredible) {
  Circuit circuit = good();
  circuit.banks[0].organic_in.flow_l_per_h = 40.0;  // O/A 40
  circuit.extractant.gel_fraction = 1e-5;
  circuit.species[0].line.ph_min = 5.0;

  const auto result = simulate({circuit}, Engine{}).front();

  std::string codes;
  for (const Warning& w : result.warnings) codes += w.code + " ";
  EXPECT_NE(codes.find("W-SEP-001"), std::string::npos) << codes;
  EXPECT_NE(codes.find("W-SEP-002"), std::string::npos) << codes;
  EXPECT_NE(codes.find("W-SEP-003"), std::string::npos) << codes;
  EXPECT_EQ(result.banks[0].out_of_window[0], 1);
}

TEST(Evidence, WorstClassOfSpeciesThatArePresentIsStated) {
  Circuit circuit = good();
  circuit.species[0].evidence = EvidenceClass::measured;
  circuit.species[1].evidence = EvidenceClass::memory;
  EXPECT_EQ(simulate({circuit}, Engine{}).front().worst_evidence, EvidenceClass::memory);

  circuit.banks[0].aqueous_in.molar[1] = 0.0;
  EXPECT_EQ(simulate({circuit}, Engine{}).front().worst_evidence, EvidenceClass::measured);
}

TEST(Simulate, AnImpossibleLineIsReportedNotReturnedAsANumber) {
  // D = 1e6 whatever the extractant: holds three times more metal than the solvent can bind.
  Circuit circuit = test::constant_d_circuit({1e6}, 2, 1.0, 1.0, {"Nd"});
  circuit.banks[0].aqueous_in.molar[0] = 0.5;

  const auto result = simulate({circuit}, Engine{}).front();

  EXPECT_EQ(result.status, ItemStatus::not_converged);
  EXPECT_NE(result.status_text.find("stage"), std::string::npos) << result.status_text;
  EXPECT_NE(result.status_text.find("Nd"), std::string::npos) << result.status_text;
}

}  // namespace
