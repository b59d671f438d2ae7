#include "io/readers/structure_library.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "io/readers/cif.hpp"
#include "io/readers/csv.hpp"
#include "io/readers/file_bytes.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

namespace {

namespace fs = std::filesystem;

std::string lowered(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// A table of the library by column name.
class Table {
 public:
  Table(const std::string& path, const std::vector<std::string>& needed) : path_(path) {
    try {
      rows_ = parse_csv(read_file(path, "library").bytes, ',', path);
    } catch (const Error& failure) {
      damaged(std::string("the structure library cannot be read: ") + failure.what(), path);
    }
    if (rows_.empty()) damaged("an empty table of the structure library", path);
    for (std::size_t k = 0; k < rows_[0].cells.size(); ++k) column_.emplace(rows_[0].cells[k], k);
    for (std::size_t i = 1; i < rows_.size(); ++i) {
      for (const auto& name : needed) {
        if (text(i, name).empty()) {
          damaged(fmt::format("no \"{}\" in the structure index", name), place(i));
        }
      }
    }
  }

  /// Rows are 1 .. end - 1; row 0 is the header.
  std::size_t end() const { return rows_.size(); }
  std::string place(std::size_t row) const { return fmt::format("{}:{}", path_, rows_[row].line); }
  std::string text(std::size_t row, const std::string& column) const {
    const auto found = column_.find(column);
    if (found == column_.end() || found->second >= rows_[row].cells.size()) return "";
    return rows_[row].cells[found->second];
  }
  /// 0 where nothing stands.
  double number(std::size_t row, const std::string& column) const {
    return std::strtod(text(row, column).c_str(), nullptr);
  }

 private:
  [[noreturn]] static void damaged(const std::string& what, const std::string& place) {
    throw Error("E-LIB-010", what, place,
                "set GADOLIN_DATA to the datasets folder, or install gadolin again",
                ExitCode::resource);
  }
  std::string path_;
  std::vector<CsvRow> rows_;
  std::map<std::string, std::size_t> column_;
};

bool is_path(const std::string& name) {
  const std::string end = name.size() > 4 ? lowered(name.substr(name.size() - 4)) : "";
  return end == ".cif" || name.find('/') != std::string::npos;
}

/// Element symbols of a formula as the index writes it, in order, each once: no parser, so that
/// "(Ce0.15La0.14)PO4*2H2O" has its elements too.
std::vector<std::string> elements_of(const std::string& formula) {
  std::vector<std::string> elements;
  for (std::size_t i = 0; i < formula.size(); ++i) {
    if (!std::isupper(static_cast<unsigned char>(formula[i]))) continue;
    std::string symbol(1, formula[i]);
    if (i + 1 < formula.size() && std::islower(static_cast<unsigned char>(formula[i + 1]))) {
      symbol += formula[i + 1];
    }
    if (symbol == "D") symbol = "H";
    if (std::find(elements.begin(), elements.end(), symbol) == elements.end()) {
      elements.push_back(symbol);
    }
  }
  return elements;
}

/// Ideal rare-earth oxide content [wt%] of a formula parse_formula can read.
double oxide_content_pct(const std::string& formula) {
  const auto terms = parse_formula(formula);
  const double total = formula_weight_g_per_mol(terms);
  double oxides = 0.0;
  for (const auto& term : terms) {
    if (!is_rare_earth(term.element)) continue;
    oxides += term.count * atomic_weight_g_per_mol(term.element) *
              element_to_oxide_factor(term.element, default_oxide(term.element));
  }
  return total > 0.0 ? 100.0 * oxides / total : 0.0;
}

std::vector<std::string> cif_files(const std::string& folder) {
  std::error_code failure;
  if (!fs::is_directory(folder, failure)) {
    throw Error("E-LIB-011", "no such folder of structures", folder,
                "name a folder that holds CIF files", ExitCode::usage);
  }
  std::vector<std::string> files;
  constexpr auto skip = fs::directory_options::skip_permission_denied;
  for (auto it = fs::recursive_directory_iterator(folder, skip, failure);
       !failure && it != fs::recursive_directory_iterator(); it.increment(failure)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored) && lowered(it->path().extension().string()) == ".cif") {
      files.push_back(it->path().string());
    }
  }
  if (files.empty()) {
    throw Error("E-LIB-011", "no CIF in the folder", folder, "name a folder that holds CIF files",
                ExitCode::usage);
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

StructureLibrary::StructureLibrary(const std::string& data_dir,
                                   const std::vector<std::string>& folders)
    : folder_(data_dir + "/structures") {
  add_index();
  for (const auto& folder : folders) add_folder(folder);
}

void StructureLibrary::claim(const std::string& word, std::size_t entry, const std::string& place) {
  const auto [at, fresh] = by_word_.emplace(word, entry);
  if (!fresh && at->second != entry) refuse_two(word, at->second, entry, place);
}

void StructureLibrary::refuse_two(const std::string& word, std::size_t one, std::size_t other,
                                  const std::string& place) const {
  throw Error("E-LIB-012",
              fmt::format("\"{}\" names two phases: {} ({}) and {} ({})", word, entries_[one].name,
                          entries_[one].path, entries_[other].name, entries_[other].path),
              place, "rename one of the files, or remove the alias", ExitCode::usage);
}

void StructureLibrary::add_index() {
  const Table index(folder_ + "/INDEX.csv", {"name", "formula", "class", "Z"});
  for (std::size_t i = 1; i < index.end(); ++i) {
    StructureEntry entry;
    entry.name = index.text(i, "name");
    entry.formula = index.text(i, "formula");
    entry.material_class = index.text(i, "class");
    entry.group = index.text(i, "group");
    entry.space_group = index.text(i, "space_group");
    entry.formula_units = index.number(i, "Z");
    entry.density_g_per_cm3 = index.number(i, "density_calc_g_cm3");
    entry.oxide_wt_pct = index.number(i, "ree_wt_pct_REO_ideal");
    entry.i_over_ic = index.number(i, "I_over_Ic_calc_CuKa");
    entry.source = index.text(i, "source");
    entry.citation = index.text(i, "citation");
    entry.verified = index.text(i, "verified");
    entry.note = index.text(i, "note");
    entry.elements = elements_of(entry.formula);
    entry.path = folder_ + "/" + entry.material_class + "/" + entry.name + ".cif";
    entries_.push_back(std::move(entry));
    claim(entries_.back().name, entries_.size() - 1, index.place(i));
  }
  add_aliases(folder_ + "/ALIASES.csv", false);
}

void StructureLibrary::add_aliases(const std::string& path, bool of_user) {
  const Table aliases(path, {"alias", "name"});
  for (std::size_t i = 1; i < aliases.end(); ++i) {
    const auto target = by_word_.find(aliases.text(i, "name"));
    if (target == by_word_.end()) {
      if (!of_user) continue;
      throw Error("E-LIB-013", fmt::format("no phase \"{}\"", aliases.text(i, "name")),
                  aliases.place(i), "name a CIF of this folder or a phase of the library",
                  ExitCode::usage);
    }
    const std::size_t entry = target->second;
    entries_[entry].aliases.push_back(aliases.text(i, "alias"));
    claim(aliases.text(i, "alias"), entry, aliases.place(i));
  }
}

void StructureLibrary::add_folder(const std::string& folder) {
  for (const auto& path : cif_files(folder)) {
    StructureEntry entry;
    entry.name = fs::path(path).stem().string();
    entry.material_class = "user";
    entry.verified = "user";
    entry.path = path;
    try {
      const auto structure = read_cif(path);
      entry.formula = structure.formula;
      entry.space_group = structure.space_group;
      entry.source = structure.source;
      entry.elements = elements_of(structure.formula);
      entry.oxide_wt_pct = oxide_content_pct(structure.formula);
    } catch (const Error& error) {
      entry.problem = error.code() + ": " + error.text();
    }
    entries_.push_back(std::move(entry));
    const std::string& name = entries_.back().name;
    for (const auto& [word, other] : by_word_) {  // case alone is no difference here
      if (lowered(word) == lowered(name)) {
        refuse_two(word, other, entries_.size() - 1, folder);
      }
    }
    claim(name, entries_.size() - 1, folder);
  }
  const std::string aliases = folder + "/ALIASES.csv";
  std::error_code ignored;
  if (fs::exists(aliases, ignored)) add_aliases(aliases, true);
}

const StructureEntry* StructureLibrary::find(const std::string& name) const {
  const auto found = by_word_.find(name);
  if (found != by_word_.end()) return &entries_[found->second];
  // Case alone may differ ("Corundum"), as long as only one phase is meant.
  const StructureEntry* only = nullptr;
  for (const auto& [word, entry] : by_word_) {
    if (lowered(word) != lowered(name)) continue;
    if (only && only != &entries_[entry]) return nullptr;
    only = &entries_[entry];
  }
  return only;
}

const StructureEntry& StructureLibrary::at(const std::string& name) const {
  if (const auto* found = find(name)) return *found;
  std::vector<std::string> words, same_formula, beginning;
  for (const auto& entry : entries_) {
    words.push_back(entry.name);
    words.insert(words.end(), entry.aliases.begin(), entry.aliases.end());
    if (lowered(entry.formula) == lowered(name)) same_formula.push_back(entry.name);
    if (name.size() >= 3 && lowered(entry.name).rfind(lowered(name), 0) == 0) {
      beginning.push_back(entry.name);
    }
  }
  std::vector<std::string> near = same_formula.empty() ? beginning : same_formula;
  for (int i = 0; i < 3 && near.size() < 3 && same_formula.empty(); ++i) {
    const std::string word = nearest_word(name, words);
    if (word.empty()) break;
    words.erase(std::remove(words.begin(), words.end(), word), words.end());
    if (std::find(near.begin(), near.end(), word) == near.end()) near.push_back(word);
  }
  if (near.size() > 8) near.resize(8);
  throw Error(
      "E-XRD-020", fmt::format("unknown phase \"{}\"", name.substr(0, 80)), folder_ + "/INDEX.csv",
      (near.empty() ? std::string() : fmt::format("did you mean {}? ", fmt::join(near, ", "))) +
          "gadolin library list names all; a CIF of your own is given by its path or --library",
      ExitCode::usage);
}

diffraction::CrystalStructure StructureLibrary::load(const StructureEntry& entry,
                                                     InputFile* record) const {
  diffraction::CrystalStructure structure = read_cif(entry.path, record);
  structure.name = entry.name;
  if (!entry.source.empty()) structure.source = entry.source;
  return structure;
}

diffraction::CrystalStructure StructureLibrary::load(const std::string& name,
                                                     InputFile* record) const {
  return is_path(name) ? read_cif(name, record) : load(at(name), record);
}

std::vector<StructureLine> StructureLibrary::lines(const std::string& name) const {
  const StructureEntry& entry = at(name);
  const Table table(folder_ + "/LINES.csv", {"name", "d_A"});
  std::vector<StructureLine> lines;
  if (entry.material_class == "user") return lines;
  for (std::size_t i = 1; i < table.end(); ++i) {
    if (table.text(i, "name") != entry.name) continue;
    lines.push_back({table.number(i, "d_A"), table.number(i, "two_theta_CuKa1"),
                     table.number(i, "I_rel"), table.text(i, "hkl")});
  }
  return lines;
}

std::vector<StructureOverlap> StructureLibrary::overlaps(const std::string& name) const {
  const StructureEntry& entry = at(name);
  const Table table(folder_ + "/OVERLAP.csv", {"phase_a", "phase_b"});
  std::vector<StructureOverlap> overlaps;
  for (std::size_t i = 1; i < table.end(); ++i) {
    const bool first = table.text(i, "phase_a") == entry.name;
    if (!first && table.text(i, "phase_b") != entry.name) continue;
    overlaps.push_back({table.text(i, first ? "phase_b" : "phase_a"),
                        table.number(i, "cosine_as_listed_CuKa1_8_70deg_FWHM0.15"),
                        table.number(i, "cosine_max_over_1.5pct_isotropic_strain")});
  }
  std::stable_sort(overlaps.begin(), overlaps.end(), [](const auto& a, const auto& b) {
    return std::max(a.cosine, a.cosine_strained) > std::max(b.cosine, b.cosine_strained);
  });
  return overlaps;
}

std::vector<CellOnly> StructureLibrary::cells_only() const {
  const Table table(folder_ + "/CELLS_ONLY.csv", {"phase", "a", "b", "c"});
  std::vector<CellOnly> phases;
  for (std::size_t i = 1; i < table.end(); ++i) {
    CellOnly phase;
    phase.name = table.text(i, "phase");
    phase.formula = table.text(i, "formula");
    phase.material_class = table.text(i, "class");
    phase.space_group = table.text(i, "space_group");
    const double a = table.number(i, "a"), b = table.number(i, "b");
    const double beta = table.text(i, "beta").empty() ? 90.0 : table.number(i, "beta");
    // The table has no gamma: 120 for the hexagonal axes of trigonal and hexagonal groups.
    const auto& group = phase.space_group;
    const bool hexagonal = group.find("P 6") == 0 || group.find("P -6") == 0 ||
                           group.find("P 3") == 0 || group.find("P -3") == 0 ||
                           group.find("R ") == 0;
    phase.cell = {a, b, table.number(i, "c"), 90.0, beta, hexagonal ? 120.0 : 90.0};
    phase.formula_units = table.number(i, "Z");
    phase.source = table.text(i, "source");
    phase.status = table.text(i, "status");
    phases.push_back(std::move(phase));
  }
  return phases;
}

std::map<std::string, std::vector<std::string>> StructureLibrary::elements_of_others() const {
  const Table table(folder_ + "/FORMULAS.csv", {"mineral", "formula"});
  std::map<std::string, std::vector<std::string>> minerals;
  for (std::size_t i = 1; i < table.end(); ++i) {
    auto& elements = minerals[table.text(i, "mineral")];
    for (const auto& term : parse_formula(table.text(i, "formula"))) {
      elements.push_back(term.element);
    }
  }
  return minerals;
}

bool made_of(const StructureEntry& entry, const std::vector<std::string>& elements) {
  if (elements.empty()) return true;
  return std::all_of(entry.elements.begin(), entry.elements.end(), [&](const std::string& one) {
    return one == "H" || one == "C" || one == "O" ||
           std::find(elements.begin(), elements.end(), one) != elements.end();
  });
}

std::vector<StructureEntry> list_structures(const std::string& data_dir) {
  return StructureLibrary(data_dir).entries();
}

diffraction::CrystalStructure load_structure(const std::string& name, const std::string& data_dir,
                                             InputFile* record) {
  if (is_path(name)) return read_cif(name, record);
  return StructureLibrary(data_dir).load(name, record);
}

}  // namespace gadolin::io
