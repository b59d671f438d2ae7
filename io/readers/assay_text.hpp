#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/assay/types.hpp"
#include "models/core/quantity.hpp"

/// Words of laboratory tables: units, analytes, cells.
namespace gadolin::io {

/// A unit of content as mass fraction per unit.
struct ContentUnit {
  std::string name;            ///< canonical: "wt%", "mg/kg", "ug/kg", "g/kg", "kg/kg"
  double mass_fraction = 0.0;  ///< of one unit
};

/// "wt%", "g/100g", "%", "mg/kg", "ppm", "ug/g", "g/t", "ppb", "kg/t", ...; nullopt if unknown.
std::optional<ContentUnit> find_content_unit(const std::string& text);
/// A unit, or throws E-UNIT-001 (nearest named) or E-UNIT-004 (per volume or per mole) with place.
ContentUnit require_content_unit(const std::string& text, const std::string& place);

/// What is determined: an element or one of its oxides.
struct Analyte {
  std::string element;                ///< "Ce"
  std::string reported_as;            ///< "CeO2" or "Ce"
  double element_per_reported = 1.0;  ///< mass of element per mass reported
  bool is_loi = false;
  bool is_ignored = false;  ///< a total or another derived column
};

/// "La", "139La", "La139", "CeO2", "Fe2O3T", "LOI", "TREO"; nullopt if it names none.
///   fails  E-TAB-004 where it could be two things ("CO": cobalt or carbon monoxide)
std::optional<Analyte> find_analyte(const std::string& text, const std::string& place);

/// What a cell says.
struct CellValue {
  ValueState state = ValueState::not_measured;
  double value = 0.0;        ///< measured; the limit if above_range; the LOD if below_lod
  bool lod_missing = false;  ///< "n.d." without a number
  bool from_negative = false;
  bool is_zero = false;
};

/// Reads a cell. `comma_is_decimal`: "0,05" is a number for certain (the table's separator is
/// another one).
///   fails  E-TAB-005 no statement, E-TAB-006 a comma that could be two things; with place
CellValue parse_cell(const std::string& text, bool comma_is_decimal, const std::string& place);
/// A plain number (uncertainties, LODs); nullopt if empty or "N/A". fails as parse_cell.
std::optional<double> parse_plain_number(const std::string& text, bool comma_is_decimal,
                                         const std::string& place);

/// dry, as received, ignited; nullopt if unknown.
std::optional<assay::MassBasis> find_basis(const std::string& text);

/// Lower case, micro signs as 'u', and no blanks, dots or underscores.
std::string bare_word(const std::string& text);

}  // namespace gadolin::io
