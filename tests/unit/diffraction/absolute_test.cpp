#include "models/diffraction/absolute.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "models/diffraction/limits.hpp"
#include "models/diffraction/microabsorption.hpp"

namespace gadolin::diffraction {
namespace {

PatternResult three_phases() {
  PatternResult result;
  result.parameters = 10;
  result.status = ItemStatus::ok;
  const double w[] = {0.25, 0.45, 0.30};
  const char* names[] = {"corundum", "quartz", "fluorite"};
  for (std::size_t p = 0; p < 3; ++p) {
    PhaseResult phase;
    phase.name = names[p];
    phase.weight_fraction = w[p];
    phase.scale = w[p];
    phase.u_scale = 0.001;
    phase.zmv = 1.0;
    phase.density_g_per_cm3 = 3.0;
    phase.mu_per_cm = 100.0;
    result.phases.push_back(phase);
  }
  result.covariance_stat.assign(9, 0.0);
  result.covariance_total = {4e-6, -2e-6, -2e-6, -2e-6, 4e-6, -2e-6, -2e-6, -2e-6, 4e-6};
  return result;
}

TEST(InternalStandard, GivesTheFractionsAMixtureByHandHas) {
  // 20 g corundum of 95 % crystallinity and 80 g sample: crystalline corundum 19 g is 0.25 of 76 g
  // crystalline; quartz 34.2 g, fluorite 22.8 g; the sample's rest 80 - 57 = 23 g.
  const auto absolute = by_internal_standard(three_phases(), {"corundum", 0.20, 0.0, 0.95, 0.0});

  ASSERT_EQ(absolute.parts.size(), 3u);
  EXPECT_NEAR(absolute.parts[0].weight_fraction, 34.2 / 80.0, 1e-12);
  EXPECT_NEAR(absolute.parts[1].weight_fraction, 22.8 / 80.0, 1e-12);
  EXPECT_EQ(absolute.parts[2].name, rest_name);
  EXPECT_NEAR(absolute.parts[2].weight_fraction, 23.0 / 80.0, 1e-12);
  EXPECT_EQ(absolute.parts[2].state, ValueState::measured);
}

TEST(InternalStandard, UncertaintyIsThatOfDifferenceQuotients) {
  const auto result = three_phases();
  const InternalStandard standard{"corundum", 0.20, 0.002, 0.95, 0.01};
  const auto absolute = by_internal_standard(result, standard);
  const auto rest = [&](double ds, double dw, double dc) {
    auto moved = result;
    moved.phases[0].weight_fraction += ds;
    return by_internal_standard(moved, {"corundum", 0.20 + dw, 0.0, 0.95 + dc, 0.0})
        .parts[2]
        .weight_fraction;
  };
  const double h = 1e-6;
  const double s = (rest(h, 0, 0) - rest(-h, 0, 0)) / (2 * h);
  const double w = (rest(0, h, 0) - rest(0, -h, 0)) / (2 * h);
  const double c = (rest(0, 0, h) - rest(0, 0, -h)) / (2 * h);

  const double expected = std::sqrt(s * s * 4e-6 + w * w * 0.002 * 0.002 + c * c * 0.01 * 0.01);
  EXPECT_NEAR(absolute.parts[2].u_total / expected, 1.0, 1e-6);
  for (std::size_t k = 0; k < 3; ++k) {  // the parts sum to 1, so their errors cancel
    double row = 0.0;
    for (std::size_t l = 0; l < 3; ++l) row += absolute.covariance_total[k * 3 + l];
    EXPECT_NEAR(row, 0.0, 1e-15);
  }
}

TEST(InternalStandard, BelowTenPercentOrAbsentIsSaid) {
  auto result = three_phases();
  RefinementOptions options;
  options.quantify.internal_standard = {"corundum", 0.05, 0.0, 1.0, 0.0};
  result.phases[0].weight_fraction = 0.06;
  auto absent = result;
  absent.phases[0].scale = 0.0;

  quantify_further(options, result);
  quantify_further(options, absent);

  ASSERT_EQ(result.warnings.size(), 1u);
  EXPECT_EQ(result.warnings[0].code, "W-XRD-140");
  ASSERT_EQ(absent.warnings.size(), 1u);
  EXPECT_EQ(absent.warnings[0].code, "W-XRD-141");
  EXPECT_TRUE(absent.quantification.absolute[0].parts.empty());
}

TEST(InternalStandard, RestWithinItsUncertaintyIsALimitNotAValue) {
  const auto absolute = by_internal_standard(three_phases(), {"corundum", 0.25, 0.01, 1.0, 0.0});

  EXPECT_NEAR(absolute.parts[2].weight_fraction, 0.0, 1e-12);
  EXPECT_EQ(absolute.parts[2].state, ValueState::below_lod);
  EXPECT_NEAR(absolute.parts[2].limit_95, 1.6448536 * absolute.parts[2].u_total, 1e-6);
}

TEST(ExternalStandard, OfItselfGivesItsOwnFractions) {
  const auto result = three_phases();
  auto standard = external_constant(result, 1, 0.45, 0.0, 50.0);
  standard.mu_mass_cm2_per_g = 50.0;

  const auto absolute = by_external_standard(result, standard, {});

  ASSERT_EQ(absolute.parts.size(), 4u);
  for (std::size_t p = 0; p < 3; ++p) {
    EXPECT_NEAR(absolute.parts[p].weight_fraction, result.phases[p].weight_fraction, 1e-12);
  }
  EXPECT_NEAR(absolute.parts[3].weight_fraction, 0.0, 1e-12);
  EXPECT_EQ(absolute.parts[3].state, ValueState::below_lod);
}

TEST(ExternalStandard, IsTakenPerSecondWhereBothPatternsStateTheirStep) {
  auto result = three_phases();
  result.step_time_s = 5.0;
  auto standard = external_constant(result, 1, 0.45, 0.0, 50.0);
  standard.mu_mass_cm2_per_g = 50.0;
  result.step_time_s = 2.5;  // half the counts would be there for the same specimen

  const auto absolute = by_external_standard(result, standard, {});

  EXPECT_NEAR(absolute.parts[1].weight_fraction, 2.0 * result.phases[1].weight_fraction, 1e-12);
}

TEST(CalibratedHump, CountsAsAPhaseAndTheOthersShareTheRest) {
  auto result = three_phases();
  double mass = 0.0;
  for (const auto& phase : result.phases) mass += phase.scale * phase.zmv;
  result.quantification.humps.push_back({"glass", 24.0, 9.0, 100.0, 1.0, {0.0, 0.0, 0.0}});
  const CalibratedPhase glass{"glass", mass / 100.0, 0.05, "made up"};  // as much as all phases

  const auto absolute = by_calibrated_humps(result, {glass});

  ASSERT_EQ(absolute.parts.size(), 4u);
  EXPECT_NEAR(absolute.parts[3].weight_fraction, 0.5, 1e-12);
  EXPECT_NEAR(absolute.parts[0].weight_fraction, 0.5 * result.phases[0].weight_fraction, 1e-12);
  // 5 % of the constant and 1 % of the area are 0.25 of that in the fraction at one half.
  const double least = 0.25 * std::hypot(0.05, 0.01);
  EXPECT_GT(absolute.parts[3].u_total, 0.99 * least);
  EXPECT_TRUE(by_calibrated_humps(result, {}).parts.empty());
}

TEST(CalibratedPhase, GivesBackItsWeighedRatio) {
  const auto mixture = three_phases();
  const auto calibrated = calibrate_phase(mixture, 2, 0, 0.40, 0.20, 0.01);
  const auto &a = mixture.phases[2], &s = mixture.phases[0];

  EXPECT_NEAR(a.scale * calibrated.zmv / (s.scale * s.zmv), 2.0, 1e-12);
  EXPECT_GT(calibrated.u_relative, 0.01);
}

TEST(SphereAbsorption, AgreesWithTheClosedFormsForwardAndBackward) {
  // Chord: 3/(2 x^3) [1/2 - e^-2x (1/2 + x + x^2)]; there and back: 3/(4x) [1/2 - (1 - (1 + 4x)
  // e^-4x)/(16 x^2)]. International Tables C (2004) 6.3.3.3.
  for (const double x : {0.05, 0.3, 1.0, -0.4}) {
    const double chord = 1.5 / (x * x * x) * (0.5 - std::exp(-2 * x) * (0.5 + x + x * x));
    const double back =
        0.75 / x * (0.5 - (1.0 - (1.0 + 4 * x) * std::exp(-4 * x)) / (16.0 * x * x));
    EXPECT_NEAR(sphere_absorption(x, 0.0) / chord, 1.0, 2e-4) << x;
    EXPECT_NEAR(sphere_absorption(x, 180.0) / back, 1.0, 2e-4) << x;
  }
}

TEST(BrindleyTau, FollowsItsTableAndItsLimit) {
  // Mean path in and out of a sphere is 3 R / 2 at every angle.
  EXPECT_NEAR((1.0 - brindley_tau(1e-4)) / 1e-4, 1.5, 2e-3);
  EXPECT_NEAR(brindley_tau(0.1), 0.862, 0.002);  // Brindley (1945), table
  EXPECT_DOUBLE_EQ(brindley_tau(0.0), 1.0);
}

TEST(ContrastCorrection, RaisesTheStrongAbsorberAndSaysWhenItIsInvalid) {
  auto result = three_phases();
  result.phases[0].mu_per_cm = 1200.0;

  const auto fine = correct_contrast(result, {{"", 0.5}}, 5.0);
  const auto coarse = correct_contrast(result, {{"corundum", 10.0}}, 5.0);

  EXPECT_TRUE(fine.valid);
  EXPECT_FALSE(fine.assumed);
  EXPECT_GT(fine.phases[0].weight_fraction, result.phases[0].weight_fraction);
  EXPECT_FALSE(coarse.valid);
  EXPECT_TRUE(coarse.assumed);
  double sum = 0.0;
  for (const auto& phase : coarse.phases) sum += phase.weight_fraction;
  EXPECT_NEAR(sum, 1.0, 1e-12);
}

TEST(UpperLimit, OfAScaleIsTheLimitOfItsFraction) {
  EXPECT_NEAR(upper_limit_95(-3.0, 1.0), 1.6448536, 1e-6);
  EXPECT_NEAR(upper_limit_95(0.0, 1.0, 2.0, 98.0), 3.2897073 / 101.2897073, 1e-7);
  EXPECT_EQ(upper_limit_95(1.0, 1.0, 2.0, 0.0), 1.0);
}

}  // namespace
}  // namespace gadolin::diffraction
