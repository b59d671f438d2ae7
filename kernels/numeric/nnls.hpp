#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/exec/host_device.hpp"
#include "kernels/exec/item_status.hpp"
#include "kernels/numeric/cholesky.hpp"

namespace gadolin {

/// Doubles of scratch that nnls needs for n unknowns.
GADOLIN_INLINE std::size_t nnls_scratch_doubles(int n) {
  return static_cast<std::size_t>(n) * static_cast<std::size_t>(n) +
         4 * static_cast<std::size_t>(n);
}

/// Non-negative least squares on normal equations: min |A x - b|^2, x >= 0, given A'A and A'b.
/// Lawson and Hanson's active set in the form of Bro and de Jong. An unknown whose column repeats
/// those already free stays 0: x is a minimum then, but not the only one, which is not reported.
/// in   gram [n*n] = A'A symmetric (both triangles);  rhs [n] = A'b;  n <= 64
/// out  x [n] >= 0, exactly 0 where the bound holds;  scratch [nnls_scratch_doubles(n)]
/// returns ok; singular when a column of A is zero (its unknown is 0, x is still a minimum);
///         not_converged after 3n + 30 exchanges (x is the last feasible point);
///         out_of_range when gram or rhs holds a value that is not finite (x = 0)
/// cost   n^3/3 flop per exchange, usually fewer than 2n exchanges
/// source Lawson & Hanson (1974) ch. 23; Bro & de Jong, J. Chemom. 11 (1997) 393;
///        docs/theory/numeric.md#nnls
template <class Team>
GADOLIN_HD ItemStatus nnls(const Team& team, int n, const double* gram, const double* rhs,
                           double* x, double* scratch) {
  const auto size = static_cast<std::size_t>(n);
  double* factor = scratch;
  double* scale = factor + size * size;
  double* trial = scale + size;
  double* gradient = trial + size;
  double* free = gradient + size;  // 1 free, 0 at the bound, -1 refused for good

  const double bad = team.sum(size, [&](std::size_t i) {
    x[i] = 0.0;
    free[i] = 0.0;
    bool finite = std::isfinite(rhs[i]);
    for (std::size_t j = 0; j < size; ++j) finite = finite && std::isfinite(gram[i * size + j]);
    return finite ? 0.0 : 1.0;
  });
  if (bad > 0.0) return ItemStatus::out_of_range;

  const int most = 3 * n + 30;
  for (int exchange = 0; exchange < most; ++exchange) {
    // Slope of |Ax - b|^2 along each bound unknown, in units of that column's length.
    team.for_each(size, [&](std::size_t i) {
      double slope = rhs[i], size_of_terms = std::fabs(rhs[i]);
      for (std::size_t j = 0; j < size; ++j) {
        slope -= gram[i * size + j] * x[j];
        size_of_terms += std::fabs(gram[i * size + j] * x[j]);
      }
      const double noise = 1e-13 * size_of_terms;
      const double length = gram[i * size + i];
      gradient[i] =
          free[i] == 0.0 && length > 0.0 && slope > noise ? slope / std::sqrt(length) : 0.0;
    });
    team.barrier();
    std::size_t entering = size;
    double steepest = 0.0;
    for (std::size_t i = 0; i < size; ++i) {
      if (gradient[i] > steepest) {
        steepest = gradient[i];
        entering = i;
      }
    }
    if (entering == size) {
      const double zero_columns =
          team.sum(size, [&](std::size_t i) { return gram[i * size + i] > 0.0 ? 0.0 : 1.0; });
      return zero_columns > 0.0 ? ItemStatus::singular : ItemStatus::ok;
    }
    team.barrier();
    team.single([&] { free[entering] = 1.0; });

    for (;;) {
      // Unconstrained minimum over the free unknowns; the others are masked by zero rows.
      team.for_each(size, [&](std::size_t i) {
        for (std::size_t j = 0; j <= i; ++j) {
          factor[i * size + j] = free[i] > 0.0 && free[j] > 0.0 ? gram[i * size + j] : 0.0;
        }
        trial[i] = free[i] > 0.0 ? rhs[i] : 0.0;
      });
      team.barrier();
      cholesky_factor(team, n, factor, scale);
      const double lost = team.sum(size, [&](std::size_t i) {
        return free[i] > 0.0 && !(factor[i * size + i] > 0.0) ? 1.0 : 0.0;
      });
      if (lost > 0.0) {  // the newcomer repeats the others: refuse it for good
        team.single([&] {
          free[entering] = -1.0;
          x[entering] = 0.0;
        });
        break;
      }
      cholesky_solve(team, n, factor, scale, trial);
      double step = 1.0;
      std::size_t blocking = size;
      for (std::size_t i = 0; i < size; ++i) {
        if (free[i] > 0.0 && trial[i] <= 0.0) {
          const double reach = x[i] > 0.0 ? x[i] / (x[i] - trial[i]) : 0.0;
          if (blocking == size || reach < step) {
            step = reach;
            blocking = i;
          }
        }
      }
      const bool no_gain = blocking == entering && step == 0.0;  // its slope was rounding noise
      team.barrier();
      if (no_gain) {
        team.single([&] { free[entering] = -1.0; });
        break;
      }
      if (blocking == size) {
        team.for_each(size, [&](std::size_t i) { x[i] = free[i] > 0.0 ? trial[i] : 0.0; });
        team.barrier();
        break;
      }
      team.for_each(size, [&](std::size_t i) {
        if (free[i] > 0.0) x[i] += step * (trial[i] - x[i]);
        if (i == blocking || (free[i] > 0.0 && x[i] <= 0.0)) {
          x[i] = 0.0;
          if (free[i] > 0.0 && trial[i] <= 0.0) free[i] = 0.0;
        }
      });
      team.barrier();
    }
  }
  return ItemStatus::not_converged;
}

}  // namespace gadolin
