#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/exec/host_device.hpp"

/// Counter-based random streams: the n-th number of stream (seed, item, purpose) is a pure function
/// of these four, so results do not depend on threads, batch order or how much others drew.
namespace gadolin {

/// Four words of Philox4x32-10.
/// in   counter [4], key [2];  out  counter overwritten with the random block
/// source Salmon, Moraes, Dror & Shaw, SC'11 (Random123); docs/theory/numeric.md#random
GADOLIN_INLINE void philox4x32_10(std::uint32_t (&counter)[4], std::uint32_t key0,
                                  std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53u} * counter[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57u} * counter[2];
    const std::uint32_t c1 = counter[1], c3 = counter[3];
    counter[0] = static_cast<std::uint32_t>(product1 >> 32) ^ c1 ^ key0;
    counter[1] = static_cast<std::uint32_t>(product1);
    counter[2] = static_cast<std::uint32_t>(product0 >> 32) ^ c3 ^ key1;
    counter[3] = static_cast<std::uint32_t>(product0);
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

/// Quantile of the standard normal distribution, p in (0, 1); relative error about 1e-16.
/// source Wichura, Applied Statistics 37 (1988) 477, algorithm AS 241 (PPND16)
GADOLIN_HD inline double normal_quantile(double p) {
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    const double top = ((((((2.5090809287301226727e+3 * r + 3.3430575583588128105e+4) * r +
                            6.7265770927008700853e+4) *
                               r +
                           4.5921953931549871457e+4) *
                              r +
                          1.3731693765509461125e+4) *
                             r +
                         1.9715909503065514427e+3) *
                            r +
                        1.3314166789178437745e+2) *
                           r +
                       3.3871328727963666080e+0;
    const double bottom = ((((((5.2264952788528545610e+3 * r + 2.8729085735721942674e+4) * r +
                               3.9307895800092710610e+4) *
                                  r +
                              2.1213794301586595867e+4) *
                                 r +
                             5.3941960214247511077e+3) *
                                r +
                            6.8718700749205790830e+2) *
                               r +
                           4.2313330701600911252e+1) *
                              r +
                          1.0;
    return q * top / bottom;
  }
  double r = std::sqrt(-std::log(q < 0.0 ? p : 1.0 - p));
  double x;
  if (r <= 5.0) {
    r -= 1.6;
    const double top = ((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r +
                            2.41780725177450611770e-1) *
                               r +
                           1.27045825245236838258e+0) *
                              r +
                          3.64784832476320460504e+0) *
                             r +
                         5.76949722146069140550e+0) *
                            r +
                        4.63033784615654529590e+0) *
                           r +
                       1.42343711074968357734e+0;
    const double bottom = ((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r +
                               1.51986665636164571966e-2) *
                                  r +
                              1.48103976427480074590e-1) *
                                 r +
                             6.89767334985100004550e-1) *
                                r +
                            1.67638483018380384940e+0) *
                               r +
                           2.05319162663775882187e+0) *
                              r +
                          1.0;
    x = top / bottom;
  } else {
    r -= 5.0;
    const double top = ((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r +
                            1.24266094738807843860e-3) *
                               r +
                           2.65321895265761230930e-2) *
                              r +
                          2.96560571828504891230e-1) *
                             r +
                         1.78482653991729133580e+0) *
                            r +
                        5.46378491116411436990e+0) *
                           r +
                       6.65790464350110377720e+0;
    const double bottom = ((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r +
                               1.84631831751005468180e-5) *
                                  r +
                              7.86869131145613259100e-4) *
                                 r +
                             1.48753612908506148525e-2) *
                                r +
                            1.36929880922735805310e-1) *
                               r +
                           5.99832206555887937690e-1) *
                              r +
                          1.0;
    x = top / bottom;
  }
  return q < 0.0 ? -x : x;
}

/// ln(k!) for k >= 0; relative error below 1e-15 of max(1, result). Stirling's series from 16 on.
/// source NIST DLMF 5.11.1
GADOLIN_HD inline double log_factorial(double k) {
  if (k < 16.0) {
    double product = 1.0;
    for (double i = 2.0; i <= k; i += 1.0) product *= i;
    return std::log(product);
  }
  const double x = k + 1.0, inverse = 1.0 / x, square = inverse * inverse;
  const double series =
      inverse *
      (1.0 / 12.0 -
       square * (1.0 / 360.0 -
                 square * (1.0 / 1260.0 - square * (1.0 / 1680.0 - square * (1.0 / 1188.0)))));
  return (x - 0.5) * std::log(x) - x + 0.91893853320467274178 + series;
}

