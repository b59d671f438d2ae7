#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "bench/roofline.hpp"
#include "bench/separation_designs.hpp"
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

/// Random extraction-scrub designs (separation_designs.hpp), cold.
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
    BankShape s;
    s.stages = static_cast<std::int32_t>(stages);
    s.species = static_cast<std::int32_t>(c);
    s.law_at = i * c;
    s.stage_at = i * stages;
    s.cell_at = i * cells;
    memory->host(shape)[i] = s;
    write_design(random_design(i, s.stages, s.species), s.species, memory->host(law) + s.law_at,
                 memory->host(flows) + s.stage_at, memory->host(feed_a) + s.cell_at,
                 memory->host(feed_o) + s.cell_at);
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
  double solves = 0.0;
  std::size_t retried = 0, failed = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const BankOutcome& o = memory->host(outcome)[i];
    solves += o.stage_solves;
    retried += o.fallbacks > 0 ? 1u : 0u;
    failed += o.status == ItemStatus::ok ? 0u : 1u;
  }
  std::fprintf(stderr, "%zux%zu: %zu designs, %zu retried, %zu failed\n", stages, c, n, retried,
               failed);
  const double b = static_cast<double>(c) + 2.0, m = static_cast<double>(c);
  Workload work;
  work.items = static_cast<double>(n);
  // LU (2/3 b^3), forward on diagonal right sides (1/3 b^3), backward (b^2 (m + 1)), the rows
  // (4 m^2), and one transport (exp, 40 flop) per species.
  work.flops = solves * (b * b * b + b * b * (m + 1.0) + 4.0 * m * m + 60.0 * m);
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
  const std::size_t shapes[][2] = {{26, 5},   {60, 16}, {10, 16}, {20, 16}, {40, 16},
                                   {100, 16}, {60, 4},  {60, 8},  {60, 12}};
  for (const auto& shape : shapes) {
    const std::size_t stages = shape[0], species = shape[1];
    cases.push_back({"separation::bank/" + std::to_string(stages) + "x" + std::to_string(species),
                     "banks",
                     stages == 60 && species == 16 ? std::vector<std::size_t>{4, 64, 1024}
                                                   : std::vector<std::size_t>{256},
                     [=](const Engine& engine, std::size_t n) {
                       return separation_detail::banks(engine, n, stages, species);
                     }});
  }
  return cases;
}

}  // namespace gadolin::bench
