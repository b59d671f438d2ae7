#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/separation/types_cost.hpp"
#include "models/separation/types_sweep.hpp"

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

/// A quote in the reagents' market and currency, middle of its range, per kg, L or kWh; empty with
/// the reason where there is none.
std::optional<double> money_per(const EconomicTables& tables, const CostSettings& settings,
                                const std::string& item, const std::string& unit, PriceRow& quote,
                                std::string& why_not);

/// Capital of solvent extraction by the one anchor, scaled by stages and size^0.6, in the money of
/// cost_year; AACE class 5. Empty without the anchor. throws Error E-COST-002
std::optional<double> solvent_extraction_usd(const EconomicTables& tables, int cost_year,
                                             double stages, double t_per_year);

/// Prices of every metric of kind cost_per_kg; its unit and source say what it holds.
/// throws Error E-COST-004: a reagent or the current without a quote, capital in a currency without
///        an exchange rate; -001, -002
void price_metrics(const std::vector<Metric*>& metrics, const EconomicTables& tables,
                   const CostSettings& settings, const EquipmentSettings& equipment);

/// Operating cost, revenue and capital of a solved plant. Each sum stands in one market and one
/// currency; what has no price is a line without a number and makes the sum incomplete.
/// throws Error E-COST-001 (date), -002 (no CEPCI for the year, grade C aside)
/// source docs/theory/plants.md#money
PlantCost plant_cost(const PlantResult& result, const PlantEquipment& equipment,
                     const EconomicTables& tables, const CostSettings& settings);

}  // namespace gadolin::separation
