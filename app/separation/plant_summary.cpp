#include <algorithm>
#include <iostream>

#include <fmt/format.h>

#include "app/separation/plant_command.hpp"

namespace gadolin::app {

void print_plant(const separation::PlantResult& result) {
  std::cout << fmt::format("plant {}: {}  (worst class {})\n", result.name,
                           result.status == ItemStatus::ok ? "steady" : result.status_text,
                           separation::to_string(result.worst_evidence));
  for (const auto& product : result.products) {
    std::cout << fmt::format(
        "  {}: {:.4g} kg/h oxide, purity {:.4f} % of rare-earth oxides, {:.4f} % of all followed, "
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
}

}  // namespace gadolin::app
