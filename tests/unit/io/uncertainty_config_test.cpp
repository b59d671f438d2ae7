#include <gtest/gtest.h>

#include "io/config/uncertainty.hpp"
#include "models/core/error.hpp"
#include "tests/unit/io/one_bank_design.hpp"

namespace gadolin::test {

namespace {

const std::string design = one_bank_design();

}  // namespace

TEST(uncertainty_config, reads_constants_variables_factors_and_makes_outputs_of_specifications) {
  const auto plan = config::parse_uncertainty(design + R"(
[uncertainty]
rows = 64
sampling = "latin_hypercube"
[uncertainty.constants]
u_common = 0.2
u_own = {Nd = 0.03}
[[uncertainty.variable]]
quantity = "aqueous_flow"
bank = "extraction"
u_relative = 0.02
[[uncertainty.variable]]
quantity = "extractant"
distribution = "uniform"
low = 0.4
high = 0.6
[[uncertainty.factor]]
name = "leaching"
distribution = "beta"
mode = 0.9
low = 0.8
high = 0.95
[[uncertainty.specification]]
product = "extraction extract"
species = ["Nd"]
recovery_min = 0.9
)",
                                              "d.toml");
  EXPECT_EQ(plan.rows, 64u);
  EXPECT_EQ(plan.sampling, separation::SampleKind::latin_hypercube);
  EXPECT_EQ(plan.circuit.uncertainty.u_common, 0.2);
  EXPECT_EQ(plan.circuit.species[0].u_log10_k, 0.03);
  ASSERT_EQ(plan.variables.size(), 2u);
  EXPECT_TRUE(plan.variables[0].about_template);
  EXPECT_EQ(plan.variables[1].value.high, 0.6);
  ASSERT_EQ(plan.factors.size(), 1u);
  ASSERT_EQ(plan.outputs.size(), 2u);  // impurity and recovery of the specification
  EXPECT_FALSE(plan.specifications[0].purity_min.has_value());
}

TEST(uncertainty_config, a_specification_without_a_limit_and_an_unknown_key_are_refused) {
  const auto code = [](const std::string& text) {
    try {
      config::parse_uncertainty(design + text, "d.toml");
    } catch (const Error& error) {
      return error.code();
    }
    return std::string("none");
  };
  EXPECT_EQ(
      code("[uncertainty]\n[[uncertainty.specification]]\nproduct = \"x\"\nspecies = [\"Nd\"]\n"),
      "E-TOML-003");
  EXPECT_EQ(code("[uncertainty]\nsamples = 5\n"), "E-TOML-002");
}

}  // namespace gadolin::test
