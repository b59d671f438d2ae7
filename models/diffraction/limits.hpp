#pragma once

namespace gadolin::diffraction {

inline constexpr double one_sided_95 = 1.6448536269514722;  ///< standard normal quantile of 0.95

/// One-sided 95 % upper limit of a quantity that cannot be below 0, from its estimate and standard
/// uncertainty: max(estimate, 0) + 1.645 u. Holds in exactly 95 % of repetitions where the truth
/// exceeds 1.645 u, in all of them below; a symmetric interval around 0 would promise 90 %.
/// source docs/theory/diffraction.md#limits
double upper_limit_95(double estimate, double u);

/// The same for a weight fraction W = S z / (S z + rest) by way of its scale, which is Gaussian
/// where W is not.
/// in   scale >= 0 and its standard uncertainty; zmv of the phase; rest = sum of S z of the others
/// out  0..1; 1 where the others hold nothing
double upper_limit_95(double scale, double u_scale, double zmv, double rest);

}  // namespace gadolin::diffraction
