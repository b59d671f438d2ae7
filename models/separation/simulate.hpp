#pragma once

#include <vector>

#include "kernels/exec/engine.hpp"
#include "models/separation/types.hpp"

namespace gadolin::separation {

/// Steady state of every circuit: banks in the order the organic meets them, banks at the same
/// place of all circuits in one batch; a closed organic loop and returned liquors by repeated
/// passes until nothing changes any more (1e-13 of what is fed), accelerated after Anderson.
/// out    products, recoveries, purities, closure per species, profiles, reagents, warnings; the
///        worst evidence class of the constants of species that are present
/// fails  a bank or loop that did not converge: status and status_text name bank, stage, balance
/// throws Error E-SEP-001..013 (check_circuit)
/// source docs/theory/separation.md#circuit
std::vector<CircuitResult> simulate(const std::vector<Circuit>& circuits, const Engine& engine);

/// The same for circuits that have passed check_circuit().
std::vector<CircuitResult> simulate_checked(const std::vector<Circuit>& circuits,
                                            const Engine& engine);

}  // namespace gadolin::separation
