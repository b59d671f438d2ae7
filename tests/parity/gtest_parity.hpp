#pragma once

#include <string>

#include <gtest/gtest.h>

#include "tests/parity/parity.hpp"

/// GoogleTest face of parity.hpp: one test per case and engine. An engine that cannot run here is
/// skipped with its reason.
namespace gadolin::parity {

struct TestCase {
  Case kernel;
  Candidate candidate;
  bool serial_alone = false;
};

inline std::vector<TestCase> test_cases(const Cases& cases) {
  std::vector<TestCase> list;
  for (const Case& kernel : cases) {
    list.push_back({kernel, {"serial", {}, ""}, true});
    // Labels only: engines are made when the test runs, after Kokkos has started.
    for (const char* label :
         {"openmp_1", "openmp_3", "kokkos", "thread_team_2", "thread_team_4", "cuda"}) {
      list.push_back({kernel, {label, {}, ""}, false});
    }
  }
  return list;
}

inline void PrintTo(const TestCase& test, std::ostream* out) {
  *out << test.kernel.name << " on " << test.candidate.label;
}

inline std::string test_name(const testing::TestParamInfo<TestCase>& info) {
  std::string name = info.param.kernel.name + "_on_" + info.param.candidate.label;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

inline void run_test(const TestCase& test) {
  std::vector<std::string> mismatches;
  if (test.serial_alone) {
    mismatches = check_serial(test.kernel);
  } else {
    for (const Candidate& candidate : candidates()) {
      if (candidate.label != test.candidate.label) continue;
      if (!candidate.absent.empty()) GTEST_SKIP() << candidate.absent;
      mismatches = check_engine(test.kernel, candidate.engine);
    }
  }
  std::string all;
  for (const auto& text : mismatches) all += "\n  " + text;
  EXPECT_TRUE(mismatches.empty()) << test.kernel.name << all;
}

}  // namespace gadolin::parity

#define GADOLIN_PARITY_TESTS(Domain, cases)                                                      \
  class Domain##Parity : public testing::TestWithParam<gadolin::parity::TestCase> {};            \
  TEST_P(Domain##Parity, EveryEngineAgreesWithSerial) { gadolin::parity::run_test(GetParam()); } \
  INSTANTIATE_TEST_SUITE_P(Kernels, Domain##Parity,                                              \
                           testing::ValuesIn(gadolin::parity::test_cases(cases)),                \
                           gadolin::parity::test_name);
