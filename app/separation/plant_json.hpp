#pragma once

#include <nlohmann/json.hpp>

#include "models/separation/types_cost.hpp"

namespace gadolin::app {

/// A plant as JSON for --json; numbers that do not exist are null.
nlohmann::ordered_json to_json(const separation::PlantResult& result,
                               const separation::PlantEquipment& equipment,
                               const separation::PlantCost* cost);

}  // namespace gadolin::app
