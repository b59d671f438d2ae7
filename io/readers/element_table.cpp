#include "io/readers/element_table.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "io/readers/assay_text.hpp"
#include "io/readers/csv.hpp"
#include "io/readers/element_table_header.hpp"
#include "io/readers/file_bytes.hpp"
#include "models/core/element.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

using assay::AssaySample;
using assay::ElementValue;

namespace {

/// One determination before it is checked.
struct Determination {
  Analyte analyte;
  ContentUnit unit;
  std::string text, u_text, lod_text, method;
  UncertaintyKind u_kind;
  std::string place;
};

/// A sample while it is read, with what its warnings will name.
struct Draft {
  AssaySample sample;
  std::map<std::string, std::size_t> value_of_element;
  std::vector<std::string> lod_missing, negative, zero, defaulted, coverage_assumed;
  std::set<std::string> rare_earth_units;
  int line = 0;
};

struct TableReader {
  const std::string& file;
  const ElementTableOptions& options;
  TableStatements statements;
  bool comma_is_decimal = false;

  std::string place(const CsvRow& row, const std::string& column) const {
    return fmt::format("{}:{} (column {})", file, row.line, column);
  }

  void add(Draft& draft, const Determination& d) const {
    const CellValue cell = parse_cell(d.text, comma_is_decimal, d.place);
    const double factor = d.unit.mass_fraction * d.analyte.element_per_reported;
    Quantity q;
    q.state = cell.state;
    const std::string name = d.analyte.is_loi ? "LOI" : d.analyte.reported_as;
    if (const auto lod = parse_plain_number(d.lod_text, comma_is_decimal, d.place)) {
      if (!(*lod > 0.0)) {
        throw Error("E-TAB-007", fmt::format("the LOD of {} is {}", name, *lod), d.place,
                    "give an LOD above 0 or leave the cell empty");
      }
      q.lod = *lod * factor;
    }
    if (cell.is_zero || cell.lod_missing) {
      if (q.lod > 0.0) {
        q.state = ValueState::below_lod;
      } else {
        q.state = ValueState::not_measured;
        (cell.is_zero ? draft.zero : draft.lod_missing).push_back(name);
      }
    } else if (cell.state == ValueState::below_lod) {
      q.lod = cell.value * factor;
      if (cell.from_negative) draft.negative.push_back(name);
    } else if (cell.state == ValueState::measured || cell.state == ValueState::above_range) {
      q.value = cell.value * factor;
    }
    const bool has_value = q.state == ValueState::measured || q.state == ValueState::above_range;
    const double largest = std::max(has_value ? q.value : 0.0, q.lod);
    if (largest > 1.0 + 1e-9) {
      throw Error(
          "E-TAB-009",
          fmt::format("{} {} of {} is more than the whole sample", d.text, d.unit.name, name),
          d.place, "check the unit");
    }
    bool defaulted = false;
    if (q.state == ValueState::measured) defaulted = add_uncertainty(draft, d, name, factor, q);

    if (d.analyte.is_loi) {
      draft.sample.loss_on_ignition = q;
      return;
    }
    ElementValue value;
    value.element = d.analyte.element;
    value.mass_fraction = q;
    value.reported_as = d.analyte.reported_as;
    value.reported_unit = d.unit.name;
    value.reported_text = d.text;
    value.method = d.method.empty() ? statements.method : d.method;
    value.u_defaulted = defaulted;
    const auto [found, fresh] =
        draft.value_of_element.emplace(value.element, draft.sample.values.size());
    if (fresh) {
      draft.sample.values.push_back(std::move(value));
    } else {
      auto& earlier = draft.sample.values[found->second];
      if (earlier.mass_fraction.state == ValueState::not_measured) {
        earlier = std::move(value);
      } else if (q.state != ValueState::not_measured) {
        throw Error("E-TAB-003",
                    fmt::format("{} of sample \"{}\" is given twice (as {} and {})", value.element,
                                draft.sample.id, earlier.reported_as, name),
                    d.place, "keep one determination per element, or split methods into two files");
      }
    }
    if (is_rare_earth(d.analyte.element) && q.state != ValueState::not_measured) {
      draft.rare_earth_units.insert(d.unit.name);
    }
  }

