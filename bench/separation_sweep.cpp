/// A sweep of random extraction-scrub designs through the batch door, to see speed, failures,
/// closure and memory:
///   gadolin_separation_sweep DESIGNS [THREADS [STAGES]]

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "bench/separation_designs.hpp"
#include "models/separation/batch.hpp"

namespace {

using namespace gadolin;
using namespace gadolin::separation;

constexpr int metals = bench::designs_detail::elements;
constexpr std::size_t species = metals + 1;

DesignProblem problem() {
  const std::vector<std::string> names = {"La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb",
                                          "Dy", "Ho", "Y",  "Er", "Tm", "Yb", "Lu", "Na"};
  DesignProblem p;
  Circuit& circuit = p.circuit;
  circuit.name = "sweep";
  for (std::size_t k = 0; k < species; ++k) {
    Species s;
    s.name = names[k];
    if (k + 1 == species) {
      s.protons = 1.0;
      s.dimers = 0.5;
    }
    circuit.species.push_back(s);
  }
  Bank bank;
  bank.name = "extraction-scrub";
  bank.stages = 60;
  bank.organic_in = {10.0, std::vector<double>(species, 0.0), 0.5};
  bank.aqueous_in = {1.0, std::vector<double>(species, 0.0), 3.0, 0.0};
  StageFeed feed;
  feed.name = "feed";
  feed.stage = 30;
  feed.aqueous = {1.0, std::vector<double>(species, 0.01), 0.01, 0.0};
  feed.aqueous.molar[species - 1] = 0.0;
  bank.feeds.push_back(feed);
  circuit.banks.push_back(bank);
  using Q = DesignQuantity;
  p.variables = {{Q::stages, 0, 0, -1},       {Q::feed_stage, 0, 0, -1},
                 {Q::feed_acid, 0, 0, -1},    {Q::organic_flow, 0, 0, -1},
                 {Q::extractant, 0, 0, -1},   {Q::saponified_fraction, 0, 0, -1},
                 {Q::aqueous_flow, 0, 0, -1}, {Q::aqueous_acid, 0, 0, -1}};
  for (int k = 0; k < metals; ++k) p.variables.push_back({Q::feed_molar, 0, 0, k});
  for (int k = 0; k <= metals; ++k) p.variables.push_back({Q::log10_k, 0, 0, k});
  return p;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}
double peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t designs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 4096;
  const int threads = argc > 2 ? std::atoi(argv[2]) : 1;
  const int stages = argc > 3 ? std::atoi(argv[3]) : 60;
  const DesignProblem p = problem();
  const std::size_t width = p.variables.size();
  std::size_t ok = 0, retried = 0, stalled = 0, refused = 0, next = 1;
  double closure = 0.0, iterations = 0.0;
  const auto start = std::chrono::steady_clock::now();
  const double cpu = cpu_seconds();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  solve_designs(
      p, designs,
      [&](std::size_t first, std::size_t count, double* to) {
        for (std::size_t i = 0; i < count; ++i, to += width) {
          const auto d = bench::random_design(first + i, stages, static_cast<int>(species));
          const double head[] = {static_cast<double>(stages),
                                 d.feed_stage + 1.0,
                                 d.feed_acid,
                                 d.organic,
                                 d.extractant,
                                 d.saponified,
                                 d.scrub,
                                 d.scrub_acid};
          std::copy(std::begin(head), std::end(head), to);
          std::copy(d.feed_molar, d.feed_molar + metals, to + 8);
          std::copy(d.log10_k, d.log10_k + species, to + 8 + metals);
        }
      },
      [&](const DesignBlock& block) {
        for (std::size_t i = 0; i < block.count; ++i) {
          ok += block.status[i] == ItemStatus::ok;
          stalled += block.status[i] == ItemStatus::not_converged;
          refused += block.status[i] == ItemStatus::out_of_range;
          retried += (block.flags[i] & flag_retried) != 0;
          iterations += block.iterations[i];
          if (block.status[i] == ItemStatus::ok) {
            closure = std::max(closure, block.closure_relative[i]);
          }
        }
        const std::size_t done = block.first + block.count;
        if (done * 10 < designs * next && done < designs) return;
        while (done * 10 >= designs * next) ++next;
        std::printf(
            "%9zu designs  %8.1f s  %8.1f s CPU  peak %6.1f MiB  retried %zu  stalled %zu\n", done,
            seconds(), cpu_seconds() - cpu, peak_mib(), retried, stalled);
        std::fflush(stdout);
      },
      make_engine("openmp", threads));
  const double n = static_cast<double>(designs);
  std::printf(
      "%d stages x %zu species, %zu designs, %d threads: %.1f designs/s, %.1f per CPU second\n",
      stages, species, designs, threads, n / seconds(), n / (cpu_seconds() - cpu));
  std::printf(
      "converged %zu, retried %zu, not converged %zu, out of range %zu; Newton %.1f a design; "
      "worst closure %.2e\n",
      ok, retried, stalled, refused, iterations / n, closure);
  return stalled == 0 ? 0 : 4;
}
