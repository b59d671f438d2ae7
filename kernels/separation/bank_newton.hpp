#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/separation/bank_direction.hpp"
#include "kernels/separation/bank_slide.hpp"

/// Newton's method on a bank, its start, and implicit Euler in pseudo-time.
namespace gadolin::separation::bank_detail {

/// How far a bank came.
struct Progress {
  bool active = true;  ///< not solved yet
  double largest = 1e300;
  int count = 0;
  int stage_solves = 0;
  double first_step = 0.0;  ///< longest change of ln H, ln X at the beginning of the last call
};

/// Direction (of any ln H, ln X) that stands for a front to be moved.
constexpr double far = 2.0;

/// How newton() iterates.
struct Manner {
  int cap = 12;           ///< iterations
  double target = 1e-2;   ///< |F| at which the bank is done
  double wall = 1e300;    ///< direction that is worth no trial
  double excess = 1e300;  ///< |F| at the beginning that is worth no iteration
  int least = 0;          ///< iterations that are made in any case
  bool bold = true;       ///< gives up early
  int slides = 2;         ///< fronts moved as a whole, where bold
};

/// Damped Newton at the current hold, from b.eta, b.xi.
/// out  progress.active false where the target was met, or |F| below rounding no longer improves;
///      largest |F|; b at the answer
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL void newton(const Team& team, BankView<W>& b,
                                               const Manner& manner, Progress& progress) {
  constexpr double rounding = 1e-11;
  transport(team, b, b.eta, b.xi);
  residuals(team, b);
  Merit now = merit_of(b);
  team.barrier();
  int crawling = 0, slides = manner.bold ? manner.slides : 0;
  double before = 1e300;
  bool stale = false;                             // x, y belong to a trial that was not taken
  const bool each = manner.bold && b.hold > 0.0;  // stages are held back one by one, not together
  const bool hopeless = now.largest > manner.excess;
  for (int it = 0; it < manner.cap + (now.largest < 0.02 ? 8 : 0) && !hopeless; ++it) {
    if (now.largest <= manner.target && it >= manner.least && (!each || it == 0 || before < 1.0)) {
      progress.active = false;
      break;
    }
    direction(team, b);
    const double longest = longest_step(b);
    if (it == 0) progress.first_step = longest;
    ++progress.count;
    progress.stage_solves += b.n;
    if (longest > far && slides > 0 && now.largest < 4.0 && now.largest > 0.02) {
      Merit moved;
      if (slide(team, b, now.squares, moved)) {
        take_trial(team, b);
        now = moved;
        before = 0.0;
        --slides;
        continue;
      }
      slides = 0;
      transport(team, b, b.eta, b.xi);
      residuals(team, b);
    }
    if (!(longest < manner.wall)) break;
    // Directions that do not shorten: a plateau that has not formed yet.
    if (each && it >= 3 && longest > 1.0 && longest > 0.8 * before && now.largest > 0.15) break;
    if (manner.wall < 1e300 && it > 0 && now.largest > 0.05 && longest > far &&
        longest > 0.9 * before)
      break;
    before = longest;
    const double most = each ? 2.0 : 1e300;
    double scale = !each && longest > 2.0 ? 2.0 / longest : 1.0;
    Merit next;
    bool better = false;
    for (int cut = 0; cut < 12; ++cut) {
      team.barrier();  // everyone has read what the trial overwrites
      team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t i) {
        // Together, H and X change D and the balances little where both phases are full; apart,
        // much.
        const double common = 0.5 * (b.d_eta[i] + b.d_xi[i]),
                     apart = 0.5 * (b.d_eta[i] - b.d_xi[i]);
        const double together = std::fmax(-most, std::fmin(most, common));
        const double against = std::fmax(-most, std::fmin(most, apart));
        b.trial_eta[i] = b.eta[i] + scale * (together + against);
        b.trial_xi[i] = b.xi[i] + scale * (together - against);
      });
      team.barrier();
      transport(team, b, b.trial_eta, b.trial_xi);
      residuals(team, b);
      next = merit_of(b);
      // In a valley, where a front moves while |F| hardly changes, a full step may climb a little.
      const bool near = it < 10 && next.largest < 0.8 && now.largest > 1e-6;
      better = near || next.squares < (1.0 - 1e-4 * scale) * now.squares;
      if (better || now.largest < rounding) break;
      scale *= 0.5;
    }
    team.barrier();
    if (!better) {
      // Nothing better: at rounding level that is the answer, elsewhere a wall.
      stale = true;
      if (now.largest < rounding) progress.active = false;
      break;
    }
    take_trial(team, b);
    const bool flat = next.largest > 0.5 * now.largest && next.largest < rounding;
    now = next;
    if (flat) {
      progress.active = false;
      break;
    }
    if (scale < 0.02 && b.hold == 0.0 && ++crawling > 4) break;
  }
  if (now.largest <= manner.target && (!each || before < 1.0)) progress.active = false;
  progress.largest = now.largest;
  if (stale) {
    transport(team, b, b.eta, b.xi);
    residuals(team, b);
  }
}

