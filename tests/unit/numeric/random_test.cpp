#include "kernels/numeric/random.hpp"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

namespace gadolin {
namespace {

void expect_block(const std::uint32_t (&counter)[4], std::uint32_t key0, std::uint32_t key1,
                  const std::uint32_t (&expected)[4]) {
  std::uint32_t block[4] = {counter[0], counter[1], counter[2], counter[3]};
  philox4x32_10(block, key0, key1);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(block[i], expected[i]) << "word " << i;
}

// Random123 1.14, tests/kat_vectors, lines "philox4x32 10".
TEST(Philox, KnownAnswersOfRandom123) {
  expect_block({0, 0, 0, 0}, 0, 0, {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u});
  expect_block({0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu}, 0xffffffffu, 0xffffffffu,
               {0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu});
  expect_block({0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}, 0xa4093822u, 0x299f31d0u,
               {0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u});
}

TEST(RandomStream, WordsAreThePhiloxBlocksOfSeedItemAndPurpose) {
  RandomStream random(0x0123456789abcdefull, 0xfedcba9876543210ull, 77);
  for (std::uint32_t block = 0; block < 3; ++block) {
    std::uint32_t counter[4] = {block, 77, 0x76543210u, 0xfedcba98u};
    philox4x32_10(counter, 0x89abcdefu, 0x01234567u);
    for (const std::uint32_t word : counter) EXPECT_EQ(random.bits32(), word);
  }
}

TEST(RandomStream, SeedItemAndPurposeEachMakeAnotherStream) {
  std::set<std::uint32_t> first;
  for (std::uint64_t seed : {1, 2}) {
    for (std::uint64_t item : {std::uint64_t{3}, std::uint64_t{3} << 32}) {
      for (std::uint32_t purpose : {5, 6}) first.insert(RandomStream(seed, item, purpose).bits32());
    }
  }
  EXPECT_EQ(first.size(), 8u);
}

TEST(RandomStream, UniformNeverReachesItsEnds) {
  RandomStream random(1, 1, 1);
  double least = 1.0, most = 0.0;
  for (int i = 0; i < 100000; ++i) {
    const double u = random.uniform();
    least = std::min(least, u);
    most = std::max(most, u);
  }
  EXPECT_GT(least, 0.0);
  EXPECT_LT(most, 1.0);
  EXPECT_LT(least, 1e-4);
  EXPECT_GT(most, 1.0 - 1e-4);
}

// Abramowitz & Stegun table 26.5 and R 4.2 qnorm(), 15 figures.
TEST(NormalQuantile, TabulatedValues) {
  EXPECT_EQ(normal_quantile(0.5), 0.0);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-15);
  EXPECT_NEAR(normal_quantile(0.025), -1.959963984540054, 1e-15);
  EXPECT_NEAR(normal_quantile(0.75), 0.6744897501960817, 1e-15);
  EXPECT_NEAR(normal_quantile(1e-10), -6.361340902404056, 1e-14);
  EXPECT_NEAR(normal_quantile(1e-16), -8.222082216130435, 1e-14);
}

TEST(NormalQuantile, InvertsTheErrorFunction) {
  for (double p = 1e-12; p < 0.999; p = p < 0.01 ? p * 1.7 : p + 0.0137) {
    const double back = 0.5 * std::erfc(-normal_quantile(p) / std::sqrt(2.0));
    EXPECT_NEAR(back, p, 2e-14 * p) << p;
  }
}

TEST(LogFactorial, AgreesWithLgamma) {
  for (double k : {0.0, 1.0, 2.0, 15.0, 16.0, 17.0, 100.0, 1e4, 1e9}) {
    const double expected = std::lgamma(k + 1.0);
    EXPECT_NEAR(log_factorial(k), expected, 2e-15 * std::max(1.0, expected)) << k;
  }
}

TEST(RandomStream, ZeroMeanPoissonIsZeroAndBadMeansAreMarked) {
  RandomStream random(1, 2, 3);
  EXPECT_EQ(random.poisson(0.0), 0.0);
  EXPECT_EQ(random.poisson(-1.0), -1.0);
  EXPECT_EQ(random.poisson(std::nan("")), -1.0);
  EXPECT_EQ(random.poisson(HUGE_VAL), -1.0);
  EXPECT_TRUE(std::isnan(random.gamma(0.0)));
  EXPECT_TRUE(std::isnan(random.gamma(-2.0)));
}

}  // namespace
}  // namespace gadolin
