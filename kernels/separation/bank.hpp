#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/exec/host_device.hpp"
#include "kernels/exec/item_status.hpp"
#include "kernels/separation/bank_levels.hpp"
#include "kernels/separation/bank_newton.hpp"
#include "kernels/separation/distribution.hpp"
#include "kernels/separation/transport.hpp"

namespace gadolin::separation {

/// Where the arrays of one bank begin in the concatenated arrays of the batch.
struct BankShape {
  std::int32_t stages = 0;
  std::int32_t species = 0;
  std::int32_t warm = 0;       ///< 1: start_ln_h, start_ln_x hold a start
  std::int32_t convex = 1;     ///< every law is stoichiometric
  std::uint64_t law_at = 0;    ///< into law
  std::uint64_t stage_at = 0;  ///< into flows, starts, ln_h, ln_x
  std::uint64_t cell_at = 0;   ///< into feeds, x, y: [stages, species]
  double kw = 1e-14;
  double ka2 = 0.010232929922807542;
};

struct BankOutcome {
  ItemStatus status = ItemStatus::not_converged;
  std::int32_t newton = 0;         ///< Newton iterations in all, those of shorter banks included
  std::int32_t stage_solves = 0;   ///< stages eliminated: iterations times the stages of each
  std::int32_t transient = 0;      ///< pseudo-transient steps taken
  std::int32_t worst_stage = 0;    ///< 0-based
  std::int32_t worst_balance = 0;  ///< 0 proton, 1 extractant
  double residual = 0.0;
};

/// Steady counter-current bank, solved in (ln H, ln X) of every stage with the metals eliminated.
///   unknowns  eta_i, xi_i;  x_k(eta, xi) by (S6)-(S9), exactly
///   F1_i = ln[(H + HSO4 + sum p x + Q-) / (Q+ + Kw/H)],  F2_i = ln[(X + sum q y) / C]       (S10)
/// Newton's direction comes from one structured block elimination per iteration (S11)-(S13); step
/// limit |d| <= 2, backtracking on |F|^2. A cold bank starts as one of five to eight stages, whose
/// profile is drawn out to twice the stages until all are there (S14); where that stalls, by fewer
/// stages at a time and implicit Euler in pseudo-time.
/// in   shape [banks], law, flows, aqueous_feed, organic_feed (mol/h into each stage; the bank's
///      two inlets count as feeds of stage N and stage 1)
///      start_ln_h, start_ln_x: read where shape.warm
///      ln_d_shift [stages, species] added to ln D, bypass [stages, species] 1 - E of each species
///      in place of flows.bypass; null = none
/// out  ln_h, ln_x [stages]; x, y mol/L [stages, species]; outcome [banks]
/// fails  flows or extractant not positive -> out_of_range, x, y untouched
/// cost   about 2 (C+2)^3 flop per stage and iteration; some 6 iterations of the whole bank from a
///        cold start, of them 4 of the last one
/// source docs/theory/separation.md#bank
struct BankArgs {
  const BankShape* shape = nullptr;
  const SpeciesLaw* law = nullptr;
  const StageFlows* flows = nullptr;
  const double* aqueous_feed = nullptr;
  const double* organic_feed = nullptr;
  const double* start_ln_h = nullptr;
  const double* start_ln_x = nullptr;
  const double* ln_d_shift = nullptr;
  const double* bypass = nullptr;
  double* ln_h = nullptr;
  double* ln_x = nullptr;
  double* x = nullptr;
  double* y = nullptr;
  BankOutcome* outcome = nullptr;
  std::int32_t max_stages = 0;  ///< over the batch; sizes scratch and workspace
  std::int32_t max_species = 0;
  std::int32_t lanes = 4;  ///< banks side by side in a team: 4 on the host, 1 on a device
};

/// Doubles needed in scratch (the stage matrix) and workspace, for W banks side by side.
GADOLIN_INLINE std::size_t bank_scratch_doubles(std::size_t species, std::size_t lanes = 1) {
  const std::size_t n = species + 2;
  return lanes * (n * (n + species + 1) + 4 * species * (species + 1) + 11 * species + 12 * n) + 16;
}
GADOLIN_INLINE std::size_t bank_workspace_doubles(std::size_t stages, std::size_t species,
                                                  std::size_t lanes = 1) {
  return lanes * (17 * stages * species + (flow_fields + 24) * stages + 8 * species +
                  stages * (species + 2) * (species + 1)) +
         256;
}

namespace bank_detail {

/// Arrays cut one after the other from one block, 64 bytes apart at least.
class Cutter {
 public:
  GADOLIN_INLINE explicit Cutter(char* at) {
    at_ = at + (64 - reinterpret_cast<std::uintptr_t>(at) % 64) % 64;
  }
  template <class T>
  GADOLIN_INLINE T* take(std::size_t count) {
    T* here = reinterpret_cast<T*>(at_);
    at_ += count * sizeof(T);
    return here;
  }

