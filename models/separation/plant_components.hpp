#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/separation/types_plant.hpp"

/// What streams are made of: components, reagents, and sums over a stream.
namespace gadolin::separation {

/// Charge and molar mass of a component by name: an element (usual valence in a leach liquor),
/// "Ce(IV)", or one of Cl F SO4 NO3 PO4 CO3 C2O4 NH4.
/// throws Error E-PLANT-001, nearest name offered
Component plant_component(const std::string& name, const std::map<std::string, double>& charges);

/// A reagent: components per mole, electrons it takes, mass.
struct ReagentContent {
  std::vector<std::pair<std::string, double>> components;
  double electrons = 0.0;
  double molar_mass_g_per_mol = 0.0;
};
/// HCl H2SO4 HNO3 NaOH KOH NH3 Na2CO3 NH4HCO3 MgO CaO CaCO3 H2C2O4 (NH4)2SO4 O2 H2O2 NaClO water.
/// throws Error E-PLANT-002, nearest name offered
const ReagentContent& reagent_content(const std::string& name);

/// Molar mass of what one mole of a circuit's extractant means [g/mol], from its formula; 0 if the
/// name is none of PC88A (P507), D2EHPA (DEHPA, HDEHP, P204), Cyanex 272.
double extractant_molar_mass(const Extractant& extractant);

/// Every component the feeds, reagents and circuits of a plant name, rare earths first, in a fixed
/// order.
std::vector<Component> plant_components(const Plant& plant);

/// Index by name, -1 if absent.
int component_index(const std::vector<Component>& components, const std::string& name);

/// Acid of a stream [mol/h]: minus the charge of its components and of the electrons it takes.
double acid_mol_per_h(const PlantStream& stream, const std::vector<Component>& components);
/// Dry mass of a solid [kg/h]: components, 8 g oxygen for each unit of acid it could neutralise
/// (not where it is metal), other matter.
double dry_mass_kg_per_h(const PlantStream& stream, const std::vector<Component>& components);
/// Rare earths of a stream [mol/h], both redox states of Ce.
double rare_earth_mol_per_h(const PlantStream& stream, const std::vector<Component>& components);

/// a += factor * b; phases must be equal. throws Error E-PLANT-003 for two extractants
void add_stream(PlantStream& a, const PlantStream& b, double factor = 1.0);
/// Nothing flows.
bool is_empty(const PlantStream& stream);
PlantStream empty_stream(StreamPhase phase, std::size_t components);

}  // namespace gadolin::separation
