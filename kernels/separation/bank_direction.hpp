#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/separation/bank_view.hpp"

/// Newton's direction of a bank: one structured block elimination.
namespace gadolin::separation::bank_detail {

/// Gauss elimination of [rows, rows] with right sides [rows, right] behind it, one member. Rows are
/// exchanged, lane by lane, where the diagonal is below a tenth of its column.
/// in   the right sides but the last start as a diagonal: what is still zero is left out
/// out  right sides solved in place; a lane whose pivot vanished ends in infinities
template <int W>
inline void eliminate_alone(Lanes<W>* GADOLIN_RESTRICT m, int rows, int right) {
  using V = Lanes<W>;
  const int width = rows + right;
  bool sparse = true;
  for (int j = 0; j < rows; ++j) {
    V* const pivot_row = m + j * width;
    V largest(0.0);
    for (int r = j + 1; r < rows; ++r) largest = lane_max(largest, lane_abs(m[r * width + j]));
    const V diagonal = lane_abs(pivot_row[j]);
    for (int l = 0; l < W; ++l) {
      if (diagonal[l] >= 0.1 * largest[l]) continue;
      int best = j;
      for (int r = j + 1; r < rows; ++r) {
        if (std::fabs(m[r * width + j][l]) > std::fabs(m[best * width + j][l])) best = r;
      }
      if (best == j) continue;
      sparse = false;
      for (int q = j; q < width; ++q) {
        const double keep = m[best * width + q][l];
        set_lane(m[best * width + q], l, pivot_row[q][l]);
        set_lane(pivot_row[q], l, keep);
      }
    }
    const V inverse = V(1.0) / pivot_row[j];
    pivot_row[j] = inverse;
    const int end = sparse ? rows + (j + 1 < right - 1 ? j + 1 : right - 1) : width;
    // Two rows at a time share what is read of the pivot row.
    int r = j + 1;
    for (; r + 1 < rows; r += 2) {
      V* GADOLIN_RESTRICT first = m + r * width;
      V* GADOLIN_RESTRICT second = first + width;
      const V f1 = V(0.0) - first[j] * inverse, f2 = V(0.0) - second[j] * inverse;
      for (int q = j + 1; q < end; ++q) {
        const V source = pivot_row[q];
        first[q] = fma(f1, source, first[q]);
        second[q] = fma(f2, source, second[q]);
      }
      if (sparse) {
        first[width - 1] = fma(f1, pivot_row[width - 1], first[width - 1]);
        second[width - 1] = fma(f2, pivot_row[width - 1], second[width - 1]);
      }
    }
    if (r < rows) {
      V* GADOLIN_RESTRICT target = m + r * width;
      const V factor = V(0.0) - target[j] * inverse;
      for (int q = j + 1; q < end; ++q) target[q] = fma(factor, pivot_row[q], target[q]);
      if (sparse) target[width - 1] = fma(factor, pivot_row[width - 1], target[width - 1]);
    }
  }
  for (int j = rows - 1; j >= 0; --j) {
    V* GADOLIN_RESTRICT target = m + j * width;
    const V inverse = target[j];
    int l = j + 1;
    for (; l + 3 < rows; l += 4) {  // four sources per pass over the target
      const V* GADOLIN_RESTRICT source = m + l * width;
      const V f0 = V(0.0) - target[l], f1 = V(0.0) - target[l + 1], f2 = V(0.0) - target[l + 2],
              f3 = V(0.0) - target[l + 3];
      for (int q = rows; q < width; ++q) {
        V sum = fma(f0, source[q], target[q]);
        sum = fma(f1, source[width + q], sum);
        sum = fma(f2, source[2 * width + q], sum);
        target[q] = fma(f3, source[3 * width + q], sum);
      }
    }
    for (; l < rows; ++l) {
      const V factor = V(0.0) - target[l];
      const V* GADOLIN_RESTRICT source = m + l * width;
      for (int q = rows; q < width; ++q) target[q] = fma(factor, source[q], target[q]);
    }
    for (int q = rows; q < width; ++q) target[q] = target[q] * inverse;
  }
}

/// The same by a team: every member takes elements, rows are exchanged for the largest pivot.
template <class Team>
GADOLIN_HD inline void eliminate_together(const Team& team, Lanes<1>* packed, int rows, int right) {
  double* m = reinterpret_cast<double*>(packed);
  const int width = rows + right;
  for (int j = 0; j < rows; ++j) {
    int best = j;
    double largest = std::fabs(m[j * width + j]);
    for (int r = j + 1; r < rows; ++r) {
      const double candidate = std::fabs(m[r * width + j]);
      if (candidate > largest) {
        largest = candidate;
        best = r;
      }
    }
    team.barrier();  // the search has read what the exchange will write
    if (best != j) {
      team.for_each(static_cast<std::size_t>(width - j), [&](std::size_t q) {
        const std::size_t col = q + static_cast<std::size_t>(j);
        const double keep = m[best * width + col];
        m[best * width + col] = m[j * width + col];
        m[j * width + col] = keep;
      });
      team.barrier();
    }
    const double inverse = 1.0 / m[j * width + j];
    const std::size_t columns = static_cast<std::size_t>(width - j - 1);
    team.for_each(static_cast<std::size_t>(rows - j - 1) * columns, [&](std::size_t e) {
      const std::size_t r = static_cast<std::size_t>(j) + 1 + e / columns;
      const std::size_t q = static_cast<std::size_t>(j) + 1 + e % columns;
      const double factor = m[r * width + j] * inverse;
      m[r * width + q] -= factor * m[j * width + q];
    });
    team.barrier();
  }
  // Each member owns right sides, so no barrier is needed inside.
  team.for_each(static_cast<std::size_t>(right), [&](std::size_t q) {
    for (int j = rows - 1; j >= 0; --j) {
      double sum = m[j * width + rows + q];
      for (int l = j + 1; l < rows; ++l) sum -= m[j * width + l] * m[l * width + rows + q];
      m[j * width + rows + q] = sum / m[j * width + j];
    }
  });
  team.barrier();
}

/// One species in one stage, as the direction needs it.                                 (S11)-(S13)
///   sent down  d ln sent = wx lambda + wd dlnD + wy upsilon
template <class V>
struct CellWeights {
  V theta, phi, rise, psi;  // shares of D, of the organic, of entrained aqueous, of the aqueous
  V inverse_wx, wd_wx, wy_wx;
  V slope_h, slope_x;  // dlnD = slope_x dxi - slope_h deta
  V pooled, passed;    // mol/h in the contacted organic, and passing by
};

template <int W>
GADOLIN_INLINE Lanes<W> sent_down(const BankView<W>& b, std::size_t i, std::size_t at) {
  const auto& w = b.flows[i];
  return (w.aqueous_down + w.share_down * b.pool_of(w, at) * b.d[at]) * b.x[at] +
         w.share_down * b.bypass_of(w, at) * b.y_in[at];
}

/// Where next to nothing of the species is in the stage, everything is 0 but 1/wx.
constexpr double nothing = 1e-200;  // mol/h; below it ratios run into the end of the exponents
template <int W>
GADOLIN_INLINE CellWeights<Lanes<W>> cell_weights(const BankView<W>& b, std::size_t i,
                                                  std::size_t k) {
  using V = Lanes<W>;
  const std::size_t c = static_cast<std::size_t>(b.c), at = i * c + k;
  const FlowsOf<V>& w = b.flows[i];
  const V zero(0.0), one(1.0);
  const V x = b.x[at], d = b.d[at], pool = b.pool_of(w, at), bypass = b.bypass_of(w, at);
  const V contact = w.aqueous() + pool * d;
  const V den = x * contact * V(1.0 + b.hold);
  const V inverse = where_positive(den - V(nothing), one / den, zero);
  const V here = where_positive(den - V(nothing), one, zero);
  CellWeights<V> cell;
  cell.pooled = pool * d * x;
  cell.passed = bypass * b.y_in[at];
  cell.theta = here * pool * d / contact;
  cell.phi = (one - bypass) * b.y_in[at] * inverse;
  cell.rise = zero;
  if (b.rises && i > 0) cell.rise = b.flows[i - 1].aqueous_up * b.x[at - c] * inverse;
  cell.psi = zero;
  if (i + 1 < static_cast<std::size_t>(b.n)) cell.psi = sent_down(b, i + 1, at + c) * inverse;
  cell.inverse_wx = one;
  cell.wd_wx = cell.wy_wx = zero;
  if (b.falls) {
    const V direct = (w.aqueous_down + w.share_down * pool * d) * x;
    const V part = where_positive(direct - V(nothing), one / direct, zero);
    cell.wd_wx = w.share_down * cell.pooled * part;
    cell.wy_wx = w.share_down * cell.passed * part;
    cell.inverse_wx = one + cell.wy_wx;
  }
  cell.slope_h = proton_slope(b.law[k], b.eta[i], b.x_free[i]);
  cell.slope_x = extractant_slope(b.law[k], b.eta[i], b.x_free[i]);
  return cell;
}

/// Newton's direction d_eta, d_xi at b.eta, b.xi (x, y of transport() and F current).
/// With lambda = d ln x, upsilon = d ln y_in and omega = d ln(amount sent down), stage i gives
///   lambda + theta (a dxi - b deta) - phi upsilon - rise lambda(i-1) = psi omega(i+1)  (S11)-(S13)
///   dF1 = -F1, dF2 = -F2
/// with upsilon = s + S omega and lambda(i-1) = s' + S' omega carried upwards. Exact, entrainment
/// and efficiency included.
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL void direction(const Team& team, const BankView<W>& b) {
  using V = Lanes<W>;
  const int c = b.c, rows = c + 2, right = c + 1, width = rows + right;
  const V zero(0.0), one(1.0);
  V* carry = b.carry;
  V* next = b.carry_next;
  V* rise = b.rise;
  V* rise_next = b.rise_next;
  bool passes = b.bypass != nullptr;
  for (int i = 0; i < b.n && !passes; ++i) {
    for (int l = 0; l < W; ++l) passes = passes || b.flows[i].bypass[l] > 0.0;
  }
  team.for_each(static_cast<std::size_t>(c * right), [&](std::size_t e) {
    carry[e] = zero;
    rise[e] = zero;
  });
  team.barrier();
  for (int i = 0; i < b.n; ++i) {
    const FlowsOf<V>& w = b.flows[i];
    const std::size_t row0 = static_cast<std::size_t>(i) * c;
    V* m = b.matrix;
    team.for_each(static_cast<std::size_t>(c), [&](std::size_t k) {
      V* line = m + k * width;
      b.cells[k] = cell_weights(b, static_cast<std::size_t>(i), k);
      const CellWeights<V>& cell = b.cells[k];
      const V phi = cell.phi + cell.wy_wx;
      for (int j = 0; j < c; ++j) line[j] = zero - phi * carry[k * right + j];
      V constant = phi * carry[k * right + c];
      if (b.rises) {
        for (int j = 0; j < c; ++j) line[j] = line[j] - cell.rise * rise[k * right + j];
        constant += cell.rise * rise[k * right + c];
      }
      line[k] += cell.inverse_wx;
      const V theta = cell.theta - cell.wd_wx;
      line[c] = zero - theta * cell.slope_h;
      line[c + 1] = theta * cell.slope_x;
      for (int q = rows; q < width; ++q) line[q] = zero;
      line[rows + k] = cell.psi;
      line[rows + c] = constant;
    });
    team.barrier();
    team.for_each(2, [&](std::size_t which) {
      V* line = m + (static_cast<std::size_t>(c) + which) * width;
      for (int q = 0; q < width; ++q) line[q] = zero;
      V inverse, own;
      if (which == 0) {
        const auto sides = charge_sides(b, static_cast<std::size_t>(i));
        inverse = one / sides.above;
        const V h = b.h[i], acid = V(b.ka2) + h;
        own = (h + w.sulfate * V(b.ka2) * h / (acid * acid)) * inverse + V(b.kw) / h / sides.under;
      } else {
        V total = b.x_free[i] * w.organic;
        for (int k = 0; k < c; ++k) total += b.law[k].dimers * b.y_out[row0 + k];
        inverse = one / total;
        own = b.x_free[i] * w.organic * inverse;
      }
      V to_h(0.0), to_x(0.0);
      V right_side = zero - (which == 0 ? b.f1[i] : b.f2[i]);
      for (int k = 0; k < c; ++k) {
        const CellWeights<V>& cell = b.cells[k];
        // share of lambda and of dlnD beside it
        const V share = which == 0 ? b.law[k].protons * b.x[row0 + k] * inverse
                                   : b.law[k].dimers * cell.pooled * inverse;
        const V direct = which == 0 ? zero - share * cell.wd_wx : share * (one - cell.wd_wx);
        to_h = to_h - direct * cell.slope_h;
        to_x += direct * cell.slope_x;
        line[k] += share * cell.inverse_wx;
        if (passes) {
          const V by =
              (which == 0 ? zero : b.law[k].dimers * cell.passed * inverse) - share * cell.wy_wx;
          for (int j = 0; j < c; ++j) line[j] += by * carry[k * right + j];
          right_side = right_side - by * carry[k * right + c];
        }
      }
      line[c] = to_h + (which == 0 ? own : zero);
      line[c + 1] = to_x + (which == 0 ? zero : own);
      line[rows + c] = right_side;
    });
    team.barrier();
    if constexpr (Team::lanes > 1) {
      eliminate_alone<W>(m, rows, right);
    } else {
      eliminate_together(team, m, rows, right);
    }
    // (omega, deta, dxi) of the stage = g + G omega(i+1): kept for the way back.
    V* back = b.back + static_cast<std::size_t>(i) * rows * right;
    team.for_each(static_cast<std::size_t>(rows), [&](std::size_t r) {
      for (int q = 0; q < right; ++q) back[r * right + q] = m[r * width + rows + q];
    });
    team.barrier();
    if (i + 1 == b.n) break;
    team.for_each(static_cast<std::size_t>(c), [&](std::size_t k) {
      const CellWeights<V>& cell = b.cells[k];
      const V entering = b.y_in[row0 + c + k];
      const V kept = where_positive(entering - V(nothing), w.share_up / entering, zero);
      const V pooled = kept * cell.pooled, passed = kept * cell.passed;
      V* line = next + k * right;
      V* risen = rise_next + k * right;
      const V* own = back + k * static_cast<std::size_t>(right);
      const V* of_h = back + c * right;
      const V* of_x = back + (c + 1) * right;
      for (int q = 0; q < right; ++q) {
        const V ln_d = cell.slope_x * of_x[q] - cell.slope_h * of_h[q];
        V lambda = cell.inverse_wx * own[q] - cell.wd_wx * ln_d;
        V upsilon(0.0);
        if (passes) {
          upsilon = q == c ? carry[k * right + c] : zero;
          for (int j = 0; j < c; ++j) upsilon += carry[k * right + j] * back[j * right + q];
          lambda = lambda - cell.wy_wx * upsilon;
        }
        line[q] = pooled * (lambda + ln_d) + passed * upsilon;
        if (b.rises) risen[q] = lambda;
      }
    });
    team.barrier();
    V* swap = carry;
    carry = next;
    next = swap;
    swap = rise;
    rise = rise_next;
    rise_next = swap;
  }
  // Back down; omega of the stage above lies in the first c places of `above`.
  V* above = b.carry_next;
  V* here = b.carry;
  for (int i = b.n - 1; i >= 0; --i) {
    const V* back = b.back + static_cast<std::size_t>(i) * rows * right;
    const bool top = i + 1 == b.n;
    team.for_each(static_cast<std::size_t>(rows), [&](std::size_t r) {
      V sum = back[r * right + c];
      if (!top) {
        for (int j = 0; j < c; ++j) sum += back[r * right + j] * above[j];
      }
      if (r < static_cast<std::size_t>(c)) {
        here[r] = sum;
      } else if (r == static_cast<std::size_t>(c)) {
        b.d_eta[i] = sum;
      } else {
        b.d_xi[i] = sum;
      }
    });
    team.barrier();
    V* swap = above;
    above = here;
    here = swap;
  }
}

}  // namespace gadolin::separation::bank_detail
