#include "kernels/numeric/cholesky.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace gadolin {
namespace {

constexpr SingleLane lane;

TEST(Cholesky, SolvesAndInvertsAThreeByThreeByHand) {
  // A = L L' with L = [2 0 0; 1 2 0; 1 1 2]; upper triangle deliberately wrong: it is not read.
  double a[9] = {4, 99, 99, 2, 5, 99, 2, 3, 6};
  double scale[3], x[3] = {8, 10, 11}, inverse[9];  // b = A (1, 1, 1)

  EXPECT_EQ(cholesky_factor(lane, 3, a, scale), ItemStatus::ok);
  cholesky_solve(lane, 3, a, scale, x);
  cholesky_inverse(lane, 3, a, scale, inverse);

  for (double value : x) EXPECT_NEAR(value, 1.0, 1e-15);
  const double expected[9] = {21, -6, -4, -6, 20, -8, -4, -8, 16};  // adjugate, determinant 64
  for (int e = 0; e < 9; ++e) EXPECT_NEAR(inverse[e], expected[e] / 64.0, 1e-16) << e;
}

TEST(Cholesky, OneByOneAndEmpty) {
  double a[1] = {4.0}, scale[1], x[1] = {2.0};
  EXPECT_EQ(cholesky_factor(lane, 1, a, scale), ItemStatus::ok);
  cholesky_solve(lane, 1, a, scale, x);
  EXPECT_EQ(x[0], 0.5);
  EXPECT_EQ(cholesky_factor(lane, 0, a, scale), ItemStatus::ok);
}

TEST(Cholesky, UnitsThirtyDecadesApartDoNotMatter) {
  // diag(1e-15, 1e15) times a well-conditioned matrix from both sides.
  const double s[2] = {1e-15, 1e15};
  double a[4] = {2 * s[0] * s[0], 0, 1 * s[1] * s[0], 2 * s[1] * s[1]};
  double scale[2], x[2] = {3 * s[0], 3 * s[1]};

  EXPECT_EQ(cholesky_factor(lane, 2, a, scale), ItemStatus::ok);
  cholesky_solve(lane, 2, a, scale, x);

  EXPECT_NEAR(x[0] * s[0], 1.0, 1e-15);
  EXPECT_NEAR(x[1] * s[1], 1.0, 1e-15);
}

TEST(Cholesky, ParameterWithoutInformationIsHeldAndHasNoVariance) {
  double a[9] = {4, 0, 0, 0, 0, 0, 1, 0, 9};
  double scale[3], x[3] = {4, 7, 1}, inverse[9];

  EXPECT_EQ(cholesky_factor(lane, 3, a, scale), ItemStatus::singular);
  cholesky_solve(lane, 3, a, scale, x);
  cholesky_inverse(lane, 3, a, scale, inverse);

  EXPECT_TRUE(cholesky_moves(3, a, 0));
  EXPECT_FALSE(cholesky_moves(3, a, 1));
  EXPECT_TRUE(cholesky_moves(3, a, 2));
  EXPECT_NEAR(x[0], 1.0, 1e-15);
  EXPECT_EQ(x[1], 0.0);
  EXPECT_NEAR(x[2], 0.0, 1e-15);
  EXPECT_NEAR(inverse[0], 9.0 / 35.0, 1e-16);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(inverse[3 + i], 0.0);
    EXPECT_EQ(inverse[3 * i + 1], 0.0);
  }
}

TEST(Cholesky, RepeatedParameterIsHeldAndTheOthersSolved) {
  // Columns: u, v, u + v, with |u| = |v| = 1, u.v = 0: the third repeats the first two.
  double a[16] = {1, 0, 0, 0, 0, 1, 0, 0, 1, 1, 2, 0, 0, 0, 0, 4};
  double scale[4], x[4] = {3, 5, 8, 8};

  EXPECT_EQ(cholesky_factor(lane, 4, a, scale), ItemStatus::singular);
  cholesky_solve(lane, 4, a, scale, x);

  EXPECT_FALSE(cholesky_moves(4, a, 2));
  EXPECT_NEAR(x[0], 3.0, 1e-15);
  EXPECT_NEAR(x[1], 5.0, 1e-15);
  EXPECT_EQ(x[2], 0.0);
  EXPECT_NEAR(x[3], 2.0, 1e-15);
}

TEST(Cholesky, PivotToleranceDecidesWhatCountsAsMoved) {
  const double overlap = std::sqrt(1.0 - 1e-6);  // second pivot 1e-6
  for (const double tolerance : {1e-7, 1e-5}) {
    double a[4] = {1, 0, overlap, 1}, scale[2];
    const ItemStatus status = cholesky_factor(lane, 2, a, scale, tolerance);
    EXPECT_EQ(status, tolerance < 1e-6 ? ItemStatus::ok : ItemStatus::singular) << tolerance;
  }
}

TEST(Cholesky, NegativeDiagonalAndNotANumberAreHeldNotSpread) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {nan, infinity, -1.0}) {
    double a[9] = {4, 0, 0, 1, bad, 0, 0, 1, 9};
    double scale[3], x[3] = {4, 1, 9}, inverse[9];

    EXPECT_EQ(cholesky_factor(lane, 3, a, scale), ItemStatus::singular) << bad;
    cholesky_solve(lane, 3, a, scale, x);
    cholesky_inverse(lane, 3, a, scale, inverse);

    EXPECT_FALSE(cholesky_moves(3, a, 1)) << bad;
    EXPECT_NEAR(x[0], 1.0, 1e-15) << bad;
    EXPECT_EQ(x[1], 0.0) << bad;
    EXPECT_NEAR(x[2], 1.0, 1e-15) << bad;
    EXPECT_NEAR(inverse[8], 1.0 / 9.0, 1e-16) << bad;
  }
}

}  // namespace
}  // namespace gadolin
