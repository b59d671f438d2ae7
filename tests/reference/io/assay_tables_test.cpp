// Certified element tables against their own figures.
#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "io/readers/element_table.hpp"
#include "tests/shared_data.hpp"

namespace gadolin::io {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream stream(path);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

TEST(AssayTables, TheShippedSeizureTableReadsWithoutAFault) {
  const std::string path = std::string(GADOLIN_SOURCE_DIR) + "/configs/example_seizure/assay.csv";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no example table in this tree";

  const auto samples = read_element_table(path);

  ASSERT_EQ(samples.size(), 1u);
  EXPECT_EQ(samples[0].basis, assay::MassBasis::dry);
  std::map<std::string, Quantity> content;
  for (const auto& value : samples[0].values) content[value.element] = value.mass_fraction;
  // OREAS 464: Ce 15500 +- 500 mg/kg (95 %), La 10600 +- 2050
  EXPECT_NEAR(content.at("Ce").value, 0.0155, 1e-12);
  EXPECT_NEAR(content.at("Ce").u_value, 2.5e-4, 1e-12);
  EXPECT_NEAR(content.at("La").u_value, 1.025e-3, 1e-12);
  EXPECT_EQ(content.at("Ti").state, ValueState::not_measured);
}

TEST(AssayTables, CertificateOfARareEarthOreReadsWithItsInterval) {
  GADOLIN_SHARED_OR_SKIP(path, "assay/xrf_ree_crm/OREAS_464_truth.csv");
  // The file's own column names are not ours: rename the header, keep every figure.
  std::string text = text_of(path);
  const std::string header = "symbol,mg_per_kg,unc_mg_per_kg,kind";
  ASSERT_NE(text.find(header), std::string::npos);
  text.replace(text.find(header), header.size(), "symbol,value (mg/kg),U (mg/kg),kind");

  const auto samples = parse_element_table(text, "OREAS_464.csv");

  ASSERT_EQ(samples.size(), 1u);
  EXPECT_EQ(samples[0].id, "OREAS_464");
  std::map<std::string, assay::ElementValue> content;
  for (const auto& value : samples[0].values) content[value.element] = value;
  EXPECT_NEAR(content.at("Nd").mass_fraction.value, 9590e-6, 1e-12);
  EXPECT_NEAR(content.at("Nd").mass_fraction.u_value, 85e-6, 1e-12);  // 170 is k = 2
  EXPECT_TRUE(content.at("Ga").u_defaulted);                          // indicative value
}

TEST(AssayTables, SoilStandardInLongFormWithLimits) {
  GADOLIN_SHARED_OR_SKIP(path, "assay/xrf_soil_crm_xgt/LKSD_1_elements.csv");
  std::string text = text_of(path);
  // element,standard,value,non_detect,rdl,unit,original_unit,original_value
  std::stringstream lines(text), kept;
  std::string line;
  while (std::getline(lines, line)) {
    std::stringstream cells(line);
    std::string element, standard, value, flag, rdl, unit;
    std::getline(cells, element, ',');
    std::getline(cells, standard, ',');
    std::getline(cells, value, ',');
    std::getline(cells, flag, ',');
    std::getline(cells, rdl, ',');
    std::getline(cells, unit, ',');
    if (element == "L") element = "LOI";  // loss on ignition in that file
    kept << element << ',' << standard << ',' << value << ',' << rdl << ',' << unit << '\n';
  }

  const auto samples = parse_element_table(kept.str(), "lksd.csv");

  ASSERT_EQ(samples.size(), 1u);
  EXPECT_EQ(samples[0].id, "LKSD 1");
  for (const auto& value : samples[0].values) {
    if (value.element == "As") {
      EXPECT_NEAR(value.mass_fraction.value, 40e-6, 1e-15);
    }
    if (value.element == "Au") {
      EXPECT_NEAR(value.mass_fraction.value, 0.005e-6, 1e-18);
    }
  }
}

}  // namespace
}  // namespace gadolin::io
