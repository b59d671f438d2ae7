#include "models/separation/xu.hpp"

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "models/core/error.hpp"
#include "tests/shared_data.hpp"

namespace gadolin::separation {
namespace {

TEST(XuDesign, MeetsTheSixtyDigitCaseOfBetaOnePointFive) {
  const auto d = xu_design({1.5, 0.0, 0.3, 0.999, 0.9995});

  EXPECT_NEAR(d.concentration_ratio_a, 2330.999999999998, 1e-8);
  EXPECT_NEAR(d.concentration_ratio_b, 856.714285714380, 1e-8);
  EXPECT_NEAR(d.organic_product, 0.299949924887, 1e-11);
  EXPECT_NEAR(d.solvent, 3.114865628648, 1e-11);
  EXPECT_NEAR(d.scrub, 2.814915703761, 1e-11);
  EXPECT_NEAR(d.extraction_ratio, 0.816496580928, 1e-11);
  EXPECT_NEAR(d.scrub_ratio, 1.106557338284, 1e-11);
  EXPECT_NEAR(d.extraction_stages, 33.310409892591, 1e-9);
  EXPECT_NEAR(d.scrub_stages, 25.489026376220, 1e-9);
  EXPECT_TRUE(d.extraction_controls);
}

TEST(XuDesign, TheExtractionSectionControlsWhereTheRuleSays) {
  // aqueous feed: f'_B > sqrt(beta)/(1 + sqrt(beta)); organic feed: f'_B > 1/(1 + sqrt(beta))
  for (const double beta : {1.2, 1.6, 2.5, 6.0}) {
    for (double f_a = 0.05; f_a < 0.96; f_a += 0.05) {
      const auto aqueous = xu_design({beta, 0.0, f_a, 0.9999, 0.9999});
      const auto organic = xu_design({beta, 0.0, f_a, 0.9999, 0.9999, FeedPhase::organic});
      const double root = std::sqrt(beta);

      EXPECT_EQ(aqueous.extraction_controls, aqueous.aqueous_product > root / (1.0 + root));
      EXPECT_EQ(organic.extraction_controls, organic.aqueous_product > 1.0 / (1.0 + root));
      EXPECT_NEAR(organic.scrub - organic.solvent, organic.aqueous_product, 1e-12);
      EXPECT_NEAR(aqueous.solvent - aqueous.scrub, aqueous.organic_product, 1e-12);
    }
  }
}

TEST(XuDesign, MeetsTheRatiosOfThePublishedScrubControlledExample) {
  // beta 2, equimolar, scrub-controlled: E_M 0.773, E'_M 1.414, W = 1/(sqrt(beta) - 1) per f'_A,
  // published for products taken as f_A and f_B, so both purities stand close to 1 here.
  const auto limit = xu_design({2.0, 0.0, 0.5, 1.0 - 1e-9, 1.0 - 1e-9});

  EXPECT_FALSE(limit.extraction_controls);
  EXPECT_NEAR(limit.extraction_ratio, 0.773, 0.0005);
  EXPECT_NEAR(limit.scrub_ratio, 1.414, 0.0005);
  EXPECT_NEAR(limit.scrub / limit.organic_product, 1.0 / (std::sqrt(2.0) - 1.0), 1e-6);

  // 24 + 21 stages are published for 99.9 % A and 99.99 % B; the formulas, without the pinch,
  // say 21.1 and 19.9.
  const auto d = xu_design({2.0, 0.0, 0.5, 0.999, 0.9999});
  const auto published = solve_constant_flow(2.0, 0.5, d.solvent, d.scrub, 24, 21);
  EXPECT_NEAR(d.extraction_stages, 21.1, 0.1);
  EXPECT_NEAR(d.scrub_stages, 19.9, 0.1);
  EXPECT_GT(published.raffinate_purity, 0.999);
  EXPECT_GT(published.organic_purity, 0.998);
}

TEST(MinimumFlows, AreThoseOfThePinchAtTheFeed) {
  const auto aqueous = minimum_flows(2.0, 0.4, FeedPhase::aqueous);
  const auto organic = minimum_flows(2.0, 0.4, FeedPhase::organic);

  EXPECT_DOUBLE_EQ(aqueous.solvent, 1.4);
  EXPECT_DOUBLE_EQ(aqueous.scrub, 1.0);
  EXPECT_DOUBLE_EQ(organic.solvent, 1.0);
  EXPECT_DOUBLE_EQ(organic.scrub, 1.6);
}

TEST(MinimumFlows, FourHundredStagesDoNotHelpBelowThemAndDoAbove) {
  for (const auto feed : {FeedPhase::aqueous, FeedPhase::organic}) {
    const auto least = minimum_flows(2.0, 0.4, feed);
    const auto purity = [&](double share) {
      // the products stay f_A and f_B; reflux is what changes
      const double scrub = share * least.scrub;
      const double solvent = feed == FeedPhase::aqueous ? scrub + 0.4 : scrub - 0.6;
      return solve_constant_flow(2.0, 0.4, solvent, scrub, 200, 200, feed).raffinate_purity;
    };

    EXPECT_LT(purity(0.98), 0.995);
    EXPECT_GT(purity(1.02), 0.9999);
  }
}

TEST(Fenske, MinimumStagesAreTheClosedForm) {
  EXPECT_NEAR(fenske_stages(1.5, 0.999, 0.999), 34.068306448732, 1e-11);
  // read in published text: 23.3, 45.4, 16.8
  EXPECT_NEAR(fenske_stages(2.0, 0.999, 0.9999), 23.3, 0.06);
  EXPECT_NEAR(fenske_stages(1.5, 0.9999, 0.9999), 45.4, 0.06);
  EXPECT_NEAR(fenske_stages(3.0, 0.9999, 0.9999), 16.8, 0.06);
  EXPECT_NEAR(fenske_stages(1.5, best_purity_at_total_reflux(1.5, 34),
                            best_purity_at_total_reflux(1.5, 34)),
              34.0, 1e-10);
}

TEST(ConstantFlow, ExactPuritiesMeetTheSixtyDigitCases) {
  const auto first = solve_constant_flow(1.5, 0.3, 3.1148656286484155, 2.8149157037610846, 34, 26);
  EXPECT_NEAR(first.raffinate_purity, 0.99940233765973, 1e-12);
  EXPECT_NEAR(first.organic_purity, 0.99877206685861, 1e-12);
  const auto second = solve_constant_flow(2.0, 0.4, 1.4490119477569974, 1.0492123485586005, 19, 20);
  EXPECT_NEAR(second.raffinate_purity, 0.99522452639719, 1e-12);
  EXPECT_NEAR(second.organic_purity, 0.99333205842585, 1e-12);
  // 26 + 24 stages are what 0.999 takes
  const auto enough = solve_constant_flow(2.0, 0.4, 1.4490119477569974, 1.0492123485586005, 26, 24);
  EXPECT_GT(enough.raffinate_purity, 0.999);
  EXPECT_GT(enough.organic_purity, 0.9985);
}

TEST(XuDesign, RefusesWhatCannotBeDesigned) {
  EXPECT_THROW(xu_design({1.0, 0.0, 0.3, 0.999, 0.999}), Error);
  EXPECT_THROW(xu_design({2.0, 0.0, 0.0, 0.999, 0.999}), Error);
  EXPECT_THROW(xu_design({2.0, 0.0, 0.3, 1.0, 0.999}), Error);
  EXPECT_THROW(xu_design({2.0, 0.0, 0.3, 0.2, 0.999}), Error);  // the feed is purer than that
}

/// "beta=2;fA=0.4;PA=0.999" as numbers by name.
std::map<std::string, double> inputs_of(const std::string& text) {
  std::map<std::string, double> values;
  std::istringstream in(text);
  std::string item;
  while (std::getline(in, item, ';')) {
    const auto equals = item.find('=');
    if (equals != std::string::npos)
      values[item.substr(0, equals)] = std::stod(item.substr(equals + 1));
  }
  return values;
}

TEST(XuDesign, EveryRowOfTheSharedExactCasesIsMet) {
  GADOLIN_SHARED_OR_SKIP(path, "sx/exact_cases/exact_cases.csv");
  std::ifstream file(path);
  int rows = 0;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream in(line);
    std::string name, inputs, quantity, number;
    std::getline(in, name, ',');
    std::getline(in, inputs, ',');
    std::getline(in, quantity, ',');
    std::getline(in, number, ',');
    if (name.rfind("min_reflux", 0) != 0 && name.rfind("xu_design", 0) != 0) continue;
    auto v = inputs_of(inputs);
    const double expected = std::stod(number);
    double found = NAN;
    if (name.rfind("min_reflux", 0) == 0) {
      const auto feed = name == "min_reflux_aqueous_feed" ? FeedPhase::aqueous : FeedPhase::organic;
      const auto least = minimum_flows(v["beta"], v["fA"], feed);
      found = quantity == "S_min" ? least.solvent : least.scrub;
    } else {
      const auto d = xu_design({v["beta"], 0.0, v["fA"], v["PA"], v["PB"]});
      const std::map<std::string, double> by_name = {{"a", d.concentration_ratio_a},
                                                     {"b", d.concentration_ratio_b},
                                                     {"YA", d.recovery_a},
                                                     {"YB", d.recovery_b},
                                                     {"fpA", d.organic_product},
                                                     {"fpB", d.aqueous_product},
                                                     {"S", d.solvent},
                                                     {"W", d.scrub},
                                                     {"EM", d.extraction_ratio},
                                                     {"EMp", d.scrub_ratio},
                                                     {"n", d.extraction_stages},
                                                     {"mp1", d.scrub_stages}};
      found = by_name.at(quantity);
    }
    EXPECT_NEAR(found, expected, 2e-11 * std::max(1.0, std::fabs(expected))) << line;
    ++rows;
  }
  EXPECT_EQ(rows, 32);
}

}  // namespace
}  // namespace gadolin::separation