 private:
  char* at_;
};

/// W banks of the batch on their way: the view the solver works on, and what fills it.
template <int W>
struct Workbench {
  using V = Lanes<W>;
  BankView<W> b;
  const BankShape* shape[W];
  const SpeciesLaw* law[W];
  int stages = 0;
  std::uint8_t* special = nullptr;                      // [stages, W]
  std::int32_t *list = nullptr, *short_list = nullptr;  // [stages, W]
  double* from = nullptr;                               // [stages, W]
  double* gap = nullptr;                                // [stages]
  V *short_eta = nullptr, *short_xi = nullptr;          // [stages]
  V* short_x = nullptr;                                 // [stages, c]
  int short_n = 0;
};

template <int W>
GADOLIN_HD inline Workbench<W> set_up(char* scratch, char* workspace, const std::size_t* items,
                                      const BankArgs& args) {
  using V = Lanes<W>;
  Workbench<W> work;
  BankView<W>& b = work.b;
  for (int l = 0; l < W; ++l) {
    work.shape[l] = args.shape + items[l];
    work.law[l] = args.law + work.shape[l]->law_at;
  }
  b.n = work.stages = work.shape[0]->stages;
  b.c = work.shape[0]->species;
  b.kw = work.shape[0]->kw;
  b.ka2 = work.shape[0]->ka2;
  const std::size_t n = static_cast<std::size_t>(b.n), c = static_cast<std::size_t>(b.c);
  const std::size_t cells = n * c;
  Cutter block(workspace);
  b.law = block.take<LawOf<V>>(c);
  b.flows = block.take<FlowsOf<V>>(n);
  for (V** field : {&b.feed_a, &b.feed_o, &b.d, &b.y_in, &b.y_out, &b.x, &b.fixed, &b.inverse_pivot,
                    &b.kappa, &b.s_org, &b.t_org, &b.content, &work.short_x}) {
    *field = block.take<V>(cells);
  }
  if (args.ln_d_shift != nullptr) b.ln_d_shift = block.take<V>(cells);
  if (args.bypass != nullptr) {
    b.bypass = block.take<V>(cells);
    b.pool = block.take<V>(cells);
  }
  for (V** field : {&b.eta, &b.xi, &b.f1, &b.f2, &b.h, &b.x_free, &b.trial_eta, &b.trial_xi,
                    &b.d_eta, &b.d_xi, &b.old_eta, &b.old_xi, &work.short_eta, &work.short_xi}) {
    *field = block.take<V>(n);
  }
  b.back = block.take<V>(n * (c + 2) * (c + 1));
  work.from = block.take<double>(n * W);
  work.gap = block.take<double>(n);
  work.list = block.take<std::int32_t>(n * W);
  work.short_list = block.take<std::int32_t>(n * W);
  work.special = block.take<std::uint8_t>(n * W);
  Cutter fast(scratch);
  b.matrix = fast.take<V>((c + 2) * (c + 2 + c + 1));
  b.cells = fast.take<CellWeights<V>>(c);
  for (V** field : {&b.carry, &b.carry_next, &b.rise, &b.rise_next}) {
    *field = fast.take<V>(c * (c + 1) + 2);
  }
  return work;
}

/// Flows and feeds of the `count` stages in work.list into the view.
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL void load_stages(const Team& team, Workbench<W>& work,
                                                    const BankArgs& args, int count) {
  BankView<W>& b = work.b;
  b.n = count;
  const std::size_t c = static_cast<std::size_t>(b.c);
  team.for_each(static_cast<std::size_t>(count), [&](std::size_t j) {
    double* flows = reinterpret_cast<double*>(b.flows + j);
    for (int l = 0; l < W; ++l) {
      const BankShape& shape = *work.shape[l];
      const std::size_t i =
          static_cast<std::size_t>(work.list[j * W + static_cast<std::size_t>(l)]);
      const double* one = reinterpret_cast<const double*>(args.flows + shape.stage_at + i);
      for (int field = 0; field < flow_fields; ++field) flows[field * W + l] = one[field];
      const std::size_t cell = shape.cell_at + i * c;
      const auto copy = [&](Lanes<W>* to, const double* numbers) {
        double* lane = reinterpret_cast<double*>(to + j * c) + l;
        for (std::size_t k = 0; k < c; ++k) lane[k * W] = numbers[cell + k];
      };
      copy(b.feed_a, args.aqueous_feed);
      copy(b.feed_o, args.organic_feed);
      if (b.ln_d_shift != nullptr) copy(b.ln_d_shift, args.ln_d_shift);
      if (b.bypass != nullptr) copy(b.bypass, args.bypass);
    }
    if (b.bypass == nullptr) return;
    for (std::size_t k = 0; k < c; ++k) {
      const auto& w = b.flows[j];
      b.pool[j * c + k] = w.organic - b.bypass[j * c + k] * w.organic_main;
    }
  });
  team.barrier();
}

/// Keeps the answer of the present stages as the short bank.
template <class Team, int W>
GADOLIN_HD void keep_short(const Team& team, Workbench<W>& work, bool with_x) {
  const std::size_t n = static_cast<std::size_t>(work.b.n);
  work.short_n = work.b.n;
  team.for_each(n, [&](std::size_t i) {
    work.short_eta[i] = work.b.eta[i];
    work.short_xi[i] = work.b.xi[i];
    for (std::size_t l = 0; l < W; ++l) work.short_list[i * W + l] = work.list[i * W + l];
  });
  if (with_x) {
    team.for_each(n * static_cast<std::size_t>(work.b.c),
                  [&](std::size_t e) { work.short_x[e] = work.b.x[e]; });
  }
  team.barrier();
}

/// Start of the present stages from the short bank.                                         (S14)
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL void start_from_short(const Team& team, Workbench<W>& work) {
  BankView<W>& b = work.b;
  team.single([&] {
    for (std::size_t l = 0; l < W; ++l) {
      draw_out(work.special + l, W, work.short_list + l, work.short_n,
               reinterpret_cast<const double*>(work.short_eta) + l,
               reinterpret_cast<const double*>(work.short_xi) + l, work.list + l, work.gap,
               work.from + l);
    }
  });
  team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t j) {
    for (int l = 0; l < W; ++l) {
      const double place = work.from[j * W + static_cast<std::size_t>(l)];
      const int at =
          static_cast<int>(place) + 1 < work.short_n ? static_cast<int>(place) : work.short_n - 2;
      const double t = place - at;
      set_lane(b.eta[j], l, (1.0 - t) * work.short_eta[at][l] + t * work.short_eta[at + 1][l]);
      set_lane(b.xi[j], l, (1.0 - t) * work.short_xi[at][l] + t * work.short_xi[at + 1][l]);
    }
  });
  team.barrier();
}

