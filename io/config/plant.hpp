#pragma once

#include <string>
#include <vector>

#include "models/core/provenance.hpp"
#include "models/separation/types_plant.hpp"

/// Plants of units joined by streams (docs/formats/plant.md; examples in configs/plants/).
namespace gadolin::config {

/// Whether a TOML file describes a plant ([[unit]]) rather than one circuit ([[bank]]).
///   fails  E-FILE-00x, E-TOML-001
bool is_plant(const std::string& path);

/// Reads a PLANT.toml with the designs, tables and feed cards it names (paths relative to it; cards
/// by name from the datasets).
///   fails  E-FILE-00x, E-TOML-00x (unknown key: nearest key, file and line), E-SEP-*, E-FEED-*,
///          E-PLANT-015 (kind), -016 (fractions of a splitter), -017 (carriers), all with file:line
separation::Plant read_plant(const std::string& path, std::vector<InputFile>* records = nullptr);
separation::Plant parse_plant(const std::string& text, const std::string& file,
                              std::vector<InputFile>* records = nullptr);

}  // namespace gadolin::config
