#include <cmath>

#include <gtest/gtest.h>

#include "io/config/circuit.hpp"
#include "models/separation/solve_banks.hpp"
#include "tests/separation_circuits.hpp"

namespace {

using namespace gadolin;
using namespace gadolin::separation;

const Engine serial{};

BankTask task_of(const Circuit& circuit) {
  BankTask task;
  task.circuit = &circuit;
  task.bank = circuit.banks[0];
  return task;
}

TEST(LnDShift, IsAChangeOfTheConstant) {
  const Circuit circuit =
      config::read_circuit(std::string(GADOLIN_SOURCE_DIR) + "/configs/separation_casc_b.toml");
  Circuit changed = circuit;
  const std::size_t c = circuit.species.size();
  BankTask shifted = task_of(circuit);
  shifted.ln_d_shift.resize(static_cast<std::size_t>(shifted.bank.stages) * c);
  for (std::size_t k = 0; k < c; ++k) changed.species[k].log10_k += 0.1 * static_cast<double>(k);
  for (std::size_t e = 0; e < shifted.ln_d_shift.size(); ++e) {
    shifted.ln_d_shift[e] = std::log(10.0) * 0.1 * static_cast<double>(e % c);
  }

  const auto a = solve_banks({shifted}, serial).front().result;
  const auto b = solve_banks({task_of(changed)}, serial).front().result;

  ASSERT_EQ(a.status, ItemStatus::ok) << a.status_text;
  for (std::size_t e = 0; e < a.aqueous_molar.size(); ++e) {
    EXPECT_NEAR(a.aqueous_molar[e], b.aqueous_molar[e], 1e-11 * b.aqueous_molar[e]);
    EXPECT_NEAR(a.distribution_coefficient[e], b.distribution_coefficient[e],
                1e-11 * b.distribution_coefficient[e]);
  }
  for (double closure : a.closure_relative) EXPECT_LE(closure, 1e-12);
}

TEST(MixerKinetics, EachSpeciesHasItsOwnEfficiency) {
  // Constant D: every species is alone, so the bank must equal one bank per efficiency.
  Circuit circuit = test::constant_d_circuit({1.5, 0.5}, 4, 1.0, 1.0);
  circuit.banks[0].mixer_residence_s = 120.0;
  circuit.species[0].mixer_rate_per_s = 4.0 / 120.0;  // E = 4/(1+4) = 0.8
  circuit.species[1].mixer_rate_per_s = 1.0 / 120.0;  // E = 0.5

  const auto result = solve_banks({task_of(circuit)}, serial).front().result;

  ASSERT_EQ(result.status, ItemStatus::ok) << result.status_text;
  // Specification, section 10 case 2: D = 1.5, O/A = 1, N = 4, E = 0.8.
  EXPECT_NEAR(1.0 - result.raffinate.molar[0] / 1e-3, 0.895010918864, 1e-12);
  Circuit slow = test::constant_d_circuit({0.5}, 4, 1.0, 1.0);
  slow.banks[0].murphree_efficiency = 0.5;
  const auto alone = solve_banks({task_of(slow)}, serial).front().result;
  EXPECT_NEAR(result.raffinate.molar[1], alone.raffinate.molar[0], 1e-15);
  for (double closure : result.closure_relative) EXPECT_LE(closure, 1e-12);
}

TEST(MixerKinetics, PlugFlowReachesOneMinusExp) {
  Species s;
  s.mixer_rate_per_s = 0.01;
  Bank bank;
  bank.mixer_residence_s = 180.0;
  EXPECT_DOUBLE_EQ(species_efficiency(s, bank), 1.8 / 2.8);
  bank.mixer_plug_flow = true;
  EXPECT_DOUBLE_EQ(species_efficiency(s, bank), -std::expm1(-1.8));
}

}  // namespace
