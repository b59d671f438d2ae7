#include "models/origin/pattern.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "kernels/numeric/special_functions.hpp"
#include "models/core/pattern_index.hpp"

namespace gadolin::origin {
namespace {

TEST(Contrasts, AreOrthonormalAndSumToZero) {
  for (int n : {2, 3, 9, 15}) {
    const auto v = contrasts(n);
    for (int a = 0; a + 1 < n; ++a) {
      double sum = 0.0;
      for (int i = 0; i < n; ++i) sum += v[static_cast<std::size_t>(a * n + i)];
      EXPECT_NEAR(sum, 0.0, 1e-14);
      for (int b = 0; b + 1 < n; ++b) {
        double dot = 0.0;
        for (int i = 0; i < n; ++i) {
          dot += v[static_cast<std::size_t>(a * n + i)] * v[static_cast<std::size_t>(b * n + i)];
        }
        EXPECT_NEAR(dot, a == b ? 1.0 : 0.0, 1e-14);
      }
    }
  }
}

TEST(LogPattern, KeepsTheFourStatesApart) {
  const std::vector<Quantity> contents = {{2.0, 0.2, 0.0, ValueState::measured, true},
                                          {0.0, 0.0, 0.5, ValueState::below_lod, false},
                                          {9.0, 0.0, 0.0, ValueState::above_range, false},
                                          {},
                                          {0.0, 0.0, 0.0, ValueState::measured, false}};
  std::vector<std::string> refused;

  const auto p = log_pattern({"Ce", "Tm", "Nd", "Pr", "Y"}, contents, 0.05, &refused);

  ASSERT_EQ(p.measured, std::vector<int>{1});
  EXPECT_NEAR(p.log_value[0], std::log(2.0), 1e-15);
  EXPECT_NEAR(p.u_log[0], std::sqrt(std::log(1.01)), 1e-12);
  EXPECT_EQ(p.bounded, (std::vector<int>{3, 11}));
  EXPECT_EQ(p.side, (std::vector<int>{1, -1}));
  EXPECT_EQ(refused, std::vector<std::string>{"Y"});
}

TEST(PatternIndex, EuropiumAnomalyOfOneHalf) {
  const auto q = [](double v) { return Quantity{v, 0.1 * v, 0.0, ValueState::measured, true}; };

  const Quantity a = anomaly_index(q(2.0), q(4.0), q(4.0), 1.0, 1.0, 1.0);

  EXPECT_DOUBLE_EQ(a.value, 0.5);
  EXPECT_NEAR(a.u_value, 0.5 * 0.1 * std::sqrt(1.5), 1e-12);
  EXPECT_EQ(anomaly_index(q(2.0), Quantity{}, q(4.0), 1, 1, 1).state, ValueState::not_measured);
}

TEST(SpecialFunctions, AgreeWithPrintedTables) {
  // Upper 5 % points of chi-square, Abramowitz & Stegun table 26.8.
  EXPECT_NEAR(chi_square_upper_tail(3.84146, 1), 0.05, 1e-6);
  EXPECT_NEAR(chi_square_upper_tail(18.3070, 10), 0.05, 1e-6);
  EXPECT_NEAR(chi_square_upper_tail(43.7729, 30), 0.05, 1e-6);
  EXPECT_NEAR(incomplete_beta(2.0, 3.0, 0.5), 0.6875, 1e-13);            // 11/16 in closed form
  EXPECT_NEAR(log_normal_distribution(-40.0), -804.608442013754, 1e-9);  // 40-digit value
  EXPECT_NEAR(log_normal_distribution(-34.999999), log_normal_distribution(-35.000001), 1e-4);
}

}  // namespace
}  // namespace gadolin::origin
