#pragma once

#include <vector>

#include "models/diffraction/types_quantity.hpp"

namespace gadolin::diffraction {

/// Model error of weight fractions, calibrated on mixtures of known weight (docs/theory/
/// diffraction.md#uncertainty): every phase's scale carries an independent relative error
///   e_p^2 = scale_relative^2 + (0.75 D abs(mu_p - mu_mix))^2, the second part at most 0.5,
/// where D is the grain diameter behind the absorption contrast (0.75 D: mean path in a sphere),
/// and every weight fraction a floor.
struct ModelError {
  double scale_relative = 0.05;
  double floor_fraction = 0.003;
  double contrast_um = 0.0;
};

/// e_p of one phase; contrast_per_cm = mu_p - mu_mix.
double relative_scale_error(const ModelError& error, double contrast_per_cm);

/// The constants for an effort: the floor is smaller where variants of the protocol add their
/// spread.
ModelError model_error(UncertaintyEffort effort);

struct WeightFractions {
  std::vector<double> weight_fraction;   ///< [phases], sum 1
  std::vector<double> covariance_stat;   ///< [phases * phases]
  std::vector<double> covariance_total;  ///< [phases * phases]
  std::vector<double> per_scale;         ///< d W_p / d S_p with the others fixed
};

/// Hill-Howard: W_p = S_p (Z M V)_p / sum_q S_q (Z M V)_q.
/// in   scale [phases] >= 0, at least one > 0; covariance [phases * phases] of the scales; zmv
///      [phases] > 0; contrast_per_cm [phases] mu_p - mu_mix, or empty: none; own_spread
///      [phases] model error of every scale where it is known otherwise, or empty: from `error`
/// out  Cov(W) = D Cov(S) D', D_pq = (zmv_q / T)(delta_pq - W_p); total adds the model error
/// fails  all scales 0: all weight fractions 0, covariances 0
/// source Hill & Howard (1987) J. Appl. Cryst. 20, 467
WeightFractions weight_fractions(const std::vector<double>& scale,
                                 const std::vector<double>& covariance,
                                 const std::vector<double>& zmv, const ModelError& error = {},
                                 const std::vector<double>& contrast_per_cm = {},
                                 const std::vector<double>& own_spread = {});

/// mu_p - mu_mix [1/cm], mu_mix the mean over the volume shares (any common unit).
std::vector<double> contrasts_per_cm(const std::vector<double>& volume,
                                     const std::vector<double>& mu_per_cm);

}  // namespace gadolin::diffraction
