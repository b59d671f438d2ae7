#include "models/recovery/reconcile.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>

#include <gtest/gtest.h>

#include "models/core/element.hpp"
#include "models/recovery/phase_chemistry.hpp"

namespace gadolin::recovery {
namespace {

Quantity measured(double value, double u) { return {value, u, 0.0, ValueState::measured, true}; }
Quantity below(double lod) { return {0.0, 0.0, lod, ValueState::below_lod, false}; }

std::vector<double> diagonal(const std::vector<double>& u) {
  std::vector<double> covariance(u.size() * u.size(), 0.0);
  for (std::size_t i = 0; i < u.size(); ++i) covariance[i * u.size() + i] = u[i] * u[i];
  return covariance;
}

/// The rare earths not listed, each looked for and not found at 0.1 mg/kg.
std::vector<ElementInput> and_no_other_rare_earth(std::vector<ElementInput> elements) {
  for (const char* name : rare_earths) {
    const auto listed = [&](const ElementInput& e) { return e.element == name; };
    if (std::none_of(elements.begin(), elements.end(), listed)) {
      elements.push_back({name, below(1e-7)});
    }
  }
  return elements;
}

/// Norm of the shipped example: the phases of configs/example_seizure/recipe.toml.
std::vector<PhaseInput> laterite_phases() {
  return {{"goethite", "FeOOH", 0.566 / 0.994},
          {"kaolinite", "Al2Si2O5(OH)4", 0.214 / 0.994},
          {"quartz", "SiO2", 0.104 / 0.994},
          {"monazite-Ce", "CePO4", 0.069 / 0.994},
          {"fluorapatite", "Ca5(PO4)3F", 0.021 / 0.994},
          {"anatase", "TiO2", 0.020 / 0.994}};
}

/// OREAS 464 [mg/kg] with half widths (k = 2): configs/example_seizure/assay.csv.
std::vector<ElementInput> laterite_assay(double rare_earth_factor = 1.0) {
  struct Row {
    const char* element;
    double value, expanded;
  };
  std::vector<ElementInput> elements;
  for (const Row& row : std::initializer_list<Row>{
           {"Al", 44700, 500},   {"Ca", 8510, 400},   {"Ce", 15500, 500},  {"Dy", 182, 4.5},
           {"Er", 36.9, 1.05},   {"Eu", 334, 12.5},   {"Gd", 670, 19},     {"Ho", 21.3, 0.6},
           {"Fe", 355500, 9300}, {"La", 10600, 2050}, {"Lu", 1.57, 0.195}, {"Nd", 9590, 170},
           {"P", 13600, 500},    {"Pr", 2601, 84.5},  {"Sm", 1485, 47},    {"Si", 95200, 3100},
           {"Tb", 55, 2},        {"Tm", 3.3, 0.215},  {"Yb", 14.3, 0.7},   {"Y", 449, 24}}) {
    const double factor = is_rare_earth(row.element) ? rare_earth_factor : 1.0;
    elements.push_back(
        {row.element, measured(factor * row.value * 1e-6, factor * 0.5 * row.expanded * 1e-6)});
  }
  elements.push_back({"Ti", Quantity{}});
  return elements;
}

std::size_t place_of(const std::vector<ElementInput>& elements, const std::string& name) {
  const auto it = std::find_if(elements.begin(), elements.end(),
                               [&](const ElementInput& e) { return e.element == name; });
  return static_cast<std::size_t>(it - elements.begin());
}

Reconciled laterite(const std::vector<ElementInput>& elements) {
  return reconcile(laterite_phases(), diagonal({0.004, 0.006, 0.003, 0.002, 0.002, 0.002}),
                   elements);
}

TEST(PhaseChemistry, BastnasiteHoldsItsTextbookOxide) {
  // CeCO3F: 140.116 + 12.011 + 3 * 15.999 + 18.998 = 219.122 g/mol; CeO2 172.114 g/mol.
  const auto chemistry = phase_chemistry("CeCO3F", {});

  EXPECT_NEAR(chemistry.mass_fraction.at("Ce") * 172.114 / 140.116, 172.114 / 219.122, 1e-5);
  EXPECT_NEAR(chemistry.site_mol_per_kg, 1000.0 / 219.122, 1e-4);
}

TEST(PhaseChemistry, TheSplitFillsTheSite) {
  // Half La, half Ce: M = 0.5 * 138.905 + 0.5 * 140.116 + 94.971 (PO4) = 234.482 g/mol.
  const auto chemistry = phase_chemistry("CePO4", {{"La", 0.5}, {"Ce", 0.5}});

  EXPECT_NEAR(chemistry.mass_fraction.at("La"), 0.5 * 138.90547 / 234.4817, 1e-5);
  EXPECT_NEAR(chemistry.mass_fraction.at("P"), 30.973762 / 234.4817, 1e-5);
}

TEST(Reconcile, LeavesAConsistentSampleAlone) {
  const double ce = 0.4 * 140.116 / 219.122;

  const auto r = reconcile(
      {{"bastnasite-Ce", "CeCO3F", 0.4}, {"quartz", "SiO2", 0.6}}, diagonal({0.01, 0.01}),
      and_no_other_rare_earth({{"Ce", measured(ce, 0.01 * ce)}, {"Si", measured(0.28045, 0.005)}}));

  EXPECT_TRUE(r.converged);
  EXPECT_FALSE(r.conflict);
  EXPECT_EQ(r.degrees_of_freedom, 2);
  EXPECT_NEAR(r.weight_fraction[0], 0.4, 1e-4);
  EXPECT_NEAR(r.element_mass_fraction[0], ce, 1e-4 * ce);
  EXPECT_NEAR(r.unmodelled_fraction, 0.0, 1e-3);
}

TEST(Reconcile, IsSurerThanEitherInput) {
  const double ce = 0.4 * 140.116 / 219.122;

  const auto r = reconcile(
      {{"bastnasite-Ce", "CeCO3F", 0.41}, {"quartz", "SiO2", 0.59}}, diagonal({0.02, 0.02}),
      and_no_other_rare_earth({{"Ce", measured(ce, 0.02 * ce)}, {"Si", measured(0.2805, 0.006)}}));

  EXPECT_FALSE(r.conflict);
  EXPECT_LT(std::sqrt(r.weight_covariance[0]), 0.02);
  EXPECT_LT(std::sqrt(r.element_covariance[0]), 0.02 * ce);
  EXPECT_GT(r.weight_fraction[0], 0.395);
  EXPECT_LT(r.weight_fraction[0], 0.41);
}

TEST(Reconcile, ReportsAConflictAndAveragesNothing) {
  const double ce = 0.05;  // the phases hold 0.256

  const auto r = reconcile(
      {{"bastnasite-Ce", "CeCO3F", 0.4}, {"quartz", "SiO2", 0.6}}, diagonal({0.01, 0.01}),
      and_no_other_rare_earth({{"Ce", measured(ce, 0.001)}, {"Si", measured(0.28045, 0.005)}}));

  EXPECT_TRUE(r.conflict);
  EXPECT_LT(r.p_value, 1e-6);
  EXPECT_DOUBLE_EQ(r.weight_fraction[0], 0.4);
  EXPECT_DOUBLE_EQ(r.element_mass_fraction[0], ce);
  EXPECT_LT(r.element_residual_sigma[0], -5.0);
  EXPECT_NE(r.conflict_text.find("less Ce"), std::string::npos) << r.conflict_text;
}

TEST(Reconcile, FindsAnAmorphousTenth) {
  const double ce = 0.9 * 0.4 * 140.116 / 219.122, si = 0.9 * 0.6 * 28.085 / 60.083;

  const auto r = reconcile(
      {{"bastnasite-Ce", "CeCO3F", 0.4}, {"quartz", "SiO2", 0.6}}, diagonal({0.005, 0.005}),
      and_no_other_rare_earth({{"Ce", measured(ce, 0.01 * ce)}, {"Si", measured(si, 0.01 * si)}}));

  EXPECT_FALSE(r.conflict);
  EXPECT_TRUE(r.unmodelled_fraction_known);
  EXPECT_NEAR(r.unmodelled_fraction, 0.1, 2.0 * r.u_unmodelled_fraction);
  EXPECT_LT(r.u_unmodelled_fraction, 0.05);
}

TEST(Reconcile, BelowLodSpeaksAgainstAPhaseThatHoldsTheElement) {
  const auto phases = std::vector<PhaseInput>{{"fluorite", "CaF2", 0.2}, {"quartz", "SiO2", 0.8}};

  const auto silent = reconcile(phases, diagonal({0.01, 0.01}), {{"F", Quantity{}}});
  const auto generous = reconcile(phases, diagonal({0.01, 0.01}), {{"F", below(0.2)}});
  const auto strict = reconcile(phases, diagonal({0.01, 0.01}), {{"F", below(0.001)}});

  EXPECT_EQ(silent.degrees_of_freedom, 0);
  EXPECT_EQ(silent.element_compared[0], 0);
  EXPECT_EQ(generous.degrees_of_freedom, 0);
  EXPECT_FALSE(generous.conflict);
  EXPECT_TRUE(strict.conflict);
  EXPECT_EQ(strict.element_state[0], ValueState::below_lod);
}

TEST(Reconcile, ComparesTheRareEarthSiteNotEachElement) {
  // Monazite written CePO4; the assay finds La, Ce, Nd with the right number of sites.
  const double site = 0.3 / (0.25 * 138.90547 + 0.5 * 140.116 + 0.25 * 144.242 + 94.9697);

  const auto r =
      reconcile({{"monazite-Ce", "CePO4", 0.3}, {"quartz", "SiO2", 0.7}}, diagonal({0.01, 0.01}),
                and_no_other_rare_earth({{"La", measured(0.25 * site * 138.90547, 0.002)},
                                         {"Ce", measured(0.50 * site * 140.116, 0.003)},
                                         {"Nd", measured(0.25 * site * 144.242, 0.002)}}));

  EXPECT_EQ(r.degrees_of_freedom, 1);
  EXPECT_FALSE(r.conflict);
  EXPECT_GT(r.p_value, 0.5);
  EXPECT_NEAR(r.weight_fraction[0], 0.3, 0.003);
}

TEST(Reconcile, NamesAnElementNoPhaseHolds) {
  const auto r = reconcile({{"quartz", "SiO2", 1.0}}, diagonal({0.01}),
                           {{"Ba", measured(0.05, 0.002)}, {"Si", measured(0.45, 0.01)}});

  ASSERT_EQ(r.warnings.size(), 1u);
  EXPECT_EQ(r.warnings[0].code, "W-REC-002");
  EXPECT_NE(r.warnings[0].text.find("Ba"), std::string::npos);
}

TEST(Reconcile, RefusesFractionsThatDoNotSumToOne) {
  EXPECT_THROW(reconcile({{"quartz", "SiO2", 0.5}}, {}, {}), Error);
}

TEST(Reconcile, ARareEarthWithoutANumberMakesNoConflict) {
  const auto whole = laterite(laterite_assay());
  ASSERT_TRUE(whole.converged);
  ASSERT_FALSE(whole.conflict) << whole.conflict_text;

  struct Case {
    const char* element;
    Quantity quantity;
  };
  const Quantity empty{};
  for (const Case& c :
       std::initializer_list<Case>{{"La", empty},
                                   {"La", {0.01, 0.0, 0.0, ValueState::above_range, false}},
                                   {"Nd", empty},
                                   {"Ce", below(0.02)},
                                   {"Ce", empty}}) {
    auto elements = laterite_assay();
    const std::size_t gap = place_of(elements, c.element);
    elements[gap].mass_fraction = c.quantity;

    const auto r = laterite(elements);

    EXPECT_TRUE(r.converged) << c.element;
    EXPECT_FALSE(r.conflict) << c.element << ": " << r.conflict_text;
    EXPECT_GT(r.p_value, 0.2) << c.element;
    EXPECT_EQ(r.degrees_of_freedom, whole.degrees_of_freedom) << c.element;
    EXPECT_EQ(r.element_compared[gap], 0) << c.element;
    for (std::size_t j = 0; j < elements.size(); ++j) {
      if (j == gap || elements[j].mass_fraction.state != ValueState::measured) continue;
      // Nobody else answers for the missing one.
      EXPECT_NEAR(r.element_predicted[j], whole.element_predicted[j],
                  0.15 * whole.element_predicted[j])
          << elements[j].element << " without " << c.element;
      EXPECT_LT(std::fabs(r.element_residual_sigma[j]),
                std::fabs(whole.element_residual_sigma[j]) + 1.0)
          << elements[j].element << " without " << c.element;
    }
    // The estimate of the missing one is of the right size.
    EXPECT_GT(r.element_predicted[gap], 0.4 * whole.element_predicted[gap]) << c.element;
    EXPECT_LT(r.element_predicted[gap], 2.5 * whole.element_predicted[gap]) << c.element;
    EXPECT_EQ(r.element_measured[gap], 0.0);
    EXPECT_EQ(r.element_state[gap], c.quantity.state);
    ASSERT_FALSE(r.warnings.empty());
    EXPECT_EQ(r.warnings.back().code, "W-REC-004");
    EXPECT_NE(r.warnings.back().text.find(c.element), std::string::npos);
  }
}

TEST(Reconcile, ARowLeftOutIsTheSameAsAnEmptyCell) {
  auto empty = laterite_assay(), left_out = laterite_assay();
  const std::size_t gap = place_of(empty, "La");
  empty[gap].mass_fraction = Quantity{};
  left_out.erase(left_out.begin() + static_cast<std::ptrdiff_t>(gap));

  const auto a = laterite(empty), b = laterite(left_out);

  EXPECT_DOUBLE_EQ(a.chi_square, b.chi_square);
  EXPECT_EQ(a.weight_fraction, b.weight_fraction);
}

TEST(Reconcile, StillFindsATrueConflictOfTheRareEarths) {
  const auto too_few = laterite(laterite_assay(0.5));
  const auto too_many = laterite(laterite_assay(1.5));

  EXPECT_TRUE(too_few.conflict) << too_few.p_value;
  EXPECT_TRUE(too_many.conflict) << too_many.p_value;
  EXPECT_NE(too_few.conflict_text.find("less"), std::string::npos) << too_few.conflict_text;
  EXPECT_NE(too_many.conflict_text.find("more"), std::string::npos) << too_many.conflict_text;
}

TEST(Reconcile, AnAboveRangeContentIsNeverLessThanItsLimit) {
  // 20 % La at least, on a tenth of monazite that can hold 5.9 %.
  auto elements = laterite_assay();
  elements[place_of(elements, "La")].mass_fraction = {0.2, 0.0, 0.0, ValueState::above_range,
                                                      false};

  const auto r = laterite(elements);

  EXPECT_TRUE(r.conflict) << r.p_value;
}

TEST(Reconcile, RefusesNumbersThatAreNotFinite) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<PhaseInput> quartz = {{"quartz", "SiO2", 1.0}};

