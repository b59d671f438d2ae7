#include "models/separation/gradient.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "models/core/element.hpp"
#include "models/separation/simulate.hpp"
#include "tests/separation_circuits.hpp"

namespace gadolin::test {

using namespace separation;

namespace {

double amount_share(const CircuitResult& r, const CircuitOutput& out) {
  for (const Product& p : r.products) {
    if (p.name != out.product) continue;
    double all = 0.0, other = 0.0, mine = 0.0, fed = 0.0;
    for (std::size_t k = 0; k < r.species.size(); ++k) {
      const bool wanted = std::find(out.species.begin(), out.species.end(), k) != out.species.end();
      if (wanted) mine += p.molar_flow_mol_per_h[k];
      if (wanted) fed += r.fed_mol_per_h[k];
      if (!is_rare_earth(r.species[k])) continue;
      all += p.molar_flow_mol_per_h[k];
      if (!wanted) other += p.molar_flow_mol_per_h[k];
    }
    if (out.quantity == OutputQuantity::recovery) return mine / fed;
    if (out.quantity == OutputQuantity::amount) return mine;
    return std::log10(other / all);
  }
  return NAN;
}

}  // namespace

namespace {

/// The adjoint of every output against five-point differences of simulate().
void expect_gradients(const DesignProblem& problem, const std::vector<double>& values,
                      const std::vector<CircuitOutput>& outputs) {
  const auto g = gradients(problem, values, outputs, Engine{});
  ASSERT_EQ(g.status, ItemStatus::ok) << g.status_text;
  EXPECT_LT(g.polish, 1e-9);  // two codes, one steady state
  const std::size_t n = problem.variables.size();
  for (std::size_t v = 0; v < n; ++v) {
    const double d = 1e-3 * (values[v] != 0.0 ? values[v] : 1.0);
    std::vector<Circuit> circuits;
    for (double step : {-2.0, -1.0, 1.0, 2.0}) {
      std::vector<double> moved = values;
      moved[v] += step * d;
      circuits.push_back(design_circuit(problem, moved.data()));
    }
    const auto results = simulate(circuits, Engine{});
    for (std::size_t o = 0; o < outputs.size(); ++o) {
      double j[4];
      for (int i = 0; i < 4; ++i)
        j[i] = amount_share(results[static_cast<std::size_t>(i)], outputs[o]);
      const double difference = (8.0 * (j[2] - j[1]) - (j[3] - j[0])) / (12.0 * d);
      const double size = std::max(std::fabs(difference), 1e-4 * std::fabs(g.value[o]) /
                                                              std::max(std::fabs(values[v]), 1.0));
      EXPECT_NEAR(g.gradient[o * n + v], difference, 1e-6 * size)
          << "output " << o << " variable " << v;
    }
  }
}

}  // namespace

TEST(separation_gradients, one_transposed_solve_agrees_with_central_differences_to_1e_6) {
  using Q = DesignQuantity;
  DesignProblem problem;
  problem.circuit = closed_saponified_circuit();
  problem.circuit.banks[0].murphree_efficiency = 0.9;
  problem.circuit.banks[0].entrained_aqueous_fraction = 1e-3;
  problem.circuit.banks[1].entrained_organic_fraction = 1e-3;
  problem.circuit.banks[0].draws.push_back({"middle", 3, 0.02, 0.0});
  problem.circuit.returns.push_back({"strip", "extraction-scrub", 8, 0.1});
  problem.variables = {
      {Q::feed_flow, 0, 0, -1},           {Q::feed_acid, 0, 0, -1},
      {Q::feed_molar, 0, 0, 1},           {Q::aqueous_flow, 0, 0, -1},
      {Q::aqueous_acid, 0, 0, -1},        {Q::aqueous_acid, 1, 0, -1},
      {Q::organic_flow, 0, 0, -1},        {Q::extractant, 0, 0, -1},
      {Q::saponified_fraction, 0, 0, -1}, {Q::log10_k_shift, 0, 0, 0},
      {Q::log10_k_shift, 0, 0, 1},        {Q::log10_k_shift, 0, 0, 2},
      {Q::murphree_efficiency, 0, 0, -1}, {Q::entrained_aqueous_fraction, 0, 0, -1},
      {Q::return_fraction, 0, 0, -1},     {Q::draw_aqueous_fraction, 0, 0, -1}};
  const std::vector<double> values = {5.0, 0.01, 0.1, 1.5, 1.0, 3.0,  10.0, 0.5,
                                      0.3, 0.0,  0.0, 0.0, 0.9, 1e-3, 0.1,  0.02};
  const std::vector<CircuitOutput> outputs = {
      {OutputQuantity::recovery, "strip raffinate", "", {1}},
      {OutputQuantity::log10_impurity, "strip raffinate", "", {1, 2}},
      {OutputQuantity::log10_impurity, "extraction-scrub raffinate", "", {0}},
      {OutputQuantity::amount, "middle", "aqueous", {0}}};
  expect_gradients(problem, values, outputs);
}

TEST(separation_gradients, hold_with_activities_complexes_and_sulfate) {
  using Q = DesignQuantity;
  DesignProblem problem;
  problem.circuit = with_chemistry(closed_saponified_circuit());
  problem.circuit.banks[0].murphree_efficiency = 0.9;
  problem.circuit.banks[0].entrained_aqueous_fraction = 1e-3;
  problem.circuit.returns.push_back({"strip", "extraction-scrub", 8, 0.1});
  problem.variables = {{Q::feed_flow, 0, 0, -1},      {Q::feed_acid, 0, 0, -1},
                       {Q::feed_molar, 0, 0, 1},      {Q::aqueous_acid, 1, 0, -1},
                       {Q::organic_flow, 0, 0, -1},   {Q::saponified_fraction, 0, 0, -1},
                       {Q::log10_k_shift, 0, 0, 1},   {Q::murphree_efficiency, 0, 0, -1},
                       {Q::return_fraction, 0, 0, -1}};
  expect_gradients(problem, {5.0, 0.01, 0.1, 3.0, 10.0, 0.3, 0.0, 0.9, 0.1},
                   {{OutputQuantity::recovery, "strip raffinate", "", {1}},
                    {OutputQuantity::log10_impurity, "strip raffinate", "", {1, 2}},
                    {OutputQuantity::log10_impurity, "extraction-scrub raffinate", "", {0}}});
}

TEST(separation_gradients, hold_for_a_solvating_extractant_that_takes_up_acid) {
  using Q = DesignQuantity;
  DesignProblem problem;
  problem.circuit = solvating_circuit();
  problem.variables = {{Q::aqueous_flow, 0, 0, -1},
                       {Q::organic_flow, 0, 0, -1},
                       {Q::log10_k_shift, 0, 0, 1},
                       {Q::extractant, 0, 0, -1}};
  expect_gradients(problem, {1.0, 3.0, 0.0, 1.5},
                   {{OutputQuantity::recovery, "extraction extract", "", {1}},
                    {OutputQuantity::log10_impurity, "extraction raffinate", "", {0}}});
}

TEST(separation_gradients, shares_at_zero_are_approached_from_above_and_whole_numbers_have_none) {
  using Q = DesignQuantity;
  DesignProblem problem;
  problem.circuit = closed_saponified_circuit();
  problem.variables = {{Q::entrained_aqueous_fraction, 0, 0, -1}, {Q::stages, 0, 0, -1}};
  const std::vector<CircuitOutput> outputs = {
      {OutputQuantity::log10_impurity, "strip raffinate", "", {1, 2}}};
  const auto g = gradients(problem, {0.0, 8.0}, outputs, Engine{});
  ASSERT_EQ(g.status, ItemStatus::ok);
  EXPECT_TRUE(std::isnan(g.gradient[1]));
  const auto here = simulate({design_circuit(problem, std::vector<double>{0.0, 8.0}.data()),
                              design_circuit(problem, std::vector<double>{1e-5, 8.0}.data())},
                             Engine{});
  const double difference =
      (amount_share(here[1], outputs[0]) - amount_share(here[0], outputs[0])) / 1e-5;
  EXPECT_NEAR(g.gradient[0], difference, 2e-2 * std::fabs(difference));
  try {
    gradients(problem, {0.0, 8.0}, {{OutputQuantity::recovery, "none", "", {0}}}, Engine{});
    FAIL() << "a product that is not there was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E-SEP-075");
  }
}

}  // namespace gadolin::test
