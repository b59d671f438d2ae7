#include "models/separation/cost.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "models/core/element.hpp"
#include "models/separation/plant_balance.hpp"
#include "models/separation/plant_components.hpp"

namespace gadolin::separation {

namespace {

constexpr double litre_per_us_gallon = 3.785411784;

/// kg, L or kWh in one unit of `per`; 0 = unknown.
double amount_in(const std::string& per, std::string& unit) {
  unit = "kg";
  if (per == "kg") return 1.0;
  if (per == "t") return 1000.0;
  unit = "L";
  if (per == "L") return 1.0;
  if (per == "m3") return 1000.0;
  if (per == "US gal") return litre_per_us_gallon;
  unit = "kWh";
  return per == "kWh" ? 1.0 : 0.0;
}

std::optional<double> exchanged(const std::string& from, const std::string& to,
                                const std::vector<ExchangeRate>& rates) {
  if (from == to) return 1.0;
  for (const ExchangeRate& r : rates) {
    if (r.from == from && r.to == to) return r.rate;
    if (r.from == to && r.to == from && r.rate > 0.0) return 1.0 / r.rate;
  }
  return std::nullopt;
}

/// The anchor of capital: 101 MUSD of it are solvent extraction with 1000 mixer-settlers at 10 000
/// t a year.
constexpr const char* capital_anchor = "Avalon separation plant capital";
constexpr double anchor_sx_usd = 101e6, anchor_stages = 1000.0, anchor_t_per_year = 10000.0;

/// Row of an index or anchor, of a year or (0) any; grade C never.
const IndexRow* index_row(const EconomicTables& tables, const std::string& item, int year = 0) {
  for (const IndexRow& row : tables.indices) {
    if (row.item == item && (year == 0 || row.year == year) && row.grade != "C") return &row;
  }
  return nullptr;
}

class Costing {
 public:
  Costing(const PlantResult& result, const PlantEquipment& equipment, const EconomicTables& tables,
          const CostSettings& settings)
      : result_(result), equipment_(equipment), tables_(tables), settings_(settings) {
    cost_.settings = settings;
    hours_ = result.hours_per_year;
  }

  PlantCost run() {
    decimal_year(settings_.price_date);
    operating();
    revenue();
    metal_in_plant();
    capital();
    const auto total = [&](CostSum& sum) {
      for (const CostLine& line : sum.lines) {
        if (!line.priced) {
          sum.complete = false;
          continue;
        }
        sum.low += line.low;
        sum.high += line.high;
      }
      sum.mid = 0.5 * (sum.low + sum.high);
      const double product = equipment_.product_kg_oxide_per_h * hours_;
      if (product > 0.0) sum.per_kg_product = sum.mid / product;
    };
    total(cost_.operating);
    total(cost_.revenue);
    total(cost_.capital);
    total(cost_.metal);
    cost_.interest_per_year = settings_.interest_fraction * cost_.metal.mid;
    const auto warn_gaps = [&](const CostSum& sum) {
      std::string names;
      for (const CostLine& line : sum.lines) {
        if (!line.priced) names += (names.empty() ? "" : ", ") + line.item;
      }
      if (!names.empty()) {
        cost_.warnings.push_back(
            {"W-COST-001", sum.name + " is incomplete, no price for: " + names});
      }
    };
    warn_gaps(cost_.operating);
    warn_gaps(cost_.revenue);
    margin();
    return cost_;
  }

 private:
  const PlantResult& result_;
  const PlantEquipment& equipment_;
  const EconomicTables& tables_;
  const CostSettings& settings_;
  double hours_ = 8000.0;
  PlantCost cost_;

  /// kg, L or kWh of an item a year, priced.
  CostLine line(const std::string& group, const std::string& item, double quantity,
                const std::string& unit, const std::string& market, const std::string& currency,
                double window) const {
    CostLine l;
    l.group = group;
    l.item = item;
    l.quantity_per_year = quantity;
    l.quantity_unit = unit;
    const auto found = find_price(tables_, {item, market, currency, settings_.price_date, window},
                                  settings_.exchange, l.why_not);
    if (!found) return l;
    std::string price_unit;
    const double per = amount_in(found->per, price_unit);
    double units = 0.0;
    if (per > 0.0 && price_unit == unit) {
      units = quantity / per;
    } else if (per > 0.0 && item == "water") {
      units = quantity / per;  // 1 kg/L
    } else {
      l.why_not = "its price is per " + found->per + ", the amount in " + unit;
      return l;
    }
    const double rate = *exchanged(found->currency, currency, settings_.exchange);
    l.priced = true;
    l.price = *found;
    l.low = units * found->low * rate;
    l.high = units * found->high * rate;
    return l;
  }

