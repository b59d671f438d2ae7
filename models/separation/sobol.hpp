#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// Variance-based sensitivity and exact binomial intervals.
namespace gadolin::separation {

/// Shares of the variance of a function of k independent inputs.
///   first  V(E(f|x_i))/V: what vanishes if x_i becomes known
///   total  1 - V(E(f|all but x_i))/V: what stays if all others become known
struct SobolIndices {
  double mean = 0.0, variance = 0.0;
  std::size_t rows = 0;                                                            ///< used
  std::vector<double> first, first_low, first_high, total, total_low, total_high;  ///< [k]
};

/// From Saltelli's design: row r has f at A_r, at B_r, and at A_r with input i taken from B_r.
///   first  = mean[(f_B - m)(f_ABi - f_A)]/V,  total = mean[(f_A - f_ABi)^2]/(2 V)           (S51)
/// in    at_a, at_b [n]; at_ab [k, n] (input slowest); rows with a number that is not finite are
///       left out (count them: n - rows)
///       bootstrap: resamplings of the rows for the 2.5 and 97.5 % points; 0 = NaN intervals
/// out   variance 0 gives NaN indices
/// source Saltelli et al., Comput. Phys. Commun. 181 (2010) 259; Jansen, ibid. 117 (1999) 35
SobolIndices sobol_indices(const std::vector<double>& at_a, const std::vector<double>& at_b,
                           const std::vector<double>& at_ab, std::size_t k, std::uint64_t seed,
                           int bootstrap);

/// Two-sided interval of a probability from `met` of n trials, confidence 1 - alpha.
/// source Clopper & Pearson, Biometrika 26 (1934) 404
struct BinomialInterval {
  double low = 0.0, high = 1.0;
};
BinomialInterval binomial_interval(std::size_t met, std::size_t n, double alpha = 0.05);

/// x with I_x(a, b) = p; to 1e-14.
double beta_quantile(double a, double b, double p);

/// Uniform on (0, 1) for a row and column of matrix A (which 0) or B (which 1): a pure
/// function.
double uniform_at(std::uint64_t seed, std::size_t row, std::size_t column, int which);

/// Order of the n strata in column j of a Latin hypercube.
std::vector<std::uint32_t> strata(std::uint64_t seed, std::size_t n, std::size_t column, int which);

}  // namespace gadolin::separation
