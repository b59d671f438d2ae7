#include "io/config/plant.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "io/config/circuit.hpp"
#include "io/config/data_dir.hpp"
#include "io/config/plant_feed.hpp"
#include "io/config/plant_tables.hpp"
#include "io/config/route.hpp"
#include "io/config/toml_table.hpp"

namespace gadolin::config {

namespace {

using namespace separation;

const std::vector<std::string> evidence_words = {"MEASURED", "DERIVED", "ESTIMATED", "MEMORY"};

EvidenceClass evidence_of(const std::string& word) {
  return static_cast<EvidenceClass>(std::find(evidence_words.begin(), evidence_words.end(), word) -
                                    evidence_words.begin());
}

class PlantReader {
 public:
  PlantReader(const TomlTable& root, const std::string& file, std::vector<InputFile>* records)
      : root_(root), file_(file), records_(records) {}

  Plant read() {
    plant_.source_file = file_;
    plant_.name = root_.text("name");
    plant_.description = root_.text_or("description", "");
    plant_.hours_per_year = root_.number_or("hours_per_year", 8000.0, {1.0, 8784.0});
    if (const auto charges = root_.optional_table("charges")) {
      for (const std::string& name : charges->keys()) {
        plant_.charges[name] = charges->number(name, {0.0, 8.0});
      }
      charges->finish();
    }
    for (const TomlTable& t : root_.tables_or_none("feed")) {
      plant_.feeds.push_back(read_plant_feed(t, file_, records_));
    }
    for (const TomlTable& t : root_.tables("unit")) plant_.units.push_back(unit(t));
    for (const TomlTable& t : root_.tables_or_none("product")) {
      PlantProduct p;
      p.name = t.text("name");
      p.stream = t.text("stream");
      p.elements = t.texts("elements");
      p.purity_fraction = t.number_or("purity_fraction", 0.0, fraction);
      p.price_item = t.text_or("price_item", "");
      t.finish();
      plant_.products.push_back(p);
    }
    for (const char* other : {"equipment", "economics"}) root_.allow(other);
    root_.finish();
    return plant_;
  }

 private:
  const TomlTable& root_;
  std::string file_;
  std::vector<InputFile>* records_;
  Plant plant_;

  std::string beside(const std::string& path) const {
    return (std::filesystem::path(file_).parent_path() / path).lexically_normal().string();
  }

  static PlantYield yield_of(const TomlTable& t) {
    PlantYield y;
    y.mineral = t.text_or("mineral", "*");
    y.elements = t.texts_or("elements", {});
    y.fraction = t.number("fraction", fraction);
    y.evidence = evidence_of(t.choice("evidence", evidence_words));
    y.source = t.text("source");
    t.finish();
    return y;
  }
  static std::vector<PlantYield> yields(const TomlTable& t, const std::string& key) {
    std::vector<PlantYield> all;
    for (const TomlTable& y : t.tables_or_none(key)) all.push_back(yield_of(y));
    return all;
  }
  static Reagent reagent(const TomlTable& t, const std::string& key, const std::string& fallback,
                         double strength) {
    Reagent r;
    r.name = fallback.empty() ? t.text(key) : t.text_or(key, fallback);  // "" = none
    r.strength_molar = t.number_or(key + "_strength_molar", strength, not_negative);
    return r;
  }

  CircuitUnit circuit(const TomlTable& t) const {
    CircuitUnit u;
    if (t.has("design")) {
      u.circuit = read_circuit(beside(t.text("design")), records_);
    } else {
      u.circuit = read_circuit_table(t.table("circuit"), file_, records_);
    }
    std::vector<std::string> banks;
    for (const Bank& bank : u.circuit.banks) banks.push_back(bank.name);
    for (const TomlTable& i : t.tables_or_none("inlet")) {
      CircuitInlet inlet;
      inlet.stream = i.text("stream");
      inlet.bank = i.choice("bank", banks);
      const auto at = std::find(banks.begin(), banks.end(), inlet.bank) - banks.begin();
      const int stages = u.circuit.banks[static_cast<std::size_t>(at)].stages;
      inlet.stage = static_cast<int>(i.integer_or("stage", 0, -1000000, 1000000));
      if (i.has("stage") && (inlet.stage < 1 || inlet.stage > stages)) {
        throw i.error("E-SEP-005",
                      "bank " + inlet.bank + ": stage " + std::to_string(inlet.stage) +
                          " lies outside 1.." + std::to_string(stages),
                      "stage", "stage 1 is where the organic enters");
      }
      inlet.is_feed = i.boolean_or("counts_as_feed", true);
      i.finish();
      u.inlets.push_back(inlet);
    }
    u.not_extracted = t.texts_or("not_extracted", {});
    u.make_up = t.boolean_or("make_up", true);
    u.acid_anion = t.choice_or("acid_anion", "Cl", {"Cl", "SO4", "NO3"});
    u.base_cation = t.choice_or("base_cation", "Na", {"Na", "NH4"});
    u.base_molar = t.number_or("base_strength_molar", u.base_molar, positive);
    u.soluble_extractant_mg_per_l = t.number_or("soluble_extractant_mg_per_l", 0.0, not_negative);
    u.extractant_molar_mass_g_per_mol =
        t.number_or("extractant_molar_mass_g_per_mol", 0.0, not_negative);
    u.soluble_diluent_mg_per_l = t.number_or("soluble_diluent_mg_per_l", 0.0, not_negative);
    return u;
  }

