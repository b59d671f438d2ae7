#include "kernels/numeric/cmaes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kernels/numeric/random.hpp"

namespace gadolin {

void symmetric_eigen(std::vector<double> a, std::size_t n, std::vector<double>& values,
                     std::vector<double>& vectors) {
  std::vector<double> v(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) v[i * n + i] = 1.0;
  for (int sweep = 0; sweep < 60; ++sweep) {
    double off = 0.0, size = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        size += a[i * n + j] * a[i * n + j];
        if (i != j) off += a[i * n + j] * a[i * n + j];
      }
    }
    if (off <= 1e-32 * size) break;
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        const double apq = a[p * n + q];
        if (apq == 0.0) continue;
        const double theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
        const double t = (theta >= 0.0 ? 1.0 : -1.0) / (std::fabs(theta) + std::hypot(theta, 1.0));
        const double c = 1.0 / std::sqrt(t * t + 1.0), s = t * c;
        for (std::size_t k = 0; k < n; ++k) {
          const double kp = a[k * n + p], kq = a[k * n + q];
          a[k * n + p] = c * kp - s * kq;
          a[k * n + q] = s * kp + c * kq;
        }
        for (std::size_t k = 0; k < n; ++k) {
          const double pk = a[p * n + k], qk = a[q * n + k];
          a[p * n + k] = c * pk - s * qk;
          a[q * n + k] = s * pk + c * qk;
        }
        for (std::size_t k = 0; k < n; ++k) {
          const double kp = v[k * n + p], kq = v[k * n + q];
          v[k * n + p] = c * kp - s * kq;
          v[k * n + q] = s * kp + c * kq;
        }
      }
    }
  }
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t i, std::size_t j) { return a[i * n + i] < a[j * n + j]; });
  values.resize(n);
  vectors.resize(n * n);
  for (std::size_t j = 0; j < n; ++j) {
    values[j] = a[order[j] * n + order[j]];
    for (std::size_t i = 0; i < n; ++i) vectors[i * n + j] = v[i * n + order[j]];
  }
}

CmaEs::CmaEs(const std::vector<SearchVariable>& variables, const std::vector<double>& x,
             double step, std::uint64_t seed, std::uint64_t item)
    : variables_(variables), sigma_(step), fixed_(x), best_x_(x), seed_(seed), item_(item) {
  for (std::size_t k = 0; k < variables.size(); ++k) {
    if (variables[k].whole || !(variables[k].high > variables[k].low)) continue;
    free_.push_back(k);
    mean_.push_back((x[k] - variables[k].low) / (variables[k].high - variables[k].low));
  }
  n_ = free_.size();
  const double n = static_cast<double>(std::max<std::size_t>(n_, 1));
  lambda_ = 4 + static_cast<std::size_t>(3.0 * std::log(n));
  mu_ = lambda_ / 2;
  double sum = 0.0, square = 0.0;
  for (std::size_t i = 0; i < mu_; ++i) {
    weights_.push_back(std::log(0.5 * (static_cast<double>(lambda_) + 1.0)) -
                       std::log(static_cast<double>(i) + 1.0));
    sum += weights_.back();
  }
  for (double& w : weights_) {
    w /= sum;
    square += w * w;
  }
  mu_eff_ = 1.0 / square;
  c_sigma_ = (mu_eff_ + 2.0) / (n + mu_eff_ + 5.0);
  d_sigma_ = 1.0 + 2.0 * std::max(0.0, std::sqrt((mu_eff_ - 1.0) / (n + 1.0)) - 1.0) + c_sigma_;
  c_c_ = (4.0 + mu_eff_ / n) / (n + 4.0 + 2.0 * mu_eff_ / n);
  c_1_ = 2.0 / ((n + 1.3) * (n + 1.3) + mu_eff_);
  c_mu_ = std::min(1.0 - c_1_,
                   2.0 * (mu_eff_ - 2.0 + 1.0 / mu_eff_) / ((n + 2.0) * (n + 2.0) + mu_eff_));
  chi_ = std::sqrt(n) * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n));
  best_value_ = std::numeric_limits<double>::infinity();
  p_sigma_.assign(n_, 0.0);
  p_c_.assign(n_, 0.0);
  c_.assign(n_ * n_, 0.0);
  for (std::size_t i = 0; i < n_; ++i) c_[i * n_ + i] = 1.0;
  decompose();
}

void CmaEs::decompose() {
  symmetric_eigen(c_, n_, d_, b_);
  for (double& d : d_) d = std::sqrt(std::max(d, 1e-300));
}

