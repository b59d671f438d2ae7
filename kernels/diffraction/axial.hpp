#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "kernels/exec/host_device.hpp"

/// Axial divergence (Finger, Cox & Jephcoat): a line at 2 theta is smeared over apparent angles
/// 2 phi because sample and detector slit are tall.
///   cos 2 phi = cos 2 theta sqrt(1 + xi^2),  xi = height difference over distance, 0..s + h
///   intensity per d(xi) ~ W(xi) / [(1 + xi^2) sin 2 phi],  W = clip(s + h - xi, 0, 2 min(s, h))
/// W is the overlap of two uniform heights; the rest is the uniform azimuth of the cone. In
/// v = (xi / (s + h))^2 the smear is a polynomial to good approximation and W depends on h/s
/// alone, so that a Gauss rule for W in v needs few nodes, fixed for an instrument.
/// source Finger, Cox & Jephcoat (1994) J. Appl. Cryst. 27, 892; docs/theory/diffraction.md#axial
namespace gadolin::diffraction {

/// Most nodes of a peak; enough for 0.1 % of its height up to a smear of 8 FWHM.
inline constexpr int max_axial_nodes = 24;

/// One piece of a smeared peak. offset [deg 2theta] from the Bragg angle; the weights sum to 1.
struct AxialNode {
  double offset = 0.0, weight = 0.0;
  double s_offset = 0.0, s_weight = 0.0;  ///< by s_over_l
  double q_offset = 0.0, q_weight = 0.0;  ///< by 1/d^2
};

/// Where the rule of n nodes starts in axial_rules, in pairs (v, weight).
GADOLIN_INLINE int axial_rule_begin(int n) { return n * (n - 1) / 2; }

/// Nodes for a smear of so many FWHM: 0.1 % of the peak height (measured on eta 0.1 to 0.9).
GADOLIN_INLINE int axial_node_count(double smear_fwhm, int most) {
  if (smear_fwhm < 0.1) return 1;
  const double wanted = 3.0 + 2.6 * smear_fwhm;
  return wanted < most ? static_cast<int>(wanted) : most;
}

/// Extreme of the smear [deg], towards lower angles below 90 deg; s + h is taken as at most 0.9 of
/// tan(2 theta), where the cone begins to close.
GADOLIN_INLINE double axial_extent_deg(double two_theta_rad, double s_plus_h) {
  const double tangent = std::fabs(std::tan(two_theta_rad));
  const double xi = s_plus_h < 0.9 * tangent ? s_plus_h : 0.9 * tangent;
  const double c = std::cos(two_theta_rad) * std::sqrt(1.0 + xi * xi);
  return 57.295779513082320877 * (std::acos(c) - two_theta_rad);
}

/// Fills nodes[0..n-1] of a line.
/// in   two_theta_rad; theta_q = d theta / d(1/d^2); s = S/L > 0; ratio = h/s; rule [n] pairs
/// cost about 60 flop, 2 square roots and an arc cosine per node
GADOLIN_CALLED inline void make_axial_nodes(double two_theta_rad, double theta_q, double s,
                                            double ratio, const double* rule, int n,
                                            AxialNode* nodes) {
  constexpr double degree = 57.295779513082320877;
  const double sine = std::sin(two_theta_rad), cosine = std::cos(two_theta_rad);
  const double tangent = std::fabs(sine / cosine);
  // xi = extent * sqrt(v)
  double extent = s * (1.0 + ratio), extent_s = 1.0 + ratio, extent_theta = 0.0;
  if (extent > 0.9 * tangent) {
    extent = 0.9 * tangent;
    extent_s = 0.0;
    extent_theta = 1.8 / (cosine * cosine) * (sine * cosine > 0.0 ? 1.0 : -1.0);
  }
  double total = 0.0, total_s = 0.0, total_q = 0.0;
  for (int j = 0; j < n; ++j) {
    const double t = std::sqrt(rule[2 * j]), xi = extent * t, stretch2 = 1.0 + xi * xi;
    const double stretch = std::sqrt(stretch2), c = cosine * stretch;
    const double two_phi = std::acos(c), phi_sine = std::sqrt(1.0 - c * c);
    const double phi_xi = -cosine * xi / (stretch * phi_sine);
    const double phi_two_theta = sine * stretch / phi_sine;
    const double cotangent = c / phi_sine;
    const double weight = rule[2 * j + 1] / (stretch2 * phi_sine);
    const double log_xi = -2.0 * xi / stretch2 - cotangent * phi_xi;
    const double log_theta = -2.0 * cotangent * phi_two_theta + log_xi * extent_theta * t;
    AxialNode& node = nodes[j];
    node.offset = degree * (two_phi - two_theta_rad);
    node.s_offset = degree * phi_xi * extent_s * t;
    node.q_offset = degree * theta_q * (2.0 * (phi_two_theta - 1.0) + phi_xi * extent_theta * t);
    node.weight = weight;
    node.s_weight = weight * log_xi * extent_s * t;
    node.q_weight = weight * log_theta * theta_q;
    total += node.weight;
    total_s += node.s_weight;
    total_q += node.q_weight;
  }
  for (int j = 0; j < n; ++j) {
    AxialNode& node = nodes[j];
    node.weight /= total;
    node.s_weight = node.s_weight / total - node.weight * (total_s / total);
    node.q_weight = node.q_weight / total - node.weight * (total_q / total);
  }
}

/// Gauss rules for W with 1..most nodes, one after another (axial_rule_begin), as pairs (v,
/// weight); the weights of a rule sum to 1. Host only.
/// in   ratio = h/s > 0
/// source discretised Stieltjes procedure, Gautschi (2004) Orthogonal Polynomials, 2.2
inline std::vector<double> axial_rules(double ratio, int most = max_axial_nodes) {
  // W on a fine grid in t = xi / (s + h): 5-point Gauss-Legendre in panels that meet at its kink.
  constexpr double place[5] = {-0.90617984593866399, -0.53846931010568309, 0.0, 0.53846931010568309,
                               0.90617984593866399};
  constexpr double share[5] = {0.23692688505618909, 0.47862867049936647, 0.56888888888888889,
                               0.47862867049936647, 0.23692688505618909};
  const double low = ratio < 1.0 ? ratio : 1.0;
  const double top = 2.0 * low / (1.0 + ratio), kink = 1.0 - top;
  std::vector<double> v, weight;
  double total = 0.0;
  const auto panel = [&](double from, double to) {
    for (int i = 0; i < 5; ++i) {
      const double t = 0.5 * (from + to) + 0.5 * (to - from) * place[i];
      const double height = 1.0 - t < top ? 1.0 - t : top;
      v.push_back(t * t);
      weight.push_back(0.5 * (to - from) * share[i] * height);
      total += weight.back();
    }
  };
  constexpr int panels = 300;
  for (int k = 0; k < panels; ++k) {
    if (kink > 1e-9) panel(kink * k / panels, kink * (k + 1) / panels);
    panel(kink + top * k / panels, kink + top * (k + 1) / panels);
  }
  // Recurrence of the orthonormal polynomials: beta[k+1] p(k+1) = (v - alpha[k]) p(k) - beta[k]
  // p(k-1).
  const auto n = static_cast<std::size_t>(most);
  std::vector<double> alpha(n, 0.0), beta(n + 1, 0.0), before(v.size(), 0.0),
      now(v.size(), 1.0 / std::sqrt(total));
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t i = 0; i < v.size(); ++i) alpha[k] += weight[i] * v[i] * now[i] * now[i];
    double norm = 0.0;
    for (std::size_t i = 0; i < v.size(); ++i) {
      const double next = (v[i] - alpha[k]) * now[i] - beta[k] * before[i];
      before[i] = now[i];
      now[i] = next;
      norm += weight[i] * next * next;
    }
    beta[k + 1] = std::sqrt(norm);
    for (double& value : now) value /= beta[k + 1];
  }
  // Roots of p(m) lie between those of p(m - 1); weights by Christoffel's formula.
  const auto polynomial = [&](int degree, double x, double& christoffel) {
    double last = 0.0, value = 1.0 / std::sqrt(total);
    christoffel = 0.0;
    for (int k = 0; k < degree; ++k) {
      const auto i = static_cast<std::size_t>(k);
      christoffel += value * value;
      const double next = ((x - alpha[i]) * value - beta[i] * last) / beta[i + 1];
      last = value;
      value = next;
    }
    return value;
  };
  std::vector<double> rules, roots;
  for (int m = 1; m <= most; ++m) {
    std::vector<double> edge{0.0};
    edge.insert(edge.end(), roots.begin(), roots.end());
    edge.push_back(1.0);
    roots.clear();
    for (int k = 0; k < m; ++k) {
      double a = edge[static_cast<std::size_t>(k)], b = edge[static_cast<std::size_t>(k) + 1];
      double christoffel = 0.0;
      const bool rising = polynomial(m, b, christoffel) > 0.0;
      for (int step = 0; step < 60; ++step) {
        const double middle = 0.5 * (a + b);
        ((polynomial(m, middle, christoffel) > 0.0) == rising ? b : a) = middle;
      }
      const double root = 0.5 * (a + b);
      polynomial(m, root, christoffel);
      roots.push_back(root);
      rules.push_back(root);
      rules.push_back(1.0 / (christoffel * total));
    }
  }
  return rules;
}

}  // namespace gadolin::diffraction
