#include "models/separation/sweep.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "io/config/sweep.hpp"
#include "models/separation/cost.hpp"
#include "models/separation/simulate.hpp"

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

TEST(SweepMoney, ACostPerKilogramIsWhatTheCircuitSpendsByItsQuotes) {
  const config::BaseDesign base(casc_b);
  Metric metric;
  metric.name = "cost of Nd2O3";
  metric.kind = MetricKind::cost_per_kg;
  metric.product = "raffinate";
  metric.elements = {"Nd"};
  metric.money.capital_charge_fraction = 0.1;
  EconomicTables tables;
  const auto quote = [&](const std::string& item, double low, double high, const std::string& per) {
    tables.prices.push_back(
        {"2021", item, low, high, "USD", per, "made up", "a test", "A", "US", ""});
  };
  quote("NaOH", 300.0, 500.0, "t");
  quote("HCl", 0.2, 0.2, "kg");
  quote("electricity", 0.1, 0.1, "kWh");
  tables.indices = {
      {"CEPCI", 2013, 567.0, "index", "", "a test", "A", ""},
      {"CEPCI", 2021, 708.0, "index", "", "a test", "A", ""},
      {"Avalon separation plant capital", 2013, 302.0, "MUSD", "", "a test", "A", ""}};
  CostSettings settings;
  settings.price_date = "2021-06";
  EquipmentSettings equipment;
  price_metrics({&metric}, tables, settings, equipment);
  EXPECT_EQ(metric.unit, "USD/kg");
  EXPECT_NE(metric.source.find("NaOH 2021"), std::string::npos) << metric.source;

  const DesignProblem problem{base.circuit(), {{DesignQuantity::log10_k_shift, 0, 0, -1}}, false};
  const double nothing = 0.0;
  const auto block = solve_designs(problem, {nothing}, serial);
  const double found = metric_value(metric, base.circuit(), block, 0);

  // The same from the solved circuit and the flows of its stages.
  const CircuitResult r = simulate({base.circuit()}, serial).front();
  ASSERT_EQ(r.status, ItemStatus::ok);
  double throughput = 0.0, stages = 0.0, nd = 0.0, fed = 0.0;
  for (const BankResult& bank : r.banks) {
    for (std::size_t i = 0; i < bank.ph.size(); ++i) {
      throughput += bank.aqueous_flow_l_per_h[i] + bank.organic_flow_l_per_h[i];
      stages += 1.0;
    }
  }
  const double oxide[] = {336.48 / 2, 348.72 / 2, 373.0 / 2};  // Nd2O3, Sm2O3, Dy2O3, g/mol
  for (std::size_t k = 0; k < 3; ++k) fed += 1e-3 * oxide[k] * r.fed_mol_per_h[k];
  for (const Product& p : r.products) {
    if (p.name == "raffinate") nd = 1e-3 * oxide[0] * p.molar_flow_mol_per_h[0];
  }
  const double kwh = throughput * 1e-3 * 5.0 / 60.0 * 1.0;
  const double capital =
      101e6 * stages / 1000.0 * std::pow(fed * 8.0 / 10000.0, 0.6) * 708.0 / 567.0;
  const double spent = r.base_mol_per_h * 0.039997 * 0.4 + r.acid_mol_per_h * 0.036461 * 0.2 +
                       0.1 * kwh + 0.1 * capital / 8000.0;
  EXPECT_NEAR(found, spent / nd, 2e-4 * found);

  tables.prices.pop_back();
  try {
    price_metrics({&metric}, tables, settings, equipment);
    FAIL() << "current without a quote was priced";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E-COST-004");
    EXPECT_NE(std::string(error.what()).find("electricity"), std::string::npos);
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