  EXPECT_THROW(reconcile(quartz, {nan}, {}), Error);
  EXPECT_THROW(reconcile(quartz, {}, {{"Si", measured(nan, 0.01)}}), Error);
  EXPECT_THROW(reconcile(quartz, {}, {{"Si", measured(0.4, nan)}}), Error);
  EXPECT_THROW(reconcile(quartz, {}, {{"Si", measured(0.4, -0.01)}}), Error);
  EXPECT_THROW(reconcile(quartz, {}, {{"Si", below(nan)}}), Error);
}

TEST(Reconcile, SaysWhenItCannotBeSolvedAndDoesNotAgree) {
  const auto r = reconcile({{"quartz", "SiO2", 1.0}}, {-1.0}, {{"Si", measured(0.1, 0.01)}});

  EXPECT_FALSE(r.converged);
  EXPECT_FALSE(r.status_text.empty());
  EXPECT_EQ(r.degrees_of_freedom, 0);
  EXPECT_DOUBLE_EQ(r.element_mass_fraction[0], 0.1);
}

TEST(Reconcile, NamesRareEarthsWithoutACarrierAsAGroup) {
  // 400 mg/kg each: 0.0469 + 0.0491 + 0.0467 = 0.143 wt% oxide, none of them 0.5 wt%.
  const auto r = reconcile(
      {{"quartz", "SiO2", 1.0}}, diagonal({0.01}),
      {{"La", measured(4e-4, 1e-5)}, {"Ce", measured(4e-4, 1e-5)}, {"Nd", measured(4e-4, 1e-5)}});

  ASSERT_EQ(r.warnings.size(), 1u);
  EXPECT_EQ(r.warnings[0].code, "W-REC-002");
  EXPECT_NE(r.warnings[0].text.find("La Ce Nd (together 0.14 wt% oxide)"), std::string::npos)
      << r.warnings[0].text;
}

}  // namespace
}  // namespace gadolin::recovery
