#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/exec/host_device.hpp"
#include "kernels/separation/distribution.hpp"
#include "kernels/separation/lanes.hpp"
#include "kernels/separation/stage.hpp"
#include "kernels/separation/transport.hpp"

/// Called, not inlined, on the device: Newton's method is entered from several places, and inlining
/// all of them asks for more registers than a thread has.
#if defined(__CUDACC__)
#define GADOLIN_SEPARATION_CALL __noinline__
#else
#define GADOLIN_SEPARATION_CALL
#endif

/// One bank as pointers, its species W to a vector; transport of the metals and residuals.
namespace gadolin::separation::bank_detail {

template <class V>
struct CellWeights;

/// Numbers per species lie in packs: species k is lane k % W of pack k / W. The last pack is filled
/// up with species that are nowhere and do nothing.
template <int W>
struct BankView {
  using V = Lanes<W>;
  static constexpr int width = W;
  int n = 0, c = 0, packs = 0;
  LawOf<V>* law = nullptr;                     // [packs]
  StageFlows* flows = nullptr;                 // [n]
  V *feed_a = nullptr, *feed_o = nullptr;      // [n, packs]
  V *ln_d_shift = nullptr, *bypass = nullptr;  // [n, packs] or null
  V* pool = nullptr;                           // [n, packs] G of each species; null where bypass is
  double kw = 1e-14, ka2 = 1e-2;
  const std::uint8_t* special = nullptr;  // [n] ends, feeds, draws
  bool rises = false;                     // aqueous is entrained upwards somewhere
  bool falls = false;                     // organic is entrained downwards somewhere
  bool passes = false;                    // organic bypasses contact somewhere
  V *d = nullptr, *y_in = nullptr, *y_out = nullptr, *x = nullptr;     // [n, packs]
  V *fixed = nullptr, *inverse_pivot = nullptr, *kappa = nullptr;      // [n, packs]
  V *s_org = nullptr, *t_org = nullptr;                                // [n, packs]
  double *eta = nullptr, *xi = nullptr, *f1 = nullptr, *f2 = nullptr;  // [n]
  double *h = nullptr, *x_free = nullptr;                              // [n]
  double *trial_eta = nullptr, *trial_xi = nullptr, *d_eta = nullptr, *d_xi = nullptr;
  double *old_eta = nullptr, *old_xi = nullptr;
  V* back = nullptr;  // [n, c + 2, packs]: (omega, deta, dxi) by omega of the stage above
  double* back_fixed = nullptr;               // [n, c + 2]: their part without it
  V* matrix = nullptr;                        // [c + 2, stage_columns(packs)]
  double* inverse = nullptr;                  // [c + 2] of the pivots
  V* elimination = nullptr;                   // scratch of eliminate_alone()
  V *carry = nullptr, *carry_next = nullptr;  // [c, packs]: relative change of y_in
  double *carry_fixed = nullptr, *carry_fixed_next = nullptr;  // [c]
  V *rise = nullptr, *rise_next = nullptr;                   // [c, packs]: of x of the stage below
  double *rise_fixed = nullptr, *rise_fixed_next = nullptr;  // [c]
  V *above = nullptr, *here = nullptr;                       // [packs] omega on the way down
  CellWeights<V>* cells = nullptr;                           // [packs] of the stage at hand
  V* content = nullptr;  // [n, packs] mol/h held at the beginning of a pseudo-time step
  double hold = 0.0;     // 1/dt times stage volume over flow

  GADOLIN_INLINE std::size_t cell(int i, int p) const {
    return static_cast<std::size_t>(i) * static_cast<std::size_t>(packs) +
           static_cast<std::size_t>(p);
  }
  GADOLIN_INLINE V bypass_of(const StageFlows& w, std::size_t at) const {
    return bypass == nullptr ? V(w.bypass) : bypass[at];
  }
  GADOLIN_INLINE V pool_of(const StageFlows& w, std::size_t at) const {
    return pool == nullptr ? V(w.organic_pool) : pool[at];
  }
  GADOLIN_INLINE V distribution(std::size_t at, int p, double ln_x, double ln_h,
                                double free) const {
    const V ln_d = ln_distribution(law[p], V(ln_x), V(ln_h), V(free));
    return exp(ln_d_shift == nullptr ? ln_d : ln_d + ln_d_shift[at]);
  }
};

/// Packs a member walks through a bank together: their chains of divisions overlap.
template <int W>
constexpr int bundle = W > 1 ? 4 : 1;

/// H and X of every stage.
template <class Team, int W>
GADOLIN_HD void free_of(const Team& team, const BankView<W>& b, const double* eta,
                        const double* xi) {
  team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t i) {
    b.h[i] = std::exp(eta[i]);
    b.x_free[i] = std::exp(xi[i]);
  });
  team.barrier();
}

