#include "models/separation/plant_components.hpp"

#include <algorithm>
#include <cmath>

#include "models/core/element.hpp"
#include "models/separation/plant_balance.hpp"

namespace gadolin::separation {

namespace {

struct Known {
  const char* name;
  double charge;
};
/// Usual valence in an acid leach liquor; others by [charges] of the plant.
constexpr Known known_elements[] = {
    {"Li", 1}, {"Be", 2}, {"B", 0},  {"C", 0},  {"Na", 1}, {"Mg", 2}, {"Al", 3}, {"Si", 0},
    {"K", 1},  {"Ca", 2}, {"Ti", 4}, {"V", 4},  {"Cr", 3}, {"Mn", 2}, {"Fe", 3}, {"Co", 2},
    {"Ni", 2}, {"Cu", 2}, {"Zn", 2}, {"Ga", 3}, {"Sr", 2}, {"Zr", 4}, {"Nb", 5}, {"Mo", 6},
    {"Sn", 2}, {"Ba", 2}, {"Hf", 4}, {"Ta", 5}, {"Pb", 2}, {"Th", 4}, {"U", 2},  {"P", 0},
    {"S", 0},  {"O", 0},  {"Cd", 2}, {"In", 3}, {"Sb", 3}, {"Bi", 3}, {"Hg", 2}, {"As", 0}};
struct Ion {
  const char* name;
  const char* formula;
  double charge;
};
constexpr Ion ions[] = {{"Cl", "Cl", -1},     {"F", "F", -1},     {"SO4", "SO4", -2},
                        {"NO3", "NO3", -1},   {"PO4", "PO4", -3}, {"CO3", "CO3", -2},
                        {"C2O4", "C2O4", -2}, {"NH4", "NH4", 1}};

ReagentContent make(std::vector<std::pair<std::string, double>> components, double electrons,
                    const char* formula) {
  return {std::move(components), electrons, formula_weight_g_per_mol(parse_formula(formula))};
}

const std::map<std::string, ReagentContent>& reagents() {
  static const std::map<std::string, ReagentContent> table = {
      {"HCl", make({{"Cl", 1}}, 0, "HCl")},
      {"H2SO4", make({{"SO4", 1}}, 0, "H2SO4")},
      {"HNO3", make({{"NO3", 1}}, 0, "HNO3")},
      {"NaOH", make({{"Na", 1}}, 0, "NaOH")},
      {"KOH", make({{"K", 1}}, 0, "KOH")},
      {"NH3", make({{"NH4", 1}}, 0, "NH3")},
      {"Na2CO3", make({{"Na", 2}, {"CO3", 1}}, 0, "Na2CO3")},
      {"NH4HCO3", make({{"NH4", 1}, {"CO3", 1}}, 0, "NH4HCO3")},
      {"MgO", make({{"Mg", 1}}, 0, "MgO")},
      {"CaO", make({{"Ca", 1}}, 0, "CaO")},
      {"CaCO3", make({{"Ca", 1}, {"CO3", 1}}, 0, "CaCO3")},
      {"H2C2O4", make({{"C2O4", 1}}, 0, "H2C2O4")},
      {"(NH4)2SO4", make({{"NH4", 2}, {"SO4", 1}}, 0, "(NH4)2SO4")},
      {"O2", make({}, 4, "O2")},
      {"H2O2", make({}, 2, "H2O2")},
      {"NaClO", make({{"Na", 1}, {"Cl", 1}}, 2, "NaClO")},
      {"water", make({}, 0, "H2O")}};
  return table;
}

}  // namespace

Component plant_component(const std::string& name, const std::map<std::string, double>& charges) {
  Component c;
  c.name = name;
  c.element = name;
  const auto own = charges.find(name);
  const auto finish = [&](double usual) {
    c.charge = own == charges.end() ? usual : own->second;
    return c;
  };
  for (const Ion& ion : ions) {
    if (name != ion.name) continue;
    c.molar_mass_g_per_mol = formula_weight_g_per_mol(parse_formula(ion.formula));
    c.charge = ion.charge;
    return c;
  }
  if (name == "Ce(IV)") {
    c.element = "Ce";
    c.molar_mass_g_per_mol = atomic_weight_g_per_mol("Ce");
    c.charge = 4.0;
    return c;
  }
  if (is_rare_earth(name)) {
    c.molar_mass_g_per_mol = atomic_weight_g_per_mol(name);
    return finish(3.0);
  }
  for (const Known& known : known_elements) {
    if (name != known.name) continue;
    c.molar_mass_g_per_mol = atomic_weight_g_per_mol(name);
    return finish(known.charge);
  }
  std::vector<std::string> names;
  for (const char* e : rare_earths) names.push_back(e);
  for (const Known& known : known_elements) names.push_back(known.name);
  for (const Ion& ion : ions) names.push_back(ion.name);
  const std::string near = nearest_word(name, names);
  throw Error("E-PLANT-001", "no component is called \"" + name + "\"", "",
              near.empty() ? "use an element, Ce(IV) or one of Cl F SO4 NO3 PO4 CO3 C2O4 NH4"
                           : "did you mean \"" + near + "\"?",
              ExitCode::usage);
}

const ReagentContent& reagent_content(const std::string& name) {
  const auto found = reagents().find(name);
  if (found != reagents().end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, content] : reagents()) names.push_back(known);
  const std::string near = nearest_word(name, names);
  throw Error("E-PLANT-002", "no reagent is called \"" + name + "\"", "",
              near.empty() ? "use HCl, H2SO4, HNO3, NaOH, NH3, Na2CO3, NH4HCO3, MgO, CaO, H2C2O4, "
                             "O2, H2O2 or NaClO"
                           : "did you mean \"" + near + "\"?",
              ExitCode::usage);
}

