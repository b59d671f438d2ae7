#include "models/diffraction/peak_search.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <Eigen/Dense>

namespace gadolin::diffraction {

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr double degree = pi / 180.0;
constexpr double k_beta_angstrom = 1.39222, w_l_alpha_angstrom = 1.4764;  ///< copper tubes

double median_of(std::vector<double> values) {
  if (values.empty()) return 0.0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Pseudo-Voigt of unit area at x from its centre.
double pseudo_voigt(double x, double fwhm, double eta) {
  const double u = x / fwhm;
  return eta * 2.0 / (pi * fwhm) / (1.0 + 4.0 * u * u) + (1.0 - eta) * 2.0 / fwhm *
                                                             std::sqrt(std::log(2.0) / pi) *
                                                             std::exp(-4.0 * std::log(2.0) * u * u);
}

std::vector<double> running_mean(const std::vector<double>& y, int half) {
  std::vector<double> out(y.size());
  const int n = static_cast<int>(y.size());
  for (int i = 0; i < n; ++i) {
    double sum = 0.0;
    const int low = std::max(0, i - half), high = std::min(n - 1, i + half);
    for (int k = low; k <= high; ++k) sum += y[static_cast<std::size_t>(k)];
    out[static_cast<std::size_t>(i)] = sum / (high - low + 1);
  }
  return out;
}

/// Points of the range on an even grid of at least 0.015 degrees.
void even_grid(const Pattern& pattern, const PeakSearchOptions& options, PreparedPattern& out) {
  std::vector<double> x, y, variance;
  const bool esd = pattern.sigma.size() == pattern.counts.size() && !pattern.sigma.empty();
  if (pattern.counts.size() != pattern.two_theta_deg.size()) {
    out.refusal = "E-XRD-112: two_theta, counts and sigma differ in length";
    return;
  }
  for (std::size_t i = 0; i < pattern.counts.size(); ++i) {
    const double at = pattern.two_theta_deg[i];
    if (!std::isfinite(at) || !std::isfinite(pattern.counts[i])) {
      out.refusal = "E-XRD-113: point " + std::to_string(i + 1) + " is not a number";
      return;
    }
    if (at < std::max(2.0, options.two_theta_min_deg) || at > options.two_theta_max_deg) continue;
    if (esd && !(pattern.sigma[i] > 0.0)) continue;
    if (!x.empty() && at <= x.back()) {
      out.refusal = "E-XRD-107: two_theta_deg not increasing at point " + std::to_string(i + 1);
      return;
    }
    x.push_back(at);
    y.push_back(pattern.counts[i]);
    variance.push_back(esd ? pattern.sigma[i] * pattern.sigma[i] : 0.0);
  }
  if (x.size() < 200) {
    out.refusal = "E-XRD-114: " + std::to_string(x.size()) +
                  " points in the range of the search, at least 200 are needed";
    return;
  }
  std::vector<double> steps;
  for (std::size_t i = 1; i < x.size(); ++i) steps.push_back(x[i] - x[i - 1]);
  out.step_deg = std::max(0.015, median_of(steps));
  const auto n = static_cast<std::size_t>((x.back() - x.front()) / out.step_deg + 1e-6) + 1;
  std::vector<double> sum(n, 0.0), sum_variance(n, 0.0), many(n, 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto k = std::min(n - 1, static_cast<std::size_t>((x[i] - x[0]) / out.step_deg + 0.5));
    sum[k] += y[i];
    sum_variance[k] += variance[i];
    many[k] += 1.0;
  }
  std::size_t right = 0;
  for (std::size_t k = 0; k < n; ++k) {
    const double at = x[0] + static_cast<double>(k) * out.step_deg;
    out.two_theta_deg.push_back(at);
    while (right + 1 < x.size() && x[right] < at) ++right;
    if (many[k] > 0.0) {
      out.counts.push_back(sum[k] / many[k]);
      out.noise_variance.push_back(sum_variance[k] / (many[k] * many[k]));
    } else {
      const std::size_t left = right > 0 ? right - 1 : 0;
      const double span = x[right] - x[left];
      const double share = span > 0.0 ? std::clamp((at - x[left]) / span, 0.0, 1.0) : 0.0;
      out.counts.push_back(y[left] + share * (y[right] - y[left]));
      // No measurement of its own: as uncertain as its neighbours, and more in a gap.
      out.noise_variance.push_back(std::max(variance[left], variance[right]) *
                                   std::max(1.0, span / out.step_deg));
    }
  }
  if (esd) return;
  // Scatter about straight lines: the noise of data whose scale is unknown, and a check of counts.
  const auto smooth = running_mean(out.counts, 2);
  const double top = *std::max_element(smooth.begin(), smooth.end());
  if (!(top > 0.0)) {
    out.refusal = "E-XRD-116: all counts are zero";
    return;
  }
  if (pattern.counts_are_poisson) {
    for (std::size_t k = 0; k < n; ++k) {
      out.noise_variance[k] = std::max(1.0, smooth[k]) / std::max(1.0, many[k]);
    }
    return;
  }
  // Two parts, a floor and one that grows with the intensity, each from the scatter where it
  // rules: the lower half of the points, and the upper quarter.
  std::vector<double> sorted = smooth;
  std::sort(sorted.begin(), sorted.end());
  const double half = sorted[n / 2], upper = sorted[n - n / 4 - 1];
  std::vector<double> low, high;
  for (std::size_t k = 2; k + 2 < n; ++k) {
    // Third difference: blind to parabolas, so that narrow peaks do not count as noise.
    const double d =
        out.counts[k + 2] - 3.0 * out.counts[k + 1] + 3.0 * out.counts[k] - out.counts[k - 1];
    const double d2 = d * d / 20.0;
    if (smooth[k] <= half) low.push_back(d2);
    if (smooth[k] >= upper) high.push_back(d2 / std::max(1e-9 * top, smooth[k]));
  }
  const double floor = std::max(median_of(low) / 0.4549, 1e-8 * top * top);
  const double slope = median_of(high) / 0.4549;
  for (std::size_t k = 0; k < n; ++k) {
    out.noise_variance[k] = floor + slope * std::max(0.0, smooth[k]);
  }
}

/// Variance of a comparison with a calculated pattern.
void add_model_variance(const PeakSearchOptions& options, PreparedPattern& out) {
  const std::size_t n = out.counts.size();
  const auto smooth = running_mean(out.counts, 1);
  std::vector<double> net(n);
  for (std::size_t k = 0; k < n; ++k) net[k] = std::max(0.0, smooth[k] - out.background[k]);
  // Tails: a wide Lorentzian over the peaks stands for what their shape leaves at their feet.
  const double width = 0.5;
  const int reach = static_cast<int>(3.0 / out.step_deg);
  std::vector<double> kernel;
  for (int d = 0; d <= reach; ++d) {
    const double x = d * out.step_deg;
    kernel.push_back(width / (pi * (x * x + width * width)) * out.step_deg);
  }
  std::vector<double> tail(n, 0.0);
  for (std::size_t k = 0; k < n; ++k) {
    if (net[k] < 3.0 * std::sqrt(out.noise_variance[k])) continue;
    const std::size_t low = k > kernel.size() - 1 ? k - kernel.size() + 1 : 0;
    const std::size_t high = std::min(n, k + kernel.size());
    for (std::size_t i = low; i < high; ++i) tail[i] += net[k] * kernel[i > k ? i - k : k - i];
  }
  const bool copper = std::fabs(out.lines.front().wavelength_angstrom - 1.5406) < 0.01 * 1.5406;
  const auto echo = [&](double angle_deg, double wavelength) {
    const double sine =
        std::sin(0.5 * angle_deg * degree) * out.lines.front().wavelength_angstrom / wavelength;
    if (sine >= 1.0) return 0.0;
    const double main = 2.0 * std::asin(sine) / degree;
    double most = 0.0;
    for (double off = -0.1; off <= 0.1001; off += 0.05) {
      const double place = (main + off - out.two_theta_deg.front()) / out.step_deg;
      if (place < 0.0 || place > static_cast<double>(n - 1)) continue;
      most = std::max(most, net[static_cast<std::size_t>(place + 0.5)]);
    }
    return most;
  };
  out.variance.resize(n);
  for (std::size_t k = 0; k < n; ++k) {
    double extra = options.model_error_relative * net[k];
    extra *= extra;
    extra += 0.05 * 0.05 * tail[k] * tail[k];
    if (copper) {
      const double beta = 0.015 * echo(out.two_theta_deg[k], k_beta_angstrom);
      const double tungsten = 0.01 * echo(out.two_theta_deg[k], w_l_alpha_angstrom);
      extra += beta * beta + tungsten * tungsten;
    }
    out.variance[k] = out.noise_variance[k] + extra;
  }
}

struct Extremum {
  std::size_t at = 0;
  double curvature_sigma = 0.0;
};

/// Savitzky-Golay second derivative with a window of 2 half + 1 points, and where its minima lie
/// below -threshold of its own uncertainty.
std::vector<Extremum> curvature_peaks(const PreparedPattern& data, int half, double threshold) {
  const int n = static_cast<int>(data.counts.size());
  // Quadratic (and cubic) filter: c_i = a (3 i^2 - m(m+1)), unit step.
  const double m = half;
  const double norm = 30.0 / (m * (m + 1.0) * (2.0 * m + 1.0) * (4.0 * m * (m + 1.0) - 3.0));
  std::vector<double> curvature(static_cast<std::size_t>(n), 0.0), sigma(curvature);
  for (int i = half; i < n - half; ++i) {
    double sum = 0.0, variance = 0.0;
    for (int k = -half; k <= half; ++k) {
      const double c = norm * (3.0 * k * k - m * (m + 1.0));
      const auto at = static_cast<std::size_t>(i + k);
      sum += c * data.counts[at];
      variance += c * c * data.noise_variance[at];
    }
    curvature[static_cast<std::size_t>(i)] = sum;
    sigma[static_cast<std::size_t>(i)] = std::sqrt(variance);
  }
  std::vector<Extremum> found;
  for (int i = half + 1; i < n - half - 1; ++i) {
    const auto k = static_cast<std::size_t>(i);
    if (!(curvature[k] < 0.0) || curvature[k] > curvature[k - 1] ||
        curvature[k] >= curvature[k + 1])
      continue;
    if (sigma[k] > 0.0 && -curvature[k] > threshold * sigma[k]) {
      found.push_back({k, -curvature[k] / sigma[k]});
    }
  }
  return found;
}

/// Fits one cluster of peaks: straight background, common width and shape, positions and areas
/// free; damped Gauss-Newton with numerical derivatives of the few shape parameters.
class ClusterFit {
 public:
  ClusterFit(const PreparedPattern& data, std::size_t low, std::size_t high,
             const std::vector<std::size_t>& centres)
      : data_(data), low_(low), high_(high), count_(centres.size()) {
    for (const std::size_t c : centres) shape_.push_back(data.two_theta_deg[c]);
    const double at = data.two_theta_deg[centres[centres.size() / 2]];
    shape_.push_back(data.fwhm_at(at));
    shape_.push_back(data.eta);
  }

  /// Peaks of the cluster; empty if the fit failed.
  std::vector<FoundPeak> run() {
    double chi2 = solve(shape_);
    if (!(chi2 >= 0.0)) return {};
    double lambda = 1e-3;
    const std::size_t n = shape_.size(), m = high_ - low_;
    Eigen::MatrixXd normal;
    for (int iteration = 0; iteration < 12; ++iteration) {
      const Eigen::VectorXd base = residual_;
      Eigen::MatrixXd jacobian(m, n);
      for (std::size_t k = 0; k < n; ++k) {
        auto moved = shape_;
        const double step = k < count_ ? 0.002 : 0.004;
        moved[k] += step;
        solve(moved);
        jacobian.col(static_cast<Eigen::Index>(k)) = (residual_ - base) / step;
      }
      normal = jacobian.transpose() * jacobian;
      const Eigen::VectorXd gradient = jacobian.transpose() * base;
      bool better = false;
      for (int attempt = 0; attempt < 4 && !better; ++attempt) {
        Eigen::MatrixXd damped = normal;
        damped.diagonal() *= 1.0 + lambda;
        damped.diagonal().array() += 1e-12;
        const Eigen::VectorXd step = damped.ldlt().solve(gradient);
        auto trial = shape_;
        for (std::size_t k = 0; k < n; ++k) trial[k] -= step(static_cast<Eigen::Index>(k));
        limit(trial);
        const double now = solve(trial);
        if (now < chi2) {
          better = true;
          lambda *= 0.3;
          const bool small = chi2 - now < 1e-4 * chi2;
          chi2 = now;
          shape_ = trial;
          if (small) iteration = 100;
        } else {
          lambda *= 8.0;
        }
      }
      if (!better) break;
    }
    chi2 = solve(shape_);
    const double inflation =
        std::max(1.0, chi2 / std::max(1.0, static_cast<double>(m) - static_cast<double>(2 * n)));
    std::vector<FoundPeak> peaks;
    for (std::size_t p = 0; p < count_; ++p) {
      FoundPeak peak;
      peak.two_theta_deg = shape_[p];
      const double information = normal(static_cast<Eigen::Index>(p), static_cast<Eigen::Index>(p));
      peak.u_two_theta_deg = information > 0.0 ? std::sqrt(inflation / information) : 0.0;
      peak.area = areas_(static_cast<Eigen::Index>(p));
      peak.u_area = std::sqrt(inflation * std::max(0.0, covariance_(static_cast<Eigen::Index>(p),
                                                                    static_cast<Eigen::Index>(p))));
      peak.fwhm_deg = shape_[count_];
      peak.height_counts = peak.area * data_.lines.front().relative_intensity *
                           pseudo_voigt(0.0, shape_[count_], shape_[count_ + 1]);
      peak.d_angstrom = data_.lines.front().wavelength_angstrom /
                        (2.0 * std::sin(0.5 * peak.two_theta_deg * degree));
      peaks.push_back(peak);
    }
    return peaks;
  }

  double eta() const { return shape_[count_ + 1]; }

 private:
  void limit(std::vector<double>& shape) const {
    for (std::size_t p = 0; p < count_; ++p) {
      shape[p] = std::clamp(shape[p], data_.two_theta_deg[low_], data_.two_theta_deg[high_ - 1]);
    }
    shape[count_] = std::clamp(shape[count_], 1.5 * data_.step_deg, 2.0);
    shape[count_ + 1] = std::clamp(shape[count_ + 1], 0.0, 1.0);
  }

  /// Linear part by least squares; leaves weighted residuals and returns chi2.
  double solve(const std::vector<double>& shape) {
    const auto m = static_cast<Eigen::Index>(high_ - low_);
    const auto n = static_cast<Eigen::Index>(count_) + 2;
    Eigen::MatrixXd design(m, n);
    Eigen::VectorXd target(m);
    const double middle = 0.5 * (data_.two_theta_deg[low_] + data_.two_theta_deg[high_ - 1]);
    for (Eigen::Index i = 0; i < m; ++i) {
      const auto k = low_ + static_cast<std::size_t>(i);
      const double weight = 1.0 / std::sqrt(data_.noise_variance[k]);
      const double x = data_.two_theta_deg[k];
      for (std::size_t p = 0; p < count_; ++p) {
        double value = 0.0;
        const double sine = std::sin(0.5 * shape[p] * degree);
        for (const auto& line : data_.lines) {
          const double s =
              sine * line.wavelength_angstrom / data_.lines.front().wavelength_angstrom;
          if (s >= 1.0) continue;
          value += line.relative_intensity *
                   pseudo_voigt(x - 2.0 * std::asin(s) / degree, shape[count_], shape[count_ + 1]);
        }
        design(i, static_cast<Eigen::Index>(p)) = weight * value;
      }
      design(i, n - 2) = weight;
      design(i, n - 1) = weight * (x - middle);
      target(i) = weight * data_.counts[k];
    }
    Eigen::MatrixXd normal = design.transpose() * design;
    const Eigen::VectorXd scale = normal.diagonal().cwiseMax(1e-300).cwiseSqrt().cwiseInverse();
    normal = scale.asDiagonal() * normal * scale.asDiagonal();
    normal.diagonal().array() += 1e-10;
    const Eigen::VectorXd rhs = scale.asDiagonal() * (design.transpose() * target);
    const Eigen::LDLT<Eigen::MatrixXd> solver(normal);
    areas_ = scale.asDiagonal() * solver.solve(rhs);
    covariance_ =
        scale.asDiagonal() * solver.solve(Eigen::MatrixXd::Identity(n, n)) * scale.asDiagonal();
    residual_ = design * areas_ - target;
    return residual_.squaredNorm();
  }

  const PreparedPattern& data_;
  std::size_t low_, high_, count_;
  std::vector<double> shape_;  ///< positions, FWHM, eta
  Eigen::VectorXd residual_, areas_;
  Eigen::MatrixXd covariance_;
};

/// Width of the strongest peaks by their height alone, before anything is fitted.
double first_width(const PreparedPattern& data) {
  const std::size_t n = data.counts.size();
  std::vector<double> net(n);
  for (std::size_t k = 0; k < n; ++k) net[k] = data.counts[k] - data.background[k];
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return net[a] > net[b]; });
  std::vector<double> widths;
  std::vector<char> used(n, 0);
  for (const std::size_t k : order) {
    if (widths.size() >= 9 || net[k] < 6.0 * std::sqrt(data.noise_variance[k])) break;
    if (used[k]) continue;
    std::size_t left = k, right = k;
    while (left > 0 && net[left] > 0.5 * net[k]) --left;
    while (right + 1 < n && net[right] > 0.5 * net[k]) ++right;
    widths.push_back(static_cast<double>(right - left) * data.step_deg);
    const auto reach = static_cast<std::size_t>(1.5 / data.step_deg);
    for (std::size_t i = k > reach ? k - reach : 0; i < std::min(n, k + reach); ++i) used[i] = 1;
  }
  if (widths.empty()) return 0.15;
  std::sort(widths.begin(), widths.end());
  return std::clamp(widths[widths.size() / 3], 2.0 * data.step_deg, 1.0);
}

