#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/readers/assay_text.hpp"
#include "io/readers/csv.hpp"

/// What the header of an element table says about its columns.
namespace gadolin::io {

/// How an uncertainty column is meant.
struct UncertaintyKind {
  double coverage = 0.0;     ///< k; 0 = not stated
  bool relative = false;     ///< in percent of the value
  double unit_factor = 0.0;  ///< mass fraction per unit; 0 = the unit of the value
};

enum class ColumnRole { sample, value, uncertainty, lod, method, basis, laboratory, ignored };

/// A column of a wide table.
struct WideColumn {
  ColumnRole role = ColumnRole::ignored;
  std::string text;  ///< the header as printed
  Analyte analyte;   ///< of value, uncertainty and lod
  std::string unit;  ///< as printed; "" if none
  UncertaintyKind u_kind;
};

/// Columns of a long table; -1 = absent.
struct LongHeader {
  int sample = -1, analyte = -1, value = -1, unit = -1, u = -1, coverage = -1, lod = -1,
      method = -1, basis = -1, laboratory = -1;
  UncertaintyKind u_kind;
  std::string value_unit;  ///< "value (ppm)"
  std::size_t columns = 0;
};

/// Statements in '#' lines: "# basis: dry", "# laboratory: X", "# method: ICP-MS", "# unit: ppm",
/// "# uncertainties: k=2".
struct TableStatements {
  std::optional<assay::MassBasis> basis;
  std::string laboratory, method, unit;
  double coverage = 0.0;
};
TableStatements read_statements(std::string_view bytes);

/// The header of a long table, or nullopt if it is a wide one (no analyte or no value column).
/// throws E-TAB-001 (unknown column), -003 (a column twice)
std::optional<LongHeader> read_long_header(const CsvRow& row, const std::string& file);

/// The header of a wide table. throws E-TAB-001, E-UNIT-001, E-UNIT-004
std::vector<WideColumn> read_wide_header(const CsvRow& row, const std::string& file);
/// A second header row with units: fills them in and returns true, if that is what `row` is.
bool take_units_row(std::vector<WideColumn>& columns, const CsvRow& row, const std::string& file);

}  // namespace gadolin::io
