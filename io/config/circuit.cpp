#include "io/config/circuit.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "io/config/constants.hpp"
#include "io/config/data_dir.hpp"
#include "io/config/toml_table.hpp"

namespace gadolin::config {

namespace {

using separation::AqueousStream;
using separation::Bank;
using separation::Circuit;
using separation::ExtractantBasis;
using separation::OrganicStream;
using separation::Species;
using separation::StageDraw;
using separation::StageFeed;

/// Design and constants joined; knows species by name and place.
class Reader {
 public:
  Reader(const TomlTable& root, const std::string& file, std::vector<InputFile>* records)
      : root_(root), file_(file), records_(records) {}

  Circuit read() {
    circuit_.source_file = file_;
    circuit_.name = root_.text("name");
    circuit_.description = root_.text_or("description", "");
    circuit_.organic_loop_closed =
        root_.choice_or("organic_loop", "open", {"open", "closed"}) == "closed";
    chemistry();
    if (const auto t = root_.optional_table("mixer_rate_per_min")) {
      for (Species& s : circuit_.species) {
        s.mixer_rate_per_s = t->number_or(s.name, 0.0, not_negative) / 60.0;
      }
      t->finish();
    }
    for (const char* other_verb : {"dynamics", "uncertainty"}) root_.allow(other_verb);
    for (const TomlTable& t : root_.tables("bank")) circuit_.banks.push_back(bank(t));
    for (const TomlTable& t : root_.tables_or_none("return")) {
      separation::AqueousReturn r;
      r.from_bank = bank_name(t, "from_bank");
      r.to_bank = bank_name(t, "to_bank");
      r.to_stage = stage(t, "to_stage", stages_of(r.to_bank));
      r.fraction = t.number("fraction", fraction);
      t.finish();
      circuit_.returns.push_back(r);
    }
    if (const auto t = root_.optional_table("regeneration")) {
      auto& g = circuit_.regeneration;
      g.bleed_fraction = t->number_or("bleed_fraction", 0.0, fraction);
      g.saponified_fraction = t->number_or("saponified_fraction", 0.0, fraction);
      if (t->has("saponified_species")) {
        g.saponified_species = t->choice("saponified_species", names_);
      } else if (g.saponified_fraction > 0.0) {
        throw t->error("E-SEP-011", "saponified_fraction without saponified_species",
                       "saponified_fraction", "add saponified_species = \"Na\"");
      }
      t->finish();
    }
    root_.finish();
    return circuit_;
  }

  /// Extractant, species and solution; the other keys are not asked for.
  const Circuit& chemistry() {
    circuit_.source_file = file_;
    constants();
    if (const auto t = root_.optional_table("solution")) {
      circuit_.ionic_product = t->number_or("ionic_product", circuit_.ionic_product, positive);
      circuit_.log10_ka_hso4 = t->number_or("log10_ka_hso4", circuit_.log10_ka_hso4);
      t->finish();
    }
    return circuit_;
  }

 private:
  const TomlTable& root_;
  std::string file_;
  std::vector<InputFile>* records_;
  Circuit circuit_;
  std::vector<std::string> names_;

