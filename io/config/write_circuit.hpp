#pragma once

#include <string>
#include <vector>

#include "models/separation/types.hpp"

namespace gadolin::config {

/// The banks of a circuit as [[prefix]] tables that read back to the same numbers.
std::string banks_text(const separation::Circuit& circuit, const std::string& prefix);

/// The circuit of one unit of a plant as DESIGN.toml: chemistry, solvent and returns as the plant
/// file states them, streams as in `fed` (separation::fed_circuit), the path of the constants
/// counted from where the design will lie; names of streams without points. Studies the unit holds
/// are left out. throws Error E-PLANT-020 no such unit; E-FILE-00x, E-TOML-00x
std::string unit_design_text(const std::string& plant_path, const std::string& unit,
                             const separation::Circuit& fed, const std::string& design_path);

}  // namespace gadolin::config
