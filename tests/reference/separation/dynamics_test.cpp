#include "models/separation/dynamics.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "models/separation/circuit_equations.hpp"
#include "models/separation/esdirk.hpp"
#include "models/separation/simulate.hpp"
#include "tests/seen.hpp"
#include "tests/separation_circuits.hpp"

namespace gadolin::test {

using namespace separation;

namespace {

DynamicsPlan plan_of(const Circuit& circuit, double mixer_min, double duration_h) {
  DynamicsPlan plan;
  plan.name = circuit.name;
  plan.circuit = circuit;
  HoldUp hold;
  hold.mixer_residence_min = mixer_min;
  plan.banks.assign(circuit.banks.size(), hold);
  plan.duration_h = duration_h;
  return plan;
}

/// Chance that fewer than n events of a Poisson process with mean theta: what N equal tanks lack.
double tanks_in_series(double theta, int tanks) {
  double term = std::exp(-theta), sum = 0.0;
  for (int k = 0; k < tanks; ++k) {
    sum += term;
    term *= theta / (k + 1);
  }
  return 1.0 - sum;
}

double worst_balance(const DynamicsResult& r) {
  double worst = 0.0;
  for (double b : r.balance_relative) worst = std::max(worst, std::fabs(b));
  return worst;
}

}  // namespace

TEST(separation_dynamics, the_method_has_order_four_with_an_estimate_of_order_three) {
  using namespace esdirk;
  const auto conditions = [](const double* w) {
    double one = 0, two = 0, three = 0, nested = 0, four = 0;
    for (int i = 0; i < stages; ++i) {
      double row = 0.0;
      for (int j = 0; j < stages; ++j) row += a[i][j] * c[j];
      one += w[i];
      two += w[i] * c[i];
      three += w[i] * c[i] * c[i];
      nested += w[i] * row;
      four += w[i] * c[i] * c[i] * c[i];
    }
    EXPECT_NEAR(one, 1.0, 1e-15);
    EXPECT_NEAR(two, 0.5, 1e-15);
    EXPECT_NEAR(three, 1.0 / 3.0, 1e-15);
    EXPECT_NEAR(nested, 1.0 / 6.0, 1e-15);
    return four;
  };
  EXPECT_NEAR(conditions(b), 0.25, 1e-15);
  EXPECT_GT(std::fabs(conditions(lower) - 0.25), 1e-3);  // not of order four: it can see errors
}

TEST(separation_dynamics, start_up_is_that_of_tanks_in_series) {
  // One metal, D = 1e-9, water in the tanks: the aqueous alone passes N equal mixers.
  const int stages = 5;
  Circuit circuit = constant_d_circuit({1e-9}, stages, 10.0, 10.0);
  DynamicsPlan plan = plan_of(circuit, 6.0, 1.2);
  plan.start = DynamicStart::water;
  plan.until_steady = false;
  plan.tolerance = 1e-8;
  const auto r = simulate_dynamics(plan, Engine{});
  ASSERT_EQ(r.status, ItemStatus::ok) << r.status_text;
  ASSERT_EQ(r.products.size(), 2u);
  // Mixer of (A + O) tau, half of it aqueous: tau again.
  const double tau = 0.1;
  double worst = 0.0;
  for (std::size_t i = 0; i < r.time_h.size(); ++i) {
    const double expected = 1e-3 * tanks_in_series(r.time_h[i] / tau, stages);
    worst = std::max(worst, std::fabs(r.product_molar[i * 2] - expected) / 1e-3);
  }
  EXPECT_LT(worst, 1e-7);
  test::seen("largest_difference_from_tanks_in_series", worst);
  EXPECT_LT(worst_balance(r), 1e-12);
  EXPECT_GT(r.time_h.size(), 20u);
}

TEST(separation_dynamics, settlers_in_series_count_as_tanks_and_plug_flow_as_delay) {
  Circuit circuit = constant_d_circuit({1e-9}, 2, 10.0, 10.0);
  DynamicsPlan plan = plan_of(circuit, 6.0, 2.0);
  plan.start = DynamicStart::water;
  plan.until_steady = false;
  plan.tolerance = 1e-8;
  for (HoldUp& hold : plan.banks) {
    hold.settler_aqueous_residence_min = 12.0;
    hold.settler_organic_residence_min = 12.0;
    hold.settler_tanks = 2;
  }
  const auto tanks = simulate_dynamics(plan, Engine{});
  ASSERT_EQ(tanks.status, ItemStatus::ok) << tanks.status_text;
  for (std::size_t i = 0; i < tanks.time_h.size(); ++i) {
    EXPECT_NEAR(tanks.product_molar[i * 2] / 1e-3, tanks_in_series(tanks.time_h[i] / 0.1, 6), 1e-7);
  }
  EXPECT_LT(worst_balance(tanks), 1e-12);
  for (HoldUp& hold : plan.banks) hold.settler = SettlerFlow::plug;
  const auto plug = simulate_dynamics(plan, Engine{});
  ASSERT_EQ(plug.status, ItemStatus::ok) << plug.status_text;
  for (std::size_t i = 0; i < plug.time_h.size(); ++i) {
    const double delayed = plug.time_h[i] - 0.4;
    const double expected = delayed > 0.0 ? tanks_in_series(delayed / 0.1, 2) : 0.0;
    EXPECT_NEAR(plug.product_molar[i * 2] / 1e-3, expected, 2e-6) << plug.time_h[i];
  }
  EXPECT_LT(worst_balance(plug), 1e-12);
}

TEST(separation_dynamics, whole_circuit_ends_at_the_steady_state) {
  DynamicsPlan plan = plan_of(closed_saponified_circuit(), 3.0, 400.0);
  plan.tolerance = 1e-5;
  plan.solvent_tank_min = 20.0;
  for (HoldUp& hold : plan.banks) {
    hold.settler_aqueous_residence_min = 5.0;
    hold.settler_organic_residence_min = 5.0;
  }
  plan.specifications.push_back({"strip raffinate", {"Nd", "Dy"}, 0.9});
  const auto r = simulate_dynamics(plan, Engine{});
  ASSERT_EQ(r.status, ItemStatus::ok) << r.status_text;
  ASSERT_EQ(r.phases.size(), 1u);
  ASSERT_TRUE(r.phases[0].steady_known);
  EXPECT_TRUE(r.phases[0].steady_reached);
  test::seen("largest_difference_from_the_steady_state", r.phases[0].steady_mismatch);
  EXPECT_LT(r.phases[0].steady_mismatch, 1e-8);
  EXPECT_LT(worst_balance(r), 1e-12);
  // How long neodymium of the strip liquor takes.
  const std::size_t strip = 1, nd = 1;
  EXPECT_EQ(r.products[strip], "strip raffinate");
  EXPECT_GT(r.phases[0].time_to_99_h[strip * 4 + nd], 0.5);
  EXPECT_LT(r.phases[0].time_to_99_h[strip * 4 + nd], 50.0);
}

TEST(separation_dynamics,
     everything_on_and_a_step_of_grade_acid_and_flow_end_at_their_steady_states) {
  Circuit circuit = closed_saponified_circuit();
  circuit.banks[0].murphree_efficiency = 0.9;
  circuit.banks[0].entrained_aqueous_fraction = 1e-3;
  circuit.banks[0].entrained_organic_fraction = 2e-3;
  circuit.banks[1].entrained_aqueous_fraction = 1e-3;
  circuit.banks[0].draws.push_back({"middle", 3, 0.02, 0.03});
  circuit.returns.push_back({"strip", "extraction-scrub", 8, 0.1});
  DynamicsPlan plan = plan_of(circuit, 3.0, 2000.0);
  plan.tolerance = 1e-4;
  plan.start = DynamicStart::steady;
  plan.banks[1].settler_aqueous_residence_min = 5.0;
  plan.banks[1].mixer_aqueous_fraction = 0.5;
  plan.steps.push_back({0.0, "extraction-scrub", "feed", 1.1, 0.9, 0.02});
  const auto r = simulate_dynamics(plan, Engine{});
  ASSERT_EQ(r.status, ItemStatus::ok) << r.status_text;
  ASSERT_EQ(r.phases.size(), 1u);
  EXPECT_TRUE(r.phases[0].steady_known);
  EXPECT_TRUE(r.phases[0].steady_reached);
  EXPECT_LT(r.phases[0].steady_mismatch, 1e-8);
  EXPECT_LT(worst_balance(r), 1e-11);
  EXPECT_NE(r.phases[0].cause.find("grade x 0.9"), std::string::npos) << r.phases[0].cause;
}

TEST(separation_dynamics, circuits_with_activities_and_complexes_end_at_their_steady_state) {
  Circuit circuit = with_chemistry(closed_saponified_circuit());
  circuit.banks[0].murphree_efficiency = 0.9;
  circuit.banks[0].entrained_aqueous_fraction = 1e-3;
  circuit.returns.push_back({"strip", "extraction-scrub", 8, 0.1});
  DynamicsPlan plan = plan_of(circuit, 3.0, 600.0);
  plan.banks[1].settler_aqueous_residence_min = 6.0;
  plan.solvent_tank_min = 10.0;
  plan.tolerance = 1e-4;
  DynamicStep step;
  step.at_h = 20.0;
  step.bank = "extraction-scrub";
  step.stream = "feed";
  step.grade_factor = 0.9;
  plan.steps = {step};
  const auto r = simulate_dynamics(plan, Engine{});
  ASSERT_EQ(r.status, ItemStatus::ok) << r.status_text;
  ASSERT_EQ(r.phases.size(), 2u);
  EXPECT_TRUE(r.phases[1].steady_known);
  EXPECT_LT(r.phases[1].steady_mismatch, 1e-8);
  EXPECT_LT(worst_balance(r), 1e-12);
  EXPECT_GT(r.phases[1].end_h, 20.0);
}

TEST(separation_dynamics, a_solvating_extractant_fills_with_acid_and_metal_to_its_steady_state) {
  for (DynamicStart start : {DynamicStart::feed, DynamicStart::water}) {
    DynamicsPlan plan = plan_of(solvating_circuit(), 3.0, 100.0);
    plan.start = start;
    const auto r = simulate_dynamics(plan, Engine{});
    ASSERT_EQ(r.status, ItemStatus::ok) << r.status_text;
    EXPECT_TRUE(r.phases[0].steady_known);
    EXPECT_LT(r.phases[0].steady_mismatch, 1e-8);
    EXPECT_LT(worst_balance(r), 1e-12);
  }
}

TEST(separation_dynamics, plans_that_cannot_stand_are_refused_by_name) {
  const auto code = [](DynamicsPlan plan) {
    try {
      simulate_dynamics(plan, Engine{});
    } catch (const Error& error) {
      return error.code();
    }
    return std::string("none");
  };
  const DynamicsPlan good = plan_of(closed_saponified_circuit(), 3.0, 1.0);
  DynamicsPlan plan = good;
  plan.banks[0].mixer_residence_min = 0.0;
  EXPECT_EQ(code(plan), "E-SEP-071");
  plan = good;
  plan.banks.pop_back();
  EXPECT_EQ(code(plan), "E-SEP-071");
  plan = good;
  plan.steps.push_back({1.0, "extraction-scrub", "fed", 2.0, {}, {}});
  EXPECT_EQ(code(plan), "E-SEP-072");
  plan = good;
  plan.specifications.push_back({"strip liquor", {"Nd"}, 0.9});
  EXPECT_EQ(code(plan), "E-SEP-073");
}

}  // namespace gadolin::test
