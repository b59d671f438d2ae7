#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/separation/bank_direction.hpp"
#include "kernels/separation/bank_slide.hpp"

/// A section filled with the species it holds: the start where a plateau has to form.
namespace gadolin::separation::bank_detail {

/// The section of a bank above a feed, `low` and `high` its special stages, and a species with D
/// below A/G there, which therefore falls back and is held.
struct Flood {
  int low = 0, high = 0;
  bool found = false;
  SpeciesLaw law;
  double shift = 0.0;            ///< on ln D
  double h = 0.0, x_free = 0.0;  ///< H, X of the section, mol/L, where nothing of it is
  double ratio = 1.0;            ///< A/G
  double x = 0.0;                ///< mol/L on its plateau
};

/// ln H, ln X and D of a stage with x, y [mol/L] of the species.
struct Loaded {
  double ln_h, ln_x, ln_d;
};
GADOLIN_HD inline Loaded load(const Flood& flood, double x, double y) {
  const double h = flood.h - flood.law.protons * x;
  const double free = flood.x_free - flood.law.dimers * y;
  Loaded stage;
  stage.ln_h = std::log(h);
  stage.ln_x = std::log(free);
  stage.ln_d = ln_distribution(flood.law, stage.ln_x, stage.ln_h, free) + flood.shift;
  return stage;
}

/// The species of which the section above stage `at` holds too much, and its plateau: x with as
/// much up as down, D = A/G.                                                             (S17)
/// in   x, F of b.eta, b.xi
template <int W>
GADOLIN_HD inline Flood find_flood(const BankView<W>& b) {
  constexpr double too_much = 0.3;  // F1
  Flood flood;
  int at = 0;
  for (int i = 0; i < b.n; ++i) {
    if (b.f1[i] > b.f1[at]) at = i;
  }
  if (!(b.f1[at] > too_much)) return flood;
  int low = at;
  while (b.special[low] == 0) --low;
  if (low == 0) {  // held below the feed: its plateau, if any, is above it
    low = at;
    while (low + 1 < b.n && b.special[low] == 0) ++low;
  }
  if (low + 1 >= b.n) return flood;
  int high = low + 1;
  while (b.special[high] == 0) ++high;
  if (high - low < 6) return flood;
  std::size_t species = 0;
  double most = 0.0;
  for (std::size_t k = 0; k < static_cast<std::size_t>(b.c); ++k) {
    const double amount =
        of_lane<W>(b.law[k / W].protons, k) * of_species<W>(b.x + b.cell(low + 1, 0), k);
    if (amount > most) {
      most = amount;
      species = k;
    }
  }
  if (!(most > 0.0)) return flood;
  const LawOf<Lanes<W>>& laws = b.law[species / W];
  flood.law.protons = of_lane<W>(laws.protons, species);
  flood.law.dimers = of_lane<W>(laws.dimers, species);
  flood.law.c0 = of_lane<W>(laws.c0, species);
  flood.law.n = of_lane<W>(laws.n, species);
  flood.law.b0 = of_lane<W>(laws.b0, species);
  flood.law.b1 = of_lane<W>(laws.b1, species);
  flood.law.b2 = of_lane<W>(laws.b2, species);
  const int tail = high - 1;
  if (b.ln_d_shift != nullptr) {
    flood.shift = of_species<W>(b.ln_d_shift + b.cell(tail, 0), species);
  }
  flood.low = low;
  flood.high = high;
  flood.h = std::exp(b.eta[tail]);
  flood.x_free = std::exp(b.xi[tail]);
  flood.ratio = b.flows[tail].aqueous() / b.flows[tail].organic;
  if (!(flood.law.dimers > 0.0)) return flood;
  const double by_acid = flood.h / flood.law.protons;
  const double by_solvent = flood.x_free / (flood.law.dimers * flood.ratio);
  double under = 0.0, over = (1.0 - 1e-9) * std::fmin(by_acid, by_solvent);
  const auto rises = [&](double x) {
    return load(flood, x, flood.ratio * x).ln_d > std::log(flood.ratio);
  };
  if (rises(under) || !rises(over)) return flood;
  for (int step = 0; step < 50; ++step) {
    const double middle = 0.5 * (under + over);
    (rises(middle) ? over : under) = middle;
  }
  flood.x = 0.5 * (under + over);
  flood.found = true;
  return flood;
}

/// Trial profile: the plateau over `length` stages, then its front, stage by stage as much of the
/// species up as down.
template <int W>
GADOLIN_HD inline void fill_section(const BankView<W>& b, const Flood& flood, int length) {
  for (int i = 0; i < b.n; ++i) {
    b.trial_eta[i] = b.eta[i];
    b.trial_xi[i] = b.xi[i];
  }
  double x = flood.x;
  for (int i = flood.low + 1; i < flood.high && x > 1e-6 * flood.x; ++i) {
    double y = flood.ratio * x;
    if (i > flood.low + length) {
      if (i == flood.low + length + 1) x = 0.98 * flood.x;
      double under = 0.0, over = (1.0 - 1e-12) * flood.x_free / flood.law.dimers;
      for (int step = 0; step < 40; ++step) {
        y = 0.5 * (under + over);
        (load(flood, x, y).ln_d > std::log(y / x) ? under : over) = y;
      }
    }
    const Loaded stage = load(flood, x, y);
    b.trial_eta[i] = stage.ln_h;
    b.trial_xi[i] = stage.ln_x;
    x = y / flood.ratio;
  }
}

/// Fills the section that holds too much of a species with it, its front where the excess of F
/// changes its sign.
/// in   x, F of b.eta, b.xi
/// out  true: b.eta, b.xi are the filled profile, better or not much worse
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL bool flood_section(const Team& team, const BankView<W>& b) {
  const Flood flood = find_flood(b);
  double least = 3.0 * merit_of(b).squares + 30.0;
  team.barrier();
  if (!flood.found) return false;
  Front section;
  section.low = flood.low;
  section.high = flood.high;
  int low = 0, high = flood.high - flood.low - 2, best = -1;
  while (high - low > 1) {
    const int length = (low + high) / 2;
    team.single([&] { fill_section(b, flood, length); });
    transport(team, b, b.trial_eta, b.trial_xi);
    residuals(team, b);
    const double squares = merit_of(b).squares, now = excess(b, section);
    team.barrier();
    if (squares < least) {
      least = squares;
      best = length;
    }
    (now > 0.0 ? low : high) = length;
  }
  if (best < 0) return false;
  team.single([&] { fill_section(b, flood, best); });
  take_trial(team, b);
  return true;
}

}  // namespace gadolin::separation::bank_detail
