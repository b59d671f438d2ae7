// The guard of an identification: what a fit leaves is found whatever its shape.
#include "models/diffraction/identify_residual.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace gadolin::diffraction {
namespace {

double bell(double x, double centre, double fwhm) {
  const double u = (x - centre) / fwhm;
  return std::exp(-2.7725887 * u * u);
}

/// A pattern of one line at 30 degrees, and the fit of it with an error of 3 %.
struct Fitted {
  PreparedPattern data;
  PatternResult result;

  explicit Fitted(double strange_counts) {
    data.step_deg = 0.02;
    data.fwhm_deg = 0.12;
    data.lines = {{1.54, 1.0}};
    for (int i = 0; i < 2000; ++i) {
      const double x = 20.0 + 0.02 * i;
      const double line = 4000.0 * bell(x, 30.0, 0.12);
      // Two humps side by side, no pseudo-Voigt.
      const double strange = strange_counts * (bell(x, 45.0, 0.3) + 0.6 * bell(x, 45.35, 0.2));
      data.two_theta_deg.push_back(x);
      data.background.push_back(100.0);
      data.counts.push_back(100.0 + line + strange);
      data.noise_variance.push_back(data.counts.back());
      data.variance.push_back(data.counts.back() + std::pow(0.15 * (line + strange), 2));
      result.two_theta_deg.push_back(x);
      result.background.push_back(100.0);
      result.calculated.push_back(100.0 + 0.97 * line);
    }
    FoundPeak listed;
    listed.two_theta_deg = 30.0;
    listed.area = 4000.0 * 0.12 * 1.06;
    data.peaks = {listed};
  }
};

TEST(ResidualGuard, NamesWhatThePeakListDropped) {
  const Fitted lab(60.0);
  auto peaks = lab.data.peaks;

  const auto rest = without_fitted(lab.data, on_search_grid(lab.data, lab.result));
  const double share = mark_unexplained(lab.data, rest, peaks);

  ASSERT_GE(peaks.size(), 2u);
  EXPECT_TRUE(peaks.front().explained) << "an error of 3 % of a line is no new peak";
  EXPECT_FALSE(peaks.back().explained);
  EXPECT_NEAR(peaks[1].two_theta_deg, 45.0, 0.2);
  // By hand: 60 counts over a window of 0.144 degrees, of 535 counts deg in all.
  EXPECT_NEAR(share, 60.0 * 0.144 / 535.0, 0.002);
}

TEST(ResidualGuard, IsSilentWhereTheFitHoldsEverything) {
  const Fitted lab(0.0);
  auto peaks = lab.data.peaks;

  const auto rest = without_fitted(lab.data, on_search_grid(lab.data, lab.result));

  EXPECT_TRUE(residual_peaks(rest).empty());
  EXPECT_DOUBLE_EQ(mark_unexplained(lab.data, rest, peaks), 0.0);
  EXPECT_EQ(peaks.size(), 1u);
}

TEST(ResidualGuard, NeedsTheProfilesOfTheFit) {
  const Fitted lab(0.0);

  EXPECT_FALSE(on_search_grid(lab.data, PatternResult{}).usable);
}

}  // namespace
}  // namespace gadolin::diffraction