/// Contents of the present stages from the short bank, for pseudo-time.
template <class Team>
GADOLIN_HD void contents_from_short(const Team& team, Workbench<1>& work) {
  BankView<1>& b = work.b;
  const std::size_t c = static_cast<std::size_t>(b.c);
  team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t j) {
    const int at = static_cast<int>(work.from[j]) + 1 < work.short_n
                       ? static_cast<int>(work.from[j])
                       : work.short_n - 2;
    const double t = work.from[j] - at;
    const auto free = exp(b.xi[j]);
    for (std::size_t k = 0; k < c; ++k) {
      const std::size_t below = static_cast<std::size_t>(at) * c + k;
      const double x0 = work.short_x[below].v, x1 = work.short_x[below + c].v;
      const double x =
          t == 0.0   ? x0
          : t == 1.0 ? x1
                     : (x0 > 0.0 && x1 > 0.0 ? std::exp((1.0 - t) * std::log(x0) + t * std::log(x1))
                                             : (1.0 - t) * x0 + t * x1);
      b.x[j * c + k] = Lanes<1>(x);
      b.d[j * c + k] = b.distribution(j * c + k, k, b.xi[j], b.eta[j], free);
    }
  });
  team.barrier();
}

constexpr double most_growth = 1.2;  // of |F| by the stages put in at once
constexpr double goal = 2e-14, good_enough = 1e-12, coarse_goal = 1e-2;

