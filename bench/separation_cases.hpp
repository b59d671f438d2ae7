#pragma once

#include <cmath>
#include <cstddef>
#include <memory>
#include <string>

#include "bench/roofline.hpp"
#include "kernels/exec/launch.hpp"
#include "kernels/numeric/random.hpp"
#include "kernels/separation/bank_kernel.hpp"
#include "kernels/separation/stage_kernel.hpp"

/// Benchmark cases of kernels/separation. Flops are counted on what the run did: iterations are
/// read back from one run, exp and log count 20 flop each.
namespace gadolin::bench {

namespace separation_detail {

using namespace gadolin::separation;

inline SpeciesLaw cation(double log10_k, double p, double q) {
  SpeciesLaw law;
  law.protons = law.b0 = p;
  law.dimers = law.n = q;
  law.c0 = std::log(10.0) * log10_k;
  return law;
}

inline Workload stages(const Engine& engine, std::size_t n, std::size_t c) {
  auto memory = std::make_shared<BatchMemory>(engine);
  const auto law = memory->input<SpeciesLaw>(c);
  const auto total = memory->input<double>(c * n);
  const auto aqueous = memory->input<double>(n), organic = memory->input<double>(n);
  const auto proton = memory->input<double>(n), extractant = memory->input<double>(n);
  const auto ln_h = memory->output<double>(n), ln_x = memory->output<double>(n);
  const auto residual = memory->output<double>(n);
  const auto iterations = memory->output<int>(n);
  const auto status = memory->output<ItemStatus>(n);
  memory->allocate();
  for (std::size_t k = 0; k < c; ++k) {
    memory->host(law)[k] =
        k + 1 < c ? cation(-4.7 + 0.4 * static_cast<double>(k), 3.0, 3.0) : cation(-4.0, 1.0, 0.5);
  }
  for (std::size_t i = 0; i < n; ++i) {
    RandomStream random(9, i, 1);
    memory->host(aqueous)[i] = 0.2 + 2.0 * random.uniform();
    memory->host(organic)[i] = 1.0;
    memory->host(extractant)[i] = 0.2 + random.uniform();
    for (std::size_t k = 0; k + 1 < c; ++k) {
      memory->host(total)[k * n + i] = 0.1 * random.uniform();
    }
    const double base = 0.6 * memory->host(extractant)[i];
    memory->host(total)[(c - 1) * n + i] = base;
    memory->host(proton)[i] = memory->host(aqueous)[i] * 0.1 - base;
  }
  memory->upload();
  StageKernel::Args args;
  args.law = memory->device(law);
  args.total = memory->device(total);
  args.aqueous = memory->device(aqueous);
  args.organic = memory->device(organic);
  args.proton = memory->device(proton);
  args.extractant = memory->device(extractant);
  args.ln_h = memory->device(ln_h);
  args.ln_x = memory->device(ln_x);
  args.residual = memory->device(residual);
  args.iterations = memory->device(iterations);
  args.status = memory->device(status);
  args.stages = n;
  args.species = static_cast<int>(c);
  launch<StageKernel>(engine, StageKernel::items(n), args);
  memory->download();
  double count = 0.0;
  for (std::size_t i = 0; i < n; ++i) count += memory->host(iterations)[i] + 1.0;
  Workload work;
  work.items = static_cast<double>(n);
  work.flops = count * static_cast<double>(c) * (40.0 + 2.0 * 20.0);
  work.bytes_read = static_cast<double>(n) * 8.0 * (static_cast<double>(c) + 4.0);
  work.bytes_written = static_cast<double>(n) * 32.0;
  work.run = [=] { launch<StageKernel>(engine, StageKernel::items(n), args); };
  work.memory = memory;
  return work;
}

/// Extraction-scrub banks of 15 rare earths and Na, feed in the middle; designs differ in flow,
/// scrub acid and constants.
inline Workload banks(const Engine& engine, std::size_t n, std::size_t stages, std::size_t c) {
  auto memory = std::make_shared<BatchMemory>(engine);
  const std::size_t cells = stages * c;
  const auto shape = memory->input<BankShape>(n);
  const auto law = memory->input<SpeciesLaw>(n * c);
  const auto flows = memory->input<StageFlows>(n * stages);
  const auto feed_a = memory->input<double>(n * cells), feed_o = memory->input<double>(n * cells);
  const auto ln_h = memory->output<double>(n * stages), ln_x = memory->output<double>(n * stages);
  const auto x = memory->output<double>(n * cells), y = memory->output<double>(n * cells);
  const auto outcome = memory->output<BankOutcome>(n);
  memory->allocate();
  for (std::size_t i = 0; i < n; ++i) {
    RandomStream random(9, i, 2);
    BankShape s;
    s.stages = static_cast<std::int32_t>(stages);
    s.species = static_cast<std::int32_t>(c);
    s.law_at = i * c;
    s.stage_at = i * stages;
    s.cell_at = i * cells;
    memory->host(shape)[i] = s;
    for (std::size_t k = 0; k < c; ++k) {
      memory->host(law)[s.law_at + k] =
          k + 1 < c ? cation(-4.7 + 0.4 * static_cast<double>(k) + 0.05 * random.normal(), 3.0, 3.0)
                    : cation(-4.0, 1.0, 0.5);
    }
    const double organic = 1.5 + 0.3 * random.uniform(), scrub = 0.2, extractant = 0.75;
    const double scrub_h = 2.5 + random.uniform();
    const std::size_t middle = stages / 2;
    double feed_charge = 0.02;
    for (std::size_t k = 0; k + 1 < c; ++k) {
      const double molar = 0.9 / static_cast<double>(c) * (0.5 + random.uniform());
      memory->host(feed_a)[s.cell_at + middle * c + k] = molar;
      feed_charge += 3.0 * molar;
    }
    memory->host(feed_o)[s.cell_at + c - 1] = organic * 2.0 * 0.36 * extractant;
    for (std::size_t j = 0; j < stages; ++j) {
      StageFlows w;
      const bool extraction = j <= middle;
      w.aqueous_down = extraction ? 1.0 + scrub : scrub;
      w.organic = w.organic_pool = organic;
      w.charge = extraction ? (feed_charge + scrub * scrub_h) / (1.0 + scrub) : scrub_h;
      w.extractant = extractant;
      memory->host(flows)[s.stage_at + j] = w;
    }
  }
  memory->upload();
  BankArgs args;
  args.shape = memory->device(shape);
  args.law = memory->device(law);
  args.flows = memory->device(flows);
  args.aqueous_feed = memory->device(feed_a);
  args.organic_feed = memory->device(feed_o);
  args.ln_h = memory->device(ln_h);
  args.ln_x = memory->device(ln_x);
  args.x = memory->device(x);
  args.y = memory->device(y);
  args.outcome = memory->device(outcome);
  args.max_stages = static_cast<std::int32_t>(stages);
  args.max_species = static_cast<std::int32_t>(c);
  launch<BankKernel>(engine, n, args);
  memory->download();
  double iterations = 0.0;
  for (std::size_t i = 0; i < n; ++i) iterations += memory->host(outcome)[i].newton;
  const double b = static_cast<double>(c) + 2.0, m = static_cast<double>(c);
  Workload work;
  work.items = static_cast<double>(n);
  // LU with c + 1 right sides, and one transport (exp, 40 flop) per species and stage.
  work.flops = iterations * static_cast<double>(stages) *
               (2.0 / 3.0 * b * b * b + 2.0 * b * b * (m + 1.0) + m * 60.0);
  work.bytes_read = static_cast<double>(n * (stages * sizeof(StageFlows) + 16 * cells));
  work.bytes_written = static_cast<double>(n * (16 * stages + 16 * cells));
  work.run = [=] { launch<BankKernel>(engine, n, args); };
  work.memory = memory;
  return work;
}

}  // namespace separation_detail

inline Cases separation_cases() {
  Cases cases;
  cases.push_back({"separation::stage/16",
                   "stages",
                   {1024, 16384, 131072},
                   [](const Engine& engine, std::size_t n) {
                     return separation_detail::stages(engine, n, 16);
                   }});
  cases.push_back(
      {"separation::bank/26x5", "banks", {64, 512}, [](const Engine& engine, std::size_t n) {
         return separation_detail::banks(engine, n, 26, 5);
       }});
  cases.push_back(
      {"separation::bank/60x16", "banks", {16, 128}, [](const Engine& engine, std::size_t n) {
         return separation_detail::banks(engine, n, 60, 16);
       }});
  return cases;
}

}  // namespace gadolin::bench
