#include "io/config/write_plant.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "io/config/toml_text.hpp"
#include "io/config/write_circuit.hpp"
#include "models/core/element.hpp"

namespace gadolin::config {

namespace {

using namespace separation;

class PlantText {
 public:
  PlantText(const std::string& constants, const std::vector<std::string>& own)
      : constants_(constants), own_(own) {}

  std::string text(const Plant& plant) {
    line("name = " + quoted(plant.name));
    if (!plant.description.empty()) line("description = " + quoted(plant.description));
    line("hours_per_year = " + number(plant.hours_per_year));
    if (!plant.charges.empty()) {
      line("\n[charges]");
      for (const auto& [name, charge] : plant.charges) line(quoted(name) + " = " + number(charge));
    }
    for (const PlantFeed& f : plant.feeds) feed(f);
    for (const PlantUnit& u : plant.units) unit(u);
    for (const PlantProduct& p : plant.products) {
      line("\n[[product]]\nname = " + quoted(p.name) + "\nstream = " + quoted(p.stream) +
           "\nelements = " + listed(p.elements));
      if (p.purity_fraction > 0.0) line("purity_fraction = " + number(p.purity_fraction));
      if (!p.price_item.empty()) line("price_item = " + quoted(p.price_item));
    }
    return text_;
  }

 private:
  std::string constants_, text_;
  std::vector<std::string> own_;

  void line(const std::string& words) { text_ += words + "\n"; }

  void feed(const PlantFeed& f) {
    line("\n[[feed]]\nname = " + quoted(f.name));
    if (!f.source.empty()) line("source = " + quoted(f.source));
    if (!f.unknown.empty()) line("unknown = " + listed(f.unknown));
    if (f.phase == StreamPhase::aqueous) {
      line("flow_l_per_h = " + number(f.volume_l_per_h));
      line("acid_molar = " + number(f.acid_molar));
      if (f.anion != "Cl") line("anion = " + quoted(f.anion));
      if (f.cation != "Na") line("cation = " + quoted(f.cation));
      line("[feed.molar]");
      for (const auto& [name, mol] : f.mol_per_h) {
        line(quoted(name) + " = " + number(mol / f.volume_l_per_h));
      }
      return;
    }
    line("mass_flow_kg_per_h = " + number(f.mass_kg_per_h));
    if (f.metal) line("metal = true");
    if (!f.carriers.empty()) {
      line("[feed.carriers]");
      for (const auto& [name, share] : f.carriers) line(quoted(name) + " = " + number(share));
    }
    line("[feed.mg_per_kg]");
    for (const auto& [name, mol] : f.mol_per_h) {
      line(quoted(name) + " = " + number(1e3 * mol * molar_mass(name) / f.mass_kg_per_h));
    }
  }
  static double molar_mass(const std::string& component);

  void yield(const char* table, const PlantYield& y, bool many) {
    line(std::string(many ? "[[unit." : "[unit.") + table + (many ? "]]" : "]"));
    if (y.mineral != "*") line("mineral = " + quoted(y.mineral));
    if (!y.elements.empty()) line("elements = " + listed(y.elements));
    line("fraction = " + number(y.fraction) + "\nevidence = " + quoted(to_string(y.evidence)) +
         "\nsource = " + quoted(y.source));
  }
  void reagent(const char* key, const Reagent& r) {
    if (r.name.empty()) return;
    line(std::string(key) + " = " + quoted(r.name));
    line(std::string(key) + "_strength_molar = " + number(r.strength_molar));
  }

