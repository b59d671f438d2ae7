#include "io/config/constants.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "io/config/data_dir.hpp"
#include "io/config/toml_text.hpp"
#include "models/core/element.hpp"

namespace gadolin::config {

namespace {

using separation::ActivityChoice;
using separation::AqueousComplex;
using separation::Chemistry;
using separation::ConstantsTable;
using separation::DistributionLaw;
using separation::EvidenceClass;
using separation::ExtractantBasis;
using separation::IonInteraction;
using separation::Species;
using separation::ValidityWindow;

const std::vector<std::string> evidence_words = {"MEASURED", "DERIVED", "ESTIMATED", "MEMORY"};
const std::vector<std::string> activity_words = {"none", "davies", "sit", "pitzer"};
const std::vector<std::string> media = {"chloride", "nitrate", "perchlorate"};
const std::vector<std::string> ligands = {"chloride", "nitrate",  "perchlorate",
                                          "sulfate",  "fluoride", "hydroxide"};

std::size_t place_in(const std::vector<std::string>& words, const std::string& word) {
  return static_cast<std::size_t>(std::find(words.begin(), words.end(), word) - words.begin());
}

EvidenceClass evidence_of(const TomlTable& t) {
  return static_cast<EvidenceClass>(place_in(evidence_words, t.choice("evidence", evidence_words)));
}

ValidityWindow window_of(const TomlTable& t, ValidityWindow w) {
  w.h_min_molar = t.number_or("h_min_molar", w.h_min_molar, not_negative);
  w.h_max_molar = t.number_or("h_max_molar", w.h_max_molar, not_negative);
  w.extractant_min_molar =
      t.number_or("free_extractant_min_molar", w.extractant_min_molar, not_negative);
  w.extractant_max_molar =
      t.number_or("free_extractant_max_molar", w.extractant_max_molar, not_negative);
  w.ionic_strength_max_molar =
      t.number_or("ionic_strength_max_molar", w.ionic_strength_max_molar, not_negative);
  w.loading_max_fraction = t.number_or("loading_max_fraction", w.loading_max_fraction, fraction);
  t.finish();
  return w;
}

double molar_mass(const TomlTable& t, const std::string& name) {
  if (t.has("molar_mass_g_per_mol")) return t.number("molar_mass_g_per_mol", positive);
  return atomic_number(name) ? atomic_weight_g_per_mol(name) : 0.0;
}

std::string beside(const std::string& file, const std::string& name) {
  return (std::filesystem::path(file).parent_path() / name).lexically_normal().string();
}

/// A table of [[complex]] and [[interaction]]; entries named before are replaced.
void read_aqueous(const TomlTable& root, Chemistry& chemistry) {
  root.text_or("title", "");
  root.text_or("licence", "");
  for (const TomlTable& t : root.tables_or_none("complex")) {
    AqueousComplex c;
    c.metal = t.text("metal");
    c.ligand = t.choice("ligand", ligands);
    const auto evidence = evidence_of(t);
    const std::string source = t.text("source");
    const auto betas = t.numbers("log10_beta");  // n = 1, 2, ...
    t.finish();
    for (std::size_t i = 0; i < betas.size(); ++i) {
      c.n = static_cast<double>(i) + 1.0;
      c.log10_beta = betas[i];
      c.evidence = evidence;
      c.source = source;
      auto& all = chemistry.aqueous_complexes;
      const auto same = std::find_if(all.begin(), all.end(), [&](const AqueousComplex& other) {
        return other.metal == c.metal && other.ligand == c.ligand && other.n == c.n;
      });
      if (same == all.end()) {
        all.push_back(c);
      } else {
        *same = c;
      }
    }
  }
  for (const TomlTable& t : root.tables_or_none("interaction")) {
    const std::string cation = t.text("cation");
    auto& all = chemistry.interactions;
    auto same = std::find_if(all.begin(), all.end(),
                             [&](const IonInteraction& other) { return other.cation == cation; });
    if (same == all.end()) {
      all.emplace_back();
      same = all.end() - 1;
      same->cation = cation;
    }
    same->evidence = evidence_of(t);
    same->source = t.text("source");
    if (t.has("sit_kg_per_mol")) {
      same->has_sit = true;
      same->eps = t.number("sit_kg_per_mol");
    }
    if (t.has("pitzer")) {
      const auto p = t.numbers("pitzer");
      if (p.size() != 3) {
        throw t.error("E-TOML-005", "pitzer has " + std::to_string(p.size()) + " numbers", "pitzer",
                      "give [beta0, beta1, Cphi]");
      }
      same->has_pitzer = true;
      same->beta0 = p[0];
      same->beta1 = p[1];
      same->cphi = p[2];
    }
    t.finish();
  }
}

std::string digits(double v) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, v).ptr;
  std::string s(text, end);
  if (s.find_first_of(".eni") == std::string::npos) s += ".0";
  return s;
}

