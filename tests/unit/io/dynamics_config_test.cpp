#include <gtest/gtest.h>

#include "io/config/dynamics.hpp"
#include "models/core/error.hpp"
#include "tests/unit/io/one_bank_design.hpp"

namespace gadolin::test {

namespace {

const std::string design =
    one_bank_design("[mixer_rate_per_min]\nNd = 6.0\n", "mixer_residence_min = 4.0\n");

}  // namespace

TEST(dynamics_config, reads_hold_ups_steps_and_specifications_in_order_of_time) {
  const auto plan = config::parse_dynamics(design + R"(
[dynamics]
duration_h = 10.0
settler_residence_min = 6.0
settler_flow = "plug"
start = "water"
[[dynamics.bank]]
name = "extraction"
settler_organic_residence_min = 9.0
[[dynamics.step]]
at_h = 5.0
bank = "extraction"
stream = "aqueous_in"
grade_factor = 1.2
[[dynamics.step]]
at_h = 2.0
bank = "extraction"
stream = "organic_in"
flow_factor = 0.9
[[dynamics.specification]]
product = "extraction extract"
species = ["Nd"]
purity_min = 0.99
)",
                                           "d.toml");
  ASSERT_EQ(plan.banks.size(), 1u);
  EXPECT_EQ(plan.banks[0].mixer_residence_min, 4.0);  // the bank's own
  EXPECT_EQ(plan.banks[0].settler_aqueous_residence_min, 6.0);
  EXPECT_EQ(plan.banks[0].settler_organic_residence_min, 9.0);
  EXPECT_EQ(plan.banks[0].settler, separation::SettlerFlow::plug);
  EXPECT_EQ(plan.start, separation::DynamicStart::water);
  ASSERT_EQ(plan.steps.size(), 2u);
  EXPECT_EQ(plan.steps[0].at_h, 2.0);
  EXPECT_EQ(plan.steps[1].grade_factor, 1.2);
  ASSERT_EQ(plan.specifications.size(), 1u);
  EXPECT_DOUBLE_EQ(plan.circuit.species[0].mixer_rate_per_s, 0.1);
  EXPECT_DOUBLE_EQ(plan.circuit.banks[0].mixer_residence_s, 240.0);
}

TEST(dynamics_config, an_unknown_key_and_an_unknown_stream_are_named) {
  const auto message = [](const std::string& text) {
    try {
      config::parse_dynamics(design + text, "d.toml");
    } catch (const Error& error) {
      return error.code() + " " + error.what();
    }
    return std::string("none");
  };
  EXPECT_NE(message("[dynamics]\nduration_h = 1.0\nsettler_tank = 2\n").find("E-TOML-002"),
            std::string::npos);
  const std::string step = message(
      "[dynamics]\nduration_h = 1.0\n[[dynamics.step]]\nat_h = 1.0\nbank = \"extraction\"\n"
      "stream = \"aqueous\"\n");
  EXPECT_NE(step.find("E-TOML-006"), std::string::npos) << step;
  EXPECT_NE(step.find("aqueous_in"), std::string::npos) << step;
}

TEST(dynamics_config, a_plant_is_answered_with_what_takes_plants) {
  try {
    config::parse_dynamics("name = \"p\"\n[[unit]]\nname = \"SX1\"\nkind = \"circuit\"\n",
                           "p.toml");
    FAIL() << "a plant was taken for a circuit";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E-PLANT-019");
    EXPECT_NE(std::string(error.what()).find("p.toml"), std::string::npos);
    EXPECT_NE(error.remedy().find("simulate"), std::string::npos);
  }
}

}  // namespace gadolin::test