const std::vector<double>& CmaEs::ask() {
  const std::size_t v = variables_.size();
  steps_.assign(lambda_ * n_, 0.0);
  points_.assign(lambda_ * v, 0.0);
  for (std::size_t i = 0; i < lambda_; ++i) {
    RandomStream random(seed_, item_ * 1000003u + generation_ * lambda_ + i, 63);
    std::vector<double> z(n_);
    for (double& value : z) value = random.normal();
    std::copy(fixed_.begin(), fixed_.end(), points_.begin() + static_cast<std::ptrdiff_t>(i * v));
    for (std::size_t k = 0; k < n_; ++k) {
      double y = 0.0;
      for (std::size_t j = 0; j < n_; ++j) y += b_[k * n_ + j] * d_[j] * z[j];
      double at = mean_[k] + sigma_ * y;
      for (int fold = 0; fold < 8 && (at < 0.0 || at > 1.0); ++fold) {
        at = at < 0.0 ? -at : 2.0 - at;
      }
      at = std::clamp(at, 0.0, 1.0);
      steps_[i * n_ + k] = (at - mean_[k]) / sigma_;
      const SearchVariable& variable = variables_[free_[k]];
      points_[i * v + free_[k]] = variable.low + at * (variable.high - variable.low);
    }
  }
  return points_;
}

void CmaEs::tell(const std::vector<double>& values) {
  const std::size_t v = variables_.size();
  const auto value_of = [&](std::size_t i) {
    return values[i] == values[i] ? values[i] : std::numeric_limits<double>::infinity();
  };
  std::vector<std::size_t> order(lambda_);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return value_of(a) < value_of(b); });
  evaluations_ += lambda_;
  ++generation_;
  if (value_of(order[0]) < best_value_) {
    best_value_ = value_of(order[0]);
    best_x_.assign(points_.begin() + static_cast<std::ptrdiff_t>(order[0] * v),
                   points_.begin() + static_cast<std::ptrdiff_t>((order[0] + 1) * v));
  }
  last_spread_ = value_of(order.back()) - value_of(order[0]);
  std::vector<double> y(n_, 0.0);
  for (std::size_t i = 0; i < mu_; ++i) {
    for (std::size_t k = 0; k < n_; ++k) y[k] += weights_[i] * steps_[order[i] * n_ + k];
  }
  for (std::size_t k = 0; k < n_; ++k) mean_[k] += sigma_ * y[k];
  // C^(-1/2) y
  std::vector<double> whitened(n_, 0.0);
  for (std::size_t j = 0; j < n_; ++j) {
    double along = 0.0;
    for (std::size_t k = 0; k < n_; ++k) along += b_[k * n_ + j] * y[k];
    for (std::size_t k = 0; k < n_; ++k) whitened[k] += b_[k * n_ + j] * along / d_[j];
  }
  double length = 0.0;
  const double keep = std::sqrt(c_sigma_ * (2.0 - c_sigma_) * mu_eff_);
  for (std::size_t k = 0; k < n_; ++k) {
    p_sigma_[k] = (1.0 - c_sigma_) * p_sigma_[k] + keep * whitened[k];
    length += p_sigma_[k] * p_sigma_[k];
  }
  length = std::sqrt(length);
  const double n = static_cast<double>(n_);
  const double fade = 1.0 - std::pow(1.0 - c_sigma_, 2.0 * static_cast<double>(generation_));
  const bool steady = length / std::sqrt(fade) < (1.4 + 2.0 / (n + 1.0)) * chi_;
  const double follow = steady ? std::sqrt(c_c_ * (2.0 - c_c_) * mu_eff_) : 0.0;
  for (std::size_t k = 0; k < n_; ++k) p_c_[k] = (1.0 - c_c_) * p_c_[k] + follow * y[k];
  const double rest = 1.0 - c_1_ - c_mu_ + (steady ? 0.0 : c_1_ * c_c_ * (2.0 - c_c_));
  for (std::size_t a = 0; a < n_; ++a) {
    for (std::size_t b = 0; b < n_; ++b) {
      double sum = rest * c_[a * n_ + b] + c_1_ * p_c_[a] * p_c_[b];
      for (std::size_t i = 0; i < mu_; ++i) {
        sum += c_mu_ * weights_[i] * steps_[order[i] * n_ + a] * steps_[order[i] * n_ + b];
      }
      c_[a * n_ + b] = sum;
    }
  }
  sigma_ *= std::exp(c_sigma_ / d_sigma_ * (length / chi_ - 1.0));
  decompose();
}

bool CmaEs::converged() const {
  if (n_ == 0) return true;
  double widest = 0.0;
  for (double d : d_) widest = std::max(widest, d);
  return sigma_ * widest < 1e-10 ||
         (generation_ > 10 && last_spread_ < 1e-14 * std::max(1.0, std::fabs(best_value_)));
}

}  // namespace gadolin
