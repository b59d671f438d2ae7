#pragma once

#include "models/separation/types_design.hpp"
#include "models/separation/types_plant.hpp"

namespace gadolin::separation {

/// A designed separation as a plant: its circuits in their order, the base between them, and for
/// each product an oxalate precipitation and a calcination.
///   product_recovery  yield of precipitation and of calcination: 0.985 and 0.999, both recalled
///                     (datasets/recovery); the products' purity hardly depends on them
Plant plant_of_design(const DesignTargets& targets, const DesignResult& design);

}  // namespace gadolin::separation
