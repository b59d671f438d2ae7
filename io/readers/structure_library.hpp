#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "models/core/provenance.hpp"
#include "models/diffraction/types.hpp"

/// Crystal structures by name: datasets/structures and folders of CIFs the user names
/// (docs/formats/structures.md).
namespace gadolin::io {

/// One phase of the library: a row of INDEX.csv, or a CIF of a user's folder.
struct StructureEntry {
  std::string name;            ///< "bastnasite-Ce"; the file stem for a user's CIF
  std::string formula;         ///< "CeCO3F"
  std::string material_class;  ///< ree_ore, ree_product, recycled, concealment, gangue, standard;
                               ///< "user" for a user's CIF
  std::string group;           ///< isotype group: "bastnasite", "clay", ...; may be empty
  std::string space_group;
  double formula_units = 0.0;  ///< Z
  double density_g_per_cm3 = 0.0;
  double oxide_wt_pct = 0.0;     ///< ideal rare-earth oxide content
  double i_over_ic = 0.0;        ///< calculated, Cu K-alpha; +-15 %; 0: not known
  std::string source, verified;  ///< where it comes from; yes, checks-only, checks-only (model)
  std::string note, citation;
  std::vector<std::string> aliases;   ///< "NiO" for bunsenite
  std::vector<std::string> elements;  ///< of the formula, hydrogen included, by symbol
  std::string path;                   ///< of the CIF
  std::string problem;  ///< why a user's CIF cannot be used, with its code; empty if it can
};

/// One calculated line of LINES.csv: Cu K-alpha1, lines closer than 0.12 % in d merged.
struct StructureLine {
  double d_angstrom = 0.0, two_theta_deg = 0.0;
  double relative_intensity = 0.0;  ///< strongest = 100
  std::string hkl;
};

/// How alike the patterns of two phases are: cosine, 1 = the same (OVERLAP.csv).
struct StructureOverlap {
  std::string other;
  double cosine = 0.0;         ///< with the cells as listed
  double cosine_strained = 0;  ///< best over +-1.5 % isotropic strain
};

/// A phase whose cell is known and whose coordinates are not trusted (CELLS_ONLY.csv): for line
/// matching alone.
struct CellOnly {
  std::string name, formula, material_class, space_group;
  std::array<double, 6> cell{};  ///< a, b, c [angstrom], alpha, beta, gamma [deg]
  double formula_units = 0.0;    ///< 0: not stated
  std::string source, status;
};

/// The shipped structures and those of the user's folders. Opening reads the index and, of a user's
/// folder, its CIFs; a shipped CIF is read when it is asked for.
class StructureLibrary {
 public:
  /// `data_dir` is the datasets folder (io/config/data_dir.hpp). Each folder may hold CIFs at any
  /// depth and an ALIASES.csv (alias,name); a CIF that cannot be read keeps its place with the
  /// reason in `problem`.
  ///   fails  E-LIB-010 the index is absent or damaged, E-LIB-011 no such folder or one without
  ///          CIFs, E-LIB-012 a name or alias that two phases claim (both files are named)
  explicit StructureLibrary(const std::string& data_dir,
                            const std::vector<std::string>& folders = {});

  /// In the order of the index, then the user's by name.
  const std::vector<StructureEntry>& entries() const { return entries_; }
  /// The phase of a name or alias; case may differ where one phase alone is meant. nullptr if none.
  const StructureEntry* find(const std::string& name) const;
  /// The same, but never nullptr. throws E-XRD-020 naming the nearest
  const StructureEntry& at(const std::string& name) const;

  /// A phase by name or alias, or any CIF by its path (what ends in .cif or has a '/').
  ///   name     of the library, the file stem for a path
  ///   formula  of the CIF, always readable by parse_formula; Z times it is the cell content
  ///   fails    E-XRD-020 unknown phase, naming the nearest; E-CIF-* if the CIF is unusable
  diffraction::CrystalStructure load(const std::string& name, InputFile* record = nullptr) const;
  diffraction::CrystalStructure load(const StructureEntry& entry,
                                     InputFile* record = nullptr) const;

  /// Strongest calculated lines, strongest first; empty for a user's phase. Reads LINES.csv.
  std::vector<StructureLine> lines(const std::string& name) const;
  /// Phases whose patterns are alike, most alike first. Reads OVERLAP.csv.
  std::vector<StructureOverlap> overlaps(const std::string& name) const;
  std::vector<CellOnly> cells_only() const;
  /// Elements of minerals that have no structure here, by lower-case name. Reads FORMULAS.csv.
  std::map<std::string, std::vector<std::string>> elements_of_others() const;

 private:
  void add_index();
  void add_folder(const std::string& folder);
  void add_aliases(const std::string& path, bool of_user);
  void claim(const std::string& word, std::size_t entry, const std::string& place);
  [[noreturn]] void refuse_two(const std::string& word, std::size_t one, std::size_t other,
                               const std::string& place) const;

  std::string folder_;  ///< of the shipped structures
  std::vector<StructureEntry> entries_;
  std::map<std::string, std::size_t> by_word_;  ///< names and aliases
};

/// What `gadolin --elements` means: phases made of these elements alone. H, C and O are always
/// allowed, since common assays do not see them. An empty list allows all.
bool made_of(const StructureEntry& entry, const std::vector<std::string>& elements);

/// All entries of the shipped library; one phase of it. For several phases open a StructureLibrary.
std::vector<StructureEntry> list_structures(const std::string& data_dir);
diffraction::CrystalStructure load_structure(const std::string& name, const std::string& data_dir,
                                             InputFile* record = nullptr);

}  // namespace gadolin::io
