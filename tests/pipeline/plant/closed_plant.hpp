#pragma once

#include <string>

namespace gadolin::test {

/// A plant with everything on: solid and liquid feeds, leach, impurity removal, cerium oxidation,
/// two circuits joined by a hyperlink, entrainment both ways, efficiency below 1, draws of both
/// phases, returned strip liquor, bleed, saponification, dissolved extractant, oxalate and
/// carbonate, calcination, concentration, and two recycles through the plant.
inline std::string closed_plant() {
  return R"toml(
name = "closed plant"
[[feed]]
name = "ore"
mass_flow_kg_per_h = 20
[feed.wt_pct]
La2O3 = 14
CeO2 = 20
Pr6O11 = 2
Nd2O3 = 7
Sm2O3 = 1
Dy2O3 = 0.3
Fe = 4
CaO = 2
[feed.carriers]
bastnasite = 0.8
monazite = 0.2

[[unit]]
name = "leach"
kind = "leach"
inputs = ["ore", "recycled liquor"]
acid = "HCl"
acid_strength_molar = 10
liquid_to_solid_l_per_kg = 6
final_acid_molar = 0.2
residue_moisture_l_per_kg = 0.3
[[unit.cracking]]
mineral = "monazite"
fraction = 0.9
evidence = "MEMORY"
source = "test"
[[unit.leaching]]
fraction = 0.95
evidence = "MEMORY"
source = "test"
[[unit.leaching]]
elements = ["Ce"]
fraction = 0.6
evidence = "MEMORY"
source = "test"

[[unit]]
name = "oxidise"
kind = "oxidation"
inputs = ["leach.liquor"]
oxidant = "NaClO"
oxidant_strength_molar = 1
[unit.conversion]
fraction = 0.9
evidence = "MEMORY"
source = "test"

[[unit]]
name = "neutralise"
kind = "impurity_removal"
inputs = ["oxidise.liquor"]
ph = 3.5
base = "Na2CO3"
base_strength_molar = 1
cake_moisture_l_per_kg = 0.4
[[unit.removed]]
elements = ["Fe", "Ce(IV)"]
fraction = 0.99
evidence = "MEMORY"
source = "test"
[[unit.removed]]
elements = ["La", "Nd", "Pr", "Sm", "Dy", "Ce"]
fraction = 0.01
evidence = "MEMORY"
source = "test"

[[unit]]
name = "SX1"
kind = "circuit"
not_extracted = ["Fe", "Ca", "Ce(IV)"]
soluble_extractant_mg_per_l = 10
extractant_molar_mass_g_per_mol = 612.9
[[unit.inlet]]
stream = "neutralise.liquor"
bank = "extraction"
stage = 8
[unit.circuit]
name = "SX1"
constants = "datasets/separation/pc88a_chloride.toml"
use_species = ["La", "Ce", "Pr", "Nd", "Sm", "Dy", "Na"]
organic_loop = "closed"
[unit.circuit.regeneration]
saponified_fraction = 0.3
saponified_species = "Na"
bleed_fraction = 0.002
[[unit.circuit.bank]]
name = "extraction"
stages = 14
raffinate_name = "light"
murphree_efficiency = 0.9
entrained_aqueous_fraction = 2e-4
entrained_organic_fraction = 1e-4
[unit.circuit.bank.organic_in]
flow_l_per_h = 120
extractant_dimer_molar = 0.75
saponified_fraction = 0.3
saponified_species = "Na"
[unit.circuit.bank.aqueous_in]
flow_l_per_h = 14
acid_molar = 2.5
[[unit.circuit.bank.draw]]
stage = 4
name = "middle"
aqueous_fraction = 0.05
[[unit.circuit.bank.draw]]
stage = 10
name = "loaded draw"
organic_fraction = 0.01
[[unit.circuit.bank]]
name = "strip"
stages = 6
raffinate_name = "heavy"
entrained_organic_fraction = 1e-4
entrained_aqueous_fraction = 1e-4
[unit.circuit.bank.aqueous_in]
flow_l_per_h = 25
acid_molar = 4.0
[[unit.circuit.return]]
from_bank = "strip"
to_bank = "extraction"
to_stage = 14
fraction = 0.1

[[unit]]
name = "dilute"
kind = "concentration"
inputs = ["SX1.heavy"]
rare_earth_molar = 0.1
acid_molar = 0.02

[[unit]]
name = "SX2"
kind = "circuit"
not_extracted = ["Fe", "Ca", "Ce(IV)"]
[[unit.inlet]]
stream = "dilute.liquor"
bank = "extraction"
stage = 6
[[unit.inlet]]
stream = "SX1.loaded draw"
bank = "extraction"
stage = 3
[unit.circuit]
name = "SX2"
constants = "datasets/separation/pc88a_chloride.toml"
use_species = ["La", "Ce", "Pr", "Nd", "Sm", "Dy", "Na"]
organic_loop = "closed"
[unit.circuit.regeneration]
saponified_fraction = 0.3
saponified_species = "Na"
bleed_fraction = 0.05
[[unit.circuit.bank]]
name = "extraction"
stages = 12
raffinate_name = "NdPr"
murphree_efficiency = 0.95
[unit.circuit.bank.organic_in]
flow_l_per_h = 40
extractant_dimer_molar = 0.5
saponified_fraction = 0.3
saponified_species = "Na"
[unit.circuit.bank.aqueous_in]
flow_l_per_h = 8
acid_molar = 1.5
[[unit.circuit.bank]]
name = "strip"
stages = 4
raffinate_name = "SmDy"
[unit.circuit.bank.aqueous_in]
flow_l_per_h = 10
acid_molar = 5

[[unit]]
name = "oxalate"
kind = "precipitation"
inputs = ["SX2.NdPr"]
precipitant = "H2C2O4"
excess_fraction = 0.3
moisture_l_per_kg = 0.5
[[unit.precipitated]]
elements = ["La", "Ce", "Pr", "Nd", "Sm", "Dy"]
fraction = 0.99
evidence = "MEMORY"
source = "test"
[[unit.precipitated]]
elements = ["Ca"]
fraction = 0.1
evidence = "MEMORY"
source = "test"

[[unit]]
name = "calcine"
kind = "calcination"
inputs = ["oxalate.precipitate"]
[unit.yield]
fraction = 0.999
evidence = "MEMORY"
source = "test"
[unit.outputs]
oxide = "NdPr oxide"

[[unit]]
name = "carbonate"
kind = "precipitation"
inputs = ["SX1.light"]
precipitant = "NH4HCO3"
precipitant_strength_molar = 2
excess_fraction = 0.1
moisture_l_per_kg = 0.5
[[unit.precipitated]]
elements = ["La", "Ce", "Pr", "Nd"]
fraction = 0.99
evidence = "MEMORY"
source = "test"

[[unit]]
name = "split"
kind = "splitter"
inputs = ["SX1.middle"]
[unit.fractions]
back = 0.7
out = 0.3
[unit.outputs]
back = "recycled liquor"

[[product]]
name = "NdPr oxide"
stream = "NdPr oxide"
elements = ["Nd", "Pr"]
)toml";
}

}  // namespace gadolin::test
