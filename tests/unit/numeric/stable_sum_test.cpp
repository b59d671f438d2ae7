#include "kernels/numeric/stable_sum.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace gadolin {
namespace {

TEST(StableSum, KeepsWhatALargeTermWouldSwallow) {
  StableSum sum;
  for (double x : {1.0, 1e100, 1.0, -1e100}) sum.add(x);  // Neumaier's own example

  EXPECT_EQ(sum.value(), 2.0);
}

TEST(StableSum, TenMillionTenthsAreOneMillion) {
  StableSum sum;
  double plain = 0.0;
  for (int i = 0; i < 10000000; ++i) {
    sum.add(0.1);
    plain += 0.1;
  }

  EXPECT_NEAR(sum.value(), 1e6, 2e-10);
  EXPECT_GT(std::fabs(plain - 1e6), 1e-5);
}

TEST(StableSum, NothingSumsToZero) { EXPECT_EQ(StableSum().value(), 0.0); }

}  // namespace
}  // namespace gadolin
