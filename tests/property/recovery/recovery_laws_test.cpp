#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "io/config/route.hpp"
#include "kernels/numeric/random.hpp"
#include "models/core/element.hpp"
#include "models/recovery/reconcile.hpp"
#include "models/recovery/recover.hpp"

namespace gadolin::recovery {
namespace {

Quantity measured(double value) { return {value, 0.03 * value, 0.0, ValueState::measured, true}; }

std::string routes() { return GADOLIN_SOURCE_DIR "/datasets/recovery"; }

std::vector<PhaseInput> phases() {
  return {{"monazite-Ce", "CePO4", 0.05},
          {"bastnasite-Ce", "CeCO3F", 0.10},
          {"xenotime-Y", "YPO4", 0.01},
          {"quartz", "SiO2", 0.64},
          {"hematite", "Fe2O3", 0.20}};
}

std::vector<double> covariance() {
  std::vector<double> c(25, 0.0);
  for (std::size_t i = 0; i < 5; ++i) c[i * 5 + i] = 1e-4 * (i < 3 ? 0.04 : 1.0);
  return c;
}

std::vector<ElementInput> assay() {
  return {{"La", measured(0.0240)},
          {"Ce", measured(0.0430)},
          {"Pr", measured(0.0042)},
          {"Nd", measured(0.0150)},
          {"Sm", measured(0.0015)},
          {"Dy", measured(0.0005)},
          {"Y", measured(0.0042)},
          {"Fe", measured(0.140)},
          {"Si", measured(0.299)},
          {"P", measured(0.0083)},
          {"Tm", {0.0, 0.0, 2e-5, ValueState::below_lod, false}}};
}

TEST(RecoveryLaws, KilogramsInAreProductsPlusLossesForEveryRouteAndElement) {
  const auto reconciled = reconcile(phases(), covariance(), assay());
  ASSERT_FALSE(reconciled.conflict) << reconciled.conflict_text;
  const auto names = config::route_names(routes());
  ASSERT_GE(names.size(), 6u);

  for (const auto& name : names) {
    const auto result =
        recover("case", reconciled, config::load_route(name, routes()), {}, "", 7, 3000);
    ASSERT_EQ(result.elements.size(), 8u);
    for (const auto& element : result.elements) {
      EXPECT_LT(element.closure_relative, 1e-9) << name << " " << element.element;
      double carried = 0.0;
      for (const auto& carrier : element.carriers) carried += carrier.contained_kg_per_t.mean;
      EXPECT_NEAR(carried, element.contained_kg_per_t.mean, 1e-9 * element.contained_kg_per_t.mean)
          << name << " " << element.element;
      EXPECT_LE(element.recoverable_kg_per_t.p05, element.recoverable_kg_per_t.p50);
      EXPECT_LE(element.recoverable_kg_per_t.p50, element.recoverable_kg_per_t.p95);
      EXPECT_LE(element.recovery_fraction.p95, 1.0);
      EXPECT_GE(element.recovery_fraction.p05, 0.0);
    }
  }
}

TEST(RecoveryLaws, OneSeedGivesOneAnswerWhateverTheOrderOfTheTable) {
  auto shuffled_assay = assay();
  std::reverse(shuffled_assay.begin(), shuffled_assay.end());
  auto shuffled_phases = phases();
  std::swap(shuffled_phases[0], shuffled_phases[4]);
  std::vector<double> shuffled_covariance(25, 0.0);
  for (std::size_t i = 0; i < 5; ++i) shuffled_covariance[i * 6] = covariance()[i * 6];
  std::swap(shuffled_covariance[0], shuffled_covariance[24]);
  const Route route = config::load_route("sulfuric_acid_bake", routes());

  const auto first =
      recover("case", reconcile(phases(), covariance(), assay()), route, {}, "", 7, 2000);
  const auto again =
      recover("case", reconcile(phases(), covariance(), assay()), route, {}, "", 7, 2000);
  const auto other =
      recover("case", reconcile(shuffled_phases, shuffled_covariance, shuffled_assay), route, {},
              "", 7, 2000);
  const auto reseeded =
      recover("case", reconcile(phases(), covariance(), assay()), route, {}, "", 8, 2000);

  EXPECT_EQ(first.treo_recoverable_kg_per_t.p50, again.treo_recoverable_kg_per_t.p50);
  EXPECT_NEAR(first.treo_recoverable_kg_per_t.p50, other.treo_recoverable_kg_per_t.p50,
              1e-7 * first.treo_recoverable_kg_per_t.p50);
  EXPECT_NE(first.treo_recoverable_kg_per_t.p50, reseeded.treo_recoverable_kg_per_t.p50);
}

TEST(RecoveryLaws, DissolvingEverythingRecoversWhatIsContained) {
  const auto reconciled = reconcile(phases(), covariance(), assay());

  const auto result = recover("case", reconciled,
                              config::load_route("dissolve_everything", routes()), {}, "", 7, 2000);

  for (const auto& element : result.elements) {
    EXPECT_DOUBLE_EQ(element.recoverable_kg_per_t.p50, element.contained_kg_per_t.p50)
        << element.element;
  }
}

TEST(RecoveryLaws, MoreYieldNeverRecoversLess) {
  const auto reconciled = reconcile(phases(), covariance(), assay());
  Route poor = config::load_route("sulfuric_acid_bake", routes());
  Route rich = poor;
  poor.separation = {0.5, 0.5, 0.5, "test", "ESTIMATED"};
  rich.separation = {0.9, 0.9, 0.9, "test", "ESTIMATED"};

  const auto less = recover("case", reconciled, poor, {}, "", 7, 2000);
  const auto more = recover("case", reconciled, rich, {}, "", 7, 2000);

  for (std::size_t i = 0; i < less.elements.size(); ++i) {
    EXPECT_LT(less.elements[i].recoverable_kg_per_t.p50, more.elements[i].recoverable_kg_per_t.p50);
  }
}

TEST(RecoveryLaws, AConflictKeepsTheAssaysContentsAndStillCloses) {
  auto inflated = assay();
  for (auto& element : inflated) {
    if (element.element == "Ce") element.mass_fraction = measured(0.20);
  }
  const auto reconciled = reconcile(phases(), covariance(), inflated);

  const auto result = recover("case", reconciled,
                              config::load_route("sulfuric_acid_bake", routes()), {}, "", 7, 2000);

  ASSERT_TRUE(reconciled.conflict);
  const auto& ce = result.elements[1];
  EXPECT_EQ(ce.element, "Ce");
  EXPECT_NEAR(ce.contained_kg_per_t.p50, 200.0 * 1.22837, 2.0);
  EXPECT_EQ(ce.carriers.back().phase, unmodelled_carrier);
  EXPECT_LT(ce.closure_relative, 1e-9);
}

TEST(ReconcileLaws, FalseConflictsComeAtTheStatedRate) {
  // Truth drawn from the model itself; alpha = 0.05 must flag about 5 % of 400 samples.
  RandomStream random(11, 0, 1);
  int conflicts = 0;
  const int tries = 400;
  ReconcileOptions options;
  options.alpha = 0.05;
  for (int t = 0; t < tries; ++t) {
    const double a = std::fabs(options.unmodelled_sd * random.normal());
    const double w = 0.4;
    const double sd = 0.01;
    const double shift = sd * random.normal();
    const double total = 1.0 - std::min(a, 0.6);
    const auto content = [&](double truth) {
      const double inside = truth * (1.0 + options.formula_u_fraction * random.normal());
      return Quantity{inside * (1.0 + 0.02 * random.normal()), 0.02 * truth, 0.0,
                      ValueState::measured, true};
    };
    // Nothing but Ce on the site: the other rare earths are looked for and not found.
    std::vector<ElementInput> elements = {{"Ce", content(total * w * 140.116 / 219.122)},
                                          {"Si", content(total * (1.0 - w) * 28.085 / 60.083)}};
    for (const char* name : rare_earths) {
      if (std::string(name) == "Ce") continue;
      elements.push_back({name, {0.0, 0.0, 1e-7, ValueState::below_lod, false}});
    }
    const auto r =
        reconcile({{"bastnasite-Ce", "CeCO3F", w + shift}, {"quartz", "SiO2", 1.0 - w - shift}},
                  {sd * sd, -sd * sd, -sd * sd, sd * sd}, elements, options);
    conflicts += r.conflict ? 1 : 0;
  }

  EXPECT_GT(conflicts, 400 * 0.01);
  EXPECT_LT(conflicts, 400 * 0.09);
}

}  // namespace
}  // namespace gadolin::recovery
