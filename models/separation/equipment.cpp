#include "models/separation/equipment.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "models/core/element.hpp"
#include "models/separation/plant_balance.hpp"
#include "models/separation/plant_components.hpp"

namespace gadolin::separation {

namespace {

const CircuitUnit* circuit_of(const Plant& plant, const std::string& unit) {
  for (const PlantUnit& u : plant.units) {
    if (u.name == unit) return std::get_if<CircuitUnit>(&u.settings);
  }
  return nullptr;
}

void size_bank(const CircuitUnit& unit, const UnitResult& result, std::size_t b,
               const EquipmentSettings& settings, PlantEquipment& out,
               std::map<std::string, double>& metal, double& solvent_m3, double& extractant_mol) {
  const BankResult& bank = result.circuit.banks[b];
  BankEquipment e;
  e.unit = result.name;
  e.bank = bank.name;
  e.stages = static_cast<int>(bank.ph.size());
  const std::size_t c = bank.species.size();
  for (std::size_t i = 0; i < bank.ph.size(); ++i) {
    e.aqueous_m3_per_h = std::max(e.aqueous_m3_per_h, 1e-3 * bank.aqueous_flow_l_per_h[i]);
    e.organic_m3_per_h = std::max(e.organic_m3_per_h, 1e-3 * bank.organic_flow_l_per_h[i]);
  }
  const double through = e.aqueous_m3_per_h + e.organic_m3_per_h;
  e.mixer_m3 = through * settings.mixer_residence_min / 60.0;
  e.settler_m2 = through / settings.settler_flow_m3_per_m2_h;
  for (std::size_t i = 0; i < bank.ph.size(); ++i) {
    const double a = bank.aqueous_flow_l_per_h[i], o = bank.organic_flow_l_per_h[i];
    const double settler_m3 = 0.5 * settings.settler_depth_m * e.settler_m2;
    const double aqueous = e.mixer_m3 * a / (a + o) + settler_m3;
    const double organic = e.mixer_m3 * o / (a + o) + settler_m3;
    e.aqueous_hold_up_m3 += aqueous;
    e.organic_hold_up_m3 += organic;
    double bound = 0.0;
    for (std::size_t k = 0; k < c; ++k) {
      const double y = bank.organic_molar[i * c + k];
      bound += unit.circuit.species[k].dimers * y;
      if (!is_rare_earth(bank.species[k])) continue;
      const double mol = 1e3 * (aqueous * bank.aqueous_molar[i * c + k] + organic * y);
      const double kg = mol * oxide_kg_per_mol(plant_component(bank.species[k], {}));
      metal[bank.species[k]] += kg;
      e.rare_earth_hold_up_kg_oxide += kg;
    }
    extractant_mol += 1e3 * organic * (bank.free_dimer_molar[i] + bound);
  }
  solvent_m3 += e.organic_hold_up_m3;
  out.stages += e.stages;
  out.power_kw += settings.mixer_power_kw_per_m3 * e.mixer_m3 * e.stages;
  out.banks.push_back(e);
}

double charge_of(const std::string& reagent, int sign) {
  double charge = 0.0;
  for (const auto& [name, count] : reagent_content(reagent).components) {
    const double z = plant_component(name, {}).charge;
    if (sign * z > 0.0) charge += std::fabs(z) * count;
  }
  return charge;
}

}  // namespace

PlantEquipment plant_equipment(const Plant& plant, const PlantResult& result,
                               const EquipmentSettings& settings) {
  PlantEquipment out;
  out.settings = settings;
  const std::string usual = "usual range recalled without a source; confirm by test work";
  out.assumptions = {
      {"mixer residence", settings.mixer_residence_min, "min", EvidenceClass::memory, usual},
      {"settler flow", settings.settler_flow_m3_per_m2_h, "m3/(m2 h)", EvidenceClass::memory,
       usual},
      {"settler depth", settings.settler_depth_m, "m", EvidenceClass::memory, usual},
      {"solvent outside the stages", settings.surge_fraction, "1", EvidenceClass::memory, usual},
      {"mixer power", settings.mixer_power_kw_per_m3, "kW/m3", EvidenceClass::memory, usual}};
  std::map<std::string, double> metal;
  for (const UnitResult& unit : result.units) {
    if (!unit.has_circuit) continue;
    const CircuitUnit* circuit = circuit_of(plant, unit.name);
    if (circuit == nullptr) continue;
    double solvent = 0.0, extractant = 0.0;
    const double molar_mass = circuit->extractant_molar_mass_g_per_mol > 0.0
                                  ? circuit->extractant_molar_mass_g_per_mol
                                  : extractant_molar_mass(circuit->circuit.extractant);
    if (molar_mass > 0.0) {
      out.extractant_molar_mass.emplace_back(circuit->circuit.extractant.name, molar_mass);
    }
    for (std::size_t b = 0; b < unit.circuit.banks.size(); ++b) {
      if (unit.circuit.banks[b].aqueous_flow_l_per_h.empty()) continue;
      size_bank(*circuit, unit, b, settings, out, metal, solvent, extractant);
    }
    out.solvent_m3.emplace_back(unit.name, solvent * (1.0 + settings.surge_fraction));
    out.extractant_mol.emplace_back(unit.name, extractant * (1.0 + settings.surge_fraction));
  }
  for (const char* element : rare_earths) {
    if (metal.count(element) == 0) continue;
    out.metal_kg_oxide.emplace_back(element, metal[element]);
    out.metal_in_plant_kg_oxide += metal[element];
  }
  double water = 0.0, effluent = 0.0, salt = 0.0;
  const auto& components = result.components;
  for (const NamedStream& s : result.streams) {
    if (s.role == StreamRole::feed) {
      for (std::size_t k = 0; k < components.size(); ++k) {
        if (!is_rare_earth(components[k].element)) continue;
        out.rare_earth_fed_kg_oxide_per_h +=
            oxide_kg_per_mol(components[k]) * s.stream.mol_per_h[k];
      }
    }
    if (s.role == StreamRole::reagent && s.stream.phase == StreamPhase::aqueous) {
      water += s.stream.volume_l_per_h;
    }
    if (s.to.empty() && s.role == StreamRole::discharge && s.stream.phase == StreamPhase::aqueous) {
      effluent += s.stream.volume_l_per_h;
      for (std::size_t k = 0; k < components.size(); ++k) {
        const Component& c = components[k];
        if (c.name == "Na" || c.name == "NH4" || c.charge < 0.0) {
          salt += 1e-3 * c.molar_mass_g_per_mol * s.stream.mol_per_h[k];
        }
      }
    }
  }
  for (const PlantProductResult& p : result.products) {
    out.product_kg_oxide_per_h += p.oxide_kg_per_h;
  }
  const double fed = out.rare_earth_fed_kg_oxide_per_h;
  if (!(fed > 0.0)) return out;
  out.metal_in_plant_days = out.metal_in_plant_kg_oxide / fed / 24.0;
  for (const ReagentUse& use : result.reagents) {
    if (use.amount_unit != "mol/h") continue;
    if (use.name == "H2C2O4") {
      out.oxalate_mol_per_kg += use.amount / fed;
    } else if (use.name == "HCl" || use.name == "H2SO4" || use.name == "HNO3") {
      out.acid_mol_per_kg += use.amount * charge_of(use.name, -1) / fed;
    } else if (use.name == "NaOH" || use.name == "NH3" || use.name == "KOH" ||
               use.name == "Na2CO3" || use.name == "NH4HCO3" || use.name == "MgO" ||
               use.name == "CaO" || use.name == "CaCO3") {
      out.base_mol_per_kg += use.amount * charge_of(use.name, +1) / fed;
    }
  }
  out.water_l_per_kg = water / fed;
  out.effluent_l_per_kg = effluent / fed;
  out.salt_kg_per_kg = salt / fed;
  return out;
}

}  // namespace gadolin::separation
