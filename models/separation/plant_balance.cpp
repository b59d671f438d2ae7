#include "models/separation/plant_balance.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "models/core/element.hpp"
#include "models/separation/plant_components.hpp"

namespace gadolin::separation {

namespace {

/// Sums of everything balanced, in one direction.
struct Sum {
  std::map<std::string, double> elements, extractants;
  double acid = 0.0, acid_size = 0.0, water = 0.0, other = 0.0;

  void add(const PlantStream& s, const std::vector<Component>& components) {
    for (std::size_t k = 0; k < components.size(); ++k) {
      elements[components[k].element] += s.mol_per_h[k];
      acid_size += std::fabs(components[k].charge) * s.mol_per_h[k];
    }
    acid += acid_mol_per_h(s, components);
    if (s.phase != StreamPhase::organic) water += s.volume_l_per_h;
    if (!s.extractant.empty()) extractants[s.extractant] += s.extractant_mol_per_h;
    other += s.other_kg_per_h;
  }
};

std::vector<PlantBalance> compare(const Sum& in, const Sum& out,
                                  const std::vector<Component>& components) {
  std::vector<PlantBalance> rows;
  const auto row = [&](const std::string& what, double a, double b, const char* unit, double size) {
    if (!(size > 0.0)) return;
    rows.push_back({what, a, b, unit, std::fabs(a - b) / size});
  };
  std::set<std::string> done;
  for (const Component& c : components) {
    if (!done.insert(c.element).second) continue;
    const auto of = [&](const Sum& sum) {
      const auto found = sum.elements.find(c.element);
      return found == sum.elements.end() ? 0.0 : found->second;
    };
    row(c.element, of(in), of(out), "mol/h", std::max(of(in), of(out)));
  }
  row("acid", in.acid, out.acid, "mol/h", std::max(in.acid_size, out.acid_size));
  row("water", in.water, out.water, "L/h", std::max(in.water, out.water));
  std::set<std::string> names;
  for (const auto& [name, amount] : in.extractants) names.insert(name);
  for (const auto& [name, amount] : out.extractants) names.insert(name);
  for (const std::string& name : names) {
    const auto of = [&](const Sum& sum) {
      const auto found = sum.extractants.find(name);
      return found == sum.extractants.end() ? 0.0 : found->second;
    };
    row("extractant " + name, of(in), of(out), "mol/h", std::max(of(in), of(out)));
  }
  row("other solids", in.other, out.other, "kg/h", std::max(in.other, out.other));
  return rows;
}

}  // namespace

double oxide_kg_per_mol(const Component& component) {
  const std::string oxide = default_oxide(component.element);
  const double factor = oxide.empty() ? 1.0 : element_to_oxide_factor(component.element, oxide);
  return 1e-3 * component.molar_mass_g_per_mol * factor;
}

std::vector<PlantBalance> unit_balances(const std::vector<Component>& components,
                                        const std::vector<UnitInput>& inputs,
                                        const UnitOutcome& outcome) {
  Sum in, out;
  for (const UnitInput& input : inputs) in.add(*input.stream, components);
  for (const auto& [name, s] : outcome.bought) in.add(s, components);
  for (const auto& [port, s] : outcome.outlets) out.add(s, components);
  return compare(in, out, components);
}

void plant_balances(PlantResult& result) {
  Sum in, out;
  for (const NamedStream& s : result.streams) {
    if (s.from.empty()) in.add(s.stream, result.components);
    if (s.to.empty()) out.add(s.stream, result.components);
  }
  result.balances = compare(in, out, result.components);
}

void plant_products(const Plant& plant, PlantResult& result) {
  const auto& components = result.components;
  std::map<std::string, double> fed;
  for (const NamedStream& s : result.streams) {
    if (s.role != StreamRole::feed) continue;
    for (std::size_t k = 0; k < components.size(); ++k) {
      fed[components[k].element] += s.stream.mol_per_h[k];
    }
  }
  for (const PlantProduct& product : plant.products) {
    PlantProductResult r;
    r.name = product.name;
    r.stream = product.stream;
    r.price_item = product.price_item;
    r.elements = product.elements;
    r.target_purity_fraction = product.purity_fraction;
    const PlantStream* stream = nullptr;
    for (const NamedStream& s : result.streams) {
      if (s.name == product.stream) stream = &s.stream;
    }
    if (stream == nullptr) continue;
    double all = 0.0, wanted_mol = 0.0, fed_mol = 0.0;
    for (std::size_t k = 0; k < components.size(); ++k) {
      const Component& c = components[k];
      const double mass = oxide_kg_per_mol(c) * stream->mol_per_h[k];
      const bool rare = is_rare_earth(c.element);
      const bool wanted = std::find(product.elements.begin(), product.elements.end(), c.element) !=
                          product.elements.end();
      if (c.charge >= 0.0 || stream->phase == StreamPhase::solid) all += mass;
      if (rare) r.rare_earth_oxide_kg_per_h += mass;
      if (!wanted) continue;
      r.oxide_kg_per_h += mass;
      wanted_mol += stream->mol_per_h[k];
    }
    for (const std::string& element : product.elements) fed_mol += fed[element];
    if (r.rare_earth_oxide_kg_per_h > 0.0) {
      r.purity_fraction = r.oxide_kg_per_h / r.rare_earth_oxide_kg_per_h;
    }
    all += stream->other_kg_per_h;
    if (all > 0.0) r.purity_of_all_fraction = r.oxide_kg_per_h / all;
    if (fed_mol > 0.0) r.recovery_fraction = wanted_mol / fed_mol;
    r.meets_target = r.purity_fraction >= r.target_purity_fraction;
    if (!r.meets_target) {
      char text[200];
      std::snprintf(text, sizeof text, "product %s is %.4f %% pure, %.4f %% are asked for",
                    r.name.c_str(), 100.0 * r.purity_fraction, 100.0 * r.target_purity_fraction);
      result.warnings.push_back({"W-PLANT-005", text});
    }
    result.products.push_back(r);
  }
}

}  // namespace gadolin::separation
