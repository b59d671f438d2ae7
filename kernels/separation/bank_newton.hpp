#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/separation/bank_direction.hpp"

/// Newton's method on a bank, its start, and implicit Euler in pseudo-time.
namespace gadolin::separation::bank_detail {

/// Newton's method of W lanes in step: who still works, and how far each came.
template <int W>
struct Progress {
  bool active[W];
  double largest[W];
  int count[W];
  int stage_solves[W];
};

/// Damped Newton at the current hold, from b.eta, b.xi. Lanes that are done, or were not active,
/// stand still.
/// in   cap iterations; target |F| at which a lane is done; rest |F| below which a lane that no
///      longer improves is done too
/// out  progress.active false where target or rest was met; largest |F|; b at the answer
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL void newton(const Team& team, const BankView<W>& b, int cap,
                                               double target, Progress<W>& progress) {
  using V = Lanes<W>;
  constexpr double rounding = 1e-11;
  transport(team, b, b.eta, b.xi);
  residuals(team, b);
  Merit<W> now = merit_of(b);
  team.barrier();
  bool working[W];
  int crawling[W];
  bool stale = false;  // x, y belong to a trial that was not taken
  for (int l = 0; l < W; ++l) {
    working[l] = progress.active[l];
    crawling[l] = 0;
    progress.largest[l] = now.largest[l];
  }
  for (int it = 0; it < cap; ++it) {
    bool any = false;
    for (int l = 0; l < W; ++l) {
      if (working[l] && now.largest[l] <= target) {
        working[l] = false;
        progress.active[l] = false;
      }
      any = any || working[l];
    }
    if (!any) break;
    direction(team, b);
    stale = false;
    V scale(0.0);
    for (int l = 0; l < W; ++l) {
      if (!working[l]) continue;
      double longest = 0.0;
      for (int i = 0; i < b.n; ++i) {
        const double h = std::fabs(b.d_eta[i][l]), x = std::fabs(b.d_xi[i][l]);
        longest = h <= longest ? longest : h;  // takes NaN
        longest = x <= longest ? longest : x;
      }
      ++progress.count[l];
      progress.stage_solves[l] += b.n;
      if (!(longest < 1e300)) {
        working[l] = false;
        continue;
      }
      set_lane(scale, l, longest > 2.0 ? 2.0 / longest : 1.0);
    }
    Merit<W> next;
    bool better[W] = {};
    for (int cut = 0; cut < 12; ++cut) {
      team.barrier();  // everyone has read what the trial overwrites
      team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t i) {
        b.trial_eta[i] = where_positive(scale, b.eta[i] + scale * b.d_eta[i], b.eta[i]);
        b.trial_xi[i] = where_positive(scale, b.xi[i] + scale * b.d_xi[i], b.xi[i]);
      });
      team.barrier();
      transport(team, b, b.trial_eta, b.trial_xi);
      residuals(team, b);
      next = merit_of(b);
      bool again = false;
      for (int l = 0; l < W; ++l) {
        if (!working[l]) continue;
        // In a valley, where a front moves while |F| hardly changes, a full step may climb a
        // little.
        const bool near = it < 8 && next.largest[l] < 0.6 && now.largest[l] > 1e-6;
        better[l] = near || next.squares[l] < (1.0 - 1e-4 * scale[l]) * now.squares[l];
        if (better[l] || now.largest[l] < rounding) continue;
        set_lane(scale, l, 0.5 * scale[l]);
        again = true;
      }
      if (!again) break;
    }
    team.barrier();
    // A lane that found nothing better stays where it was: at rounding level that is the answer,
    // elsewhere a wall.
    V take(0.0);
    for (int l = 0; l < W; ++l) {
      if (!working[l]) continue;
      if (better[l]) {
        set_lane(take, l, 1.0);
        if (scale[l] < 0.02 && b.hold == 0.0 && ++crawling[l] > 4) working[l] = false;
        if (next.largest[l] > 0.5 * now.largest[l] && next.largest[l] < rounding) {
          working[l] = false;
          progress.active[l] = false;
        }
        now.squares[l] = next.squares[l];
        now.largest[l] = next.largest[l];
      } else {
        working[l] = false;
        stale = true;
        if (now.largest[l] < rounding) progress.active[l] = false;
      }
      progress.largest[l] = now.largest[l];
    }
    team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t i) {
      b.eta[i] = where_positive(take, b.trial_eta[i], b.eta[i]);
      b.xi[i] = where_positive(take, b.trial_xi[i], b.xi[i]);
    });
    team.barrier();
  }
  for (int l = 0; l < W; ++l) {
    if (working[l] && now.largest[l] <= target) progress.active[l] = false;
  }
  if (stale) {
    transport(team, b, b.eta, b.xi);
    residuals(team, b);
  }
}

