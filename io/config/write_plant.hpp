#pragma once

#include <string>
#include <vector>

#include "models/separation/types_plant.hpp"

namespace gadolin::config {

/// A plant as PLANT.toml that read_plant() reads back to the same numbers.
///   constants    table the circuits name ("pc88a_chloride.toml"); "" = their species are written
///   out own_species  those that are not the table's, written out beside it
std::string plant_text(const separation::Plant& plant, const std::string& constants,
                       const std::vector<std::string>& own_species = {});

}  // namespace gadolin::config
