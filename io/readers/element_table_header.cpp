#include "io/readers/element_table_header.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include <fmt/format.h>

#include "models/core/error.hpp"

namespace gadolin::io {

namespace {

std::string place(const std::string& file, const CsvRow& row, std::size_t column) {
  return fmt::format("{}:{} (column {})", file, row.line, column + 1);
}

/// Coverage of an uncertainty word: 1, 2, 0 = not stated; nullopt if it is no such word. Case
/// counts: u is a standard uncertainty, U an expanded one.
std::optional<double> uncertainty_word(const std::string& word) {
  static const std::map<std::string, double> words = {
      {"u", 1.0},           {"U", 2.0},           {"1s", 1.0},       {"1sigma", 1.0},
      {"sigma", 1.0},       {"sd", 1.0},          {"SD", 1.0},       {"stdev", 1.0},
      {"std", 1.0},         {"1sd", 1.0},         {"2s", 2.0},       {"2sigma", 2.0},
      {"2sd", 2.0},         {"2SD", 2.0},         {"U95", 2.0},      {"u95", 2.0},
      {"uk2", 2.0},         {"Uk2", 2.0},         {"k2", 2.0},       {"k=2", 2.0},
      {"k1", 1.0},          {"k=1", 1.0},         {"expanded", 2.0}, {"unc", 0.0},
      {"uncertainty", 0.0}, {"Uncertainty", 0.0}, {"Unc", 0.0},      {"err", 0.0},
      {"error", 0.0},       {"Error", 0.0},       {"+-", 0.0},       {"standard", 1.0},
      {"stddev", 1.0},      {"StDev", 1.0},       {"1SD", 1.0}};
  const auto found = words.find(word);
  if (found == words.end()) return std::nullopt;
  return found->second;
}

bool lod_word(const std::string& word) {
  static const std::set<std::string> words = {"lod", "dl", "mdl", "rdl", "lld", "detectionlimit"};
  return words.count(bare_word(word)) > 0;
}

bool sample_word(const std::string& bare) {
  static const std::set<std::string> words = {"sample", "sampleid", "id",          "samplename",
                                              "name",   "item",     "specimen",    "standard",
                                              "labid",  "sampleno", "samplenumber"};
  return words.count(bare) > 0;
}

bool ignored_word(const std::string& bare) {
  static const std::set<std::string> words = {"comment", "comments", "note",   "notes", "remark",
                                              "remarks", "date",     "batch",  "kind",  "flag",
                                              "source",  "row",      "number", "no",    "lot"};
  return words.count(bare) > 0;
}

/// Text before the last bracket and what stands in it.
bool split_bracket(const std::string& text, std::string& before, std::string& inside) {
  for (const auto& [open, close] : {std::pair{'(', ')'}, std::pair{'[', ']'}}) {
    if (text.empty() || text.back() != close) continue;
    const std::size_t at = text.rfind(open);
    if (at == std::string::npos || at == 0) continue;
    before = text.substr(0, at);
    inside = text.substr(at + 1, text.size() - at - 2);
    while (!before.empty() && std::isspace(static_cast<unsigned char>(before.back()))) {
      before.pop_back();
    }
    return true;
  }
  return false;
}

std::vector<std::string> tokens_of(const std::string& text) {
  std::vector<std::string> tokens;
  std::string token;
  for (const char c : text + " ") {
    if (std::isspace(static_cast<unsigned char>(c)) || c == '_') {
      if (!token.empty()) tokens.push_back(token);
      token.clear();
    } else {
      token += c;
    }
  }
  return tokens;
}

/// Reads a header such as "La (ppm)", "Ce2O3 [wt%]", "u_La", "La lod", "139La ppm", "La_U_k2".
/// False if it names no analyte.
bool read_analyte_column(const std::string& text, const std::string& where, WideColumn& column) {
  std::string base = text, inside, unit;
  bool unit_asked = false;
  if (split_bracket(text, base, inside)) {
    const std::string bare = bare_word(inside);
    if (find_content_unit(inside)) {
      unit = inside;
    } else if (bare == "%rel" || bare == "rel%" || bare == "relative%" || bare == "%relative") {
      column.u_kind.relative = true;
    } else if (bare == "t" || bare == "tot" || bare == "total") {
      base += "T";
    } else if (find_analyte(inside, where) && uncertainty_word(base)) {
      base += " " + inside;  // "u(La)"
    } else {
      unit_asked = true;
    }
  }
  const std::size_t plus_minus = base.find("\xC2\xB1");
  if (plus_minus != std::string::npos) base.replace(plus_minus, 2, " +- ");
  const auto tokens = tokens_of(base);
  if (tokens.empty() || tokens.size() > 6) return false;

  // One token is the analyte, the others are a unit or the role. A token that can only be the
  // analyte is preferred ("u_U": uncertainty of uranium).
  const auto is_role = [](const std::string& token) {
    return uncertainty_word(token).has_value() || lod_word(token);
  };
  for (const bool allow_role_word : {false, true}) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const bool exact =
          tokens[i].size() <= 2 && std::isupper(static_cast<unsigned char>(tokens[i][0]));
      if (is_role(tokens[i]) && !(allow_role_word && exact)) continue;
      if (find_content_unit(tokens[i])) continue;
      const auto analyte = find_analyte(tokens[i], where);
      if (!analyte) continue;
      ColumnRole role = ColumnRole::value;
      bool fits = true;
      double coverage = 0.0;
      std::string found_unit = unit;
      for (std::size_t k = 0; k < tokens.size() && fits; ++k) {
        if (k == i) continue;
        if (const auto word = uncertainty_word(tokens[k])) {
          role = ColumnRole::uncertainty;
          coverage = std::max(coverage, *word);
        } else if (lod_word(tokens[k])) {
          role = ColumnRole::lod;
        } else if (find_content_unit(tokens[k]) && found_unit.empty()) {
          found_unit = tokens[k];
        } else {
          fits = false;
        }
      }
      if (!fits) continue;
      if (unit_asked) require_content_unit(inside, where);  // throws, naming the nearest unit
      column.role = role;
      column.analyte = *analyte;
      column.unit = found_unit;
      column.u_kind.coverage = coverage;
      if (role == ColumnRole::uncertainty && !found_unit.empty()) {
        column.u_kind.unit_factor = find_content_unit(found_unit)->mass_fraction;
      }
      return true;
    }
  }
  return false;
}

}  // namespace