/// One stream of random numbers.
///   RandomStream random(seed, item, purpose);   // purpose: any constant that names the use
///   random.uniform();  random.normal();  random.poisson(mean);  ...
/// Draws use std:: mathematics, so host and device may differ in the last bit of a real number, and
/// a rejection decided by that bit may, very rarely, differ too; uniform words are identical.
class RandomStream {
 public:
  GADOLIN_INLINE RandomStream(std::uint64_t seed, std::uint64_t item, std::uint32_t purpose)
      : key0_(static_cast<std::uint32_t>(seed)),
        key1_(static_cast<std::uint32_t>(seed >> 32)),
        item0_(static_cast<std::uint32_t>(item)),
        item1_(static_cast<std::uint32_t>(item >> 32)),
        purpose_(purpose) {}

  /// Next 32 random bits. A stream holds 2^34 words.
  GADOLIN_INLINE std::uint32_t bits32() {
    if (left_ == 0) {
      block_[0] = next_block_++;
      block_[1] = purpose_;
      block_[2] = item0_;
      block_[3] = item1_;
      philox4x32_10(block_, key0_, key1_);
      left_ = 4;
    }
    // Words are handed out by shifting, not indexing: an indexed array would leave registers.
    const std::uint32_t word = block_[0];
    block_[0] = block_[1];
    block_[1] = block_[2];
    block_[2] = block_[3];
    --left_;
    return word;
  }

  /// Uniform on (0, 1): 53 bits, centred, never 0 or 1.
  GADOLIN_INLINE double uniform() {
    const std::uint64_t high = bits32();
    const std::uint64_t low = bits32();
    const std::uint64_t mantissa = ((high << 32) | low) >> 12;             // 52 bits
    return (static_cast<double>(mantissa) + 0.5) * 2.220446049250313e-16;  // 2^-52
  }

  /// Normal, mean 0, standard deviation 1; one uniform each.
  GADOLIN_INLINE double normal() { return normal_quantile(uniform()); }

  /// Exponential, mean 1.
  GADOLIN_INLINE double exponential() { return -std::log(uniform()); }

  /// Poisson count of the given mean >= 0 (exact; up to 1e9). A mean that is not finite or is
  /// negative gives -1.
  /// source mean < 10: search from 0 (Devroye 1986, X.3); else Hörmann, Insurance: Math. Econ. 12
  ///        (1993) 39, PTRS
  GADOLIN_HD double poisson(double mean) {
    if (!(mean >= 0.0) || !std::isfinite(mean)) return -1.0;
    if (mean < 10.0) {
      const double u = uniform();
      double k = 0.0, term = std::exp(-mean), below = term;
      while (u > below && k < 1000.0) {
        k += 1.0;
        term *= mean / k;
        below += term;
      }
      return k;
    }
    const double root = std::sqrt(mean), log_mean = std::log(mean);
    const double b = 0.931 + 2.53 * root;
    const double a = -0.059 + 0.02483 * b;
    const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    const double accept_at_once = 0.9277 - 3.6224 / (b - 2.0);
    for (;;) {
      const double u = uniform() - 0.5;
      const double v = uniform();
      const double us = 0.5 - std::fabs(u);
      const double k = std::floor((2.0 * a / us + b) * u + mean + 0.43);
      if (us >= 0.07 && v <= accept_at_once) return k;
      if (k < 0.0 || (us < 0.013 && v > us)) continue;
      if (std::log(v) + std::log(inverse_alpha) - std::log(a / (us * us) + b) <=
          k * log_mean - mean - log_factorial(k)) {
        return k;
      }
    }
  }

  /// ln of a gamma variate of shape > 0 and scale 1; safe for shapes so small that the variate
  /// itself would underflow. A shape that is not positive and finite gives NaN.
  /// source Marsaglia & Tsang, ACM TOMS 26 (2000) 363, with u^(1/shape) below shape 1
  GADOLIN_HD double log_gamma_variate(double shape) {
    if (!(shape > 0.0) || !std::isfinite(shape)) return std::nan("");
    double boost = 0.0;
    if (shape < 1.0) {
      boost = std::log(uniform()) / shape;
      shape += 1.0;
    }
    const double d = shape - 1.0 / 3.0, c = 1.0 / std::sqrt(9.0 * d);
    for (;;) {
      const double x = normal();
      const double root = 1.0 + c * x;
      if (root <= 0.0) continue;
      const double v = root * root * root;
      if (std::log(uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) {
        return std::log(d * v) + boost;
      }
    }
  }

  /// Gamma variate of shape > 0, scale 1.
  GADOLIN_HD double gamma(double shape) { return std::exp(log_gamma_variate(shape)); }

  /// Beta variate, a > 0, b > 0.
  GADOLIN_HD double beta(double a, double b) {
    const double log_x = log_gamma_variate(a);
    const double log_y = log_gamma_variate(b);
    return 1.0 / (1.0 + std::exp(log_y - log_x));
  }

 private:
  std::uint32_t key0_, key1_, item0_, item1_, purpose_;
  std::uint32_t next_block_ = 0;
  std::uint32_t block_[4] = {0, 0, 0, 0};
  int left_ = 0;
};

}  // namespace gadolin