double extractant_molar_mass(const Extractant& extractant) {
  static const std::map<std::string, const char*> formulas = {
      {"PC88A", "C16H35O3P"},     {"P507", "C16H35O3P"},  {"D2EHPA", "C16H35O4P"},
      {"DEHPA", "C16H35O4P"},     {"HDEHP", "C16H35O4P"}, {"P204", "C16H35O4P"},
      {"Cyanex 272", "C16H35O2P"}};
  const auto found = formulas.find(extractant.name);
  if (found == formulas.end()) return 0.0;
  const double one = formula_weight_g_per_mol(parse_formula(found->second));
  return extractant.basis == ExtractantBasis::dimer ? 2.0 * one : one;
}

std::vector<Component> plant_components(const Plant& plant) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  };
  const auto add_reagent = [&](const Reagent& reagent) {
    if (reagent.name.empty()) return;
    for (const auto& [name, count] : reagent_content(reagent.name).components) add(name);
  };
  for (const PlantFeed& feed : plant.feeds) {
    for (const auto& [name, amount] : feed.mol_per_h) add(name);
    if (feed.phase == StreamPhase::aqueous) {
      add(feed.anion);
      add(feed.cation);
    }
  }
  for (const PlantUnit& unit : plant.units) {
    std::visit(
        [&](const auto& u) {
          using U = std::decay_t<decltype(u)>;
          if constexpr (std::is_same_v<U, CircuitUnit>) {
            for (const Species& s : u.circuit.species) add(s.name);
            add(u.acid_anion);
            add(u.base_cation);
            for (const Bank& bank : u.circuit.banks) {
              bool sulfate = bank.aqueous_in.sulfate_molar > 0.0;
              for (const StageFeed& f : bank.feeds) {
                sulfate = sulfate || f.aqueous.sulfate_molar > 0.0;
              }
              if (sulfate) add("SO4");
            }
          } else if constexpr (std::is_same_v<U, LeachUnit>) {
            add_reagent(u.acid);
          } else if constexpr (std::is_same_v<U, ImpurityUnit>) {
            add_reagent(u.base);
          } else if constexpr (std::is_same_v<U, OxidationUnit>) {
            add("Ce");
            add("Ce(IV)");
            add_reagent(u.oxidant);
          } else if constexpr (std::is_same_v<U, PrecipitationUnit>) {
            add_reagent(u.precipitant);
          } else if constexpr (std::is_same_v<U, ConcentrationUnit>) {
            add_reagent(u.acid);
            add_reagent(u.base);
          }
        },
        unit.settings);
  }
  std::vector<Component> components;
  for (const std::string& name : names) components.push_back(plant_component(name, plant.charges));
  const auto rank = [](const Component& c) {
    const int rare = rare_earth_index(c.element);
    if (rare >= 0) return 2.0 * rare + (c.name == c.element ? 0.0 : 1.0);
    return c.charge < 0.0 ? 1000.0 : 100.0;
  };
  std::stable_sort(components.begin(), components.end(),
                   [&](const Component& a, const Component& b) {
                     if (rank(a) != rank(b)) return rank(a) < rank(b);
                     return a.name < b.name;
                   });
  return components;
}

