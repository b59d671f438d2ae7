#include "kernels/exec/algorithms.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/numeric/random.hpp"

namespace gadolin {
namespace {

class Algorithms : public testing::TestWithParam<const char*> {
 protected:
  Engine engine() const { return make_engine(GetParam()); }
};

TEST_P(Algorithms, SortCarriesValuesAndKeepsTheOrderOfEqualKeys) {
  std::vector<double> keys{3.0, 1.0, 2.0, 1.0, -1.0, 3.0};
  std::vector<std::int32_t> values{0, 1, 2, 3, 4, 5};

  algorithms::sort_by_key(engine(), keys.data(), values.data(), keys.size());

  EXPECT_EQ(keys, (std::vector<double>{-1.0, 1.0, 1.0, 2.0, 3.0, 3.0}));
  EXPECT_EQ(values, (std::vector<std::int32_t>{4, 1, 3, 2, 0, 5}));
}

TEST_P(Algorithms, LongSortAgreesWithTheStandardLibrary) {
  constexpr std::size_t n = 20000;
  std::vector<double> keys(n);
  std::vector<std::int32_t> values(n), order(n);
  RandomStream random(1, 2, 3);
  for (auto& key : keys) key = std::floor(500.0 * random.uniform());  // many ties
  std::iota(values.begin(), values.end(), 0);
  std::iota(order.begin(), order.end(), 0);
  const std::vector<double> given = keys;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int32_t a, std::int32_t b) { return given[a] < given[b]; });

  algorithms::sort_by_key(engine(), keys.data(), values.data(), n);

  EXPECT_EQ(values, order);
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
}

TEST_P(Algorithms, ScanStartsAtZeroAndMayWorkInPlace) {
  std::vector<std::int32_t> counts{2, 0, 5, 1}, offsets(4);

  algorithms::exclusive_scan(engine(), counts.data(), offsets.data(), 4);
  algorithms::exclusive_scan(engine(), counts.data(), counts.data(), 4);

  EXPECT_EQ(offsets, (std::vector<std::int32_t>{0, 2, 2, 7}));
  EXPECT_EQ(counts, offsets);
}

TEST_P(Algorithms, SumIsTheSameOnEveryHostEngine) {
  std::vector<double> values(10007);
  RandomStream random(4, 5, 6);
  for (auto& value : values) value = random.normal();

  const double sum = algorithms::sum(engine(), values.data(), values.size());

  EXPECT_EQ(sum, std::accumulate(values.begin(), values.end(), 0.0));
}

TEST_P(Algorithms, NothingIsSortedScannedAndSummed) {
  algorithms::sort_by_key(engine(), nullptr, nullptr, 0);
  algorithms::exclusive_scan(engine(), nullptr, nullptr, 0);

  EXPECT_EQ(algorithms::sum(engine(), nullptr, 0), 0.0);
}

INSTANTIATE_TEST_SUITE_P(HostEngines, Algorithms,
                         testing::Values("serial", "openmp", "thread_team"));

}  // namespace
}  // namespace gadolin
