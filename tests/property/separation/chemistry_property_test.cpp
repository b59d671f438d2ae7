#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "io/config/circuit.hpp"
#include "io/config/constants.hpp"
#include "models/separation/chemistry.hpp"
#include "models/separation/simulate.hpp"
#include "models/separation/stage_chemistry.hpp"

namespace {

using namespace gadolin;
using namespace gadolin::separation;

const Engine serial{};

/// Extraction and scrub, strip, closed loop with returned liquor, entrainment, efficiency, draw.
std::string plant(const std::string& chemistry) {
  return R"(
name = "chemistry"
constants = "datasets/separation/pc88a_chloride.toml"
use_species = ["La", "Nd", "Sm", "Dy", "Na"]
organic_loop = "closed"
[regeneration]
saponified_fraction = 0.3
saponified_species = "Na"
bleed_fraction = 0.01
)" + chemistry +
         R"(
[[bank]]
name = "extraction"
stages = 8
murphree_efficiency = 0.9
entrained_aqueous_fraction = 1e-3
entrained_organic_fraction = 1e-3
[bank.organic_in]
flow_l_per_h = 2.5
extractant_dimer_molar = 0.5
[bank.aqueous_in]
flow_l_per_h = 0.4
acid_molar = 0.6
[[bank.feed]]
stage = 5
[bank.feed.aqueous]
flow_l_per_h = 1.0
acid_molar = 0.05
salt_molar = 0.3
sulfate_molar = 0.02
fluoride_molar = 0.001
[bank.feed.aqueous.molar]
La = 0.08
Nd = 0.12
Sm = 0.02
Dy = 0.01
[[bank.draw]]
stage = 4
aqueous_fraction = 0.05
[[bank]]
name = "strip"
stages = 5
[bank.aqueous_in]
flow_l_per_h = 0.8
acid_molar = 3.0
[[return]]
from_bank = "strip"
to_bank = "extraction"
to_stage = 8
fraction = 0.1
)";
}

CircuitResult run(const std::string& text) {
  const Circuit circuit =
      config::parse_circuit(text, std::string(GADOLIN_SOURCE_DIR) + "/made_up.toml");
  return simulate({circuit}, serial).front();
}

const char* aqueous = R"(tables = ["datasets/separation/aqueous/complexes.toml",
          "datasets/separation/aqueous/interactions_chloride.toml"]
)";

TEST(Chemistry, EveryBalanceClosesWithActivitiesAndComplexesOn) {
  for (const char* model : {"davies", "sit", "pitzer", "none"}) {
    const std::string complexes = std::string(model) == "pitzer" ? "false" : "true";
    const CircuitResult r = run(plant("[chemistry]\nactivity = \"" + std::string(model) +
                                      "\"\ncomplexes = " + complexes + "\n" + aqueous));
    ASSERT_EQ(r.status, ItemStatus::ok) << model << ": " << r.status_text;
    for (double closure : r.closure_relative) EXPECT_LE(closure, 1e-11) << model;
    for (const BankResult& b : r.banks) {
      for (double closure : b.closure_relative) EXPECT_LE(closure, 1e-12) << model << b.name;
      EXPECT_LE(b.chemistry_change, 1e-10);
      EXPECT_EQ(b.ionic_strength_molar.size(), b.ph.size()) << model;
    }
  }
}

