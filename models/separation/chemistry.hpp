#pragma once

#include <vector>

#include "kernels/exec/engine.hpp"
#include "models/separation/solve_banks.hpp"

namespace gadolin::separation {

/// solve_banks() with the aqueous chemistry of each circuit: activities, complexes, anion of a
/// neutral extractant. A fixed point on ln D per stage and species, mixed after Anderson:
///   banks at the present correction -> (S37) in every stage -> correction, until ln D changes by
///   less than 1e-10. The balances close for every correction, so they close at any pass.
/// Banks of circuits without chemistry take one pass and no time.
/// in   tasks as for solve_banks(); task.ln_d_shift is the start, empty = from the inlets
/// out  as solve_banks(), with ionic strength, pH on the activity scale, free anion and the
/// correction
///      of every stage; stages outside the window of a constant counted and warned of
/// fails  the fixed point does not settle: not_converged, the status says by how much ln D moves
/// throws Error E-SEP-041, -042 (StageChemistry)
/// source docs/theory/separation.md#activity
std::vector<BankSolution> solve_with_chemistry(const std::vector<BankTask>& tasks,
                                               const Engine& engine);

/// Concentration of something that stays in the aqueous, per stage: `fed` [stages] mol/h.
std::vector<double> inert_profile(const Bank& bank, const BankResult& result,
                                  const std::vector<double>& fed);

}  // namespace gadolin::separation