TableStatements read_statements(std::string_view bytes) {
  TableStatements statements;
  std::size_t begin = 0;
  int seen = 0;
  while (begin < bytes.size() && seen < 200) {
    const std::size_t end = std::min(bytes.find('\n', begin), bytes.size());
    std::string line(bytes.substr(begin, std::min<std::size_t>(end - begin, 2000)));
    begin = end + 1;
    ++seen;
    const std::size_t hash = line.find('#');
    if (hash == std::string::npos || line.find_first_not_of(" \t\"\xEF\xBB\xBF") != hash) continue;
    line = line.substr(hash + 1);
    while (!line.empty() && (std::isspace(static_cast<unsigned char>(line.back())) ||
                             line.back() == ',' || line.back() == ';')) {
      line.pop_back();
    }
    const std::size_t colon = line.find(':');
    const std::string key = colon == std::string::npos ? "" : bare_word(line.substr(0, colon));
    std::string value = colon == std::string::npos ? "" : line.substr(colon + 1);
    while (!value.empty() && std::isspace(static_cast<unsigned char>(value.front()))) {
      value.erase(0, 1);
    }
    if (key == "basis") {
      const auto basis = find_basis(value);
      if (basis) statements.basis = basis;
    } else if (key == "laboratory" || key == "lab") {
      statements.laboratory = value;
    } else if (key == "method") {
      statements.method = value;
    } else if (key == "unit" || key == "units") {
      statements.unit = value;
    } else if (key == "uncertainties" || key == "uncertainty") {
      const std::string word = bare_word(value);
      const auto holds = [&](const char* part) { return word.find(part) != std::string::npos; };
      if (holds("k=2") || holds("2sigma") || holds("2s") || holds("expanded")) {
        statements.coverage = 2.0;
      } else if (holds("k=1") || holds("1sigma") || holds("1s") || holds("standard")) {
        statements.coverage = 1.0;
      }
    }
  }
  return statements;
}