  std::string item_of(const std::string& reagent) const {
    for (const auto& [name, item] : settings_.item_of) {
      if (name == reagent) return item;
    }
    if (reagent == "H2C2O4") return "oxalic acid";
    return reagent;
  }

  CostLine stated(const std::string& group, const std::string& item, double quantity,
                  const std::string& unit, double price, const std::string& source) const {
    CostLine l;
    l.group = group;
    l.item = item;
    l.quantity_per_year = quantity;
    l.quantity_unit = unit;
    if (!(price > 0.0)) {
      l.why_not = "not stated by the user";
      return l;
    }
    l.priced = true;
    l.low = l.high = quantity * price;
    l.price = {settings_.price_date,
               item,
               price,
               price,
               settings_.reagent_currency,
               unit,
               "the user's number",
               source,
               "own",
               settings_.reagent_market,
               ""};
    return l;
  }

  void operating() {
    CostSum& sum = cost_.operating;
    sum.name = "operating cost";
    sum.market = settings_.reagent_market;
    sum.currency = settings_.reagent_currency;
    const auto add = [&](CostLine l) { sum.lines.push_back(std::move(l)); };
    const auto reagent = [&](const std::string& group, const std::string& item, double quantity,
                             const std::string& unit) {
      add(line(group, item, quantity, unit, sum.market, sum.currency,
               settings_.reagent_window_years));
    };
    std::map<std::string, double> moles, litres;
    for (const ReagentUse& use : result_.reagents) {
      (use.amount_unit == "mol/h" ? moles : litres)[use.name] += use.amount;
    }
    for (const auto& [name, mol] : moles) {
      double mass = 0.0;
      try {
        mass = reagent_content(name).molar_mass_g_per_mol;
      } catch (const Error&) {  // an extractant
        for (const auto& [unit, per_mol] : extractant_mass_) {
          if (unit == name) mass = per_mol;
        }
        CostLine l = mass > 0.0 ? line("solvent", item_of(name), 1e-3 * mass * mol * hours_, "kg",
                                       sum.market, sum.currency, settings_.reagent_window_years)
                                : CostLine{};
        if (!(mass > 0.0)) {
          l.group = "solvent";
          l.item = name;
          l.quantity_per_year = mol * hours_;
          l.quantity_unit = "mol";
          l.why_not = "its molar mass is not stated (extractant_molar_mass_g_per_mol)";
        }
        add(l);
        continue;
      }
      reagent("reagents", item_of(name), 1e-3 * mass * mol * hours_, "kg");
    }
    for (const auto& [name, volume] : litres) {
      reagent(name == "water" ? "water" : "solvent", item_of(name), volume * hours_, "L");
    }
    reagent("power", "electricity", equipment_.power_kw * hours_, "kWh");
    const double fed = equipment_.rare_earth_fed_kg_oxide_per_h;
    add(stated("effluent", "effluent treatment", 1e-3 * equipment_.effluent_l_per_kg * fed * hours_,
               "m3", settings_.effluent_per_m3, settings_.effluent_source));
    add(stated("labour", "labour", 1.0, "year", settings_.labour_per_year,
               settings_.labour_source));
  }

  void revenue() {
    CostSum& sum = cost_.revenue;
    sum.name = "revenue";
    sum.market = settings_.product_market;
    sum.currency = settings_.product_currency;
    for (const PlantProductResult& p : result_.products) {
      std::string item = p.price_item;
      const auto holds = [&](const char* e) {
        return std::find(p.elements.begin(), p.elements.end(), e) != p.elements.end();
      };
      if (item.empty() && p.elements.size() == 2 && holds("Nd") && holds("Pr")) {
        item = "PrNd oxide";
      } else if (item.empty() && p.elements.size() == 1) {
        item = default_oxide(p.elements.front());
      }
      CostLine l;
      if (item.empty() || (p.price_item.empty() && p.purity_fraction < 0.99)) {
        l.group = "products";
        l.item = p.name;
        l.quantity_per_year = p.oxide_kg_per_h * hours_;
        l.quantity_unit = "kg";
        l.why_not = item.empty() ? "a mixture has no quoted price; name price_item"
                                 : "below 99 % pure, quotes are for 99 % and more";
      } else {
        l = line("products", item, p.oxide_kg_per_h * hours_, "kg", sum.market, sum.currency,
                 settings_.price_window_years);
        l.item = p.name + " (" + item + ")";
      }
      sum.lines.push_back(l);
    }
  }

