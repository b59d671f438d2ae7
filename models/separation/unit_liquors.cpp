#include <algorithm>
#include <cmath>

#include "models/core/element.hpp"
#include "models/separation/plant_components.hpp"
#include "models/separation/unit_operations.hpp"

/// Units that take liquors: impurity removal, oxidation, concentration, mixing, splitting.
namespace gadolin::separation {

namespace {

double per_mole(const std::string& reagent, const std::string& component) {
  for (const auto& [name, count] : reagent_content(reagent).components) {
    if (name == component) return count;
  }
  return 0.0;
}

/// H+ one mole of a base takes up: the charge of its cations.
double base_strength(const Reagent& base, const UnitContext& context) {
  double strength = 0.0;
  for (const auto& [name, count] : reagent_content(base.name).components) {
    const auto& c =
        context.components[static_cast<std::size_t>(component_index(context.components, name))];
    if (c.charge > 0.0) strength += c.charge * count;
  }
  return strength;
}

/// H+ one mole of an acid brings: minus the charge of its anions.
double acid_strength(const Reagent& acid, const UnitContext& context) {
  double strength = 0.0;
  for (const auto& [name, count] : reagent_content(acid.name).components) {
    const auto& c =
        context.components[static_cast<std::size_t>(component_index(context.components, name))];
    if (c.charge < 0.0) strength -= c.charge * count;
  }
  return strength;
}

double sulfate_molar(const PlantStream& s, const UnitContext& context) {
  const int k = component_index(context.components, "SO4");
  return k < 0 || !(s.volume_l_per_h > 0.0)
             ? 0.0
             : s.mol_per_h[static_cast<std::size_t>(k)] / s.volume_l_per_h;
}

}  // namespace

UnitOutcome run(const ImpurityUnit& u, const UnitContext& context) {
  UnitOutcome out;
  PlantStream liquor = context.mixed(StreamPhase::aqueous);
  PlantStream cake = context.empty(StreamPhase::solid);
  double need = context.acid(liquor);  // H+ to be taken up, but for what stays at the pH
  for (std::size_t k = 0; k < context.components.size(); ++k) {
    const Component& c = context.components[k];
    if (!(c.charge > 0.0) || !(liquor.mol_per_h[k] > 0.0)) continue;
    const PlantYield* y = context.yield_of(u.removed, "*", c.name);
    if (y == nullptr || y->fraction == 0.0) continue;
    context.rest_on(*y, c.name, out);
    const double gone = y->fraction * liquor.mol_per_h[k];
    cake.mol_per_h[k] += gone;
    liquor.mol_per_h[k] -= gone;
    need += c.charge * gone;
  }
  const double strength = base_strength(u.base, context);
  const double carbonate = per_mole(u.base.name, "CO3");
  double moles = 0.0;
  for (int pass = 0; pass < 30; ++pass) {
    const double added = u.base.strength_molar > 0.0 ? moles / u.base.strength_molar : 0.0;
    const double volume = liquor.volume_l_per_h + added;
    PlantStream diluted = liquor;
    diluted.volume_l_per_h = volume;
    const double stays = volume * acid_at_ph(u.ph, sulfate_molar(diluted, context));
    moles = std::max(0.0, (need - stays) / strength);
  }
  if (need < 0.0) {
    out.warnings.push_back({"W-PLANT-001", "unit " + context.unit.name +
                                               ": the liquor is above the pH asked for already; "
                                               "no base is added, no acid either"});
  }
  const PlantStream base = context.buy(u.base, moles, out);
  add_stream(liquor, base);
  PlantStream gas = context.empty(StreamPhase::gas);
  if (carbonate > 0.0) {  // CO2 leaves
    const auto k = static_cast<std::size_t>(component_index(context.components, "CO3"));
    gas.mol_per_h[k] = carbonate * moles;
    liquor.mol_per_h[k] -= gas.mol_per_h[k];
  }
  const double moisture =
      std::min(u.cake_moisture_l_per_kg * dry_mass_kg_per_h(cake, context.components),
               liquor.volume_l_per_h);
  if (moisture > 0.0) {
    const double share = moisture / liquor.volume_l_per_h;
    add_stream(cake, liquor, share);
    add_stream(liquor, liquor, -share);
  }
  out.outlets = {{"liquor", liquor}, {"cake", cake}};
  if (carbonate > 0.0) out.outlets.emplace_back("gas", gas);
  return out;
}

UnitOutcome run(const OxidationUnit& u, const UnitContext& context) {
  UnitOutcome out;
  PlantStream liquor = context.mixed(StreamPhase::aqueous);
  const auto three = static_cast<std::size_t>(component_index(context.components, "Ce"));
  const auto four = static_cast<std::size_t>(component_index(context.components, "Ce(IV)"));
  const double oxidised = u.conversion.fraction * liquor.mol_per_h[three];
  context.rest_on(u.conversion, "Ce", out);
  const double electrons = reagent_content(u.oxidant.name).electrons;
  const PlantStream oxidant = context.buy(u.oxidant, oxidised / electrons, out);
  const double taken = oxidant.oxidant_mol_per_h;
  add_stream(liquor, oxidant);
  liquor.oxidant_mol_per_h -= taken;
  liquor.mol_per_h[three] -= oxidised;
  liquor.mol_per_h[four] += oxidised;
  out.outlets = {{"liquor", liquor}};
  return out;
}

UnitOutcome run(const SplitterUnit& u, const UnitContext& context) {
  UnitOutcome out;
  const PlantStream all = context.mixed(context.first_phase());
  for (const auto& [name, fraction] : u.fractions) {
    PlantStream part = context.empty(all.phase);
    add_stream(part, all, fraction);
    out.outlets.emplace_back(name, part);
  }
  return out;
}

UnitOutcome run(const MixerUnit&, const UnitContext& context) {
  UnitOutcome out;
  out.outlets = {{"mixed", context.mixed(context.first_phase())}};
  return out;
}

UnitOutcome run(const ConcentrationUnit& u, const UnitContext& context) {
  UnitOutcome out;
  PlantStream liquor = context.mixed(StreamPhase::aqueous);
  const double rare = rare_earth_mol_per_h(liquor, context.components);
  double volume = liquor.volume_l_per_h;
  if (u.rare_earth_molar > 0.0) volume = rare / u.rare_earth_molar;
  if (u.set_acid) {
    // The reagent brings its own water: target (V + m/c) = acid + a m, for m. With a target of
    // strength the volume is what the target says, whatever came.
    const double missing = u.acid_molar * volume - context.acid(liquor);
    const auto moles = [&](const Reagent& reagent, double acid_per_mol) {
      const double water = u.rare_earth_molar > 0.0 || !(reagent.strength_molar > 0.0)
                               ? 0.0
                               : 1.0 / reagent.strength_molar;
      return missing / (acid_per_mol - u.acid_molar * water);
    };
    if (missing > 0.0 && !u.acid.name.empty()) {
      add_stream(liquor, context.buy(u.acid, moles(u.acid, acid_strength(u.acid, context)), out));
    } else if (missing < 0.0) {
      add_stream(liquor, context.buy(u.base, moles(u.base, -base_strength(u.base, context)), out));
    }
  }
  PlantStream vapour = context.empty(StreamPhase::gas);
  if (u.rare_earth_molar > 0.0) {
    if (liquor.volume_l_per_h > volume) {
      vapour.volume_l_per_h = liquor.volume_l_per_h - volume;
      liquor.volume_l_per_h = volume;
    } else {
      add_stream(liquor, context.buy_water(volume - liquor.volume_l_per_h, out));
    }
  }
  out.outlets = {{"liquor", liquor}, {"vapour", vapour}};
  return out;
}

}  // namespace gadolin::separation
