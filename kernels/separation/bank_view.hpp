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

/// W banks of the same number of stages and species side by side, as pointers; transport of the
/// metals and residuals.
namespace gadolin::separation::bank_detail {

template <class V>
struct CellWeights;

template <int W>
struct BankView {
  using V = Lanes<W>;
  static constexpr int width = W;
  int n = 0, c = 0;
  LawOf<V>* law = nullptr;                     // [c]
  FlowsOf<V>* flows = nullptr;                 // [n]
  V *feed_a = nullptr, *feed_o = nullptr;      // [n, c]
  V *ln_d_shift = nullptr, *bypass = nullptr;  // [n, c] or null
  V* pool = nullptr;                           // [n, c] G of each species; null where bypass is
  double kw = 1e-14, ka2 = 1e-2;
  bool rises = false;  // aqueous is entrained upwards somewhere
  bool falls = false;  // organic is entrained downwards somewhere
  V *d = nullptr, *y_in = nullptr, *y_out = nullptr, *x = nullptr;  // [n, c]
  V *fixed = nullptr, *inverse_pivot = nullptr, *kappa = nullptr;   // [n, c]
  V *s_org = nullptr, *t_org = nullptr;                             // [n, c]
  V *eta = nullptr, *xi = nullptr, *f1 = nullptr, *f2 = nullptr;    // [n]
  V *h = nullptr, *x_free = nullptr;                                // [n]
  V *trial_eta = nullptr, *trial_xi = nullptr, *d_eta = nullptr, *d_xi = nullptr;
  V *old_eta = nullptr, *old_xi = nullptr;
  V* back = nullptr;    // [n, c + 2, c + 1]
  V* matrix = nullptr;  // [(c + 2), (c + 2) + c + 1]
  V* carry = nullptr;   // [c, c + 1]: relative change of y_in, constant last
  V* carry_next = nullptr;
  V* rise = nullptr;  // [c, c + 1]: relative change of x of the stage below
  V* rise_next = nullptr;
  CellWeights<V>* cells = nullptr;  // [c] of the stage at hand
  V* content = nullptr;  // [n, c] mol/h held at the beginning of a pseudo-time step (W = 1)
  double hold = 0.0;     // 1/dt times stage volume over flow

  GADOLIN_INLINE V bypass_of(const FlowsOf<V>& w, std::size_t at) const {
    return bypass == nullptr ? w.bypass : bypass[at];
  }
  GADOLIN_INLINE V pool_of(const FlowsOf<V>& w, std::size_t at) const {
    return pool == nullptr ? w.organic_pool : pool[at];
  }
  GADOLIN_INLINE V distribution(std::size_t at, std::size_t k, V ln_x, V ln_h, V free) const {
    const V ln_d = ln_distribution(law[k], ln_x, ln_h, free);
    return exp(ln_d_shift == nullptr ? ln_d : ln_d + ln_d_shift[at]);
  }
};

/// x, y_in, y_out for the given eta, xi: one elimination per species.
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL void transport(const Team& team, const BankView<W>& b,
                                                  const Lanes<W>* eta, const Lanes<W>* xi) {
  using V = Lanes<W>;
  team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t i) {
    b.h[i] = exp(eta[i]);
    b.x_free[i] = exp(xi[i]);
  });
  team.barrier();
  const V hold(b.hold);
  team.for_each(static_cast<std::size_t>(b.c), [&](std::size_t k) {
    FromBelow<V> below;
    for (int i = 0; i < b.n; ++i) {
      const std::size_t at = static_cast<std::size_t>(i) * b.c + k;
      const FlowsOf<V>& w = b.flows[i];
      const V d = b.distribution(at, k, xi[i], eta[i], b.x_free[i]);
      const V pool = b.pool_of(w, at);
      b.d[at] = d;
      below.s += b.feed_o[at];
      V hold_a(0.0), hold_o(0.0), source = b.feed_a[at];
      if (b.hold > 0.0) {
        hold_a = hold * w.aqueous();
        hold_o = hold * pool;
        source += hold * b.content[at];
      }
      FromBelow<V> above;
      const StagePivot<V> p =
          eliminate_stage(w, b.bypass_of(w, at), pool, d, hold_a, hold_o, source, below, above);
      b.fixed[at] = p.fixed;
      b.inverse_pivot[at] = p.inverse;
      b.kappa[at] = p.kappa;
      b.s_org[at] = below.s;
      b.t_org[at] = below.t;
      below = above;
    }
    V from_above(0.0);
    for (int i = b.n - 1; i >= 0; --i) {
      const std::size_t at = static_cast<std::size_t>(i) * b.c + k;
      const FlowsOf<V>& w = b.flows[i];
      const V x = b.fixed[at] + from_above * b.inverse_pivot[at];
      const V bypass = b.bypass_of(w, at), pool = b.pool_of(w, at);
      const V down = amount_down(w, bypass, pool, b.d[at], x, b.kappa[at], b.s_org[at]);
      const V entering = b.s_org[at] + b.t_org[at] * down;
      b.x[at] = x;
      b.y_in[at] = entering;
      b.y_out[at] = bypass * entering + pool * b.d[at] * x;
      from_above = down;
    }
  });
  team.barrier();
}

/// H + HSO4 + sum p x + Q- and Q+ + Kw/H of one stage: equal at the solution.            (S10)
template <class V>
struct ChargeSides {
  V above, under;
};
template <int W>
GADOLIN_INLINE ChargeSides<Lanes<W>> charge_sides(const BankView<W>& b, std::size_t i) {
  using V = Lanes<W>;
  const FlowsOf<V>& w = b.flows[i];
  V px(0.0);
  for (int k = 0; k < b.c; ++k) px += b.law[k].protons * b.x[i * static_cast<std::size_t>(b.c) + k];
  const V h = b.h[i], zero(0.0);
  const V bisulfate = w.sulfate * h / (V(b.ka2) + h);
  return {h + bisulfate + px + where_positive(w.charge, zero, zero - w.charge),
          V(b.kw) / h + where_positive(w.charge, w.charge, zero)};
}

/// F1, F2 of every stage (S10), after transport().
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL void residuals(const Team& team, const BankView<W>& b) {
  using V = Lanes<W>;
  team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t i) {
    const FlowsOf<V>& w = b.flows[i];
    const std::size_t row = i * static_cast<std::size_t>(b.c);
    V qy(0.0);
    for (int k = 0; k < b.c; ++k) qy += b.law[k].dimers * b.y_out[row + k];
    const auto sides = charge_sides(b, i);
    b.f1[i] = log(sides.above / sides.under);
    b.f2[i] = log((b.x_free[i] + qy / w.organic) / w.extractant);
  });
  team.barrier();
}

template <int W>
struct Merit {
  double squares[W], largest[W];
};
/// Every member adds up alone, in one order: the same bits whatever the team.
template <int W>
GADOLIN_HD inline Merit<W> merit_of(const BankView<W>& b) {
  Merit<W> m;
  for (int l = 0; l < W; ++l) {
    double squares = 0.0, largest = 0.0;
    for (int i = 0; i < b.n; ++i) {
      const double r1 = b.f1[i][l], r2 = b.f2[i][l];
      squares += r1 * r1 + r2 * r2;
      largest = std::fabs(r1) <= largest ? largest : std::fabs(r1);  // takes NaN
      largest = std::fabs(r2) <= largest ? largest : std::fabs(r2);
    }
    const bool finite = squares < 1e300;
    m.squares[l] = finite ? squares : 1e300;
    m.largest[l] = finite ? largest : 1e300;
  }
  return m;
}

}  // namespace gadolin::separation::bank_detail