  void metal_in_plant() {
    CostSum& sum = cost_.metal;
    sum.name = "metal in the plant";
    sum.market = settings_.product_market;
    sum.currency = settings_.product_currency;
    for (const auto& [element, kg] : equipment_.metal_kg_oxide) {
      if (!(kg > 0.0)) continue;
      CostLine l = line("inventory", default_oxide(element), kg, "kg", sum.market, sum.currency,
                        settings_.price_window_years);
      if (!l.priced && (element == "Nd" || element == "Pr")) {
        l = line("inventory", "PrNd oxide", kg, "kg", sum.market, sum.currency,
                 settings_.price_window_years);
        l.item = element + " as PrNd oxide";
      }
      sum.lines.push_back(l);
    }
  }

  /// One anchor with its own count of mixer-settlers: scaled by count and by size^0.6.
  void capital() {
    CostSum& sum = cost_.capital;
    sum.name = "capital";
    sum.market = "US";
    sum.currency = "USD";
    cost_.capital_year = settings_.cost_year;
    cost_.capital_class = "AACE class 5, -50 % to +100 %";
    const IndexRow* plant = index_row(tables_, capital_anchor);
    if (plant == nullptr || equipment_.stages == 0) return;
    const double t_per_year = 1e-3 * equipment_.rare_earth_fed_kg_oxide_per_h * hours_;
    const double sx =
        *solvent_extraction_usd(tables_, settings_.cost_year, equipment_.stages, t_per_year);
    const IndexRow* then = index_row(tables_, "CEPCI", plant->year);
    const IndexRow* now = index_row(tables_, "CEPCI", settings_.cost_year);
    const auto add = [&](const std::string& item, double usd, const std::string& note) {
      CostLine l;
      l.group = "capital";
      l.item = item;
      l.quantity_per_year = 1.0;
      l.quantity_unit = "plant";
      l.priced = true;
      l.low = 0.5 * usd;
      l.high = 2.0 * usd;
      l.price = {std::to_string(plant->year),
                 item,
                 usd,
                 usd,
                 "USD",
                 "plant",
                 plant->basis,
                 plant->source,
                 plant->grade,
                 "US",
                 note};
      sum.lines.push_back(l);
    };
    char note[220];
    std::snprintf(note, sizeof note,
                  "101 MUSD for 1000 mixer-settlers at 10 000 t/y REO, x %d/1000 stages, x (%.4g/"
                  "10000)^0.6, x CEPCI %g/%g",
                  equipment_.stages, t_per_year, now->value, then->value);
    add("solvent extraction", sx, note);
    add("rest of the plant", sx * (302.0 - 101.0) / 101.0,
        "in the anchor's proportion: 302 MUSD in all, 101 of it solvent extraction");
    cost_.assumptions.push_back({"size exponent of capital", 0.6, "1", EvidenceClass::memory,
                                 "usual rule of chemical plants"});
    cost_.assumptions.push_back(
        {"mixer-settlers of the anchor", anchor_stages, "1", EvidenceClass::estimated,
         "\"more than 1000\" in the source: taken as 1000, so capital is high rather than low"});
  }

  void margin() {
    const CostSum &in = cost_.revenue, &out = cost_.operating;
    if (in.market == out.market && in.currency == out.currency) {
      cost_.margin_stated = in.complete && out.complete;
      cost_.margin_per_year = in.mid - out.mid;
      cost_.margin_text = cost_.margin_stated
                              ? "revenue less operating cost, both complete, one market"
                              : "not stated: one of the sums is incomplete";
      return;
    }
    cost_.margin_text = "not stated: revenue is quoted in " + in.market + " (" + in.currency +
                        "), operating cost in " + out.market + " (" + out.currency +
                        "); markets are never mixed in one sum";
  }