  /// True if the default was used.
  bool add_uncertainty(Draft& draft, const Determination& d, const std::string& name, double factor,
                       Quantity& q) const {
    const auto u = parse_plain_number(d.u_text, comma_is_decimal, d.place);
    if (u && (*u < 0.0 || !std::isfinite(*u))) {
      throw Error("E-TAB-007", fmt::format("the uncertainty of {} is {}", name, *u), d.place,
                  "give an uncertainty above 0 or leave the cell empty");
    }
    if (u && *u > 0.0) {
      double coverage = d.u_kind.coverage;
      if (coverage == 0.0) {
        coverage = statements.coverage;
        if (coverage == 0.0) {
          coverage = 1.0;
          draft.coverage_assumed.push_back(name);
        }
      }
      q.u_value = d.u_kind.relative
                      ? *u / 100.0 * q.value / coverage
                      : *u *
                            (d.u_kind.unit_factor > 0.0
                                 ? d.u_kind.unit_factor * d.analyte.element_per_reported
                                 : factor) /
                            coverage;
      q.u_known = true;
      return false;
    }
    q.u_value = options.default_u_fraction * q.value;
    q.u_known = true;
    draft.defaulted.push_back(name);
    return true;
  }

  AssaySample finish(Draft& draft) const {
    AssaySample& sample = draft.sample;
    const auto warn = [&](const char* code, const std::vector<std::string>& names,
                          const std::string& text) {
      if (names.empty()) return;
      sample.warnings.push_back({code, fmt::format("sample {}: {} ({}, {} line {})", sample.id,
                                                   text, fmt::join(names, " "), file, draft.line)});
    };
    warn("W-CENS-002", draft.lod_missing,
         fmt::format("{} values below an unstated LOD, treated as not measured",
                     draft.lod_missing.size()));
    warn("W-CENS-003", draft.negative, "negative numbers read as \"below this limit\"");
    warn("W-CENS-004", draft.zero, "zeros without a stated LOD, treated as not measured");
    warn("W-UNC-001", draft.defaulted,
         fmt::format("no uncertainty given: {} % relative assumed and flagged",
                     100.0 * options.default_u_fraction));
    warn("W-UNC-002", draft.coverage_assumed,
         "coverage of the uncertainties not stated, taken as 1 sigma");
    if (draft.rare_earth_units.size() > 1) {
      warn("W-UNIT-001", {draft.rare_earth_units.begin(), draft.rare_earth_units.end()},
           "rare earths in mixed units");
    }
    double total =
        sample.loss_on_ignition.state == ValueState::measured ? sample.loss_on_ignition.value : 0.0;
    int oxides = 0;
    bool any_oxide = false;
    double as_elements = total;
    for (const auto& value : sample.values) {
      any_oxide = any_oxide || value.reported_as != value.element;
      if (value.mass_fraction.state != ValueState::measured) continue;
      as_elements += value.mass_fraction.value;
      const std::string oxide =
          value.reported_as != value.element ? value.reported_as : default_oxide(value.element);
      const double factor = oxide.empty() || value.element == "O"
                                ? 1.0
                                : element_to_oxide_factor(value.element, oxide);
      total += value.mass_fraction.value * factor;
      if (value.reported_as != value.element && value.reported_unit == "wt%") ++oxides;
    }
    const bool metal = !any_oxide && as_elements > 0.85 && as_elements <= 1.05;
    if (!metal && (total > 1.05 || (oxides >= 5 && total < 0.85))) {
      warn("W-TAB-001", {fmt::format("{:.1f} %", 100.0 * total)},
           "the oxides and LOI sum far from 100 %");
    }
    if (sample.laboratory.empty()) {
      sample.laboratory =
          statements.laboratory.empty() ? options.laboratory : statements.laboratory;
    }
    if (sample.basis == assay::MassBasis::not_stated && statements.basis) {
      sample.basis = *statements.basis;
    }
    return sample;
  }

  static const std::string& cell(const CsvRow& row, int column) {
    static const std::string none;
    return column >= 0 && static_cast<std::size_t>(column) < row.cells.size()
               ? row.cells[static_cast<std::size_t>(column)]
               : none;
  }

  void check_length(const CsvRow& row, std::size_t columns) const {
    std::size_t used = row.cells.size();
    while (used > columns && row.cells[used - 1].empty()) --used;
    if (used > columns || row.cells.size() < columns) {
      throw Error("E-TAB-008",
                  fmt::format("{} cells where the header has {}", row.cells.size(), columns),
                  fmt::format("{}:{}", file, row.line),
                  "complete the row; cells that hold the separator need quotes");
    }
  }

  void set_basis(AssaySample& sample, const std::string& text, const std::string& where) const {
    if (text.empty()) return;
    const auto basis = find_basis(text);
    if (!basis) {
      throw Error("E-UNIT-002", fmt::format("unknown basis \"{}\"", text.substr(0, 30)), where,
                  "write dry, as received or ignited");
    }
    if (sample.basis != assay::MassBasis::not_stated && sample.basis != *basis) {
      throw Error("E-UNIT-002", fmt::format("two bases for sample \"{}\"", sample.id), where,
                  "give one basis per sample");
    }
    sample.basis = *basis;
  }