std::string bracketed(const std::string& list) {
  std::string out = "[";
  out += list;
  return out += "]";
}

}  // namespace

const std::vector<std::string> basis_words = {"dimer", "formal_monomer"};

ExtractantBasis basis_of(const std::string& word) {
  return word == "dimer" ? ExtractantBasis::dimer : ExtractantBasis::formal_monomer;
}

separation::Extractant extractant_of(const TomlTable& t) {
  separation::Extractant e;
  e.name = t.text("name");
  e.diluent = t.text_or("diluent", "");
  e.basis = basis_of(t.choice("basis", basis_words));
  e.dosage_percent_per_molar = t.number_or("dosage_percent_per_molar", 0.0, not_negative);
  e.gel_fraction = t.number_or("gel_fraction", e.gel_fraction, fraction);
  t.finish();
  return e;
}

Species species_of(const TomlTable& t, ExtractantBasis basis, const ValidityWindow& window) {
  Species s;
  s.name = t.text("name");
  s.molar_mass_g_per_mol = molar_mass(t, s.name);
  s.is_acid = t.boolean_or("is_acid", false);
  s.ligand_exponent = t.number_or("anion_exponent", s.is_acid ? 1.0 : 0.0, not_negative);
  s.protons = t.number_or("protons", s.ligand_exponent > 0.0 ? 0.0 : s.protons, not_negative);
  s.dimers = t.number_or("extractant_per_metal", s.is_acid ? 1.0 : s.dimers, not_negative);
  if (t.has("charge")) s.charge = t.number("charge", not_negative);
  if (s.ligand_exponent > 0.0 && s.protons > 0.0) {
    throw t.error("E-SEP-012",
                  "species " + s.name +
                      " releases protons and takes anions along: no extractant "
                      "does both",
                  "anion_exponent", "a neutral or ion-pair extractant has protons = 0");
  }
  s.basis = t.has("basis") ? basis_of(t.choice("basis", basis_words)) : basis;
  s.evidence = evidence_of(t);
  s.source = t.text("source");
  s.window = window;
  if (const auto own = t.optional_table("window")) s.window = window_of(*own, window);
  if (t.has("u_log10_k")) s.u_log10_k = t.number("u_log10_k", not_negative);
  if (const auto line = t.optional_table("line")) {
    s.law = DistributionLaw::empirical_line;
    s.line.intercept = line->number("intercept");
    s.line.ph_slope = line->number_or("ph_slope", 0.0);
    s.line.ph_quadratic = line->number_or("ph_quadratic", 0.0);
    s.line.dosage_ph_slope = line->number_or("dosage_ph_slope", 0.0);
    s.line.log10_dosage_slope = line->number_or("log10_dosage_slope", 0.0);
    s.line.ph_min = line->number_or("ph_min", s.line.ph_min);
    s.line.ph_max = line->number_or("ph_max", s.line.ph_max);
    s.line.dosage_min_percent = line->number_or("dosage_min_percent", s.line.dosage_min_percent);
    s.line.dosage_max_percent = line->number_or("dosage_max_percent", s.line.dosage_max_percent);
    line->finish();
  } else {
    s.log10_k = t.number("log10_k");
    if (t.has("exponent")) s.exponent = t.number("exponent", not_negative);
    s.reference_extractant_molar = t.number_or("reference_extractant_molar", 1.0, positive);
  }
  t.finish();
  return s;
}