void find_peaks(const PeakSearchOptions& options, PreparedPattern& data) {
  const int half = std::max(
      2, static_cast<int>(std::lround(0.5 * std::max(0.06, data.fwhm_deg) / data.step_deg)));
  auto found = curvature_peaks(data, half, options.threshold_sigma);
  // Shoulders of counting noise on a strong peak: one peak per 0.6 FWHM, the sharper one stays.
  std::vector<Extremum> kept;
  for (const auto& one : found) {
    const double x = data.two_theta_deg[one.at];
    const double net = data.counts[one.at] - data.background[one.at];
    if (net < 2.0 * std::sqrt(data.noise_variance[one.at])) continue;
    if (!kept.empty() && x - data.two_theta_deg[kept.back().at] < 0.6 * data.fwhm_at(x)) {
      if (one.curvature_sigma > kept.back().curvature_sigma) kept.back() = one;
      continue;
    }
    kept.push_back(one);
  }
  // A second emission line's own extremum: left out where the first one explains it.
  if (data.lines.size() > 1) {
    const double ratio = data.lines[1].wavelength_angstrom / data.lines[0].wavelength_angstrom;
    const double share = data.lines[1].relative_intensity / data.lines[0].relative_intensity;
    std::vector<Extremum> alone;
    for (const auto& one : kept) {
      const double x = data.two_theta_deg[one.at];
      const double net = data.counts[one.at] - data.background[one.at];
      bool echo = false;
      for (const auto& other : kept) {
        const double s = std::sin(0.5 * data.two_theta_deg[other.at] * degree) * ratio;
        if (other.at >= one.at || s >= 1.0) continue;
        const double at = 2.0 * std::asin(s) / degree;
        const double main = data.counts[other.at] - data.background[other.at];
        if (std::fabs(at - x) < 0.35 * data.fwhm_at(x) && net < 1.4 * share * main) echo = true;
      }
      if (!echo) alone.push_back(one);
    }
    kept = std::move(alone);
  }
  std::vector<double> shapes;
  std::size_t i = 0;
  while (i < kept.size()) {
    std::size_t j = i + 1;
    while (j < kept.size() && j - i < 6) {
      const double gap = data.two_theta_deg[kept[j].at] - data.two_theta_deg[kept[j - 1].at];
      if (gap > 4.0 * data.fwhm_at(data.two_theta_deg[kept[j].at])) break;
      ++j;
    }
    const auto margin = static_cast<std::size_t>(
        std::max(4.0, 2.5 * data.fwhm_at(data.two_theta_deg[kept[i].at]) / data.step_deg));
    const std::size_t low = kept[i].at > margin ? kept[i].at - margin : 0;
    const std::size_t high = std::min(data.counts.size(), kept[j - 1].at + margin + 1);
    std::vector<std::size_t> centres;
    for (std::size_t k = i; k < j; ++k) centres.push_back(kept[k].at);
    ClusterFit cluster(data, low, high, centres);
    for (auto& peak : cluster.run()) {
      if (peak.area > 3.0 * peak.u_area) data.peaks.push_back(peak);
      // Shapes are read from lines that stand alone and clear.
      if (centres.size() == 1 && peak.area > 30.0 * peak.u_area) shapes.push_back(cluster.eta());
    }
    i = j;
  }
  if (shapes.size() >= 3) data.eta = std::clamp(median_of(shapes), 0.3, 0.9);
  std::sort(data.peaks.begin(), data.peaks.end(), [](const FoundPeak& a, const FoundPeak& b) {
    return a.two_theta_deg < b.two_theta_deg;
  });
}

