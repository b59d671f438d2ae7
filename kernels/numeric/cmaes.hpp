#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/numeric/nsga2.hpp"

/// CMA-ES: minimum of one objective over continuous variables between bounds, asked and told, so
/// that many searches can share one batch of evaluations. Host only. source Hansen, arXiv
/// 1604.00772 (tutorial; default parameters), rank-one and rank-mu update
namespace gadolin {

class CmaEs {
 public:
  /// x inside the bounds; step: standard deviation as a share of each range. Variables that are
  /// `whole` stay as they are.
  CmaEs(const std::vector<SearchVariable>& variables, const std::vector<double>& x, double step,
        std::uint64_t seed, std::uint64_t item);

  std::size_t population() const { return lambda_; }
  /// The next points [population, variables]; what fell outside is reflected at the bounds.
  const std::vector<double>& ask();
  /// Their values in the same order; NaN counts as worse than anything.
  void tell(const std::vector<double>& values);
  bool converged()
      const;  ///< largest standard deviation below 1e-10 of its range, or values alike to 1e-14
  const std::vector<double>& best() const { return best_x_; }
  double best_value() const { return best_value_; }
  std::size_t evaluations() const { return evaluations_; }

 private:
  void decompose();

  std::vector<SearchVariable> variables_;
  std::vector<std::size_t> free_;  ///< variables that move
  std::size_t n_ = 0, lambda_ = 0, mu_ = 0, generation_ = 0, evaluations_ = 0;
  std::vector<double> weights_;
  double mu_eff_ = 0.0, c_sigma_ = 0.0, d_sigma_ = 0.0, c_c_ = 0.0, c_1_ = 0.0, c_mu_ = 0.0,
         chi_ = 0.0;
  double sigma_ = 0.0, best_value_ = 0.0, last_spread_ = 1.0;
  std::vector<double> fixed_, mean_, p_sigma_, p_c_, c_, b_, d_;  ///< unit range
  std::vector<double> steps_;  ///< [lambda, n] y of x = mean + sigma y
  std::vector<double> points_, best_x_;
  std::uint64_t seed_ = 0, item_ = 0;
};

/// Eigenvalues (ascending) and vectors (columns of `vectors`, row-major n x n) of a symmetric
/// matrix by Jacobi rotations; relative error near 1e-15. cost ~10 n^3
void symmetric_eigen(std::vector<double> matrix, std::size_t n, std::vector<double>& values,
                     std::vector<double>& vectors);

}  // namespace gadolin
