#include "models/separation/sweep.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "io/config/sweep.hpp"

namespace gadolin::separation {
namespace {

const Engine serial{EngineKind::serial, 1};
const std::string casc_b = std::string(GADOLIN_SOURCE_DIR) + "/configs/separation_casc_b.toml";

SweepSettings settings_of(std::vector<SweepAxis> axes) {
  SweepSettings s;
  s.name = "test";
  s.axes = std::move(axes);
  return s;
}
SweepAxis axis(const std::string& key, std::vector<double> values) {
  return {key, {key}, std::move(values)};
}

TEST(SweepKeys, AColumnOfTheEngineMeansWhatTheFileMeans) {
  const config::BaseDesign base(casc_b);
  for (const auto& [key, value] : std::vector<std::pair<std::string, double>>{
           {"bank.extraction-scrub.stages", 12.0},
           {"bank.extraction-scrub.feed.feed.stage", 6.0},
           {"bank.extraction-scrub.feed.feed.aqueous.flow_l_per_h", 1.2},
           {"bank.extraction-scrub.feed.feed.aqueous.acid_molar", 0.05},
           {"bank.extraction-scrub.feed.feed.aqueous.molar.Sm", 0.06},
           {"bank.extraction-scrub.aqueous_in.flow_l_per_h", 0.13},
           {"bank.extraction-scrub.aqueous_in.acid_molar", 0.4},
           {"bank.extraction-scrub.organic_in.flow_l_per_h", 0.6},
           {"bank.extraction-scrub.organic_in.extractant_dimer_molar", 0.55},
           {"bank.extraction-scrub.organic_in.saponified_fraction", 0.25},
           {"bank.2.aqueous_in.acid_molar", 5.0}}) {
    const auto variable = variable_of_keys(base.circuit(), {key});
    ASSERT_TRUE(variable) << key;
    const Circuit from_file = base.with({{key, value}});
    const Circuit from_engine = design_circuit({base.circuit(), {*variable}, false}, &value);

    const auto a = solve_designs({from_file, {{DesignQuantity::log10_k_shift, 0, 0, -1}}, false},
                                 {0.0}, serial);
    const auto b = solve_designs({from_engine, {{DesignQuantity::log10_k_shift, 0, 0, -1}}, false},
                                 {0.0}, serial);
    ASSERT_EQ(a.status[0], ItemStatus::ok) << key;
    for (std::size_t i = 0; i < a.amount_mol_per_h.size(); ++i) {
      EXPECT_NEAR(a.amount_mol_per_h[i], b.amount_mol_per_h[i],
                  1e-12 + 1e-9 * a.amount_mol_per_h[i])
          << key;
    }
  }
}

TEST(SweepKeys, WhatTheEngineHasNoColumnForGoesThroughTheFile) {
  const config::BaseDesign base(casc_b);
  EXPECT_FALSE(variable_of_keys(base.circuit(), {"extractant.gel_fraction"}));
  EXPECT_FALSE(variable_of_keys(base.circuit(), {"bank.nowhere.stages"}));
  auto s = settings_of({axis("bank.extraction-scrub.aqueous_in.acid_molar", {0.2, 0.3}),
                        axis("bank.strip.stages", {4, 5})});
  const auto through = [&](const auto& numbers) { return base.with(numbers); };
  auto plan = plan_sweep(s, base.circuit(), through, 1);
  const auto fast = solve_sweep(plan, 0, 4, serial);
  plan.problem.variables.clear();
  plan.column_of_axis.assign(2, -1);

  const auto slow = solve_sweep(plan, 0, 4, serial);

  for (std::size_t i = 0; i < fast.amount_mol_per_h.size(); ++i) {
    EXPECT_NEAR(slow.amount_mol_per_h[i], fast.amount_mol_per_h[i],
                1e-12 + 1e-9 * fast.amount_mol_per_h[i]);
  }
}

TEST(SweepRows, AreTheGridTheListOrTheStreamOfEachDesign) {
  const config::BaseDesign base(casc_b);
  auto s = settings_of(
      {axis("bank.strip.stages", {4, 5}), axis("bank.strip.aqueous_in.acid_molar", {1, 2, 3})});
  double row[2];
  const auto grid = plan_sweep(s, base.circuit(), {}, 1);
  EXPECT_EQ(grid.designs, 6u);
  sweep_row(grid, 4, row);
  EXPECT_EQ(row[0], 5.0);
  EXPECT_EQ(row[1], 2.0);

  s.sampling = SweepSampling::random;
  s.samples = 1000;
  s.axes[0].values.clear();
  s.axes[0].low = 3, s.axes[0].high = 6, s.axes[0].whole = true;
  const auto random = plan_sweep(s, base.circuit(), {}, 1);
  int seen[7] = {};
  for (std::size_t i = 0; i < 1000; ++i) {
    sweep_row(random, i, row);
    ASSERT_GE(row[0], 3.0);
    ASSERT_LE(row[0], 6.0);
    ++seen[static_cast<int>(row[0])];
  }
  for (int value = 3; value <= 6; ++value) EXPECT_NEAR(seen[value], 250, 60);

  s.sampling = SweepSampling::list;
  EXPECT_THROW(plan_sweep(s, base.circuit(), {}, 1), Error);
}

TEST(SweepRows, WhatARowAnswersDoesNotDependOnTheChunk) {
  const config::BaseDesign base(casc_b);
  const auto s = settings_of(
      {axis("bank.extraction-scrub.organic_in.flow_l_per_h", {0.5, 0.55, 0.6, 0.65, 0.7}),
       axis("bank.extraction-scrub.stages", {10, 14})});
  const auto plan = plan_sweep(s, base.circuit(), {}, 1);

  const auto whole = solve_sweep(plan, 0, 10, serial);
  const auto part = solve_sweep(plan, 7, 2, serial);

  const std::size_t width = whole.amount_mol_per_h.size() / 10;
  for (std::size_t i = 0; i < 2 * width; ++i) {
    EXPECT_EQ(part.amount_mol_per_h[i], whole.amount_mol_per_h[7 * width + i]);
  }
}

}  // namespace
}  // namespace gadolin::separation