/// FWHM = a + b tan(theta) by iteratively reweighted absolute deviations over significant peaks.
void fit_width(PreparedPattern& data) {
  std::vector<std::array<double, 3>> points;  // tan, fwhm, weight
  for (const auto& peak : data.peaks) {
    if (peak.area < 10.0 * peak.u_area) continue;
    points.push_back({std::tan(0.5 * peak.two_theta_deg * degree), peak.fwhm_deg,
                      std::sqrt(peak.area / peak.u_area)});
  }
  if (points.size() < 3) {
    if (!points.empty()) {
      std::vector<double> widths;
      for (const auto& p : points) widths.push_back(p[1]);
      data.fwhm_deg = median_of(widths);
    }
    return;
  }
  double a = data.fwhm_deg, b = 0.0;
  for (int round = 0; round < 20; ++round) {
    double s0 = 1e-9, s1 = 0.0, s2 = 1e-9, r0 = 0.0, r1 = 0.0;
    for (const auto& [t, f, w] : points) {
      // Narrow peaks speak for the instrument and the main phases: twice the pull of broad ones.
      const double off = f - a - b * t;
      const double v = w / std::max(0.003, std::fabs(off)) * (off < 0.0 ? 2.0 : 1.0);
      s0 += v;
      s1 += v * t;
      s2 += v * t * t;
      r0 += v * f;
      r1 += v * t * f;
    }
    const double determinant = s0 * s2 - s1 * s1;
    b = determinant > 1e-9 * s0 * s2 ? std::max(0.0, (s0 * r1 - s1 * r0) / determinant) : 0.0;
    a = (r0 - b * s1) / s0;
    if (a < 0.03) {
      a = 0.03;
      b = std::max(0.0, (r1 - a * s1) / s2);
    }
  }
  data.fwhm_deg = a;
  data.fwhm_slope_deg = b;
}

}  // namespace

