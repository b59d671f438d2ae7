#include <algorithm>
#include <cmath>
#include <vector>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "kernels/numeric/damped_newton.hpp"
#include "kernels/numeric/levenberg_marquardt.hpp"
#include "kernels/numeric/random.hpp"

namespace gadolin {
namespace {

constexpr SingleLane lane;

/// Two Gaussians on a constant, the small cousin of a diffraction pattern: 7 parameters.
struct Peaks {
  static constexpr int n = 7;
  std::vector<double> y, w;

  static double model(double x, const double* p, double* gradient) {
    double value = p[0];
    gradient[0] = 1.0;
    for (int k = 0; k < 2; ++k) {
      const double area = p[1 + 3 * k], centre = p[2 + 3 * k], width = p[3 + 3 * k];
      const double z = (x - centre) / width;
      const double shape = std::exp(-0.5 * z * z);
      value += area * shape;
      gradient[1 + 3 * k] = shape;
      gradient[2 + 3 * k] = area * shape * z / width;
      gradient[3 + 3 * k] = area * shape * z * z / width;
    }
    return value;
  }
  static double position(std::size_t i) { return 0.1 * static_cast<double>(i); }

  template <class Team>
  double chi2(const Team&, const double* p) const {
    double total = 0.0, gradient[n];
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double r = y[i] - model(position(i), p, gradient);
      total += w[i] * r * r;
    }
    return total;
  }
  template <class Team>
  double normal_equations(const Team& team, const double* p, double* gram, double* rhs) const {
    std::fill(gram, gram + n * n, 0.0);
    std::fill(rhs, rhs + n, 0.0);
    double g[n];
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double r = y[i] - model(position(i), p, g);
      for (int a = 0; a < n; ++a) {
        rhs[a] += w[i] * g[a] * r;
        for (int b = 0; b <= a; ++b) gram[a * n + b] += w[i] * g[a] * g[b];
      }
    }
    return chi2(team, p);
  }
};

constexpr double lower_bounds[7] = {0, 0, 2, 0.1, 0, 6, 0.1};
constexpr double upper_bounds[7] = {1e6, 1e6, 6, 3, 1e6, 10, 3};

TEST(LevenbergMarquardtProperty, PullsOfNoisyPeaksAreStandardNormal) {
  const double truth[7] = {200.0, 5000.0, 4.0, 0.6, 3000.0, 7.5, 0.9};
  constexpr int replicas = 400;
  std::vector<double> scratch(lm_scratch_doubles(7));
  double sum[7] = {}, square[7] = {};
  int covered = 0;

  for (std::uint64_t item = 0; item < replicas; ++item) {
    RandomStream random(21, item, 1);
    Peaks problem;
    double gradient[7];
    for (std::size_t i = 0; i < 120; ++i) {
      // Gaussian noise of the exact variance: what the estimator's theory speaks of.
      const double exact = Peaks::model(Peaks::position(i), truth, gradient);
      problem.y.push_back(exact + std::sqrt(exact) * random.normal());
      problem.w.push_back(1.0 / exact);
    }
    double p[7] = {100.0, 2000.0, 4.4, 1.0, 2000.0, 7.1, 1.0};
    LmOptions options;
    options.shift_tolerance = 1e-3;

    const LmResult result = levenberg_marquardt(lane, 7, problem, p, lower_bounds, upper_bounds,
                                                scratch.data(), options);

    ASSERT_EQ(result.status, ItemStatus::ok) << item;
    const LmScratch found(scratch.data(), 7);
    for (int k = 0; k < 7; ++k) {
      const double pull = (p[k] - truth[k]) / std::sqrt(found.covariance[8 * k]);
      sum[k] += pull;
      square[k] += pull * pull;
      covered += std::fabs(pull) < 1.959964 ? 1 : 0;
    }
  }

  for (int k = 0; k < 7; ++k) {
    const double mean = sum[k] / replicas;
    const double sd = std::sqrt(square[k] / replicas - mean * mean);
    EXPECT_LT(std::fabs(mean), 0.2) << k;  // 4 standard errors of the mean of 400
    EXPECT_NEAR(sd, 1.0, 0.14) << k;       // 4 standard errors of the deviation
  }
  EXPECT_NEAR(covered / (7.0 * replicas), 0.95, 0.03);
}

