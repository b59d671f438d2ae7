#pragma once

#include <vector>

#include "models/separation/types_plant.hpp"
#include "models/separation/unit_operations.hpp"

/// What entered against what left, of one unit and of the plant; products.
namespace gadolin::separation {

/// Elements and anions, acid, water (moisture and vapour included), each extractant, other solids.
/// Closure is |in - out| over the larger; acid over the sum of all acid that moves.
std::vector<PlantBalance> unit_balances(const std::vector<Component>& components,
                                        const std::vector<UnitInput>& inputs,
                                        const UnitOutcome& outcome);
void plant_balances(PlantResult& result);

/// Purity by mass of oxides, recovery by mole of what the feeds brought.
void plant_products(const Plant& plant, PlantResult& result);

/// Oxide a component is counted as in a product [kg/mol]; the element itself where there is none.
double oxide_kg_per_mol(const Component& component);

}  // namespace gadolin::separation