TEST(Chemistry, EveryStageIsInEquilibriumWithTheChemistryOfItsOwnLiquor) {
  const std::string text =
      plant(std::string("[chemistry]\nactivity = \"sit\"\ncomplexes = true\n") + aqueous);
  const Circuit circuit =
      config::parse_circuit(text, std::string(GADOLIN_SOURCE_DIR) + "/made_up.toml");
  const CircuitResult r = simulate({circuit}, serial).front();
  ASSERT_EQ(r.status, ItemStatus::ok) << r.status_text;
  const StageChemistry chemistry(circuit.chemistry, circuit.species, circuit.ionic_product,
                                 std::pow(10.0, circuit.log10_ka_hso4));
  const BankResult& b = r.banks.back();  // no salt, sulfate or fluoride but what is carried over
  const std::size_t c = circuit.species.size(), i = 0;
  const auto answer = chemistry.evaluate({b.aqueous_molar.data() + i * c, std::pow(10.0, -b.ph[i]),
                                          b.raffinate.salt_molar, b.raffinate.sulfate_molar,
                                          b.raffinate.fluoride_molar});
  for (std::size_t k = 0; k < c; ++k) {
    const Species& s = circuit.species[k];
    const double ln_d = std::log(10.0) * (s.log10_k + s.protons * b.ph[i]) +
                        s.dimers * std::log(b.free_dimer_molar[i]) + answer.ln_d_shift[k];
    EXPECT_NEAR(std::log(b.distribution_coefficient[i * c + k]), ln_d, 1e-8) << s.name;
    EXPECT_NEAR(std::log(b.organic_molar[i * c + k] / b.aqueous_molar[i * c + k]), ln_d, 1e-6)
        << s.name;  // equilibrium stage
  }
}

TEST(Chemistry, ComplexesLowerExtractionAndTheWarningSaysThatConstantsAreConditional) {
  const CircuitResult plain = run(plant(""));
  const CircuitResult bound = run(plant(std::string("[chemistry]\ncomplexes = true\n") + aqueous));
  ASSERT_EQ(plain.status, ItemStatus::ok);
  ASSERT_EQ(bound.status, ItemStatus::ok) << bound.status_text;
  EXPECT_GT(bound.products[0].recovery_fraction[1], plain.products[0].recovery_fraction[1]);
  const auto has = [](const CircuitResult& r, const std::string& code) {
    for (const Warning& w : r.warnings) {
      if (w.code == code) return true;
    }
    return false;
  };
  EXPECT_TRUE(has(bound, "W-SEP-048"));
  EXPECT_FALSE(has(plain, "W-SEP-048"));
}

/// Three lights with TBP; acid taken up by the solvent.
std::string nitrate(const std::string& extra) {
  return R"(
name = "nitrate"
constants = "datasets/separation/tbp_nitrate.toml"
use_species = ["La", "Nd", "Y", "HNO3"]
)" + extra +
         R"(
[[bank]]
name = "extraction"
stages = 6
[bank.organic_in]
flow_l_per_h = 2.0
extractant_formal_molar = 1.0
[bank.aqueous_in]
flow_l_per_h = 1.0
acid_molar = 0.3
salt_molar = 2.0
[bank.aqueous_in.molar]
La = 0.1
Nd = 0.1
Y = 0.05
[[bank]]
name = "strip"
stages = 4
[bank.aqueous_in]
flow_l_per_h = 1.0
acid_molar = 0.001
)";
}

TEST(Chemistry, ANeutralExtractantTakesUpAcidAndNitrateAndAllOfItCloses) {
  const CircuitResult r = run(nitrate(""));
  ASSERT_EQ(r.status, ItemStatus::ok) << r.status_text;
  for (const BankResult& b : r.banks) {
    for (double closure : b.closure_relative) EXPECT_LE(closure, 1e-12) << b.name;
  }
  const BankResult& b = r.banks.front();
  const std::size_t c = 4;
  for (std::size_t i = 0; i < 6; ++i) {
    // D = K [NO3]^3 S^3 with nitrate from electroneutrality: acid + 3 metals + salt.
    double nitrate_molar = b.aqueous_molar[i * c + 3] + 2.0;
    for (int k = 0; k < 3; ++k) nitrate_molar += 3.0 * b.aqueous_molar[i * c + k];
    EXPECT_NEAR(b.free_anion_molar[i], nitrate_molar, 1e-9);
    EXPECT_NEAR(b.ph[i], -std::log10(b.aqueous_molar[i * c + 3]), 1e-9);
    const double s = b.free_dimer_molar[i];
    const double d = b.organic_molar[i * c + 3] / b.aqueous_molar[i * c + 3];
    EXPECT_NEAR(d, std::pow(10.0, -0.7) * nitrate_molar * s, 1e-7 * d);
    double held = s + b.organic_molar[i * c + 3];
    for (int k = 0; k < 3; ++k) held += 3.0 * b.organic_molar[i * c + k];
    EXPECT_NEAR(held, 1.0, 1e-12);
  }
  // Heavier is extracted better, and the strip gives the metal back.
  EXPECT_LT(r.products[0].recovery_fraction[1], r.products[0].recovery_fraction[0]);
}

