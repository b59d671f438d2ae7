#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/exec/host_device.hpp"
#include "kernels/exec/item_status.hpp"
#include "kernels/separation/bank_flood.hpp"
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
  std::int32_t fallbacks = 0;      ///< times the plain sequence of lengths did not do
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
/// stages at a time and implicit Euler in pseudo-time. On the host the species of one bank lie in
/// the lanes of a vector, on a device each has a thread.
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
};

/// Species filled up to whole packs of the widest team.
GADOLIN_INLINE std::size_t padded_species(std::size_t species) { return (species + 3) / 4 * 4; }
/// Doubles needed in scratch (the stage matrix) and workspace.
GADOLIN_INLINE std::size_t bank_scratch_doubles(std::size_t species) {
  const std::size_t c = padded_species(species), rows = species + 2;
  return rows * (2 * c + 4) + 4 * species * (c + 1) + 13 * c + rows +
         bank_detail::elimination_doubles<4>(species) + 160;
}
GADOLIN_INLINE std::size_t bank_workspace_doubles(std::size_t stages, std::size_t species) {
  const std::size_t c = padded_species(species), rows = species + 2;
  return 17 * stages * c + (flow_fields + 18) * stages + 7 * c + stages * rows * (c + 1) + 512;
}

namespace bank_detail {

/// Arrays cut one after the other from one block, each at the beginning of 64 bytes.
class Cutter {
 public:
  GADOLIN_INLINE explicit Cutter(char* at) : at_(at) {}
  template <class T>
  GADOLIN_INLINE T* take(std::size_t count) {
    at_ += (64 - reinterpret_cast<std::uintptr_t>(at_) % 64) % 64;
    T* here = reinterpret_cast<T*>(at_);
    at_ += count * sizeof(T);
    return here;
  }