 public:
  std::map<std::string, double> extractant_mass_;
};

}  // namespace

std::optional<double> solvent_extraction_usd(const EconomicTables& tables, int cost_year,
                                             double stages, double t_per_year) {
  const IndexRow* plant = index_row(tables, capital_anchor);
  if (plant == nullptr) return std::nullopt;
  const IndexRow* then = index_row(tables, "CEPCI", plant->year);
  const IndexRow* now = index_row(tables, "CEPCI", cost_year);
  if (then == nullptr || now == nullptr) {
    throw Error(
        "E-COST-002",
        "no CEPCI of grade A or B for " + std::to_string(now == nullptr ? cost_year : plant->year),
        "", "give cost_year up to 2021, or the index by own indices", ExitCode::usage);
  }
  return anchor_sx_usd * stages / anchor_stages * std::pow(t_per_year / anchor_t_per_year, 0.6) *
         now->value / then->value;
}

std::optional<double> money_per(const EconomicTables& tables, const CostSettings& settings,
                                const std::string& item, const std::string& unit, PriceRow& quote,
                                std::string& why_not) {
  const auto found = find_price(tables,
                                {item, settings.reagent_market, settings.reagent_currency,
                                 settings.price_date, settings.reagent_window_years},
                                settings.exchange, why_not);
  if (!found) return std::nullopt;
  std::string priced_in;
  const double per = amount_in(found->per, priced_in);
  if (!(per > 0.0) || priced_in != unit) {
    why_not = "its price is per " + found->per + ", asked for per " + unit;
    return std::nullopt;
  }
  quote = *found;
  return 0.5 * (found->low + found->high) / per *
         *exchanged(found->currency, settings.reagent_currency, settings.exchange);
}

double decimal_year(const std::string& date) {
  const auto bad = [&] {
    return Error("E-COST-001", "\"" + date + "\" is no date", "",
                 "write 2024, 2025-09 or 2025-12-25", ExitCode::usage);
  };
  const auto digits = [&](std::size_t at, std::size_t n) {
    if (date.size() < at + n) throw bad();
    int value = 0;
    for (std::size_t i = at; i < at + n; ++i) {
      if (date[i] < '0' || date[i] > '9') throw bad();
      value = 10 * value + (date[i] - '0');
    }
    return value;
  };
  const int year = digits(0, 4);
  if (date.size() == 4) return year + 0.5;
  if (date[4] != '-') throw bad();
  const int month = digits(5, 2);
  if (month < 1 || month > 12) throw bad();
  if (date.size() == 7) return year + (month - 0.5) / 12.0;
  if (date.size() != 10 || date[7] != '-') throw bad();
  const int day = digits(8, 2);
  if (day < 1 || day > 31) throw bad();
  return year + (month - 1 + (day - 0.5) / 30.44) / 12.0;
}

std::optional<PriceRow> find_price(const EconomicTables& tables, const PriceQuery& query,
                                   const std::vector<ExchangeRate>& exchange,
                                   std::string& why_not) {
  const double wanted = decimal_year(query.date);
  const PriceRow* best = nullptr;
  double nearest = query.window_years;
  bool item = false, market = false, grade = false, currency = false;
  for (const PriceRow& row : tables.prices) {
    if (row.item != query.item) continue;
    item = true;
    if (row.market != query.market) continue;
    market = true;
    if (row.grade == "C") continue;
    grade = true;
    if (!exchanged(row.currency, query.currency, exchange)) continue;
    currency = true;
    const double distance = std::fabs(decimal_year(row.date) - wanted);
    // The user's own quote speaks before a table's of the same distance or not.
    const bool own = row.grade == "own", best_own = best != nullptr && best->grade == "own";
    if (best_own && !own) continue;
    if ((own && !best_own && distance <= query.window_years) || distance < nearest ||
        (best == nullptr && distance == nearest)) {
      nearest = distance;
      best = &row;
    }
  }
  if (best != nullptr) return *best;
  why_not = !item       ? "no quote of " + query.item
            : !market   ? "no quote of " + query.item + " in the market " + query.market
            : !grade    ? "only unverified quotes (grade C)"
            : !currency ? "no exchange rate to " + query.currency
                        : "no quote within " + std::to_string(query.window_years).substr(0, 3) +
                              " years of " + query.date;
  return std::nullopt;
}

PlantCost plant_cost(const PlantResult& result, const PlantEquipment& equipment,
                     const EconomicTables& tables, const CostSettings& settings) {
  Costing costing(result, equipment, tables, settings);
  for (const auto& [name, mass] : equipment.extractant_molar_mass) {
    costing.extractant_mass_[name] = mass;
  }
  return costing.run();
}

}  // namespace gadolin::separation
