#include "models/diffraction/quantify.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace gadolin::diffraction {
namespace {

TEST(WeightFractions, FollowHillAndHoward) {
  // 2*10 : 1*60 = 1 : 3
  const auto w = weight_fractions({2.0, 1.0}, {0, 0, 0, 0}, {10.0, 60.0});

  EXPECT_NEAR(w.weight_fraction[0], 0.25, 1e-15);
  EXPECT_NEAR(w.weight_fraction[1], 0.75, 1e-15);
}

TEST(WeightFractions, StatisticalVarianceIsTheDeltaMethod) {
  // W1 = a/(a+b): var = W1^2 W2^2 (va/a^2 + vb/b^2) for independent scales.
  const auto w = weight_fractions({2.0, 1.0}, {0.04, 0, 0, 0.01}, {10.0, 60.0});
  const double expected = 0.25 * 0.25 * 0.75 * 0.75 * (0.04 / 4.0 + 0.01);

  EXPECT_NEAR(w.covariance_stat[0], expected, 1e-15);
  EXPECT_NEAR(w.covariance_stat[3], expected, 1e-15);
  EXPECT_NEAR(w.covariance_stat[1], -expected, 1e-15);
}

TEST(WeightFractions, CommonScaleErrorsCancel) {
  // Fully correlated, equal relative errors: fractions do not move.
  const auto w = weight_fractions({2.0, 1.0}, {0.04, 0.02, 0.02, 0.01}, {10.0, 60.0});

  EXPECT_NEAR(w.covariance_stat[0], 0.0, 1e-15);
}

TEST(WeightFractions, TotalCovarianceKeepsTheSumAtOne) {
  const auto w =
      weight_fractions({2.0, 1.0, 0.5}, {0.04, 0, 0, 0, 0.01, 0, 0, 0, 0.01}, {10.0, 60.0, 30.0});
  for (std::size_t p = 0; p < 3; ++p) {
    double row = 0.0;
    for (std::size_t q = 0; q < 3; ++q) row += w.covariance_total[p * 3 + q];
    EXPECT_NEAR(row, 0.0, 1e-15);
    EXPECT_GE(w.covariance_total[p * 4], w.covariance_stat[p * 4] + 0.003 * 0.003 * 0.999);
  }
}

TEST(WeightFractions, WithoutAnyIntensityAreZeroNotNan) {
  const auto w = weight_fractions({0.0, 0.0}, {0, 0, 0, 0}, {10.0, 60.0});

  EXPECT_EQ(w.weight_fraction[0], 0.0);
  EXPECT_EQ(w.covariance_total[0], 0.0);
}

}  // namespace
}  // namespace gadolin::diffraction
