#pragma once

#include <string>
#include <vector>

#include "kernels/exec/engine.hpp"
#include "models/separation/types_design.hpp"

namespace gadolin::separation {

/// Orders of cutting G groups in a row, each priced by `cost(first, last, cut)` of a cut of groups
/// first..last after group `cut`: the cheapest by dynamic programming over intervals (exact, G^3/6
/// prices), the ten cheapest by enumeration where there are at most 10 groups (4862 orders).
struct CutTree {
  std::vector<int> first, last, cut;  ///< per node, parents before children; leaves left out
  double cost = 0.0;
};
using CutPrice = double (*)(const void* context, int first, int last, int cut);
CutTree cheapest_order(int groups, CutPrice price, const void* context);
std::vector<CutTree> all_orders(int groups, CutPrice price, const void* context);

/// From targets to circuits: order of the cuts by Xu's rules, every cut on the exact
/// multi-component bank with all species, closed loops, then the products judged against their
/// targets. out    feasible, or the reasons: which cut, which pair, what is needed and what there
/// is throws Error E-SEP-061 (element of no product, product whose elements are no neighbours,
/// unknown element),
///        E-SEP-068 (targets that contradict each other), E-SEP-001..013
/// source docs/theory/separation.md#design
DesignResult design(const DesignTargets& targets, const Engine& engine);

}  // namespace gadolin::separation