int component_index(const std::vector<Component>& components, const std::string& name) {
  for (std::size_t k = 0; k < components.size(); ++k) {
    if (components[k].name == name) return static_cast<int>(k);
  }
  return -1;
}

double acid_mol_per_h(const PlantStream& stream, const std::vector<Component>& components) {
  double acid = -stream.oxidant_mol_per_h;
  for (std::size_t k = 0; k < components.size(); ++k) {
    acid -= components[k].charge * stream.mol_per_h[k];
  }
  return acid;
}

double dry_mass_kg_per_h(const PlantStream& stream, const std::vector<Component>& components) {
  constexpr double oxygen_kg_per_mol = 7.9997e-3;  // half a mole of O
  double mass = stream.other_kg_per_h, base = 0.0;
  for (std::size_t k = 0; k < components.size(); ++k) {
    mass += 1e-3 * components[k].molar_mass_g_per_mol * stream.mol_per_h[k];
    base += components[k].charge * stream.mol_per_h[k];
  }
  if (stream.metal) return mass;
  for (std::size_t k = 0; stream.calcined && k < components.size(); ++k) {
    const Component& c = components[k];
    if (!is_rare_earth(c.element)) continue;
    const double as_dissolved =
        1e-3 * c.molar_mass_g_per_mol + oxygen_kg_per_mol * std::max(c.charge, 0.0);
    // oxygen taken from the air
    mass += std::max(oxide_kg_per_mol(c) - as_dissolved, 0.0) * stream.mol_per_h[k];
  }
  return mass + oxygen_kg_per_mol * std::max(base, 0.0);
}

double rare_earth_mol_per_h(const PlantStream& stream, const std::vector<Component>& components) {
  double sum = 0.0;
  for (std::size_t k = 0; k < components.size(); ++k) {
    if (is_rare_earth(components[k].element)) sum += stream.mol_per_h[k];
  }
  return sum;
}

void add_stream(PlantStream& a, const PlantStream& b, double factor) {
  if (b.phase == StreamPhase::organic && !b.extractant.empty()) {
    if (!a.extractant.empty() && a.extractant != b.extractant && a.volume_l_per_h > 0.0) {
      throw Error("E-PLANT-003",
                  "solvents of " + a.extractant + " and " + b.extractant + " would be mixed", "",
                  "join organic streams of one extractant only", ExitCode::usage);
    }
    a.extractant = b.extractant;
  }
  a.volume_l_per_h += factor * b.volume_l_per_h;
  for (std::size_t k = 0; k < a.mol_per_h.size(); ++k) a.mol_per_h[k] += factor * b.mol_per_h[k];
  a.extractant_mol_per_h += factor * b.extractant_mol_per_h;
  a.other_kg_per_h += factor * b.other_kg_per_h;
  a.oxidant_mol_per_h += factor * b.oxidant_mol_per_h;
  a.metal = a.metal || b.metal;
  a.calcined = a.calcined || b.calcined;
}

bool is_empty(const PlantStream& stream) {
  return stream.volume_l_per_h == 0.0 && stream.other_kg_per_h == 0.0 &&
         stream.extractant_mol_per_h == 0.0 &&
         std::all_of(stream.mol_per_h.begin(), stream.mol_per_h.end(),
                     [](double n) { return n == 0.0; });
}

PlantStream empty_stream(StreamPhase phase, std::size_t components) {
  PlantStream s;
  s.phase = phase;
  s.mol_per_h.assign(components, 0.0);
  return s;
}

}  // namespace gadolin::separation
