#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <gtest/gtest.h>

#include "io/config/circuit.hpp"
#include "kernels/exec/batch_memory.hpp"
#include "kernels/exec/launch.hpp"
#include "kernels/numeric/random.hpp"
#include "kernels/separation/bank.hpp"
#include "kernels/separation/stage_kernel.hpp"
#include "models/separation/simulate.hpp"
#include "models/separation/xu.hpp"
#include "tests/seen.hpp"
#include "tests/separation_circuits.hpp"

namespace {

using namespace gadolin;
using namespace gadolin::separation;

const Engine serial{};

std::string config(const std::string& name) {
  return std::string(GADOLIN_SOURCE_DIR) + "/configs/" + name;
}

TEST(RandomStages, AMillionAllConvergeWithClosedBalances) {
  // log K -8..2, totals 1e-9..2 mol/L, saponified 0..0.6, bases among the feeds.
  // GADOLIN_RANDOM_STAGES asks for more.
  constexpr std::size_t per = 50000;
  const char* asked = std::getenv("GADOLIN_RANDOM_STAGES");
  const std::size_t stages = asked != nullptr ? std::strtoull(asked, nullptr, 10) : 1000000;
  const std::size_t batches = stages / per;
  std::size_t failures = 0;
  double worst_proton = 0.0, worst_extractant = 0.0;
  int most_iterations = 0;
  for (std::size_t batch = 0; batch < batches; ++batch) {
    const int species = 2 + static_cast<int>(batch % 8);  // the last is Na
    const auto c = static_cast<std::size_t>(species);
    BatchMemory memory(serial);
    const auto law = memory.input<SpeciesLaw>(c);
    const auto total = memory.input<double>(c * per);
    const auto aqueous = memory.input<double>(per), organic = memory.input<double>(per);
    const auto proton = memory.input<double>(per), extractant = memory.input<double>(per);
    const auto ln_h = memory.output<double>(per), ln_x = memory.output<double>(per);
    const auto residual = memory.output<double>(per);
    const auto iterations = memory.output<int>(per);
    const auto status = memory.output<ItemStatus>(per);
    memory.allocate();
    SpeciesLaw* laws = memory.host(law);
    RandomStream constants(20260102, batch, 1);
    for (std::size_t k = 0; k + 1 < c; ++k) {
      laws[k] = SpeciesLaw{};
      laws[k].c0 = std::log(10.0) * (-8.0 + 10.0 * constants.uniform());
      if (constants.uniform() < 0.25) {  // a divalent one
        laws[k].protons = laws[k].b0 = laws[k].dimers = laws[k].n = 2.0;
      }
    }
    laws[c - 1] = SpeciesLaw{};
    laws[c - 1].protons = laws[c - 1].b0 = 1.0;
    laws[c - 1].dimers = laws[c - 1].n = 0.5;
    laws[c - 1].c0 = -4.0 * std::log(10.0);
    std::vector<double> acid_in(per);
    for (std::size_t i = 0; i < per; ++i) {
      RandomStream random(20260102, batch * per + i, 2);
      const double a = std::exp(std::log(0.05) + random.uniform() * std::log(400.0));
      const double ext = std::exp(std::log(0.05) + random.uniform() * std::log(40.0));
      const double s = 0.6 * random.uniform();
      const double kind = random.uniform(), size = random.uniform();
      acid_in[i] = kind < 0.6   ? std::exp(std::log(1e-5) + size * std::log(6e5))
                   : kind < 0.8 ? 0.0
                                : -0.5 * size;
      memory.host(aqueous)[i] = a;
      memory.host(organic)[i] = 1.0;
      memory.host(extractant)[i] = ext;
      for (std::size_t k = 0; k + 1 < c; ++k) {
        memory.host(total)[k * per + i] =
            a * std::exp(std::log(1e-9) + random.uniform() * std::log(2e9));
      }
      memory.host(total)[(c - 1) * per + i] = 2.0 * s * ext;
      memory.host(proton)[i] = a * acid_in[i] - 2.0 * s * ext;
    }
    memory.upload();
    StageKernel::Args args;
    args.law = memory.device(law);
    args.total = memory.device(total);
    args.aqueous = memory.device(aqueous);
    args.organic = memory.device(organic);
    args.proton = memory.device(proton);
    args.extractant = memory.device(extractant);
    args.ln_h = memory.device(ln_h);
    args.ln_x = memory.device(ln_x);
    args.residual = memory.device(residual);
    args.iterations = memory.device(iterations);
    args.status = memory.device(status);
    args.stages = per;
    args.species = species;
    launch<StageKernel>(serial, StageKernel::items(per), args);
    memory.download();

    for (std::size_t i = 0; i < per; ++i) {
      if (memory.host(status)[i] != ItemStatus::ok) ++failures;
      most_iterations = std::max(most_iterations, memory.host(iterations)[i]);
      // The balances again, from the inputs alone.
      const double xi = memory.host(ln_x)[i], eta = memory.host(ln_h)[i];
      const double h = std::exp(eta), a = memory.host(aqueous)[i];
      double released = 0.0, bound = 0.0;
      for (std::size_t k = 0; k < c; ++k) {
        const double d = std::exp(laws[k].c0 + laws[k].dimers * xi - laws[k].protons * eta);
        const double y = memory.host(total)[k * per + i] * d / (a + d);
        released += laws[k].protons * y;
        bound += laws[k].dimers * y;
      }
      const double p = memory.host(proton)[i], ext = memory.host(extractant)[i];
      const double size = std::max({a * h, a * 1e-14 / h, released, std::fabs(p)});
      worst_proton = std::max(worst_proton, std::fabs(a * (h - 1e-14 / h) - released - p) / size);
      worst_extractant = std::max(worst_extractant, std::fabs(std::exp(xi) + bound - ext) / ext);
    }
  }
  EXPECT_EQ(failures, 0u);
  EXPECT_LE(worst_proton, 1e-12);
  EXPECT_LE(worst_extractant, 1e-12);
  RecordProperty("most_iterations", most_iterations);
}

/// A random circuit of two banks: extraction-scrub with feed, side draws, entrainment, E < 1;
/// strip.
Circuit random_circuit(std::uint64_t item) {
  RandomStream random(20260103, item, 1);
  const std::vector<std::string> names = {"La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Dy"};
  Circuit circuit;
  circuit.name = "random " + std::to_string(item);
  const std::size_t metals = 2 + static_cast<std::size_t>(random.uniform() * 6.0);
  for (std::size_t k = 0; k < metals; ++k) {
    Species s;
    s.name = names[k];
    s.log10_k = -4.7 + 0.6 * static_cast<double>(k) + 0.2 * random.normal();
    if (random.uniform() < 0.1) s.exponent = 2.47;
    circuit.species.push_back(s);
  }
  Species na;
  na.name = "Na";
  na.protons = 1.0;
  na.dimers = 0.5;
  na.log10_k = -4.0;
  circuit.species.push_back(na);
  const std::size_t c = circuit.species.size();
  Bank bank;
  bank.name = "extraction";
  const int n = 1 + static_cast<int>(random.uniform() * 15.0);
  const int m = 1 + static_cast<int>(random.uniform() * 10.0);
  bank.stages = n + m;
  const double s = 0.5 * random.uniform(), total = 0.2 + 0.8 * random.uniform();
  bank.organic_in = {0.5 + 4.0 * random.uniform(), std::vector<double>(c, 0.0), total * (1.0 - s)};
  bank.organic_in.molar[c - 1] = 2.0 * s * total;
  bank.aqueous_in = {0.1 + 0.4 * random.uniform(), std::vector<double>(c, 0.0),
                     0.1 + 3.0 * random.uniform(), 0.0};
  StageFeed feed;
  feed.name = "feed";
  feed.stage = n;
  feed.aqueous = {1.0, std::vector<double>(c, 0.0), 0.01 + 0.1 * random.uniform(), 0.0};
  for (std::size_t k = 0; k < metals; ++k) feed.aqueous.molar[k] = 0.3 * random.uniform();
  bank.feeds.push_back(feed);
  if (random.uniform() < 0.5) {
    StageDraw draw;
    draw.stage = 1 + static_cast<int>(random.uniform() * bank.stages);
    draw.aqueous_fraction = 0.3 * random.uniform();
    draw.organic_fraction = 0.3 * random.uniform();
    bank.draws.push_back(draw);
  }
  if (random.uniform() < 0.5) bank.murphree_efficiency = 0.6 + 0.4 * random.uniform();
  if (random.uniform() < 0.5) {
    bank.entrained_aqueous_fraction = 1e-3 * random.uniform();
    bank.entrained_organic_fraction = 1e-3 * random.uniform();
  }
  Bank strip;
  strip.name = "strip";
  strip.stages = 1 + static_cast<int>(random.uniform() * 6.0);
  strip.organic_from_previous = true;
  strip.aqueous_in = {0.2 + random.uniform(), std::vector<double>(c, 0.0),
                      1.0 + 5.0 * random.uniform(), 0.0};
  circuit.banks = {bank, strip};
  return circuit;
}

TEST(RandomCircuits, ConvergeAndCloseEverySpeciesProtonAndExtractant) {
  std::vector<Circuit> circuits;
  for (std::uint64_t i = 0; i < 400; ++i) circuits.push_back(random_circuit(i));

  const auto results = simulate(circuits, serial);

  double of_banks = 0.0, of_circuits = 0.0;
  for (const CircuitResult& result : results) {
    EXPECT_EQ(result.status, ItemStatus::ok) << result.name << ": " << result.status_text;
    for (const BankResult& bank : result.banks) {
      for (std::size_t k = 0; k < bank.closure_relative.size(); ++k) {
        of_banks = std::max(of_banks, bank.closure_relative[k]);
        EXPECT_LE(bank.closure_relative[k], 1e-12) << result.name << " " << bank.name << " " << k;
      }
      for (double x : bank.aqueous_molar) EXPECT_GE(x, 0.0);
      for (double y : bank.organic_molar) EXPECT_GE(y, 0.0);
    }
    for (double closure : result.closure_relative) {
      of_circuits = std::max(of_circuits, closure);
      EXPECT_LE(closure, 1e-12) << result.name;
    }
  }
  test::seen("largest_closure_of_a_bank", of_banks);
  test::seen("largest_closure_of_a_circuit", of_circuits);
}

TEST(RandomCircuits, CloseWithLoopDrawsEntrainmentAndEfficiencyAllOn) {
  std::vector<Circuit> circuits;
  for (std::uint64_t i = 0; i < 40; ++i) {
    RandomStream random(20260105, i, 1);
    Circuit circuit = random_circuit(1000 + i);
    circuit.organic_loop_closed = true;
    circuit.regeneration = {0.02, 0.1 + 0.3 * random.uniform(), "Na"};
    for (Bank& bank : circuit.banks) {
      bank.murphree_efficiency = 0.7 + 0.25 * random.uniform();
      bank.entrained_aqueous_fraction = 0.03 * random.uniform();
      bank.entrained_organic_fraction = 0.03 * random.uniform();
    }
    circuit.banks[0].draws.clear();
    StageDraw draw;
    draw.stage = 1 + static_cast<int>(random.uniform() * circuit.banks[0].stages);
    draw.aqueous_fraction = 0.1 * random.uniform();
    draw.organic_fraction = 0.05 * random.uniform();
    circuit.banks[0].draws.push_back(draw);
    circuits.push_back(circuit);
  }

  const auto results = simulate(circuits, serial);

  double of_banks = 0.0, of_circuits = 0.0;
  for (const CircuitResult& result : results) {
    EXPECT_EQ(result.status, ItemStatus::ok) << result.name << ": " << result.status_text;
    for (const BankResult& bank : result.banks) {
      for (std::size_t k = 0; k < bank.closure_relative.size(); ++k) {
        of_banks = std::max(of_banks, bank.closure_relative[k]);
        EXPECT_LE(bank.closure_relative[k], 1e-12) << result.name << " " << bank.name << " " << k;
      }
    }
    for (double closure : result.closure_relative) {
      of_circuits = std::max(of_circuits, closure);
      EXPECT_LE(closure, 1e-9) << result.name;
    }
  }
  test::seen("largest_closure_of_a_bank", of_banks);
  test::seen("largest_closure_of_a_circuit", of_circuits);
}

TEST(Bank, OrderOfTheElementsChangesNothing) {
  for (std::uint64_t i = 0; i < 40; ++i) {
    const Circuit circuit = random_circuit(i);
    Circuit reversed = circuit;
    const auto flip = [](std::vector<double>& v) { std::reverse(v.begin(), v.end()); };
    std::reverse(reversed.species.begin(), reversed.species.end());
    for (Bank& bank : reversed.banks) {
      flip(bank.aqueous_in.molar);
      flip(bank.organic_in.molar);
      for (StageFeed& feed : bank.feeds) flip(feed.aqueous.molar);
    }

    const auto a = simulate({circuit}, serial).front();
    const auto b = simulate({reversed}, serial).front();

    const std::size_t c = circuit.species.size();
    for (std::size_t p = 0; p < a.products.size(); ++p) {
      for (std::size_t k = 0; k < c; ++k) {
        const double here = a.products[p].molar_flow_mol_per_h[k];
        const double there = b.products[p].molar_flow_mol_per_h[c - 1 - k];
        EXPECT_NEAR(here, there, 1e-12 * a.fed_mol_per_h[k]) << i << " " << p << " " << k;
      }
    }
  }
}

TEST(Bank, SplittingAFeedInTwoChangesNothing) {
  for (std::uint64_t i = 0; i < 40; ++i) {
    const Circuit circuit = random_circuit(i);
    Circuit split = circuit;
    StageFeed half = split.banks[0].feeds[0];
    half.aqueous.flow_l_per_h *= 0.25;
    split.banks[0].feeds[0].aqueous.flow_l_per_h *= 0.75;
    split.banks[0].feeds.push_back(half);

    const auto a = simulate({circuit}, serial).front();
    const auto b = simulate({split}, serial).front();

    for (std::size_t p = 0; p < a.products.size(); ++p) {
      for (std::size_t k = 0; k < circuit.species.size(); ++k) {
        EXPECT_NEAR(a.products[p].molar_flow_mol_per_h[k], b.products[p].molar_flow_mol_per_h[k],
                    1e-12 * a.fed_mol_per_h[k])
            << i;
      }
    }
  }
}

TEST(Bank, ACircuitOfTheBatchDoesNotDependOnItsNeighbours) {
  std::vector<Circuit> circuits;
  for (std::uint64_t i = 0; i < 12; ++i) circuits.push_back(random_circuit(i));

  const auto together = simulate(circuits, serial);
  std::reverse(circuits.begin(), circuits.end());
  const auto backwards = simulate(circuits, make_engine("openmp", 3));

  for (std::size_t i = 0; i < circuits.size(); ++i) {
    const auto& a = together[i];
    const auto& b = backwards[circuits.size() - 1 - i];
    ASSERT_EQ(a.name, b.name);
    EXPECT_EQ(a.banks[0].aqueous_molar, b.banks[0].aqueous_molar);
    EXPECT_EQ(a.banks[1].organic_molar, b.banks[1].organic_molar);
  }
}

TEST(Limits, EqualConstantsSeparateNothing) {
  Circuit circuit = config::read_circuit(config("separation_casc_b.toml"));
  for (std::size_t k = 0; k < 3; ++k) circuit.species[k].log10_k = -2.0;

  const auto result = simulate({circuit}, serial).front();

  ASSERT_EQ(result.status, ItemStatus::ok) << result.status_text;
  const auto& recovery = result.products[0].recovery_fraction;
  EXPECT_NEAR(recovery[1] / recovery[0], 1.0, 1e-12);
  EXPECT_NEAR(recovery[2] / recovery[0], 1.0, 1e-12);
}

TEST(Limits, StrongAcidWithoutSaponificationExtractsNothing) {
  Circuit circuit = config::read_circuit(config("separation_casc_a.toml"));
  Bank& bank = circuit.banks[0];
  bank.organic_in.free_dimer_molar = 0.5;
  bank.organic_in.molar.assign(circuit.species.size(), 0.0);
  bank.feeds[0].aqueous.h_molar = 300.0;

  const auto result = simulate({circuit}, serial).front();

  ASSERT_EQ(result.status, ItemStatus::ok) << result.status_text;
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_NEAR(result.products[0].recovery_fraction[k], 1.0, 1e-7);
  }
}