/// Every lane by the same sequence of stages; a lane that stalls is left.
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL void solve_in_step(const Team& team, Workbench<W>& work,
                                                      const BankArgs& args, bool convex,
                                                      Progress<W>& progress) {
  const Levels levels = level_sizes(work.stages, 5);
  for (int level = 0; level < levels.count; ++level) {
    const int count = levels.stages[level];
    const bool last = level + 1 == levels.count;
    // Every member finds out for itself which lanes have room; one of them writes the lists.
    for (std::size_t l = 0; l < W; ++l) {
      if (stages_fit(work.special + l, W, work.stages, count)) continue;
      progress.active[l] = false;
      progress.largest[l] = 1e300;
    }
    team.single([&] {
      for (std::size_t l = 0; l < W; ++l) {
        if (choose_stages(work.special + l, W, work.stages, count, work.list + l, W)) continue;
        for (int j = 0; j < count; ++j) work.list[static_cast<std::size_t>(j) * W + l] = j;
        work.list[static_cast<std::size_t>(count - 1) * W + l] = work.stages - 1;
      }
    });
    load_stages(team, work, args, count);
    if (level == 0) {
      first_contact(team, work.b, work.law, convex);
    } else {
      start_from_short(team, work);
    }
    newton(team, work.b, level == 0 ? 25 : 12, last ? goal : coarse_goal, progress);
    if (last) return;
    bool any = false;
    for (int l = 0; l < W; ++l) {
      progress.active[l] = !progress.active[l] && progress.largest[l] <= coarse_goal;
      any = any || progress.active[l];
    }
    if (!any) return;
    keep_short(team, work, false);
  }
}

/// One bank alone: as many stages more as it bears, pseudo-time where it bears none.
template <class Team>
GADOLIN_HD GADOLIN_SEPARATION_CALL void solve_patiently(const Team& team, Workbench<1>& work,
                                                        const BankArgs& args, bool convex,
                                                        Progress<1>& progress,
                                                        std::int32_t& steps) {
  const int specials = count_special(work.special, 1, work.stages);
  const Levels levels = level_sizes(work.stages, specials + 1 > 5 ? specials + 1 : 5);
  int count = levels.stages[0];
  work.short_n = 0;
  for (int attempt = 0; attempt < 200; ++attempt) {
    const bool last = count == work.stages;
    team.single([&] { choose_stages(work.special, 1, work.stages, count, work.list, 1); });
    load_stages(team, work, args, count);
    const int added = count - work.short_n;
    if (work.short_n == 0) {
      first_contact(team, work.b, work.law, convex);
    } else {
      start_from_short(team, work);
      // A species held between extraction and scrub grows by a factor for every stage put in: no
      // more stages at a time than keep that factor small.
      if (added > 1) {
        transport(team, work.b, work.b.eta, work.b.xi);
        residuals(team, work.b);
        const double size = merit_of(work.b).largest[0];
        team.barrier();
        if (size > most_growth) {
          const int fewer = static_cast<int>(added * 0.8 * most_growth / size);
          count = work.short_n + (fewer > 1 ? fewer : 1);
          continue;
        }
      }
    }
    const double target = last ? goal : coarse_goal;
    progress.active[0] = true;
    newton(team, work.b, work.short_n == 0 ? 25 : 12, target, progress);
    if (progress.active[0] && work.short_n == 0) {
      first_contact(team, work.b, work.law, convex);  // a short bank costs little
      share_out(team, work.b);
      march(team, work.b, target, Pace{}, progress, steps);
    }
    if (progress.active[0] && work.short_n > 0 && (added == 1 || attempt > 100)) {
      start_from_short(team, work);
      contents_from_short(team, work);
      const Pace pace{10.0, 3.0, 0.03, 8, 100.0, 30.0, 40};
      march(team, work.b, target, pace, progress, steps);
    }
    if (!progress.active[0]) {
      if (last) return;
      keep_short(team, work, true);
      const int next = count + (2 * added < count ? 2 * added : count);
      count = next < work.stages ? next : work.stages;
      continue;
    }
    if (work.short_n == 0 || added == 1) break;
    count = work.short_n + (added + 1) / 2;
  }
  // From the very beginning, and slowly: loosely first, since the path is not the answer, then true
  // to the transient.
  team.for_each(static_cast<std::size_t>(work.stages),
                [&](std::size_t i) { work.list[i] = static_cast<std::int32_t>(i); });
  team.barrier();
  load_stages(team, work, args, work.stages);
  for (int tight = 0; tight < 2; ++tight) {
    first_contact(team, work.b, work.law, convex);
    share_out(team, work.b);
    Pace pace;
    if (tight == 1) {
      pace.near = 1e-6;
      pace.cap = 12;
    }
    march(team, work.b, goal, pace, progress, steps);
    if (!progress.active[0]) return;
  }
  transport(team, work.b, work.b.eta, work.b.xi);
  residuals(team, work.b);
}

