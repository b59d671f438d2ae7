#include "kernels/numeric/nnls.hpp"

#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace gadolin {
namespace {

constexpr SingleLane lane;

ItemStatus solve(int n, const std::vector<double>& gram, const std::vector<double>& rhs,
                 std::vector<double>& x) {
  x.assign(static_cast<std::size_t>(n), -1.0);
  std::vector<double> scratch(nnls_scratch_doubles(n));
  return nnls(lane, n, gram.data(), rhs.data(), x.data(), scratch.data());
}

TEST(Nnls, PositiveSolutionIsTheOrdinaryOne) {
  std::vector<double> x;

  EXPECT_EQ(solve(2, {2, 1, 1, 2}, {4, 5}, x), ItemStatus::ok);
  EXPECT_NEAR(x[0], 1.0, 1e-15);
  EXPECT_NEAR(x[1], 2.0, 1e-15);
}

TEST(Nnls, NegativeUnknownRestsAtZeroAndTheOtherIsRefitted) {
  std::vector<double> x;

  // Free minimum (1, -1); with x1 = 0 the first becomes 1/2.
  EXPECT_EQ(solve(2, {2, 1, 1, 2}, {1, -1}, x), ItemStatus::ok);
  EXPECT_NEAR(x[0], 0.5, 1e-15);
  EXPECT_EQ(x[1], 0.0);
}

TEST(Nnls, AllSlopesNegativeGivesZero) {
  std::vector<double> x;

  EXPECT_EQ(solve(2, {2, 1, 1, 2}, {-1, -3}, x), ItemStatus::ok);
  EXPECT_EQ(x, (std::vector<double>{0.0, 0.0}));
}

TEST(Nnls, UnknownThatEnteredFirstCanLeaveAgain) {
  // The third column is close to the sum of the others and steepest, but not needed at the end:
  // columns e1, e2, (1, 1, 0.5); b = (1, 1, -0.2).
  const std::vector<double> gram{1, 0, 1, 0, 1, 1, 1, 1, 2.25};
  std::vector<double> x;

  EXPECT_EQ(solve(3, gram, {1, 1, 1.9}, x), ItemStatus::ok);
  EXPECT_NEAR(x[0], 1.0, 1e-14);
  EXPECT_NEAR(x[1], 1.0, 1e-14);
  EXPECT_EQ(x[2], 0.0);
}

TEST(Nnls, RepeatedColumnIsMinimisedAndAnEmptyOneReported) {
  std::vector<double> x;

  EXPECT_EQ(solve(2, {1, 1, 1, 1}, {2, 2}, x), ItemStatus::ok);
  EXPECT_NEAR(x[0] + x[1], 2.0, 1e-15);
  EXPECT_EQ(solve(2, {1, 0, 0, 0}, {2, 0}, x), ItemStatus::singular);
  EXPECT_NEAR(x[0], 2.0, 1e-15);
  EXPECT_EQ(x[1], 0.0);
}

TEST(Nnls, ValuesThatAreNotFiniteAreOutOfRange) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> x;

  EXPECT_EQ(solve(2, {1, 0, 0, nan}, {1, 1}, x), ItemStatus::out_of_range);
  EXPECT_EQ(solve(2, {1, 0, 0, 1}, {nan, 1}, x), ItemStatus::out_of_range);
  EXPECT_EQ(x, (std::vector<double>{0.0, 0.0}));
}

}  // namespace
}  // namespace gadolin
