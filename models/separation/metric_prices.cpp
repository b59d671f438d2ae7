#include <cmath>

#include <fmt/format.h>

#include "models/core/error.hpp"
#include "models/separation/cost.hpp"
#include "models/separation/plant_components.hpp"

namespace gadolin::separation {

namespace {

[[noreturn]] void refuse(const Metric& metric, const std::string& what, const std::string& why) {
  throw Error("E-COST-004", "metric " + metric.name + ": no price of " + what + " (" + why + ")",
              "",
              "give a quote of your own (economics.prices), another price_date, or weights by "
              "kind = \"cost\"",
              ExitCode::usage);
}

}  // namespace

void price_metrics(const std::vector<Metric*>& metrics, const EconomicTables& tables,
                   const CostSettings& settings, const EquipmentSettings& equipment) {
  for (Metric* metric : metrics) {
    if (metric->kind != MetricKind::cost_per_kg) continue;
    MetricMoney& m = metric->money;
    std::string why, quoted;
    PriceRow quote;
    const auto add_source = [&](const std::string& item) {
      quoted += fmt::format("{}{} {} {} ({})", quoted.empty() ? "" : "; ", item, quote.date,
                            quote.market, quote.source);
    };
    const auto per_mol = [&](const std::string& reagent) {
      const auto price = money_per(tables, settings, reagent, "kg", quote, why);
      if (!price) refuse(*metric, reagent, why);
      add_source(reagent);
      return *price * 1e-3 * reagent_content(reagent).molar_mass_g_per_mol;
    };
    m.per_mol_base = per_mol(m.base);
    m.per_mol_acid = per_mol(m.acid);
    const auto current = money_per(tables, settings, "electricity", "kWh", quote, why);
    if (!current) refuse(*metric, "electricity", why);
    add_source("electricity");
    m.per_stage_l =
        *current * equipment.mixer_power_kw_per_m3 * 1e-3 * equipment.mixer_residence_min / 60.0;
    m.per_stage_kg06 = 0.0;
    if (m.capital_charge_fraction > 0.0) {
      if (settings.reagent_currency != "USD") {
        refuse(*metric, "capital",
               "its anchor is in USD, the metric in " + settings.reagent_currency);
      }
      // One stage at 1 kg/h; the rest is scaling.
      const auto usd =
          solvent_extraction_usd(tables, settings.cost_year, 1.0, 1e-3 * m.hours_per_year);
      if (!usd) refuse(*metric, "capital", "no anchor in the table of indices");
      m.per_stage_kg06 = m.capital_charge_fraction * *usd / m.hours_per_year;
      quoted += fmt::format("; capital {:.3g} a year of AACE class 5, money of {}",
                            m.capital_charge_fraction, settings.cost_year);
    }
    metric->unit = settings.reagent_currency + "/kg";
    metric->source = quoted + "; without solvent loss, labour, effluent";
    m.priced = true;
  }
}

}  // namespace gadolin::separation