 private:
  char* at_;
};

/// One bank of the batch on its way: the view the solver works on, and what fills it.
template <int W>
struct Workbench {
  using V = Lanes<W>;
  BankView<W> b;
  const BankShape* shape = nullptr;
  const SpeciesLaw* law = nullptr;
  int stages = 0;
  std::uint8_t *special = nullptr, *present = nullptr;  // [stages]: of the bank, of its view
  std::int32_t *list = nullptr, *short_list = nullptr;  // [stages]
  double *from = nullptr, *gap = nullptr;               // [stages]
  double *short_eta = nullptr, *short_xi = nullptr;     // [stages]
  V* short_x = nullptr;                                 // [stages, packs]
  int short_n = 0;
};

template <class Team, int W>
GADOLIN_HD inline void set_up(const Team& team, std::size_t item, const BankArgs& args,
                              Workbench<W>& work) {
  using V = Lanes<W>;
  BankView<W>& b = work.b;
  work.shape = args.shape + item;
  work.law = args.law + work.shape->law_at;
  b.n = work.stages = work.shape->stages;
  b.c = work.shape->species;
  b.packs = (b.c + W - 1) / W;
  b.kw = work.shape->kw;
  b.ka2 = work.shape->ka2;
  const std::size_t n = static_cast<std::size_t>(b.n), c = static_cast<std::size_t>(b.c);
  const std::size_t packs = static_cast<std::size_t>(b.packs), cells = n * packs;
  Cutter block(team.workspace());
  b.law = block.take<LawOf<V>>(packs);
  b.flows = block.take<StageFlows>(n);
  for (V** field : {&b.feed_a, &b.feed_o, &b.d, &b.y_in, &b.y_out, &b.x, &b.fixed, &b.inverse_pivot,
                    &b.kappa, &b.s_org, &b.t_org, &b.content, &work.short_x}) {
    *field = block.take<V>(cells);
  }
  if (args.ln_d_shift != nullptr) b.ln_d_shift = block.take<V>(cells);
  if (args.bypass != nullptr) {
    b.bypass = block.take<V>(cells);
    b.pool = block.take<V>(cells);
  }
  for (double** field :
       {&b.eta, &b.xi, &b.f1, &b.f2, &b.h, &b.x_free, &b.trial_eta, &b.trial_xi, &b.d_eta, &b.d_xi,
        &b.old_eta, &b.old_xi, &work.short_eta, &work.short_xi, &work.from, &work.gap}) {
    *field = block.take<double>(n);
  }
  b.back = block.take<V>(n * (c + 2) * packs);
  b.back_fixed = block.take<double>(n * (c + 2));
  work.list = block.take<std::int32_t>(n);
  work.short_list = block.take<std::int32_t>(n);
  work.special = block.take<std::uint8_t>(n);
  b.special = work.present = block.take<std::uint8_t>(n);
  Cutter fast(team.scratch());
  b.matrix = fast.take<V>((c + 2) * static_cast<std::size_t>(stage_packs<W>(b.packs)));
  b.cells = fast.take<CellWeights<V>>(packs);
  for (V** field : {&b.carry, &b.carry_next, &b.rise, &b.rise_next}) {
    *field = fast.take<V>(c * packs);
  }
  for (double** field : {&b.carry_fixed, &b.carry_fixed_next, &b.rise_fixed, &b.rise_fixed_next}) {
    *field = fast.take<double>(c);
  }
  b.above = fast.take<V>(packs);
  b.here = fast.take<V>(packs);
  b.inverse = fast.take<double>(c + 2);
  b.elimination = fast.take<V>(elimination_doubles<W>(c) / W);
  team.for_each(packs, [&](std::size_t p) {
    b.above[p] = b.here[p] = V(0.0);
    double* to = reinterpret_cast<double*>(b.law + p);
    for (std::size_t l = 0; l < W; ++l) {
      const std::size_t k = p * W + l;
      SpeciesLaw law;
      if (k < c) {
        law = work.law[k];
      } else {
        law.protons = law.dimers = law.n = law.b0 = 0.0;  // fills up the pack
      }
      const double* one = reinterpret_cast<const double*>(&law);
      for (int field = 0; field < 7; ++field) to[field * W + static_cast<int>(l)] = one[field];
    }
  });
}

/// Flows and feeds of the `count` stages in work.list into the view.
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL void load_stages(const Team& team, Workbench<W>& work,
                                                    const BankArgs& args, int count) {
  using V = Lanes<W>;
  BankView<W>& b = work.b;
  b.n = count;
  const std::size_t c = static_cast<std::size_t>(b.c), packs = static_cast<std::size_t>(b.packs);
  const BankShape& shape = *work.shape;
  team.for_each(static_cast<std::size_t>(count), [&](std::size_t j) {
    const std::size_t i = static_cast<std::size_t>(work.list[j]);
    b.flows[j] = args.flows[shape.stage_at + i];
    work.present[j] = work.special[i];
    const auto copy = [&](V* field, const double* numbers) {
      double* to = reinterpret_cast<double*>(field + j * packs);
      for (std::size_t k = 0; k < c; ++k) to[k] = numbers[shape.cell_at + i * c + k];
      for (std::size_t k = c; k < packs * W; ++k) to[k] = 0.0;
    };
    copy(b.feed_a, args.aqueous_feed);
    copy(b.feed_o, args.organic_feed);
    if (b.ln_d_shift != nullptr) copy(b.ln_d_shift, args.ln_d_shift);
    if (b.bypass == nullptr) return;
    copy(b.bypass, args.bypass);
    const StageFlows& w = b.flows[j];
    for (std::size_t p = 0; p < packs; ++p) {
      b.pool[j * packs + p] = V(w.organic) - b.bypass[j * packs + p] * V(w.organic_main);
    }
  });
  team.barrier();
}

/// Keeps the answer of the present stages as the short bank.
template <class Team, int W>
GADOLIN_HD void keep_short(const Team& team, Workbench<W>& work) {
  const std::size_t n = static_cast<std::size_t>(work.b.n);
  work.short_n = work.b.n;
  team.for_each(n, [&](std::size_t i) {
    work.short_eta[i] = work.b.eta[i];
    work.short_xi[i] = work.b.xi[i];
    work.short_list[i] = work.list[i];
  });
  team.for_each(n * static_cast<std::size_t>(work.b.packs),
                [&](std::size_t e) { work.short_x[e] = work.b.x[e]; });
  team.barrier();
}

/// Where stage j of the present bank lies on the short one: between `at` and the next, share t.
struct Place {
  int at;
  double t;
};
template <int W>
GADOLIN_INLINE Place place_of(const Workbench<W>& work, std::size_t j) {
  const double from = work.from[j];
  const int at =
      static_cast<int>(from) + 1 < work.short_n ? static_cast<int>(from) : work.short_n - 2;
  return {at, from - at};
}

/// Start of the present stages from the short bank.                                         (S14)
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL void start_from_short(const Team& team, Workbench<W>& work) {
  BankView<W>& b = work.b;
  team.single([&] {
    draw_out(work.special, work.short_list, work.short_n, work.short_eta, work.short_xi, work.list,
             work.gap, work.from);
  });
  team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t j) {
    const Place place = place_of(work, j);
    const double *eta = work.short_eta + place.at, *xi = work.short_xi + place.at;
    b.eta[j] = (1.0 - place.t) * eta[0] + place.t * eta[1];
    b.xi[j] = (1.0 - place.t) * xi[0] + place.t * xi[1];
  });
  team.barrier();
}

