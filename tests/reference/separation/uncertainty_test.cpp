#include "models/separation/uncertainty.hpp"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "kernels/numeric/special_functions.hpp"
#include "models/core/error.hpp"
#include "models/separation/kremser.hpp"
#include "models/separation/sobol.hpp"
#include "models/separation/uncertain_value.hpp"
#include "tests/separation_circuits.hpp"

namespace gadolin::test {

using namespace separation;

namespace {

/// One theoretical stage with constant D: what is left is 1/(1 + D), exactly.
UncertaintyPlan one_stage(std::size_t rows) {
  UncertaintyPlan plan;
  plan.name = "one stage";
  plan.circuit = constant_d_circuit({2.0, 0.5}, 1, 1.0, 1.0, {"Nd", "La"});
  plan.circuit.uncertainty.u_common = 0.1;
  plan.circuit.uncertainty.u_pair = 0.05;
  plan.outputs.push_back({"recovery", UncertainQuantity::recovery, "bank extract", {"Nd"}});
  plan.outputs.push_back({"recoverable", UncertainQuantity::recoverable, "bank extract", {"Nd"}});
  plan.rows = rows;
  plan.seed = 7;
  return plan;
}

}  // namespace

TEST(separation_uncertainty, quantiles_of_one_stage_are_those_of_its_closed_answer) {
  UncertaintyPlan plan = one_stage(2048);
  plan.specifications.push_back({"bank extract", {"Nd"}, {}, 0.6});
  const auto r = assess_uncertainty(plan, Engine{});
  ASSERT_EQ(r.status, ItemStatus::ok) << r.status_text;
  EXPECT_EQ(r.not_converged + r.out_of_range, 0u);
  ASSERT_EQ(r.inputs.size(), 3u);  // common, Nd, La
  EXPECT_EQ(r.cascades, 2048u * 5u);
  const double u = std::hypot(0.1, 0.05);
  const auto recovered = [](double shift) {
    const double d = 2.0 * std::pow(10.0, shift);
    return d / (1.0 + d);
  };
  const auto& answer = r.answers[0];
  EXPECT_NEAR(answer.nominal, 2.0 / 3.0, 1e-12);
  // 4096 draws: three standard errors of a quantile.
  EXPECT_NEAR(answer.q05, recovered(-1.6449 * u), 0.006);
  EXPECT_NEAR(answer.q50, recovered(0.0), 0.003);
  EXPECT_NEAR(answer.q95, recovered(1.6449 * u), 0.006);
  EXPECT_NEAR(answer.u_first_order, std::log(10.0) * u * 2.0 / 9.0, 1e-8);
  EXPECT_NEAR(answer.u_first_order / answer.u, 1.0, 0.05);
  // The common part holds 4/5 of the variance, the other metal none.
  EXPECT_NEAR(answer.first[0], 0.8, 0.05);
  EXPECT_NEAR(answer.first[1], 0.2, 0.05);
  EXPECT_NEAR(answer.total[2], 0.0, 1e-12);
  // Met while d >= 1.5.
  const double shift = std::log10(1.5 / 2.0);
  const double exact = 0.5 * std::erfc(shift / u / std::sqrt(2.0));
  EXPECT_LT(r.verdicts[0].low, exact);
  EXPECT_GT(r.verdicts[0].high, exact);
  EXPECT_LT(r.verdicts[0].high - r.verdicts[0].low, 0.03);
}

TEST(separation_uncertainty, latin_hypercube_is_narrower_and_yields_multiply_what_is_recoverable) {
  UncertaintyPlan plan = one_stage(1024);
  plan.sampling = SampleKind::latin_hypercube;
  UncertainValue yield;
  yield.shape = DistributionShape::beta;
  yield.mode = 0.95;
  yield.low = 0.88;
  yield.high = 0.98;
  plan.factors.push_back({"cracking", yield});
  UncertainVariable grade;
  grade.name = "feed";
  grade.quantity = "aqueous_flow";
  grade.about_template = true;
  grade.value.mean = 1.0;
  grade.value.u = 0.02;
  plan.variables.push_back(grade);
  const auto r = assess_uncertainty(plan, Engine{});
  ASSERT_EQ(r.status, ItemStatus::ok) << r.status_text;
  EXPECT_NEAR(r.answers[0].q50, 2.0 / 3.0, 1e-3);
  ASSERT_EQ(r.inputs.size(), 5u);
  EXPECT_EQ(r.inputs.back(), "cracking");
  EXPECT_EQ(r.cascades, 1024u * 6u);  // a yield needs no cascade of its own
  EXPECT_NEAR(r.answers[0].total[4], 0.0, 1e-12);
  EXPECT_GT(r.answers[1].total[4], 0.05);
  const double sum = std::accumulate(r.answers[1].first.begin(), r.answers[1].first.end(), 0.0);
  EXPECT_NEAR(sum, 1.0, 0.1);
  EXPECT_NEAR(r.answers[1].u_first_order / r.answers[1].u, 1.0, 0.05);
}

TEST(separation_uncertainty, the_same_seed_gives_the_same_numbers_and_another_does_not) {
  const auto first = assess_uncertainty(one_stage(64), Engine{});
  std::size_t seen = 0;
  const auto again = assess_uncertainty(
      one_stage(64), Engine{}, [&](const UncertaintyColumns& columns, const UncertaintyBlock& b) {
        EXPECT_EQ(b.first, seen);
        EXPECT_EQ(b.designs.size(), b.count * columns.designs.size());
        EXPECT_EQ(b.answers.size(), b.count * columns.answers.size());
        seen += b.count;
      });
  EXPECT_EQ(seen, again.cascades);
  UncertaintyPlan other = one_stage(64);
  other.seed = 8;
  EXPECT_EQ(first.answers[0].q50, again.answers[0].q50);
  EXPECT_EQ(first.answers[0].first, again.answers[0].first);
  EXPECT_NE(first.answers[0].q50, assess_uncertainty(other, Engine{}).answers[0].q50);
}

TEST(separation_uncertainty, cascades_without_an_answer_are_counted_and_weigh_on_the_verdict) {
  UncertaintyPlan plan = one_stage(256);
  plan.sobol = false;
  plan.specifications.push_back({"bank extract", {"Nd"}, {}, 0.1});
  UncertainVariable flow;  // half of the flows drawn are negative
  flow.name = "organic";
  flow.quantity = "organic_flow";
  flow.value.mean = 0.0;
  flow.value.u = 1.0;
  plan.variables.push_back(flow);
  const auto r = assess_uncertainty(plan, Engine{});
  EXPECT_GT(r.out_of_range, 80u);
  EXPECT_LT(r.out_of_range, 180u);
  EXPECT_EQ(r.asked, 256u);
  EXPECT_EQ(r.independent + r.out_of_range + r.not_converged, 256u);
  EXPECT_LT(r.verdicts[0].low_if_failed_miss, r.verdicts[0].low);
  bool warned = false;
  for (const Warning& w : r.warnings) warned = warned || w.code == "W-SEP-070";
  EXPECT_TRUE(warned);
}

TEST(separation_uncertainty, distributions_have_the_quantiles_they_are_described_by) {
  UncertainValue value;
  value.shape = DistributionShape::beta;
  value.mode = 0.95;
  value.low = 0.88;
  value.high = 0.98;
  const auto beta = ready(value, "yield", "");
  EXPECT_NEAR(beta.at(0.95) - beta.at(0.05), 0.10, 1e-9);
  EXPECT_NEAR((beta.a - 1.0) / (beta.a + beta.b - 2.0), 0.95, 1e-9);
  value.low = 0.99;
  EXPECT_THROW(ready(value, "yield", ""), Error);
  value = {};
  value.u = -1.0;
  EXPECT_THROW(ready(value, "flow", ""), Error);
}

}  // namespace gadolin::test
