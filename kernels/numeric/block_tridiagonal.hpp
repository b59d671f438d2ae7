#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/exec/host_device.hpp"
#include "kernels/exec/item_status.hpp"

namespace gadolin {

struct BlockTridiagonalResult {
  ItemStatus status = ItemStatus::ok;
  int failed_block = -1;  ///< first block whose pivot vanished, -1 for none
};

namespace block_detail {

/// LU of a b x b block with row exchanges, done by the team; pivots [b] holds the chosen rows.
/// Returns false when a pivot is below tiny.
template <class Team>
GADOLIN_HD bool lu(const Team& team, std::size_t b, double* a, int* pivots, double tiny) {
  for (std::size_t k = 0; k < b; ++k) {
    std::size_t best = k;  // every member finds the same row
    double largest = std::fabs(a[k * b + k]);
    for (std::size_t i = k + 1; i < b; ++i) {
      const double candidate = std::fabs(a[i * b + k]);
      if (candidate > largest) {
        largest = candidate;
        best = i;
      }
    }
    team.barrier();
    if (!(largest > tiny)) return false;  // also NaN
    team.for_each(b, [&](std::size_t c) {
      if (best != k) {
        const double held = a[k * b + c];
        a[k * b + c] = a[best * b + c];
        a[best * b + c] = held;
      }
      if (c == k) pivots[k] = static_cast<int>(best);
    });
    team.barrier();
    const double inverse = 1.0 / a[k * b + k];
    team.for_each(b - k - 1, [&](std::size_t below) {
      double* row = a + (k + 1 + below) * b;
      const double factor = row[k] * inverse;
      row[k] = factor;
      for (std::size_t c = k + 1; c < b; ++c) row[c] -= factor * a[k * b + c];
    });
    team.barrier();
  }
  return true;
}

/// x [b, columns] = A^-1 x, columns dealt over the members; no barrier inside or after.
template <class Team>
GADOLIN_HD void lu_solve(const Team& team, std::size_t b, const double* a, const int* pivots,
                         double* x, std::size_t columns) {
  for (std::size_t k = 0; k < b; ++k) {
    const auto other = static_cast<std::size_t>(pivots[k]);
    if (other == k) continue;
    team.for_each(columns, [&](std::size_t c) {
      const double held = x[k * columns + c];
      x[k * columns + c] = x[other * columns + c];
      x[other * columns + c] = held;
    });
  }
  for (std::size_t i = 1; i < b; ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      const double factor = a[i * b + k];
      team.for_each(columns,
                    [&](std::size_t c) { x[i * columns + c] -= factor * x[k * columns + c]; });
    }
  }
  for (std::size_t i = b; i-- > 0;) {
    for (std::size_t k = i + 1; k < b; ++k) {
      const double factor = a[i * b + k];
      team.for_each(columns,
                    [&](std::size_t c) { x[i * columns + c] -= factor * x[k * columns + c]; });
    }
    const double inverse = 1.0 / a[i * b + i];
    team.for_each(columns, [&](std::size_t c) { x[i * columns + c] *= inverse; });
  }
}

/// out [b, columns] -= a [b, b] * x [b, columns], rows dealt over the members; no barrier.
template <class Team>
GADOLIN_HD void subtract_product(const Team& team, std::size_t b, const double* a, const double* x,
                                 double* out, std::size_t columns) {
  if constexpr (Team::lanes > 1) {
    for (std::size_t r = 0; r < b; ++r) {
      for (std::size_t k = 0; k < b; ++k) {
        const double factor = a[r * b + k];
        for (std::size_t c = 0; c < columns; ++c)
          out[r * columns + c] -= factor * x[k * columns + c];
      }
    }
  } else {
    team.for_each(b * columns, [&](std::size_t entry) {
      const std::size_t r = entry / columns, c = entry % columns;
      double value = out[entry];
      for (std::size_t k = 0; k < b; ++k) value -= a[r * b + k] * x[k * columns + c];
      out[entry] = value;
    });
  }
}

}  // namespace block_detail