/// x, y_in, y_out for the given eta, xi: one elimination per species.
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL void transport(const Team& team, const BankView<W>& b,
                                                  const double* eta, const double* xi) {
  using V = Lanes<W>;
  constexpr int most = bundle<W>;
  free_of(team, b, eta, xi);
  const V hold(b.hold);
  team.for_each(static_cast<std::size_t>((b.packs + most - 1) / most), [&](std::size_t g) {
    const int first = static_cast<int>(g) * most;
    const int end = first + most < b.packs ? first + most : b.packs;
    FromBelow<V> below[most];
    for (int i = 0; i < b.n; ++i) {
      const FlowsOf<V> w = spread<V>(b.flows[i]);
      for (int p = first; p < end; ++p) {
        const std::size_t at = b.cell(i, p);
        FromBelow<V>& from = below[p - first];
        const V d = b.distribution(at, p, xi[i], eta[i], b.x_free[i]);
        const V pool = b.pool_of(b.flows[i], at);
        b.d[at] = d;
        from.s += b.feed_o[at];
        V hold_a(0.0), hold_o(0.0), source = b.feed_a[at];
        if (b.hold > 0.0) {
          hold_a = hold * w.aqueous();
          hold_o = hold * pool;
          source += hold * b.content[at];
        }
        FromBelow<V> above;
        const StagePivot<V> pivot = eliminate_stage(w, b.bypass_of(b.flows[i], at), pool, d, hold_a,
                                                    hold_o, source, from, above);
        b.fixed[at] = pivot.fixed;
        b.inverse_pivot[at] = pivot.inverse;
        b.kappa[at] = pivot.kappa;
        b.s_org[at] = from.s;
        b.t_org[at] = from.t;
        from = above;
      }
    }
    V from_above[most];
    for (int i = b.n - 1; i >= 0; --i) {
      const FlowsOf<V> w = spread<V>(b.flows[i]);
      for (int p = first; p < end; ++p) {
        const std::size_t at = b.cell(i, p);
        const V x = fma(from_above[p - first], b.inverse_pivot[at], b.fixed[at]);
        const V bypass = b.bypass_of(b.flows[i], at), pool = b.pool_of(b.flows[i], at);
        const V down = amount_down(w, bypass, pool, b.d[at], x, b.kappa[at], b.s_org[at]);
        const V entering = fma(b.t_org[at], down, b.s_org[at]);
        b.x[at] = x;
        b.y_in[at] = entering;
        b.y_out[at] = bypass * entering + pool * b.d[at] * x;
        from_above[p - first] = down;
      }
    }
  });
  team.barrier();
}

/// H + HSO4 + sum p x + Q- and Q+ + Kw/H of one stage: equal at the solution.            (S10)
struct ChargeSides {
  double above, under;
};
template <int W>
GADOLIN_INLINE ChargeSides charge_sides(const BankView<W>& b, std::size_t i) {
  using V = Lanes<W>;
  const StageFlows& w = b.flows[i];
  V px(0.0);
  for (int p = 0; p < b.packs; ++p) {
    px = fma(b.law[p].protons, b.x[b.cell(static_cast<int>(i), p)], px);
  }
  const double h = b.h[i];
  const double bisulfate = w.sulfate * h / (b.ka2 + h);
  return {h + bisulfate + px.sum() + (w.charge > 0.0 ? 0.0 : -w.charge),
          b.kw / h + (w.charge > 0.0 ? w.charge : 0.0)};
}
/// Extractant bound to what leaves a stage [mol/h].
template <int W>
GADOLIN_INLINE double bound_extractant(const BankView<W>& b, std::size_t i) {
  using V = Lanes<W>;
  V qy(0.0);
  for (int p = 0; p < b.packs; ++p) {
    qy = fma(b.law[p].dimers, b.y_out[b.cell(static_cast<int>(i), p)], qy);
  }
  return qy.sum();
}

/// F1, F2 of every stage (S10), after transport().
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL void residuals(const Team& team, const BankView<W>& b) {
  team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t i) {
    const StageFlows& w = b.flows[i];
    const ChargeSides sides = charge_sides(b, i);
    b.f1[i] = std::log(sides.above / sides.under);
    b.f2[i] = std::log((b.x_free[i] + bound_extractant(b, i) / w.organic) / w.extractant);
  });
  team.barrier();
}

struct Merit {
  double squares = 0.0, largest = 0.0;
};
/// Every member adds up alone, in one order: the same bits whatever the team.
template <int W>
GADOLIN_HD inline Merit merit_of(const BankView<W>& b) {
  double squares = 0.0, largest = 0.0;
  for (int i = 0; i < b.n; ++i) {
    const double r1 = b.f1[i], r2 = b.f2[i];
    squares += r1 * r1 + r2 * r2;
    largest = std::fabs(r1) <= largest ? largest : std::fabs(r1);  // takes NaN
    largest = std::fabs(r2) <= largest ? largest : std::fabs(r2);
  }
  const bool finite = squares < 1e300;
  return {finite ? squares : 1e300, finite ? largest : 1e300};
}
/// Longest step in ln H, ln X; NaN shows.
template <int W>
GADOLIN_HD inline double longest_step(const BankView<W>& b) {
  double longest = 0.0;
  for (int i = 0; i < b.n; ++i) {
    const double h = std::fabs(b.d_eta[i]), x = std::fabs(b.d_xi[i]);
    longest = h <= longest ? longest : h;
    longest = x <= longest ? longest : x;
  }
  return longest;
}

}  // namespace gadolin::separation::bank_detail
