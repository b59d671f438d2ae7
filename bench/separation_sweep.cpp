/// A sweep of random extraction-scrub designs through the batch door, to see speed, failures,
/// closure and memory:
///   gadolin_separation_sweep DESIGNS [THREADS [STAGES]]
/// With 0 threads every design is solved alone by simulate(), three times, and the CPU time of the
/// fastest counts: what one answer costs.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <sys/resource.h>

#include "bench/separation_rows.hpp"
#include "models/separation/batch.hpp"
#include "models/separation/simulate.hpp"

namespace {

using namespace gadolin;
using namespace gadolin::separation;

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

/// CPU time of every design alone; 0 if all converged.
int solve_alone(std::size_t designs, int stages) {
  const DesignProblem p = bench::row_problem();
  std::vector<double> row(p.variables.size()), milliseconds(designs);
  std::vector<std::size_t> order(designs);
  std::size_t above = 0, retried = 0, stalled = 0;
  double sum = 0.0;
  for (std::size_t i = 0; i < designs; ++i) {
    bench::write_row(i, stages, row.data());
    const std::vector<Circuit> circuit = {design_circuit(p, row.data())};
    double best = 1e300;
    for (int repeat = 0; repeat < 3; ++repeat) {
      const double start = cpu_seconds();
      const auto result = simulate(circuit, Engine{});
      best = std::min(best, 1e3 * (cpu_seconds() - start));
      if (repeat > 0) continue;
      retried += result.front().banks.front().retried;
      if (result.front().status != ItemStatus::ok) {
        ++stalled;
        std::printf("not converged: design %zu\n", i);
      }
    }
    order[i] = i;
    milliseconds[i] = best;
    sum += best;
    above += best > 5.0;
  }
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return milliseconds[a] < milliseconds[b]; });
  const auto part = [&](double q) {
    return milliseconds[order[static_cast<std::size_t>(q * static_cast<double>(designs - 1))]];
  };
  std::printf(
      "%zu designs alone, %d stages x %zu species, CPU ms: least %.3f mean %.3f median %.3f 90 %% "
      "%.3f 99 %% %.3f 99.9 %% %.3f most %.3f (design %zu); above 5 ms: %zu; retried %zu, not "
      "converged %zu\n",
      designs, stages, bench::row_species, part(0.0), sum / static_cast<double>(designs), part(0.5),
      part(0.9), part(0.99), part(0.999), part(1.0), order.back(), above, retried, stalled);
  return stalled == 0 ? 0 : 4;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t designs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 4096;
  const int threads = argc > 2 ? std::atoi(argv[2]) : 1;
  const int stages = argc > 3 ? std::atoi(argv[3]) : 60;
  if (threads == 0) return solve_alone(designs, stages);
  const DesignProblem p = bench::row_problem();
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
        for (std::size_t i = 0; i < count; ++i) bench::write_row(first + i, stages, to + i * width);
      },
      [&](const DesignBlock& block) {
        for (std::size_t i = 0; i < block.count; ++i) {
          ok += block.status[i] == ItemStatus::ok;
          if (block.status[i] == ItemStatus::not_converged) {
            ++stalled;
            std::printf("not converged: design %zu\n", block.first + i);
          }
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
      "%d stages x %zu species, %zu designs, %d threads: %.1f designs/s, %.1f per CPU second, "
      "threads busy %.3f\n",
      stages, bench::row_species, designs, threads, n / seconds(), n / (cpu_seconds() - cpu),
      (cpu_seconds() - cpu) / (seconds() * threads));
  std::printf(
      "converged %zu, retried %zu, not converged %zu, out of range %zu; Newton %.1f a design; "
      "worst closure %.2e\n",
      ok, retried, stalled, refused, iterations / n, closure);
  return stalled == 0 ? 0 : 4;
}