double PreparedPattern::fwhm_at(double two_theta) const {
  return std::max(1.5 * step_deg, fwhm_deg + fwhm_slope_deg * std::tan(0.5 * two_theta * degree));
}

std::vector<double> clipped_background(const std::vector<double>& counts, double step_deg,
                                       double half_window_deg) {
  const int n = static_cast<int>(counts.size());
  // Square root twice tames the dynamic range, so that strong peaks are clipped as fast as weak.
  auto forward = [](double y) {
    return std::log(std::log(std::sqrt(std::max(0.0, y) + 1) + 1) + 1);
  };
  auto backward = [](double v) {
    const double s = std::exp(std::exp(v) - 1.0) - 1.0;
    return s * s - 1.0;
  };
  std::vector<double> v(counts.size());
  const auto smooth = running_mean(counts, 3);
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = forward(smooth[i]);
  const int widest = std::max(2, static_cast<int>(half_window_deg / step_deg));
  std::vector<double> next(v.size());
  for (int p = widest; p >= 1; --p) {
    for (int i = 0; i < n; ++i) {
      const auto k = static_cast<std::size_t>(i);
      next[k] = v[k];
      if (i - p < 0 || i + p >= n) continue;
      next[k] = std::min(
          v[k], 0.5 * (v[k - static_cast<std::size_t>(p)] + v[k + static_cast<std::size_t>(p)]));
    }
    v.swap(next);
  }
  for (auto& value : v) value = std::max(0.0, backward(value));
  return running_mean(v, std::max(1, static_cast<int>(0.2 / step_deg)));
}

PreparedPattern prepare_search(const Pattern& pattern, const std::vector<EmissionLine>& lines,
                               const PeakSearchOptions& options) {
  PreparedPattern data;
  data.lines = lines;
  even_grid(pattern, options, data);
  if (!data.refusal.empty()) return data;
  data.background = clipped_background(data.counts, data.step_deg, 1.5);
  data.fwhm_deg = first_width(data);
  find_peaks(options, data);
  fit_width(data);
  std::vector<double> none;
  data.peaks.clear();
  find_peaks(options, data);  // with the width law of the first round
  fit_width(data);
  add_model_variance(options, data);
  return data;
}

}  // namespace gadolin::diffraction
