// Moments and whole distributions of the random variates against formulas and std::lgamma.
#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/numeric/random.hpp"

namespace gadolin {
namespace {

constexpr int draws = 200000;

struct Moments {
  double mean, variance;
};

template <class Draw>
Moments moments(Draw&& draw) {
  double sum = 0.0, square = 0.0;
  std::vector<double> values(draws);
  for (double& value : values) sum += value = draw();
  const double mean = sum / draws;
  for (double value : values) square += (value - mean) * (value - mean);
  return {mean, square / draws};
}

/// Five standard errors: fails for one seed in two million when the law is right.
void expect_mean(const Moments& found, double mean, double variance) {
  EXPECT_NEAR(found.mean, mean, 5.0 * std::sqrt(variance / draws)) << "mean";
}

TEST(RandomProperty, UniformFillsItsCellsEvenly) {
  RandomStream random(31, 0, 0);
  constexpr int cells = 100;
  std::vector<int> count(cells, 0);
  for (int i = 0; i < draws; ++i) ++count[static_cast<std::size_t>(cells * random.uniform())];

  double chi2 = 0.0;
  for (int c : count) chi2 += std::pow(c - draws / cells, 2) / (draws / cells);
  EXPECT_GT(chi2, 99 - 5 * std::sqrt(2.0 * 99));
  EXPECT_LT(chi2, 99 + 5 * std::sqrt(2.0 * 99));
}

TEST(RandomProperty, NeighbouringItemsAreUncorrelated) {
  double product = 0.0;
  for (std::uint64_t item = 0; item < draws; ++item) {
    product += RandomStream(32, item, 1).normal() * RandomStream(32, item + 1, 1).normal();
  }
  EXPECT_LT(std::fabs(product / draws), 5.0 / std::sqrt(draws));
}

TEST(RandomProperty, NormalHasItsMomentsAndTails) {
  RandomStream random(33, 0, 0);
  int beyond = 0;
  double fourth = 0.0;
  const Moments found = moments([&] {
    const double x = random.normal();
    beyond += std::fabs(x) > 1.959963984540054 ? 1 : 0;
    fourth += x * x * x * x;
    return x;
  });

  expect_mean(found, 0.0, 1.0);
  EXPECT_NEAR(found.variance, 1.0, 5.0 * std::sqrt(2.0 / draws));
  EXPECT_NEAR(fourth / draws, 3.0, 5.0 * std::sqrt(96.0 / draws));
  EXPECT_NEAR(beyond / double{draws}, 0.05, 5.0 * std::sqrt(0.05 * 0.95 / draws));
}

TEST(RandomProperty, ExponentialHasItsMoments) {
  RandomStream random(34, 0, 0);
  const Moments found = moments([&] { return random.exponential(); });

  expect_mean(found, 1.0, 1.0);
  EXPECT_NEAR(found.variance, 1.0, 5.0 * std::sqrt(8.0 / draws));
}

TEST(RandomProperty, PoissonCountsFollowTheProbabilityMassAtEveryMean) {
  for (const double mean : {0.01, 0.5, 3.0, 9.99, 10.0, 10.5, 30.0, 1000.0, 1e6}) {
    RandomStream random(35, static_cast<std::uint64_t>(mean * 100), 0);
    std::vector<double> values(draws);
    double sum = 0.0;
    for (double& value : values) sum += value = random.poisson(mean);
    EXPECT_NEAR(sum / draws, mean, 5.0 * std::sqrt(mean / draws)) << mean;
    for (double value : values) ASSERT_EQ(value, std::floor(value));

    // Chi-square against the exact mass, cells of about equal expected number.
    std::sort(values.begin(), values.end());
    const double low = std::max(0.0, std::floor(mean - 8 * std::sqrt(mean) - 10));
    const double high = mean + 8 * std::sqrt(mean) + 40;
    double chi2 = 0.0, expected = 0.0, cell_from = low;
    int cells = 0;
    for (double k = low; k < high; k += 1.0) {
      expected += draws * std::exp(k * std::log(mean) - mean - std::lgamma(k + 1.0));
      if (expected < draws / 40.0 && k + 1.0 < high) continue;
      const auto from = std::lower_bound(values.begin(), values.end(), cell_from);
      const auto to = std::upper_bound(values.begin(), values.end(), k);
      const double found = static_cast<double>(to - from);
      if (expected > 5.0) {
        chi2 += (found - expected) * (found - expected) / expected;
        ++cells;
      }
      expected = 0.0;
      cell_from = k + 1.0;
    }
    const double freedom = std::max(1, cells - 1);
    EXPECT_LT(chi2, freedom + 5.0 * std::sqrt(2.0 * freedom) + 5.0) << mean;
  }
}

TEST(RandomProperty, GammaHasItsMomentsAtEveryShape) {
  for (const double shape : {0.05, 0.5, 1.0, 2.5, 100.0}) {
    RandomStream random(36, static_cast<std::uint64_t>(shape * 100), 0);
    const Moments found = moments([&] { return random.gamma(shape); });
    expect_mean(found, shape, shape);
    // Variance of the sample variance: kurtosis 3 + 6 / shape.
    EXPECT_NEAR(found.variance, shape, 5.0 * shape * std::sqrt((2.0 + 6.0 / shape) / draws))
        << shape;
  }
}

TEST(RandomProperty, BetaHasItsMomentsAlsoForTinyShapes) {
  const double shapes[][2] = {{2, 3}, {0.5, 0.5}, {50, 1}, {0.01, 0.02}};
  for (const auto& s : shapes) {
    RandomStream random(37, static_cast<std::uint64_t>(s[0] * 100), 0);
    const double total = s[0] + s[1];
    const double variance = s[0] * s[1] / (total * total * (total + 1.0));
    const Moments found = moments([&] { return random.beta(s[0], s[1]); });
    expect_mean(found, s[0] / total, variance);
    EXPECT_NEAR(found.variance, variance, 0.03 * variance) << s[0];
  }
}

}  // namespace
}  // namespace gadolin
