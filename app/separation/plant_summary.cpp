#include <algorithm>
#include <iostream>

#include <fmt/format.h>

#include "app/separation/plant_command.hpp"

namespace gadolin::app {

namespace {

void print_sum(const separation::CostSum& sum) {
  if (sum.lines.empty()) return;
  std::cout << fmt::format("  {}: {:.4g} to {:.4g} {} a year ({}), {:.3g} per kg product{}\n",
                           sum.name, sum.low, sum.high, sum.currency, sum.market,
                           sum.per_kg_product, sum.complete ? "" : "  INCOMPLETE");
}

}  // namespace

void print_plant(const separation::PlantResult& result, const separation::PlantEquipment& equipment,
                 const separation::PlantCost* cost) {
  std::cout << fmt::format("plant {}: {}  (worst class {})\n", result.name,
                           result.status == ItemStatus::ok ? "steady" : result.status_text,
                           separation::to_string(result.worst_evidence));
  for (const auto& product : result.products) {
    std::cout << fmt::format(
        "  {}: {:.4g} kg/h of the wanted oxides, purity {:.4f} % of rare-earth oxides, {:.4f} % of "
        "all followed, "
        "recovery {:.2f} %{}\n",
        product.name, product.oxide_kg_per_h, 100.0 * product.purity_fraction,
        100.0 * product.purity_of_all_fraction, 100.0 * product.recovery_fraction,
        product.meets_target ? "" : "  BELOW TARGET");
  }
  double worst = 0.0;
  std::string what;
  for (const auto& balance : result.balances) {
    if (balance.closure_relative < worst) continue;
    worst = balance.closure_relative;
    what = balance.what;
  }
  std::cout << fmt::format("  {} balances, worst {}: closed to {:.1e}", result.balances.size(),
                           what, worst);
  if (!result.torn.empty()) {
    std::cout << fmt::format("; {} torn streams, {} passes", result.torn.size(), result.passes);
  }
  std::cout << '\n';
  if (equipment.rare_earth_fed_kg_oxide_per_h > 0.0) {
    std::cout << fmt::format(
        "  {} mixer-settlers; {:.3g} kg rare-earth oxides in the plant, {:.3g} days of its feed\n"
        "  per kg oxide fed: base {:.3g} mol, acid {:.3g} mol, oxalic acid {:.3g} mol, water "
        "{:.3g} "
        "L, effluent {:.3g} L with {:.3g} kg salt\n",
        equipment.stages, equipment.metal_in_plant_kg_oxide, equipment.metal_in_plant_days,
        equipment.base_mol_per_kg, equipment.acid_mol_per_kg, equipment.oxalate_mol_per_kg,
        equipment.water_l_per_kg, equipment.effluent_l_per_kg, equipment.salt_kg_per_kg);
  }
  if (cost == nullptr) return;
  print_sum(cost->operating);
  print_sum(cost->revenue);
  std::cout << fmt::format("  capital: {:.3g} to {:.3g} {} of {} ({})\n", cost->capital.low,
                           cost->capital.high, cost->capital.currency, cost->capital_year,
                           cost->capital_class);
  if (cost->margin_stated) {
    std::cout << fmt::format("  margin: {:.4g} {} a year\n", cost->margin_per_year,
                             cost->revenue.currency);
  } else {
    std::cout << "  margin: " << cost->margin_text << '\n';
  }
}

}  // namespace gadolin::app