/// A file beside the one that names it, or one of datasets/separation.
std::string aqueous_table(const std::string& file, const std::string& name) {
  const std::string near = beside(file, name);
  if (std::filesystem::exists(near)) return near;
  const std::string shipped = find_data_dir() + "/separation/" + name;
  return std::filesystem::exists(shipped) ? shipped : near;
}

void read_chemistry(const TomlTable& t, Chemistry& chemistry, std::vector<InputFile>* records) {
  chemistry.activity = static_cast<ActivityChoice>(place_in(
      activity_words, t.choice_or("activity", to_string(chemistry.activity), activity_words)));
  chemistry.complexes = t.boolean_or("complexes", chemistry.complexes);
  chemistry.medium = t.choice_or("medium", chemistry.medium, media);
  chemistry.log10_ka_hf = t.number_or("log10_ka_hf", chemistry.log10_ka_hf);
  for (const std::string& name : t.texts_or("tables", {})) {
    InputFile record;
    const TomlTable root =
        TomlTable::read(aqueous_table(t.file(), name), &record, "aqueous constants");
    if (records != nullptr) records->push_back(record);
    read_aqueous(root, chemistry);
    root.finish();
  }
  read_aqueous(t, chemistry);
  t.finish();
}

ConstantsTable read_constants(const std::string& path, std::vector<InputFile>* records) {
  InputFile record;
  const TomlTable t = TomlTable::read(path, &record, "constants");
  if (records != nullptr) records->push_back(record);
  ConstantsTable table;
  table.title = t.text_or("title", "");
  table.validity = t.text_or("validity", "");
  table.licence = t.text_or("licence", "");
  table.extractant = extractant_of(t.table("extractant"));
  ValidityWindow window;
  if (const auto own = t.optional_table("window")) window = window_of(*own, window);
  if (const auto own = t.optional_table("chemistry")) {
    read_chemistry(*own, table.chemistry, records);
  }
  table.chemistry.constants_activity = table.chemistry.activity;
  table.chemistry.constants_complexes = table.chemistry.complexes;
  if (const auto u = t.optional_table("uncertainty")) {
    auto& c = table.uncertainty;
    c.u_common = u->number_or("u_common", c.u_common, not_negative);
    c.u_pair = u->number_or("u_pair", c.u_pair, not_negative);
    c.fitted_species = u->texts_or("species", {});
    c.fitted = u->numbers_or("covariance", {});
    c.evidence = evidence_of(*u);
    c.source = u->text("source");
    u->finish();
  }
  for (const TomlTable& s : t.tables("species")) {
    table.species.push_back(species_of(s, table.extractant.basis, window));
  }
  t.finish();
  return table;
}

