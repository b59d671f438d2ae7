#include "models/diffraction/microabsorption.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace gadolin::diffraction {

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr int nodes = 24;

/// Gauss-Legendre nodes and weights on [0, 1].
struct Rule {
  std::array<double, nodes> x{}, w{};
  Rule() {
    for (int i = 0; i < nodes; ++i) {
      double z = std::cos(pi * (i + 0.75) / (nodes + 0.5)), slope = 1.0;
      for (int round = 0; round < 50; ++round) {
        double p = 1.0, before = 0.0;
        for (int k = 0; k < nodes; ++k) {
          const double older = before;
          before = p;
          p = ((2.0 * k + 1.0) * z * before - k * older) / (k + 1.0);
        }
        slope = nodes * (z * p - before) / (z * z - 1.0);
        const double shift = p / slope;
        z -= shift;
        if (std::fabs(shift) < 1e-15) break;
      }
      x[static_cast<std::size_t>(i)] = 0.5 * (1.0 + z);
      w[static_cast<std::size_t>(i)] = 1.0 / ((1.0 - z * z) * slope * slope);
    }
  }
};

}  // namespace

double sphere_absorption(double contrast_radius, double two_theta_deg) {
  static const Rule rule;
  const double half = 0.5 * two_theta_deg * pi / 180.0;
  // Beam along (cos half, sin half, 0), diffracted beam along (cos half, -sin half, 0): symmetric
  // to the x axis, so the azimuth in y-z needs one half turn only.
  const double cx = std::cos(half), sy = std::sin(half);
  double sum = 0.0, volume = 0.0;
  for (std::size_t a = 0; a < nodes; ++a) {
    const double r = rule.x[a];
    for (std::size_t b = 0; b < nodes; ++b) {
      const double u = 2.0 * rule.x[b] - 1.0;  // cosine to the x axis
      const double across = r * std::sqrt(std::max(0.0, 1.0 - u * u));
      for (std::size_t c = 0; c < nodes; ++c) {
        const double y = across * std::cos(pi * rule.x[c]);
        const double x = r * u;
        const double in = x * cx + y * sy, out = x * cx - y * sy;
        const double path = in + std::sqrt(std::max(0.0, 1.0 - r * r + in * in)) - out +
                            std::sqrt(std::max(0.0, 1.0 - r * r + out * out));
        const double weight = rule.w[a] * rule.w[b] * rule.w[c] * r * r;
        sum += weight * std::exp(-contrast_radius * path);
        volume += weight;
      }
    }
  }
  return sum / volume;
}

double brindley_tau(double contrast_radius) {
  return sphere_absorption(std::clamp(contrast_radius, -5.0, 5.0), 90.0);
}

ContrastResult correct_contrast(const PatternResult& result,
                                const std::vector<ParticleSize>& particles, double assumed_um) {
  ContrastResult out;
  const std::size_t n = result.phases.size();
  std::vector<double> fraction(n);
  for (std::size_t p = 0; p < n; ++p) {
    const auto& phase = result.phases[p];
    fraction[p] = phase.weight_fraction;
    double diameter = 0.0;
    for (const auto& particle : particles) {
      if (particle.phase == phase.name) diameter = particle.diameter_um;
      if (particle.phase.empty() && diameter == 0.0) diameter = particle.diameter_um;
    }
    if (diameter == 0.0) {
      diameter = assumed_um;
      out.assumed = true;
    }
    out.phases.push_back({phase.name, diameter});
  }
  for (int round = 0; round < 50; ++round) {
    double volume = 0.0, mu = 0.0;
    for (std::size_t p = 0; p < n; ++p) {
      const double share = fraction[p] / std::max(1e-12, result.phases[p].density_g_per_cm3);
      volume += share;
      mu += share * result.phases[p].mu_per_cm;
    }
    if (!(volume > 0.0)) break;
    out.mu_mix_per_cm = mu / volume;
    double total = 0.0, moved = 0.0;
    std::vector<double> next(n);
    for (std::size_t p = 0; p < n; ++p) {
      auto& phase = out.phases[p];
      phase.contrast = (result.phases[p].mu_per_cm - out.mu_mix_per_cm) * 1e-4 * phase.diameter_um;
      phase.tau = brindley_tau(0.5 * phase.contrast);
      next[p] = result.phases[p].weight_fraction / phase.tau;
      total += next[p];
    }
    for (std::size_t p = 0; p < n; ++p) {
      next[p] = total > 0.0 ? next[p] / total : 0.0;
      moved = std::max(moved, std::fabs(next[p] - fraction[p]));
    }
    fraction = next;
    if (moved < 1e-10) break;
  }
  for (std::size_t p = 0; p < n; ++p) {
    out.phases[p].weight_fraction = fraction[p];
    if (result.phases[p].weight_fraction > 0.0 && std::fabs(out.phases[p].contrast) > 0.1) {
      out.valid = false;
    }
  }
  return out;
}

}  // namespace gadolin::diffraction
