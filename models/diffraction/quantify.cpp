#include "models/diffraction/quantify.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace gadolin::diffraction {

double relative_scale_error(const ModelError& error, double contrast_per_cm) {
  constexpr double most = 0.5;
  const double contrast =
      std::min(most, 0.75 * error.contrast_um * 1e-4 * std::fabs(contrast_per_cm));
  return std::hypot(error.scale_relative, contrast);
}

std::vector<double> contrasts_per_cm(const std::vector<double>& volume,
                                     const std::vector<double>& mu_per_cm) {
  double sum = 0.0, total = 0.0;
  for (std::size_t p = 0; p < volume.size(); ++p) {
    sum += volume[p] * mu_per_cm[p];
    total += volume[p];
  }
  std::vector<double> contrast(volume.size(), 0.0);
  for (std::size_t p = 0; p < volume.size() && total > 0.0; ++p) {
    contrast[p] = mu_per_cm[p] - sum / total;
  }
  return contrast;
}

ModelError model_error(UncertaintyEffort effort) {
  return effort == UncertaintyEffort::full ? ModelError{0.020, 0.0007, 5.4}
                                           : ModelError{0.095, 0.0007, 8.0};
}

WeightFractions weight_fractions(const std::vector<double>& scale,
                                 const std::vector<double>& covariance,
                                 const std::vector<double>& zmv, const ModelError& error,
                                 const std::vector<double>& contrast_per_cm,
                                 const std::vector<double>& own_spread) {
  const std::size_t n = scale.size();
  WeightFractions result;
  result.weight_fraction.assign(n, 0.0);
  result.covariance_stat.assign(n * n, 0.0);
  result.covariance_total.assign(n * n, 0.0);
  result.per_scale.assign(n, 0.0);
  double total = 0.0;
  for (std::size_t p = 0; p < n; ++p) total += scale[p] * zmv[p];
  if (!(total > 0.0)) return result;
  auto& w = result.weight_fraction;
  for (std::size_t p = 0; p < n; ++p) w[p] = scale[p] * zmv[p] / total;
  std::vector<double> d(n * n);
  for (std::size_t p = 0; p < n; ++p) {
    for (std::size_t q = 0; q < n; ++q)
      d[p * n + q] = zmv[q] / total * ((p == q ? 1.0 : 0.0) - w[p]);
    result.per_scale[p] = d[p * n + p];
  }
  const double share = n > 1 ? 1.0 / static_cast<double>(n) : 1.0;
  for (std::size_t p = 0; p < n; ++p) {
    for (std::size_t q = 0; q < n; ++q) {
      double stat = 0.0, model = 0.0;
      for (std::size_t a = 0; a < n; ++a) {
        for (std::size_t b = 0; b < n; ++b) {
          stat += d[p * n + a] * covariance[a * n + b] * d[q * n + b];
        }
        const double spread =
            own_spread.empty()
                ? scale[a] * relative_scale_error(
                                 error, contrast_per_cm.empty() ? 0.0 : contrast_per_cm[a])
                : own_spread[a];
        model += d[p * n + a] * spread * spread * d[q * n + a];
      }
      // The floors keep the sum at 1: independent errors of equal size, their mean taken out.
      const double floor = n > 1 ? error.floor_fraction * error.floor_fraction *
                                       ((p == q ? 1.0 : 0.0) - share) / (1.0 - share)
                                 : 0.0;
      result.covariance_stat[p * n + q] = stat;
      result.covariance_total[p * n + q] = stat + model + floor;
    }
  }
  return result;
}

}  // namespace gadolin::diffraction