std::string constants_text(const ConstantsTable& table, const std::string& head) {
  std::string out;
  for (std::size_t at = 0; at < head.size();) {
    const std::size_t end = std::min(head.find('\n', at), head.size());
    out += "# " + head.substr(at, end - at) + "\n";
    at = end + 1;
  }
  const auto line = [&](const std::string& key, const std::string& value) {
    out += key + " = " + value + "\n";
  };
  line("title", quoted(table.title));
  line("validity", quoted(table.validity));
  line("licence", quoted(table.licence));
  out += "\n[extractant]\n";
  line("name", quoted(table.extractant.name));
  line("diluent", quoted(table.extractant.diluent));
  line("basis", quoted(to_string(table.extractant.basis)));
  if (table.extractant.dosage_percent_per_molar > 0.0) {
    line("dosage_percent_per_molar", digits(table.extractant.dosage_percent_per_molar));
  }
  line("gel_fraction", digits(table.extractant.gel_fraction));
  const Chemistry& c = table.chemistry;
  out += "\n[chemistry]  # what the constants were fitted with, and must be used with\n";
  line("activity", quoted(to_string(c.activity)));
  line("complexes", c.complexes ? "true" : "false");
  line("medium", quoted(c.medium));
  for (const IonInteraction& i : c.interactions) {
    out += "\n[[chemistry.interaction]]\n";
    line("cation", quoted(i.cation));
    if (i.has_sit) line("sit_kg_per_mol", digits(i.eps));
    if (i.has_pitzer) {
      line("pitzer", bracketed(digits(i.beta0) + ", " + digits(i.beta1) + ", " + digits(i.cphi)));
    }
    line("evidence", quoted(to_string(i.evidence)));
    line("source", quoted(i.source));
  }
  for (const AqueousComplex& x : c.aqueous_complexes) {
    if (x.n != 1.0) continue;
    std::string betas;
    for (double n = 1.0;; n += 1.0) {
      const auto found = std::find_if(
          c.aqueous_complexes.begin(), c.aqueous_complexes.end(), [&](const AqueousComplex& o) {
            return o.metal == x.metal && o.ligand == x.ligand && o.n == n;
          });
      if (found == c.aqueous_complexes.end()) break;
      betas += (betas.empty() ? "" : ", ") + digits(found->log10_beta);
    }
    out += "\n[[chemistry.complex]]\n";
    line("metal", quoted(x.metal));
    line("ligand", quoted(x.ligand));
    line("log10_beta", bracketed(betas));
    line("evidence", quoted(to_string(x.evidence)));
    line("source", quoted(x.source));
  }
  const auto& u = table.uncertainty;
  out += "\n[uncertainty]\n";
  line("u_common", digits(u.u_common));
  line("u_pair", digits(u.u_pair));
  if (!u.fitted_species.empty()) {
    std::string names, matrix;
    const std::size_t n = u.fitted_species.size();
    for (std::size_t i = 0; i < n; ++i) {
      names += (i ? ", " : "") + quoted(u.fitted_species[i]);
      for (std::size_t j = 0; j < n; ++j) {
        matrix += (i + j ? ", " : "") + digits(u.fitted[i * n + j]);
      }
    }
    line("species", bracketed(names));
    line("covariance", bracketed(matrix));
  }
  line("evidence", quoted(to_string(u.evidence)));
  line("source", quoted(u.source));
  for (const Species& s : table.species) {
    out += "\n[[species]]\n";
    line("name", quoted(s.name));
    if (s.molar_mass_g_per_mol > 0.0 && !atomic_number(s.name)) {
      line("molar_mass_g_per_mol", digits(s.molar_mass_g_per_mol));
    }
    if (s.is_acid) line("is_acid", "true");
    if (s.ligand_exponent > 0.0) line("anion_exponent", digits(s.ligand_exponent));
    line("protons", digits(s.protons));
    line("extractant_per_metal", digits(s.dimers));
    if (s.charge) line("charge", digits(*s.charge));
    line("log10_k", digits(s.log10_k));
    if (s.exponent) {
      line("exponent", digits(*s.exponent));
      line("reference_extractant_molar", digits(s.reference_extractant_molar));
    }
    if (s.u_log10_k) line("u_log10_k", digits(*s.u_log10_k));
    line("evidence", quoted(to_string(s.evidence)));
    line("source", quoted(s.source));
    const ValidityWindow& w = s.window;
    line("window", "{h_min_molar = " + digits(w.h_min_molar) +
                       ", h_max_molar = " + digits(w.h_max_molar) +
                       ", free_extractant_min_molar = " + digits(w.extractant_min_molar) +
                       ", free_extractant_max_molar = " + digits(w.extractant_max_molar) +
                       ", ionic_strength_max_molar = " + digits(w.ionic_strength_max_molar) +
                       ", loading_max_fraction = " + digits(w.loading_max_fraction) + "}");
  }
  return out;
}

}  // namespace gadolin::config
