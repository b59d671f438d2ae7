// Intensity factors against the integrals and limits that define them.
#include "models/diffraction/intensity_factor.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace gadolin::diffraction {
namespace {

/// Mean transmission over the circle of radius 1 for a beam that leaves at 2 theta.
double circle(double mu_r, double theta) {
  const double cx = std::cos(2.0 * theta), cy = std::sin(2.0 * theta);
  const int n = 500;
  double sum = 0.0, points = 0.0;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      const double x = 2.0 * (i + 0.5) / n - 1.0, y = 2.0 * (j + 0.5) / n - 1.0;
      const double r2 = x * x + y * y, along = x * cx + y * cy;
      if (r2 > 1.0) continue;
      const double path = x + std::sqrt(1.0 - y * y) - along + std::sqrt(1.0 - r2 + along * along);
      sum += std::exp(-mu_r * path);
      points += 1.0;
    }
  }
  return sum / points;
}

TEST(IntensityFactor, OfACapillaryIsTheMeanTransmissionOfTheCircle) {
  for (double mu_r : {0.2, 0.6, 1.0}) {
    for (double theta : {0.1, 0.6, 1.2}) {
      Instrument instrument;
      instrument.factors.capillary_mu_r = mu_r;
      EXPECT_NEAR(intensity_factor(instrument, theta), circle(mu_r, theta), 0.0045)
          << "mu R " << mu_r << ", theta " << theta;
    }
  }
}

TEST(IntensityFactor, OfAThinPlateIsItsAbsorptionIntegral) {
  Instrument instrument;
  instrument.factors.plate_mu_t = 0.4;
  const double theta = 0.3;
  double sum = 0.0;
  const int n = 10000;
  for (int i = 0; i < n; ++i) {  // depth in and out, relative to a thick plate
    const double depth = 0.4 * (i + 0.5) / n;
    sum += 0.4 / n * std::exp(-2.0 * depth / std::sin(theta)) * 2.0 / std::sin(theta);
  }
  EXPECT_NEAR(intensity_factor(instrument, theta), sum, 1e-6);
}

TEST(IntensityFactor, IsOneWhereNothingIsStated) {
  EXPECT_DOUBLE_EQ(intensity_factor(Instrument{}, 0.4), 1.0);
}

TEST(IntensityFactor, BeamOverflowEndsWhereTheSpecimenHoldsTheBeam) {
  Instrument instrument;
  instrument.radius_mm = 200.0;
  instrument.factors.specimen_length_mm = 20.0;
  instrument.factors.divergence_deg = 1.0;  // 3.49 mm across: 20 mm at sin theta = 0.1745
  EXPECT_DOUBLE_EQ(intensity_factor(instrument, 0.18), 1.0);
  EXPECT_NEAR(intensity_factor(instrument, std::asin(0.5 * 3.4906585 / 20.0)), 0.5, 1e-6);
}

}  // namespace
}  // namespace gadolin::diffraction