TEST(LevenbergMarquardtProperty, EveryStartEndsAtAKuhnTuckerPoint) {
  const double truth[7] = {200.0, 5000.0, 4.0, 0.6, 3000.0, 7.5, 0.9};
  std::vector<double> scratch(lm_scratch_doubles(7));
  int converged = 0;
  for (std::uint64_t item = 0; item < 200; ++item) {
    RandomStream random(22, item, 1);
    Peaks problem;
    double gradient[7], p[7], upper[7];
    for (std::size_t i = 0; i < 120; ++i) {
      problem.y.push_back(random.poisson(Peaks::model(Peaks::position(i), truth, gradient)));
      problem.w.push_back(1.0 / std::max(problem.y.back(), 1.0));
    }
    for (int k = 0; k < 7; ++k) {
      upper[k] = upper_bounds[k];
      const double span = std::min(upper[k], 10.0 * truth[k]) - lower_bounds[k];
      p[k] = lower_bounds[k] + span * random.uniform();
    }
    if (item % 2 == 0) upper[3] = 0.5;  // forbids the true width: the bound must be active
    const double start = problem.chi2(lane, p);
    LmOptions options;
    options.max_iterations = 300;
    options.shift_tolerance = 1e-2;

    const LmResult result =
        levenberg_marquardt(lane, 7, problem, p, lower_bounds, upper, scratch.data(), options);

    EXPECT_LE(result.chi2, start) << item;
    EXPECT_EQ(result.chi2, problem.chi2(lane, p)) << item;
    for (int k = 0; k < 7; ++k) {
      EXPECT_GE(p[k], lower_bounds[k]) << item;
      EXPECT_LE(p[k], upper[k]) << item;
    }
    if (result.status != ItemStatus::ok) continue;
    ++converged;
    const LmScratch found(scratch.data(), 7);
    Eigen::Matrix<double, 7, 7> gram;
    for (int a = 0; a < 7; ++a) {
      for (int b = 0; b <= a; ++b) gram(a, b) = gram(b, a) = found.gram[a * 7 + b];
    }
    // Independent check by Eigen: the Newton step over the free parameters is small in units of
    // their uncertainty, and slopes on bounds point outside.
    std::vector<int> free;
    for (int k = 0; k < 7; ++k) {
      if (found.state[k] == 1.0) {
        free.push_back(k);
      } else if (found.state[k] == 0.0) {
        EXPECT_TRUE((p[k] == lower_bounds[k] && found.rhs[k] <= 0.0) ||
                    (p[k] == upper[k] && found.rhs[k] >= 0.0))
            << item;
      }
    }
    const int m = static_cast<int>(free.size());
    Eigen::MatrixXd part(m, m);
    Eigen::VectorXd rhs(m);
    for (int a = 0; a < m; ++a) {
      rhs(a) = found.rhs[free[static_cast<std::size_t>(a)]];
      for (int b = 0; b < m; ++b) {
        part(a, b) = gram(free[static_cast<std::size_t>(a)], free[static_cast<std::size_t>(b)]);
      }
    }
    const Eigen::MatrixXd inverse = part.inverse();
    const Eigen::VectorXd step = inverse * rhs;
    for (int a = 0; a < m; ++a) {
      const int k = free[static_cast<std::size_t>(a)];
      const double reached = std::clamp(p[k] + step(a), lower_bounds[k], upper[k]);
      EXPECT_LE(std::fabs(reached - p[k]), 1.01e-2 * std::sqrt(inverse(a, a))) << item << ' ' << k;
      EXPECT_NEAR(found.covariance[8 * k], inverse(a, a), 1e-6 * inverse(a, a)) << item << ' ' << k;
    }
  }
  EXPECT_GE(converged, 190);
}

TEST(DampedNewtonProperty, StrictlyConvexFunctionsNeverFail) {
  // sum_r exp(a_r.x + b_r) with positive combinations on all sides, plus a weak quadratic.
  int failures = 0;
  double worst = 0.0;
  for (std::uint64_t item = 0; item < 20000; ++item) {
    RandomStream random(23, item, 1);
    constexpr int rows = 8;
    double a[rows][3], b[rows];
    for (int r = 0; r < rows; ++r) {
      b[r] = 10.0 * random.normal();
      for (int k = 0; k < 3; ++k) a[r][k] = random.normal();
    }
    const double weak = std::pow(10.0, -6.0 + 6.0 * random.uniform());
    const auto function = [&](const double(&x)[3], double(&g)[3], double(&h)[3][3]) {
      double value = 0.0;
      for (int k = 0; k < 3; ++k) {
        g[k] = weak * x[k];
        value += 0.5 * weak * x[k] * x[k];
        for (int m = 0; m < 3; ++m) h[k][m] = k == m ? weak : 0.0;
      }
      for (int r = 0; r < rows; ++r) {
        const double e = std::exp(a[r][0] * x[0] + a[r][1] * x[1] + a[r][2] * x[2] + b[r]);
        value += e;
        for (int k = 0; k < 3; ++k) {
          g[k] += e * a[r][k];
          for (int m = 0; m < 3; ++m) h[k][m] += e * a[r][k] * a[r][m];
        }
      }
      return value;
    };
    double x[3] = {20.0 * random.normal(), 20.0 * random.normal(), 20.0 * random.normal()};

    NewtonOptions options;
    options.max_iterations = 3000;  // some starts lie e^250 above the minimum
    const NewtonResult result = damped_newton<3>(function, x, options);

    failures += result.status == ItemStatus::ok ? 0 : 1;
    double g[3], h[3][3];
    function(x, g, h);
    Eigen::Vector3d gradient(g[0], g[1], g[2]);
    Eigen::Matrix3d hessian;
    hessian << h[0][0], h[0][1], h[0][2], h[1][0], h[1][1], h[1][2], h[2][0], h[2][1], h[2][2];
    const Eigen::Vector3d step = hessian.ldlt().solve(gradient);
    const double size = std::max({1.0, std::fabs(x[0]), std::fabs(x[1]), std::fabs(x[2])});
    worst = std::max(worst, step.cwiseAbs().maxCoeff() / size);
  }

  EXPECT_EQ(failures, 0);
  EXPECT_LT(worst, 1e-9);
}

}  // namespace
}  // namespace gadolin
