#include "models/separation/sobol.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kernels/numeric/random.hpp"
#include "kernels/numeric/special_functions.hpp"

namespace gadolin::separation {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint32_t sample_purpose = 0x534F4231, strata_purpose = 0x534F4232,
                        bootstrap_purpose = 0x534F4233;

/// Indices over the rows named (with repetitions).
struct Sums {
  double mean = 0.0, variance = 0.0;
  std::vector<double> first, total;
};
Sums indices_of(const std::vector<double>& a, const std::vector<double>& b,
                const std::vector<double>& ab, std::size_t k,
                const std::vector<std::size_t>& rows) {
  const std::size_t n = a.size();
  const auto count = static_cast<double>(rows.size());
  Sums s;
  for (std::size_t r : rows) s.mean += a[r] + b[r];
  s.mean /= 2.0 * count;
  for (std::size_t r : rows) {
    s.variance += (a[r] - s.mean) * (a[r] - s.mean) + (b[r] - s.mean) * (b[r] - s.mean);
  }
  s.variance /= 2.0 * count - 1.0;
  for (std::size_t i = 0; i < k; ++i) {
    double first = 0.0, total = 0.0;
    const double* f = &ab[i * n];
    for (std::size_t r : rows) {
      first += (b[r] - s.mean) * (f[r] - a[r]);
      total += (a[r] - f[r]) * (a[r] - f[r]);
    }
    const bool flat = !(s.variance > 0.0);
    s.first.push_back(flat ? nan : first / (count * s.variance));
    s.total.push_back(flat ? nan : 0.5 * total / (count * s.variance));
  }
  return s;
}

}  // namespace

SobolIndices sobol_indices(const std::vector<double>& a, const std::vector<double>& b,
                           const std::vector<double>& ab, std::size_t k, std::uint64_t seed,
                           int bootstrap) {
  SobolIndices out;
  std::vector<std::size_t> rows;
  for (std::size_t r = 0; r < a.size(); ++r) {
    bool good = std::isfinite(a[r]) && std::isfinite(b[r]);
    for (std::size_t i = 0; i < k; ++i) good = good && std::isfinite(ab[i * a.size() + r]);
    if (good) rows.push_back(r);
  }
  out.rows = rows.size();
  for (auto* field :
       {&out.first, &out.first_low, &out.first_high, &out.total, &out.total_low, &out.total_high}) {
    field->assign(k, nan);
  }
  out.mean = out.variance = nan;
  if (rows.size() < 2) return out;
  const Sums all = indices_of(a, b, ab, k, rows);
  out.mean = all.mean;
  out.variance = all.variance;
  out.first = all.first;
  out.total = all.total;
  if (bootstrap < 20) return out;
  std::vector<std::vector<double>> first(k), total(k);
  std::vector<std::size_t> drawn(rows.size());
  for (int rep = 0; rep < bootstrap; ++rep) {
    RandomStream random(seed, static_cast<std::uint64_t>(rep), bootstrap_purpose);
    for (std::size_t& r : drawn) {
      const double at = random.uniform() * static_cast<double>(rows.size());
      r = rows[std::min(static_cast<std::size_t>(at), rows.size() - 1)];
    }
    const Sums s = indices_of(a, b, ab, k, drawn);
    for (std::size_t i = 0; i < k; ++i) {
      first[i].push_back(s.first[i]);
      total[i].push_back(s.total[i]);
    }
  }
  const auto points = [](std::vector<double>& v, double& low, double& high) {
    std::sort(v.begin(), v.end());
    const auto at = [&](double p) {
      const double place = p * static_cast<double>(v.size() - 1);
      const auto i = static_cast<std::size_t>(place);
      const double share = place - static_cast<double>(i);
      return i + 1 < v.size() ? (1.0 - share) * v[i] + share * v[i + 1] : v[i];
    };
    low = at(0.025);
    high = at(0.975);
  };
  for (std::size_t i = 0; i < k; ++i) {
    if (!std::isfinite(out.first[i])) continue;
    points(first[i], out.first_low[i], out.first_high[i]);
    points(total[i], out.total_low[i], out.total_high[i]);
  }
  return out;
}

double beta_quantile(double a, double b, double p) {
  if (!(p > 0.0)) return 0.0;
  if (!(p < 1.0)) return 1.0;
  double low = 0.0, high = 1.0, x = a / (a + b);
  const double log_norm = std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b);
  for (int it = 0; it < 200; ++it) {
    const double excess = incomplete_beta(a, b, x) - p;
    (excess > 0.0 ? high : low) = x;
    const double density =
        std::exp(log_norm + (a - 1.0) * std::log(x) + (b - 1.0) * std::log1p(-x));
    double next = x - excess / density;
    if (!(next > low && next < high)) next = 0.5 * (low + high);
    if (std::fabs(next - x) <= 1e-14) return next;
    x = next;
  }
  return x;
}

BinomialInterval binomial_interval(std::size_t met, std::size_t n, double alpha) {
  BinomialInterval interval;
  if (n == 0) return interval;
  const auto k = static_cast<double>(met), all = static_cast<double>(n);
  if (met > 0) interval.low = beta_quantile(k, all - k + 1.0, 0.5 * alpha);
  if (met < n) interval.high = beta_quantile(k + 1.0, all - k, 1.0 - 0.5 * alpha);
  return interval;
}

double uniform_at(std::uint64_t seed, std::size_t row, std::size_t column, int which) {
  // The purpose keeps columns apart, so that adding one leaves the others as they were.
  RandomStream random(seed, row,
                      sample_purpose + 16u * static_cast<std::uint32_t>(2 * column) +
                          16u * static_cast<std::uint32_t>(which));
  return random.uniform();
}

std::vector<std::uint32_t> strata(std::uint64_t seed, std::size_t n, std::size_t column,
                                  int which) {
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  RandomStream random(seed, 2 * column + static_cast<std::size_t>(which), strata_purpose);
  for (std::size_t i = n; i > 1; --i) {
    const auto j =
        std::min(static_cast<std::size_t>(random.uniform() * static_cast<double>(i)), i - 1);
    std::swap(order[i - 1], order[j]);
  }
  return order;
}

}  // namespace gadolin::separation
