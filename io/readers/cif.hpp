#pragma once

#include <string>
#include <string_view>

#include "models/core/provenance.hpp"
#include "models/diffraction/types.hpp"

/// Crystal structures from CIF (COD, AMCSD and hand-written subsets), parsed by gemmi.
namespace gadolin::io {

/// Reads the one structure of a CIF.
///   symmetry   the explicit list if there is one, else the space-group symbol or number
///   b_iso      B_iso_or_equiv, or 8 pi^2 U_iso_or_equiv, or the equivalent of the anisotropic
///              tensor; 0.5 angstrom^2 where the file says nothing
///   charge     from the type symbol ("Ce3+"), 0 without
///   fract      within 6e-5 of a sixth: that sixth (0.3333 means 1/3)
///   formula    _chemical_formula_structural or _sum; the cell content of the sites without both
///   fails      E-CIF-001 not CIF, -002 no usable cell, -003 no sites, -004 a site without
///              coordinates or with an impossible value, -005 unknown element, -006 unreadable
///              symmetry operator, -007 symmetry list is no group or contradicts the symbol,
///              -008 no symmetry or an ambiguous origin, -009 several structures in one file
/// source Hall, Allen & Brown (1991) Acta Cryst. A47, 655 (format); Fischer & Tillmanns (1988)
///        Acta Cryst. C44, 775 (U equivalent)
diffraction::CrystalStructure read_cif(const std::string& path, InputFile* record = nullptr);
/// The same from bytes; `file` is named in messages and gives the default name.
diffraction::CrystalStructure parse_cif(std::string_view bytes, const std::string& file);

/// What a CIF says about itself and a structure does not hold; 0 where it says nothing.
struct CifStatements {
  double formula_units = 0.0;      ///< _cell_formula_units_Z
  double density_g_per_cm3 = 0.0;  ///< _exptl_crystal_density_diffrn
};
/// fails as read_cif where the file is no CIF or has no structure
CifStatements read_cif_statements(const std::string& path);

/// One operator "x-y,-y,z+1/2" (fractions or decimals). throws E-CIF-006 with `place`.
diffraction::SymmetryOperation parse_symmetry_operator(const std::string& text,
                                                       const std::string& place);

}  // namespace gadolin::io
