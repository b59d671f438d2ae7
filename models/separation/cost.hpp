#pragma once

#include <optional>
#include <string>

#include "models/separation/types_cost.hpp"

namespace gadolin::separation {

/// The quote of an item nearest to a date, in one market, within a window; grade C never. A price
/// in another currency only where an exchange rate is given.
struct PriceQuery {
  std::string item, market, currency, date;
  double window_years = 2.0;
};
std::optional<PriceRow> find_price(const EconomicTables& tables, const PriceQuery& query,
                                   const std::vector<ExchangeRate>& exchange, std::string& why_not);

/// Year with its fraction of "2024", "2025-09", "2025-12-25"; a bare year is its middle.
/// throws Error E-COST-001
double decimal_year(const std::string& date);

/// Operating cost, revenue and capital of a solved plant. Each sum stands in one market and one
/// currency; what has no price is a line without a number and makes the sum incomplete.
/// throws Error E-COST-001 (date), -002 (no CEPCI for the year, grade C aside)
/// source docs/theory/plants.md#money
PlantCost plant_cost(const PlantResult& result, const PlantEquipment& equipment,
                     const EconomicTables& tables, const CostSettings& settings);

}  // namespace gadolin::separation