/// (eta, xi) of every stage by its own equilibrium, for the amounts b.fixed [mol/h] it holds in
/// contact and b.y_in [mol/h] that passes by in the organic.
/// in   law [W][c]: the laws of each lane as numbers; convex: all stoichiometric
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL void settle(const Team& team, const BankView<W>& b,
                                               const SpeciesLaw* const* law, bool convex) {
  team.for_each(static_cast<std::size_t>(b.n) * W, [&](std::size_t e) {
    const std::size_t i = e / W;
    const int l = static_cast<int>(e % W);
    const auto& w = b.flows[i];
    const std::size_t row = i * static_cast<std::size_t>(b.c);
    double passed = 0.0;
    for (int k = 0; k < b.c; ++k) passed += b.law[k].dimers[l] * b.y_in[row + k][l];
    StageProblem s;
    s.law = law[l];
    const auto numbers = [&](const Lanes<W>* of) {
      return of == nullptr ? nullptr : reinterpret_cast<const double*>(of + row) + l;
    };
    s.ln_d_shift = numbers(b.ln_d_shift);
    s.pool = numbers(b.pool);
    s.total = numbers(b.fixed);
    s.stride = W;
    s.species = b.c;
    s.aqueous = w.aqueous()[l];
    s.organic_pool = w.organic_pool[l];
    s.organic = w.organic[l];
    s.charge = w.charge[l];
    s.extractant = std::fmax(w.extractant[l] - passed / s.organic, 1e-3 * w.extractant[l]);
    s.acid.kw = b.kw;
    s.acid.ka2 = b.ka2;
    s.acid.sulfate = w.sulfate[l];
    s.convex = convex;
    StageState state;
    state.ln_h = b.eta[i][l];
    state.ln_x = b.xi[i][l];
    solve_stage(s, state);
    set_lane(b.eta[i], l, state.ln_h);
    set_lane(b.xi[i], l, state.ln_x);
  });
  team.barrier();
}

/// D and x of what a stage holds: content b.fixed [mol/h] at eta, xi.
template <class Team, int W>
GADOLIN_HD void share_out(const Team& team, const BankView<W>& b) {
  team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t i) {
    const auto free = exp(b.xi[i]);
    for (int k = 0; k < b.c; ++k) {
      const std::size_t at = i * static_cast<std::size_t>(b.c) + static_cast<std::size_t>(k);
      const auto& w = b.flows[i];
      b.d[at] = b.distribution(at, static_cast<std::size_t>(k), b.xi[i], b.eta[i], free);
      b.x[at] = b.fixed[at] / (w.aqueous() + b.pool_of(w, at) * b.d[at]);
    }
  });
  team.barrier();
}

