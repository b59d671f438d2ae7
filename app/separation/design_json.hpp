#pragma once

#include <nlohmann/json.hpp>

#include "models/separation/types_design.hpp"

namespace gadolin::app {

/// A design for machines: order, cuts, products against targets, reasons where it is not feasible.
nlohmann::ordered_json to_json(const separation::DesignResult& result);

}  // namespace gadolin::app