/// (eta, xi) of every stage by its own equilibrium, for the amounts b.fixed [mol/h] it holds in
/// contact and b.y_in [mol/h] that passes by in the organic.
/// in   law [c]; convex: all stoichiometric
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL void settle(const Team& team, const BankView<W>& b,
                                               const SpeciesLaw* law, bool convex) {
  team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t i) {
    const StageFlows& w = b.flows[i];
    const std::size_t row = b.cell(static_cast<int>(i), 0);
    double passed = 0.0;
    for (int k = 0; k < b.c; ++k) {
      passed += law[k].dimers * of_species<W>(b.y_in + row, static_cast<std::size_t>(k));
    }
    StageProblem s;
    s.law = law;
    const auto numbers = [&](const Lanes<W>* of) {
      return of == nullptr ? nullptr : reinterpret_cast<const double*>(of + row);
    };
    s.ln_d_shift = numbers(b.ln_d_shift);
    s.pool = numbers(b.pool);
    s.total = numbers(b.fixed);
    s.species = b.c;
    s.aqueous = w.aqueous();
    s.organic_pool = w.organic_pool;
    s.organic = w.organic;
    s.charge = w.charge;
    s.extractant = std::fmax(w.extractant - passed / s.organic, 1e-3 * w.extractant);
    s.acid.kw = b.kw;
    s.acid.ka2 = b.ka2;
    s.acid.sulfate = w.sulfate;
    s.convex = convex;
    StageState state;
    state.ln_h = b.eta[i];
    state.ln_x = b.xi[i];
    solve_stage(s, state);
    b.eta[i] = state.ln_h;
    b.xi[i] = state.ln_x;
  });
  team.barrier();
}

/// D and x of what a stage holds: content b.fixed [mol/h] at eta, xi.
template <class Team, int W>
GADOLIN_HD void share_out(const Team& team, const BankView<W>& b) {
  using V = Lanes<W>;
  team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t i) {
    const double free = std::exp(b.xi[i]);
    const StageFlows& w = b.flows[i];
    for (int p = 0; p < b.packs; ++p) {
      const std::size_t at = b.cell(static_cast<int>(i), p);
      b.d[at] = b.distribution(at, p, b.xi[i], b.eta[i], free);
      b.x[at] = b.fixed[at] / (V(w.aqueous()) + b.pool_of(w, at) * b.d[at]);
    }
  });
  team.barrier();
}