  LeachUnit leach(const TomlTable& t) const {
    LeachUnit u;
    u.cracking = yields(t, "cracking");
    u.leaching = yields(t, "leaching");
    if (t.has("route")) {
      InputFile record;
      const auto route = load_route(t.text("route"), find_data_dir() + "/recovery", &record);
      if (records_ != nullptr) records_->push_back(record);
      append_route(route, u);
    }
    u.acid = reagent(t, "acid", t.has("rates") ? "HCl" : "", 10.0);
    u.liquid_to_solid_l_per_kg = t.number_or("liquid_to_solid_l_per_kg", 0.0, not_negative);
    u.final_acid_molar = t.number_or("final_acid_molar", 0.1, not_negative);
    u.residue_moisture_l_per_kg = t.number_or("residue_moisture_l_per_kg", 0.0, not_negative);
    if (t.has("rates")) {
      u.rates = read_leach_rates(beside(t.text("rates")), t.text("rates_source"),
                                 evidence_of(t.choice("rates_evidence", evidence_words)), records_);
      u.tank_volume_l = t.number("tank_volume_l", positive);
      u.tanks = static_cast<int>(t.integer_or("tanks", 1, 1, 100));
    }
    return u;
  }

  static ImpurityUnit impurity(const TomlTable& t) {
    ImpurityUnit u;
    u.ph = t.number("ph", {0.0, 14.0});
    u.base = reagent(t, "base", "", 10.0);
    u.removed = yields(t, "removed");
    u.cake_moisture_l_per_kg = t.number_or("cake_moisture_l_per_kg", 0.0, not_negative);
    return u;
  }

  static OxidationUnit oxidation(const TomlTable& t) {
    OxidationUnit u;
    u.oxidant = reagent(t, "oxidant", "O2", 0.0);
    if (u.oxidant.name != "O2" && u.oxidant.name != "H2O2" && u.oxidant.name != "NaClO") {
      throw t.error("E-PLANT-002", "\"" + u.oxidant.name + "\" is no oxidant", "oxidant",
                    "use O2, H2O2 or NaClO");
    }
    u.conversion = yield_of(t.table("conversion"));
    return u;
  }

  PrecipitationUnit precipitation(const TomlTable& t) const {
    PrecipitationUnit u;
    u.precipitant = reagent(t, "precipitant", "", 1.0);
    u.excess_fraction = t.number_or("excess_fraction", 0.2, not_negative);
    u.precipitated = yields(t, "precipitated");
    u.moisture_l_per_kg = t.number_or("moisture_l_per_kg", 0.0, not_negative);
    if (t.has("curve")) {
      u.curve = read_precipitation_curves(beside(t.text("curve")), records_);
      u.curve_source = t.text("curve_source");
      u.curve_evidence = evidence_of(t.choice("curve_evidence", evidence_words));
      u.dosage = t.number("dosage", positive);
    }
    return u;
  }

  static ConcentrationUnit concentration(const TomlTable& t) {
    ConcentrationUnit u;
    u.rare_earth_molar = t.number_or("rare_earth_molar", 0.0, not_negative);
    u.set_acid = t.has("acid_molar");
    u.acid_molar = t.number_or("acid_molar", 0.0);
    u.acid = reagent(t, "acid", "HCl", 10.0);
    u.base = reagent(t, "base", "NaOH", 10.0);
    return u;
  }

  static SplitterUnit splitter(const TomlTable& t) {
    SplitterUnit u;
    const TomlTable f = t.table("fractions");
    double sum = 0.0;
    for (const std::string& name : f.keys()) {
      u.fractions.emplace_back(name, f.number(name, fraction));
      sum += u.fractions.back().second;
    }
    f.finish();
    if (std::fabs(sum - 1.0) > 1e-9) {
      throw t.error("E-PLANT-016", "the fractions sum to " + std::to_string(sum), "fractions",
                    "let them sum to 1");
    }
    return u;
  }

  PlantUnit unit(const TomlTable& t) const {
    PlantUnit unit;
    unit.name = t.text("name");
    const std::vector<std::string> kinds(std::begin(unit_kind_names), std::end(unit_kind_names));
    const std::string kind = t.choice("kind", kinds);
    if (kind != "circuit") unit.inputs = t.texts("inputs");
    if (const auto outputs = t.optional_table("outputs")) {
      for (const std::string& port : outputs->keys()) unit.outputs[port] = outputs->text(port);
      outputs->finish();
    }
    if (kind == "circuit") {
      unit.settings = circuit(t);
    } else if (kind == "leach") {
      unit.settings = leach(t);
    } else if (kind == "impurity_removal") {
      unit.settings = impurity(t);
    } else if (kind == "oxidation") {
      unit.settings = oxidation(t);
    } else if (kind == "precipitation") {
      unit.settings = precipitation(t);
    } else if (kind == "calcination") {
      CalcinationUnit u;
      u.yield = yield_of(t.table("yield"));
      unit.settings = u;
    } else if (kind == "splitter") {
      unit.settings = splitter(t);
    } else if (kind == "mixer") {
      unit.settings = MixerUnit{};
    } else {
      unit.settings = concentration(t);
    }
    t.finish();
    return unit;
  }
};

}  // namespace

bool is_plant(const std::string& path) { return TomlTable::read(path).has("unit"); }

Plant read_plant(const std::string& path, std::vector<InputFile>* records) {
  InputFile record;
  const TomlTable root = TomlTable::read(path, &record, "plant");
  if (records != nullptr) records->push_back(record);
  return PlantReader(root, path, records).read();
}

Plant parse_plant(const std::string& text, const std::string& file,
                  std::vector<InputFile>* records) {
  const TomlTable root = TomlTable::parse(text, file);
  return PlantReader(root, file, records).read();
}

}  // namespace gadolin::config