  void constants() {
    std::vector<Species> table;
    if (root_.has("constants")) {
      const auto path = constants_path(root_.text("constants"));
      separation::ConstantsTable t = read_constants(path.lexically_normal().string(), records_);
      circuit_.extractant = t.extractant;
      circuit_.uncertainty = t.uncertainty;
      circuit_.chemistry = t.chemistry;
      table = std::move(t.species);
      if (const auto own = root_.optional_table("extractant")) {
        circuit_.extractant = extractant_of(*own);
      }
    } else if (!root_.has("extractant")) {
      throw root_.error("E-TOML-003", "neither constants nor [extractant]", "constants",
                        "add constants = \"pc88a_chloride.toml\", or another table of "
                        "datasets/separation, or your own");
    } else {
      circuit_.extractant = extractant_of(root_.table("extractant"));
    }
    if (const auto own = root_.optional_table("chemistry")) {
      read_chemistry(*own, circuit_.chemistry, records_);
      if (!root_.has("constants")) {
        circuit_.chemistry.constants_activity = circuit_.chemistry.activity;
        circuit_.chemistry.constants_complexes = circuit_.chemistry.complexes;
      }
    }
    // Species written out in the design add to the table, or replace its entry.
    for (const TomlTable& t : root_.tables_or_none("species")) {
      Species s = species_of(t, circuit_.extractant.basis, {});
      const auto same = std::find_if(table.begin(), table.end(),
                                     [&](const Species& other) { return other.name == s.name; });
      if (same == table.end()) {
        table.push_back(s);
      } else {
        *same = s;
      }
    }
    std::vector<std::string> known;
    for (const Species& s : table) known.push_back(s.name);
    if (root_.has("use_species")) {
      for (const std::string& name : root_.texts("use_species")) {
        const auto found = std::find(known.begin(), known.end(), name);
        if (found == known.end()) {
          const std::string near = nearest_word(name, known);
          throw root_.error(
              "E-SEP-002", "species \"" + name + "\" has no constants", "use_species",
              near.empty() ? "add a [[species]] table" : "did you mean \"" + near + "\"?");
        }
        circuit_.species.push_back(table[static_cast<std::size_t>(found - known.begin())]);
      }
    } else {
      circuit_.species = table;
    }
    for (const Species& s : circuit_.species) {
      names_.push_back(s.name);
      if (s.basis != circuit_.extractant.basis) {
        throw root_.error("E-SEP-006",
                          "species " + s.name + " is stated for the basis " + to_string(s.basis) +
                              ", the extractant for " + to_string(circuit_.extractant.basis),
                          "", "convert the constant: 1.0 M formal monomer = 0.5 M dimer");
      }
    }
  }

  /// A file, or a table of the datasets by its name alone.
  std::filesystem::path constants_path(const std::string& name) const {
    const std::filesystem::path named = name;
    const auto beside = std::filesystem::path(file_).parent_path() / named;
    if (named.has_parent_path() || std::filesystem::exists(beside)) return beside;
    const std::filesystem::path folder = std::filesystem::path(find_data_dir()) / "separation";
    if (named.extension() == ".toml" && std::filesystem::exists(folder / named)) {
      return folder / named;
    }
    std::vector<std::string> known;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
      if (entry.path().extension() == ".toml") known.push_back(entry.path().stem().string());
    }
    std::sort(known.begin(), known.end());
    if (std::find(known.begin(), known.end(), name) != known.end()) {
      return folder / (name + ".toml");
    }
    const std::string near = nearest_word(named.stem().string(), known);
    std::string all;
    for (const std::string& k : known) all += (all.empty() ? "" : ", ") + k;
    throw root_.error("E-SEP-014", "extractant table \"" + name + "\" is unknown", "constants",
                      near.empty() ? "use one of " + all + ", or a file beside " + file_
                                   : "did you mean \"" + near + "\"?");
  }

  std::string bank_name(const TomlTable& t, const std::string& key) const {
    std::vector<std::string> banks;
    for (const Bank& b : circuit_.banks) banks.push_back(b.name);
    return t.choice(key, banks);
  }
  int stages_of(const std::string& name) const {
    for (const Bank& b : circuit_.banks) {
      if (b.name == name) return b.stages;
    }
    return 0;
  }
  static int stage(const TomlTable& t, const std::string& key, int stages) {
    const auto value = t.integer(key, -1000000, 1000000);
    if (value < 1 || value > stages) {
      throw t.error("E-SEP-005",
                    "stage " + std::to_string(value) + " lies outside 1.." + std::to_string(stages),
                    key, "stage 1 is where the organic enters");
    }
    return static_cast<int>(value);
  }

  /// [x.molar] or [x.mg_per_l]: one number per species named, 0 for the rest.
  std::vector<double> concentrations(const TomlTable& t, const std::string& who) const {
    std::vector<double> molar(names_.size(), 0.0);
    const auto fill = [&](const char* key, bool mass) {
      const auto table = t.optional_table(key);
      if (!table) return;
      for (std::size_t k = 0; k < names_.size(); ++k) {
        if (!table->has(names_[k])) continue;
        const double value = table->number(names_[k]);
        if (value < 0.0) {
          throw table->error("E-SEP-003",
                             who + ": " + names_[k] + " = " + text_of(value) +
                                 (mass ? " mg/L" : " mol/L") + " is negative",
                             names_[k], "concentrations are 0 or more");
        }
        if (!mass) {
          molar[k] += value;
          continue;
        }
        if (!(circuit_.species[k].molar_mass_g_per_mol > 0.0)) {
          throw table->error("E-SEP-012", "species " + names_[k] + " has no molar mass", names_[k],
                             "give molar_mass_g_per_mol or use the molar table");
        }
        molar[k] += value * 1e-3 / circuit_.species[k].molar_mass_g_per_mol;
      }
      for (const std::string& name : names_) table->allow(name);
      table->finish();
    };
    fill("molar", false);
    fill("mg_per_l", true);
    return molar;
  }

