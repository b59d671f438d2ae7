#pragma once

#include <string>
#include <vector>

#include "models/core/provenance.hpp"
#include "models/recovery/types.hpp"
#include "models/separation/types_plant.hpp"

/// Tables a plant names: rates of leaching, curves of precipitation, routes of recovery.
namespace gadolin::config {

/// CSV oxide,order_A,B_mol_kg_h. fails E-CSV-*, E-PLANT-018
std::vector<separation::LeachRate> read_leach_rates(const std::string& path,
                                                    const std::string& source,
                                                    separation::EvidenceClass evidence,
                                                    std::vector<InputFile>* records);
/// CSV element,epsilon,n_DA. fails E-CSV-*, E-PLANT-018
std::vector<separation::PrecipitationCurve> read_precipitation_curves(
    const std::string& path, std::vector<InputFile>* records);

/// Cracking and leaching of a route (datasets/recovery), modes of its yields, appended to a unit's.
void append_route(const recovery::Route& route, separation::LeachUnit& unit);

}  // namespace gadolin::config