/// Contents of the present stages from the short bank, for pseudo-time.
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL void contents_from_short(const Team& team, Workbench<W>& work) {
  BankView<W>& b = work.b;
  const std::size_t width = static_cast<std::size_t>(b.packs) * W;
  team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t j) {
    const Place place = place_of(work, j);
    const double t = place.t;
    const double* below = reinterpret_cast<const double*>(work.short_x + b.cell(place.at, 0));
    double* to = reinterpret_cast<double*>(b.x + b.cell(static_cast<int>(j), 0));
    for (std::size_t k = 0; k < width; ++k) {
      const double x0 = below[k], x1 = below[k + width];
      to[k] = t == 0.0               ? x0
              : t == 1.0             ? x1
              : x0 > 0.0 && x1 > 0.0 ? std::exp((1.0 - t) * std::log(x0) + t * std::log(x1))
                                     : (1.0 - t) * x0 + t * x1;
    }
    const double free = std::exp(b.xi[j]);
    for (int p = 0; p < b.packs; ++p) {
      const std::size_t at = b.cell(static_cast<int>(j), p);
      b.d[at] = b.distribution(at, p, b.xi[j], b.eta[j], free);
    }
  });
  team.barrier();
}

constexpr double most_growth = 1.2;  // of |F| by the stages put in at once
constexpr double goal = 2e-14, good_enough = 1e-12, coarse_goal = 1e-2;
/// Direction (of any ln H, ln X) beyond which plain Newton is given up.
constexpr double wall = 15.0;
/// Iterations of the whole bank after which lengthening is given up for the leak.
constexpr int patience = 120;

