#include "kernels/exec/pack.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace gadolin {
namespace {

using P4 = Pack<double, 4>;

double exp_of(double x) { return exp(P4(x))[2]; }

TEST(Pack, LoadStoreArithmeticAndSumAreLaneByLane) {
  const double a[5] = {0.0, 1.0, 2.0, 3.0, 4.0};
  double out[5] = {-1.0, -1.0, -1.0, -1.0, -1.0};

  const P4 x = P4::load(a + 1);  // not aligned
  (x * P4(2.0) + P4(1.0) - x / P4(2.0)).store(out + 1);

  EXPECT_EQ(out[0], -1.0);
  EXPECT_EQ(out[1], 2.5);
  EXPECT_EQ(out[4], 7.0);
  EXPECT_EQ(x.sum(), 10.0);
  EXPECT_EQ(fma(x, x, P4(1.0))[3], 17.0);
  EXPECT_EQ(sqrt(x * x)[2], 3.0);
  EXPECT_EQ(P4().sum(), 0.0);
}

TEST(Pack, ExpIsWithinTwoUlpLikeErrorOverItsRange) {
  double worst = 0.0, worst_at = 0.0;
  // Long double is the reference: 64-bit mantissa here.
  for (int i = 0; i <= 1417000; ++i) {
    const double x = -708.0 + 1e-3 * i;
    const long double exact = std::exp(static_cast<long double>(x));
    const double error = static_cast<double>(std::fabs((exp_of(x) - exact) / exact));
    if (error > worst) {
      worst = error;
      worst_at = x;
    }
  }

  EXPECT_LT(worst, 2e-15) << "at " << worst_at;
}

TEST(Pack, ExpNearZeroIsAccurate) {
  EXPECT_EQ(exp_of(0.0), 1.0);
  EXPECT_EQ(exp_of(-0.0), 1.0);
  for (double x : {1e-300, -1e-300, 1e-17, -1e-17, 1e-8, -1e-8}) {
    EXPECT_NEAR(exp_of(x), std::exp(x), 3e-16) << x;
  }
}

TEST(Pack, ExpBeyondItsRangeIsZeroInfinityOrNan) {
  const double infinity = std::numeric_limits<double>::infinity();

  EXPECT_GT(exp_of(-708.0), 0.0);
  EXPECT_EQ(exp_of(std::nextafter(-708.0, -infinity)), 0.0);
  EXPECT_EQ(exp_of(-1e6), 0.0);
  EXPECT_EQ(exp_of(-infinity), 0.0);
  EXPECT_LT(exp_of(709.0), infinity);
  EXPECT_EQ(exp_of(710.0), infinity);
  EXPECT_EQ(exp_of(infinity), infinity);
  EXPECT_TRUE(std::isnan(exp_of(std::nan(""))));
}

TEST(Pack, ExpLanesDoNotDisturbEachOther) {
  const double x[4] = {-1e9, 0.5, std::nan(""), 800.0};
  const P4 y = exp(P4::load(x));

  EXPECT_EQ(y[0], 0.0);
  EXPECT_NEAR(y[1], std::exp(0.5), 4e-16);
  EXPECT_TRUE(std::isnan(y[2]));
  EXPECT_TRUE(std::isinf(y[3]));
}

TEST(Pack, WidthOneIsThePlainScalar) {
  const Pack<double, 1> x(2.0);

  EXPECT_EQ(exp(x)[0], std::exp(2.0));
  EXPECT_EQ(sqrt(x)[0], std::sqrt(2.0));
  EXPECT_EQ((x * x + x - x / x).sum(), 5.0);
}

}  // namespace
}  // namespace gadolin
