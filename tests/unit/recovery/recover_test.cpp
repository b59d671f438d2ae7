#include "models/recovery/recover.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "models/recovery/reconcile.hpp"
#include "models/recovery/yield.hpp"

namespace gadolin::recovery {
namespace {

Quantity measured(double value, double u) { return {value, u, 0.0, ValueState::measured, true}; }

Yield number(double mode, double low, double high, const char* evidence = "ESTIMATED") {
  return {mode, low, high, "test", evidence};
}

Route route_of(const Yield& leaching) {
  Route route;
  route.name = "test";
  route.minerals.push_back({"bastnasite", number(1, 1, 1), number(1, 1, 1), leaching, {}});
  route.impurity_removal = route.separation = route.precipitation = route.calcination =
      number(1, 1, 1);
  return route;
}

Reconciled pure_bastnasite() {
  const double ce = 140.116 / 219.122;
  return reconcile({{"bastnasite-Ce", "CeCO3F", 1.0}}, {}, {{"Ce", measured(ce, 1e-6)}});
}

TEST(Yield, BetaHasTheStatedModeAndInterval) {
  const auto d = fit_yield(number(0.95, 0.90, 0.98), "test");

  EXPECT_NEAR((d.a - 1.0) / (d.a + d.b - 2.0), 0.95, 1e-9);
  EXPECT_NEAR(beta_quantile(d.a, d.b, 0.05), 0.90, 0.01);
  EXPECT_NEAR(beta_quantile(d.a, d.b, 0.95), 0.98, 0.01);
}

TEST(Yield, BetaQuantileAgreesWithClosedForms) {
  EXPECT_NEAR(beta_quantile(1.0, 1.0, 0.3), 0.3, 1e-10);             // uniform
  EXPECT_NEAR(beta_quantile(3.0, 1.0, 0.5), std::cbrt(0.5), 1e-10);  // x^3
  EXPECT_NEAR(beta_quantile(1.0, 2.0, 0.75), 0.5, 1e-10);            // 1 - (1 - x)^2
}

TEST(Yield, RefusesAnIntervalOutOfOrder) {
  EXPECT_THROW(fit_yield(number(0.5, 0.6, 0.9), "test"), Error);
  EXPECT_THROW(fit_yield(number(0.5, 0.4, 1.2), "test"), Error);
  EXPECT_THROW(fit_yield(number(0.5, 0.4, 0.6, "GUESS"), "test"), Error);
}

TEST(Recover, WithEveryYieldOneRecoversWhatIsContained) {
  const auto result = recover("s", pure_bastnasite(), route_of(number(1, 1, 1)), {}, "", 1, 1000);

  ASSERT_EQ(result.elements.size(), 1u);
  // CeO2 of CeCO3F: 172.114 / 219.122 = 785.5 kg/t.
  EXPECT_NEAR(result.treo_contained_kg_per_t.p50, 785.47, 0.05);
  EXPECT_DOUBLE_EQ(result.treo_recoverable_kg_per_t.p50, result.treo_contained_kg_per_t.p50);
  EXPECT_DOUBLE_EQ(result.treo_recovery_fraction.p05, 1.0);
}

TEST(Recover, MultipliesFixedYields) {
  Route route = route_of(number(0.9, 0.9, 0.9));
  route.separation = number(0.8, 0.8, 0.8);

  const auto result = recover("s", pure_bastnasite(), route, {}, "", 1, 1000);

  EXPECT_NEAR(result.treo_recovery_fraction.p50, 0.72, 1e-12);
  const auto& losses = result.elements[0].losses;
  const auto leaching = std::find_if(losses.begin(), losses.end(),
                                     [](const LossStep& l) { return l.step == "leaching"; });
  ASSERT_NE(leaching, losses.end());
  EXPECT_NEAR(leaching->lost_kg_per_t.p50, 0.1 * result.treo_contained_kg_per_t.p50, 1e-9);
}

TEST(Recover, TheCascadeSpeaksBeforeTheRouteDefault) {
  Route route = route_of(number(1, 1, 1));
  route.separation = number(0.5, 0.5, 0.5, "MEMORY");

  const auto result = recover("s", pure_bastnasite(), route,
                              {{"Ce", number(0.93, 0.93, 0.93, "DERIVED")}}, "cascade A", 1, 1000);

  EXPECT_NEAR(result.treo_recovery_fraction.p50, 0.93, 1e-12);
  EXPECT_EQ(result.separation_source, "cascade A");
}

TEST(Recover, StatesTheWorstEvidence) {
  const auto estimated =
      recover("s", pure_bastnasite(), route_of(number(1, 1, 1)), {}, "", 1, 1000);
  const auto memory =
      recover("s", pure_bastnasite(), route_of(number(0.9, 0.8, 0.95, "MEMORY")), {}, "", 1, 1000);

  EXPECT_EQ(estimated.worst_evidence, "ESTIMATED");
  EXPECT_EQ(memory.worst_evidence, "MEMORY");
}

TEST(Recover, AMineralWithoutYieldsIsLostAloud) {
  Route route = route_of(number(1, 1, 1));
  route.minerals[0].mineral = "monazite";

  const auto result = recover("s", pure_bastnasite(), route, {}, "", 1, 1000);

  EXPECT_DOUBLE_EQ(result.treo_recoverable_kg_per_t.p95, 0.0);
  ASSERT_EQ(result.warnings.size(), 1u);
  EXPECT_EQ(result.warnings[0].code, "W-REC-010");
}

TEST(Recover, KeepsBelowLodOutOfTreoAndNeverAtZero) {
  const double ce = 140.116 / 219.122;
  const auto reconciled = reconcile(
      {{"bastnasite-Ce", "CeCO3F", 1.0}}, {},
      {{"Ce", measured(ce, 1e-6)}, {"Tm", {0.0, 0.0, 1e-4, ValueState::below_lod, false}}});

  const auto result = recover("s", reconciled, route_of(number(1, 1, 1)), {}, "", 1, 2000);

  ASSERT_EQ(result.elements.size(), 2u);
  EXPECT_EQ(result.elements[1].element, "Tm");
  EXPECT_EQ(result.elements[1].state, ValueState::below_lod);
  EXPECT_GT(result.elements[1].contained_kg_per_t.p05, 0.0);
  EXPECT_LT(result.elements[1].contained_kg_per_t.p95, 1000.0 * 1e-4 * 1.15);
  EXPECT_NEAR(result.treo_contained_kg_per_t.p50, 785.47, 0.05);
  EXPECT_NE(result.basis.find("not in TREO: Tm"), std::string::npos) << result.basis;
}

TEST(Recover, FindsAMineralByNameThenByItsStem) {
  Route route = route_of(number(1, 1, 1));
  route.minerals.push_back({"bastnasite-La", {}, {}, {}, {}});
  route.minerals.push_back({"*", {}, {}, {}, {}});

  EXPECT_EQ(find_mineral(route, "bastnasite-La")->mineral, "bastnasite-La");
  EXPECT_EQ(find_mineral(route, "Bastnasite-Ce")->mineral, "bastnasite");
  EXPECT_EQ(find_mineral(route, "quartz")->mineral, "*");
}

TEST(Recover, AnAssayWithoutPhasesLeavesEverythingInNoModelledPhase) {
  const auto reconciled = reconcile({}, {}, {{"Ce", measured(0.10, 0.001)}});

  const auto result = recover("s", reconciled, route_of(number(1, 1, 1)), {}, "", 1, 1000);

  ASSERT_EQ(result.elements.size(), 1u);
  // 100 kg Ce per tonne is 122.837 kg CeO2 (172.114 / 140.116).
  EXPECT_NEAR(result.treo_contained_kg_per_t.p50, 122.84, 0.2);
  EXPECT_DOUBLE_EQ(result.treo_recoverable_kg_per_t.p95, 0.0);
  ASSERT_EQ(result.elements[0].carriers.size(), 1u);
  EXPECT_EQ(result.elements[0].carriers[0].phase, unmodelled_carrier);
}

TEST(Recover, PhasesWithoutAnAssayStateNothingToRecover) {
  const auto reconciled = reconcile({{"bastnasite-Ce", "CeCO3F", 1.0}}, {}, {});

  const auto result = recover("s", reconciled, route_of(number(1, 1, 1)), {}, "", 1, 1000);

  EXPECT_TRUE(result.elements.empty());
  ASSERT_EQ(result.warnings.size(), 1u);
  EXPECT_EQ(result.warnings[0].code, "W-REC-012");
}

TEST(Recover, NeitherPhasesNorAssayStatesNothingToRecover) {
  const auto result =
      recover("s", reconcile({}, {}, {}), route_of(number(1, 1, 1)), {}, "", 1, 1000);

  EXPECT_TRUE(result.elements.empty());
  EXPECT_DOUBLE_EQ(result.treo_contained_kg_per_t.p95, 0.0);
  ASSERT_EQ(result.warnings.size(), 1u);
  EXPECT_EQ(result.warnings[0].code, "W-REC-012");
}

TEST(Recover, SaysWhenNoBetaMeetsTheStatedYield) {
  const auto has = [](const RecoveryResult& result) {
    return std::any_of(result.warnings.begin(), result.warnings.end(),
                       [](const Warning& w) { return w.code == "W-REC-013"; });
  };

  // The mode at the low end: a Beta with mode 0.5 is symmetric, 0.49 and 0.99 are not.
  EXPECT_TRUE(
      has(recover("s", pure_bastnasite(), route_of(number(0.5, 0.49, 0.99)), {}, "", 1, 500)));
  EXPECT_FALSE(
      has(recover("s", pure_bastnasite(), route_of(number(0.95, 0.90, 0.98)), {}, "", 1, 500)));
}

}  // namespace
}  // namespace gadolin::recovery
