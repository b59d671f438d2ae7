#pragma once

#include <string>
#include <vector>

#include "kernels/exec/engine.hpp"
#include "models/separation/types_design.hpp"

namespace gadolin::separation {

/// One cut to design: all species of the chemistry are carried, each on one side of the cut.
struct CutTask {
  const DesignTargets* targets = nullptr;
  std::string name;
  AqueousStream feed;
  std::vector<char> heavy;                ///< [species] 1 = should leave with the organic
  std::vector<char> carrier;              ///< [species] 1 = salt, on neither side
  double light_up_limit_mol_per_h = 0.0;  ///< of the light side that may go with the organic
  double heavy_down_limit_mol_per_h = 0.0;
};

/// Separation factor of two species where both stand at D = 1 on average in a solvent loaded to
/// `loading_fraction`. cost  a bisection in pH
double separation_factor(const Circuit& chemistry, double extractant_molar, double loading_fraction,
                         std::size_t heavy, std::size_t light);

/// Species of a feed in the order of extraction, least extracted first: by D at the pH where the
/// middle one has D = 1. The carrier and absent species are left out.
std::vector<std::size_t> extraction_order(const DesignTargets& targets, const AqueousStream& feed);

/// The pair that decides: on either side the element nearest the cut whose amount matters against
/// the limits.
struct CutKeys {
  std::size_t light = 0, heavy = 0;
  double separation_factor = 0.0;
};
CutKeys cut_keys(const CutTask& task);

/// Xu's rules for the task: lumped sides, the separation factor of the deciding pair.
/// fails  `reasons` gets why no cascade of any size, or of the size allowed, can do it
CutSeed seed_cut(const CutTask& task, const CutKeys& keys, std::vector<DesignReason>* reasons);

/// Designs the cut on the exact multi-component bank: solvent, scrub, feed stage and stage numbers
/// of the cheapest bank (by the objective) that keeps both losses within their limits, O/A and
/// loading credible, then the strip, then the closed circuit, checked again. out    false where no
/// such bank lies within the limits; `reasons` then says why and by how much throws Error
/// E-SEP-001..013, E-SEP-060.. source docs/theory/separation.md#design
bool design_cut(const CutTask& task, const Engine& engine, DesignedCut& cut,
                std::vector<DesignReason>* reasons);

}  // namespace gadolin::separation
