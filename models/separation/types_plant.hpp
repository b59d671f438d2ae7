#pragma once

#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "models/separation/types.hpp"

/// Plain data of a plant: units joined by named streams (docs/theory/plants.md). Volumes in L/h,
/// amounts in mol/h, solids in kg/h.
namespace gadolin::separation {

enum class StreamPhase { aqueous, organic, solid, gas };
constexpr const char* to_string(StreamPhase phase) {
  switch (phase) {
    case StreamPhase::aqueous:
      return "aqueous";
    case StreamPhase::organic:
      return "organic";
    case StreamPhase::solid:
      return "solid";
    case StreamPhase::gas:
      return "gas";
  }
  return "unknown";
}

/// What a plant follows: an element in one redox state, or an anion. The acid of any stream is
/// minus the charge it holds: H+ + HSO4- - OH- of an aqueous stream, -3 for a mole of RE bound to
/// the extractant or to oxygen, -1 for an electron an oxidant takes.
struct Component {
  std::string name;     ///< "Nd", "Ce(IV)", "Cl", "SO4"
  std::string element;  ///< what is balanced: "Ce" for "Ce(IV)"
  double charge = 0.0;  ///< in solution
  double molar_mass_g_per_mol = 0.0;
};

/// What flows. Amounts are indexed like Plant::components.
struct PlantStream {
  StreamPhase phase = StreamPhase::aqueous;
  double volume_l_per_h = 0.0;      ///< aqueous: its water; organic: the phase; solid: its moisture
  std::vector<double> mol_per_h;    ///< [components], dissolved, bound or solid, moisture included
  double extractant_mol_per_h = 0;  ///< free + bound, in the basis of `extractant`
  std::string extractant;           ///< name of the extractant of an organic stream
  double other_kg_per_h = 0.0;      ///< solid: matter no component stands for
  bool metal = false;               ///< solid: its cations are metal, not oxide
  bool calcined = false;           ///< solid: cerium, praseodymium, terbium are CeO2, Pr6O11, Tb4O7
  double oxidant_mol_per_h = 0.0;  ///< electrons it takes up (O2: 4 per mole)
};

/// A stream that enters the plant from outside.
struct PlantFeed {
  std::string name;
  StreamPhase phase = StreamPhase::aqueous;
  double volume_l_per_h = 0.0;              ///< aqueous
  double mass_kg_per_h = 0.0;               ///< solid, dry
  std::map<std::string, double> mol_per_h;  ///< by component name
  double acid_molar = 0.0;                  ///< aqueous: proton total; negative = a base
  std::string anion = "Cl", cation = "Na";  ///< what completes the charge of acid or base
  bool metal = false;                       ///< solid: its cations are metal, not oxide
  std::vector<std::string> unknown;         ///< elements the assay does not state; never zero
  std::string source;                       ///< of the assay
  std::string grade = "own";                ///< A, B, C of a card; "own" for the user's numbers
  std::map<std::string, double> carriers;   ///< share of the rare earths in each mineral; sum 1
};

/// A yield with what it rests on.
struct PlantYield {
  std::string mineral = "*";          ///< of the feed's carriers
  std::vector<std::string> elements;  ///< component names; empty = all not named elsewhere
  double fraction = 1.0;
  EvidenceClass evidence = EvidenceClass::memory;
  std::string source;
};

/// Acids and bases as they are bought: components per mole, and mol/L of the solution.
struct Reagent {
  std::string name;           ///< "HCl", "H2SO4", "HNO3", "NaOH", "NH3", "Na2CO3", "MgO", ...
  double strength_molar = 0;  ///< of its solution; 0 = dry
};

/// Shrinking-core rate of one element: r = pulp density * b * H^order * (1 - X)^(2/3) [mol/(L h)]
struct LeachRate {
  std::string element;
  double atoms_per_oxide = 2.0;  ///< of the element in the oxide the rate counts
  double order = 0.0, b_mol_per_kg_h = 0.0;
  EvidenceClass evidence = EvidenceClass::derived;
  std::string source;
};

/// Cracking and leaching of a solid. Ports: "liquor", "residue".
struct LeachUnit {
  std::vector<PlantYield> cracking, leaching;  ///< multiply; per mineral and component
  Reagent acid;
  double liquid_to_solid_l_per_kg = 0.0;  ///< all liquor over dry solid
  double final_acid_molar = 0.0;          ///< H+ + HSO4- left in the liquor
  double residue_moisture_l_per_kg = 0.0;
  std::vector<LeachRate> rates;  ///< instead of yields; the acid is then what is fed
  double tank_volume_l = 0.0;
  int tanks = 1;
};

/// Precipitation of impurities as hydroxides at a pH. Ports: "liquor", "cake".
struct ImpurityUnit {
  double ph = 3.5;
  Reagent base;
  std::vector<PlantYield> removed;  ///< fraction of each component that leaves with the cake
  double cake_moisture_l_per_kg = 0.0;
};

/// Ce(III) to Ce(IV). Port: "liquor".
struct OxidationUnit {
  Reagent oxidant;  ///< "O2", "H2O2", "NaClO"
  PlantYield conversion;
};

/// Conversion exp(-(epsilon/dosage)^n).
struct PrecipitationCurve {
  std::string element;
  double epsilon = 0.0, n = 0.0;
};

/// Rare earths to oxalate, carbonate or hydroxide. Ports: "precipitate", "mother liquor", "gas".
struct PrecipitationUnit {
  Reagent precipitant;                    ///< "H2C2O4", "Na2CO3", "NH4HCO3", "NaOH", "NH3"
  double excess_fraction = 0.2;           ///< of the stoichiometric need of all rare earths
  std::vector<PlantYield> precipitated;   ///< per component; what is not named stays dissolved
  std::vector<PrecipitationCurve> curve;  ///< instead, with dosage
  double dosage = 0.0;
  EvidenceClass curve_evidence = EvidenceClass::derived;
  std::string curve_source;
  double moisture_l_per_kg = 0.0;  ///< mother liquor left in the filter cake
};

/// Solid to oxides. Ports: "oxide", "gas".
struct CalcinationUnit {
  PlantYield yield;  ///< the rest is dust and leaves with the gas
};

/// Ports: the names of `fractions`.
struct SplitterUnit {
  std::vector<std::pair<std::string, double>> fractions;  ///< sum 1
};

/// All inputs in one. Port: "mixed".
struct MixerUnit {};

/// Evaporation, or dilution with water, and acid or base to a target strength. Ports: "liquor",
/// "vapour".
struct ConcentrationUnit {
  double rare_earth_molar = 0.0;  ///< target; 0 = leave the volume
  bool set_acid = false;
  double acid_molar = 0.0;  ///< target proton total; negative = a base
  Reagent acid, base;
};

/// Where a stream of the plant enters a circuit: as a feed, as scrub or strip acid, as solvent.
struct CircuitInlet {
  std::string stream;
  std::string bank;
  int stage = 0;  ///< 0: where the phase enters the bank (aqueous stage N, organic stage 1)
  bool is_feed = true;
};

/// A solvent-extraction circuit. Ports: the raffinates and draws by their names, "solvent bleed",
/// "BANK entrained organic", "BANK extract" where the loop is open.
struct CircuitUnit {
  Circuit circuit;  ///< its inline streams are reagents of the plant
  std::vector<CircuitInlet> inlets;
  std::vector<std::string> not_extracted;  ///< components without constants, told to stay aqueous
  bool make_up = true;                     ///< fresh solvent for what a closed loop loses
  std::string acid_anion = "Cl";           ///< of inline acids: Cl, SO4, NO3
  std::string base_cation = "Na";          ///< of inline bases and of saponification
  double base_molar = 10.0;                ///< strength of the saponifying base
  double soluble_extractant_mg_per_l = 0.0;
  double extractant_molar_mass_g_per_mol = 0.0;  ///< of the circuit's basis; for mass and cost
  double soluble_diluent_mg_per_l = 0.0;
};

struct PlantUnit {
  std::string name;
  std::vector<std::string> inputs;             ///< stream names, mixed; empty for a circuit
  std::map<std::string, std::string> outputs;  ///< port -> stream name; else "UNIT.PORT"
  std::variant<CircuitUnit, LeachUnit, ImpurityUnit, OxidationUnit, PrecipitationUnit,
               CalcinationUnit, SplitterUnit, MixerUnit, ConcentrationUnit>
      settings;
};
constexpr const char* unit_kind_names[] = {"circuit",   "leach",         "impurity_removal",
                                           "oxidation", "precipitation", "calcination",
                                           "splitter",  "mixer",         "concentration"};

/// A stream somebody pays for. Purity: mass share of the wanted elements' oxides among all rare
/// earths' oxides, and over everything solid that is followed.
struct PlantProduct {
  std::string name;
  std::string stream;
  std::vector<std::string> elements;  ///< wanted
  double purity_fraction = 0.0;       ///< target, 0 = none
  std::string price_item;             ///< of the price table; "" = by elements
};

struct Plant {
  std::string name, description;
  std::string source_file;
  std::map<std::string, double> charges;  ///< differing from the defaults: {"Fe", 2}
  std::vector<PlantFeed> feeds;
  std::vector<PlantUnit> units;
  std::vector<PlantProduct> products;
  double hours_per_year = 8000.0;
};

enum class StreamRole { feed, reagent, internal, product, discharge };
constexpr const char* to_string(StreamRole role) {
  switch (role) {
    case StreamRole::feed:
      return "feed";
    case StreamRole::reagent:
      return "reagent";
    case StreamRole::internal:
      return "internal";
    case StreamRole::product:
      return "product";
    case StreamRole::discharge:
      return "discharge";
  }
  return "unknown";
}

struct NamedStream {
  std::string name;
  std::string from;  ///< unit; "" = from outside
  std::string to;    ///< unit; "" = leaves the plant
  StreamRole role = StreamRole::internal;
  PlantStream stream;
  double acid_molar = 0.0;         ///< aqueous: H - OH + HSO4
  double ph = 0.0;                 ///< aqueous, concentration scale
  double dry_mass_kg_per_h = 0.0;  ///< solid
  double rare_earth_mol_per_h = 0.0;
  bool has_liquid() const {
    return stream.phase == StreamPhase::aqueous && stream.volume_l_per_h > 0.0 &&
           stream.oxidant_mol_per_h == 0.0;
  }
};

/// One balance: what entered against what left.
struct PlantBalance {
  std::string what;  ///< "Nd", "Cl", "acid", "water", "extractant PC88A"
  double in = 0.0, out = 0.0;
  std::string unit;               ///< "mol/h", "L/h"
  double closure_relative = 0.0;  ///< |in - out| over the larger amount
};

/// Something bought and used up.
struct ReagentUse {
  std::string unit, name;  ///< "HCl", "NaOH", "PC88A", "kerosene", "water"
  double amount = 0.0;
  std::string amount_unit;  ///< "mol/h" or "L/h"
};

struct UnitResult {
  std::string name, kind;
  ItemStatus status = ItemStatus::ok;
  std::string status_text;
  std::vector<PlantBalance> balances;  ///< of this unit
  bool has_circuit = false;
  CircuitResult circuit;
  double acid_gap_relative = 0.0;   ///< circuit: the solver's acid of its outlets against charge
  double hydrogen_mol_per_h = 0.0;  ///< H2 set free by dissolving metal
};

struct PlantProductResult {
  std::string name, stream, price_item;
  std::vector<std::string> elements;
  double oxide_kg_per_h = 0.0;             ///< of the wanted elements
  double rare_earth_oxide_kg_per_h = 0.0;  ///< all of them
  double purity_fraction = 0.0;            ///< wanted over all rare-earth oxides, by mass
  double purity_of_all_fraction = 0.0;     ///< over everything followed, as oxides
  double recovery_fraction = 0.0;          ///< of the wanted elements fed to the plant, by mole
  double target_purity_fraction = 0.0;
  bool meets_target = true;
};

struct PlantResult {
  std::string name, description;
  ItemStatus status = ItemStatus::not_converged;
  std::string status_text;  ///< unit, bank, stage, element
  std::vector<Component> components;
  std::vector<NamedStream> streams;  ///< in the order they arise
  std::vector<UnitResult> units;     ///< in the order they are solved
  std::vector<PlantBalance> balances;
  std::vector<PlantProductResult> products;
  std::vector<std::string> torn;  ///< streams that close the recycles
  int passes = 0;
  double loop_change = 0.0;
  std::vector<std::string> unknown;  ///< elements a feed does not state
  std::string not_for_report;        ///< why no report may be made of it; "" = it may
  std::vector<ReagentUse> reagents;
  double hours_per_year = 8000.0;
  EvidenceClass worst_evidence = EvidenceClass::measured;
  std::vector<std::string> evidence;  ///< "unit leach, Nd: MEMORY, source"
  std::vector<Warning> warnings;
};

}  // namespace gadolin::separation