  void circuit(const CircuitUnit& u) {
    if (!u.not_extracted.empty()) line("not_extracted = " + listed(u.not_extracted));
    if (!u.make_up) line("make_up = false");
    line("acid_anion = " + quoted(u.acid_anion) + "\nbase_cation = " + quoted(u.base_cation) +
         "\nbase_strength_molar = " + number(u.base_molar));
    if (u.soluble_extractant_mg_per_l > 0.0) {
      line("soluble_extractant_mg_per_l = " + number(u.soluble_extractant_mg_per_l));
      line("soluble_diluent_mg_per_l = " + number(u.soluble_diluent_mg_per_l));
    }
    if (u.extractant_molar_mass_g_per_mol > 0.0) {
      line("extractant_molar_mass_g_per_mol = " + number(u.extractant_molar_mass_g_per_mol));
    }
    for (const CircuitInlet& i : u.inlets) {
      line("[[unit.inlet]]\nstream = " + quoted(i.stream) + "\nbank = " + quoted(i.bank));
      if (i.stage > 0) line("stage = " + std::to_string(i.stage));
      if (!i.is_feed) line("counts_as_feed = false");
    }
    const Circuit& c = u.circuit;
    line("[unit.circuit]\nname = " + quoted(c.name));
    std::vector<std::string> names;
    for (const Species& s : c.species) names.push_back(s.name);
    if (!constants_.empty()) line("constants = " + quoted(constants_));
    line("use_species = " + listed(names));
    line(std::string("organic_loop = ") + (c.organic_loop_closed ? "\"closed\"" : "\"open\""));
    if (constants_.empty()) {
      line("[unit.circuit.extractant]\nname = " + quoted(c.extractant.name) + "\ndiluent = " +
           quoted(c.extractant.diluent) + "\nbasis = " + quoted(to_string(c.extractant.basis)) +
           "\ngel_fraction = " + number(c.extractant.gel_fraction));
      if (c.extractant.dosage_percent_per_molar > 0.0) {
        line("dosage_percent_per_molar = " + number(c.extractant.dosage_percent_per_molar));
      }
    }
    for (const Species& s : c.species) {
      const bool own = std::find(own_.begin(), own_.end(), s.name) != own_.end();
      if (own || constants_.empty()) species(s);
    }
    const Regeneration& g = c.regeneration;
    if (c.organic_loop_closed) {
      line("[unit.circuit.regeneration]\nbleed_fraction = " + number(g.bleed_fraction) +
           "\nsaponified_fraction = " + number(g.saponified_fraction));
      if (!g.saponified_species.empty()) {
        line("saponified_species = " + quoted(g.saponified_species));
      }
    }
    text_ += banks_text(c, "unit.circuit.bank");
    for (const AqueousReturn& r : c.returns) {
      line("[[unit.circuit.return]]\nfrom_bank = " + quoted(r.from_bank) +
           "\nto_bank = " + quoted(r.to_bank) + "\nto_stage = " + std::to_string(r.to_stage) +
           "\nfraction = " + number(r.fraction));
    }
  }
  void species(const Species& s) {
    line("[[unit.circuit.species]]\nname = " + quoted(s.name) + "\nprotons = " + number(s.protons) +
         "\nextractant_per_metal = " + number(s.dimers) +
         "\nevidence = " + quoted(to_string(s.evidence)) + "\nsource = " + quoted(s.source));
    if (s.molar_mass_g_per_mol > 0.0) {
      line("molar_mass_g_per_mol = " + number(s.molar_mass_g_per_mol));
    }
    if (s.law == DistributionLaw::empirical_line) {
      const EmpiricalLine& l = s.line;
      line(fmt::format(
          "line = {{intercept = {}, ph_slope = {}, ph_quadratic = {}, dosage_ph_slope "
          "= {}, log10_dosage_slope = {}, ph_min = {}, ph_max = {}, "
          "dosage_min_percent = {}, dosage_max_percent = {}}}",
          number(l.intercept), number(l.ph_slope), number(l.ph_quadratic),
          number(l.dosage_ph_slope), number(l.log10_dosage_slope), number(l.ph_min),
          number(l.ph_max), number(l.dosage_min_percent), number(l.dosage_max_percent)));
      return;
    }
    line("log10_k = " + number(s.log10_k));
    if (s.exponent) {
      line("exponent = " + number(*s.exponent) +
           "\nreference_extractant_molar = " + number(s.reference_extractant_molar));
    }
  }
  void settings(const CircuitUnit& u) { circuit(u); }
  void settings(const LeachUnit& u) {
    reagent("acid", u.acid);
    line("liquid_to_solid_l_per_kg = " + number(u.liquid_to_solid_l_per_kg) +
         "\nfinal_acid_molar = " + number(u.final_acid_molar) +
         "\nresidue_moisture_l_per_kg = " + number(u.residue_moisture_l_per_kg));
    for (const PlantYield& y : u.cracking) yield("cracking", y, true);
    for (const PlantYield& y : u.leaching) yield("leaching", y, true);
  }
  void settings(const ImpurityUnit& u) {
    line("ph = " + number(u.ph));
    reagent("base", u.base);
    line("cake_moisture_l_per_kg = " + number(u.cake_moisture_l_per_kg));
    for (const PlantYield& y : u.removed) yield("removed", y, true);
  }
  void settings(const OxidationUnit& u) {
    reagent("oxidant", u.oxidant);
    yield("conversion", u.conversion, false);
  }
  void settings(const PrecipitationUnit& u) {
    reagent("precipitant", u.precipitant);
    line("excess_fraction = " + number(u.excess_fraction) +
         "\nmoisture_l_per_kg = " + number(u.moisture_l_per_kg));
    for (const PlantYield& y : u.precipitated) yield("precipitated", y, true);
  }
  void settings(const CalcinationUnit& u) { yield("yield", u.yield, false); }
  void settings(const SplitterUnit& u) {
    line("[unit.fractions]");
    for (const auto& [name, fraction] : u.fractions) line(quoted(name) + " = " + number(fraction));
  }
  void settings(const MixerUnit&) {}
  void settings(const ConcentrationUnit& u) {
    if (u.rare_earth_molar > 0.0) line("rare_earth_molar = " + number(u.rare_earth_molar));
    if (u.set_acid) {
      line("acid_molar = " + number(u.acid_molar));
      if (u.acid.name.empty()) line("acid = \"\"");
    }
    reagent("acid", u.acid);
    reagent("base", u.base);
  }

  void unit(const PlantUnit& u) {
    line("\n[[unit]]\nname = " + quoted(u.name) +
         "\nkind = " + quoted(unit_kind_names[u.settings.index()]));
    if (!std::holds_alternative<CircuitUnit>(u.settings)) line("inputs = " + listed(u.inputs));
    std::visit([&](const auto& s) { settings(s); }, u.settings);
    if (u.outputs.empty()) return;
    line("[unit.outputs]");
    for (const auto& [port, stream] : u.outputs) line(quoted(port) + " = " + quoted(stream));
  }
};

double PlantText::molar_mass(const std::string& component) {
  if (component == "SO4") return 96.06;
  if (component == "NO3") return 62.004;
  return atomic_weight_g_per_mol(component == "Ce(IV)" ? "Ce" : component);
}

}  // namespace

std::string plant_text(const Plant& plant, const std::string& constants,
                       const std::vector<std::string>& own_species) {
  return PlantText(constants, own_species).text(plant);
}

}  // namespace gadolin::config