TEST(Limits, ManyStagesReachThePinch) {
  // E = D O/A = 0.8 < 1: the extract cannot rise above D times the feed; n -> large takes 0.8.
  const auto result = simulate({test::constant_d_circuit({0.8}, 400, 1.0, 1.0)}, serial).front();

  ASSERT_EQ(result.status, ItemStatus::ok) << result.status_text;
  EXPECT_NEAR(result.products.back().recovery_fraction[0], 0.8, 1e-12);
}

TEST(Limits, MinimumScrubOfAConstantFlowCascadeIsWhereThePurityIsLost) {
  // beta 2, f_A 0.4: W_min = 1/(beta-1) = 1. Many stages cannot make up for 2 % less.
  const auto purity_b = [](double scrub) {
    return solve_constant_flow(2.0, 0.4, scrub + 0.4, scrub, 200, 200).raffinate_purity;
  };

  EXPECT_LT(purity_b(0.98), 0.999);
  EXPECT_GT(purity_b(1.02), 0.9999);
}

TEST(Jacobian, DistributionSlopesAreTheDifferenceQuotients) {
  RandomStream random(20260104, 0, 1);
  for (int i = 0; i < 200; ++i) {
    SpeciesLaw law;
    law.c0 = random.normal();
    law.n = 3.0 * random.uniform();
    law.b0 = 3.0 * random.uniform();
    law.b1 = random.uniform();
    law.b2 = 0.1 * random.normal();
    const double xi = -2.0 * random.uniform(), eta = -10.0 * random.uniform(), d = 1e-5;
    const auto at = [&](double a, double b) { return ln_distribution(law, a, b, std::exp(a)); };

    const double by_xi = (at(xi + d, eta) - at(xi - d, eta)) / (2.0 * d);
    const double by_eta = (at(xi, eta + d) - at(xi, eta - d)) / (2.0 * d);

    EXPECT_NEAR(by_xi, extractant_slope(law, eta, std::exp(xi)), 1e-7);
    EXPECT_NEAR(by_eta, -proton_slope(law, eta, std::exp(xi)), 1e-7);
  }
}

