#include "io/readers/pattern.hpp"

#include <cmath>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gadolin::io {
namespace {

/// 20 points from 10.0 deg in steps of 0.1, counts 100, 107, ...; columns joined by `join`.
std::string scan(const std::string& join, char decimal = '.', const std::string& end = "\n") {
  std::string text;
  for (int i = 0; i < 20; ++i) {
    std::string x = fmt::format("{:.1f}", 10.0 + 0.1 * i);
    if (decimal != '.') x[x.find('.')] = decimal;
    text += x + join + fmt::format("{}", 100 + 7 * i) + end;
  }
  return text;
}

void expect_the_scan(const std::string& bytes) {
  const auto pattern = parse_patterns(bytes, "in.xy").at(0);

  ASSERT_EQ(pattern.counts.size(), 20u);
  for (int i = 0; i < 20; ++i) {
    EXPECT_NEAR(pattern.two_theta_deg[i], 10.0 + 0.1 * i, 1e-12);
    EXPECT_EQ(pattern.counts[i], 100 + 7 * i);
  }
  EXPECT_TRUE(pattern.counts_are_poisson);
}

TEST(TwoColumnText, EverySeparatorAndDecimalSign) {
  expect_the_scan(scan(" "));
  expect_the_scan(scan("\t"));
  expect_the_scan(scan(";"));
  expect_the_scan(scan(","));
  expect_the_scan(scan(", "));
  expect_the_scan(scan(";", ','));
  expect_the_scan(scan("\t", ','));
  expect_the_scan(scan("  ", ','));
}

TEST(TwoColumnText, LineEndsByteOrderMarkAndQuotes) {
  expect_the_scan(scan(" ", '.', "\r\n"));
  expect_the_scan(scan(" ", '.', "\r"));
  expect_the_scan("\xEF\xBB\xBF" + scan(","));
  std::string quoted;
  for (int i = 0; i < 20; ++i) {
    quoted += fmt::format("\"{:.1f}\",\"{}\"\n", 10.0 + 0.1 * i, 100 + 7 * i);
  }
  expect_the_scan(quoted);
}

TEST(TwoColumnText, HeadersCommentsAndFooters) {
  expect_the_scan("2theta counts\n" + scan(" "));
  expect_the_scan("# a comment\n! another\n\n2theta;counts\n" + scan(";"));
  expect_the_scan("Sample 12\nXYDATA\nINTER 1.0 1.0\n" + scan(" "));
  expect_the_scan("20\n" + scan(" "));  // the number of points alone
  expect_the_scan(scan(" ") + "\n\n");

  const auto footed = parse_patterns(scan(" ") + "end of scan\n", "in.xy").at(0);
  EXPECT_EQ(footed.counts.size(), 20u);
  ASSERT_EQ(footed.warnings.size(), 1u);
  EXPECT_EQ(footed.warnings[0].code, "W-XRD-004");
}

TEST(TwoColumnText, ScientificNotationAndThirdColumn) {
  std::string text = "# wavelength = 1.5406 A\n";
  for (int i = 0; i < 12; ++i) {
    text += fmt::format("{:.4e} {:.6e} {:.3E}\n", 10.0 + 0.1 * i, 0.125 * (i + 1), 7.5e-05 + i);
  }

  const auto pattern = parse_patterns(text, "in.xye").at(0);

  EXPECT_DOUBLE_EQ(pattern.counts[3], 0.5);
  ASSERT_EQ(pattern.sigma.size(), 12u);
  EXPECT_DOUBLE_EQ(pattern.sigma[0], 7.5e-05);
  EXPECT_FALSE(pattern.counts_are_poisson);
  ASSERT_EQ(pattern.wavelength_angstrom.size(), 1u);
  EXPECT_DOUBLE_EQ(pattern.wavelength_angstrom[0], 1.5406);
}

TEST(TwoColumnText, AConstantThirdColumnIsNoUncertainty) {
  std::string text;
  for (int i = 0; i < 12; ++i) text += fmt::format("{} {} 1\n", 10 + i, 100 + i);

  const auto pattern = parse_patterns(text, "in.xye").at(0);

  EXPECT_TRUE(pattern.sigma.empty());
  EXPECT_TRUE(pattern.counts_are_poisson);
  ASSERT_EQ(pattern.warnings.size(), 1u);
  EXPECT_EQ(pattern.warnings[0].code, "W-XRD-003");
}

TEST(TwoColumnText, NegativeValuesAreFineWithAnUncertainty) {
  std::string text;
  for (int i = 0; i < 12; ++i) text += fmt::format("{} {} {}\n", 10 + i, i - 3, 1.5 + i);

  EXPECT_EQ(parse_patterns(text, "in.xye").at(0).counts[0], -3.0);
}

TEST(TwoColumnText, ALineThatLooksLikeDataBeforeTheDataIsNotLostInSilence) {
  const auto pattern = parse_patterns("9.9 -- 5\n" + scan(" "), "in.xy").at(0);

  ASSERT_EQ(pattern.warnings.size(), 1u);
  EXPECT_EQ(pattern.warnings[0].code, "W-XRD-007");
}

TEST(TwoColumnText, StartStepStopHeaderBuildsTheAngles) {
  std::string text = "10.0 0.1 11.9 title of the scan\n";
  for (int i = 0; i < 20; ++i) text += fmt::format("{}{}", 100 + 7 * i, i % 8 == 7 ? "\n" : " ");

  const auto pattern = parse_patterns(text + "\n", "in.dat").at(0);

  EXPECT_EQ(pattern.reader, "start-step-stop text");
  ASSERT_EQ(pattern.counts.size(), 20u);
  EXPECT_NEAR(pattern.two_theta_deg[19], 11.9, 1e-12);
  EXPECT_EQ(pattern.counts[19], 233.0);
}

TEST(Xrdml, PrefixesAndVersionsDoNotMatter) {
  const std::string counts = "1 2 3 4 5 6 7 8 9 10 11 12";
  const auto text = [&](const std::string& p, const std::string& version) {
    return "<" + p + "xrdMeasurements xmlns" + (p.empty() ? "" : ":" + p.substr(0, p.size() - 1)) +
           "=\"http://www.xrdml.com/XRDMeasurement/" + version + "\"><" + p + "xrdMeasurement><" +
           p + "scan scanAxis=\"Gonio\"><" + p + "dataPoints><" + p +
           "positions axis=\"2Theta\"><" + p + "startPosition>10</" + p + "startPosition><" + p +
           "endPosition>21</" + p + "endPosition></" + p + "positions><" + p +
           "intensities unit=\"counts\">" + counts + "</" + p + "intensities></" + p +
           "dataPoints></" + p + "scan></" + p + "xrdMeasurement></" + p + "xrdMeasurements>";
  };

  const auto plain = parse_patterns(text("", "1.3"), "a.xrdml").at(0);
  const auto prefixed = parse_patterns(text("x:", "9.9"), "a.xrdml").at(0);

  EXPECT_EQ(plain.reader, "xrdml 1.3");
  EXPECT_EQ(prefixed.reader, "xrdml 9.9");
  EXPECT_EQ(plain.counts, prefixed.counts);
  EXPECT_DOUBLE_EQ(plain.two_theta_deg[11], 21.0);
  EXPECT_TRUE(plain.wavelength_angstrom.empty());
}

TEST(Xrdml, SeveralScansAreSeveralPatterns) {
  const std::string scan_text =
      "<scan><dataPoints><positions axis=\"2Theta\"><listPositions>1 2 3 4 5 6 7 8 9 10 11.5"
      "</listPositions></positions><counts>1 2 3 4 5 6 7 8 9 10 11</counts></dataPoints></scan>";
  const auto patterns = parse_patterns("<xrdMeasurements><xrdMeasurement>" + scan_text + scan_text +
                                           "</xrdMeasurement></xrdMeasurements>",
                                       "dir/a.xrdml");

  ASSERT_EQ(patterns.size(), 2u);
  EXPECT_EQ(patterns[0].id, "a");
  EXPECT_EQ(patterns[1].id, "a#2");
  EXPECT_DOUBLE_EQ(patterns[0].two_theta_deg[10], 11.5);
}

TEST(Xrdml, AttenuationIsUndoneOnceAndSigmaGoesThroughTheFactor) {
  const auto text = [](const char* element, const char* values) {
    return std::string(
               "<xrdMeasurements><xrdMeasurement><scan><dataPoints><positions axis=\"2Theta"
               "\"><startPosition>1</startPosition><endPosition>11</endPosition>"
               "</positions><beamAttenuationFactors>1 1 1 1 1 10 1 1 1 1 1"
               "</beamAttenuationFactors><") +
           element + ">" + values + "</" + element +
           "></dataPoints></scan></xrdMeasurement></xrdMeasurements>";
  };

  const auto counts = parse_patterns(text("counts", "4 4 4 4 4 9 4 4 4 4 4"), "a").at(0);
  const auto undone = parse_patterns(text("intensities", "4 4 4 4 4 90 4 4 4 4 4"), "a").at(0);

  EXPECT_DOUBLE_EQ(counts.counts[5], 90.0);
  EXPECT_DOUBLE_EQ(counts.sigma[5], 30.0);
  EXPECT_DOUBLE_EQ(counts.sigma[0], 2.0);
  EXPECT_EQ(counts.counts, undone.counts);
  EXPECT_EQ(counts.sigma, undone.sigma);
}

TEST(Gsas, CountersOfStdRecordsLowerTheVariance) {
  std::string text = "title\nBANK 1 12 2 CONST 1000 10 0 0 STD\n";
  for (int i = 0; i < 12; ++i) text += fmt::format("{:2d}{:6d}{}", 4, 100, i == 9 ? "\n" : "");

  const auto pattern = parse_patterns(text + "\n", "a.gsas").at(0);

  ASSERT_EQ(pattern.sigma.size(), 12u);
  EXPECT_DOUBLE_EQ(pattern.sigma[0], 5.0);  // sqrt(100 / 4)
  EXPECT_DOUBLE_EQ(pattern.two_theta_deg[11], 11.1);
}

TEST(Uxd, RatesBecomeCountsByTheStepTime) {
  std::string text = "_FILEVERSION=2\n_WL1=1.5406\n_STEPTIME=2.0\n_STEPSIZE=0.1\n_START=5\n_CPS\n";
  for (int i = 0; i < 12; ++i) text += fmt::format("{:.1f} ", 10.5 + i);

  const auto pattern = parse_patterns(text + "\n", "a.uxd").at(0);

  EXPECT_DOUBLE_EQ(pattern.counts[0], 21.0);
  EXPECT_TRUE(pattern.counts_are_poisson);
  EXPECT_NEAR(pattern.two_theta_deg[11], 6.1, 1e-12);
}

}  // namespace
}  // namespace gadolin::io
