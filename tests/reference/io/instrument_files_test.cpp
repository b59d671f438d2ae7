// Instrument files of several makers against values found by independent parsers
// (shared data/xrd/formats/expected_values.json).
#include <algorithm>
#include <cctype>
#include <cmath>
#include <fstream>
#include <numeric>
#include <tuple>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "io/readers/pattern.hpp"
#include "tests/shared_data.hpp"

namespace gadolin::io {
namespace {

nlohmann::json expected_values() {
  std::ifstream stream(std::string(GADOLIN_SHARED_DIR) + "/data/xrd/formats/expected_values.json");
  return stream ? nlohmann::json::parse(stream) : nlohmann::json::object();
}

/// How the reader names what the table of expected values calls a variant, schema or member.
std::string reader_word(const nlohmann::json& wanted) {
  const std::string variant = wanted.value("variant", "");
  if (variant.rfind("RAW v1", 0) == 0) return "version 1";
  if (variant.rfind("RAW1.01", 0) == 0) return "version 3";
  if (variant.rfind("RAW4.00", 0) == 0) return "version 4";
  if (variant.rfind("start step stop", 0) == 0) return "start-step-stop";
  if (wanted.contains("schema")) return "xrdml " + wanted["schema"].get<std::string>();
  return wanted.value("member", "");
}

/// Counts at the detector: y = n f and sigma = sqrt(n) f give n = (y / sigma)^2.
std::vector<double> detected(const diffraction::Pattern& pattern) {
  std::vector<double> counts;
  for (std::size_t i = 0; i < pattern.sigma.size(); ++i) {
    counts.push_back(std::round(std::pow(pattern.counts[i] / pattern.sigma[i], 2)));
  }
  return counts;
}

class EveryFile : public testing::TestWithParam<std::string> {};

TEST_P(EveryFile, ReadsAsIndependentParsersFound) {
  const std::string name = GetParam();
  GADOLIN_SHARED_OR_SKIP(path, "xrd/formats/" + name);
  const auto truth = expected_values().at(name);

  const auto patterns = read_patterns(path);

  ASSERT_EQ(patterns.size(), truth.size());
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    SCOPED_TRACE(patterns[i].id);
    const auto& found = patterns[i];
    const auto& wanted = truth[i];
    const auto number = [&](const char* key) { return wanted.at(key).get<double>(); };
    const auto& x = found.two_theta_deg;
    // The table holds what the file stores, which is before an attenuator is undone.
    const auto y = wanted.value("attenuated", false) ? detected(found) : found.counts;
    ASSERT_EQ(y.size(), wanted.at("n").get<std::size_t>());
    ASSERT_EQ(x.size(), y.size());
    EXPECT_NEAR(x.front(), number("tth_first"), 1e-5);
    EXPECT_NEAR(x.back(), number("tth_last"), 1e-5);
    EXPECT_DOUBLE_EQ(y.front(), number("y_first"));
    EXPECT_DOUBLE_EQ(y.back(), number("y_last"));
    const auto high = std::max_element(y.begin(), y.end());
    EXPECT_DOUBLE_EQ(*std::min_element(y.begin(), y.end()), number("y_min"));
    EXPECT_DOUBLE_EQ(*high, number("y_max"));
    EXPECT_NEAR(std::accumulate(y.begin(), y.end(), 0.0), number("y_sum"), 1e-3);
    EXPECT_NEAR(x[static_cast<std::size_t>(high - y.begin())], number("tth_at_max"), 1e-4);
    EXPECT_NE(found.reader.find(reader_word(wanted)), std::string::npos) << found.reader;
    if (wanted.contains("step")) {
      EXPECT_NEAR(x[1] - x[0], number("step"), 1e-9);
    }
    if (wanted.contains("time_s")) {
      EXPECT_NEAR(found.step_time_s, number("time_s"), 1e-7);
    }
    if (wanted.contains("attenuated")) {
      EXPECT_EQ(!found.sigma.empty(), wanted["attenuated"].get<bool>());
    }
    if (wanted.contains("lambda_A")) {
      // The line the file says was used: the doublet's first, or its mean in version 4.
      ASSERT_EQ(found.wavelength_angstrom.size(), 2u);
      const double first = found.wavelength_angstrom[0], second = found.wavelength_angstrom[1];
      const double mean = (first + found.kalpha2_ratio * second) / (1.0 + found.kalpha2_ratio);
      EXPECT_LT(std::min(std::abs(first - number("lambda_A")), std::abs(mean - number("lambda_A"))),
                1e-4);
    }
  }
}

std::vector<std::string> every_file() {
  std::vector<std::string> names;
  const auto values = expected_values();
  for (const auto& [name, value] : values.items()) names.push_back(name);
  if (names.empty()) names.push_back("expected_values.json");  // skipped aloud without the files
  return names;
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param.substr(info.param.rfind('/') + 1);
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(InstrumentFiles, EveryFile, testing::ValuesIn(every_file()), test_name);

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

/// What every compared pair must share: counts, and angles to the rounding of the text.
void expect_same_measurement(const std::string& name_a, const std::string& name_b,
                             double angle_deg) {
  GADOLIN_SHARED_OR_SKIP(path_a, "xrd/formats/" + name_a);
  GADOLIN_SHARED_OR_SKIP(path_b, "xrd/formats/" + name_b);
  const auto a = read_patterns(path_a).at(0), b = read_patterns(path_b).at(0);

  ASSERT_EQ(a.counts, b.counts);
  for (std::size_t i = 0; i < a.counts.size(); ++i) {
    ASSERT_NEAR(a.two_theta_deg[i], b.two_theta_deg[i], angle_deg);
  }
}

TEST(InstrumentFiles, BinaryAndTextOfOneMeasurementAgree) {
  expect_same_measurement("BT86.raw", "BT86_.UXD", 5.1e-3);  // the text has four digits
  expect_same_measurement("LiCoO2.RAW", "LiCoO2.UXD", 1e-6);
  expect_same_measurement("D5000_1.RAW", "D5000_1.xy", 1e-6);
  expect_same_measurement("panalytical_powder.xrdml", "nexus_xrdml_918-16_10_ref.nxs", 1e-6);
}

TEST(InstrumentFiles, BrukerVersion4WithWideRecordsKeepsItsStructure) {
  // Intensities were scrambled by their owner; header and structure are real.
  GADOLIN_SHARED_OR_SKIP(path, "xrd/formats/bruker_raw4_scrambled.raw");

  const auto patterns = read_patterns(path);

  ASSERT_EQ(patterns.size(), 1u);
  EXPECT_EQ(patterns[0].counts.size(), 7134u);
  EXPECT_DOUBLE_EQ(patterns[0].two_theta_deg.front(), 10.0);
  EXPECT_NEAR(patterns[0].two_theta_deg.back(), 10.0 + 7133 * 0.010520299896597862, 1e-9);
  ASSERT_EQ(patterns[0].wavelength_angstrom.size(), 1u);
  EXPECT_DOUBLE_EQ(patterns[0].wavelength_angstrom[0], 1.5406);
  EXPECT_FALSE(patterns[0].counts_are_poisson);  // negative in places
  EXPECT_EQ(patterns[0].warnings.at(0).code, "W-XRD-001");
}

TEST(InstrumentFiles, AbsorberOfBrmlIsUndoneOnceAndStaysInSigma) {
  // 495559.8 is stored at the maximum, with the factor 8.3: 59706 were counted.
  GADOLIN_SHARED_OR_SKIP(path, "xrd/formats/bruker_absorber.brml");

  const auto pattern = read_patterns(path).at(0);

  const auto top = std::max_element(pattern.counts.begin(), pattern.counts.end());
  const auto at = static_cast<std::size_t>(top - pattern.counts.begin());
  ASSERT_EQ(pattern.sigma.size(), pattern.counts.size());
  EXPECT_NEAR(pattern.sigma[at], 8.3 * std::sqrt(59706.0), 1e-6);
  EXPECT_DOUBLE_EQ(pattern.sigma[0], std::sqrt(3.0));
  EXPECT_EQ(pattern.wavelength_angstrom, (std::vector<double>{1.5406, 1.54439}));
}

TEST(InstrumentFiles, RigakuCountsAreTestedNotBelieved) {
  // Both files say "counts"; one holds 170.55354.
  GADOLIN_SHARED_OR_SKIP(rate_path, "xrd/formats/rigaku_powder.rasx");
  GADOLIN_SHARED_OR_SKIP(count_path, "xrd/formats/rigaku_zno_counts.rasx");

  const auto rate = read_patterns(rate_path).at(0), count = read_patterns(count_path).at(0);

  EXPECT_FALSE(rate.counts_are_poisson);
  EXPECT_TRUE(rate.sigma.empty());
  ASSERT_EQ(rate.warnings.size(), 1u);
  EXPECT_EQ(rate.warnings[0].code, "W-XRD-001");
  EXPECT_TRUE(count.counts_are_poisson);
  EXPECT_TRUE(count.warnings.empty());
  EXPECT_EQ(rate.wavelength_angstrom, std::vector<double>{1.540593});  // Ge(220)x2: "Ka1"
  EXPECT_EQ(count.wavelength_angstrom, (std::vector<double>{1.540593, 1.544414}));
}

/// Sum and maximum of a pattern as another reader (xylib 1.6) found them in the same file.
void expect_sum_and_maximum(const diffraction::Pattern& pattern, double sum, double maximum,
                            double at_deg) {
  EXPECT_NEAR(std::accumulate(pattern.counts.begin(), pattern.counts.end(), 0.0), sum, 1e-6);
  const auto top = std::max_element(pattern.counts.begin(), pattern.counts.end());
  EXPECT_DOUBLE_EQ(*top, maximum);
  EXPECT_NEAR(pattern.two_theta_deg[static_cast<std::size_t>(top - pattern.counts.begin())], at_deg,
              1e-9);
}

TEST(InstrumentFiles, RigakuWithItsAxisInShiftJis) {
  // MiniFlex files, 0.02 deg at 2 deg/min; first and last angle from their headers.
  const std::vector<std::tuple<std::string, double, double>> files = {
      {"HoMoC2.ras", 10.0, 70.0}, {"La1.75Sr0.25CuO4.ras", 5.0, 85.0}};
  for (const auto& [name, first_deg, last_deg] : files) {
    GADOLIN_SHARED_OR_SKIP(path, "xrd/ree_minerals/xerus/" + name);

    const auto found = read_patterns(path).at(0);

    EXPECT_EQ(found.counts.size(), std::lround((last_deg - first_deg) / 0.02) + 1u);
    EXPECT_DOUBLE_EQ(found.two_theta_deg.front(), first_deg);
    EXPECT_DOUBLE_EQ(found.two_theta_deg.back(), last_deg);
    EXPECT_TRUE(found.counts_are_poisson);
    EXPECT_DOUBLE_EQ(found.step_time_s, 0.6);
    EXPECT_EQ(found.wavelength_angstrom, (std::vector<double>{1.540593, 1.544414}));
  }
}

TEST(InstrumentFiles, PowderCifOfADepositedRefinement) {
  // COD 1501688: 3728 points, 8.0 to 89.994 deg by its header; values read off the text.
  GADOLIN_SHARED_OR_SKIP(path, "xrd/formats/pdcif_aimat_data.cif");

  const auto patterns = read_patterns(path);

  ASSERT_EQ(patterns.size(), 1u);
  const auto& found = patterns[0];
  ASSERT_EQ(found.counts.size(), 3728u);
  EXPECT_DOUBLE_EQ(found.two_theta_deg.front(), 8.0);
  EXPECT_NEAR(found.two_theta_deg.back(), 89.994, 1e-9);
  EXPECT_DOUBLE_EQ(found.counts[0], 1733.0);
  EXPECT_DOUBLE_EQ(found.counts[7], 1498.0);
  expect_sum_and_maximum(found, 2056936.0, 16799.0, 26.37);
  EXPECT_TRUE(found.counts_are_poisson);
  EXPECT_EQ(found.wavelength_angstrom, (std::vector<double>{1.540598, 1.54439}));
  EXPECT_DOUBLE_EQ(found.kalpha2_ratio, 0.38);
}

TEST(InstrumentFiles, PowderCifWithUncertaintiesInBracketsAndNeutrons) {
  // COD 1517474: 3296 points, 1.5 to 166.25 deg, 2.0785 angstrom; first value 5540(160).
  GADOLIN_SHARED_OR_SKIP(path, "xrd/formats/pdcif_cod_1517474.cif");

  const auto found = read_patterns(path).at(0);

  ASSERT_EQ(found.counts.size(), 3296u);
  EXPECT_DOUBLE_EQ(found.two_theta_deg.front(), 1.5);
  EXPECT_NEAR(found.two_theta_deg.back(), 166.25, 1e-9);
  EXPECT_DOUBLE_EQ(found.counts[0], 5540.0);
  EXPECT_DOUBLE_EQ(found.sigma[0], 160.0);
  expect_sum_and_maximum(found, 1481903.0, 8440.0, 9.1);
  EXPECT_EQ(found.wavelength_angstrom, std::vector<double>{2.0785});
  EXPECT_TRUE(std::any_of(found.warnings.begin(), found.warnings.end(),
                          [](const Warning& warning) { return warning.code == "W-XRD-009"; }));
}

TEST(InstrumentFiles, PowderCifWithAModelProfileGivesTheMeasuredOne) {
  // SRM 660c: 5332 points from 20.300 deg; measured 19.00 first, the model 11.63.
  GADOLIN_SHARED_OR_SKIP(path, "xrd/ree_standards/LaB6_nist_srm660c_100a.cif");

  const auto patterns = read_patterns(path);

  ASSERT_EQ(patterns.size(), 1u);
  ASSERT_EQ(patterns[0].counts.size(), 5332u);
  EXPECT_DOUBLE_EQ(patterns[0].two_theta_deg.front(), 20.3);
  EXPECT_DOUBLE_EQ(patterns[0].counts.front(), 19.0);
  expect_sum_and_maximum(patterns[0], 376422.35, 4319.0, 30.41);
  EXPECT_NEAR(patterns[0].sigma.front(), 1.0 / std::sqrt(1.03e-01), 1e-12);
  ASSERT_FALSE(patterns[0].warnings.empty());
  EXPECT_EQ(patterns[0].warnings.back().code, "W-XRD-006");
}

}  // namespace
}  // namespace gadolin::io