  static std::string text_of(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return text;
  }
  static double flow_of(const TomlTable& t, const std::string& who) {
    const double flow = t.number("flow_l_per_h");
    if (flow < 0.0) {
      throw t.error("E-SEP-003", who + ": the flow " + text_of(flow) + " L/h is negative",
                    "flow_l_per_h", "flows are 0 or more");
    }
    return flow;
  }

  AqueousStream aqueous(const TomlTable& t, const std::string& who) const {
    AqueousStream s;
    s.flow_l_per_h = flow_of(t, who);
    s.molar = concentrations(t, who);
    const double bisulfate = t.number_or("bisulfate_molar", 0.0, not_negative);
    s.h_molar = t.number_or("acid_molar", 0.0) + bisulfate;
    if (t.has("base_molar")) s.h_molar -= t.number("base_molar", not_negative);
    s.sulfate_molar = t.number_or("sulfate_molar", 0.0, not_negative) + bisulfate;
    s.salt_molar = t.number_or("salt_molar", 0.0, not_negative);
    s.fluoride_molar = t.number_or("fluoride_molar", 0.0, not_negative);
    // Where the acid itself is taken up by the solvent, it is a species: all of it, unless given.
    for (std::size_t k = 0; k < names_.size(); ++k) {
      if (circuit_.species[k].is_acid && s.molar[k] == 0.0) s.molar[k] = std::max(s.h_molar, 0.0);
    }
    t.finish();
    return s;
  }

  OrganicStream organic(const TomlTable& t, const std::string& who) const {
    OrganicStream s;
    s.flow_l_per_h = flow_of(t, who);
    s.molar = concentrations(t, who);
    const bool dimer = circuit_.extractant.basis == ExtractantBasis::dimer;
    const std::string mine = dimer ? "dimer" : "formal", other = dimer ? "formal" : "dimer";
    for (const char* kind : {"extractant_", "free_extractant_"}) {
      const std::string wrong = kind + other + "_molar";
      if (t.has(wrong)) {
        throw t.error(
            "E-SEP-006",
            who + ": " + wrong + " in a circuit whose constants are stated for the basis " +
                to_string(circuit_.extractant.basis),
            wrong, "give " + std::string(kind) + mine + "_molar; 1.0 M formal = 0.5 M dimer");
      }
    }
    const std::string total_key = "extractant_" + mine + "_molar";
    const std::string free_key = "free_extractant_" + mine + "_molar";
    double bound = 0.0;
    for (std::size_t k = 0; k < names_.size(); ++k) {
      bound += circuit_.species[k].dimers * s.molar[k];
    }
    if (t.has(free_key)) {
      if (t.has(total_key)) {
        throw t.error("E-SEP-007", "both " + total_key + " and " + free_key + " are given",
                      free_key, "give one of them");
      }
      s.free_dimer_molar = t.number(free_key, positive);
      t.finish();
      return s;
    }
    const double total = t.number(total_key, positive);
    const double degree = t.number_or("saponified_fraction", 0.0, fraction);
    if (degree > 0.0) {
      const std::string name = t.choice("saponified_species", names_);
      const auto k =
          static_cast<std::size_t>(std::find(names_.begin(), names_.end(), name) - names_.begin());
      if (!(circuit_.species[k].dimers > 0.0)) {
        throw t.error("E-SEP-012", "species " + name + " binds no extractant", "saponified_species",
                      "choose a species with extractant_per_metal above 0");
      }
      s.molar[k] += degree * total / circuit_.species[k].dimers;
      bound += degree * total;
    } else {
      t.allow("saponified_species");
    }
    s.free_dimer_molar = total - bound;
    if (!(s.free_dimer_molar > 0.0)) {
      std::size_t most = 0;
      for (std::size_t k = 1; k < names_.size(); ++k) {
        const auto binds = [&](std::size_t i) { return circuit_.species[i].dimers * s.molar[i]; };
        if (binds(k) > binds(most)) most = k;
      }
      throw t.error("E-SEP-007",
                    who + ": the solvent is loaded above capacity, " + text_of(bound) + " of " +
                        text_of(total) + " mol/L, most by " + names_[most],
                    total_key, "lower the loading or raise the extractant");
    }
    t.finish();
    return s;
  }