TEST(Loop, AClosedOrganicLoopReturnsToItself) {
  const auto circuit = config::read_circuit(config("separation_pc88a_light_heavy.toml"));

  const auto result = simulate({circuit}, serial).front();

  ASSERT_EQ(result.status, ItemStatus::ok) << result.status_text;
  EXPECT_LE(result.loop_change, 1e-13);
  for (double closure : result.closure_relative) EXPECT_LE(closure, 1e-12);
  EXPECT_NEAR(result.base_mol_per_h, 0.36 * 0.75 / 0.5 * 156.5, 1e-6);
  EXPECT_EQ(result.worst_evidence, EvidenceClass::memory);
}

TEST(Loop, RefluxOfStripLiquorRaisesItsPurityAndCloses) {
  auto circuit = config::read_circuit(config("separation_casc_b.toml"));
  const auto open = simulate({circuit}, serial).front();
  circuit.returns.push_back({"strip", "extraction-scrub", 14, 0.05});

  const auto result = simulate({circuit}, serial).front();

  ASSERT_EQ(result.status, ItemStatus::ok) << result.status_text;
  EXPECT_GT(result.loop_iterations, 2);
  for (double closure : result.closure_relative) EXPECT_LE(closure, 1e-12);
  EXPECT_NE(open.products[1].purity_fraction[2], result.products[1].purity_fraction[2]);
}

}  // namespace
