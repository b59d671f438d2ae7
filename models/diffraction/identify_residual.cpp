#include "models/diffraction/identify_residual.hpp"

#include <algorithm>
#include <cmath>

namespace gadolin::diffraction {

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr double degree = pi / 180.0;
constexpr double fit_error_relative = 0.10;     ///< of a fitted line, after a refinement
constexpr double search_error_relative = 0.15;  ///< PeakSearchOptions::model_error_relative

}  // namespace

FittedPattern on_search_grid(const PreparedPattern& data, const PatternResult& result) {
  FittedPattern fit;
  const std::size_t n = data.counts.size(), m = result.two_theta_deg.size();
  if (m < 2 || result.calculated.size() != m || result.background.size() != m) return fit;
  fit.bragg.assign(n, 0.0);
  fit.background = data.background;
  std::size_t right = 1;
  for (std::size_t i = 0; i < n; ++i) {
    const double x = data.two_theta_deg[i];
    if (x < result.two_theta_deg.front() || x > result.two_theta_deg.back()) continue;
    while (right + 1 < m && result.two_theta_deg[right] < x) ++right;
    const double low = result.two_theta_deg[right - 1], high = result.two_theta_deg[right];
    const double share = std::clamp((x - low) / (high - low), 0.0, 1.0);
    const auto at = [&](const std::vector<double>& y) {
      return y[right - 1] + share * (y[right] - y[right - 1]);
    };
    fit.background[i] = at(result.background);
    fit.bragg[i] = std::max(0.0, at(result.calculated) - fit.background[i]);
  }
  fit.usable = true;
  return fit;
}

PreparedPattern without_fitted(const PreparedPattern& data, const FittedPattern& fit) {
  PreparedPattern rest = data;
  rest.peaks.clear();
  const auto n = static_cast<std::ptrdiff_t>(data.counts.size());
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const auto k = static_cast<std::size_t>(i);
    const auto reach = static_cast<std::ptrdiff_t>(
        std::ceil(0.5 * data.fwhm_at(data.two_theta_deg[k]) / data.step_deg));
    double most = 0.0;
    for (std::ptrdiff_t j = std::max<std::ptrdiff_t>(0, i - reach); j <= std::min(n - 1, i + reach);
         ++j) {
      most = std::max(most, fit.bragg[static_cast<std::size_t>(j)]);
    }
    // What the search's variance holds beside the structure models' share: tails and echoes.
    const double net = std::max(0.0, data.counts[k] - data.background[k]);
    const double other = std::max(
        0.0, data.variance[k] - data.noise_variance[k] - std::pow(search_error_relative * net, 2));
    rest.counts[k] = data.counts[k] - fit.bragg[k];
    rest.background[k] = std::max(0.0, fit.background[k]);
    rest.variance[k] = data.noise_variance[k] + std::pow(fit_error_relative * most, 2) +
                       std::min(other, net * net);
  }
  return rest;
}

std::vector<ResidualPeak> residual_peaks(const PreparedPattern& rest, double threshold_sigma) {
  const auto n = static_cast<std::ptrdiff_t>(rest.counts.size());
  std::vector<ResidualPeak> found;
  std::ptrdiff_t open_until = -1;
  double best = 0.0;
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const double width = rest.fwhm_at(rest.two_theta_deg[static_cast<std::size_t>(i)]);
    const auto half =
        std::max<std::ptrdiff_t>(1, static_cast<std::ptrdiff_t>(0.6 * width / rest.step_deg));
    double sum = 0.0, noise = 0.0, model = 0.0, height = 0.0;
    for (std::ptrdiff_t j = std::max<std::ptrdiff_t>(0, i - half); j <= std::min(n - 1, i + half);
         ++j) {
      const auto k = static_cast<std::size_t>(j);
      const double d = rest.counts[k] - rest.background[k];
      sum += d;
      height = std::max(height, d);
      noise += rest.noise_variance[k];
      // Errors of a calculated line are alike over its width: they add up as amounts.
      model += std::sqrt(std::max(0.0, rest.variance[k] - rest.noise_variance[k]));
    }
    const double u = std::sqrt(noise + model * model);
    const double significance = u > 0.0 ? sum / u : 0.0;
    if (significance < threshold_sigma) continue;
    if (i > open_until) {
      found.emplace_back();
      best = 0.0;
    }
    open_until = i + half;
    if (significance <= best) continue;
    best = significance;
    auto& peak = found.back();
    peak.two_theta_deg = rest.two_theta_deg[static_cast<std::size_t>(i)];
    peak.area = sum * rest.step_deg;
    peak.u_area = u * rest.step_deg;
    peak.height_counts = height;
    peak.fwhm_deg = width;
  }
  return found;
}

double mark_unexplained(const PreparedPattern& data, const PreparedPattern& rest,
                        std::vector<FoundPeak>& peaks) {
  const auto left = residual_peaks(rest);
  double total = 0.0, over = 0.0;
  for (std::size_t i = 0; i < data.counts.size(); ++i) {
    total += (data.counts[i] - rest.background[i]) * data.step_deg;
  }
  for (auto& peak : peaks) peak.explained = true;
  for (const auto& one : left) {
    over += one.area;
    bool listed = false;
    for (auto& peak : peaks) {
      if (std::fabs(peak.two_theta_deg - one.two_theta_deg) > 0.7 * one.fwhm_deg) continue;
      // A listed peak that the fit mostly accounts for stays explained; what stands beside it does
      // not hide behind it.
      if (one.area > 0.4 * peak.area) {
        peak.explained = false;
        listed = true;
      }
    }
    if (listed) continue;
    FoundPeak fresh;
    fresh.two_theta_deg = one.two_theta_deg;
    fresh.u_two_theta_deg = 0.3 * one.fwhm_deg;
    fresh.d_angstrom =
        data.lines.front().wavelength_angstrom / (2.0 * std::sin(0.5 * one.two_theta_deg * degree));
    fresh.area = one.area;
    fresh.u_area = one.u_area;
    fresh.height_counts = one.height_counts;
    fresh.fwhm_deg = one.fwhm_deg;
    peaks.push_back(fresh);
  }
  std::stable_sort(peaks.begin(), peaks.end(), [](const FoundPeak& a, const FoundPeak& b) {
    return a.two_theta_deg < b.two_theta_deg;
  });
  return total > 0.0 ? std::min(1.0, over / total) : 0.0;
}

}  // namespace gadolin::diffraction
