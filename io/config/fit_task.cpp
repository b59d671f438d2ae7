#include "io/config/fit_task.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>

#include "io/config/constants.hpp"
#include "io/readers/csv.hpp"
#include "io/readers/file_bytes.hpp"
#include "models/core/element.hpp"

namespace gadolin::config {

namespace {

using separation::EquilibriumExperiment;
using separation::EquilibriumMetal;
using separation::ExtractantBasis;
using separation::FitTask;
using separation::Species;

/// What is said of all rows of one source.
struct SourceNote {
  std::optional<double> anion_molar;  ///< total: salt = anion - acid
  bool fitted = true;
};

class Table {
 public:
  Table(const std::string& path, const std::map<std::string, std::string>& names,
        std::vector<InputFile>* records)
      : path_(path) {
    io::FileBytes file = io::read_file(path, "measurements");
    if (records != nullptr) records->push_back(file.record);
    rows_ = io::parse_csv(file.bytes, io::sniff_separator(file.bytes), path);
    if (rows_.size() < 2) fail(0, "no row of values", "give a header and one row per value");
    for (const auto& [key, name] : names) {
      const auto& header = rows_.front().cells;
      const auto found = std::find(header.begin(), header.end(), name);
      if (found != header.end()) {
        column_[key] = static_cast<std::size_t>(found - header.begin());
      } else if (name != key) {
        const std::string near = nearest_word(name, header);
        fail(rows_.front().line, "no column \"" + name + "\"",
             near.empty() ? "name a column of the header" : "did you mean \"" + near + "\"?");
      }
    }
  }

  std::size_t size() const { return rows_.size() - 1; }
  /// Takes `key` from a column of another name, if there is one.
  bool alias(const std::string& key, const std::string& name) {
    const auto& header = rows_.front().cells;
    const auto found = std::find(header.begin(), header.end(), name);
    if (found == header.end()) return false;
    column_[key] = static_cast<std::size_t>(found - header.begin());
    return true;
  }
  bool has(const std::string& key) const { return column_.count(key) > 0; }
  void require(const std::string& key, const std::string& why) const {
    if (!has(key)) {
      fail(rows_.front().line, "no column for " + key + " (" + why + ")",
           "add it, or name it under [table.columns]");
    }
  }
  std::string text(std::size_t i, const std::string& key) const {
    const auto found = column_.find(key);
    if (found == column_.end() || found->second >= rows_[i + 1].cells.size()) return "";
    return rows_[i + 1].cells[found->second];
  }
  std::optional<double> number(std::size_t i, const std::string& key, double low) const {
    const std::string cell = text(i, key);
    if (cell.empty()) return std::nullopt;
    double value = 0.0;
    const auto read = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (read.ec != std::errc() || read.ptr != cell.data() + cell.size() || !std::isfinite(value)) {
      fail(line(i), key + " = \"" + cell + "\" is no number", "write it as 0.123 or 1.2e-3");
    }
    if (!(value >= low)) fail(line(i), key + " = " + cell + " is too low", "check the unit");
    return value;
  }
  double needed(std::size_t i, const std::string& key, double low) const {
    const auto value = number(i, key, low);
    if (!value) fail(line(i), key + " is empty", "fill it in, or leave the row out");
    return *value;
  }
  int line(std::size_t i) const { return rows_[i + 1].line; }
  [[noreturn]] void fail(int line, const std::string& what, const std::string& remedy) const {
    throw Error("E-SEP-045", what, line > 0 ? path_ + ":" + std::to_string(line) : path_, remedy,
                ExitCode::usage);
  }

