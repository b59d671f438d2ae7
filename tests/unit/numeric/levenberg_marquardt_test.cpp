#include "kernels/numeric/levenberg_marquardt.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/numeric/random.hpp"

namespace gadolin {
namespace {

constexpr SingleLane lane;

/// Plain least squares: model(i, p, gradient) -> value, points y with weights w.
template <class Model>
struct Curve {
  int n;
  Model model;
  std::vector<double> y, w;

  template <class Team>
  double chi2(const Team&, const double* p) const {
    double total = 0.0;
    std::vector<double> gradient(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double r = y[i] - model(i, p, gradient.data());
      total += w[i] * r * r;
    }
    return total;
  }
  template <class Team>
  double normal_equations(const Team& team, const double* p, double* gram, double* rhs) const {
    std::vector<double> g(static_cast<std::size_t>(n));
    for (int k = 0; k < n * n; ++k) gram[k] = 0.0;
    for (int k = 0; k < n; ++k) rhs[k] = 0.0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double r = y[i] - model(i, p, g.data());
      for (int a = 0; a < n; ++a) {
        rhs[a] += w[i] * g[a] * r;
        for (int b = 0; b <= a; ++b) gram[a * n + b] += w[i] * g[a] * g[b];
      }
    }
    return chi2(team, p);
  }
};

template <class Model>
Curve<Model> exact_curve(int n, std::size_t points, Model model, const double* truth) {
  Curve<Model> curve{n, model, {}, {}};
  std::vector<double> gradient(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < points; ++i) {
    curve.y.push_back(model(i, truth, gradient.data()));
    curve.w.push_back(1.0);
  }
  return curve;
}

double decay(std::size_t i, const double* p, double* gradient) {
  const double t = 0.1 * static_cast<double>(i);
  gradient[0] = std::exp(-p[1] * t);
  gradient[1] = -p[0] * t * gradient[0];
  return p[0] * gradient[0];
}

double line(std::size_t i, const double* p, double* gradient) {
  gradient[0] = 1.0;
  gradient[1] = static_cast<double>(i);
  return p[0] + p[1] * gradient[1];
}

TEST(LevenbergMarquardt, FindsAnExactExponential) {
  const double truth[2] = {3.0, 0.7};
  const auto curve = exact_curve(2, 20, decay, truth);
  double p[2] = {1.0, 5.0};
  std::vector<double> scratch(lm_scratch_doubles(2));

  const LmResult result = levenberg_marquardt(lane, 2, curve, p, nullptr, nullptr, scratch.data());

  EXPECT_EQ(result.status, ItemStatus::ok);
  EXPECT_NEAR(p[0], 3.0, 1e-9);
  EXPECT_NEAR(p[1], 0.7, 1e-9);
  EXPECT_EQ(result.n_held, 0);
  EXPECT_EQ(result.n_at_bound, 0);
}

TEST(LevenbergMarquardt, LineHasItsTextbookCovariance) {
  const double truth[2] = {1.0, 2.0};
  auto curve = exact_curve(2, 5, line, truth);
  for (double& w : curve.w) w = 4.0;  // standard uncertainty 0.5 each
  double p[2] = {0.0, 0.0};
  std::vector<double> scratch(lm_scratch_doubles(2));

  const LmResult result = levenberg_marquardt(lane, 2, curve, p, nullptr, nullptr, scratch.data());

  EXPECT_EQ(result.status, ItemStatus::ok);
  const LmScratch found(scratch.data(), 2);
  // x = 0..4: sum x = 10, sum x^2 = 30, determinant 5*30 - 100 = 50; variance of a point 0.25.
  EXPECT_NEAR(found.covariance[0], 0.25 * 30.0 / 50.0, 1e-15);
  EXPECT_NEAR(found.covariance[1], 0.25 * -10.0 / 50.0, 1e-15);
  EXPECT_NEAR(found.covariance[3], 0.25 * 5.0 / 50.0, 1e-15);
}

TEST(LevenbergMarquardt, RosenbrocksValleyIsFollowedToItsEnd) {
  const auto valley = [](std::size_t i, const double* p, double* gradient) {
    if (i == 0) {
      gradient[0] = -1.0;
      gradient[1] = 0.0;
      return 1.0 - p[0];
    }
    gradient[0] = -20.0 * p[0];
    gradient[1] = 10.0;
    return 10.0 * (p[1] - p[0] * p[0]);
  };
  const double truth[2] = {1.0, 1.0};
  const auto curve = exact_curve(2, 2, valley, truth);
  double p[2] = {-1.2, 1.0};
  std::vector<double> scratch(lm_scratch_doubles(2));
  LmOptions options;
  options.shift_tolerance = 1e-6;

  const LmResult result =
      levenberg_marquardt(lane, 2, curve, p, nullptr, nullptr, scratch.data(), options);

  EXPECT_EQ(result.status, ItemStatus::ok);
  EXPECT_NEAR(p[0], 1.0, 1e-9);
  EXPECT_NEAR(p[1], 1.0, 1e-9);
}

TEST(LevenbergMarquardt, ActiveBoundHoldsAndTheOtherParameterIsRefitted) {
  const double truth[2] = {1.0, 2.0};
  const auto curve = exact_curve(2, 5, line, truth);
  const double lower[2] = {-10.0, -10.0}, upper[2] = {10.0, 1.5};
  double p[2] = {0.0, 0.0};
  std::vector<double> scratch(lm_scratch_doubles(2));

  LmOptions options;
  options.shift_tolerance = 1e-12;
  const LmResult result =
      levenberg_marquardt(lane, 2, curve, p, lower, upper, scratch.data(), options);

  EXPECT_EQ(result.status, ItemStatus::ok);
  EXPECT_EQ(p[1], 1.5);
  EXPECT_NEAR(p[0], 2.0, 1e-12);  // mean of y - 1.5 x
  EXPECT_EQ(result.n_at_bound, 1);
  const LmScratch found(scratch.data(), 2);
  EXPECT_EQ(found.state[1], 0.0);
  EXPECT_EQ(found.covariance[3], 0.0);
  EXPECT_NEAR(found.covariance[0], 0.2, 1e-15);
}

TEST(LevenbergMarquardt, StartOnAWrongBoundLeavesIt) {
  const double truth[2] = {1.0, 2.0};
  const auto curve = exact_curve(2, 5, line, truth);
  const double lower[2] = {-10.0, -3.0}, upper[2] = {10.0, 3.0};
  double p[2] = {-50.0, -7.0};  // outside: projected first
  std::vector<double> scratch(lm_scratch_doubles(2));

  const LmResult result = levenberg_marquardt(lane, 2, curve, p, lower, upper, scratch.data());

  EXPECT_EQ(result.status, ItemStatus::ok);
  EXPECT_NEAR(p[0], 1.0, 1e-6);
  EXPECT_NEAR(p[1], 2.0, 1e-6);
  EXPECT_EQ(result.n_at_bound, 0);
}

TEST(LevenbergMarquardt, ParameterTheDataDoNotMoveIsHeldAndHasNoUncertainty) {
  const auto model = [](std::size_t i, const double* p, double* gradient) {
    gradient[2] = 0.0;
    return line(i, p, gradient);
  };
  const double truth[3] = {1.0, 2.0, 0.0};
  const auto curve = exact_curve(3, 6, model, truth);
  double p[3] = {0.0, 0.0, 42.0};
  std::vector<double> scratch(lm_scratch_doubles(3));

  const LmResult result = levenberg_marquardt(lane, 3, curve, p, nullptr, nullptr, scratch.data());

  EXPECT_EQ(result.status, ItemStatus::ok);
  EXPECT_NEAR(p[1], 2.0, 1e-9);
  EXPECT_EQ(p[2], 42.0);
  EXPECT_EQ(result.n_held, 1);
  const LmScratch found(scratch.data(), 3);
  EXPECT_EQ(found.state[2], -1.0);
  EXPECT_EQ(found.covariance[8], 0.0);
}

TEST(LevenbergMarquardt, IterationCapIsNotConvergence) {
  const double truth[2] = {3.0, 0.7};
  const auto curve = exact_curve(2, 20, decay, truth);
  double p[2] = {1.0, 5.0};
  std::vector<double> scratch(lm_scratch_doubles(2));
  LmOptions options;
  options.max_iterations = 2;

  const LmResult result =
      levenberg_marquardt(lane, 2, curve, p, nullptr, nullptr, scratch.data(), options);

  EXPECT_EQ(result.status, ItemStatus::not_converged);
  EXPECT_EQ(result.iterations, 2);
}

TEST(LevenbergMarquardt, CrossedBoundsAndAModelThatDoesNotExistAreOutOfRange) {
  const double truth[2] = {1.0, 2.0};
  auto curve = exact_curve(2, 5, line, truth);
  const double lower[2] = {0.0, 1.0}, upper[2] = {1.0, 0.0};
  double p[2] = {0.0, 0.0};
  std::vector<double> scratch(lm_scratch_doubles(2));

  EXPECT_EQ(levenberg_marquardt(lane, 2, curve, p, lower, upper, scratch.data()).status,
            ItemStatus::out_of_range);
  curve.y[0] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(levenberg_marquardt(lane, 2, curve, p, nullptr, nullptr, scratch.data()).status,
            ItemStatus::out_of_range);
}

TEST(LevenbergMarquardt, StepIntoForbiddenGroundIsShortened) {
  // Square root of p: not a number below 0, where the first full step would land.
  const auto root = [](std::size_t, const double* p, double* gradient) {
    gradient[0] = 0.5 / std::sqrt(p[0]);
    return std::sqrt(p[0]);
  };
  const double truth[1] = {0.01};
  const auto curve = exact_curve(1, 3, root, truth);
  double p[1] = {4.0};
  std::vector<double> scratch(lm_scratch_doubles(1));

  const LmResult result = levenberg_marquardt(lane, 1, curve, p, nullptr, nullptr, scratch.data());

  EXPECT_EQ(result.status, ItemStatus::ok);
  EXPECT_NEAR(p[0], 0.01, 1e-8);
}

}  // namespace
}  // namespace gadolin