TEST(Chemistry, StagesOutsideTheWindowOfAConstantAreCountedAndNamed) {
  // 0.3 M acid is inside, 2 M is not.
  const CircuitResult inside = run(nitrate(""));
  std::string text = nitrate("");
  text.replace(text.find("acid_molar = 0.3"), 16, "acid_molar = 2.0");
  const CircuitResult outside = run(text);
  const auto worst = [](const CircuitResult& r) {
    int n = 0;
    for (int k : r.banks[0].out_of_window) n = std::max(n, k);
    return n;
  };
  EXPECT_EQ(worst(inside), 0);
  EXPECT_EQ(worst(outside), 4);
  bool named = false;
  for (const Warning& w : outside.warnings) named |= w.code == "W-SEP-044";
  EXPECT_TRUE(named);
}

TEST(Chemistry, AmineExtractsTheLightsFirstWhenItsConstantsSaySo) {
  // Ion pair: D = K [NO3]^3 X; constants made up, the order of Aliquat 336 in nitrate.
  const CircuitResult r = run(R"(
name = "ion pair"
[extractant]
name = "Aliquat 336"
basis = "formal_monomer"
[chemistry]
medium = "nitrate"
[[species]]
name = "La"
anion_exponent = 3
extractant_per_metal = 3
exponent = 1
log10_k = -0.3
evidence = "ESTIMATED"
source = "made up"
[[species]]
name = "Nd"
anion_exponent = 3
extractant_per_metal = 3
exponent = 1
log10_k = -0.8
evidence = "ESTIMATED"
source = "made up"
[[bank]]
name = "extraction"
stages = 4
[bank.organic_in]
flow_l_per_h = 1.0
extractant_formal_molar = 0.5
[bank.aqueous_in]
flow_l_per_h = 1.0
acid_molar = 0.01
salt_molar = 1.5
molar = {La = 0.05, Nd = 0.05}
)");
  ASSERT_EQ(r.status, ItemStatus::ok) << r.status_text;
  EXPECT_LT(r.products[0].recovery_fraction[0], r.products[0].recovery_fraction[1]);
  for (double closure : r.banks[0].closure_relative) EXPECT_LE(closure, 1e-12);
}

TEST(Constants, ATableWrittenIsTheTableRead) {
  const std::string path =
      std::string(GADOLIN_SOURCE_DIR) + "/datasets/separation/tbp_nitrate.toml";
  const ConstantsTable table = config::read_constants(path);
  ConstantsTable more = table;
  more.uncertainty.fitted_species = {"La", "Nd"};
  more.uncertainty.fitted = {0.01, 0.002, 0.002, 0.0123456789012345};
  more.chemistry.aqueous_complexes = {{"La", "nitrate", 1.0, 0.58, EvidenceClass::derived, "x"},
                                      {"La", "nitrate", 2.0, 0.1, EvidenceClass::derived, "x"}};
  const std::string text = config::constants_text(more, "two lines\nof comment");
  const std::string copy = testing::TempDir() + "/gadolin_constants.toml";
  {
    std::FILE* file = std::fopen(copy.c_str(), "wb");
    ASSERT_NE(file, nullptr);
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
  }
  const ConstantsTable back = config::read_constants(copy);
  EXPECT_EQ(config::constants_text(back, "two lines\nof comment"), text);
  EXPECT_EQ(back.uncertainty.fitted[3], 0.0123456789012345);
  EXPECT_EQ(back.species.size(), table.species.size());
  EXPECT_EQ(back.chemistry.aqueous_complexes.size(), 2u);
}

}  // namespace
