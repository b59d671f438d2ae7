#pragma once

#include "models/separation/sweep.hpp"
#include "models/separation/types_optimise.hpp"

namespace gadolin::separation {

/// The designs none of which is better in everything: NSGA-II under constraint domination over the
/// batch engine, then CMA-ES on the continuous variables of some of them; or every combination
/// where there are fewer than 1e5. The front is taken over everything that was ever solved. out
/// front; empty with a warning where no design keeps to the constraints. Equal seed, equal answer.
/// throws Error E-SEP-110..113, -114 (no objective, a method that does not fit)
/// source docs/theory/separation.md#optimise
OptimiseResult optimise(
    const OptimiseSettings& settings, const Circuit& base, CircuitOfKeys circuit_of_keys,
    std::uint64_t seed, const Engine& engine,
    const std::function<bool(std::size_t done, std::size_t total)>& progress = {});

}  // namespace gadolin::separation