 private:
  std::string path_;
  std::vector<io::CsvRow> rows_;
  std::map<std::string, std::size_t> column_;
};

const std::vector<std::string> column_keys = {
    "experiment",  "source",     "element",    "extractant_molar",
    "ph",          "feed_molar", "salt_molar", "equilibrium_aqueous_molar",
    "phase_ratio", "d",          "log10_d",    "feed_acid_molar"};

void read_rows(const Table& table, ExtractantBasis table_basis,
               const std::map<std::string, SourceNote>& notes,
               const std::vector<std::string>& excluded, bool single_only,
               const std::string& only_element, bool tracer, FitTask& task) {
  if (only_element.empty()) table.require("element", "which metal a row is about");
  table.require("extractant_molar", "its total concentration");
  if (!tracer) {
    table.require("feed_molar", "the metal before contact; a tracer needs [table] tracer = true");
  }
  if (!table.has("ph") && !table.has("feed_acid_molar")) {
    table.require("ph", "or feed_acid_molar: the acid");
  }
  if (!table.has("d") && !table.has("log10_d")) {
    table.require("equilibrium_aqueous_molar", "or d, or log10_d: what was measured");
  }
  // 1 mol/L formal is 0.5 mol/L dimer.
  const double factor = table_basis == task.extractant.basis              ? 1.0
                        : task.extractant.basis == ExtractantBasis::dimer ? 0.5
                                                                          : 2.0;
  std::map<std::string, std::size_t> known;  // experiment
  for (std::size_t i = 0; i < table.size(); ++i) {
    const std::string element = only_element.empty() ? table.text(i, "element") : only_element;
    auto species = std::find_if(task.species.begin(), task.species.end(),
                                [&](const Species& s) { return s.name == element; });
    if (species == task.species.end()) {
      if (!atomic_number(element)) {
        table.fail(table.line(i), "\"" + element + "\" is no element",
                   "write a symbol such as Nd, or add a [[species]] of that name");
      }
      Species s = task.species.empty() ? Species{} : task.species.front();
      s.name = element;
      s.molar_mass_g_per_mol = atomic_weight_g_per_mol(element);
      task.species.push_back(s);
      species = task.species.end() - 1;
    }
    EquilibriumMetal metal;
    metal.species = static_cast<std::size_t>(species - task.species.begin());
    metal.feed_molar = tracer ? 0.0 : table.needed(i, "feed_molar", 0.0);
    EquilibriumExperiment e;
    e.source = table.text(i, "source");
    e.id = table.has("experiment") ? table.text(i, "experiment")
                                   : "line " + std::to_string(table.line(i));
    e.extractant_molar = factor * table.needed(i, "extractant_molar", 1e-12);
    e.phase_ratio = table.number(i, "phase_ratio", 1e-6).value_or(1.0);
    e.ph = table.number(i, "ph", -2.0);
    e.feed_acid_molar = e.ph ? 0.0 : table.needed(i, "feed_acid_molar", -10.0);
    e.salt_molar = table.number(i, "salt_molar", 0.0).value_or(0.0);
    if (const auto note = notes.find(e.source); note != notes.end()) {
      e.fitted = note->second.fitted;
      if (note->second.anion_molar) {
        const double acid = e.ph ? std::pow(10.0, -*e.ph) : e.feed_acid_molar;
        e.salt_molar = std::max(0.0, *note->second.anion_molar - acid);
      }
    }
    if (const auto log = table.number(i, "log10_d", -30.0)) {
      metal.log10_d = *log;
    } else if (const auto d = table.number(i, "d", 0.0)) {
      if (!(*d > 0.0))
        table.fail(table.line(i), "D = 0", "a value below detection is no D: leave it out");
      metal.log10_d = std::log10(*d);
    } else {
      const double left = table.needed(i, "equilibrium_aqueous_molar", 0.0);
      if (!(left > 0.0) || !(left < metal.feed_molar)) {
        table.fail(table.line(i), "equilibrium aqueous concentration is not between 0 and the feed",
                   "such a row holds no D: leave it out");
      }
      metal.log10_d = std::log10((metal.feed_molar - left) / left / e.phase_ratio);
    }
    if (std::find(excluded.begin(), excluded.end(), e.id) != excluded.end()) e.fitted = false;
    const auto [at, fresh] = known.emplace(e.id, task.experiments.size());
    if (fresh) {
      e.metals.push_back(metal);
      task.experiments.push_back(e);
    } else {
      task.experiments[at->second].metals.push_back(metal);
    }
  }
  for (EquilibriumExperiment& e : task.experiments) {
    if (single_only && e.metals.size() > 1) e.fitted = false;
  }
}

}  // namespace

FitSetup read_fit(const std::string& path, std::vector<InputFile>* records,
                  const std::string& table) {
  FitSetup setup;
  FitTask& task = setup.task;
  std::map<std::string, std::string> names;
  for (const std::string& key : column_keys) names[key] = key;
  task.source = path;
  task.name = std::filesystem::path(path).stem().string();
  std::string ending = std::filesystem::path(path).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(c < 128 ? std::tolower(c) : c); });
  if (ending != ".toml") {
    // A table alone: cation exchange, no activities; its header states the basis.
    task.extractant.name = "extractant";
    setup.cite = std::filesystem::path(path).filename().string();
    Table rows(path, names, records);
    const bool dimer = rows.alias("extractant_molar", "extractant_dimer_molar");
    if (!dimer && !rows.alias("extractant_molar", "extractant_formal_molar")) {
      throw Error("E-SEP-006", "the table does not say what one mole of extractant is", path,
                  "name the column extractant_dimer_molar or extractant_formal_molar; 1.0 M formal "
                  "= 0.5 M dimer",
                  ExitCode::usage);
    }
    read_rows(rows, dimer ? ExtractantBasis::dimer : ExtractantBasis::formal_monomer, {}, {}, true,
              "", false, task);
    return setup;
  }
  InputFile record;
  const TomlTable root = TomlTable::read(path, &record, "fit");
  if (records != nullptr) records->push_back(record);
  task.name = root.text_or("name", task.name);
  task.title = root.text_or("title", task.name);
  setup.licence = root.text_or("licence", "");
  setup.cite = root.text("source");
  task.extractant = extractant_of(root.table("extractant"));
  Species common;
  if (const auto m = root.optional_table("model")) {
    common.ligand_exponent = m->number_or("anion_exponent", 0.0, not_negative);
    common.protons =
        m->number_or("protons", common.ligand_exponent > 0.0 ? 0.0 : 3.0, not_negative);
    common.dimers = m->number_or("extractant_per_metal", common.dimers, not_negative);
    common.reference_extractant_molar = m->number_or("reference_extractant_molar", 1.0, positive);
    common.log10_k = m->number_or("log10_k_start", -2.0);
    const std::string how = m->choice_or("exponent", "stoichiometric", {"stoichiometric", "fit"});
    task.fit_exponent = how == "fit";
    if (m->has("exponent_value")) common.exponent = m->number("exponent_value", not_negative);
    m->finish();
  }
  common.basis = task.extractant.basis;
  if (const auto c = root.optional_table("chemistry")) read_chemistry(*c, task.chemistry, records);
  bool single_only = true;
  std::vector<std::string> excluded;
  if (const auto f = root.optional_table("fit")) {
    single_only = f->choice_or("rows", "single", {"single", "all"}) == "single";
    excluded = f->texts_or("exclude", {});
    task.folds = static_cast<int>(f->integer_or("folds", task.folds, 0, 1000));
    task.seed = static_cast<std::uint64_t>(f->integer_or("seed", 1, 0, 1LL << 62));
    task.rejection = f->number_or("rejection", task.rejection, {2.0, 1e9});
    task.confidence = f->number_or("confidence", task.confidence, {0.5, 0.9999});
    f->finish();
  }
  std::map<std::string, SourceNote> notes;
  for (const TomlTable& t : root.tables_or_none("source_note")) {
    SourceNote& note = notes[t.text("name")];
    if (t.has("anion_molar")) note.anion_molar = t.number("anion_molar", not_negative);
    note.fitted = t.boolean_or("fitted", true);
    t.finish();
  }
  const TomlTable t = root.table("table");
  std::string file = t.text("file");
  file = table.empty()
             ? (std::filesystem::path(path).parent_path() / file).lexically_normal().string()
             : table;
  const std::string element = t.text_or("element", "");
  const bool tracer = t.boolean_or("tracer", false);
  const ExtractantBasis basis = basis_of(t.choice("extractant_basis", basis_words));
  if (const auto columns = t.optional_table("columns")) {
    for (const std::string& key : column_keys) {
      if (columns->has(key)) names[key] = columns->text(key);
    }
    columns->finish();
  }
  t.finish();
  root.finish();
  task.species.push_back(common);
  task.species.front().name = "";
  read_rows(Table(file, names, records), basis, notes, excluded, single_only, element, tracer,
            task);
  task.species.erase(task.species.begin());
  for (EquilibriumExperiment& e : task.experiments) {
    for (EquilibriumMetal& m : e.metals) --m.species;
  }
  return setup;
}

}  // namespace gadolin::config
