#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/separation/bank_elimination.hpp"

/// Newton's direction of a bank: one structured block elimination.
namespace gadolin::separation::bank_detail {

/// One pack of species in one stage, as the direction needs it.                        (S11)-(S13)
///   sent down  d ln sent = wx lambda + wd dlnD + wy upsilon
template <class V>
struct CellWeights {
  V theta, phi, rise, psi;  // shares of D, of the organic, of entrained aqueous, of the aqueous
  V inverse_wx, wd_wx, wy_wx;
  V slope_h, slope_x;  // dlnD = slope_x dxi - slope_h deta
  V pooled, passed;    // mol/h in the contacted organic, and passing by
};

template <int W>
GADOLIN_INLINE Lanes<W> sent_down(const BankView<W>& b, int i, std::size_t at) {
  using V = Lanes<W>;
  const StageFlows& w = b.flows[i];
  return (V(w.aqueous_down) + V(w.share_down) * b.pool_of(w, at) * b.d[at]) * b.x[at] +
         V(w.share_down) * b.bypass_of(w, at) * b.y_in[at];
}

/// Where next to nothing of the species is in the stage, everything is 0 but 1/wx.
constexpr double nothing = 1e-200;  // mol/h; below it ratios run into the end of the exponents
template <int W>
GADOLIN_INLINE CellWeights<Lanes<W>> cell_weights(const BankView<W>& b, int i, int p) {
  using V = Lanes<W>;
  const std::size_t at = b.cell(i, p), above = b.cell(i + 1, p);
  const StageFlows& w = b.flows[i];
  const V zero(0.0), one(1.0);
  const V x = b.x[at], d = b.d[at], pool = b.pool_of(w, at), bypass = b.bypass_of(w, at);
  const V contact = V(w.aqueous()) + pool * d;
  const V den = x * contact * V(1.0 + b.hold);
  const V inverse = where_positive(den - V(nothing), one / den, zero);
  const V here = where_positive(den - V(nothing), one, zero);
  CellWeights<V> cell;
  cell.pooled = pool * d * x;
  cell.passed = bypass * b.y_in[at];
  cell.theta = here * pool * d / contact;
  cell.phi = (one - bypass) * b.y_in[at] * inverse;
  cell.rise = zero;
  if (b.rises && i > 0) {
    cell.rise = V(b.flows[i - 1].aqueous_up) * b.x[b.cell(i - 1, p)] * inverse;
  }
  cell.psi = zero;
  if (i + 1 < b.n) cell.psi = sent_down(b, i + 1, above) * inverse;
  cell.inverse_wx = one;
  cell.wd_wx = cell.wy_wx = zero;
  if (b.falls) {
    const V direct = (V(w.aqueous_down) + V(w.share_down) * pool * d) * x;
    const V part = where_positive(direct - V(nothing), one / direct, zero);
    cell.wd_wx = V(w.share_down) * cell.pooled * part;
    cell.wy_wx = V(w.share_down) * cell.passed * part;
    cell.inverse_wx = one + cell.wy_wx;
  }
  cell.slope_h = proton_slope(b.law[p], V(b.eta[i]), V(b.x_free[i]));
  cell.slope_x = extractant_slope(b.law[p], V(b.eta[i]), V(b.x_free[i]));
  return cell;
}
/// Number of one species out of its pack.
template <int W>
GADOLIN_INLINE double of_species(const Lanes<W>* packs, std::size_t k) {
  return reinterpret_cast<const double*>(packs)[k];
}
template <int W>
GADOLIN_INLINE double of_lane(const Lanes<W>& pack, std::size_t k) {
  return pack[static_cast<int>(k % W)];
}

/// Row of one species.
template <int W>
GADOLIN_INLINE void species_row(const BankView<W>& b, std::size_t k, Lanes<W>* line) {
  using V = Lanes<W>;
  const CellWeights<V>& cell = b.cells[k / W];
  const double phi = of_lane<W>(cell.phi, k) + of_lane<W>(cell.wy_wx, k);
  const V* carried = b.carry + k * static_cast<std::size_t>(b.packs);
  for (int q = 0; q < b.packs; ++q) line[q] = V(-phi) * carried[q];
  double fixed = phi * b.carry_fixed[k];
  if (b.rises) {
    const double rise = of_lane<W>(cell.rise, k);
    const V* risen = b.rise + k * static_cast<std::size_t>(b.packs);
    for (int q = 0; q < b.packs; ++q) line[q] = fma(V(-rise), risen[q], line[q]);
    fixed += rise * b.rise_fixed[k];
  }
  for (int q = b.packs; q < stage_packs<W>(b.packs); ++q) line[q] = V(0.0);
  double* numbers = reinterpret_cast<double*>(line);
  numbers[k] += of_lane<W>(cell.inverse_wx, k);
  const double theta = of_lane<W>(cell.theta, k) - of_lane<W>(cell.wd_wx, k);
  double* middle = numbers + b.packs * W;
  middle[0] = -theta * of_lane<W>(cell.slope_h, k);
  middle[1] = theta * of_lane<W>(cell.slope_x, k);
  middle[2] = fixed;
  numbers[(b.packs + middle_packs<W>)*W + static_cast<int>(k)] = of_lane<W>(cell.psi, k);
}

/// Row of F1 (which = 0) or F2 in stage i.
template <int W>
GADOLIN_INLINE void balance_row(const BankView<W>& b, int i, int which, Lanes<W>* line) {
  using V = Lanes<W>;
  const StageFlows& w = b.flows[i];
  for (int q = 0; q < stage_packs<W>(b.packs); ++q) line[q] = V(0.0);
  double inverse = 0.0, own = 0.0;
  if (which == 0) {
    const ChargeSides sides = charge_sides(b, static_cast<std::size_t>(i));
    inverse = 1.0 / sides.above;
    const double h = b.h[i], acid = b.ka2 + h;
    own = (h + w.sulfate * b.ka2 * h / (acid * acid)) * inverse + b.kw / h / sides.under;
  } else {
    const double free = b.x_free[i] * w.organic;
    inverse = 1.0 / (free + bound_extractant(b, static_cast<std::size_t>(i)));
    own = free * inverse;
  }
  V to_h(0.0), to_x(0.0);
  double right_side = which == 0 ? -b.f1[i] : -b.f2[i];
  for (int p = 0; p < b.packs; ++p) {
    const CellWeights<V>& cell = b.cells[p];
    // share of lambda and of dlnD beside it
    const V share = which == 0 ? b.law[p].protons * b.x[b.cell(i, p)] * V(inverse)
                               : b.law[p].dimers * cell.pooled * V(inverse);
    const V direct = which == 0 ? V(0.0) - share * cell.wd_wx : share * (V(1.0) - cell.wd_wx);
    to_h += direct * cell.slope_h;
    to_x += direct * cell.slope_x;
    line[p] += share * cell.inverse_wx;
    if (!b.passes) continue;
    const V by =
        (which == 0 ? V(0.0) : b.law[p].dimers * cell.passed * V(inverse)) - share * cell.wy_wx;
    for (int l = 0; l < W; ++l) {
      const std::size_t k = static_cast<std::size_t>(p * W + l);
      if (k >= static_cast<std::size_t>(b.c)) break;
      const V* carried = b.carry + k * static_cast<std::size_t>(b.packs);
      for (int q = 0; q < b.packs; ++q) line[q] = fma(V(by[l]), carried[q], line[q]);
      right_side -= by[l] * b.carry_fixed[k];
    }
  }
  double* middle = reinterpret_cast<double*>(line) + b.packs * W;
  middle[0] = (which == 0 ? own : 0.0) - to_h.sum();
  middle[1] = to_x.sum() + (which == 0 ? 0.0 : own);
  middle[2] = right_side;
}

/// y_in and x of the stage above as affine functions of its omega, for species k.
template <int W>
GADOLIN_INLINE void carry_up(const BankView<W>& b, int i, std::size_t k) {
  using V = Lanes<W>;
  const std::size_t packs = static_cast<std::size_t>(b.packs), c = static_cast<std::size_t>(b.c);
  const CellWeights<V>& cell = b.cells[k / W];
  const double entering = of_species<W>(b.y_in + b.cell(i + 1, 0), k);
  const double kept = entering > nothing ? b.flows[i].share_up / entering : 0.0;
  const double pooled = kept * of_lane<W>(cell.pooled, k);
  const double passed = kept * of_lane<W>(cell.passed, k);
  const double slope_x = of_lane<W>(cell.slope_x, k), slope_h = of_lane<W>(cell.slope_h, k);
  const double own_share = of_lane<W>(cell.inverse_wx, k), by_d = of_lane<W>(cell.wd_wx, k);
  const double by_y = of_lane<W>(cell.wy_wx, k);
  const std::size_t row = static_cast<std::size_t>(i) * (c + 2);
  const V* back = b.back + row * packs;
  const double* fixed = b.back_fixed + row;
  const V *own = back + k * packs, *of_h = back + c * packs, *of_x = of_h + packs;
  for (std::size_t q = 0; q < packs; ++q) {
    const V ln_d = V(slope_x) * of_x[q] - V(slope_h) * of_h[q];
    V lambda = V(own_share) * own[q] - V(by_d) * ln_d;
    V upsilon(0.0);
    if (b.passes) {
      for (std::size_t j = 0; j < c; ++j) {
        upsilon = fma(V(of_species<W>(b.carry + k * packs, j)), back[j * packs + q], upsilon);
      }
      lambda = lambda - V(by_y) * upsilon;
    }
    b.carry_next[k * packs + q] = V(pooled) * (lambda + ln_d) + V(passed) * upsilon;
    if (b.rises) b.rise_next[k * packs + q] = lambda;
  }
  const double ln_d = slope_x * fixed[c + 1] - slope_h * fixed[c];
  double lambda = own_share * fixed[k] - by_d * ln_d;
  double upsilon = 0.0;
  if (b.passes) {
    upsilon = b.carry_fixed[k];
    for (std::size_t j = 0; j < c; ++j) {
      upsilon += of_species<W>(b.carry + k * packs, j) * fixed[j];
    }
    lambda -= by_y * upsilon;
  }
  b.carry_fixed_next[k] = pooled * (lambda + ln_d) + passed * upsilon;
  if (b.rises) b.rise_fixed_next[k] = lambda;
}

template <class T>
GADOLIN_INLINE void exchange(T*& a, T*& b) {
  T* keep = a;
  a = b;
  b = keep;
}

/// Newton's direction d_eta, d_xi at b.eta, b.xi (x, y of transport() and F current).
/// With lambda = d ln x, upsilon = d ln y_in and omega = d ln(amount sent down), stage i gives
///   lambda + theta (a dxi - b deta) - phi upsilon - rise lambda(i-1) = psi omega(i+1)  (S11)-(S13)
///   dF1 = -F1, dF2 = -F2
/// with upsilon = s + S omega and lambda(i-1) = s' + S' omega carried upwards. Exact, entrainment
/// and efficiency included.
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL void direction(const Team& team, BankView<W>& view) {
  using V = Lanes<W>;
  BankView<W>& b = view;
  const std::size_t c = static_cast<std::size_t>(b.c), rows = c + 2;
  const std::size_t packs = static_cast<std::size_t>(b.packs);
  const std::size_t stride = static_cast<std::size_t>(stage_packs<W>(b.packs));
  team.for_each(c, [&](std::size_t k) {
    for (std::size_t q = 0; q < packs; ++q) b.carry[k * packs + q] = b.rise[k * packs + q] = V(0.0);
    b.carry_fixed[k] = b.rise_fixed[k] = 0.0;
  });
  for (int i = 0; i < b.n; ++i) {
    team.for_each(packs,
                  [&](std::size_t p) { b.cells[p] = cell_weights(b, i, static_cast<int>(p)); });
    team.barrier();
    team.for_each(rows, [&](std::size_t r) {
      V* line = b.matrix + r * stride;
      if (r < c) {
        species_row(b, r, line);
      } else {
        balance_row(b, i, static_cast<int>(r - c), line);
      }
    });
    team.barrier();
    if constexpr (W > 1) {
      eliminate_alone<W>(b.matrix, b.c, b.packs, b.inverse, b.elimination);
    } else {
      eliminate_together(team, b.matrix, b.c);
    }
    // (omega, deta, dxi) of the stage = g + G omega(i+1): kept for the way back.
    const std::size_t row0 = static_cast<std::size_t>(i) * rows;
    team.for_each(rows, [&](std::size_t r) {
      const V* line = b.matrix + r * stride;
      const V* right = line + packs + middle_packs<W>;
      for (std::size_t q = 0; q < packs; ++q) b.back[(row0 + r) * packs + q] = right[q];
      b.back_fixed[row0 + r] = reinterpret_cast<const double*>(line + packs)[2];
    });
    team.barrier();
    if (i + 1 == b.n) break;
    team.for_each(c, [&](std::size_t k) { carry_up(b, i, k); });
    team.barrier();
    exchange(b.carry, b.carry_next);
    exchange(b.carry_fixed, b.carry_fixed_next);
    exchange(b.rise, b.rise_next);
    exchange(b.rise_fixed, b.rise_fixed_next);
  }
  // Back down; omega of the stage above lies in b.above.
  for (int i = b.n - 1; i >= 0; --i) {
    const std::size_t row0 = static_cast<std::size_t>(i) * rows;
    const bool top = i + 1 == b.n;
    team.for_each(rows, [&](std::size_t r) {
      double sum = b.back_fixed[row0 + r];
      if (!top) {
        V product(0.0);
        const V* back = b.back + (row0 + r) * packs;
        for (std::size_t q = 0; q < packs; ++q) product = fma(back[q], b.above[q], product);
        sum += product.sum();
      }
      if (r < c) {
        reinterpret_cast<double*>(b.here)[r] = sum;
      } else if (r == c) {
        b.d_eta[i] = sum;
      } else {
        b.d_xi[i] = sum;
      }
    });
    team.barrier();
    exchange(b.above, b.here);
  }
}

}  // namespace gadolin::separation::bank_detail
