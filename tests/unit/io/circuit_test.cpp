#include "io/config/circuit.hpp"

#include <string>

#include <gtest/gtest.h>

namespace {

using namespace gadolin;

const std::string head = R"(name = "t"
[extractant]
name = "D2EHPA"
basis = "dimer"
[[species]]
name = "Nd"
log10_k = -2.9
evidence = "MEASURED"
source = "here"
[[bank]]
name = "b"
stages = 3
[bank.organic_in]
flow_l_per_h = 1
)";

/// The error a text meets.
Error error_of(const std::string& text) {
  try {
    config::parse_circuit(text, "d.toml");
  } catch (const Error& error) {
    return error;
  }
  return Error("none", "accepted", "", "");
}

TEST(CircuitToml, ReadsWhatIsWritten) {
  const auto circuit = config::parse_circuit(head + R"(extractant_dimer_molar = 0.5
[bank.aqueous_in]
flow_l_per_h = 2
acid_molar = 0.1
[bank.aqueous_in.mg_per_l]
Nd = 144.242
[[bank.draw]]
stage = 2
aqueous_fraction = 0.25
)",
                                             "d.toml");

  ASSERT_EQ(circuit.banks.size(), 1u);
  EXPECT_NEAR(circuit.banks[0].aqueous_in.molar[0], 1e-3, 1e-9);
  EXPECT_DOUBLE_EQ(circuit.banks[0].organic_in.free_dimer_molar, 0.5);
  EXPECT_EQ(circuit.banks[0].draws[0].stage, 2);
  EXPECT_EQ(circuit.species[0].evidence, separation::EvidenceClass::measured);
}

TEST(CircuitToml, MistakesNameFileLineAndRemedy) {
  const struct {
    const char* code;
    std::string text;
  } cases[] = {
      {"E-TOML-002", head + "extractant_dimer_molar = 0.5\nsaponified_fracton = 0.3\n"},
      {"E-SEP-006", head + "extractant_formal_molar = 0.5\n"},
      {"E-SEP-007", head + "extractant_dimer_molar = 0.5\nmolar = {Nd = 0.2}\n"},
      {"E-SEP-005", head + "extractant_dimer_molar = 0.5\n[[bank.draw]]\nstage = 4\n"},
      {"E-TOML-002", head + "extractant_dimer_molar = 0.5\nmolar = {Nb = 0.1}\n"},
      {"E-TOML-002", head + "extractant_molar = 0.5\nextractant_dimer_molar = 0.5\n"},
      {"E-TOML-005", head + "extractant_dimer_molar = -0.5\n"},
      {"E-SEP-002", "use_species = [\"Nb\"]\n" + head + "extractant_dimer_molar = 0.5\n"},
  };
  for (const auto& c : cases) {
    const Error error = error_of(c.text);
    EXPECT_EQ(error.code(), c.code) << error.what();
    EXPECT_NE(error.where().find("d.toml"), std::string::npos) << error.what();
    EXPECT_FALSE(error.remedy().empty()) << error.what();
    EXPECT_EQ(error.exit(), ExitCode::usage);
  }
}

TEST(CircuitToml, ShippedDesignsAreReadable) {
  for (const char* name : {"separation_prommis_3stage", "separation_casc_a", "separation_casc_b",
                           "separation_pc88a_light_heavy"}) {
    std::vector<InputFile> records;
    const auto circuit = config::read_circuit(
        std::string(GADOLIN_SOURCE_DIR) + "/configs/" + name + ".toml", &records);
    EXPECT_FALSE(circuit.banks.empty()) << name;
    EXPECT_EQ(records.size(), 2u) << name;
    for (const InputFile& record : records) EXPECT_EQ(record.sha256.size(), 64u);
  }
}

}  // namespace
