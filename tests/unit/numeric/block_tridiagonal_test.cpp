#include "kernels/numeric/block_tridiagonal.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "kernels/exec/team.hpp"

namespace gadolin {
namespace {

constexpr SingleLane lane;

TEST(Tridiagonal, SolvesTheSecondDifferenceByHand) {
  // -u'' = 1 on five points: u_i = i (6 - i) / 2.
  double lower[5] = {9, -1, -1, -1, -1}, diagonal[5] = {2, 2, 2, 2, 2};
  double upper[5] = {-1, -1, -1, -1, 9}, x[5] = {1, 1, 1, 1, 1};

  EXPECT_EQ(tridiagonal_solve(5, lower, diagonal, upper, x), ItemStatus::ok);

  const double expected[5] = {2.5, 4.0, 4.5, 4.0, 2.5};
  for (int i = 0; i < 5; ++i) EXPECT_NEAR(x[i], expected[i], 1e-14);
}

TEST(Tridiagonal, VanishingPivotIsSingularAndEmptyIsFine) {
  double lower[2] = {0, 1}, diagonal[2] = {1, 1}, upper[2] = {1, 0}, x[2] = {1, 1};

  EXPECT_EQ(tridiagonal_solve(2, lower, diagonal, upper, x), ItemStatus::singular);
  EXPECT_EQ(tridiagonal_solve(0, lower, diagonal, upper, x), ItemStatus::ok);
}

TEST(BlockTridiagonal, BlocksOfOneAgreeWithTheScalarSolver) {
  double lower[5] = {9, -1, -1, -1, -1}, diagonal[5] = {2, 2, 2, 2, 2};
  double upper[5] = {-1, -1, -1, -1, 9}, x[5] = {1, 1, 1, 1, 1};
  int pivots[1];

  const auto result = block_tridiagonal_solve(lane, 5, 1, lower, diagonal, upper, x, pivots);

  EXPECT_EQ(result.status, ItemStatus::ok);
  const double expected[5] = {2.5, 4.0, 4.5, 4.0, 2.5};
  for (int i = 0; i < 5; ++i) EXPECT_NEAR(x[i], expected[i], 1e-14);
}

TEST(BlockTridiagonal, ZeroDiagonalNeedsAndGetsRowExchanges) {
  // One block [0 2; 3 0] x = (4, 9).
  double lower[4] = {}, diagonal[4] = {0, 2, 3, 0}, upper[4] = {}, x[2] = {4, 9};
  int pivots[2];

  const auto result = block_tridiagonal_solve(lane, 1, 2, lower, diagonal, upper, x, pivots);

  EXPECT_EQ(result.status, ItemStatus::ok);
  EXPECT_EQ(x[0], 3.0);
  EXPECT_EQ(x[1], 2.0);
}

TEST(BlockTridiagonal, TwoBlocksByHand) {
  // Unknowns (1, 2), (3, 4): D0 = [2 0; 0 2], U0 = [0 1; 1 0], L1 = I, D1 = [3 1; 1 3].
  double lower[8] = {0, 0, 0, 0, 1, 0, 0, 1};
  double diagonal[8] = {2, 0, 0, 2, 3, 1, 1, 3};
  double upper[8] = {0, 1, 1, 0, 0, 0, 0, 0};
  double x[4] = {2 + 4, 4 + 3, 1 + 9 + 4, 2 + 3 + 12};
  int pivots[2];

  const auto result = block_tridiagonal_solve(lane, 2, 2, lower, diagonal, upper, x, pivots);

  EXPECT_EQ(result.status, ItemStatus::ok);
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(x[i], i + 1.0, 1e-15);
}

TEST(BlockTridiagonal, SingularBlockIsNamed) {
  // The second diagonal block becomes 0 after elimination: D1 - L1 D0^-1 U0.
  double lower[2] = {0, 1}, diagonal[2] = {1, 1}, upper[2] = {1, 0}, x[2] = {1, 1};
  int pivots[1];

  const auto result = block_tridiagonal_solve(lane, 2, 1, lower, diagonal, upper, x, pivots);

  EXPECT_EQ(result.status, ItemStatus::singular);
  EXPECT_EQ(result.failed_block, 1);
}

}  // namespace
}  // namespace gadolin
