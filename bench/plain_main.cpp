// Benchmarks of every kernel without Google Benchmark.
//   gadolin_bench_plain [--engine NAME] [--threads N] [--markdown]
// Prints, per case and size, items/s, GFLOP/s, GB/s and the share of the roof, with the FMA and
// triad peaks measured in this run. Without --engine: every engine that can run here. Exit code 3:
// the engine asked for cannot run here.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "bench/numeric_cases.hpp"
#include "bench/roofline.hpp"
#if __has_include("bench/diffraction_cases.hpp")
#include "bench/diffraction_cases.hpp"
#define GADOLIN_DIFFRACTION_CASES 1
#endif
#if __has_include("bench/separation_cases.hpp")
#include "bench/separation_cases.hpp"
#define GADOLIN_SEPARATION_CASES 1
#endif

int main(int argc, char** argv) {
  using namespace gadolin;
  std::string wanted;
  int threads = 0;
  bool markdown = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--markdown") == 0) {
      markdown = true;
    } else if (std::strcmp(argv[i], "--engine") == 0 && i + 1 < argc) {
      wanted = argv[++i];
    } else if (std::strcmp(argv[i], "--threads") == 0 && i + 1 < argc) {
      threads = std::atoi(argv[++i]);
    } else {
      std::fprintf(stderr, "usage: %s [--engine NAME] [--threads N] [--markdown]\n", argv[0]);
      return 2;
    }
  }

  EngineRuntime runtime;
  std::vector<Engine> engines;
  try {
    if (!wanted.empty()) {
      engines.push_back(make_engine(wanted, threads));
    } else {
      for (EngineKind kind : available_engines()) {
        engines.push_back(make_engine(to_string(kind), threads));
      }
    }
  } catch (const EngineUnavailable& reason) {
    std::fprintf(stderr, "%s\n", reason.what());
    return 3;
  }

  bench::Cases cases = bench::numeric_cases();
#if defined(GADOLIN_DIFFRACTION_CASES)
  for (auto& test : bench::diffraction_cases()) cases.push_back(test);
#endif
#if defined(GADOLIN_SEPARATION_CASES)
  for (auto& test : bench::separation_cases()) cases.push_back(test);
#endif

  const char* head =
      markdown ? "| %s | %s | %s | %s | %s | %s | %s |\n" : "%-36s %-12s %9s %14s %10s %9s %9s\n";
  const char* line = markdown ? "| %s | %s | %zu | %.4g %s/s | %.3g | %.3g | %.3f |\n"
                              : "%-36s %-12s %9zu %9.4g %s/s %9.3g %9.3g %9.3f\n";
  std::printf(markdown ? "cuda device: %s\n\n" : "cuda device: %s\n",
              describe_cuda_device().c_str());
  std::vector<bench::Peaks> peaks;
  for (const Engine& engine : engines) {
    peaks.push_back(bench::measure_peaks(engine));
    std::printf("peaks of %s, %d threads: FMA %.1f GFLOP/s, triad %.1f GB/s\n",
                to_string(engine.kind), engine.threads, peaks.back().flops_per_s * 1e-9,
                peaks.back().bytes_per_s * 1e-9);
  }
  std::printf("\n");
  std::printf(head, "kernel", "engine", "items", "rate", "GFLOP/s", "GB/s", "roofline_fraction");
  if (markdown) std::printf("| --- | --- | --- | --- | --- | --- | --- |\n");
  for (const auto& test : cases) {
    for (std::size_t e = 0; e < engines.size(); ++e) {
      for (std::size_t items : test.sizes) {
        const bench::Workload work = test.make(engines[e], items);
        const double seconds = bench::best_seconds(work.run);
        const std::string label =
            std::string(to_string(engines[e].kind)) + "_" + std::to_string(engines[e].threads);
        std::printf(line, test.name.c_str(), label.c_str(), items, work.items / seconds,
                    test.item_name.c_str(), work.flops / seconds * 1e-9,
                    (work.bytes_read + work.bytes_written) / seconds * 1e-9,
                    bench::roofline_fraction(work, seconds, peaks[e]));
        std::fflush(stdout);
      }
    }
  }
  return 0;
}