/// A cold bank: twice the stages at a time; where plain Newton does not bear that, in pseudo-time
/// from the drawn-out contents; fewer stages at a time; the whole bank from a leak, then in
/// pseudo-time, where that takes long.
/// out  steps: of pseudo-time and of the leak; fallbacks: how often the way had to be changed
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL void solve_cold(const Team& team, Workbench<W>& work,
                                                   const BankArgs& args, bool convex,
                                                   Progress& progress, std::int32_t& steps,
                                                   std::int32_t& fallbacks) {
  BankView<W>& b = work.b;
  const int specials = count_special(work.special, work.stages);
  const Levels levels = level_sizes(work.stages, specials + 1 > 5 ? specials + 1 : 5);
  int count = levels.stages[0], cuts = 0;
  work.short_n = 0;
  for (int attempt = 0; attempt < 200; ++attempt) {
    const bool last = count == work.stages;
    team.single([&] { choose_stages(work.special, work.stages, count, work.list); });
    load_stages(team, work, args, count);
    const int added = count - work.short_n;
    if (work.short_n == 0) {
      first_contact(team, b, work.law, convex);
    } else {
      start_from_short(team, work);
      // A species held between extraction and scrub grows by a factor for every stage put in: no
      // more stages at a time than keep that factor small.
      if (added > 1 && cuts > 0) {
        transport(team, b, b.eta, b.xi);
        residuals(team, b);
        const double size = merit_of(b).largest;
        team.barrier();
        if (size > most_growth) {
          const int fewer = static_cast<int>(added * 0.8 * most_growth / size);
          count = work.short_n + (fewer > 1 ? fewer : 1);
          continue;
        }
      }
    }
    const double target = last ? goal : coarse_goal;
    progress.active = true;
    const bool divisible = work.short_n > 0 && added > 1;
    Manner manner;
    manner.cap = work.short_n == 0 ? 25 : 12;
    manner.target = target;
    if (divisible) manner.wall = wall;
    newton(team, b, manner, progress);
    if (progress.active && work.short_n == 0) {
      ++fallbacks;
      first_contact(team, b, work.law, convex);  // a short bank costs little
      share_out(team, b);
      march(team, b, target, Pace{}, progress, steps);
    }
    if (progress.active && work.short_n > 0) {
      ++fallbacks;
      start_from_short(team, work);
      transport(team, b, b.eta, b.xi);
      residuals(team, b);
      manner.slides = 0;  // the front stands where it should
      if (flood_section(team, b)) newton(team, b, manner, progress);
    }
    if (progress.active && work.short_n > 0) {
      start_from_short(team, work);
      contents_from_short(team, work);
      Pace pace;
      pace.first = 5e3;
      pace.near = 0.1;
      pace.leap = 30.0;
      pace.try_steady = 1e5;
      pace.again = 9.0;
      pace.wall = far;
      pace.excess = 1.0;
      pace.bold = true;
      pace.steps = 60;
      pace.failures = 5;
      march(team, b, target, pace, progress, steps);
    }
    if (!progress.active) {
      if (last) return;
      keep_short(team, work);
      const int next = count + (cuts == 0 || 2 * added >= count ? count : 2 * added);
      // No last length that adds next to nothing.
      count = 6 * next < 5 * work.stages || (cuts > 0 && next < work.stages) ? next : work.stages;
      continue;
    }
    ++cuts;
    if (work.short_n == 0 || added == 1 || progress.stage_solves > patience * work.stages) break;
    count = work.short_n + (added + 1) / 2;
  }
  team.for_each(static_cast<std::size_t>(work.stages),
                [&](std::size_t i) { work.list[i] = static_cast<std::int32_t>(i); });
  team.barrier();
  load_stages(team, work, args, work.stages);
  ++fallbacks;
  follow_leak(team, b, work.law, convex, goal, work.short_eta, work.short_xi, progress, steps);
  if (!progress.active) return;
  // From the very beginning, and slowly: loosely first, since the path is not the answer, then true
  // to the transient.
  for (int tight = 0; tight < 2; ++tight) {
    first_contact(team, b, work.law, convex);
    share_out(team, b);
    Pace pace;
    if (tight == 1) {
      pace.near = 1e-6;
      pace.cap = 12;
    }
    march(team, b, goal, pace, progress, steps);
    if (!progress.active) return;
  }
  transport(team, b, b.eta, b.xi);
  residuals(team, b);
}

/// True where stage i of the bank has something of its own: an end, a feed, a draw.
GADOLIN_HD inline bool is_special(const BankShape& shape, const BankArgs& args, std::size_t i) {
  const std::size_t n = static_cast<std::size_t>(shape.stages);
  const std::size_t c = static_cast<std::size_t>(shape.species);
  const StageFlows& w = args.flows[shape.stage_at + i];
  if (i == 0 || i + 1 == n || w.aqueous_drawn > 0.0 || w.share_drawn > 0.0) return true;
  for (std::size_t k = 0; k < c; ++k) {
    const std::size_t at = shape.cell_at + i * c + k;
    if (args.aqueous_feed[at] > 0.0 || args.organic_feed[at] > 0.0) return true;
  }
  // A feed without metal shows in the flows.
  const StageFlows& below = args.flows[shape.stage_at + i - 1];
  const StageFlows& above = args.flows[shape.stage_at + i + 1];
  return std::fabs(w.aqueous_down - above.aqueous_down) > 1e-3 * w.aqueous_down ||
         std::fabs(w.organic - below.organic) > 1e-3 * w.organic;
}

