// Axial divergence against the integral that defines it, done here by brute force over both
// heights: a point of the sample, a point of the slit, one cone.
#include "kernels/diffraction/axial.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/diffraction/peak.hpp"
#include "kernels/diffraction/peak_sum.hpp"

namespace gadolin::diffraction {
namespace {

constexpr double degree = 57.295779513082320877;

double profile(double u, double eta) {
  return eta * 0.63661977236758134 / (1.0 + 4.0 * u * u) +
         (1.0 - eta) * 0.93943727869965132 * std::exp(-2.7725887222397811 * u * u);
}

/// Mean of f(2 phi [deg]) over sample height z in -s..s and slit height in -h..h (distance 1): the
/// share of the cone's azimuth that a slit element sees is d(azimuth)/d(height), by difference
/// quotient of azimuth itself.
template <class F>
double brute_force(double two_theta_deg, double s, double h, F&& f) {
  const double two_theta = two_theta_deg / degree;
  const auto azimuth = [&](double xi) {  // of the ray at slope xi on the cone
    const double elevation = std::atan(xi);
    return std::asin(std::sin(elevation) / std::sin(two_theta));
  };
  const int n = 150;
  double sum = 0.0, total = 0.0;
  for (int i = 0; i < n; ++i) {
    const double z = s * (2.0 * (i + 0.5) / n - 1.0);
    for (int j = 0; j < n; ++j) {
      const double slit = h * (2.0 * (j + 0.5) / n - 1.0);
      const double xi = std::fabs(slit - z), d = 1e-6;
      const double weight = azimuth(xi + d) - azimuth(xi - d);
      // Direction (cos 2phi, sin 2phi, xi) makes the angle 2 theta with the beam.
      const double two_phi = std::acos(std::cos(two_theta) * std::hypot(1.0, xi));
      sum += weight * f(degree * two_phi);
      total += weight;
    }
  }
  return sum / total;
}

struct Setting {
  double two_theta_deg, s, h, fwhm, eta;
};

double by_nodes(const Setting& c, double at_deg) {
  const auto rules = axial_rules(c.h / c.s);
  const double extent = axial_extent_deg(c.two_theta_deg / degree, c.s + c.h);
  const int n = axial_node_count(std::fabs(extent) / c.fwhm, max_axial_nodes);
  std::vector<AxialNode> nodes(static_cast<std::size_t>(n));
  make_axial_nodes(c.two_theta_deg / degree, 0.0, c.s, c.h / c.s,
                   rules.data() + 2 * axial_rule_begin(n), n, nodes.data());
  double sum = 0.0;
  for (const auto& node : nodes) {
    sum += node.weight * profile((at_deg - c.two_theta_deg - node.offset) / c.fwhm, c.eta);
  }
  return sum;
}

TEST(Axial, NodesMatchTheIntegralOverSampleAndSlitHeight) {
  const Setting cases[] = {{10.0, 0.03, 0.03, 0.08, 0.5}, {21.4, 0.03, 0.03, 0.06, 0.3},
                           {8.0, 0.02, 0.035, 0.10, 0.9}, {30.0, 0.04, 0.01, 0.05, 0.6},
                           {140.0, 0.03, 0.03, 0.1, 0.4}, {3.0, 0.0012, 0.0009, 0.004, 0.2},
                           {60.0, 0.02, 0.02, 0.08, 0.5}};
  for (const auto& c : cases) {
    const double extent = axial_extent_deg(c.two_theta_deg / degree, c.s + c.h);
    double peak = 0.0;
    for (double x = -1.0; x <= 1.0; x += 0.02) {
      peak = std::max(peak, by_nodes(c, c.two_theta_deg + x * extent));
    }
    for (int k = -6; k <= 6; ++k) {
      const double at = c.two_theta_deg + 0.5 * extent + 0.25 * k * (std::fabs(extent) + c.fwhm);
      const double expected = brute_force(c.two_theta_deg, c.s, c.h, [&](double two_phi) {
        return profile((at - two_phi) / c.fwhm, c.eta);
      });
      EXPECT_NEAR(by_nodes(c, at), expected, 1.5e-3 * peak)
          << "2theta " << c.two_theta_deg << ", at " << at;
    }
  }
}

TEST(Axial, GaussRulesReproduceTheMomentsOfTheTriangle) {
  // h = s: W = 1 - t on [0, 1]; the mean of v^k = t^(2k) is 2 / ((2k+1)(2k+2)).
  const auto rules = axial_rules(1.0);
  for (int n : {1, 2, 3, 8, max_axial_nodes}) {
    for (int k = 0; k < 2 * n; ++k) {
      double moment = 0.0;
      for (int j = 0; j < n; ++j) {
        const std::size_t at = 2 * static_cast<std::size_t>(axial_rule_begin(n) + j);
        moment += rules[at + 1] * std::pow(rules[at], k);
      }
      EXPECT_NEAR(moment, 2.0 / ((2.0 * k + 1.0) * (2.0 * k + 2.0)), 1e-12) << n << " " << k;
    }
  }
}

TEST(Axial, SlitAndSampleMayChangePlaces) {
  for (double at : {9.5, 9.9, 10.0}) {
    EXPECT_NEAR(by_nodes({10.0, 0.02, 0.05, 0.1, 0.5}, at),
                by_nodes({10.0, 0.05, 0.02, 0.1, 0.5}, at), 1e-3);
  }
}

TEST(Axial, SmearsDownBelowNinetyDegreesAndUpBeyond) {
  EXPECT_LT(axial_extent_deg(30.0 / degree, 0.05), 0.0);
  EXPECT_GT(axial_extent_deg(150.0 / degree, 0.05), 0.0);
  EXPECT_NEAR(axial_extent_deg(30.0 / degree, 0.05), -axial_extent_deg(150.0 / degree, 0.05),
              1e-12);
}

TEST(Axial, DerivativesMatchDifferenceQuotients) {
  const auto rules = axial_rules(0.7);
  const int n = 5;
  const double* rule = rules.data() + 2 * axial_rule_begin(n);
  // The second: so low that the cone closes before s + h.
  for (const auto& [two_theta, s] : {std::pair{0.25, 0.03}, {0.04, 0.03}, {2.5, 0.05}}) {
    const double hq = 1e-6, hs = 1e-7;
    AxialNode here[n], up[n], down[n];
    make_axial_nodes(two_theta, 0.5, s, 0.7, rule, n, here);
    make_axial_nodes(two_theta, 0.5, s + hs, 0.7, rule, n, up);
    make_axial_nodes(two_theta, 0.5, s - hs, 0.7, rule, n, down);
    for (int j = 0; j < n; ++j) {
      EXPECT_NEAR((up[j].offset - down[j].offset) / (2.0 * hs), here[j].s_offset, 1e-4);
      EXPECT_NEAR((up[j].weight - down[j].weight) / (2.0 * hs), here[j].s_weight, 1e-6);
    }
    // theta_q = 0.5: a change dq of 1/d^2 changes 2 theta by dq.
    make_axial_nodes(two_theta + hq, 0.5, s, 0.7, rule, n, up);
    make_axial_nodes(two_theta - hq, 0.5, s, 0.7, rule, n, down);
    for (int j = 0; j < n; ++j) {
      EXPECT_NEAR((up[j].offset - down[j].offset) / (2.0 * hq), here[j].q_offset, 1e-5);
      EXPECT_NEAR((up[j].weight - down[j].weight) / (2.0 * hq), here[j].q_weight, 1e-6);
    }
  }
}

TEST(Axial, SmearingKeepsTheArea) {
  const Layout layout{0, 1};
  std::vector<double> parameters(static_cast<std::size_t>(layout.size()), 0.0);
  parameters[Layout::w] = 0.005;
  parameters[Layout::s_over_l] = 0.03;
  parameters[static_cast<std::size_t>(layout.phase(0) + Layout::x)] = 0.05;
  RingData ring;
  const double sine = std::sin(6.0 / degree);  // 2 theta = 12 deg
  ring.inverse_d2 = 4.0 * sine * sine / (1.54 * 1.54);
  ring.f2_sum[0] = 1000.0;
  const auto rules = axial_rules(1.0);
  const PeakSetting setting{173.0, 0.5, nullptr, rules.data(), 1.0};
  Peak peak;
  ASSERT_TRUE(make_peak(ring, 0, 1.54, 1.0, layout, 0, 0, setting, parameters.data(), peak));
  const int index = 0;
  const auto integral = [&] {
    double sum = 0.0;
    for (double x = 12.0 - 60.0; x <= 12.0 + 60.0; x += 0.002) {
      sum += sum_of_peaks(&peak, &index, 1, x) * 0.002;
    }
    return sum;
  };
  const double plain = integral();
  AxialNode nodes[8];
  smear_peak(setting, parameters.data(), 8, nodes, peak);

  EXPECT_NEAR(integral() / plain, 1.0, 1e-6);
}

}  // namespace
}  // namespace gadolin::diffraction
