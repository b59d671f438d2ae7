#pragma once

#include "models/separation/types_cost.hpp"

namespace gadolin::separation {

/// Mixers, settlers, solvent inventory, metal in the plant and what a kg of oxide uses up, from the
/// solved streams and profiles.
///   mixer V = (A + O) tau; settler area = (A + O)/q; hold-up of each phase: its share of the mixer
///   by flow, half the depth of the settler
/// source docs/theory/plants.md#size
PlantEquipment plant_equipment(const Plant& plant, const PlantResult& result,
                               const EquipmentSettings& settings);

}  // namespace gadolin::separation
