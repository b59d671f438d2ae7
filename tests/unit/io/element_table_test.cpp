#include "io/readers/element_table.hpp"

#include <map>

#include <gtest/gtest.h>

namespace gadolin::io {
namespace {

std::map<std::string, assay::ElementValue> by_element(const assay::AssaySample& sample) {
  std::map<std::string, assay::ElementValue> map;
  for (const auto& value : sample.values) map[value.element] = value;
  return map;
}

bool has_warning(const assay::AssaySample& sample, const std::string& code) {
  for (const auto& warning : sample.warnings) {
    if (warning.code == code) return true;
  }
  return false;
}

TEST(ElementTable, WideTableWithEveryHeaderForm) {
  const auto samples = parse_element_table(
      "sample,La (ppm),u_La,CeO2 [wt%],CeO2_U_k2,139Pr_ppm\nA,100,2,1.2284,0.024568,7\n", "t.csv");

  ASSERT_EQ(samples.size(), 1u);
  const auto v = by_element(samples[0]);
  EXPECT_NEAR(v.at("La").mass_fraction.value, 1e-4, 1e-15);
  EXPECT_NEAR(v.at("La").mass_fraction.u_value, 2e-6, 1e-17);
  // CeO2/Ce = 1.2284 (IUPAC weights): 1.2284 wt% CeO2 is 1 wt% Ce.
  EXPECT_NEAR(v.at("Ce").mass_fraction.value, 0.01, 1e-6);
  EXPECT_NEAR(v.at("Ce").mass_fraction.u_value, 1e-4, 1e-8);  // k = 2
  EXPECT_EQ(v.at("Ce").reported_as, "CeO2");
  EXPECT_EQ(v.at("Ce").reported_unit, "wt%");
  EXPECT_TRUE(v.at("Pr").u_defaulted);
  EXPECT_NEAR(v.at("Pr").mass_fraction.u_value, 0.05 * 7e-6, 1e-15);
  EXPECT_TRUE(has_warning(samples[0], "W-UNC-001"));
  EXPECT_TRUE(has_warning(samples[0], "W-UNIT-001"));
}

TEST(ElementTable, OxideFactorsAgreeWithPublishedOnes) {
  // CeO2 1.2284, Nd2O3 1.1664, Pr6O11 1.2082, Tb4O7 1.1762, La2O3 1.1728, Y2O3 1.2699
  const auto samples = parse_element_table(
      "sample,CeO2 (wt%),Nd2O3 (wt%),Pr6O11 (wt%),Tb4O7 (wt%),La2O3 (wt%),Y2O3 (wt%)\n"
      "A,1,1,1,1,1,1\n",
      "t.csv");

  const auto v = by_element(samples[0]);
  const std::map<std::string, double> factor = {{"Ce", 1.2284}, {"Nd", 1.1664}, {"Pr", 1.2082},
                                                {"Tb", 1.1762}, {"La", 1.1728}, {"Y", 1.2699}};
  for (const auto& [element, f] : factor) {
    EXPECT_NEAR(0.01 / v.at(element).mass_fraction.value, f, 5e-5) << element;
  }
}

TEST(ElementTable, FourStatesStayApartInEveryTextForm) {
  const auto samples = parse_element_table(
      "sample;La (ppm);Ce (ppm);Pr (ppm);Nd (ppm);Sm (ppm);Eu (ppm);Gd (ppm);Tb (ppm);Dy (ppm);"
      "Ho (ppm);Er (ppm)\n"
      "A;<0.05;0.05U;-0.05;BDL;n.d.;>10000;> 10000;;N/A;0,05;1.5e1\n",
      "t.csv");

  const auto v = by_element(samples[0]);
  for (const char* element : {"La", "Ce", "Pr"}) {
    EXPECT_EQ(v.at(element).mass_fraction.state, ValueState::below_lod) << element;
    EXPECT_NEAR(v.at(element).mass_fraction.lod, 5e-8, 1e-20) << element;
    EXPECT_EQ(v.at(element).mass_fraction.value, 0.0);
  }
  for (const char* element : {"Nd", "Sm", "Tb", "Dy"}) {
    EXPECT_EQ(v.at(element).mass_fraction.state, ValueState::not_measured) << element;
  }
  for (const char* element : {"Eu", "Gd"}) {
    EXPECT_EQ(v.at(element).mass_fraction.state, ValueState::above_range) << element;
    EXPECT_NEAR(v.at(element).mass_fraction.value, 0.01, 1e-15) << element;
  }
  EXPECT_NEAR(v.at("Ho").mass_fraction.value, 5e-8, 1e-20);
  EXPECT_NEAR(v.at("Er").mass_fraction.value, 1.5e-5, 1e-18);
  EXPECT_EQ(v.at("La").reported_text, "<0.05");
  EXPECT_TRUE(has_warning(samples[0], "W-CENS-002"));
  EXPECT_TRUE(has_warning(samples[0], "W-CENS-003"));
}

TEST(ElementTable, AnLodColumnGivesUndetectedCellsTheirLimit) {
  const auto samples = parse_element_table(
      "sample,Lu (ppm),Lu_lod,Tm (ppm),LOD Tm (ppm),Yb (ppm),Yb_lod\nA,n.d.,0.02,0,0.03,0.5,0.1\n",
      "t.csv");

  const auto v = by_element(samples[0]);
  EXPECT_EQ(v.at("Lu").mass_fraction.state, ValueState::below_lod);
  EXPECT_NEAR(v.at("Lu").mass_fraction.lod, 2e-8, 1e-20);
  EXPECT_EQ(v.at("Tm").mass_fraction.state, ValueState::below_lod);
  EXPECT_EQ(v.at("Yb").mass_fraction.state, ValueState::measured);
  EXPECT_NEAR(v.at("Yb").mass_fraction.lod, 1e-7, 1e-18);
  EXPECT_FALSE(has_warning(samples[0], "W-CENS-002"));
}

TEST(ElementTable, LongTableKeepsMethodBasisAndCoverage) {
  const auto samples = parse_element_table(
      "# laboratory: Central\nsample,analyte,value,unit,expanded_uncertainty_k2,method,basis\n"
      "A,La,10600,mg/kg,2050,4-acid ICP,dry\nA,Fe2O3T,50.8,wt%,,fusion,dry\n"
      "A,LOI,8.1,wt%,,,dry\nB,Ce,<5,ppm,,,\n",
      "t.csv");

  ASSERT_EQ(samples.size(), 2u);
  const auto v = by_element(samples[0]);
  EXPECT_EQ(samples[0].basis, assay::MassBasis::dry);
  EXPECT_EQ(samples[0].laboratory, "Central");
  EXPECT_NEAR(samples[0].loss_on_ignition.value, 0.081, 1e-12);
  EXPECT_NEAR(v.at("La").mass_fraction.u_value, 1025e-6, 1e-12);
  EXPECT_FALSE(v.at("La").u_defaulted);
  EXPECT_EQ(v.at("La").method, "4-acid ICP");
  EXPECT_NEAR(v.at("Fe").mass_fraction.value, 0.508 / 1.42973, 1e-5);
  EXPECT_EQ(samples[1].basis, assay::MassBasis::not_stated);
  EXPECT_EQ(samples[1].values[0].mass_fraction.state, ValueState::below_lod);
}

TEST(ElementTable, UnitsRowAndStatementsAreUnderstood) {
  const auto samples = parse_element_table(
      "# uncertainties: k=2\n# basis: as received\nsample\tLa\tLa unc\tSiO2\nunits\tppm\tppm\twt%\n"
      "A\t100\t10\t40\n",
      "t.csv");

  const auto v = by_element(samples[0]);
  EXPECT_NEAR(v.at("La").mass_fraction.u_value, 5e-6, 1e-18);
  EXPECT_EQ(samples[0].basis, assay::MassBasis::as_received);
  EXPECT_NEAR(v.at("Si").mass_fraction.value, 0.4 / 2.1393, 1e-4);
}

TEST(ElementTable, UraniumAndItsUncertaintyAreToldApart) {
  const auto samples =
      parse_element_table("sample,U (ppm),u_U,Th (ppm),U_Th\nA,10,1,20,4\n", "t.csv");

  const auto v = by_element(samples[0]);
  EXPECT_NEAR(v.at("U").mass_fraction.value, 1e-5, 1e-18);
  EXPECT_NEAR(v.at("U").mass_fraction.u_value, 1e-6, 1e-18);
  EXPECT_NEAR(v.at("Th").mass_fraction.u_value, 2e-6, 1e-18);  // U: expanded, k = 2
}

TEST(ElementTable, UnitsCanBeGivenFromOutside) {
  ElementTableOptions options;
  options.units["Nd"] = "ppm";

  const auto samples = parse_element_table("sample,La (g/t),Nd\nA,1,2\n", "t.csv", options);

  EXPECT_NEAR(by_element(samples[0]).at("Nd").mass_fraction.value, 2e-6, 1e-18);
}

TEST(ElementTable, SumsFarFromTheWholeAreWarnedOf) {
  const auto high = parse_element_table("sample,SiO2 (wt%),Al2O3 (wt%)\nA,80,40\n", "t.csv");
  const auto low = parse_element_table(
      "sample,SiO2 (%),Al2O3 (%),CaO (%),MgO (%),Na2O (%)\nA,20,10,1,1,1\n", "t.csv");
  const auto traces = parse_element_table("sample,La (ppm),Ce (ppm)\nA,20,10\n", "t.csv");

  EXPECT_TRUE(has_warning(high[0], "W-TAB-001"));
  EXPECT_TRUE(has_warning(low[0], "W-TAB-001"));
  EXPECT_FALSE(has_warning(traces[0], "W-TAB-001"));
}

TEST(ElementTable, AMetalStatedAsElementsIsNoSumFarFromTheWhole) {
  const auto magnet = parse_element_table("sample,Nd (%),Fe (%),B (%)\nA,31,67,1\n", "t.csv");
  const auto too_much = parse_element_table("sample,Nd (%),Fe (%),B (%)\nA,41,67,1\n", "t.csv");

  EXPECT_FALSE(has_warning(magnet[0], "W-TAB-001"));
  EXPECT_TRUE(has_warning(too_much[0], "W-TAB-001"));
}

}  // namespace
}  // namespace gadolin::io