/// Flows and extractant that can stand; notes what the bank has of entrainment and bypass.
template <int W>
GADOLIN_HD inline bool look_over(Workbench<W>& work, const BankArgs& args) {
  BankView<W>& b = work.b;
  const BankShape& shape = *work.shape;
  bool sound = work.stages >= 1 && b.c >= 0;
  b.passes = args.bypass != nullptr;
  for (std::size_t i = 0; i < static_cast<std::size_t>(work.stages); ++i) {
    const StageFlows& w = args.flows[shape.stage_at + i];
    sound = sound && w.aqueous() > 0.0 && w.organic > 0.0 && w.organic_pool > 0.0 &&
            w.extractant > 0.0 && std::fabs(w.charge) < 1e300;
    b.rises = b.rises || w.aqueous_up > 0.0;
    b.falls = b.falls || w.share_down > 0.0;
    b.passes = b.passes || w.bypass > 0.0;
  }
  return sound;
}

}  // namespace bank_detail

/// Body of the bank kernel; see BankArgs.
template <class Team>
GADOLIN_HD void solve_bank(const Team& team, std::size_t item, const BankArgs& args) {
  using namespace bank_detail;
  constexpr int W = Team::lanes;
  Workbench<W> work;
  set_up(team, item, args, work);
  BankView<W>& b = work.b;
  const BankShape& shape = *work.shape;
  const std::size_t n = static_cast<std::size_t>(work.stages), c = static_cast<std::size_t>(b.c);
  BankOutcome outcome;
  outcome.status = ItemStatus::out_of_range;
  if (!look_over(work, args)) {
    team.single([&] { args.outcome[item] = outcome; });
    return;
  }
  team.for_each(n, [&](std::size_t i) { work.special[i] = is_special(shape, args, i) ? 1 : 0; });
  team.barrier();
  Progress progress;
  if (shape.warm != 0) {
    team.for_each(n, [&](std::size_t i) { work.list[i] = static_cast<std::int32_t>(i); });
    team.barrier();
    load_stages(team, work, args, work.stages);
    team.for_each(n, [&](std::size_t i) {
      b.eta[i] = args.start_ln_h[shape.stage_at + i];
      b.xi[i] = args.start_ln_x[shape.stage_at + i];
    });
    team.barrier();
    Manner manner;
    manner.cap = 40;
    manner.target = goal;
    newton(team, b, manner, progress);
    if (progress.active) ++outcome.fallbacks;
  }
  if (progress.active) {
    solve_cold(team, work, args, shape.convex != 0, progress, outcome.transient, outcome.fallbacks);
  }
  outcome.newton = progress.count;
  outcome.stage_solves = progress.stage_solves;
  for (int i = 0; i < b.n; ++i) {
    for (int which = 0; which < 2; ++which) {
      const double r = std::fabs(which == 0 ? b.f1[i] : b.f2[i]);
      if (r <= outcome.residual) continue;
      outcome.residual = r;
      outcome.worst_stage = i;
      outcome.worst_balance = which;
    }
  }
  if (!(progress.largest < 1e300)) outcome.residual = 1e300;
  outcome.status = outcome.residual <= good_enough ? ItemStatus::ok : ItemStatus::not_converged;
  team.for_each(n, [&](std::size_t i) {
    args.ln_h[shape.stage_at + i] = b.eta[i];
    args.ln_x[shape.stage_at + i] = b.xi[i];
    const double organic = b.flows[i].organic;
    const std::size_t row = b.cell(static_cast<int>(i), 0);
    for (std::size_t k = 0; k < c; ++k) {
      args.x[shape.cell_at + i * c + k] = of_species<W>(b.x + row, k);
      args.y[shape.cell_at + i * c + k] = of_species<W>(b.y_out + row, k) / organic;
    }
  });
  team.single([&] { args.outcome[item] = outcome; });
}

}  // namespace gadolin::separation