  ContentUnit unit_of(const std::string& text, const std::string& column,
                      const std::string& element, const std::string& where,
                      const std::string& others) const {
    if (!text.empty()) return require_content_unit(text, where);
    for (const std::string& key : {column, element, std::string("*")}) {
      const auto given = options.units.find(key);
      if (given != options.units.end()) return require_content_unit(given->second, where);
    }
    if (!statements.unit.empty()) return require_content_unit(statements.unit, where);
    throw Error("E-UNIT-003",
                fmt::format("\"{}\" has no unit{}", column,
                            others.empty() ? "" : "; other columns are " + others),
                where,
                fmt::format("write the unit into the header, such as \"{} ({})\"", column,
                            others.empty() ? "mg/kg" : others));
  }

  std::vector<AssaySample> read_long(const LongHeader& header,
                                     const std::vector<CsvRow>& rows) const {
    std::vector<Draft> drafts;
    std::map<std::string, std::size_t> index;
    for (const auto& row : rows) {
      check_length(row, header.columns);
      Determination d;
      d.place = place(row, "value");
      std::string id = cell(row, header.sample);
      if (id.empty()) {
        if (header.sample >= 0) {
          throw Error("E-TAB-002", "no sample name", place(row, "sample"),
                      "name the sample in every row");
        }
        id = std::filesystem::path(file).stem().string();
      }
      const std::string& name = cell(row, header.analyte);
      const auto analyte = find_analyte(name, place(row, "analyte"));
      if (!analyte) {
        throw Error("E-TAB-001", fmt::format("\"{}\" is no element or oxide", name.substr(0, 40)),
                    place(row, "analyte"), "write a symbol such as La or an oxide such as La2O3");
      }
      const auto [found, fresh] = index.emplace(id, drafts.size());
      if (fresh) {
        drafts.emplace_back();
        drafts.back().sample.id = id;
        drafts.back().sample.file = file;
        drafts.back().line = row.line;
      }
      Draft& draft = drafts[found->second];
      set_basis(draft.sample, cell(row, header.basis), place(row, "basis"));
      if (draft.sample.laboratory.empty()) draft.sample.laboratory = cell(row, header.laboratory);
      if (analyte->is_ignored) continue;
      d.analyte = *analyte;
      d.text = cell(row, header.value);
      d.method = cell(row, header.method);
      d.lod_text = cell(row, header.lod);
      d.u_text = cell(row, header.u);
      d.u_kind = header.u_kind;
      if (header.coverage >= 0) {
        const auto k = parse_plain_number(cell(row, header.coverage), comma_is_decimal, d.place);
        if (k && !(*k > 0.0 && *k < 10.0)) {
          throw Error("E-TAB-007", fmt::format("the coverage factor is {}", *k), place(row, "k"),
                      "give k between 0 and 10");
        }
        if (k) d.u_kind.coverage = *k;
      }
      const std::string& unit = cell(row, header.unit);
      const bool empty = d.text.empty();
      if (unit.empty() && header.value_unit.empty() && empty) {
        d.unit = {"mg/kg", 1e-6};  // nothing to convert
      } else {
        d.unit = unit_of(unit.empty() ? header.value_unit : unit, name, analyte->element,
                         place(row, "unit"), "");
      }
      add(draft, d);
    }
    return collect(drafts);
  }

