#pragma once

#include <string>
#include <vector>

#include "models/separation/types_cost.hpp"

namespace gadolin::io {

/// A plant as CSV tables in a folder (docs/formats/plant.md#tables): streams.csv (properties as
/// rows, `Units` column first, streams as columns, empty cell = missing), profile_UNIT_BANK.csv,
/// destinations.csv (where each element went, %), balances.csv, products.csv, equipment.csv,
/// reagents.csv, evidence.csv, and costs.csv where there is a cost.
/// returns the files written
///   fails  E-OUT-001 (a file is there and force is false), E-OUT-002
std::vector<std::string> write_plant_tables(const std::string& folder,
                                            const separation::PlantResult& result,
                                            const separation::PlantEquipment& equipment,
                                            const separation::PlantCost* cost, bool force);

/// The stream table alone, as text.
std::string stream_table(const separation::PlantResult& result);
/// Where each element fed went: share of its feed in every stream that leaves [%].
std::string destination_table(const separation::PlantResult& result);

}  // namespace gadolin::io