/// Block tridiagonal system by block elimination (Thomas), LU with row exchanges inside each block:
///   lower(i) x(i-1) + diagonal(i) x(i) + upper(i) x(i+1) = rhs(i),   i = 0..blocks-1
/// in   lower, diagonal, upper [blocks, b, b] row-major, b <= 32 (lower(0), upper(blocks-1)
/// unread);
///      rhs [blocks, b];  pivots [b] ints of scratch, shared by the team
/// out  rhs = solution;  diagonal and upper overwritten; lower kept
/// returns singular and the block when a pivot is below 1e-14 of the block's largest entry (rhs is
///      then unusable); not backward stable for every matrix: check the residual where blocks are
///      far from diagonally dominant
/// cost (14/3) b^3 flop per block
/// source Golub & Van Loan, Matrix Computations, 4.5; docs/theory/numeric.md#block-tridiagonal
template <class Team>
GADOLIN_HD BlockTridiagonalResult block_tridiagonal_solve(const Team& team, int blocks, int b,
                                                          const double* lower, double* diagonal,
                                                          double* upper, double* rhs, int* pivots) {
  const auto size = static_cast<std::size_t>(b);
  const std::size_t square = size * size;
  BlockTridiagonalResult result;
  for (int i = 0; i < blocks; ++i) {
    double* d = diagonal + static_cast<std::size_t>(i) * square;
    double* y = rhs + static_cast<std::size_t>(i) * size;
    if (i > 0) {
      const double* l = lower + static_cast<std::size_t>(i) * square;
      const double* u = upper + static_cast<std::size_t>(i - 1) * square;
      block_detail::subtract_product(team, size, l, u, d, size);
      block_detail::subtract_product(team, size, l, y - size, y, 1);
    }
    team.barrier();
    const double largest = team.max(square, [&](std::size_t e) { return std::fabs(d[e]); });
    if (!block_detail::lu(team, size, d, pivots, 1e-14 * largest)) {
      result.status = ItemStatus::singular;
      result.failed_block = i;
      return result;
    }
    block_detail::lu_solve(team, size, d, pivots, y, 1);
    if (i + 1 < blocks) {
      block_detail::lu_solve(team, size, d, pivots, upper + static_cast<std::size_t>(i) * square,
                             size);
    }
    team.barrier();
  }
  for (int i = blocks - 2; i >= 0; --i) {
    double* y = rhs + static_cast<std::size_t>(i) * size;
    block_detail::subtract_product(team, size, upper + static_cast<std::size_t>(i) * square,
                                   y + size, y, 1);
    team.barrier();
  }
  return result;
}

/// Scalar tridiagonal system by Thomas' elimination without row exchanges, one lane; meant for
/// diagonally dominant systems.
/// in   lower, diagonal, upper, rhs [n] (lower[0], upper[n-1] unread)
/// out  rhs = solution; upper overwritten
/// returns singular when a pivot is 0 or not finite (rhs then unusable)
/// cost 8 flop per unknown
GADOLIN_INLINE ItemStatus tridiagonal_solve(int n, const double* lower, const double* diagonal,
                                            double* upper, double* rhs) {
  double pivot = 1.0;
  for (int i = 0; i < n; ++i) {
    pivot = i == 0 ? diagonal[0] : diagonal[i] - lower[i] * upper[i - 1];
    if (pivot == 0.0 || !std::isfinite(pivot)) return ItemStatus::singular;
    rhs[i] = (i == 0 ? rhs[0] : rhs[i] - lower[i] * rhs[i - 1]) / pivot;
    if (i + 1 < n) upper[i] /= pivot;
  }
  for (int i = n - 2; i >= 0; --i) rhs[i] -= upper[i] * rhs[i + 1];
  return ItemStatus::ok;
}

}  // namespace gadolin
