#include "models/recovery/reconcile.hpp"

#include <cmath>

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

  const auto r =
      reconcile({{"bastnasite-Ce", "CeCO3F", 0.4}, {"quartz", "SiO2", 0.6}}, diagonal({0.01, 0.01}),
                {{"Ce", measured(ce, 0.01 * ce)}, {"Si", measured(0.28045, 0.005)}});

  EXPECT_TRUE(r.converged);
  EXPECT_FALSE(r.conflict);
  EXPECT_EQ(r.degrees_of_freedom, 2);
  EXPECT_NEAR(r.weight_fraction[0], 0.4, 1e-4);
  EXPECT_NEAR(r.element_mass_fraction[0], ce, 1e-4 * ce);
  EXPECT_NEAR(r.unmodelled_fraction, 0.0, 1e-3);
}

TEST(Reconcile, IsSurerThanEitherInput) {
  const double ce = 0.4 * 140.116 / 219.122;

  const auto r = reconcile({{"bastnasite-Ce", "CeCO3F", 0.41}, {"quartz", "SiO2", 0.59}},
                           diagonal({0.02, 0.02}),
                           {{"Ce", measured(ce, 0.02 * ce)}, {"Si", measured(0.2805, 0.006)}});

  EXPECT_FALSE(r.conflict);
  EXPECT_LT(std::sqrt(r.weight_covariance[0]), 0.02);
  EXPECT_LT(std::sqrt(r.element_covariance[0]), 0.02 * ce);
  EXPECT_GT(r.weight_fraction[0], 0.395);
  EXPECT_LT(r.weight_fraction[0], 0.41);
}

TEST(Reconcile, ReportsAConflictAndAveragesNothing) {
  const double ce = 0.05;  // the phases hold 0.256

  const auto r =
      reconcile({{"bastnasite-Ce", "CeCO3F", 0.4}, {"quartz", "SiO2", 0.6}}, diagonal({0.01, 0.01}),
                {{"Ce", measured(ce, 0.001)}, {"Si", measured(0.28045, 0.005)}});

  EXPECT_TRUE(r.conflict);
  EXPECT_LT(r.p_value, 1e-6);
  EXPECT_DOUBLE_EQ(r.weight_fraction[0], 0.4);
  EXPECT_DOUBLE_EQ(r.element_mass_fraction[0], ce);
  EXPECT_LT(r.element_residual_sigma[0], -5.0);
  EXPECT_NE(r.conflict_text.find("less Ce"), std::string::npos) << r.conflict_text;
}

TEST(Reconcile, FindsAnAmorphousTenth) {
  const double ce = 0.9 * 0.4 * 140.116 / 219.122, si = 0.9 * 0.6 * 28.085 / 60.083;

  const auto r = reconcile({{"bastnasite-Ce", "CeCO3F", 0.4}, {"quartz", "SiO2", 0.6}},
                           diagonal({0.005, 0.005}),
                           {{"Ce", measured(ce, 0.01 * ce)}, {"Si", measured(si, 0.01 * si)}});

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
                {{"La", measured(0.25 * site * 138.90547, 0.002)},
                 {"Ce", measured(0.50 * site * 140.116, 0.003)},
                 {"Nd", measured(0.25 * site * 144.242, 0.002)}});

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

}  // namespace
}  // namespace gadolin::recovery
