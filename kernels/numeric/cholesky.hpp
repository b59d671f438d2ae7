#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/exec/host_device.hpp"
#include "kernels/exec/item_status.hpp"
#include "kernels/exec/team.hpp"

/// Small dense symmetric positive definite systems (n up to about 64) by Cholesky with diagonal
/// equilibration: S A S = L L', S = diag(A)^-1/2, so parameters of any unit may share a matrix.
///
/// A direction the data do not move does not stop the work: when the pivot of parameter j falls
/// below pivot_tolerance (the share of A(j,j) not explained by parameters 0..j-1), parameter j is
/// held fixed: its step is 0, its row and column of the inverse are 0, and it has NO standard
/// uncertainty. cholesky_moves(n, l, j) tells which; zeroing row and column j of A beforehand is
/// the way to mask a parameter on purpose.
///
/// Every routine takes a Team; `SingleLane{}` gives the one-lane version on host or device. All
/// members call with the same arguments; inputs must be visible to all (barrier before), outputs
/// are visible to all on return. Matrices are row-major n x n, only the lower triangle is read.
/// source Golub & Van Loan, Matrix Computations, 4.2; docs/theory/numeric.md#cholesky
namespace gadolin {

/// Pivots below this share of the diagonal count as "not moved by the data".
inline constexpr double cholesky_pivot_tolerance = 1e-12;

/// Factors A in place.
/// in   a [n*n] lower triangle;  pivot_tolerance (0..1)
/// out  a lower triangle = L (0 on the diagonal where a parameter is held);  scale [n] = S
/// returns ok, or singular when at least one parameter is held (the factor is still usable)
/// cost n^3/3 flop
template <class Team>
GADOLIN_HD ItemStatus cholesky_factor(const Team& team, int n, double* a, double* scale,
                                      double pivot_tolerance = cholesky_pivot_tolerance) {
  const auto size = static_cast<std::size_t>(n);
  team.for_each(size, [&](std::size_t i) {
    const double diagonal = a[i * size + i];
    scale[i] = diagonal > 0.0 && std::isfinite(diagonal) ? 1.0 / std::sqrt(diagonal) : 0.0;
  });
  team.barrier();
  team.for_each(size, [&](std::size_t i) {
    for (std::size_t k = 0; k <= i; ++k) a[i * size + k] *= scale[i] * scale[k];
    if (scale[i] == 0.0) a[i * size + i] = 0.0;
  });
  team.barrier();
  // Left-looking, one column at a time. The diagonal keeps the pivot until the last sweep, so that
  // every member can read it while the column below is scaled.
  for (std::size_t j = 0; j < size; ++j) {
    team.for_each(size - j, [&](std::size_t below) {
      const double* row = a + (j + below) * size;
      const double* pivot_row = a + j * size;
      double dot = 0.0;
      for (std::size_t k = 0; k < j; ++k) dot += row[k] * pivot_row[k];
      a[(j + below) * size + j] -= dot;
    });
    team.barrier();
    const double pivot = a[j * size + j];
    const bool moved = pivot > pivot_tolerance;  // false for NaN as well
    const double inverse = moved ? 1.0 / std::sqrt(pivot) : 0.0;
    team.for_each(size, [&](std::size_t i) {
      if (i > j) {
        a[i * size + j] = moved ? a[i * size + j] * inverse : 0.0;
      } else if (i < j && !moved) {
        a[j * size + i] = 0.0;
      }
    });
    team.barrier();
  }
  const double held = team.sum(size, [&](std::size_t i) {
    const double pivot = a[i * size + i];
    const bool moved = pivot > pivot_tolerance;
    a[i * size + i] = moved ? std::sqrt(pivot) : 0.0;
    return moved ? 0.0 : 1.0;
  });
  return held > 0.0 ? ItemStatus::singular : ItemStatus::ok;
}

/// True when parameter i of a factored matrix is moved by the data; false when it is held.
GADOLIN_INLINE bool cholesky_moves(int n, const double* l, int i) {
  return l[static_cast<std::size_t>(i) * static_cast<std::size_t>(n) +
           static_cast<std::size_t>(i)] > 0.0;
}

/// Solves A x = b with the factor; held parameters get 0.
/// in   l, scale from cholesky_factor;  x [n] = b on entry
/// out  x [n] solution
/// cost 2 n^2 flop, 2n barriers
template <class Team>
GADOLIN_HD void cholesky_solve(const Team& team, int n, const double* l, const double* scale,
                               double* x) {
  const auto size = static_cast<std::size_t>(n);
  const auto divided = [&](std::size_t j) {
    const double diagonal = l[j * size + j];
    return diagonal > 0.0 ? x[j] / diagonal : 0.0;
  };
  team.for_each(size, [&](std::size_t i) { x[i] *= scale[i]; });
  team.barrier();
  for (std::size_t j = 0; j < size; ++j) {
    const double y = divided(j);
    team.for_each(size, [&](std::size_t i) {
      if (i > j) x[i] -= l[i * size + j] * y;
    });
    team.barrier();
  }
  team.for_each(size, [&](std::size_t i) { x[i] = divided(i); });
  team.barrier();
  for (std::size_t j = size; j-- > 0;) {
    const double y = divided(j);
    team.for_each(size, [&](std::size_t i) {
      if (i < j) x[i] -= l[j * size + i] * y;
    });
    team.barrier();
  }
  team.for_each(size, [&](std::size_t i) { x[i] = divided(i) * scale[i]; });
  team.barrier();
}

/// Inverse of A (a covariance when A is J'WJ); exactly symmetric, 0 for held parameters.
/// in   l, scale from cholesky_factor
/// out  inverse [n*n], may not overlap l
/// cost about n^3 flop, no barrier inside: each member makes whole columns
template <class Team>
GADOLIN_HD void cholesky_inverse(const Team& team, int n, const double* l, const double* scale,
                                 double* inverse) {
  const auto size = static_cast<std::size_t>(n);
  team.for_each(size, [&](std::size_t c) {
    double* column = inverse + c * size;  // row c of the result, by symmetry
    for (std::size_t i = c; i < size; ++i) {
      double value = i == c ? 1.0 : 0.0;
      for (std::size_t k = c; k < i; ++k) value -= l[i * size + k] * column[k];
      const double diagonal = l[i * size + i];
      column[i] = diagonal > 0.0 ? value / diagonal : 0.0;
    }
    for (std::size_t i = size; i-- > c;) {
      double value = column[i];
      for (std::size_t k = i + 1; k < size; ++k) value -= l[k * size + i] * column[k];
      const double diagonal = l[i * size + i];
      column[i] = diagonal > 0.0 ? value / diagonal : 0.0;
    }
    if (!(l[c * size + c] > 0.0)) {
      for (std::size_t i = c; i < size; ++i) column[i] = 0.0;
    }
    for (std::size_t i = c; i < size; ++i) column[i] *= scale[c] * scale[i];
  });
  team.barrier();
  team.for_each(size, [&](std::size_t i) {
    for (std::size_t c = 0; c < i; ++c) inverse[i * size + c] = inverse[c * size + i];
  });
  team.barrier();
}

}  // namespace gadolin
