#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/assay/types.hpp"
#include "models/core/provenance.hpp"

/// Element and oxide tables as laboratories hand them out (docs/formats/element_table.md).
namespace gadolin::io {

struct ElementTableOptions {
  double default_u_fraction = 0.05;  ///< relative standard uncertainty where none is given
  std::string laboratory;            ///< where the table names none
  /// Units for columns or analytes whose header states none: {"Nd", "ppm"}; "*" for all.
  std::map<std::string, std::string> units;
};

/// Samples of a CSV table, wide (a row per sample, a column per analyte) or long (a row per
/// determination). Contents become mass fractions of the ELEMENT; what was printed is kept. The
/// four states stay apart: a number, "<0.05" or "0.05U" or "-0.05", ">10000", and empty or "N/A".
///   fails  E-TAB-001 unknown column (nearest named), -002 no header or no sample, -003 a column or
///          determination twice, -004 an analyte that could be two things, -005 a cell that is no
///          statement, -006 a comma that could be two things, -007 impossible uncertainty or LOD,
///          -008 a row of another length, -009 more than the whole sample; E-UNIT-001 unknown unit,
///          -003 no unit, -004 a unit per volume or per mole; E-CSV-*
///   warns  W-CENS-002 below an unstated LOD, treated as not measured, -003 negative number read
///          as a limit, -004 zero treated as not measured; W-UNC-001 default uncertainty used,
///          -002 coverage not stated, taken as 1 sigma; W-UNIT-001 mixed units;
///          W-TAB-001 sum of the oxides far from 100 %
std::vector<assay::AssaySample> read_element_table(const std::string& path,
                                                   const ElementTableOptions& options = {},
                                                   InputFile* record = nullptr);
std::vector<assay::AssaySample> parse_element_table(std::string_view bytes, const std::string& file,
                                                    const ElementTableOptions& options = {});

}  // namespace gadolin::io