  std::vector<AssaySample> read_wide(const std::vector<WideColumn>& header,
                                     const std::vector<CsvRow>& rows,
                                     const CsvRow& header_row) const {
    int sample_column = -1;
    std::string others;
    std::map<std::string, std::size_t> u_of, lod_of;
    for (std::size_t i = 0; i < header.size(); ++i) {
      if (header[i].role == ColumnRole::sample) sample_column = static_cast<int>(i);
      if (header[i].role == ColumnRole::value && others.empty()) others = header[i].unit;
      auto* map = header[i].role == ColumnRole::uncertainty ? &u_of
                  : header[i].role == ColumnRole::lod       ? &lod_of
                                                            : nullptr;
      if (!map) continue;
      const bool fresh = map->emplace(header[i].analyte.reported_as, i).second;
      if (!fresh) {
        throw Error("E-TAB-003", fmt::format("column \"{}\" repeats another", header[i].text),
                    place(header_row, header[i].text), "keep one");
      }
    }
    if (sample_column < 0 && rows.size() > 1) {
      throw Error("E-TAB-002", "no column names the samples",
                  fmt::format("{}:{}", file, header_row.line), "add a column \"sample\"");
    }
    std::vector<Draft> drafts;
    std::set<std::string> ids;
    for (const auto& row : rows) {
      check_length(row, header.size());
      Draft draft;
      draft.line = row.line;
      draft.sample.file = file;
      draft.sample.id = sample_column >= 0 ? cell(row, sample_column)
                                           : std::filesystem::path(file).stem().string();
      if (draft.sample.id.empty()) {
        throw Error("E-TAB-002", "no sample name", fmt::format("{}:{}", file, row.line),
                    "name the sample in every row");
      }
      if (!ids.insert(draft.sample.id).second) {
        throw Error("E-TAB-003", fmt::format("sample \"{}\" is there twice", draft.sample.id),
                    fmt::format("{}:{}", file, row.line), "give every row its own sample name");
      }
      std::string method;
      for (std::size_t i = 0; i < header.size(); ++i) {
        const auto& column = header[i];
        const std::string& text = cell(row, static_cast<int>(i));
        if (column.role == ColumnRole::basis) set_basis(draft.sample, text, place(row, "basis"));
        if (column.role == ColumnRole::laboratory) draft.sample.laboratory = text;
        if (column.role == ColumnRole::method) method = text;
      }
      for (std::size_t i = 0; i < header.size(); ++i) {
        const auto& column = header[i];
        if (column.role != ColumnRole::value || column.analyte.is_ignored) continue;
        Determination d;
        d.analyte = column.analyte;
        d.place = place(row, column.text);
        d.text = cell(row, static_cast<int>(i));
        d.method = method;
        d.unit = unit_of(column.unit, column.text, column.analyte.element,
                         place(header_row, column.text), others);
        if (const auto at = u_of.find(column.analyte.reported_as); at != u_of.end()) {
          d.u_text = cell(row, static_cast<int>(at->second));
          d.u_kind = header[at->second].u_kind;
        }
        if (const auto at = lod_of.find(column.analyte.reported_as); at != lod_of.end()) {
          d.lod_text = cell(row, static_cast<int>(at->second));
        }
        add(draft, d);
      }
      drafts.push_back(std::move(draft));
    }
    return collect(drafts);
  }

  std::vector<AssaySample> collect(std::vector<Draft>& drafts) const {
    std::vector<AssaySample> samples;
    for (auto& draft : drafts) samples.push_back(finish(draft));
    return samples;
  }
};

}  // namespace

std::vector<AssaySample> parse_element_table(std::string_view given, const std::string& file,
                                             const ElementTableOptions& options) {
  require_text(given, file, "E-CSV-001");
  bool guessed = false;
  const std::string bytes = in_utf8(given, file, guessed);
  const char separator = sniff_separator(bytes);
  std::vector<CsvRow> rows = parse_csv(bytes, separator, file, 2'000'000);
  // Titles and "sep=" lines above the header have one cell.
  std::size_t first = 0;
  while (first < rows.size() &&
         std::count_if(rows[first].cells.begin(), rows[first].cells.end(),
                       [](const std::string& text) { return !text.empty(); }) < 2) {
    ++first;
  }
  if (first + 1 >= rows.size()) {
    throw Error("E-TAB-002", "no header with a row of values below it", file,
                "give a table with a header row; columns separated by , ; or tab");
  }
  const CsvRow header_row = rows[first];
  rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(first) + 1);
  const TableReader reader{file, options, read_statements(bytes), separator != ','};

  std::vector<AssaySample> samples;
  if (const auto header = read_long_header(header_row, file)) {
    samples = reader.read_long(*header, rows);
  } else {
    auto columns = read_wide_header(header_row, file);
    if (take_units_row(columns, rows.front(), file)) rows.erase(rows.begin());
    if (rows.empty()) {
      throw Error("E-TAB-002", "no row of values", file, "add samples below the header");
    }
    samples = reader.read_wide(columns, rows, header_row);
  }
  for (auto& sample : samples) {
    if (!guessed) break;
    sample.warnings.push_back({"W-TAB-002", fmt::format("sample {}: {} is no UTF-8 and was read as "
                                                        "Windows-1252: check the letters of names",
                                                        sample.id, file)});
  }
  return samples;
}

std::vector<AssaySample> read_element_table(const std::string& path,
                                            const ElementTableOptions& options, InputFile* record) {
  FileBytes file = read_file(path, "assay", std::uint64_t{64} << 20);
  file.record.reader = "element table, CSV";
  if (record) *record = file.record;
  return parse_element_table(file.bytes, path, options);
}

}  // namespace gadolin::io
