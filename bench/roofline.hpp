#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/exec/batch_memory.hpp"
#include "kernels/exec/engine.hpp"
#include "kernels/numeric/peak_rates.hpp"

/// Benchmarks as data, so that a Google Benchmark program (google_bench.hpp) and a plain one
/// (plain_main.cpp, for machines with only a compiler and the CUDA toolkit) run the same cases.
///
/// A domain writes bench/<domain>_cases.hpp with
///     namespace gadolin::bench { inline Cases <domain>_cases() { ... } }
/// and bench/<domain>/<domain>_bench.cpp with
///     #include "bench/<domain>_cases.hpp"
///     #include "bench/google_bench.hpp"
///     GADOLIN_BENCHMARKS(gadolin::bench::<domain>_cases())
/// roofline_fraction = achieved flop rate / min(FMA peak, flops/bytes * triad bandwidth), both
/// peaks measured in the same run, on the same engine and number of threads.
namespace gadolin::bench {

/// One prepared measurement: run() launches the kernel once, inputs already on the device.
struct Workload {
  double items = 0.0;
  double flops = 0.0;          ///< useful flops of one run
  double bytes_read = 0.0;     ///< from memory, counted once
  double bytes_written = 0.0;  ///< to memory, counted once
  std::function<void()> run;
  std::shared_ptr<void> memory;  ///< whatever run() needs kept alive
};

struct Case {
  std::string name;       ///< "domain::kernel/shape"
  std::string item_name;  ///< "patterns", "stages"
  std::vector<std::size_t> sizes;
  std::function<Workload(const Engine&, std::size_t n_items)> make;
};
using Cases = std::vector<Case>;

struct Peaks {
  double flops_per_s = 0.0;
  double bytes_per_s = 0.0;
};

/// Best time of one call [s]: at least 3 calls and 0.2 s, at most 2 s or 1000 calls.
inline double best_seconds(const std::function<void()>& run) {
  using Clock = std::chrono::steady_clock;
  run();  // warm: memory, threads, clocks
  double best = 1e300, total = 0.0;
  for (int call = 0; call < 1000; ++call) {
    const auto start = Clock::now();
    run();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = std::min(best, seconds);
    total += seconds;
    if ((call >= 2 && total > 0.2) || total > 2.0) break;
  }
  return best;
}

/// FMA and triad peaks of an engine, measured now (about 1 s).
inline Peaks measure_peaks(const Engine& engine) {
  Peaks peaks;
  {
    const bool device = engine.kind == EngineKind::cuda;
    const std::size_t items = device ? 4096 : 64 * static_cast<std::size_t>(engine.threads);
    BatchMemory memory(engine);
    auto values = memory.output<double>(items), flops = memory.output<double>(items);
    memory.allocate();
    const FmaPeakKernel::Args args{device ? 4000 : 40000, memory.device(values),
                                   memory.device(flops)};
    const double seconds = best_seconds([&] { launch<FmaPeakKernel>(engine, items, args); });
    memory.download();
    double done = 0.0;
    for (std::size_t i = 0; i < items; ++i) done += memory.host(flops)[i];
    peaks.flops_per_s = done / seconds;
  }
  {
    // 100 MB per array: past every cache here; a device has more bandwidth and gets the same.
    const std::size_t length = 16384, items = 800;
    BatchMemory memory(engine);
    auto a = memory.local<double>(items * length), b = memory.local<double>(items * length),
         c = memory.local<double>(items * length);
    memory.allocate();
    const TriadKernel::Args args{length, 3.0, memory.device(b), memory.device(c), memory.device(a)};
    const double seconds = best_seconds([&] { launch<TriadKernel>(engine, items, args); });
    peaks.bytes_per_s = 24.0 * static_cast<double>(items * length) / seconds;
  }
  return peaks;
}

/// Share of the roof reached: 1 is the best this machine can do for this intensity.
inline double roofline_fraction(const Workload& work, double seconds, const Peaks& peaks) {
  const double bytes = work.bytes_read + work.bytes_written;
  if (work.flops <= 0.0) return bytes / seconds / peaks.bytes_per_s;
  const double intensity = bytes > 0.0 ? work.flops / bytes : 1e300;
  const double roof = std::min(peaks.flops_per_s, intensity * peaks.bytes_per_s);
  return work.flops / seconds / roof;
}

}  // namespace gadolin::bench
