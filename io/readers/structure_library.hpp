#pragma once

#include <string>
#include <vector>

#include "models/core/provenance.hpp"
#include "models/diffraction/types.hpp"

/// Crystal structures by name, from datasets/structures.
namespace gadolin::io {

/// One row of datasets/structures/INDEX.csv.
struct StructureEntry {
  std::string name;            ///< "bastnasite-Ce"
  std::string formula;         ///< "CeCO3F"
  std::string material_class;  ///< ree_ore, ree_product, recycled, concealment, gangue, standard
  std::string group;           ///< "bastnasite", "clay", ...
  std::string space_group;
  double formula_units = 0.0;  ///< Z
  double density_g_per_cm3 = 0.0;
  double oxide_wt_pct = 0.0;     ///< ideal rare-earth oxide content
  double i_over_ic = 0.0;        ///< calculated, Cu K-alpha; +-15 %
  std::string source, verified;  ///< where it comes from; yes, checks-only, checks-only (model)
  std::string note;
  std::vector<std::string> aliases;  ///< "NiO" for bunsenite
  std::string path;                  ///< of the CIF
};

/// The shipped structures in the order of the index. `data_dir` is the datasets folder
/// (io/config/data_dir.hpp). throws E-LIB-010 if the index is absent or damaged.
std::vector<StructureEntry> list_structures(const std::string& data_dir);

/// A shipped structure by name or alias, or any CIF by its path (what ends in .cif or has a '/').
///   name     of the library for a shipped one, the file stem for a path
///   formula  of the CIF, always readable by parse_formula; Z times it is the cell content
///   fails    E-XRD-020 unknown phase, naming the nearest; E-CIF-* if the CIF is unusable
diffraction::CrystalStructure load_structure(const std::string& name, const std::string& data_dir,
                                             InputFile* record = nullptr);

}  // namespace gadolin::io
