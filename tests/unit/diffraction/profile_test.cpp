#include "kernels/diffraction/profile.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "kernels/diffraction/peak.hpp"
#include "kernels/diffraction/peak_sum.hpp"

namespace gadolin::diffraction {
namespace {

TEST(ProfileShape, PureGaussianKeepsItsWidth) {
  const auto shape = profile_shape(0.01, 0.0);

  EXPECT_NEAR(shape.fwhm, 0.1, 1e-15);
  EXPECT_DOUBLE_EQ(shape.eta, 0.0);
}

TEST(ProfileShape, NearlyPureLorentzianKeepsItsWidthAndMixing) {
  const auto shape = profile_shape(1e-12, 0.2);

  EXPECT_NEAR(shape.fwhm, 0.2, 1e-5);
  EXPECT_NEAR(shape.eta, 1.0, 1e-4);
}

TEST(ProfileShape, WidthIsTheVoigtWidthWithinHalfAPercent) {
  // Olivero & Longbothum (1977) JQSRT 17, 233: 0.5346 L + sqrt(0.2166 L^2 + G^2), good to 0.02 %.
  // The width of Thompson et al. is that of the pseudo-Voigt nearest to the Voigt, not the Voigt's
  // own: 2.69269/5 = 0.5385 against 0.5346 already at small L.
  for (double l : {0.01, 0.05, 0.1, 0.2}) {
    const double g = 0.1, voigt = 0.5346 * l + std::sqrt(0.2166 * l * l + g * g);
    EXPECT_NEAR(profile_shape(g * g, l).fwhm / voigt, 1.0, 5e-3) << "L = " << l;
  }
}

TEST(ProfileShape, DerivativesMatchDifferenceQuotients) {
  const double g2 = 0.008, l = 0.07, h = 1e-6;
  const auto s = profile_shape(g2, l);

  EXPECT_NEAR(s.fwhm_g2, (profile_shape(g2 + h, l).fwhm - profile_shape(g2 - h, l).fwhm) / (2 * h),
              1e-7);
  EXPECT_NEAR(s.eta_g2, (profile_shape(g2 + h, l).eta - profile_shape(g2 - h, l).eta) / (2 * h),
              1e-5);
  EXPECT_NEAR(s.fwhm_l, (profile_shape(g2, l + h).fwhm - profile_shape(g2, l - h).fwhm) / (2 * h),
              1e-8);
  EXPECT_NEAR(s.eta_l, (profile_shape(g2, l + h).eta - profile_shape(g2, l - h).eta) / (2 * h),
              1e-7);
}

TEST(PositiveSquare, IsPositiveWithAGradientBelowZero) {
  const auto far = positive_square(-0.01);

  EXPECT_GT(far.value, 0.0);
  EXPECT_GT(far.slope, 0.0);
  EXPECT_NEAR(positive_square(0.01).value, 0.01, 2e-6);
}

/// A ring at 2theta = 60 deg for 1.54 angstrom, one line, one phase.
struct OnePeak {
  Layout layout{0, 1};
  std::vector<double> parameters = std::vector<double>(static_cast<std::size_t>(layout.size()));
  RingData ring;
  PeakSetting setting{173.0, 0.5, nullptr};
  OnePeak() {
    ring.inverse_d2 = 1.0 / (1.54 * 1.54);  // sin(theta) = lambda / 2d = 0.5
    ring.f2_sum[0] = 1000.0;
    parameters[Layout::w] = 0.005;
    parameters[static_cast<std::size_t>(layout.phase(0) + Layout::x)] = 0.05;
    parameters[static_cast<std::size_t>(layout.phase(0) + Layout::march_r)] = 1.0;
  }
  Peak make() const {
    Peak peak;
    EXPECT_TRUE(make_peak(ring, 0, 1.54, 1.0, layout, 0, 0, setting, parameters.data(), peak));
    return peak;
  }
};

TEST(Peak, StandsAtBraggsAngle) { EXPECT_NEAR(OnePeak().make().centre, 60.0, 1e-12); }

TEST(Peak, LorentzPolarisationIsTheTextbookValue) {
  // theta = 30 deg: (0.5 + 0.5 cos^2 60) / (sin^2 30 cos 30) = 0.625 / 0.2165064
  EXPECT_NEAR(OnePeak().make().area / 1000.0, 0.625 / (0.25 * std::sqrt(0.75)), 1e-12);
}

TEST(Peak, MonochromatorEntersThroughK) {
  OnePeak peak;
  peak.setting.polarisation_k = 1.0;  // fully polarised: no angle dependence left

  EXPECT_NEAR(peak.make().area / 1000.0, 1.0 / (0.25 * std::sqrt(0.75)), 1e-12);
}

TEST(Peak, DisplacementMovesThePeakDown) {
  OnePeak peak;
  peak.parameters[Layout::displacement] = 0.1;
  const double expected = 60.0 - 2.0 * 0.1 / 173.0 * std::sqrt(0.75) * 180.0 / std::acos(-1.0);

  EXPECT_NEAR(peak.make().centre, expected, 1e-12);
}

TEST(Peak, BeyondBraggsLawThereIsNone) {
  OnePeak peak;
  peak.ring.inverse_d2 = 4.1 / (1.54 * 1.54);
  Peak out;

  EXPECT_FALSE(make_peak(peak.ring, 0, 1.54, 1.0, peak.layout, 0, 0, peak.setting,
                         peak.parameters.data(), out));
  EXPECT_DOUBLE_EQ(out.area, 0.0);
}

TEST(Peak, AreaIsRecoveredByIntegration) {
  const Peak peak = OnePeak().make();
  const int index = 0;
  const double step = 0.002, reach = 100.0;
  double sum = 0.0;
  for (double x = 60.0 - reach; x <= 60.0 + reach; x += step) {
    sum += sum_of_peaks(&peak, &index, 1, x) * step;
  }
  // What lies beyond +-k FWHM of a Lorentzian is 1/(pi k) of its area.
  const double tail = peak.eta / (std::acos(-1.0) * reach * peak.inverse_fwhm);

  EXPECT_NEAR(sum / peak.area, 1.0 - tail, 1e-6);
}

TEST(Peak, FoldedInPacksAgreesWithThePlainSum) {
  OnePeak one;
  const Peak peak = one.make();
  const int index = 0;
  std::vector<int> column(one.parameters.size(), -1);
  FoldedPeak folded;
  float none[1];
  fold_peak(peak, one.layout, 0, 0, 1.0, column.data(), folded, none);
  const PhasePlan plan = make_plan(one.layout, 0, 0, column.data());
  for (double x = 58.0; x < 62.0; x += 0.08) {
    double at[8], values[8];
    for (int i = 0; i < 8; ++i) at[i] = x + 0.01 * i;
    const Pack<double, 4> eight[2] = {Pack<double, 4>::load(at), Pack<double, 4>::load(at + 4)};
    Pack<double, 4> value[2];
    add_folded<true, false, 4, 2>(folded, plan, nullptr, eight, nullptr, 0, value);
    value[0].store(values);
    value[1].store(values + 4);
    for (int i = 0; i < 8; ++i) {
      const Pack<double, 1> here[1] = {Pack<double, 1>(at[i])};
      Pack<double, 1> alone[1];
      add_folded<true, false, 1, 1>(folded, plan, nullptr, here, nullptr, 0, alone);
      const double plain = sum_of_peaks(&peak, &index, 1, at[i]);
      EXPECT_NEAR(values[i], plain, 1e-10 * peak.height_l) << at[i];
      EXPECT_NEAR(alone[0].v, plain, 1e-10 * peak.height_l) << at[i];
    }
  }
}

TEST(MarchDollase, AveragesToOneOverAllDirections) {
  // <T> over the sphere is 1 for every r: integrate over cos(alpha).
  for (double r : {0.5, 0.66, 1.0, 1.6}) {
    OnePeak peak;
    const int n = 4000;
    std::vector<double> texture;
    for (int i = 0; i < n; ++i) {
      const double c = (i + 0.5) / n;
      texture.push_back(c * c);
      texture.push_back(1.0 / n);
    }
    peak.ring.texture_count = n;
    peak.setting.texture = texture.data();
    const double flat = OnePeak().make().area;
    peak.parameters[static_cast<std::size_t>(peak.layout.phase(0) + Layout::march_r)] = r;

    EXPECT_NEAR(peak.make().area / flat, 1.0, 1e-6) << "r = " << r;
  }
}

}  // namespace
}  // namespace gadolin::diffraction