/// W banks of one number of stages and species.
/// in   patient (W = 1 only): fall back on slower ways; else a bank that stalls is not_converged
template <int W, class Team>
GADOLIN_HD void solve_lanes(const Team& team, const std::size_t* items, const BankArgs& args,
                            bool patient) {
  Workbench<W> work = set_up<W>(team.scratch(), team.workspace(), items, args);
  BankView<W>& b = work.b;
  const std::size_t n = static_cast<std::size_t>(work.stages), c = static_cast<std::size_t>(b.c);
  Progress<W> progress;
  bool sound[W];
  bool convex = true;
  for (int l = 0; l < W; ++l) {
    const BankShape& shape = *work.shape[l];
    sound[l] = n >= 1 && b.c >= 0;
    convex = convex && shape.convex != 0;
    for (std::size_t i = 0; i < n; ++i) {
      const StageFlows& w = args.flows[shape.stage_at + i];
      sound[l] = sound[l] && w.aqueous() > 0.0 && w.organic > 0.0 && w.organic_pool > 0.0 &&
                 w.extractant > 0.0 && std::fabs(w.charge) < 1e300;
      b.rises = b.rises || w.aqueous_up > 0.0;
      b.falls = b.falls || w.share_down > 0.0;
    }
    progress.active[l] = sound[l];
    progress.largest[l] = 1e300;
    progress.count[l] = 0;
    progress.stage_solves[l] = 0;
  }
  team.for_each(c, [&](std::size_t k) {
    double* to = reinterpret_cast<double*>(b.law + k);
    for (int l = 0; l < W; ++l) {
      const double* one = reinterpret_cast<const double*>(work.law[l] + k);
      for (int field = 0; field < 7; ++field) to[field * W + l] = one[field];
    }
  });
  team.for_each(n, [&](std::size_t i) {
    for (int l = 0; l < W; ++l) {
      const BankShape& shape = *work.shape[l];
      const StageFlows& w = args.flows[shape.stage_at + i];
      bool own = i == 0 || i + 1 == n || w.aqueous_drawn > 0.0 || w.share_drawn > 0.0;
      for (std::size_t k = 0; k < c && !own; ++k) {
        own = args.aqueous_feed[shape.cell_at + i * c + k] > 0.0 ||
              args.organic_feed[shape.cell_at + i * c + k] > 0.0;
      }
      // A feed without metal shows in the flows.
      if (!own) {
        const StageFlows& below = args.flows[shape.stage_at + i - 1];
        const StageFlows& above = args.flows[shape.stage_at + i + 1];
        own = std::fabs(w.aqueous_down - above.aqueous_down) > 1e-3 * w.aqueous_down ||
              std::fabs(w.organic - below.organic) > 1e-3 * w.organic;
      }
      work.special[i * W + static_cast<std::size_t>(l)] = own ? 1 : 0;
    }
  });
  team.barrier();
  std::int32_t steps = 0;
  bool any = false;
  for (int l = 0; l < W; ++l) any = any || sound[l];
  if (any) {
    bool warm = true;
    for (int l = 0; l < W; ++l) warm = warm && work.shape[l]->warm != 0;
    if (warm) {
      team.for_each(n * W, [&](std::size_t e) { work.list[e] = static_cast<std::int32_t>(e / W); });
      team.barrier();
      load_stages(team, work, args, work.stages);
      team.for_each(n, [&](std::size_t i) {
        for (int l = 0; l < W; ++l) {
          set_lane(b.eta[i], l, args.start_ln_h[work.shape[l]->stage_at + i]);
          set_lane(b.xi[i], l, args.start_ln_x[work.shape[l]->stage_at + i]);
        }
      });
      team.barrier();
      newton(team, b, 40, goal, progress);
    }
    if constexpr (W == 1) {
      if (patient && progress.active[0]) {
        solve_patiently(team, work, args, convex, progress, steps);
        warm = true;
      }
    }
    if (!warm) solve_in_step(team, work, args, convex, progress);
  }
  const bool complete = b.n == work.stages;
  for (int l = 0; l < W; ++l) {
    BankOutcome outcome;
    outcome.status = ItemStatus::out_of_range;
    if (sound[l]) {
      const BankShape& shape = *work.shape[l];
      outcome.newton = progress.count[l];
      outcome.stage_solves = progress.stage_solves[l];
      outcome.transient = steps;
      outcome.residual = 0.0;
      for (int i = 0; i < b.n && complete; ++i) {
        for (int which = 0; which < 2; ++which) {
          const double r = std::fabs(which == 0 ? b.f1[i][l] : b.f2[i][l]);
          if (r <= outcome.residual) continue;
          outcome.residual = r;
          outcome.worst_stage = i;
          outcome.worst_balance = which;
        }
      }
      if (!complete || !(progress.largest[l] < 1e300)) outcome.residual = 1e300;
      outcome.status = outcome.residual <= good_enough ? ItemStatus::ok : ItemStatus::not_converged;
      if (complete) {
        team.for_each(n, [&](std::size_t i) {
          args.ln_h[shape.stage_at + i] = b.eta[i][l];
          args.ln_x[shape.stage_at + i] = b.xi[i][l];
          const double organic = b.flows[i].organic[l];
          for (std::size_t k = 0; k < c; ++k) {
            args.x[shape.cell_at + i * c + k] = b.x[i * c + k][l];
            args.y[shape.cell_at + i * c + k] = b.y_out[i * c + k][l] / organic;
          }
        });
      }
    }
    team.single([&] { args.outcome[items[l]] = outcome; });
  }
}

}  // namespace bank_detail

/// Banks that lie side by side in one group, on the host one per lane.
constexpr std::size_t bank_group = 4;

/// Body of the group kernel: four banks of equal stages, species and warm; order [4 * groups] names
/// them (one named twice is solved twice to the same bits). A bank that stalls is not_converged:
/// solve_bank() is for those.
template <class Team>
GADOLIN_HD void solve_bank_group(const Team& team, std::size_t group, const BankArgs& args,
                                 const std::uint32_t* order) {
  constexpr int width = Team::lanes;
  static_assert(bank_group % width == 0);
  for (std::size_t first = 0; first < bank_group; first += width) {
    std::size_t items[width];
    for (int l = 0; l < width; ++l) {
      items[l] = order[group * bank_group + first + static_cast<std::size_t>(l)];
    }
    if (width == 1 && first > 0 && items[0] == order[group * bank_group + first - 1]) continue;
    bank_detail::solve_lanes<width>(team, items, args, false);
    team.barrier();
  }
}

/// Body of the bank kernel; see BankArgs.
template <class Team>
GADOLIN_HD void solve_bank(const Team& team, std::size_t item, const BankArgs& args) {
  bank_detail::solve_lanes<1>(team, &item, args, true);
}

}  // namespace gadolin::separation
