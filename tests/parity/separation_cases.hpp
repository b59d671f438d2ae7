#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "kernels/exec/batch_memory.hpp"
#include "kernels/exec/launch.hpp"
#include "kernels/numeric/random.hpp"
#include "kernels/separation/bank_kernel.hpp"
#include "kernels/separation/stage_kernel.hpp"
#include "tests/parity/parity.hpp"

/// Parity cases of kernels/separation. Engines agree to 1e-9 above 1e-12 mol/L.
namespace gadolin::parity {

namespace separation_detail {

using namespace gadolin::separation;

inline SpeciesLaw cation(double log10_k, double p, double q) {
  SpeciesLaw law;
  law.protons = law.b0 = p;
  law.dimers = law.n = q;
  law.c0 = std::log(10.0) * log10_k;
  return law;
}

inline Outputs stages(const Engine& engine, std::size_t n) {
  constexpr std::size_t c = 5;
  BatchMemory memory(engine);
  const auto law = memory.input<SpeciesLaw>(c);
  const auto total = memory.input<double>(c * n);
  const auto aqueous = memory.input<double>(n), organic = memory.input<double>(n);
  const auto proton = memory.input<double>(n), extractant = memory.input<double>(n);
  const auto ln_h = memory.output<double>(n), ln_x = memory.output<double>(n);
  const auto residual = memory.output<double>(n);
  const auto iterations = memory.output<int>(n);
  const auto status = memory.output<ItemStatus>(n);
  memory.allocate();
  const double log10_k[] = {-4.7, -2.9, -0.6, 1.0, -4.0};
  for (std::size_t k = 0; k < c; ++k) {
    memory.host(law)[k] = k + 1 < c ? cation(log10_k[k], 3.0, 3.0) : cation(log10_k[k], 1.0, 0.5);
  }
  for (std::size_t i = 0; i < n; ++i) {
    RandomStream random(7, i, 1);
    memory.host(aqueous)[i] = 0.1 + 2.0 * random.uniform();
    memory.host(organic)[i] = 1.0;
    memory.host(extractant)[i] = i % 13 == 5 ? -1.0 : 0.1 + random.uniform();
    for (std::size_t k = 0; k + 1 < c; ++k) {
      memory.host(total)[k * n + i] = std::exp(-8.0 + 7.0 * random.uniform());
    }
    const double base = std::fabs(memory.host(extractant)[i]) * random.uniform();
    memory.host(total)[(c - 1) * n + i] = base;
    memory.host(proton)[i] = memory.host(aqueous)[i] * 0.5 * random.uniform() - base;
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
  args.stages = n;
  args.species = static_cast<int>(c);
  launch<StageKernel>(engine, StageKernel::items(n), args);
  memory.download();
  Outputs out;
  out.status(memory.host(status), n);
  out.column("ln_h", memory.host(ln_h), n, 1, 1e-10, 1e-10);
  out.column("ln_x", memory.host(ln_x), n, 1, 1e-10, 1e-10);
  return out;
}

/// Extraction-scrub banks of 2 to 9 stages and 2 to 5 species; every 11th has no extractant, some
/// have side draws, entrainment and bypass.
inline Outputs banks(const Engine& engine, std::size_t n) {
  constexpr std::size_t most_stages = 9, most_species = 5, cells = most_stages * most_species;
  BatchMemory memory(engine);
  const auto shape = memory.input<BankShape>(n);
  const auto law = memory.input<SpeciesLaw>(n * most_species);
  const auto flows = memory.input<StageFlows>(n * most_stages);
  const auto feed_a = memory.input<double>(n * cells), feed_o = memory.input<double>(n * cells);
  const auto ln_h = memory.output<double>(n * most_stages);
  const auto ln_x = memory.output<double>(n * most_stages);
  const auto x = memory.output<double>(n * cells), y = memory.output<double>(n * cells);
  const auto outcome = memory.output<BankOutcome>(n);
  memory.allocate();
  for (std::size_t i = 0; i < n; ++i) {
    RandomStream random(7, i, 2);
    BankShape s;
    s.stages = static_cast<std::int32_t>(2 + i % 8);
    s.species = static_cast<std::int32_t>(2 + i % 4);
    s.law_at = i * most_species;
    s.stage_at = i * most_stages;
    s.cell_at = i * cells;
    memory.host(shape)[i] = s;
    const auto c = static_cast<std::size_t>(s.species), stages = static_cast<std::size_t>(s.stages);
    for (std::size_t k = 0; k < c; ++k) {
      memory.host(law)[s.law_at + k] =
          k + 1 < c ? cation(-4.5 + 0.9 * static_cast<double>(k) + 0.2 * random.normal(), 3.0, 3.0)
                    : cation(-4.0, 1.0, 0.5);
    }
    const double organic = 1.0 + 2.0 * random.uniform(), scrub = 0.2, extractant = 0.5;
    const double saponified = 0.4 * random.uniform(), scrub_h = 1.0 + random.uniform();
    const std::size_t feed_stage = stages / 2;  // 0-based
    const double feed_h = 0.05;
    double feed_charge = feed_h;
    for (std::size_t k = 0; k + 1 < c; ++k) {
      const double molar = 0.2 * random.uniform();
      memory.host(feed_a)[s.cell_at + feed_stage * c + k] = molar;  // 1 L/h
      feed_charge += 3.0 * molar;
    }
    memory.host(feed_o)[s.cell_at + c - 1] = organic * 2.0 * saponified * extractant;
    const double bypass = i % 3 == 1 ? 0.2 : 0.0, drawn = i % 5 == 2 ? 0.1 : 0.0;
    double volume = 0.0, charge = 0.0;
    for (std::size_t j = stages; j-- > 0;) {
      if (j + 1 == stages) {
        volume += scrub;
        charge += scrub * scrub_h;
      }
      if (j == feed_stage) {
        volume += 1.0;
        charge += feed_charge;
      }
      StageFlows w;
      w.aqueous_drawn = drawn * volume;
      w.aqueous_down = volume - w.aqueous_drawn;
      w.organic = organic;
      w.bypass = bypass;
      w.organic_pool = organic * (1.0 - bypass);
      w.charge = charge / volume;
      w.extractant = i % 11 == 4 ? 0.0 : extractant;
      memory.host(flows)[s.stage_at + j] = w;
      charge *= 1.0 - drawn;
      volume *= 1.0 - drawn;
    }
  }
  memory.upload();
  BankArgs args;
  args.shape = memory.device(shape);
  args.law = memory.device(law);
  args.flows = memory.device(flows);
  args.aqueous_feed = memory.device(feed_a);
  args.organic_feed = memory.device(feed_o);
  args.start_ln_h = nullptr;
  args.start_ln_x = nullptr;
  args.ln_h = memory.device(ln_h);
  args.ln_x = memory.device(ln_x);
  args.x = memory.device(x);
  args.y = memory.device(y);
  args.outcome = memory.device(outcome);
  args.max_stages = static_cast<std::int32_t>(most_stages);
  args.max_species = static_cast<std::int32_t>(most_species);
  launch<BankKernel>(engine, n, args);
  memory.download();
  std::vector<ItemStatus> statuses(n);
  for (std::size_t i = 0; i < n; ++i) statuses[i] = memory.host(outcome)[i].status;
  Outputs out;
  out.status(statuses.data(), n);
  out.column("x", memory.host(x), n, cells, 1e-9, 1e-12);
  out.column("y", memory.host(y), n, cells, 1e-9, 1e-12);
  out.column("ln_h", memory.host(ln_h), n, most_stages, 1e-9, 1e-9);
  return out;
}

}  // namespace separation_detail

inline Cases separation_cases() {
  Cases cases;
  cases.push_back({"separation::stage", separation_detail::stages, false, 0});
  cases.push_back({"separation::bank", separation_detail::banks, false, 33});
  return cases;
}

}  // namespace gadolin::parity
