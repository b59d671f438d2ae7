#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/separation/types_plant.hpp"

/// Sizes and money of a plant. Nothing without date and source.
namespace gadolin::separation {

/// One quoted price, as its source gives it.
struct PriceRow {
  std::string date;  ///< "2024", "2025-09", "2025-12-25"
  std::string item;  ///< "Nd2O3", "NaOH"
  double low = 0.0, high = 0.0;
  std::string currency;  ///< "USD", "CNY"
  std::string per;       ///< "kg", "t", "US gal", "L", "m3", "kWh"
  std::string basis, source;
  std::string grade;   ///< A, B, C or "own"; C is never used
  std::string market;  ///< "China", "Europe", "US", "contract", "unstated", or the user's word
  std::string note;
};
/// Index or capital anchor by year.
struct IndexRow {
  std::string item;
  int year = 0;
  double value = 0.0;
  std::string unit, basis, source, grade, note;
};
struct EconomicTables {
  std::vector<PriceRow> prices;
  std::vector<IndexRow> indices;
};

/// A number the designer has to answer for.
struct Assumption {
  std::string name;
  double value = 0.0;
  std::string unit;
  EvidenceClass evidence = EvidenceClass::memory;
  std::string source;
};

struct EquipmentSettings {
  double mixer_residence_min = 5.0;       ///< 3-10 usual (recalled)
  double settler_flow_m3_per_m2_h = 3.0;  ///< 2-5 usual (recalled)
  double settler_depth_m = 0.4;           ///< both phases together (recalled)
  double surge_fraction = 0.2;            ///< solvent outside the stages, of that inside
  double mixer_power_kw_per_m3 = 1.0;     ///< of mixer volume
  double solvent_density_kg_per_l = 0.83;
};

struct ExchangeRate {
  std::string from, to;  ///< 1 from = rate to
  double rate = 0.0;
  std::string date, source;
};

struct CostSettings {
  std::string price_date;  ///< nearest quote within price_window_years is taken
  double price_window_years = 2.0;
  double reagent_window_years = 8.0;
  std::string product_market = "China", product_currency = "CNY";
  std::string reagent_market = "US", reagent_currency = "USD";
  int cost_year = 2021;            ///< of capital, by CEPCI
  double interest_fraction = 0.0;  ///< a year, on inventories; 0 = not charged
  double labour_per_year = 0.0;    ///< in reagent_currency; 0 = not in the sum
  std::string labour_source;
  double effluent_per_m3 = 0.0;  ///< in reagent_currency; 0 = not in the sum
  std::string effluent_source;
  std::vector<ExchangeRate> exchange;
  std::vector<std::pair<std::string, std::string>> item_of;  ///< reagent -> item of the table
};

/// One bank as hardware.
struct BankEquipment {
  std::string unit, bank;
  int stages = 0;
  double aqueous_m3_per_h = 0.0, organic_m3_per_h = 0.0;      ///< largest of its stages
  double mixer_m3 = 0.0, settler_m2 = 0.0;                    ///< each stage
  double aqueous_hold_up_m3 = 0.0, organic_hold_up_m3 = 0.0;  ///< the whole bank
  double rare_earth_hold_up_kg_oxide = 0.0;
};

struct PlantEquipment {
  EquipmentSettings settings;
  std::vector<Assumption> assumptions;
  std::vector<BankEquipment> banks;
  int stages = 0;
  std::vector<std::pair<std::string, double>> solvent_m3;             ///< by unit, surge included
  std::vector<std::pair<std::string, double>> extractant_mol;         ///< by unit
  std::vector<std::pair<std::string, double>> extractant_molar_mass;  ///< g/mol, by extractant
  std::vector<std::pair<std::string, double>> metal_kg_oxide;         ///< in plant, by element
  double metal_in_plant_kg_oxide = 0.0;
  double metal_in_plant_days = 0.0;  ///< of what is fed
  double power_kw = 0.0;             ///< mixers
  double rare_earth_fed_kg_oxide_per_h = 0.0, product_kg_oxide_per_h = 0.0;
  /// Per kg of rare-earth oxide fed.
  double base_mol_per_kg = 0.0, acid_mol_per_kg = 0.0, oxalate_mol_per_kg = 0.0;
  double water_l_per_kg = 0.0, effluent_l_per_kg = 0.0, salt_kg_per_kg = 0.0;
};

/// A line of a sum, or what could not be priced and why.
struct CostLine {
  std::string group;  ///< "reagents", "solvent", "power", "labour", "effluent", "interest", ...
  std::string item;
  double quantity_per_year = 0.0;
  std::string quantity_unit;
  bool priced = false;
  double low = 0.0, high = 0.0;  ///< a year
  double mid() const { return 0.5 * (low + high); }
  PriceRow price;
  std::string why_not;
};
struct CostSum {
  std::string name;  ///< "operating cost", "revenue", "capital"
  std::string market, currency;
  std::vector<CostLine> lines;
  double low = 0.0, mid = 0.0, high = 0.0;
  double per_kg_product = 0.0;  ///< mid over kg of product oxide a year
  bool complete = true;         ///< every line has a price
};

struct PlantCost {
  CostSettings settings;
  CostSum operating, revenue, capital;
  CostSum metal;  ///< rare earths inside the plant, in the products' market; not a yearly sum
  double interest_per_year = 0.0;  ///< on them, in the same currency; 0 = not charged
  std::string capital_class;       ///< "AACE class 5, -50 % to +100 %"
  int capital_year = 0;
  bool margin_stated = false;  ///< only where both sums stand in one market and currency
  double margin_per_year = 0.0;
  std::string margin_text;
  std::vector<Assumption> assumptions;
  std::vector<Warning> warnings;
};

}  // namespace gadolin::separation
