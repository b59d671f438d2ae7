#include <algorithm>
#include <cmath>

#include "models/core/element.hpp"
#include "models/separation/plant_components.hpp"
#include "models/separation/unit_operations.hpp"

/// Units with solids: cracking and leaching, precipitation, calcination.
namespace gadolin::separation {

namespace {

double acid_strength(const Reagent& acid, const UnitContext& context) {
  double strength = 0.0;
  for (const auto& [name, count] : reagent_content(acid.name).components) {
    const int k = component_index(context.components, name);
    strength -= context.components[static_cast<std::size_t>(k)].charge * count;
  }
  return strength;
}

/// Moves a share of the liquor into the pores of a solid.
void wet(PlantStream& solid, PlantStream& liquor, double l_per_kg, const UnitContext& context) {
  const double wanted = l_per_kg * dry_mass_kg_per_h(solid, context.components);
  const double moisture = std::min(wanted, liquor.volume_l_per_h);
  if (!(moisture > 0.0)) return;
  const double share = moisture / liquor.volume_l_per_h;
  add_stream(solid, liquor, share);
  add_stream(liquor, liquor, -share);
}

/// Yields of every component, weighted over the minerals that carry the rare earths.
std::vector<double> leached_fraction(const LeachUnit& u, const UnitContext& context,
                                     const PlantStream& solid, UnitOutcome& out) {
  std::map<std::string, double> carriers;
  double total = 0.0;
  for (const UnitInput& input : context.inputs) {
    if (input.stream->phase != StreamPhase::solid) continue;
    const double rare = rare_earth_mol_per_h(*input.stream, context.components);
    total += rare;
    if (input.feed == nullptr || input.feed->carriers.empty()) {
      carriers["*"] += rare;
    } else {
      for (const auto& [mineral, share] : input.feed->carriers) carriers[mineral] += share * rare;
    }
  }
  std::vector<double> fraction(context.components.size(), 0.0);
  for (std::size_t k = 0; k < context.components.size(); ++k) {
    if (!(solid.mol_per_h[k] > 0.0)) continue;
    const Component& c = context.components[k];
    const std::map<std::string, double> only{{"*", 1.0}};
    const bool by_mineral = is_rare_earth(c.element) && total > 0.0;
    for (const auto& [mineral, amount] : by_mineral ? carriers : only) {
      const double share = by_mineral ? amount / total : 1.0;
      const PlantYield* crack = context.yield_of(u.cracking, mineral, c.name);
      const PlantYield* leach = context.yield_of(u.leaching, mineral, c.name);
      if (leach == nullptr) {
        throw Error("E-PLANT-004",
                    "unit " + context.unit.name + " states no leaching yield for " + c.name +
                        (mineral == "*" ? "" : " in " + mineral),
                    context.plant.source_file,
                    "add a [[unit.leaching]] with elements = [\"" + c.name +
                        "\"], or one without elements for all others",
                    ExitCode::usage);
      }
      context.rest_on(*leach, c.name, out);
      double f = leach->fraction;
      if (crack != nullptr) {
        context.rest_on(*crack, c.name, out);
        f *= crack->fraction;
      }
      fraction[k] += share * f;
    }
  }
  return fraction;
}

/// Conversions of stirred tanks in series by the shrinking-core rates; sulfate or chloride acid.
std::vector<double> leached_by_rate(const LeachUnit& u, const UnitContext& context,
                                    const PlantStream& solid, const PlantStream& liquor,
                                    double dry_kg_per_h, UnitOutcome& out) {
  const std::size_t c = context.components.size();
  std::vector<double> before(c, 0.0), after(c, 0.0);
  const int sulfate = component_index(context.components, "SO4");
  const double volume = liquor.volume_l_per_h;
  const double so4 =
      sulfate < 0 ? 0.0 : liquor.mol_per_h[static_cast<std::size_t>(sulfate)] / volume;
  const double pulp = dry_kg_per_h / volume;
  for (const LeachRate& rate : u.rates) {
    PlantYield y;
    y.evidence = rate.evidence;
    y.source = rate.source;
    if (component_index(context.components, rate.element) >= 0) {
      context.rest_on(y, rate.element, out);
    }
  }
  for (int tank = 0; tank < u.tanks; ++tank) {
    const auto at = [&](double ph) {
      const double h = std::pow(10.0, -ph);
      double acid = context.acid(liquor);
      for (const LeachRate& rate : u.rates) {
        const int index = component_index(context.components, rate.element);
        if (index < 0) continue;
        const auto k = static_cast<std::size_t>(index);
        const double oxide = solid.mol_per_h[k] / rate.atoms_per_oxide;
        if (!(oxide > 0.0)) continue;
        const double speed =
            pulp * rate.b_mol_per_kg_h * std::pow(h, rate.order) * u.tank_volume_l / oxide;
        double low = before[k], high = 1.0;
        for (int i = 0; i < 100; ++i) {
          const double x = 0.5 * (low + high);
          (x - before[k] < speed * std::pow(1.0 - x, 2.0 / 3.0) ? low : high) = x;
        }
        after[k] = 0.5 * (low + high);
        acid -= context.components[k].charge * solid.mol_per_h[k] * after[k];
      }
      return acid / volume - acid_at_ph(ph, so4);  // rises with pH: less is dissolved
    };
    double low = -2.0, high = 14.0;
    for (int i = 0; i < 120; ++i) {
      const double middle = 0.5 * (low + high);
      (at(middle) < 0.0 ? low : high) = middle;
    }
    at(0.5 * (low + high));
    before = after;
  }
  return after;
}

}  // namespace

UnitOutcome run(const LeachUnit& u, const UnitContext& context) {
  UnitOutcome out;
  PlantStream solid = context.empty(StreamPhase::solid);
  PlantStream liquor = context.empty(StreamPhase::aqueous);
  double dry = 0.0;
  for (const UnitInput& input : context.inputs) {
    if (is_empty(*input.stream)) continue;
    if (input.stream->phase == StreamPhase::solid) {
      add_stream(solid, *input.stream);
      dry += dry_mass_kg_per_h(*input.stream, context.components);
    } else if (input.stream->phase == StreamPhase::aqueous) {
      add_stream(liquor, *input.stream);
    } else {
      throw Error("E-PLANT-005",
                  "unit " + context.unit.name + " takes solids and liquors, " + input.name +
                      " is " + to_string(input.stream->phase),
                  context.plant.source_file, "join a stream of those phases", ExitCode::usage);
    }
  }
  // The moisture of the solid joins the liquor, what it holds is dissolved already or leaches.
  liquor.volume_l_per_h += solid.volume_l_per_h;
  solid.volume_l_per_h = 0.0;
  std::vector<double> fraction;
  if (!u.rates.empty()) {
    fraction = leached_by_rate(u, context, solid, liquor, dry, out);
  } else {
    fraction = leached_fraction(u, context, solid, out);
  }
  PlantStream residue = solid;
  double dissolves = 0.0;  // charge
  for (std::size_t k = 0; k < context.components.size(); ++k) {
    const double gone = fraction[k] * solid.mol_per_h[k];
    residue.mol_per_h[k] -= gone;
    liquor.mol_per_h[k] += gone;
    if (solid.metal && context.components[k].charge > 0.0) {
      out.result.hydrogen_mol_per_h += 0.5 * context.components[k].charge * gone;
    }
    dissolves += context.components[k].charge * gone;
  }
  if (u.rates.empty()) {
    const double strength = acid_strength(u.acid, context);
    const double wanted_volume = std::max(u.liquid_to_solid_l_per_kg * dry, liquor.volume_l_per_h);
    double moles = 0.0;
    for (int pass = 0; pass < 50; ++pass) {
      const double added = u.acid.strength_molar > 0.0 ? moles / u.acid.strength_molar : 0.0;
      const double volume = std::max(wanted_volume, liquor.volume_l_per_h + added);
      // acid(liquor) holds what dissolved already as minus its charge.
      moles = std::max(0.0, (u.final_acid_molar * volume - context.acid(liquor)) / strength);
    }
    add_stream(liquor, context.buy(u.acid, moles, out));
    if (liquor.volume_l_per_h < wanted_volume) {
      add_stream(liquor, context.buy_water(wanted_volume - liquor.volume_l_per_h, out));
    }
  }
  wet(residue, liquor, u.residue_moisture_l_per_kg, context);
  out.outlets = {{"liquor", liquor}, {"residue", residue}};
  return out;
}

UnitOutcome run(const PrecipitationUnit& u, const UnitContext& context) {
  UnitOutcome out;
  PlantStream liquor = context.mixed(StreamPhase::aqueous);
  PlantStream solid = context.empty(StreamPhase::solid);
  double charge = 0.0, possible = 0.0;
  for (std::size_t k = 0; k < context.components.size(); ++k) {
    const Component& c = context.components[k];
    if (!(c.charge > 0.0) || !(liquor.mol_per_h[k] > 0.0)) continue;
    double fraction = 0.0;
    bool named = false;
    for (const PrecipitationCurve& curve : u.curve) {
      if (curve.element != c.name) continue;
      fraction = std::exp(-std::pow(curve.epsilon / u.dosage, curve.n));
      named = true;
      PlantYield y;
      y.evidence = u.curve_evidence;
      y.source = u.curve_source;
      context.rest_on(y, c.name, out);
    }
    if (const PlantYield* y = context.yield_of(u.precipitated, "*", c.name); !named && y) {
      fraction = y->fraction;
      named = true;
      context.rest_on(*y, c.name, out);
    }
    if (!named) continue;
    const double gone = fraction * liquor.mol_per_h[k];
    possible += c.charge * liquor.mol_per_h[k];
    charge += c.charge * gone;
    solid.mol_per_h[k] += gone;
    liquor.mol_per_h[k] -= gone;
  }
  const auto index = [&](const char* name) {
    return static_cast<std::size_t>(component_index(context.components, name));
  };
  const std::string& name = u.precipitant.name;
  PlantStream gas = context.empty(StreamPhase::gas);
  const bool oxalate = name == "H2C2O4", carbonate = name == "Na2CO3" || name == "NH4HCO3";
  if (oxalate) {
    add_stream(liquor, context.buy(u.precipitant, 0.5 * possible * (1.0 + u.excess_fraction), out));
    solid.mol_per_h[index("C2O4")] = 0.5 * charge;
    liquor.mol_per_h[index("C2O4")] -= 0.5 * charge;
  } else {
    // What the liquor holds now needs a cation for each charge that left: its acid has grown.
    const double free_acid = std::max(context.acid(liquor) - charge, 0.0);
    const double per_mol = carbonate && name == "Na2CO3" ? 2.0 : 1.0;
    const double stoichiometric = (charge + free_acid) / per_mol;
    const double excess = u.excess_fraction * possible / per_mol;
    add_stream(liquor, context.buy(u.precipitant, stoichiometric + excess, out));
    if (carbonate) {
      const std::size_t k = index("CO3");
      solid.mol_per_h[k] = 0.5 * charge;
      gas.mol_per_h[k] = std::max(stoichiometric - 0.5 * charge, 0.0);
      liquor.mol_per_h[k] -= solid.mol_per_h[k] + gas.mol_per_h[k];
    }
  }
  wet(solid, liquor, u.moisture_l_per_kg, context);
  out.outlets = {{"precipitate", solid}, {"mother liquor", liquor}};
  if (carbonate) out.outlets.emplace_back("gas", gas);
  return out;
}

UnitOutcome run(const CalcinationUnit& u, const UnitContext& context) {
  UnitOutcome out;
  PlantStream oxide = context.mixed(StreamPhase::solid);
  PlantStream gas = context.empty(StreamPhase::gas);
  gas.volume_l_per_h = oxide.volume_l_per_h;
  oxide.volume_l_per_h = 0.0;
  oxide.calcined = true;
  double alkali = 0.0;
  for (std::size_t k = 0; k < context.components.size(); ++k) {
    const Component& c = context.components[k];
    if (c.name == "Na" || c.name == "K") alkali += oxide.mol_per_h[k];
  }
  for (std::size_t k = 0; k < context.components.size(); ++k) {
    const Component& c = context.components[k];
    const double here = oxide.mol_per_h[k];
    double leaves = 0.0;
    if (c.name == "C2O4" || c.name == "CO3" || c.name == "NH4" || c.name == "NO3") {
      leaves = here;
    } else if (c.name == "Cl") {  // what no alkali holds leaves as HCl
      leaves = std::max(here - alkali, 0.0);
    }
    const double stays = (here - leaves) * u.yield.fraction;
    oxide.mol_per_h[k] = stays;
    gas.mol_per_h[k] = here - stays;
  }
  gas.other_kg_per_h = oxide.other_kg_per_h * (1.0 - u.yield.fraction);
  oxide.other_kg_per_h -= gas.other_kg_per_h;
  context.rest_on(u.yield, "oxides", out);
  out.outlets = {{"oxide", oxide}, {"gas", gas}};
  return out;
}

}  // namespace gadolin::separation
