#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "models/recovery/types.hpp"

namespace gadolin::recovery {

/// The carrier of what no modelled phase holds; a route may give it yields under "*".
inline constexpr const char* unmodelled_carrier = "not in a modelled phase";

/// Recoverable rare earths [kg oxide per tonne] of one sample through one route, by Monte Carlo.
///   R_r = sum_m c_mr b_m e_m l_mr (1 - i) s_r t k
///   c_mr  what mineral m carries of rare earth r: the content, split over the phases of its site
///   in
///         the proportion of their rare-earth sites; b, e, l beneficiation, cracking, leaching of
///         the mineral; 1-i kept through impurity removal, s separation, t precipitation, k
///         calcination
/// Contents and phases are drawn from their covariances (never below 0), yields from Beta
/// distributions. Every yield and the contents have their own stream (seed, id and name), so
/// neither order nor threads matter. In each draw and element: contained = recoverable + sum of
/// losses.
///   below LOD: drawn evenly between 0 and the LOD; above range: the limit exceeded, a lower bound;
///   both kept out of TREO and said so; not measured: no row; a conflict between XRD and assay:
///   contents from the assay as given, with a warning.
/// in     separation: yield per element from a simulated cascade, where it speaks; else the route's
/// fails  E-REC-010/-011 yields; E-REC-012 draws outside 100 to 10 000 000
/// source docs/theory/recovery.md, equations 7 to 11
RecoveryResult recover(const std::string& id, const Reconciled& reconciled, const Route& route,
                       const std::map<std::string, Yield>& separation,
                       const std::string& separation_source, std::uint64_t seed, int draws,
                       const std::string& mass_basis = "not stated");

/// The route's entry for a mineral: its name, else the longest entry the name starts with before a
/// "-", else "*"; nullptr if none.
const MineralRoute* find_mineral(const Route& route, const std::string& phase);

/// p05, p50, p95 (linear between order statistics) and mean. values is sorted on return.
Interval interval_of(std::vector<double>& values);

}  // namespace gadolin::recovery
