#pragma once

#include <cmath>

#include "kernels/exec/host_device.hpp"

/// Distribution functions that the standard library lacks. Arguments out of range give NaN.
namespace gadolin {

/// Upper tail Q(a, x) of the gamma distribution, a > 0, x >= 0; relative error below 1e-12.
/// source NIST DLMF 8.11.4 (series) and 8.9.2 (continued fraction, modified Lentz)
GADOLIN_HD inline double gamma_upper_tail(double a, double x) {
  if (!(a > 0.0) || !(x >= 0.0)) return std::nan("");
  if (x == 0.0) return 1.0;
  if (!std::isfinite(x)) return 0.0;
  const double front = std::exp(-x + a * std::log(x) - std::lgamma(a));
  if (x < a + 1.0) {
    double term = 1.0 / a, sum = term;
    for (int n = 1; n < 2000 && term > 1e-17 * sum; ++n) {
      term *= x / (a + n);
      sum += term;
    }
    return 1.0 - front * sum;
  }
  double b = x + 1.0 - a, c = 1e300, d = 1.0 / b, h = d;
  for (int i = 1; i < 2000; ++i) {
    const double an = -i * (i - a);
    b += 2.0;
    d = an * d + b;
    d = std::fabs(d) < 1e-300 ? 1e300 : 1.0 / d;
    c = b + an / c;
    const double step = d * c;
    h *= step;
    if (std::fabs(step - 1.0) < 1e-16) break;
  }
  return front * h;
}

/// P(chi-square with k degrees of freedom >= x); 1 for k = 0.
GADOLIN_HD inline double chi_square_upper_tail(double x, double k) {
  return k > 0.0 ? gamma_upper_tail(0.5 * k, 0.5 * x) : 1.0;
}

/// Regularised incomplete beta function I_x(a, b), a, b > 0, 0 <= x <= 1.
/// source NIST DLMF 8.17.22, modified Lentz
GADOLIN_HD inline double incomplete_beta(double a, double b, double x) {
  if (!(a > 0.0) || !(b > 0.0) || !(x >= 0.0) || !(x <= 1.0)) return std::nan("");
  if (x == 0.0 || x == 1.0) return x;
  const bool swap = x > (a + 1.0) / (a + b + 2.0);
  const double p = swap ? b : a, q = swap ? a : b, y = swap ? 1.0 - x : x;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                p * std::log(y) + q * std::log1p(-y)) /
                       p;
  double c = 1.0, d = 1.0 - (p + q) * y / (p + 1.0);
  d = 1.0 / (std::fabs(d) < 1e-300 ? 1e-300 : d);
  double h = d;
  for (int m = 1; m < 5000; ++m) {
    const double even = m * (q - m) * y / ((p + 2.0 * m - 1.0) * (p + 2.0 * m));
    d = 1.0 + even * d;
    d = 1.0 / (std::fabs(d) < 1e-300 ? 1e-300 : d);
    c = 1.0 + even / c;
    c = std::fabs(c) < 1e-300 ? 1e-300 : c;
    h *= d * c;
    const double odd = -(p + m) * (p + q + m) * y / ((p + 2.0 * m) * (p + 2.0 * m + 1.0));
    d = 1.0 + odd * d;
    d = 1.0 / (std::fabs(d) < 1e-300 ? 1e-300 : d);
    c = 1.0 + odd / c;
    c = std::fabs(c) < 1e-300 ? 1e-300 : c;
    const double step = d * c;
    h *= step;
    if (std::fabs(step - 1.0) < 1e-15) break;
  }
  return swap ? 1.0 - front * h : front * h;
}

/// ln of the standard normal distribution function; finite for every finite x.
/// source erfc, below -35 the asymptotic series NIST DLMF 7.12.1
GADOLIN_HD inline double log_normal_distribution(double x) {
  if (x > -35.0) return std::log(0.5 * std::erfc(-x * 0.70710678118654752440));
  const double r = 1.0 / (x * x);
  return -0.5 * x * x - std::log(-x) - 0.91893853320467274178 +
         std::log1p(-r * (1.0 - 3.0 * r * (1.0 - 5.0 * r)));
}

}  // namespace gadolin