std::optional<LongHeader> read_long_header(const CsvRow& row, const std::string& file) {
  static const std::map<std::string, int LongHeader::*> words = {
      {"analyte", &LongHeader::analyte},
      {"element", &LongHeader::analyte},
      {"oxide", &LongHeader::analyte},
      {"symbol", &LongHeader::analyte},
      {"species", &LongHeader::analyte},
      {"component", &LongHeader::analyte},
      {"value", &LongHeader::value},
      {"result", &LongHeader::value},
      {"concentration", &LongHeader::value},
      {"content", &LongHeader::value},
      {"unit", &LongHeader::unit},
      {"units", &LongHeader::unit},
      {"k", &LongHeader::coverage},
      {"coverage", &LongHeader::coverage},
      {"coveragefactor", &LongHeader::coverage},
      {"lod", &LongHeader::lod},
      {"detectionlimit", &LongHeader::lod},
      {"dl", &LongHeader::lod},
      {"mdl", &LongHeader::lod},
      {"rdl", &LongHeader::lod},
      {"method", &LongHeader::method},
      {"technique", &LongHeader::method},
      {"basis", &LongHeader::basis},
      {"laboratory", &LongHeader::laboratory},
      {"lab", &LongHeader::laboratory}};
  LongHeader header;
  header.columns = row.cells.size();
  std::vector<std::size_t> unknown;
  const auto set = [&](int& field, std::size_t i) {
    if (field >= 0) {
      throw Error("E-TAB-003", fmt::format("column \"{}\" repeats another", row.cells[i]),
                  place(file, row, i), "keep one");
    }
    field = static_cast<int>(i);
  };
  const bool has_analyte =
      std::any_of(row.cells.begin(), row.cells.end(), [&](const std::string& text) {
        const auto found = words.find(bare_word(text));
        return found != words.end() && found->second == &LongHeader::analyte;
      });
  if (!has_analyte) return std::nullopt;
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    std::string text = row.cells[i], inside;
    std::string base = text;
    if (split_bracket(text, base, inside) && find_content_unit(inside)) {
      text = base;
    } else {
      inside.clear();
    }
    const std::string bare = bare_word(text);
    const auto found = words.find(bare);
    if (found != words.end()) {
      set(header.*(found->second), i);
      if (found->second == &LongHeader::value) header.value_unit = inside;
      continue;
    }
    if (sample_word(bare)) {
      set(header.sample, i);
      continue;
    }
    // Uncertainty columns: every word of the name must be one ("expanded_uncertainty_k2").
    const auto tokens = tokens_of(text);
    double coverage = 0.0;
    bool all = !tokens.empty();
    for (const auto& token : tokens) {
      const auto word = uncertainty_word(token);
      all = all && (word.has_value() || bare_word(token) == "value");
      if (word) coverage = std::max(coverage, *word);
    }
    if (all) {
      set(header.u, i);
      header.u_kind.coverage = coverage;
      if (!inside.empty()) header.u_kind.unit_factor = find_content_unit(inside)->mass_fraction;
      continue;
    }
    if (!ignored_word(bare) && !bare.empty()) unknown.push_back(i);
  }
  if (header.value < 0) {
    throw Error("E-TAB-001", "a column of analytes but none of values",
                fmt::format("{}:{}", file, row.line), "name the column of results \"value\"");
  }
  if (!unknown.empty()) {
    std::vector<std::string> known = {"sample", "u", "U", "uncertainty", "expanded_uncertainty_k2"};
    for (const auto& [word, field] : words) known.push_back(word);
    const std::string& text = row.cells[unknown.front()];
    const std::string near = nearest_word(text, known);
    throw Error("E-TAB-001", fmt::format("unknown column \"{}\"", text.substr(0, 40)),
                place(file, row, unknown.front()),
                near.empty() ? "rename or remove it; columns: docs/formats/element_table.md"
                             : fmt::format("did you mean \"{}\"?", near));
  }
  return header;
}

