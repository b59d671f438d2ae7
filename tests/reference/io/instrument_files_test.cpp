// Instrument files of several makers against values found by independent parsers
// (shared data/xrd/formats/expected_values.json).
#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "io/readers/pattern.hpp"
#include "tests/shared_data.hpp"

namespace gadolin::io {
namespace {

void compare_with_expected(const std::string& name) {
  GADOLIN_SHARED_OR_SKIP(truth_path, "xrd/formats/expected_values.json");
  GADOLIN_SHARED_OR_SKIP(path, "xrd/formats/" + name);
  const auto truth = nlohmann::json::parse(std::ifstream(truth_path)).at(name);

  const auto patterns = read_patterns(path);

  ASSERT_EQ(patterns.size(), truth.size());
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const auto& found = patterns[i];
    const auto& wanted = truth[i];
    const auto n = wanted.at("n").get<std::size_t>();
    ASSERT_EQ(found.counts.size(), n);
    EXPECT_NEAR(found.two_theta_deg.front(), wanted.at("tth_first").get<double>(), 1e-5);
    EXPECT_NEAR(found.two_theta_deg.back(), wanted.at("tth_last").get<double>(), 1e-5);
    EXPECT_DOUBLE_EQ(found.counts.front(), wanted.at("y_first").get<double>());
    EXPECT_DOUBLE_EQ(found.counts.back(), wanted.at("y_last").get<double>());
    const auto [low, high] = std::minmax_element(found.counts.begin(), found.counts.end());
    EXPECT_DOUBLE_EQ(*low, wanted.at("y_min").get<double>());
    EXPECT_DOUBLE_EQ(*high, wanted.at("y_max").get<double>());
    EXPECT_NEAR(std::accumulate(found.counts.begin(), found.counts.end(), 0.0),
                wanted.at("y_sum").get<double>(), 1e-3);
    EXPECT_NEAR(found.two_theta_deg[high - found.counts.begin()],
                wanted.at("tth_at_max").get<double>(), 1e-4);
  }
}

TEST(InstrumentFiles, EmpyreanXrdml) { compare_with_expected("empyrean.xrdml"); }
TEST(InstrumentFiles, PanalyticalPowderXrdml) { compare_with_expected("panalytical_powder.xrdml"); }
TEST(InstrumentFiles, PanalyticalOldSchemaXrdml) {
  compare_with_expected("panalytical_acdata.xrdml");
}
TEST(InstrumentFiles, PanalyticalAscii) { compare_with_expected("panalytical_acdata.asc"); }
TEST(InstrumentFiles, StartStepStopText) { compare_with_expected("LiCoO2.dat"); }
TEST(InstrumentFiles, TwoColumnText) { compare_with_expected("D5000_1.xy"); }
TEST(InstrumentFiles, GsasStdOfFluorapatite) { compare_with_expected("FAP.XRA"); }
TEST(InstrumentFiles, GsasStdOfLeadSulfate) { compare_with_expected("PBSO4.XRA"); }
TEST(InstrumentFiles, GsasStdOfNistLaB6) {
  compare_with_expected("../ree_standards/LaB6_NIST660CBI.gsas");
}
TEST(InstrumentFiles, UxdWithPairs) { compare_with_expected("BT86_.UXD"); }
TEST(InstrumentFiles, UxdWithStartAndStep) { compare_with_expected("LiCoO2.UXD"); }

TEST(InstrumentFiles, AttenuatedPointGoesBackThroughItsFactor) {
  GADOLIN_SHARED_OR_SKIP(path, "xrd/formats/panalytical_attenuator.xrdml");

  const auto pattern = read_patterns(path).at(0);

  EXPECT_EQ(pattern.reader, "xrdml 2.1");
  ASSERT_EQ(pattern.counts.size(), 1800u);
  ASSERT_EQ(pattern.sigma.size(), 1800u);
  const auto top = std::max_element(pattern.counts.begin(), pattern.counts.end());
  const auto at = static_cast<std::size_t>(top - pattern.counts.begin());
  EXPECT_GT(*top / 188.0, 100.0);
  EXPECT_NEAR(pattern.sigma[at], std::sqrt(*top / 188.0) * 188.0, 1e-6);
  // Without the factor the apex would be a dip between its neighbours.
  EXPECT_GT(*top, pattern.counts[at - 1]);
  EXPECT_GT(*top, pattern.counts[at + 1]);
}

TEST(InstrumentFiles, WavelengthsComeFromXrdml) {
  GADOLIN_SHARED_OR_SKIP(path, "xrd/formats/panalytical_powder.xrdml");

  const auto pattern = read_patterns(path).at(0);

  ASSERT_EQ(pattern.wavelength_angstrom.size(), 2u);
  EXPECT_DOUBLE_EQ(pattern.wavelength_angstrom[0], 1.540598);
  EXPECT_DOUBLE_EQ(pattern.wavelength_angstrom[1], 1.544426);
  EXPECT_DOUBLE_EQ(pattern.kalpha2_ratio, 0.5);
  EXPECT_TRUE(pattern.counts_are_poisson);
  EXPECT_TRUE(pattern.sigma.empty());
}

TEST(InstrumentFiles, FxyeIsCentidegreesWithSigmaAndWavelength) {
  // Facts of the file: 49498 points 0.5-50 deg, strongest line 8.057 deg, lambda 0.413011.
  GADOLIN_SHARED_OR_SKIP(path, "xrd/ree_standards/LaB6_srm660a_11bmb_8342.fxye");

  const auto pattern = read_patterns(path).at(0);

  EXPECT_EQ(pattern.counts.size(), 49498u);
  EXPECT_DOUBLE_EQ(pattern.two_theta_deg.front(), 0.5);
  EXPECT_NEAR(pattern.two_theta_deg.back(), 49.997, 1e-9);
  ASSERT_EQ(pattern.wavelength_angstrom.size(), 1u);
  EXPECT_DOUBLE_EQ(pattern.wavelength_angstrom[0], 0.413011);
  EXPECT_EQ(pattern.sigma.size(), 49498u);
  const auto top = std::max_element(pattern.counts.begin(), pattern.counts.end());
  EXPECT_NEAR(pattern.two_theta_deg[top - pattern.counts.begin()], 8.057, 0.002);
}

TEST(InstrumentFiles, XyeKeepsSigmaAndDropsWeightlessPoints) {
  GADOLIN_SHARED_OR_SKIP(path, "xrd/ree_standards/LaB6_d500_si_psd.xye");

  const auto pattern = read_patterns(path).at(0);

  EXPECT_EQ(pattern.sigma.size(), pattern.counts.size());
  EXPECT_LE(pattern.counts.size(), 17381u);
  const auto top = std::max_element(pattern.counts.begin(), pattern.counts.end());
  EXPECT_NEAR(pattern.two_theta_deg[top - pattern.counts.begin()], 30.396, 0.005);
}

TEST(InstrumentFiles, NormalisedIntensitiesAreNotCounts) {
  GADOLIN_SHARED_OR_SKIP(path, "xrd/ree_standards/CeO2_635um_capillary_Mo.xy");

  const auto pattern = read_patterns(path).at(0);

  EXPECT_EQ(pattern.counts.size(), 5631u);
  EXPECT_FALSE(pattern.counts_are_poisson);
  ASSERT_EQ(pattern.warnings.size(), 1u);
  EXPECT_EQ(pattern.warnings[0].code, "W-XRD-001");
}

TEST(InstrumentFiles, RoundRobinPatternsAreCounts) {
  for (const char* name : {"cpd-1a", "cpd-1b", "cpd-1d", "cpd-1f", "cpd-1g", "cpd-2"}) {
    GADOLIN_SHARED_OR_SKIP(path, std::string("xrd/cpd_roundrobin/") + name + ".prn");
    const auto pattern = read_patterns(path).at(0);
    EXPECT_EQ(pattern.id, name);
    EXPECT_EQ(pattern.counts.size(), 7251u);
    EXPECT_DOUBLE_EQ(pattern.two_theta_deg.front(), 5.0);
    EXPECT_DOUBLE_EQ(pattern.two_theta_deg.back(), 150.0);
    EXPECT_TRUE(pattern.counts_are_poisson);
    EXPECT_TRUE(pattern.warnings.empty());
  }
}

TEST(InstrumentFiles, TheSameMeasurementReadsTheSameFromTwoFormats) {
  GADOLIN_SHARED_OR_SKIP(xml, "xrd/formats/panalytical_acdata.xrdml");
  GADOLIN_SHARED_OR_SKIP(text, "xrd/formats/panalytical_acdata.asc");

  const auto a = read_patterns(xml).at(0), b = read_patterns(text).at(0);

  ASSERT_EQ(a.counts, b.counts);
  for (std::size_t i = 0; i < a.counts.size(); ++i) {
    EXPECT_NEAR(a.two_theta_deg[i], b.two_theta_deg[i], 5.1e-4);  // text is rounded to 0.001
  }
}

TEST(InstrumentFiles, KnownFormatsThatAreNotReadSayWhichAndWhatToDo) {
  const std::vector<std::pair<const char*, const char*>> files = {
      {"LiCoO2.RAW", "version 1"},
      {"BT86.raw", "version 3"},
      {"format1.raw", "version 3"},
      {"bruker_raw4_aimat.raw", "version 4"},
      {"bruker_absorber.brml", "BRML"},
      {"rigaku_powder.rasx", "RASX"},
      {"rigaku_nims.ras", "RAS"},
      {"pdcif_aimat_data.cif", "pdCIF"},
      {"nexus_xrdml_918-16_10_ref.nxs", "HDF5"}};
  for (const auto& [name, word] : files) {
    GADOLIN_SHARED_OR_SKIP(path, std::string("xrd/formats/") + name);
    try {
      read_patterns(path);
      ADD_FAILURE() << name << " accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "E-FMT-014") << error.what();
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
      EXPECT_NE(error.remedy().find("export"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace gadolin::io