  Bank bank(const TomlTable& t) {
    Bank b;
    b.name = t.text("name");
    for (const Bank& other : circuit_.banks) {
      if (other.name == b.name) {
        throw t.error("E-SEP-001", "bank \"" + b.name + "\" is named twice", "name",
                      "name each bank once");
      }
    }
    const auto stages = t.integer("stages", -1000000, 1000000);
    if (stages < 1 || stages > 10000) {
      throw t.error("E-SEP-004", "bank " + b.name + " has " + std::to_string(stages) + " stages",
                    "stages", "give 1 to 10000");
    }
    b.stages = static_cast<int>(stages);
    b.raffinate_name = t.text_or("raffinate_name", "");
    b.murphree_efficiency = t.number_or("murphree_efficiency", 1.0, {1e-6, 1.0});
    b.entrained_aqueous_fraction = t.number_or("entrained_aqueous_fraction", 0.0, {0.0, 0.5});
    b.entrained_organic_fraction = t.number_or("entrained_organic_fraction", 0.0, {0.0, 0.5});
    b.mixer_residence_s = 60.0 * t.number_or("mixer_residence_min", 0.0, not_negative);
    b.mixer_plug_flow = t.choice_or("mixer_flow", "mixed", {"mixed", "plug"}) == "plug";
    const auto at = [&](int i) { return "bank " + b.name + ", stage " + std::to_string(i); };
    if (const auto in = t.optional_table("aqueous_in")) {
      b.aqueous_in = aqueous(*in, at(b.stages) + ", aqueous_in");
    }
    if (const auto in = t.optional_table("organic_in")) {
      b.organic_in = organic(*in, at(1) + ", organic_in");
    } else if (!circuit_.banks.empty()) {
      b.organic_from_previous = true;
    } else {
      throw t.error("E-TOML-003", "bank " + b.name + " has no [bank.organic_in]", "name",
                    "the first bank needs its solvent, also as the design of a closed loop");
    }
    for (const TomlTable& f : t.tables_or_none("feed")) {
      StageFeed feed;
      feed.name = f.text_or("name", "feed");
      feed.stage = stage(f, "stage", b.stages);
      feed.is_feed = f.boolean_or("counts_as_feed", true);
      const std::string who = at(feed.stage) + ", feed " + feed.name;
      if (const auto in = f.optional_table("aqueous")) feed.aqueous = aqueous(*in, who);
      if (const auto in = f.optional_table("organic")) feed.organic = organic(*in, who);
      f.finish();
      b.feeds.push_back(feed);
    }
    for (const TomlTable& d : t.tables_or_none("draw")) {
      StageDraw draw;
      draw.name = d.text_or("name", "");
      draw.stage = stage(d, "stage", b.stages);
      draw.aqueous_fraction = d.number_or("aqueous_fraction", 0.0, fraction);
      draw.organic_fraction = d.number_or("organic_fraction", 0.0, fraction);
      d.finish();
      b.draws.push_back(draw);
    }
    t.finish();
    return b;
  }
};

}  // namespace

Circuit read_circuit(const std::string& path, std::vector<InputFile>* records) {
  InputFile record;
  const TomlTable root = TomlTable::read(path, &record, "design");
  if (records != nullptr) records->push_back(record);
  return Reader(root, path, records).read();
}

Circuit parse_circuit(const std::string& text, const std::string& file,
                      std::vector<InputFile>* records) {
  const TomlTable root = TomlTable::parse(text, file);
  return Reader(root, file, records).read();
}

separation::Circuit circuit_of(const TomlTable& root, const std::string& file,
                               std::vector<InputFile>* records) {
  return Reader(root, file, records).read();
}

separation::Circuit chemistry_of(const TomlTable& root, const std::string& file,
                                 std::vector<InputFile>* records) {
  return Reader(root, file, records).chemistry();
}

Circuit read_circuit_table(const TomlTable& table, const std::string& file,
                           std::vector<InputFile>* records) {
  return Reader(table, file, records).read();
}

}  // namespace gadolin::config
