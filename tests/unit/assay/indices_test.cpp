#include "models/assay/indices.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace gadolin::assay {
namespace {

Quantity measured(double value, double u) { return {value, u, 0.0, ValueState::measured, true}; }

ElementValue cell(const std::string& element, const Quantity& q) {
  ElementValue value;
  value.element = element;
  value.mass_fraction = q;
  return value;
}

const Normaliser flat{
    "flat", "test", "none", {"La", "Ce", "Pr", "Sm", "Eu", "Gd", "Yb"}, {1, 1, 1, 1, 1, 1, 1}};

TEST(OxideFactors, AreThoseOfThePublishedTable) {
  // Element to oxide: CeO2 1.2284, Nd2O3 1.1664, Pr6O11 1.2082, Tb4O7 1.1762, La2O3 1.1728, Y2O3
  // 1.2699, as printed by laboratories to four decimals.
  const Quantity one = measured(1.0, 0.1);
  EXPECT_NEAR(to_oxide(one, "Ce").value, 1.2284, 5e-5);
  EXPECT_NEAR(to_oxide(one, "Nd").value, 1.1664, 5e-5);
  EXPECT_NEAR(to_oxide(one, "Pr").value, 1.2082, 5e-5);
  EXPECT_NEAR(to_oxide(one, "Tb").value, 1.1762, 5e-5);
  EXPECT_NEAR(to_oxide(one, "La").value, 1.1728, 5e-5);
  EXPECT_NEAR(to_oxide(one, "Y").value, 1.2699, 5e-5);
}

TEST(OxideFactors, TheConventionMovesCeriumByFivePercent) {
  const OxideConvention trivalent{"Ce2O3", "Pr2O3", "Tb2O3"};
  const Quantity one = measured(1.0, 0.1);

  EXPECT_NEAR(to_oxide(one, "Ce").value / to_oxide(one, "Ce", trivalent).value, 1.0487, 2e-4);
  EXPECT_NEAR(to_element(to_oxide(one, "Pr", trivalent), "Pr", trivalent).value, 1.0, 1e-12);
}

TEST(OxideFactors, KeepTheState) {
  const Quantity below{0.0, 0.0, 2.0, ValueState::below_lod, false};

  const Quantity oxide = to_oxide(below, "La");

  EXPECT_EQ(oxide.state, ValueState::below_lod);
  EXPECT_NEAR(oxide.lod, 2.0 * 1.1728, 1e-4);
}

TEST(Indices, SumOnlyWhatIsMeasuredAndNameTheRest) {
  AssaySample sample;
  sample.values = {cell("La", measured(0.01, 0.001)), cell("Ce", measured(0.02, 0.002)),
                   cell("Tm", {0.0, 0.0, 1e-5, ValueState::below_lod, false})};

  const Index treo = find_index(indices(sample, flat), "TREO");

  EXPECT_NEAR(treo.value.value, 1.17277 + 2.45680, 2e-4);
  EXPECT_NEAR(treo.value.u_value, std::hypot(0.117277, 0.245680), 2e-5);
  EXPECT_EQ(treo.elements, "La Ce");
  EXPECT_NE(treo.note.find("below_lod, not in the sum: Tm"), std::string::npos) << treo.note;
  EXPECT_EQ(find_index(indices(sample, flat), "HREO").value.state, ValueState::not_measured);
}

TEST(Indices, CovarianceEntersTheSum) {
  AssaySample sample;
  sample.values = {cell("La", measured(0.01, 0.001)), cell("Ce", measured(0.02, 0.002))};
  const std::vector<double> together = {1e-6, 2e-6, 2e-6, 4e-6};  // fully correlated

  const Index treo = find_index(indices(sample, flat, {}, together), "TREO");
  const Index ratio = find_index(indices(sample, flat, {}, together), "TREO");

  EXPECT_NEAR(treo.value.u_value, 0.117277 + 0.245680, 2e-5);
  EXPECT_EQ(ratio.unit, "wt%");
  EXPECT_THROW(indices(sample, flat, {}, {1.0}), Error);
}

TEST(Indices, AnomalyOfAFlatPatternIsOneWithTheStatedUncertainty) {
  AssaySample sample;
  for (const char* e : {"La", "Ce", "Pr", "Sm", "Eu", "Gd", "Yb"}) {
    sample.values.push_back(cell(e, measured(1e-3, 5e-5)));
  }

  const auto list = indices(sample, flat);

  // (u/a)^2 = 0.05^2 (1 + 1/4 + 1/4)
  EXPECT_NEAR(find_index(list, "Eu/Eu*").value.value, 1.0, 1e-12);
  EXPECT_NEAR(find_index(list, "Eu/Eu*").value.u_value, 0.05 * std::sqrt(1.5), 1e-12);
  EXPECT_NEAR(find_index(list, "Ce/Ce*").value.value, 1.0, 1e-12);
  EXPECT_NEAR(find_index(list, "(La/Yb)N").value.u_value, 0.05 * std::sqrt(2.0), 1e-12);
  EXPECT_EQ(find_index(list, "Y/Ho").value.state, ValueState::not_measured);
}

TEST(Indices, ABoundStaysABound) {
  AssaySample sample;
  sample.values = {cell("Y", measured(28e-6, 1e-6)),
                   cell("Ho", {0.0, 0.0, 0.5e-6, ValueState::below_lod, false})};

  const Index ratio = find_index(indices(sample, flat), "Y/Ho");

  EXPECT_EQ(ratio.value.state, ValueState::above_range);
  EXPECT_NEAR(ratio.value.value, 56.0, 1e-9);
}

}  // namespace
}  // namespace gadolin::assay