/// The state before the bank starts: every stage holds its mixed aqueous and organic feeds as if no
/// metal had moved (b.fixed), then comes to equilibrium alone.
template <class Team, int W>
GADOLIN_HD void first_contact(const Team& team, const BankView<W>& b, const SpeciesLaw* const* law,
                              bool convex) {
  using V = Lanes<W>;
  team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t i) {
    const auto& w = b.flows[i];
    b.eta[i] = log(where_positive(w.charge, V(0.3) * w.charge + V(1e-4), V(1e-8)));
    b.xi[i] = log(V(0.5) * w.extractant);
  });
  team.for_each(static_cast<std::size_t>(b.c), [&](std::size_t k) {
    V carried(0.0);
    for (int i = b.n - 1; i >= 0; --i) {
      const std::size_t at = static_cast<std::size_t>(i) * b.c + k;
      const auto& w = b.flows[i];
      const V x = (carried + b.feed_a[at]) / w.aqueous();
      b.fixed[at] = x * w.aqueous();
      carried = x * w.aqueous_down;
    }
    carried = V(0.0);
    for (int i = 0; i < b.n; ++i) {
      const std::size_t at = static_cast<std::size_t>(i) * b.c + k;
      const auto& w = b.flows[i];
      const V y = (carried + b.feed_o[at]) / w.organic;
      const V pool = b.pool_of(w, at);
      b.fixed[at] += y * pool;
      b.y_in[at] = y * (w.organic - pool);  // what bypasses
      carried = y * w.organic * w.share_up;
    }
  });
  team.barrier();
  settle(team, b, law, convex);
}

/// How march() walks.
struct Pace {
  double first = 0.05;       ///< first step, in stage volumes
  double growth = 3.0;       ///< of the step after a success
  double near = 0.05;        ///< |F| at which a step is good enough
  int cap = 8;               ///< Newton iterations per step
  double try_steady = 10.0;  ///< first step at which plain Newton is tried
  double again = 10.0;       ///< factor on it after a failure
  int steps = 300;
  double longest = 1e12;  ///< as good as steady
};

/// Implicit Euler in pseudo-time from the content b.x, b.d of the stages until plain Newton takes
/// over. One bank alone.
/// in   target |F|, as newton(); progress.active[0]
template <class Team>
GADOLIN_HD GADOLIN_SEPARATION_CALL void march(const Team& team, BankView<1>& b, double target,
                                              const Pace& pace, Progress<1>& progress,
                                              std::int32_t& steps) {
  const std::size_t n = static_cast<std::size_t>(b.n);
  const std::size_t cells = n * static_cast<std::size_t>(b.c);
  const auto copy = [&](Lanes<1>* to_eta, Lanes<1>* to_xi, const Lanes<1>* eta,
                        const Lanes<1>* xi) {
    team.for_each(n, [&](std::size_t i) {
      to_eta[i] = eta[i];
      to_xi[i] = xi[i];
    });
    team.barrier();
  };
  double dt = pace.first, try_steady_at = pace.try_steady;
  for (int step = 0; step < pace.steps; ++step) {
    ++steps;
    team.for_each(cells, [&](std::size_t e) {
      const auto& w = b.flows[e / static_cast<std::size_t>(b.c)];
      b.content[e] = b.x[e] * (w.aqueous() + b.pool_of(w, e) * b.d[e]);
    });
    copy(b.old_eta, b.old_xi, b.eta, b.xi);
    bool done = false;
    for (int shorter = 0; shorter < 14; ++shorter) {
      b.hold = 1.0 / dt;
      progress.active[0] = true;
      newton(team, b, pace.cap, pace.near, progress);
      done = !progress.active[0];
      if (done) break;
      copy(b.eta, b.xi, b.old_eta, b.old_xi);
      dt *= 0.25;
    }
    if (!done) break;
    dt *= pace.growth;
    if (dt > pace.longest) break;
    if (dt < try_steady_at) continue;
    copy(b.old_eta, b.old_xi, b.eta, b.xi);
    b.hold = 0.0;
    progress.active[0] = true;
    newton(team, b, 15, target, progress);
    if (!progress.active[0]) return;
    // Not near enough yet: on in time from where the transient stood.
    copy(b.eta, b.xi, b.old_eta, b.old_xi);
    b.hold = pace.growth / dt;
    transport(team, b, b.eta, b.xi);
    try_steady_at *= pace.again;
  }
  b.hold = 0.0;
  progress.active[0] = true;
}

}  // namespace gadolin::separation::bank_detail
