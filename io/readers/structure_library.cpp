#include "io/readers/structure_library.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>

#include <fmt/format.h>

#include "io/readers/cif.hpp"
#include "io/readers/csv.hpp"
#include "io/readers/file_bytes.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

namespace {

std::string lowered(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// Rows of a table of the library as column name -> cell.
std::vector<std::map<std::string, std::string>> read_rows(const std::string& path,
                                                          const std::vector<std::string>& needed) {
  std::vector<CsvRow> rows;
  try {
    rows = parse_csv(read_file(path, "library").bytes, ',', path);
  } catch (const Error& failure) {
    throw Error("E-LIB-010", std::string("the structure library cannot be read: ") + failure.what(),
                path, "set GADOLIN_DATA to the datasets folder, or install gadolin again",
                ExitCode::resource);
  }
  std::vector<std::map<std::string, std::string>> table;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    std::map<std::string, std::string> entry;
    for (std::size_t k = 0; k < rows[0].cells.size() && k < rows[i].cells.size(); ++k) {
      entry[rows[0].cells[k]] = rows[i].cells[k];
    }
    for (const auto& name : needed) {
      if (entry[name].empty()) {
        throw Error("E-LIB-010", fmt::format("no \"{}\" in the structure index", name),
                    fmt::format("{}:{}", path, rows[i].line), "install gadolin again",
                    ExitCode::resource);
      }
    }
    table.push_back(std::move(entry));
  }
  return table;
}

double number(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

bool is_path(const std::string& name) {
  const std::string end = name.size() > 4 ? lowered(name.substr(name.size() - 4)) : "";
  return end == ".cif" || name.find('/') != std::string::npos;
}

}  // namespace

std::vector<StructureEntry> list_structures(const std::string& data_dir) {
  const std::string folder = data_dir + "/structures";
  std::vector<StructureEntry> entries;
  for (auto& row : read_rows(folder + "/INDEX.csv", {"name", "formula", "class", "Z"})) {
    StructureEntry entry;
    entry.name = row["name"];
    entry.formula = row["formula"];
    entry.material_class = row["class"];
    entry.group = row["group"];
    entry.space_group = row["space_group"];
    entry.formula_units = number(row["Z"]);
    entry.density_g_per_cm3 = number(row["density_calc_g_cm3"]);
    entry.oxide_wt_pct = number(row["ree_wt_pct_REO_ideal"]);
    entry.i_over_ic = number(row["I_over_Ic_calc_CuKa"]);
    entry.source = row["source"];
    entry.verified = row["verified"];
    entry.note = row["note"];
    entry.path = folder + "/" + entry.material_class + "/" + entry.name + ".cif";
    entries.push_back(std::move(entry));
  }
  for (auto& row : read_rows(folder + "/ALIASES.csv", {"alias", "name"})) {
    for (auto& entry : entries) {
      if (entry.name == row["name"]) entry.aliases.push_back(row["alias"]);
    }
  }
  return entries;
}

diffraction::CrystalStructure load_structure(const std::string& name, const std::string& data_dir,
                                             InputFile* record) {
  if (is_path(name)) return read_cif(name, record);
  const auto entries = list_structures(data_dir);
  const StructureEntry* found = nullptr;
  for (const auto& entry : entries) {
    if (entry.name == name) found = &entry;
  }
  if (!found) {
    for (const auto& entry : entries) {
      if (std::find(entry.aliases.begin(), entry.aliases.end(), name) != entry.aliases.end()) {
        found = &entry;
      }
    }
  }
  if (!found) {
    // Case alone may differ ("Corundum"), as long as only one phase is meant.
    int matches = 0;
    for (const auto& entry : entries) {
      bool same = lowered(entry.name) == lowered(name);
      for (const auto& alias : entry.aliases) same = same || lowered(alias) == lowered(name);
      if (same && ++matches == 1) found = &entry;
    }
    if (matches != 1) found = nullptr;
  }
  if (!found) {
    std::vector<std::string> words, same_formula, beginning;
    for (const auto& entry : entries) {
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
        "E-XRD-020", fmt::format("unknown phase \"{}\"", name.substr(0, 80)),
        data_dir + "/structures/INDEX.csv",
        (near.empty() ? std::string() : fmt::format("did you mean {}? ", fmt::join(near, ", "))) +
            "Names stand in the index; a CIF of your own is given by its path",
        ExitCode::usage);
  }
  diffraction::CrystalStructure structure = read_cif(found->path, record);
  structure.name = found->name;
  if (!found->source.empty()) structure.source = found->source;
  return structure;
}

}  // namespace gadolin::io
