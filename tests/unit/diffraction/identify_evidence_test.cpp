// How much a pattern says: counting noise point by point, misfit once per line.
#include "models/diffraction/identify_evidence.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace gadolin::diffraction {
namespace {

/// 1000 points of 0.02 degrees, lines 0.1 degrees wide: five points per line.
PreparedPattern flat(double noise, double model) {
  PreparedPattern data;
  data.step_deg = 0.02;
  data.fwhm_deg = 0.1;
  for (int i = 0; i < 1000; ++i) {
    data.two_theta_deg.push_back(20.0 + 0.02 * i);
    data.counts.push_back(noise);
    data.noise_variance.push_back(noise);
    data.variance.push_back(noise + model);
  }
  return data;
}

TEST(Evidence, NoiseCountsAtEveryPointAndMisfitOncePerLine) {
  const Evidence silent(flat(100.0, 0.0)), misfit(flat(1e-6, 400.0));

  EXPECT_NEAR(silent.correlation(), 5.0, 1e-9);
  EXPECT_NEAR(silent.observations(), 1000.0, 1e-6);
  EXPECT_NEAR(misfit.observations(), 200.0, 1e-3);
  // A line off by twice what the model may lack, over its five points.
  EXPECT_NEAR(5 * 40.0 * 40.0 * misfit.weight()[0], 4.0, 1e-6);
}

TEST(Evidence, AGoodFitCountsInFullAndABadOneByTheLine) {
  const Evidence evidence(flat(100.0, 0.0));

  EXPECT_NEAR(evidence.misfit(900.0) - evidence.misfit(870.0), 30.0, 1e-9);
  EXPECT_NEAR(evidence.misfit(1000.001) - evidence.misfit(999.999), 0.002, 1e-5);
  // At 50 times the expected chi2 the slope is one over the derating, near 1 / (L q).
  const double slope = (evidence.misfit(50010.0) - evidence.misfit(49990.0)) / 20.0;
  EXPECT_NEAR(slope, 1.0 / evidence.derating(50000.0), 1e-5);
  EXPECT_NEAR(slope, 1.0 / (5.0 * 50.0), 2e-4);
}

TEST(Evidence, TheCautiousCountTakesNoiseForCorrelated) {
  const PreparedPattern data = flat(100.0, 0.0);
  const Evidence evidence(data);
  std::vector<double> fit = data.counts, off = data.counts;
  for (int i = 0; i < 5; ++i) off[static_cast<std::size_t>(i)] += 30.0;

  // Five points, 3 sigma each: 45 in chi2, 9 for the line.
  EXPECT_NEAR(evidence.cautious_misfit(data, off) - evidence.cautious_misfit(data, fit), 9.0, 1e-9);
}

TEST(Evidence, ALargerLibraryAsksForMore) {
  EXPECT_EQ(odds_against(4), 0.0);
  EXPECT_NEAR(odds_against(80) - odds_against(40), 2.0 * std::log(2.0), 1e-12);
}

}  // namespace
}  // namespace gadolin::diffraction
