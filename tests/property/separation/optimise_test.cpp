#include "models/separation/optimise.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "io/config/sweep.hpp"
#include "kernels/numeric/nsga2.hpp"

namespace gadolin::separation {
namespace {

const Engine serial{EngineKind::serial, 1};

/// bench/optimise_small_case.toml: purity of Nd against stages x solvent of CASC-B, Nd recovery at
/// least 98 %.
OptimiseSettings small_case() {
  OptimiseSettings s;
  s.name = "small";
  SweepAxis stages{"stages", {"bank.extraction-scrub.stages"}, {}, 9, 16, 0, false, true};
  SweepAxis solvent{"solvent", {"bank.extraction-scrub.organic_in.flow_l_per_h"}, {}, 0.8, 2.6, 13};
  SweepAxis acid{"acid", {"bank.extraction-scrub.aqueous_in.acid_molar"}, {}, 0.3, 1.2, 10};
  SweepAxis flow{"flow", {"bank.extraction-scrub.aqueous_in.flow_l_per_h"}, {0.5}};
  s.axes = {stages, solvent, acid, flow};
  Metric purity;
  purity.name = "purity";
  purity.kind = MetricKind::impurity_log10;
  purity.product = "raffinate";
  purity.elements = {"Nd"};
  Metric size;
  size.name = "size";
  size.kind = MetricKind::stage_flow;
  Metric recovery = purity;
  recovery.name = "recovery";
  recovery.kind = MetricKind::recovery;
  s.objectives = {{purity, true}, {size, false}};
  s.constraints = {{recovery, 0.98}};
  s.reference = {0.5, 60.0};
  s.population = 40;
  s.generations = 40;
  s.polish = 4;
  s.polish_evaluations = 80;
  return s;
}

const config::BaseDesign& base() {
  static const config::BaseDesign design(std::string(GADOLIN_SOURCE_DIR) +
                                         "/configs/separation_casc_b.toml");
  return design;
}
OptimiseResult run(const OptimiseSettings& s, std::uint64_t seed = 1) {
  return optimise(
      s, base().circuit(), [](const auto& n) { return base().with(n); }, seed, serial);
}

TEST(Optimise, CoversTheHypervolumeOfAnExhaustiveGrid) {
  auto s = small_case();
  const auto found = run(s);
  s.method = OptimiseMethod::exhaustive;
  const auto grid = run(s);

  ASSERT_EQ(grid.evaluations, 8u * 13u * 10u);
  ASSERT_FALSE(grid.front.empty());
  EXPECT_GE(found.hypervolume.back() / grid.hypervolume.back(), 0.98);
  EXPECT_LT(found.evaluations, 2.0 * static_cast<double>(grid.evaluations));
  RecordProperty("ratio", std::to_string(found.hypervolume.back() / grid.hypervolume.back()));
  std::printf("hypervolume over that of the grid: %.4f with %zu of %zu designs\n",
              found.hypervolume.back() / grid.hypervolume.back(), found.evaluations,
              grid.evaluations);
}

TEST(Optimise, TheFrontKeepsToItsConstraintsAndNothingOnItIsBeaten) {
  const auto r = run(small_case());

  ASSERT_GT(r.front.size(), 10u);
  std::vector<double> f;
  for (const auto& design : r.front) {
    EXPECT_GE(design.constraints[0], 0.98);
    EXPECT_LE(design.closure_relative, 1e-9);
    EXPECT_EQ(design.x[0], std::round(design.x[0]));
    EXPECT_EQ(design.flags & (flag_gel | flag_phase_ratio), 0u);
    // Compared as the archive compares: better by less than single precision is not better.
    f.insert(f.end(),
             {static_cast<float>(-design.objectives[0]), static_cast<float>(design.objectives[1])});
  }
  for (int rank : pareto_ranks(f, 2, {})) EXPECT_EQ(rank, 0);
  for (std::size_t i = 1; i < r.hypervolume.size(); ++i) {
    // The archive drops what is better by less than one single-precision step of an objective.
    EXPECT_GE(r.hypervolume[i], r.hypervolume[i - 1] * (1.0 - 2.0 * 1.2e-7));
  }
  ASSERT_EQ(r.tornado.size(), 4u);
  EXPECT_LT(r.balanced, r.front.size());
}

TEST(Optimise, TheSeedDecidesEverything) {
  auto s = small_case();
  s.generations = 4;
  s.polish = 1;
  const auto a = run(s, 5), b = run(s, 5);

  ASSERT_EQ(a.front.size(), b.front.size());
  for (std::size_t i = 0; i < a.front.size(); ++i) {
    EXPECT_EQ(a.front[i].x, b.front[i].x);
    EXPECT_EQ(a.front[i].objectives, b.front[i].objectives);
  }
}

TEST(Optimise, TriesEverythingWhereThereIsLittle) {
  auto s = small_case();
  s.axes[1].values = {1.0, 1.4};
  s.axes[2].values = {1.0, 2.0, 3.0};

  const auto r = run(s);

  EXPECT_EQ(r.method, "exhaustive");
  EXPECT_EQ(r.evaluations, 8u * 2u * 3u);
}

TEST(Optimise, SaysSoWhereNothingKeepsToTheConstraints) {
  auto s = small_case();
  s.constraints[0].low = 1.5;
  s.generations = 2;

  const auto r = run(s);

  EXPECT_TRUE(r.front.empty());
  ASSERT_EQ(r.warnings.size(), 1u);
  EXPECT_EQ(r.warnings[0].code, "W-SEP-061");
  s.objectives.clear();
  EXPECT_THROW(run(s), Error);
}

}  // namespace
}  // namespace gadolin::separation
