#include "models/diffraction/closure.hpp"

#include <gtest/gtest.h>

namespace gadolin::diffraction {
namespace {

/// 7 wt% of a monazite described as CePO4 beside 93 wt% goethite.
PatternResult monazite_ore() {
  PatternResult result;
  result.status = ItemStatus::ok;
  result.parameters = 10;
  for (double w : {0.07, 0.93}) {
    PhaseResult phase;
    phase.name = w < 0.5 ? "monazite-Ce" : "goethite";
    phase.weight_fraction = w;
    result.phases.push_back(phase);
  }
  result.covariance_stat.assign(4, 0.0);
  result.covariance_total = {2.5e-5, -2.5e-5, -2.5e-5, 2.5e-5};  // u 0.5 wt%
  return result;
}

// CePO4, molar mass 235.09; FeOOH, 88.85.
const std::vector<std::vector<ElementContent>> contents = {
    {{"Ce", 0.5960, 0.0}, {"P", 0.1318, 0.0}, {"O", 0.2722, 0.0}},
    {{"Fe", 0.6285, 0.0}, {"O", 0.3601, 0.0}, {"H", 0.0113, 0.0}}};

/// 0.07 * 0.5960 = 4.17 wt% as cerium, of which cerium is half and lanthanum and neodymium a
/// quarter each by mole.
const ElementContent lanthanum{"La", 0.25 * 0.04172 * 138.905 / 140.116, 0.0003};
const ElementContent cerium{"Ce", 0.50 * 0.04172, 0.0005};
const ElementContent neodymium{"Nd", 0.25 * 0.04172 * 144.242 / 140.116, 0.0003};
const ElementContent iron{"Fe", 0.93 * 0.6285, 0.005};
const ElementContent phosphorus{"P", 0.07 * 0.1318, 0.0003};

TEST(Closure, CountsTheRareEarthsOfAMineralAsOne) {
  const auto closure = close_against_assay(monazite_ore(), contents,
                                           {lanthanum, cerium, neodymium, iron, phosphorus});

  EXPECT_EQ(closure.degrees_of_freedom, 3);  // Fe, P and the sum
  EXPECT_NEAR(closure.chi_square, 0.0, 1e-3);
  ASSERT_EQ(closure.elements.back().element, "rare earths");
  EXPECT_NEAR(closure.elements.back().predicted, closure.elements.back().assay, 1e-5);
  EXPECT_NEAR(closure.joint_weight_fraction[0], 0.07, 1e-4);
}

TEST(Closure, SeesThatHalfTheRareEarthsAreMissing) {
  const auto half = [](ElementContent part) {
    part.mass_fraction *= 0.5;
    return part;
  };

  const auto closure = close_against_assay(
      monazite_ore(), contents, {half(lanthanum), half(cerium), half(neodymium), iron, phosphorus});

  EXPECT_LT(closure.p_value, 0.01);
}

TEST(Closure, LeavesRareEarthsOutWhereTheirSumIsNotKnown) {
  const auto closure =
      close_against_assay(monazite_ore(), contents, {lanthanum, cerium, iron, phosphorus});

  EXPECT_EQ(closure.degrees_of_freedom, 2);  // no neodymium was measured: Fe and P remain
  for (const auto& one : closure.elements) EXPECT_NE(one.element, "Ce");
}

}  // namespace
}  // namespace gadolin::diffraction