/// The state before the bank starts: every stage holds its mixed aqueous and organic feeds as if no
/// metal had moved (b.fixed), then comes to equilibrium alone.
template <class Team, int W>
GADOLIN_HD void first_contact(const Team& team, const BankView<W>& b, const SpeciesLaw* law,
                              bool convex) {
  using V = Lanes<W>;
  team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t i) {
    const StageFlows& w = b.flows[i];
    b.eta[i] = std::log(w.charge > 0.0 ? 0.3 * w.charge + 1e-4 : 1e-8);
    b.xi[i] = std::log(0.5 * w.extractant);
  });
  team.for_each(static_cast<std::size_t>(b.packs), [&](std::size_t e) {
    const int p = static_cast<int>(e);
    V carried(0.0);
    for (int i = b.n - 1; i >= 0; --i) {
      const std::size_t at = b.cell(i, p);
      const StageFlows& w = b.flows[i];
      const V x = (carried + b.feed_a[at]) / V(w.aqueous());
      b.fixed[at] = x * V(w.aqueous());
      carried = x * V(w.aqueous_down);
    }
    carried = V(0.0);
    for (int i = 0; i < b.n; ++i) {
      const std::size_t at = b.cell(i, p);
      const StageFlows& w = b.flows[i];
      const V y = (carried + b.feed_o[at]) / V(w.organic);
      const V pool = b.pool_of(w, at);
      b.fixed[at] += y * pool;
      b.y_in[at] = y * (V(w.organic) - pool);  // what bypasses
      carried = y * V(w.organic * w.share_up);
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
  double wall = 1e300;    ///< direction beyond which plain Newton is not near yet
  double careful = 1.4;   ///< growth after a failure, rising again by half of itself
  int failures = 1000;    ///< of steps, after which the march is given up
  double leap = 1.0;      ///< greatest growth where a step changed next to nothing
  double excess = 1e300;  ///< |F| beyond which plain Newton is not tried
  bool bold = false;      ///< as Manner
};

/// Implicit Euler in pseudo-time from the content b.x, b.d of the stages until plain Newton takes
/// over. Every step makes one iteration at least: |F| is small where fronts move slowly, too.
/// in   target |F|, as newton(); progress.active
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL void march(const Team& team, BankView<W>& b, double target,
                                              const Pace& pace, Progress& progress,
                                              std::int32_t& steps) {
  using V = Lanes<W>;
  const std::size_t n = static_cast<std::size_t>(b.n);
  const auto copy = [&](double* to_eta, double* to_xi, const double* eta, const double* xi) {
    team.for_each(n, [&](std::size_t i) {
      to_eta[i] = eta[i];
      to_xi[i] = xi[i];
    });
    team.barrier();
  };
  constexpr double easy = 0.15;  // change of ln H, ln X that one iteration bears well
  double dt = pace.first, try_steady_at = pace.try_steady, growth = pace.growth;
  int failures = 0;
  for (int step = 0; step < pace.steps; ++step) {
    ++steps;
    team.for_each(n, [&](std::size_t i) {
      const StageFlows& w = b.flows[i];
      for (int p = 0; p < b.packs; ++p) {
        const std::size_t at = b.cell(static_cast<int>(i), p);
        b.content[at] = b.x[at] * (V(w.aqueous()) + b.pool_of(w, at) * b.d[at]);
      }
    });
    copy(b.old_eta, b.old_xi, b.eta, b.xi);
    bool done = false;
    for (int shorter = 0; shorter < 14 && failures <= pace.failures; ++shorter) {
      b.hold = 1.0 / dt;
      progress.active = true;
      Manner manner;
      manner.cap = pace.cap;
      manner.target = pace.near;
      manner.least = 1;
      manner.bold = pace.bold;
      newton(team, b, manner, progress);
      done = !progress.active;
      if (done) break;
      copy(b.eta, b.xi, b.old_eta, b.old_xi);
      dt *= 0.25;
      ++failures;
      growth = pace.careful;
    }
    if (!done) break;
    const double leap =
        progress.first_step * pace.leap > easy ? easy / progress.first_step : pace.leap;
    dt *= leap > growth ? leap : growth;
    growth = 1.5 * growth < pace.growth ? 1.5 * growth : pace.growth;
    if (dt > pace.longest) break;
    if (dt < try_steady_at) continue;
    copy(b.old_eta, b.old_xi, b.eta, b.xi);
    b.hold = 0.0;
    progress.active = true;
    Manner manner;
    manner.cap = 15;
    manner.target = target;
    manner.wall = pace.wall;
    manner.excess = pace.excess;
    manner.bold = pace.bold;
    newton(team, b, manner, progress);
    if (!progress.active) return;
    // Not near enough yet: on in time from where the transient stood.
    copy(b.eta, b.xi, b.old_eta, b.old_xi);
    b.hold = growth / dt;
    transport(team, b, b.eta, b.xi);
    try_steady_at *= pace.again;
  }
  b.hold = 0.0;
  progress.active = true;
}

/// How follow_leak() walks.
struct LeakPace {
  double first = 0.3;      ///< leak at the beginning, 1 / stage volume: metal stays a few stages
  double lowest = 1e-9;    ///< next to none
  double step = 3.0;       ///< first step of ln leak
  double near = 1e-2;      ///< |F| at which a point of the path is good enough
  double change = 0.7;     ///< of any ln H, ln X foreseen for a step
  double shortest = 1e-5;  ///< step at which the path is given up
  int points = 300;
  int cap = 5;  ///< Newton iterations per point
};

/// The steady state of a bank whose stages lose a share of all metal, the leak, followed from a
/// large leak to none (S15). Nothing can be held between extraction and scrub where it leaks away
/// before: the path starts easy and goes to the answer without turning back. Extrapolated over the
/// last two points.
/// in   eta, xi, eta_before, xi_before: scratch [n]
/// out  progress as newton(); points counted
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL void follow_leak(const Team& team, BankView<W>& b,
                                                    const SpeciesLaw* law, bool convex,
                                                    double target, double* eta, double* xi,
                                                    Progress& progress, std::int32_t& points) {
  using V = Lanes<W>;
  const LeakPace pace;
  const std::size_t n = static_cast<std::size_t>(b.n);
  team.for_each(n * static_cast<std::size_t>(b.packs),
                [&](std::size_t e) { b.content[e] = V(0.0); });
  first_contact(team, b, law, convex);
  b.hold = pace.first;
  progress.active = true;
  Manner manner;
  manner.bold = false;
  manner.cap = 40;
  manner.target = 0.1 * pace.near;
  newton(team, b, manner, progress);
  const double end = std::log(pace.first / pace.lowest);
  double at = 0.0, before = 0.0, step = pace.step, speed = 0.0;
  bool fresh = true;  // b.eta, b.xi are a new point of the path
  while (!progress.active || !fresh) {
    if (fresh) {
      double fastest = 0.0;
      if (at > before) {
        for (std::size_t i = 0; i < n; ++i) {
          const double h = std::fabs(b.eta[i] - eta[i]), x = std::fabs(b.xi[i] - xi[i]);
          fastest = std::fmax(fastest, std::fmax(h, x));
        }
        speed = fastest / (at - before);
      }
      team.barrier();
      team.for_each(n, [&](std::size_t i) {
        b.old_eta[i] = eta[i];
        b.old_xi[i] = xi[i];
        eta[i] = b.eta[i];
        xi[i] = b.xi[i];
      });
      team.barrier();
    }
    if (speed * step > pace.change) step = pace.change / speed;
    if (step < pace.shortest || ++points > pace.points) break;
    const bool last = at + step >= end;
    const double next = last ? end : at + step;
    const double ahead = at > before ? (next - at) / (at - before) : 0.0;
    team.for_each(n, [&](std::size_t i) {
      b.eta[i] = ahead > 0.0 ? eta[i] + ahead * (eta[i] - b.old_eta[i]) : eta[i];
      b.xi[i] = ahead > 0.0 ? xi[i] + ahead * (xi[i] - b.old_xi[i]) : xi[i];
    });
    team.barrier();
    b.hold = last ? 0.0 : pace.first * std::exp(-next);
    const int count = progress.count;
    progress.active = true;
    manner.cap = last ? 12 : pace.cap;
    manner.target = last ? target : pace.near;
    newton(team, b, manner, progress);
    fresh = !progress.active;
    if (!fresh) {
      step = 0.3 * (next - at);
      continue;
    }
    if (last) break;
    before = at;
    at = next;
    const int needed = progress.count - count;
    step *= needed <= 1 ? 3.0 : needed == 2 ? 2.0 : needed == 3 ? 1.3 : 0.8;
  }
  if (b.hold > 0.0) progress.active = true;
  b.hold = 0.0;
}

}  // namespace gadolin::separation::bank_detail
