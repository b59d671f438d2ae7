#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/numeric/random.hpp"
#include "kernels/separation/distribution.hpp"
#include "kernels/separation/transport.hpp"

/// Random extraction-scrub designs as an optimiser would ask for them: 15 rare earths and Na in
/// PC88A, chloride; five kinds of feed, any cut, from well below the least solvent a cut needs to
/// three times that, scrub too weak and too strong. Nothing is left out for being hard.
namespace gadolin::bench {

namespace designs_detail {

constexpr int elements = 15;
/// log10 K of PC88A (datasets/separation/pc88a_chloride.toml) in the order they are extracted:
/// La Ce Pr Nd Sm Eu Gd Tb Dy Ho Y Er Tm Yb Lu
constexpr double log10_k[elements] = {-4.726, -3.648, -3.238, -2.861, -2.119, -1.743, -1.366, -0.99,
                                      -0.613, -0.31,  -0.149, -0.01,  0.29,   0.59,   0.79};
/// Mole fractions, per mille: bastnaesite, monazite, ionic clay (light), ionic clay (heavy).
constexpr double grade[4][elements] = {
    {330, 490, 43, 120, 8, 1, 2, 0.2, 0.3, 0.05, 1, 0.05, 0.02, 0.02, 0.01},
    {235, 465, 52, 175, 28, 0.6, 15, 0.8, 3, 0.5, 22, 1, 0.1, 0.5, 0.1},
    {310, 20, 75, 265, 48, 8, 43, 6, 34, 6, 160, 15, 2, 10, 1.5},
    {22, 5, 11, 35, 28, 0.5, 60, 12, 75, 16, 630, 45, 6.5, 40, 6}};

}  // namespace designs_detail

/// One design, 1 L/h of feed. species = 16: the 15 above and Na last; fewer: every element with
/// k * 15 / (species - 1) of them.
struct RandomDesign {
  int stages = 0, feed_stage = 0;  ///< feed_stage 0-based
  double log10_k[16] = {};
  double feed_molar[16] = {};
  double feed_acid = 0.0, organic = 0.0, extractant = 0.0, saponified = 0.0, scrub = 0.0,
         scrub_acid = 0.0;
};

inline RandomDesign random_design(std::uint64_t item, int stages, int species) {
  using namespace designs_detail;
  RandomStream random(20261128, item, 1);
  RandomDesign d;
  d.stages = stages;
  const int metals = species - 1;
  const double common = 0.15 * random.normal();
  const auto kind = static_cast<int>(5.0 * random.uniform());
  double sum = 0.0;
  for (int k = 0; k < metals; ++k) {
    const int e = metals == elements ? k : (2 * k + 1) * elements / (2 * metals);
    d.log10_k[k] = log10_k[e] + common + 0.05 * random.normal();
    d.feed_molar[k] = (kind < 4 ? grade[kind][e] : std::exp(-6.0 * random.uniform())) *
                      std::exp(0.3 * random.normal());
    sum += d.feed_molar[k];
  }
  d.log10_k[metals] = -4.0;
  const double total = 0.3 + 1.2 * random.uniform();
  for (int k = 0; k < metals; ++k) d.feed_molar[k] *= total / sum;
  d.feed_acid = std::pow(10.0, -3.0 + 2.0 * random.uniform());
  // The cut: between two neighbours with something on both sides.
  int cut = 1;
  double wanted = 0.0;
  for (int trial = 0; trial < 50; ++trial) {
    cut = 1 + static_cast<int>(static_cast<double>(metals - 1) * random.uniform());
    wanted = 0.0;
    for (int k = cut; k < metals; ++k) wanted += d.feed_molar[k] / total;
    if (wanted > 1e-3 && wanted < 1.0 - 1e-3) break;
  }
  const double beta = std::fmax(1.2, std::pow(10.0, d.log10_k[cut] - d.log10_k[cut - 1]));
  const double least = 1.0 / (beta - 1.0) + wanted;
  const double solvent =
      std::fmin(15.0, least * std::exp(std::log(0.7) + std::log(4.3) * random.uniform()));
  d.extractant = 0.4 + 0.4 * random.uniform();
  d.saponified = 0.2 + 0.3 * random.uniform();
  d.organic = 1.5 * solvent * total / (d.saponified * d.extractant);
  const double scrubbed =
      std::fmax(0.02, (solvent - wanted) * (0.7 + 0.6 * random.uniform())) * total;
  d.scrub_acid = 1.0 + 5.0 * random.uniform();
  d.scrub = 3.0 * scrubbed / d.scrub_acid;
  d.feed_stage = static_cast<int>((0.25 + 0.5 * random.uniform()) * stages);
  return d;
}

/// The design as the bank kernel reads it: law [species], flows [stages], feeds [stages, species].
inline void write_design(const RandomDesign& d, int species, separation::SpeciesLaw* law,
                         separation::StageFlows* flows, double* feed_a, double* feed_o) {
  const int metals = species - 1;
  double charge = d.feed_acid;
  for (int k = 0; k < species; ++k) {
    separation::SpeciesLaw& l = law[k];
    l = separation::SpeciesLaw{};
    l.c0 = std::log(10.0) * d.log10_k[k];
    if (k == metals) {
      l.protons = l.b0 = 1.0;
      l.dimers = l.n = 0.5;
    }
    charge += l.protons * d.feed_molar[k];
  }
  for (int i = 0; i < d.stages * species; ++i) feed_a[i] = feed_o[i] = 0.0;
  for (int k = 0; k < metals; ++k) feed_a[d.feed_stage * species + k] = d.feed_molar[k];
  feed_o[metals] = d.organic * 2.0 * d.saponified * d.extractant;
  for (int i = 0; i < d.stages; ++i) {
    separation::StageFlows w;
    const bool extraction = i <= d.feed_stage;
    w.aqueous_down = d.scrub + (extraction ? 1.0 : 0.0);
    w.organic = w.organic_pool = w.organic_main = d.organic;
    w.charge = extraction ? (charge + d.scrub * d.scrub_acid) / w.aqueous_down : d.scrub_acid;
    w.extractant = d.extractant;
    flows[i] = w;
  }
}

}  // namespace gadolin::bench
