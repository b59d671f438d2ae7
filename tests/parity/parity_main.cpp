// Parity of every kernel without GoogleTest: engines that can run here against serial.
//   gadolin_parity [--engine NAME]     NAME as cuda, openmp_3, kokkos, thread_team_4; default: all
// Prints one line per kernel and engine. Exit code 0: all agree; 1: a mismatch; 3: the engine asked
// for cannot run here.
#include <cstdio>
#include <cstring>
#include <string>

#include "tests/parity/numeric_cases.hpp"
#include "tests/parity/parity.hpp"
#if __has_include("tests/parity/diffraction_cases.hpp")
#include "tests/parity/diffraction_cases.hpp"
#define GADOLIN_DIFFRACTION_CASES 1
#endif
#if __has_include("tests/parity/separation_cases.hpp")
#include "tests/parity/separation_cases.hpp"
#define GADOLIN_SEPARATION_CASES 1
#endif

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// The OpenMP runtime is not instrumented: what it does inside itself must not be reported.
extern "C" const char* __tsan_default_options() { return "ignore_noninstrumented_modules=1"; }
#endif
#endif

int main(int argc, char** argv) {
  using namespace gadolin::parity;
  const std::string wanted = argc == 3 && std::strcmp(argv[1], "--engine") == 0 ? argv[2] : "";
  gadolin::EngineRuntime runtime;
  Cases cases = numeric_cases();
#if defined(GADOLIN_DIFFRACTION_CASES)
  for (auto& test : diffraction_cases()) cases.push_back(test);
#endif
#if defined(GADOLIN_SEPARATION_CASES)
  for (auto& test : separation_cases()) cases.push_back(test);
#endif

  int compared = 0, failed = 0, absent = 0;
  const auto report = [&](const std::string& kernel, const std::string& engine,
                          const std::vector<std::string>& mismatches) {
    ++compared;
    std::printf("%-36s %-14s %s\n", kernel.c_str(), engine.c_str(),
                mismatches.empty() ? "agrees" : "DIFFERS");
    for (const auto& text : mismatches) std::printf("    %s\n", text.c_str());
    if (!mismatches.empty()) ++failed;
    std::fflush(stdout);
  };
  for (const Case& test : cases) {
    if (wanted.empty()) report(test.name, "serial", check_serial(test));
  }
  for (const Candidate& candidate : candidates()) {
    if (!wanted.empty() && candidate.label != wanted) continue;
    if (!candidate.absent.empty()) {
      ++absent;
      std::printf("%-36s %-14s SKIPPED: %s\n", "(all kernels)", candidate.label.c_str(),
                  candidate.absent.c_str());
      continue;
    }
    for (const Case& test : cases) {
      report(test.name, candidate.label, check_engine(test, candidate.engine));
    }
  }
  std::printf("%d compared, %d differ, %d engines absent; sizes 0 1 31 33 1000\n", compared, failed,
              absent);
  if (failed > 0) return 1;
  return !wanted.empty() && compared == 0 ? 3 : 0;
}
