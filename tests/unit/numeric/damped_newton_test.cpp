#include "kernels/numeric/damped_newton.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace gadolin {
namespace {

TEST(DampedNewton, QuadraticIsSolvedInOneFullStep) {
  // x'Ax/2 - b'x with A = [4 1; 1 3], b = (1, 2): minimum (1/11, 7/11).
  const auto quadratic = [](const double(&x)[2], double(&g)[2], double(&h)[2][2]) {
    g[0] = 4 * x[0] + x[1] - 1;
    g[1] = x[0] + 3 * x[1] - 2;
    h[0][0] = 4;
    h[0][1] = h[1][0] = 1;
    h[1][1] = 3;
    return 0.5 * (x[0] * (g[0] - 1) + x[1] * (g[1] - 2));
  };
  double x[2] = {10.0, -20.0};

  const NewtonResult result = damped_newton<2>(quadratic, x);

  EXPECT_EQ(result.status, ItemStatus::ok);
  EXPECT_NEAR(x[0], 1.0 / 11.0, 1e-15);
  EXPECT_NEAR(x[1], 7.0 / 11.0, 1e-15);
  EXPECT_LE(result.iterations, 3);
}

TEST(DampedNewton, ExponentialIsSolvedFromFarAwayOnBothSides) {
  const auto function = [](const double(&x)[1], double(&g)[1], double(&h)[1][1]) {
    const double e = std::exp(x[0]);
    g[0] = e - 2.0;
    h[0][0] = e;
    return e - 2.0 * x[0];
  };
  for (const double start : {-400.0, -1.0, 0.0, 50.0, 600.0}) {
    double x[1] = {start};
    NewtonOptions options;
    options.max_iterations = 1000;
    const NewtonResult result = damped_newton<1>(function, x, options);
    EXPECT_EQ(result.status, ItemStatus::ok) << start;
    EXPECT_NEAR(x[0], std::log(2.0), 1e-14) << start;
  }
}

TEST(DampedNewton, PlainNewtonWouldDivergeAndDampingSaves) {
  // sqrt(1 + x^2): the full step from |x| > 1 overshoots further every time.
  const auto function = [](const double(&x)[1], double(&g)[1], double(&h)[1][1]) {
    const double root = std::sqrt(1.0 + x[0] * x[0]);
    g[0] = x[0] / root;
    h[0][0] = 1.0 / (root * root * root);
    return root;
  };
  double x[1] = {30.0};

  const NewtonResult result = damped_newton<1>(function, x);

  EXPECT_EQ(result.status, ItemStatus::ok);
  EXPECT_NEAR(x[0], 0.0, 1e-12);
}

TEST(DampedNewton, BarrierKeepsTheWayInsideTheDomain) {
  // x - 1e-6 ln x: minimum 1e-6, not a number below 0.
  const auto function = [](const double(&x)[1], double(&g)[1], double(&h)[1][1]) {
    g[0] = 1.0 - 1e-6 / x[0];
    h[0][0] = 1e-6 / (x[0] * x[0]);
    return x[0] - 1e-6 * std::log(x[0]);
  };
  double x[1] = {1e-3};
  NewtonOptions options;
  options.step_tolerance = 1e-15;

  const NewtonResult result = damped_newton<1>(function, x, options);

  EXPECT_EQ(result.status, ItemStatus::ok);
  EXPECT_NEAR(x[0], 1e-6, 1e-14);
}

TEST(DampedNewton, LargeOffsetInTheValueDoesNotStopIt) {
  // Differences of the value drown in 1e12 long before the minimum is reached.
  const auto function = [](const double(&x)[2], double(&g)[2], double(&h)[2][2]) {
    const double a = std::exp(x[0]), b = std::exp(x[1]);
    g[0] = a - 3.0;
    g[1] = b - 5.0;
    h[0][0] = a;
    h[1][1] = b;
    h[0][1] = h[1][0] = 0.0;
    return 1e12 + a - 3.0 * x[0] + b - 5.0 * x[1];
  };
  double x[2] = {0.0, 0.0};

  const NewtonResult result = damped_newton<2>(function, x);

  EXPECT_EQ(result.status, ItemStatus::ok);
  EXPECT_NEAR(x[0], std::log(3.0), 1e-13);
  EXPECT_NEAR(x[1], std::log(5.0), 1e-13);
}

TEST(DampedNewton, StartOutsideTheDomainAndConcaveFunctionsAreReported) {
  const auto nowhere = [](const double(&)[1], double(&g)[1], double(&h)[1][1]) {
    g[0] = h[0][0] = 1.0;
    return std::numeric_limits<double>::infinity();
  };
  double x[1] = {0.0};
  EXPECT_EQ(damped_newton<1>(nowhere, x).status, ItemStatus::out_of_range);

  const auto no_minimum = [](const double(&y)[1], double(&g)[1], double(&h)[1][1]) {
    g[0] = 1.0;
    h[0][0] = std::nan("");
    return y[0];
  };
  EXPECT_EQ(damped_newton<1>(no_minimum, x).status, ItemStatus::singular);
}

}  // namespace
}  // namespace gadolin
