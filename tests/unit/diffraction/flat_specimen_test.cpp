// The flat specimen and lines of own width against their defining integrals.
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/diffraction/peak.hpp"
#include "kernels/diffraction/peak_sum.hpp"

namespace gadolin::diffraction {
namespace {

constexpr double degree = 57.295779513082320877;

TEST(FlatSpecimen, HasTheMomentsOfTheRaysItCollects) {
  // Rays that leave the source, hit the flat specimen x off the axis and reach the slit: exact
  // angles, no expansion in x.
  for (const double two_theta : {20.0, 60.0, 100.0, 140.0}) {
    const double theta = 0.5 * two_theta / degree, sine = std::sin(theta), cosine = std::cos(theta);
    const double half = 0.5 / degree;  // a slit of 1 degree
    const double reach = half / sine;
    double mean = 0.0, square = 0.0;
    const int n = 20000;
    for (int i = 0; i < n; ++i) {
      const double x = reach * (2.0 * (i + 0.5) / n - 1.0);
      const double in = std::atan2(sine, cosine + x), out = std::atan2(sine, cosine - x);
      const double shift = -(in + out - 2.0 * theta);  // apparent minus true
      mean += shift / n;
      square += shift * shift / n;
    }
    const auto flat = flat_aberration({half, 0.0}, sine, cosine);
    EXPECT_NEAR(flat.shift, mean, 0.02 * std::fabs(mean)) << two_theta;
    EXPECT_NEAR(flat.variance, square - mean * mean, 0.03 * (square - mean * mean)) << two_theta;
    EXPECT_NEAR(flat.shift, -4.0 * half * half * cosine / sine / 6.0, 1e-12);  // alpha^2 cot / 6
  }
}

TEST(FlatSpecimen, EndsWhereTheSpecimenEnds) {
  const double theta = 10.0 / degree;
  const auto open = flat_aberration({0.01, 0.0}, std::sin(theta), std::cos(theta));
  const auto cut = flat_aberration({0.01, 0.02}, std::sin(theta), std::cos(theta));
  EXPECT_LT(std::fabs(cut.shift), std::fabs(open.shift));
  EXPECT_NEAR(cut.shift, -std::sin(2.0 * theta) * 0.02 * 0.02 / 3.0, 1e-15);
}

TEST(FlatSpecimen, HasTheDerivativesOfItsDifferences) {
  for (const double length : {0.0, 0.02}) {
    const auto at = [&](double theta) {
      return flat_aberration({0.01, length}, std::sin(theta), std::cos(theta));
    };
    const double theta = 0.3, h = 1e-5;
    EXPECT_NEAR(at(theta).shift_theta, (at(theta + h).shift - at(theta - h).shift) / (2.0 * h),
                1e-9);
    EXPECT_NEAR(at(theta).variance_theta,
                (at(theta + h).variance - at(theta - h).variance) / (2.0 * h), 1e-12);
  }
}

class OnePeak : public ::testing::Test {
 protected:
  void SetUp() override {
    parameters.assign(static_cast<std::size_t>(layout.size()), 0.0);
    parameters[Layout::w] = 0.004;
    double* own = parameters.data() + layout.phase(0);
    own[Layout::x] = 0.03;
    own[Layout::march_r] = 1.0;
    const double sine = std::sin(0.5 * 30.0 / degree);
    ring.inverse_d2 = 4.0 * sine * sine / (1.54 * 1.54);
    ring.f2_sum[0] = 1.0;
  }
  double value(const Peak& peak, double x) const {
    const int first = 0;
    return sum_of_peaks(&peak, &first, 1, x);
  }
  Peak make(const PeakSetting& setting) const {
    Peak peak;
    EXPECT_TRUE(make_peak(ring, 0, 1.54, 1.0, layout, 0, 0, setting, parameters.data(), peak));
    return peak;
  }
  Layout layout{0, 1};
  RingData ring;
  std::vector<double> parameters;
};

TEST_F(OnePeak, OfAFlatSpecimenIsTheConvolutionToAPercentOfItsHeight) {
  const Peak sharp = make({});
  PeakSetting setting;
  setting.flat = {0.5 / degree, 0.0};
  const Peak flat = make(setting);
  const double theta = 15.0 / degree;
  const double most = 2.0 * 0.25 / (degree * degree) / std::tan(theta) * degree;  // deg
  double worst = 0.0;
  for (double x = 29.5; x < 30.5; x += 0.01) {
    double exact = 0.0;
    const int n = 400;
    for (int i = 0; i < n; ++i) {
      const double t = (i + 0.5) / n;
      exact += value(sharp, x + most * t * t) / n;
    }
    worst = std::max(worst, std::fabs(exact - value(flat, x)));
  }
  EXPECT_LT(worst, 0.01 * value(sharp, 30.0));
}

TEST_F(OnePeak, OfAWideLineGrowsByTheWidthOfTheLine) {
  // A Lorentzian on a Lorentzian: the widths add; 0.58 mangstrom at 1.54.
  parameters[Layout::w] = 0.0;
  const double width = 2.0 * 5.8e-4 / 1.54 * degree;
  PeakSetting setting;
  setting.line_width_deg = &width;
  const Peak sharp = make({}), wide = make(setting);
  EXPECT_NEAR(1.0 / wide.inverse_fwhm - 1.0 / sharp.inverse_fwhm, width * std::tan(15.0 / degree),
              3e-4);
  EXPECT_NEAR(wide.area, sharp.area, 1e-12);
}

}  // namespace
}  // namespace gadolin::diffraction
