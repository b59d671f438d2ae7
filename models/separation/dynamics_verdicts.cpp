#include "models/separation/dynamics_verdicts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "models/core/element.hpp"
#include "models/core/error.hpp"

namespace gadolin::separation {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

std::vector<Specification> resolve_specifications(const DynamicsPlan& plan,
                                                  const std::vector<std::string>& products,
                                                  DynamicsResult& result) {
  std::vector<Specification> resolved;
  for (const ProductSpecification& spec : plan.specifications) {
    Specification s;
    s.purity = spec.purity_min;
    const auto p = std::find(products.begin(), products.end(), spec.product);
    bool good = p != products.end() && !spec.species.empty();
    s.product = static_cast<std::size_t>(p - products.begin());
    std::string text = spec.product + ":";
    for (const std::string& name : spec.species) {
      const auto k = std::find(result.species.begin(), result.species.end(), name);
      good = good && k != result.species.end() && is_rare_earth(name);
      s.species.push_back(static_cast<std::size_t>(k - result.species.begin()));
      text += " " + name;
    }
    if (!good) {
      std::string have;
      for (const auto& name : products) have += (have.empty() ? "" : ", ") + name;
      throw Error("E-SEP-073",
                  "a specification names product \"" + spec.product +
                      "\" and rare earths that the circuit does not make",
                  plan.circuit.source_file, "products: " + have, ExitCode::usage);
    }
    resolved.push_back(s);
    result.specifications.push_back(text + " >= " + fmt::format("{:.4g}", 100.0 * s.purity) + " %");
  }
  return resolved;
}

double settling_time_h(const DynamicsResult& result, std::size_t first_row, std::size_t p,
                       std::size_t k, double target, bool of_change) {
  const std::size_t species = result.species.size();
  const auto at = [&](std::size_t row) {
    return result.product_molar[(row * result.products.size() + p) * species + k];
  };
  const std::size_t rows = result.time_h.size();
  const double change = std::fabs(at(first_row) - target);
  double band = 0.01 * (of_change ? change : std::fabs(target));
  if (of_change && change <= 1e-9 * std::fabs(target)) return 0.0;
  if (!(target > 1e-15)) return 0.0;
  std::size_t last = rows;  // last row outside the band
  for (std::size_t row = rows; row-- > first_row;) {
    if (std::fabs(at(row) - target) > band) {
      last = row;
      break;
    }
  }
  if (last == rows) return 0.0;
  if (last + 1 == rows) return nan;
  // Between two steps: the distance to the target falls like an exponential.
  const double t0 = result.time_h[last], t1 = result.time_h[last + 1];
  const double d0 = std::fabs(at(last) - target), d1 = std::fabs(at(last + 1) - target);
  const bool same_side = (at(last) - target) * (at(last + 1) - target) > 0.0;
  const double share =
      same_side ? std::log(d0 / band) / std::log(d0 / d1) : (d0 - band) / (d0 + d1);
  return t0 + std::clamp(share, 0.0, 1.0) * (t1 - t0) - result.time_h[first_row];
}

void judge_specification(const Circuit& circuit, const DynamicsResult& result,
                         std::size_t first_row, const Specification& spec, DynamicsPhase& phase) {
  const std::size_t species = result.species.size();
  const std::size_t products = result.products.size(), rows = result.time_h.size();
  const auto purity = [&](std::size_t row) {
    double sum = 0.0;
    for (std::size_t k : spec.species) {
      sum += result.purity_fraction[(row * products + spec.product) * species + k];
    }
    return sum - spec.purity;
  };
  double off = 0.0, met_at = purity(first_row) >= 0.0 ? result.time_h[first_row] : nan;
  for (std::size_t row = first_row; row + 1 < rows; ++row) {
    double made = 0.0;
    for (std::size_t k = 0; k < species; ++k) {
      if (!is_rare_earth(result.species[k])) continue;
      const std::size_t e = (row * products + spec.product) * species + k;
      made += (result.produced_mol[e + products * species] - result.produced_mol[e]) * 1e-3 *
              circuit.species[k].molar_mass_g_per_mol;
    }
    const double before = purity(row), after = purity(row + 1);
    if (before < 0.0 && after < 0.0) off += made;
    if ((before < 0.0) == (after < 0.0)) continue;
    const double share = before / (before - after);  // of the step, before the crossing
    off += made * (before < 0.0 ? share : 1.0 - share);
    const double crossing =
        result.time_h[row] + share * (result.time_h[row + 1] - result.time_h[row]);
    met_at = after >= 0.0 ? crossing : nan;
  }
  phase.off_spec_kg.push_back(std::max(off, 0.0));
  phase.on_spec_at_h.push_back(met_at);
}

}  // namespace gadolin::separation
