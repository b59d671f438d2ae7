#pragma once

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/roofline.hpp"

/// Google Benchmark face of roofline.hpp: every case on every engine that can run here, and a main.
namespace gadolin::bench {

inline const Peaks& peaks_of(const Engine& engine) {
  static std::map<std::pair<EngineKind, int>, Peaks> known;
  const std::pair<EngineKind, int> key{engine.kind, engine.threads};
  const auto found = known.find(key);
  return found != known.end() ? found->second : known[key] = measure_peaks(engine);
}

inline void measure(benchmark::State& state, const Case& test, const Engine& engine,
                    std::size_t items) {
  const Peaks& peaks = peaks_of(engine);
  const Workload work = test.make(engine, items);
  work.run();
  double best = 1e300, best_cpu = 1e300;
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t start_cpu = std::clock();
    work.run();
    best_cpu = std::min(best_cpu, static_cast<double>(std::clock() - start_cpu) / CLOCKS_PER_SEC);
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = std::min(best, seconds);
    state.SetIterationTime(seconds);
  }
  state.counters[test.item_name + "_per_s"] = work.items / best;
  // Per second of processor time, all threads together: what other load leaves nearly untouched.
  state.counters[test.item_name + "_per_cpu_s"] = work.items / best_cpu;
  state.counters["gflop_per_cpu_s"] = work.flops / best_cpu * 1e-9;
  state.counters["gflop_per_s"] = work.flops / best * 1e-9;
  state.counters["gbyte_per_s"] = (work.bytes_read + work.bytes_written) / best * 1e-9;
  state.counters["roofline_fraction"] = roofline_fraction(work, best, peaks);
  state.counters["fma_peak_gflop_per_s"] = peaks.flops_per_s * 1e-9;
  state.counters["triad_gbyte_per_s"] = peaks.bytes_per_s * 1e-9;
}

inline int run_google_benchmarks(const Cases& cases, int argc, char** argv) {
  EngineRuntime runtime;
  benchmark::Initialize(&argc, argv);
  benchmark::AddCustomContext("cuda", describe_cuda_device());
  benchmark::AddCustomContext("kokkos", describe_kokkos());
  std::vector<Engine> engines;
  for (EngineKind kind : available_engines()) engines.push_back(make_engine(to_string(kind)));
  for (const Case& test : cases) {
    for (const Engine& engine : engines) {
      for (std::size_t items : test.sizes) {
        const std::string name = test.name + "/" + to_string(engine.kind) + "_" +
                                 std::to_string(engine.threads) + "/" + std::to_string(items);
        benchmark::RegisterBenchmark(
            name.c_str(),
            [test, engine, items](benchmark::State& state) { measure(state, test, engine, items); })
            ->UseManualTime()
            ->Unit(benchmark::kMillisecond);
      }
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace gadolin::bench

#define GADOLIN_BENCHMARKS(cases)                                      \
  int main(int argc, char** argv) {                                    \
    return gadolin::bench::run_google_benchmarks((cases), argc, argv); \
  }