std::vector<WideColumn> read_wide_header(const CsvRow& row, const std::string& file) {
  std::vector<WideColumn> columns;
  std::set<std::string> seen;
  bool any_value = false, has_sample = false;
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    const std::string& text = row.cells[i];
    const std::string where = place(file, row, i);
    WideColumn column;
    column.text = text;
    const std::string bare = bare_word(text);
    if (sample_word(bare) && !has_sample) {
      column.role = ColumnRole::sample;
      has_sample = true;
    } else if (bare == "basis") {
      column.role = ColumnRole::basis;
    } else if (bare == "method" || bare == "technique") {
      column.role = ColumnRole::method;
    } else if (bare == "laboratory" || bare == "lab") {
      column.role = ColumnRole::laboratory;
    } else if (bare.empty() || ignored_word(bare)) {
      column.role = ColumnRole::ignored;
    } else if (!read_analyte_column(text, where, column)) {
      const std::string near =
          nearest_word(text, {"sample", "basis", "method", "laboratory", "comment", "LOI (wt%)",
                              "u_La", "La (ppm)", "La_lod"});
      throw Error("E-TAB-001", fmt::format("unknown column \"{}\"", text.substr(0, 40)), where,
                  (near.empty() ? std::string() : fmt::format("did you mean \"{}\"? ", near)) +
                      "Columns are sample, or an element or oxide with its unit, u_ and _lod");
    }
    if (column.role == ColumnRole::value) {
      any_value = true;
      const std::string key = column.analyte.is_loi ? "LOI" : column.analyte.reported_as;
      if (!seen.insert(key).second) {
        throw Error("E-TAB-003", fmt::format("{} has two columns", key), where,
                    "keep one determination per element");
      }
    }
    columns.push_back(column);
  }
  if (!any_value) {
    throw Error("E-TAB-002", "no column of contents", fmt::format("{}:{}", file, row.line),
                "give columns such as \"La (ppm)\", or a long table with analyte, value and unit");
  }
  return columns;
}

bool take_units_row(std::vector<WideColumn>& columns, const CsvRow& row, const std::string& file) {
  bool any = false;
  for (std::size_t i = 0; i < columns.size() && i < row.cells.size(); ++i) {
    if (columns[i].role != ColumnRole::value || row.cells[i].empty()) continue;
    if (!find_content_unit(row.cells[i])) return false;
    any = true;
  }
  if (!any) return false;
  for (std::size_t i = 0; i < columns.size() && i < row.cells.size(); ++i) {
    auto& column = columns[i];
    const bool content = column.role == ColumnRole::value || column.role == ColumnRole::lod ||
                         column.role == ColumnRole::uncertainty;
    if (!content || row.cells[i].empty()) continue;
    const auto unit = require_content_unit(row.cells[i], place(file, row, i));
    if (!column.unit.empty() && find_content_unit(column.unit)->name != unit.name) {
      throw Error("E-UNIT-002", fmt::format("\"{}\" has two units", column.text),
                  place(file, row, i), "state the unit once");
    }
    column.unit = row.cells[i];
    if (column.role == ColumnRole::uncertainty) column.u_kind.unit_factor = unit.mass_fraction;
  }
  return true;
}

}  // namespace gadolin::io
