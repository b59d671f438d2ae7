// Full-pattern summation on libraries drawn here, whose answer is known exactly.
#include "models/diffraction/summation.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gadolin::diffraction {
namespace {

struct Line {
  double centre_deg, height, fwhm_deg;
};

std::vector<double> draw(const std::vector<double>& x, const std::vector<Line>& lines, double shift,
                         double factor = 1.0) {
  std::vector<double> y(x.size(), 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (const auto& line : lines) {
      const double u = (x[i] - shift - line.centre_deg) / line.fwhm_deg;
      y[i] += factor * line.height / (1.0 + 4.0 * u * u);
    }
  }
  return y;
}

const std::vector<Line> corundum{{25.6, 6500, 0.12}, {35.2, 10000, 0.12}, {43.4, 9000, 0.13}};
const std::vector<Line> quartz{{20.9, 2000, 0.11}, {26.6, 10000, 0.11}, {50.1, 1500, 0.12}};
const std::vector<Line> clay{{19.9, 10000, 1.2}, {35.0, 6000, 2.0}, {54.0, 2500, 2.5}};
const std::vector<Line> other_clay{{24.9, 10000, 0.8}, {38.4, 6000, 1.5}, {55.0, 2500, 2.5}};

PatternLibrary library() {
  PatternLibrary made;
  made.title = "drawn";
  for (double x = 10.0; x < 65.0; x += 0.02) made.two_theta_deg.push_back(x);
  const auto add = [&](const char* id, const char* group, const std::vector<Line>& lines,
                       double rir, ReferenceKind kind) {
    ReferencePhase phase;
    phase.id = phase.name = id;
    phase.group = group;
    phase.rir = rir;
    phase.kind = kind;
    phase.intensity = draw(made.two_theta_deg, lines, 0.0);
    made.phases.push_back(phase);
  };
  add("CORUNDUM", "", corundum, 1.0, ReferenceKind::crystalline);
  add("QUARTZ", "", quartz, 3.5, ReferenceKind::crystalline);
  add("CLAY", "Clays", clay, 0.3, ReferenceKind::clay);
  add("OTHER_CLAY", "Clays", other_clay, 0.4, ReferenceKind::clay);
  return made;
}

/// 20 wt% corundum, 50 quartz, 30 clay, everything shifted; counts without noise.
Pattern mixture(const PatternLibrary& with, double shift, double clay_shift) {
  Pattern pattern;
  pattern.id = "mixture";
  pattern.two_theta_deg = with.two_theta_deg;
  const double counts = 20.0;  // many: the prior of the own shifts must not be felt
  const auto a = draw(pattern.two_theta_deg, corundum, shift, counts * 0.20 * 1.0);
  const auto b = draw(pattern.two_theta_deg, quartz, shift, counts * 0.50 * 3.5);
  const auto c = draw(pattern.two_theta_deg, clay, shift + clay_shift, counts * 0.30 * 0.3);
  for (std::size_t i = 0; i < a.size(); ++i) {
    pattern.counts.push_back(a[i] + b[i] + c[i] + 120.0 - pattern.two_theta_deg[i]);
  }
  return pattern;
}

TEST(Summation, FindsFractionsAndShiftsOfAMixtureOfItsReferences) {
  const auto with = library();
  SummationOptions asked;
  asked.references = {"CORUNDUM", "QUARTZ", "CLAY"};

  const auto result =
      sum_references({mixture(with, -0.21, 0.02)}, with, asked, {}, make_engine("serial")).front();

  ASSERT_EQ(result.status, ItemStatus::ok) << result.status_text;
  EXPECT_EQ(result.method, "full-pattern summation");
  EXPECT_NEAR(result.phases[0].weight_fraction, 0.20, 1e-3);
  EXPECT_NEAR(result.phases[1].weight_fraction, 0.50, 1e-3);
  EXPECT_NEAR(result.phases[2].weight_fraction, 0.30, 1e-3);
  const auto& sum = result.quantification.summation.front();
  EXPECT_NEAR(sum.shift_deg + sum.own_shift_deg[1], -0.21, 2e-3);
  EXPECT_NEAR(sum.shift_deg + sum.own_shift_deg[2], -0.19, 5e-3);
  EXPECT_GE(result.two_theta_deg.front(), 19.0);  // clays: basal reflections left out
}

TEST(Summation, SearchingTheLibraryLeavesOutWhatIsNotThere) {
  const auto with = library();
  RefinementOptions options;
  options.quantify.internal_standard.phase = "CORUNDUM";
  options.quantify.internal_standard.added_fraction = 0.20;

  const auto result =
      sum_references({mixture(with, 0.1, 0.0)}, with, {}, options, make_engine("serial")).front();

  ASSERT_EQ(result.status, ItemStatus::ok) << result.status_text;
  ASSERT_EQ(result.phases.size(), 3u);
  const auto& more = result.quantification;
  ASSERT_EQ(more.summation.front().not_found, std::vector<std::string>{"OTHER_CLAY"});
  // 30 of the 80 parts that are sample; the rest must come out empty.
  ASSERT_EQ(more.groups.size(), 3u);
  EXPECT_NEAR(more.groups[2].absolute_fraction, 0.375, 2e-3);
  EXPECT_NEAR(more.absolute.front().parts.back().weight_fraction, 0.0, 3e-3);
}

TEST(Summation, WithoutARatioAReferenceIsFittedAndCarriesNoMass) {
  auto with = library();
  with.phases[2].rir = 0.0;
  SummationOptions asked;
  asked.references = {"CORUNDUM", "QUARTZ", "CLAY"};

  const auto result =
      sum_references({mixture(with, 0.0, 0.0)}, with, asked, {}, make_engine("serial")).front();

  ASSERT_EQ(result.status, ItemStatus::ok) << result.status_text;
  EXPECT_EQ(result.phases[2].weight_fraction, 0.0);
  EXPECT_NEAR(result.phases[1].weight_fraction, 5.0 / 7.0, 2e-3);
  EXPECT_TRUE(std::any_of(result.warnings.begin(), result.warnings.end(),
                          [](const Warning& w) { return w.code == "W-XRD-152"; }));
}

TEST(Summation, AReferenceTheLibraryLacksIsAnErrorThatNamesIt) {
  const auto with = library();
  SummationOptions asked;
  asked.references = {"KAOLINITE"};
  try {
    sum_references({mixture(with, 0.0, 0.0)}, with, asked, {}, make_engine("serial"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E-XRD-150");
    EXPECT_NE(error.text().find("KAOLINITE"), std::string::npos);
  }
}

TEST(Summation, APatternOutsideTheLibrarysRangeGetsAStatus) {
  const auto with = library();
  Pattern pattern;
  for (double x = 70.0; x < 90.0; x += 0.02) {
    pattern.two_theta_deg.push_back(x);
    pattern.counts.push_back(100.0);
  }
  SummationOptions asked;
  asked.references = {"CORUNDUM"};

  const auto result = sum_references({pattern}, with, asked, {}, make_engine("serial")).front();

  EXPECT_EQ(result.status, ItemStatus::out_of_range);
  EXPECT_NE(result.status_text.find("E-XRD-114"), std::string::npos);
}

}  // namespace
}  // namespace gadolin::diffraction
