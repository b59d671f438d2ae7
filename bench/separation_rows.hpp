#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "bench/separation_designs.hpp"
#include "models/separation/batch.hpp"

/// The random designs of separation_designs.hpp as rows of the batch door.
namespace gadolin::bench {

constexpr std::size_t row_metals = designs_detail::elements;
constexpr std::size_t row_species = row_metals + 1;

/// One extraction-scrub bank; 39 columns replace its numbers.
inline separation::DesignProblem row_problem() {
  using namespace separation;
  const std::vector<std::string> names = {"La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb",
                                          "Dy", "Ho", "Y",  "Er", "Tm", "Yb", "Lu", "Na"};
  DesignProblem p;
  Circuit& circuit = p.circuit;
  circuit.name = "sweep";
  for (std::size_t k = 0; k < row_species; ++k) {
    Species s;
    s.name = names[k];
    if (k + 1 == row_species) {
      s.protons = 1.0;
      s.dimers = 0.5;
    }
    circuit.species.push_back(s);
  }
  Bank bank;
  bank.name = "extraction-scrub";
  bank.stages = 60;
  bank.organic_in = {10.0, std::vector<double>(row_species, 0.0), 0.5};
  bank.aqueous_in = {1.0, std::vector<double>(row_species, 0.0), 3.0, 0.0};
  StageFeed feed;
  feed.name = "feed";
  feed.stage = 30;
  feed.aqueous = {1.0, std::vector<double>(row_species, 0.01), 0.01, 0.0};
  feed.aqueous.molar[row_species - 1] = 0.0;
  bank.feeds.push_back(feed);
  circuit.banks.push_back(bank);
  using Q = DesignQuantity;
  p.variables = {{Q::stages, 0, 0, -1},       {Q::feed_stage, 0, 0, -1},
                 {Q::feed_acid, 0, 0, -1},    {Q::organic_flow, 0, 0, -1},
                 {Q::extractant, 0, 0, -1},   {Q::saponified_fraction, 0, 0, -1},
                 {Q::aqueous_flow, 0, 0, -1}, {Q::aqueous_acid, 0, 0, -1}};
  for (int k = 0; k < designs_detail::elements; ++k)
    p.variables.push_back({Q::feed_molar, 0, 0, k});
  for (int k = 0; k <= designs_detail::elements; ++k) p.variables.push_back({Q::log10_k, 0, 0, k});
  return p;
}

/// Row of design `item`: [row_problem().variables].
inline void write_row(std::size_t item, int stages, double* to) {
  const RandomDesign d = random_design(item, stages, static_cast<int>(row_species));
  const double head[] = {static_cast<double>(stages),
                         d.feed_stage + 1.0,
                         d.feed_acid,
                         d.organic,
                         d.extractant,
                         d.saponified,
                         d.scrub,
                         d.scrub_acid};
  to = std::copy(std::begin(head), std::end(head), to);
  to = std::copy(d.feed_molar, d.feed_molar + row_metals, to);
  std::copy(d.log10_k, d.log10_k + row_species, to);
}

}  // namespace gadolin::bench
