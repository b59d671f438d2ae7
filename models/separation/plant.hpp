#pragma once

#include "kernels/exec/engine.hpp"
#include "models/separation/types_plant.hpp"

namespace gadolin::separation {

/// Steady state of a plant: units in the order the material meets them (sequential modular), loops
/// closed by torn streams with Anderson mixing until nothing torn changes by more than 1e-12 of
/// what enters.
/// out    every stream, balances of each unit and of the plant (elements, anions, acid, water, each
///        extractant), products with purity and recovery, reagents, worst evidence class
/// fails  a circuit or loop that did not converge: status and status_text name unit, bank, stage
/// throws Error E-PLANT-001..014, E-SEP-001..013
/// source docs/theory/plants.md
PlantResult simulate_plant(const Plant& plant, const Engine& engine);

/// The circuit of one unit as the closed plant feeds it: what other units send stands in its banks
/// as feeds, by the names of the streams. Species without constants (anions, not_extracted) are not
/// in it; their sulfate is.
/// throws Error E-PLANT-020 no unit of that name with a circuit, -021 the plant did not converge;
///        those of simulate_plant
Circuit fed_circuit(const Plant& plant, const std::string& unit, const Engine& engine);

/// A feed as a stream of the plant's components.
PlantStream feed_stream(const PlantFeed& feed, const std::vector<Component>& components);

}  // namespace gadolin::separation
