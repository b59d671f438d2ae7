#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/exec/host_device.hpp"
#include "kernels/exec/item_status.hpp"
#include "kernels/separation/bank_newton.hpp"
#include "kernels/separation/distribution.hpp"
#include "kernels/separation/transport.hpp"

namespace gadolin::separation {

/// Where the arrays of one bank begin in the concatenated arrays of the batch.
struct BankShape {
  std::int32_t stages = 0;
  std::int32_t species = 0;
  std::int32_t warm = 0;       ///< 1: ln_h, ln_x hold a start
  std::int32_t convex = 1;     ///< every law is stoichiometric
  std::uint64_t law_at = 0;    ///< into law
  std::uint64_t stage_at = 0;  ///< into flows, starts, ln_h, ln_x
  std::uint64_t cell_at = 0;   ///< into feeds, x, y: [stages, species]
  double kw = 1e-14;
  double ka2 = 0.010232929922807542;
};

struct BankOutcome {
  ItemStatus status = ItemStatus::not_converged;
  std::int32_t newton = 0;         ///< Newton iterations in all
  std::int32_t transient = 0;      ///< pseudo-transient steps taken
  std::int32_t worst_stage = 0;    ///< 0-based
  std::int32_t worst_balance = 0;  ///< 0 proton, 1 extractant
  double residual = 0.0;
};

/// Steady counter-current bank, solved in (ln H, ln X) of every stage with the metals eliminated.
///   unknowns  eta_i, xi_i;  x_k(eta, xi) by (S6)-(S9), exactly
///   F1_i = ln[(H + HSO4 + sum p x + Q-) / (Q+ + Kw/H)],  F2_i = ln[(X + sum q y) / C]       (S10)
/// Newton's direction comes from one structured block elimination per iteration (S11)-(S13); step
/// limit |d| <= 2, backtracking on |F|^2; where it stalls, implicit Euler in pseudo-time.
/// in   shape [banks], law, flows, aqueous_feed, organic_feed (mol/h into each stage; the bank's
///      two inlets count as feeds of stage N and stage 1)
///      start_ln_h, start_ln_x: read where shape.warm
///      ln_d_shift [stages, species] added to ln D, bypass [stages, species] 1 - E of each species
///      in place of flows.bypass; null = none
/// out  ln_h, ln_x [stages]; x, y mol/L [stages, species]; outcome [banks]
/// fails  flows or extractant not positive -> out_of_range, x, y untouched
/// cost   about 2.7 (C+2)^3 flop per stage and iteration; 8-20 iterations from a cold start
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

/// Doubles needed in scratch and workspace.
GADOLIN_INLINE std::size_t bank_scratch_doubles(std::size_t species) {
  const std::size_t n = species + 2;
  return n * (n + species + 1) + 2 * species * (species + 1) + 4 * n;
}
GADOLIN_INLINE std::size_t bank_workspace_doubles(std::size_t stages, std::size_t species) {
  return 10 * stages * species + 12 * stages + stages * (species + 2) * (species + 1) + 64;
}

/// Body of the bank kernel; see BankArgs.
template <class Team>
GADOLIN_HD void solve_bank(const Team& team, std::size_t item, const BankArgs& args) {
  using namespace bank_detail;
  const BankShape shape = args.shape[item];
  BankView b;
  b.n = shape.stages;
  b.c = shape.species;
  b.law = args.law + shape.law_at;
  b.flows = args.flows + shape.stage_at;
  b.feed_a = args.aqueous_feed + shape.cell_at;
  b.feed_o = args.organic_feed + shape.cell_at;
  b.acid.kw = shape.kw;
  b.acid.ka2 = shape.ka2;
  b.convex = shape.convex != 0;
  const std::size_t cells = static_cast<std::size_t>(b.n) * b.c;
  const std::size_t n = static_cast<std::size_t>(b.n);
  double* at = reinterpret_cast<double*>(team.workspace());
  auto take = [&at](std::size_t count) {
    double* here = at;
    at += count;
    return here;
  };
  b.d = take(cells);
  b.y_in = take(cells);
  b.y_out = take(cells);
  b.fixed = take(cells);
  b.inverse_pivot = take(cells);
  b.kappa = take(cells);
  b.s_org = take(cells);
  b.t_org = take(cells);
  b.content = take(cells);
  double* pools = take(cells);
  if (args.ln_d_shift != nullptr) b.ln_d_shift = args.ln_d_shift + shape.cell_at;
  if (args.bypass != nullptr) {
    b.bypass = args.bypass + shape.cell_at;
    b.pool = pools;
    team.for_each(cells, [&](std::size_t e) {
      const StageFlows& w = b.flows[e / static_cast<std::size_t>(b.c)];
      pools[e] = w.organic - b.bypass[e] * w.organic_main;
    });
    team.barrier();
  }
  b.f1 = take(n);
  b.f2 = take(n);
  b.trial_eta = take(n);
  b.trial_xi = take(n);
  b.d_eta = take(n);
  b.d_xi = take(n);
  b.old_eta = take(n);
  b.old_xi = take(n);
  b.back = take(n * (static_cast<std::size_t>(b.c) + 2) * (static_cast<std::size_t>(b.c) + 1));
  b.x = args.x + shape.cell_at;
  b.eta = args.ln_h + shape.stage_at;
  b.xi = args.ln_x + shape.stage_at;
  at = reinterpret_cast<double*>(team.scratch());
  const std::size_t rows = static_cast<std::size_t>(b.c) + 2;
  b.matrix = take(rows * (rows + static_cast<std::size_t>(b.c) + 1));
  b.carry = take(static_cast<std::size_t>(b.c) * (static_cast<std::size_t>(b.c) + 1));
  b.carry_next = take(static_cast<std::size_t>(b.c) * (static_cast<std::size_t>(b.c) + 1));

  bool sound = true;
  for (int i = 0; i < b.n; ++i) {
    const StageFlows& w = b.flows[i];
    sound = sound && w.aqueous() > 0.0 && w.organic > 0.0 && w.organic_pool > 0.0 &&
            w.extractant > 0.0 && std::fabs(w.charge) < 1e300;
  }
  BankOutcome outcome;
  if (!sound || b.n < 1 || b.c < 0) {
    outcome.status = ItemStatus::out_of_range;
    team.single([&] { args.outcome[item] = outcome; });
    return;
  }

  if (shape.warm == 0) {
    first_contact(team, b);
  } else {
    team.for_each(n, [&](std::size_t i) {
      b.eta[i] = args.start_ln_h[shape.stage_at + i];
      b.xi[i] = args.start_ln_x[shape.stage_at + i];
    });
    team.barrier();
  }

  constexpr double goal = 2e-15, good_enough = 1e-12;
  int count = 0;
  Merit m = newton(team, b, 40, goal, count);
  if (!(m.largest <= good_enough)) {
    // Loosely first, since the path is not the answer; then true to the transient.
    for (int tight = 0; tight < 2 && !(m.largest <= good_enough); ++tight) {
      first_contact(team, b);
      m = march(team, b, goal, good_enough, count, outcome.transient, tight == 1);
    }
  }
  double* y = args.y + shape.cell_at;
  team.for_each(cells, [&](std::size_t e) {
    y[e] = b.y_out[e] / b.flows[e / static_cast<std::size_t>(b.c)].organic;
  });
  outcome.newton = count;
  outcome.residual = m.largest;
  outcome.worst_stage = m.stage;
  outcome.worst_balance = m.balance;
  outcome.status = m.largest <= good_enough ? ItemStatus::ok : ItemStatus::not_converged;
  team.single([&] { args.outcome[item] = outcome; });
}

}  // namespace gadolin::separation
