#pragma once

#include <string>
#include <vector>

#include "io/config/toml_table.hpp"
#include "models/core/provenance.hpp"
#include "models/separation/types_cost.hpp"

namespace gadolin::config {

/// What a plant file says about sizes and money; `costed` without [economics] is false.
struct PlantEconomics {
  separation::EquipmentSettings equipment;
  separation::CostSettings cost;
  separation::EconomicTables tables;
  bool costed = false;
};

/// Tables [equipment] and [economics] of a plant or targets file, with the price tables of the
/// datasets and the user's own (`prices`, `indices`), which speak first.
///   fails  E-TOML-00x, E-COST-001 (date), -003 (a table that cannot be read)
PlantEconomics read_economics(const std::string& path, std::vector<InputFile>* records = nullptr);

/// CSV date,item,low,high,currency,per,market,basis,source,grade,note; grade A, B, C or own.
std::vector<separation::PriceRow> read_prices(const std::string& path, InputFile* record = nullptr);
/// CSV item,year,value,unit,basis,source,grade,note
std::vector<separation::IndexRow> read_indices(const std::string& path,
                                               InputFile* record = nullptr);

}  // namespace gadolin::config
