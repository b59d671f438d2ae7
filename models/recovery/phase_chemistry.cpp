#include "models/recovery/phase_chemistry.hpp"

#include "models/core/element.hpp"

namespace gadolin::recovery {

namespace {

constexpr int first_heavy = 7;  // Tb in rare_earths
constexpr int scandium = 15;

bool sits_on_site(const std::string& element) {
  const int index = rare_earth_index(element);
  return index >= 0 && index != scandium;
}

}  // namespace

RareEarthSite site_class(const std::string& element) {
  if (!sits_on_site(element)) return RareEarthSite::none;
  return rare_earth_index(element) < first_heavy ? RareEarthSite::light : RareEarthSite::heavy;
}

RareEarthSite site_of_formula(const std::string& formula) {
  double light = 0.0, heavy = 0.0;
  for (const auto& term : parse_formula(formula)) {
    const RareEarthSite site = site_class(term.element);
    if (site == RareEarthSite::light) light += term.count;
    if (site == RareEarthSite::heavy) heavy += term.count;
  }
  if (light + heavy <= 0.0) return RareEarthSite::none;
  return light >= heavy ? RareEarthSite::light : RareEarthSite::heavy;
}

PhaseChemistry phase_chemistry(const std::string& formula, const SiteSplit& split) {
  PhaseChemistry chemistry;
  chemistry.site = site_of_formula(formula);
  std::map<std::string, double> mol;
  double site = 0.0;
  for (const auto& term : parse_formula(formula)) {
    if (sits_on_site(term.element)) {
      site += term.count;
      if (split.empty()) mol[term.element] += term.count;
    } else {
      mol[term.element] += term.count;
    }
  }
  for (const auto& [element, share] : split) {
    if (site > 0.0) mol[element] += site * share;
  }
  double weight = 0.0;
  for (const auto& [element, count] : mol) weight += count * atomic_weight_g_per_mol(element);
  for (const auto& [element, count] : mol) {
    chemistry.mass_fraction[element] = count * atomic_weight_g_per_mol(element) / weight;
  }
  chemistry.site_mol_per_kg = 1000.0 * site / weight;
  return chemistry;
}

}  // namespace gadolin::recovery
