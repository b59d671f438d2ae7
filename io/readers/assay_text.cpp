#include "io/readers/assay_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "models/core/element.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

namespace {

/// Replaces the micro signs of UTF-8 and Latin-1, and the signs for "not above", "not below".
std::string plain_signs(const std::string& text) {
  static const std::array<std::pair<std::string, std::string>, 9> signs = {{
      {"\xC2\xB5", "u"},      // micro sign
      {"\xCE\xBC", "u"},      // Greek mu
      {"\xE2\x89\xA4", "<"},  // less or equal
      {"\xE2\x89\xA5", ">"},  // greater or equal
      {"\xE2\x88\x92", "-"},  // minus sign
      {"\xE2\x80\x93", "-"},  // dash
      {"\xC2\xA0", " "},      // no-break space
      {"\xC2\xB1", "+-"},     // plus-minus
      {"\xB5", "u"},          // micro sign, Latin-1
  }};
  std::string result = text;
  for (const auto& [from, to] : signs) {
    std::size_t at = 0;
    while ((at = result.find(from, at)) != std::string::npos) {
      result.replace(at, from.size(), to);
      at += to.size();
    }
  }
  return result;
}

std::string without_blanks(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (!std::isspace(static_cast<unsigned char>(c))) result += c;
  }
  return result;
}

bool is_number(std::string_view text, double& value) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  if (text.empty() || text[0] == '+') return false;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() && result.ptr == text.data() + text.size() &&
         std::isfinite(value);
}

/// A number with decimal point or comma.
bool read_number(const std::string& text, bool comma_is_decimal, const std::string& place,
                 double& value) {
  const auto commas = std::count(text.begin(), text.end(), ',');
  if (commas == 0) return is_number(text, value);
  const bool point = text.find('.') != std::string::npos;
  const std::size_t comma = text.find(',');
  const bool thousand = text.size() - comma == 4 && text[0] != '0' && comma <= 4;
  if (commas > 1 || point || (thousand && !comma_is_decimal)) {
    throw Error(
        "E-TAB-006",
        fmt::format("\"{}\": is the comma decimal or does it group thousands?", text.substr(0, 30)),
        place, "write numbers with a decimal point and no grouping");
  }
  std::string copy = text;
  copy[comma] = '.';
  return is_number(copy, value);
}

const std::set<std::string>& absent_words() {
  static const std::set<std::string> words = {
      "",     "n/a",  "na",           "n.a.",         "n.a",          "-", "--", "nm",
      "n.m.", "none", "not measured", "not analysed", "not analyzed", ".", "..", "*"};
  return words;
}

const std::set<std::string>& undetected_words() {
  static const std::set<std::string> words = {
      "bdl",          "<bdl",  "nd",  "n.d.", "n.d",  "lod",  "<lod", "dl",
      "<dl",          "<",     "loq", "<loq", "bql",  "b.d.", "bd",   "b.d.l.",
      "not detected", "trace", "tr",  "tr.",  "<mdl", "mdl",  "u",    "ud"};
  return words;
}

/// An isotope such as "139La" or "La139" as its element, else "".
std::string isotope_element(const std::string& text) {
  std::string digits, letters;
  const bool first = !text.empty() && std::isdigit(static_cast<unsigned char>(text[0]));
  std::size_t at = 0;
  const auto take = [&](std::string& out, bool digit) {
    while (at < text.size() && (digit ? std::isdigit(static_cast<unsigned char>(text[at])) != 0
                                      : std::isalpha(static_cast<unsigned char>(text[at])) != 0)) {
      out += text[at++];
    }
  };
  if (first) {
    take(digits, true);
    if (at < text.size() && text[at] == '-') ++at;
    take(letters, false);
  } else {
    take(letters, false);
    if (at < text.size() && text[at] == '-') ++at;
    take(digits, true);
  }
  if (at != text.size() || digits.empty() || digits.size() > 3 || letters.empty() ||
      letters.size() > 2) {
    return "";
  }
  letters[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(letters[0])));
  if (letters.size() == 2) {
    letters[1] = static_cast<char>(std::tolower(static_cast<unsigned char>(letters[1])));
  }
  const auto z = atomic_number(letters);
  const int mass = std::stoi(digits);
  return z && mass >= *z && mass <= 3 * *z + 1 && mass > 4 ? letters : "";
}

Analyte oxide_analyte(const std::string& cation, const std::string& oxide) {
  Analyte analyte;
  analyte.element = cation;
  analyte.reported_as = oxide;
  analyte.element_per_reported = 1.0 / element_to_oxide_factor(cation, oxide);
  return analyte;
}

}  // namespace

std::string bare_word(const std::string& text) {
  std::string result;
  for (const char c : plain_signs(text)) {
    if (std::isspace(static_cast<unsigned char>(c)) || c == '.' || c == '_') continue;
    result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return result;
}

std::optional<ContentUnit> find_content_unit(const std::string& text) {
  static const std::map<std::string, ContentUnit> units = [] {
    std::map<std::string, ContentUnit> all;
    const auto add = [&](const char* name, double fraction,
                         std::initializer_list<const char*> words) {
      for (const char* word : words) all[word] = {name, fraction};
    };
    add("wt%", 1e-2,
        {"wt%", "%wt", "wtpct", "wtpercent", "weight%", "mass%", "%m/m", "m/m%", "%", "pct",
         "percent", "g/100g", "masspct", "%(m/m)", "w%"});
    add("mg/kg", 1e-6, {"mg/kg", "ppm", "ug/g", "g/t", "g/tonne", "ppmw", "mgkg-1", "ugg-1"});
    add("ug/kg", 1e-9, {"ug/kg", "ppb", "ng/g", "mg/t", "ppbw"});
    add("g/kg", 1e-3, {"g/kg", "kg/t", "mg/g", "kg/tonne", "permil"});
    add("kg/kg", 1.0, {"kg/kg", "g/g", "massfraction", "t/t"});
    return all;
  }();
  const auto found = units.find(bare_word(text));
  if (found == units.end()) return std::nullopt;
  return found->second;
}

ContentUnit require_content_unit(const std::string& text, const std::string& place) {
  if (const auto unit = find_content_unit(text)) return *unit;
  const std::string word = bare_word(text);
  const bool volume = word.size() > 2 && (word.substr(word.size() - 2) == "/l" ||
                                          word.find("/ml") != std::string::npos ||
                                          word.find("/dm3") != std::string::npos);
  if (volume || word.find("mol") != std::string::npos || word == "at%" || word == "cps") {
    throw Error("E-UNIT-004", fmt::format("unit \"{}\" is no mass per mass", text.substr(0, 30)),
                place,
                "convert to wt% or mg/kg of the solid; the density of a liquor is not assumed");
  }
  const std::string near =
      nearest_word(text, {"wt%", "mg/kg", "ppm", "ug/g", "g/t", "kg/t", "ppb", "ug/kg", "g/100g"});
  throw Error("E-UNIT-001", fmt::format("unknown unit \"{}\"", text.substr(0, 30)), place,
              near.empty() ? "use wt%, g/100g, mg/kg, ppm, ug/g, g/t, kg/t or ppb"
                           : fmt::format("did you mean {}?", near));
}

std::optional<Analyte> find_analyte(const std::string& given, const std::string& place) {
  const std::string text = without_blanks(plain_signs(given));
  if (text.empty() || text.size() > 24) return std::nullopt;
  const std::string word = bare_word(text);
  Analyte analyte;
  if (word == "loi" || word == "lossonignition" || word == "l.o.i" || word == "loi1000" ||
      word == "loi1000c" || word == "gv") {
    analyte.is_loi = true;
    return analyte;
  }
  static const std::set<std::string> derived = {
      "total", "sum",      "treo",  "treo+y", "tree", "lreo", "hreo", "mreo",        "lree",
      "hree",  "oxidesum", "treo%", "h2o+",   "h2o-", "o=f",  "-o=f", "totaloxides", "sumoxides"};
  if (derived.count(word)) {
    analyte.is_ignored = true;
    analyte.reported_as = given;
    return analyte;
  }
  if (const std::string element = isotope_element(text); !element.empty()) {
    analyte.element = analyte.reported_as = element;
    return analyte;
  }
  std::string formula = text;
  for (const char* end : {"(t)", "(T)", "tot", "(tot)", "T", "t", "*"}) {  // total iron
    const std::string suffix(end);
    if (formula.size() > suffix.size() + 1 && formula.rfind("Fe", 0) == 0 &&
        formula.substr(formula.size() - suffix.size()) == suffix) {
      formula.resize(formula.size() - suffix.size());
      break;
    }
  }
  const bool letters = std::all_of(formula.begin(), formula.end(),
                                   [](unsigned char c) { return std::isalpha(c) != 0; });
  std::string title = formula;
  for (std::size_t i = 0; i < title.size(); ++i) {
    title[i] = static_cast<char>(i == 0 ? std::toupper(static_cast<unsigned char>(title[i]))
                                        : std::tolower(static_cast<unsigned char>(title[i])));
  }
  const bool as_symbol = letters && title.size() <= 2 && atomic_number(title).has_value();
  const std::string cation = oxide_cation(formula);
  if (as_symbol && title != formula && !cation.empty()) {
    throw Error(
        "E-TAB-004",
        fmt::format("\"{}\" could be the element {} or the oxide {}", given, title, formula), place,
        fmt::format("write {}, or name another oxide", title));
  }
  if (as_symbol) {
    analyte.element = analyte.reported_as = title;
    return analyte;
  }
  if (!cation.empty()) return oxide_analyte(cation, formula);
  // All capitals: "CEO2", "LA2O3", "SIO2".
  std::string symbol, rest;
  for (std::size_t length = 2; length >= 1; --length) {
    if (formula.size() <= length) continue;
    symbol = title.substr(0, 1) + (length == 2 ? title.substr(1, 1) : "");
    rest = formula.substr(length);
    for (char& c : rest) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (atomic_number(symbol) && rest.find('O') != std::string::npos &&
        oxide_cation(symbol + rest) == symbol) {
      return oxide_analyte(symbol, symbol + rest);
    }
  }
  return std::nullopt;
}

CellValue parse_cell(const std::string& given, bool comma_is_decimal, const std::string& place) {
  CellValue cell;
  std::string text = plain_signs(given);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.erase(0, 1);
  std::string word = text;
  for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (absent_words().count(word)) return cell;
  if (undetected_words().count(word)) {
    cell.state = ValueState::below_lod;
    cell.lod_missing = true;
    return cell;
  }
  const auto no_statement = [&](const std::string& why) {
    return Error("E-TAB-005", fmt::format("\"{}\" {}", given.substr(0, 30), why), place,
                 "write a number, <LOD as a number (<0.05), >LIMIT, n.d., or leave the cell empty");
  };
  if (word == "nan" || word == "inf" || word == "-inf") {
    throw no_statement("is no statement of a laboratory");
  }
  if (text[0] == '<' || text[0] == '>') {
    const std::string rest = without_blanks(text.substr(1 + (text.size() > 1 && text[1] == '=')));
    double limit = 0.0;
    if (!read_number(rest, comma_is_decimal, place, limit) || !(limit > 0.0)) {
      throw no_statement("states no limit above 0");
    }
    cell.state = text[0] == '<' ? ValueState::below_lod : ValueState::above_range;
    cell.value = limit;
    return cell;
  }
  std::string number = without_blanks(text);
  if (number != text && std::isdigit(static_cast<unsigned char>(number.back()))) {
    throw no_statement("holds a blank inside a number");
  }
  bool undetected_flag = false;
  if (number.size() > 1 && (number.back() == 'U' || number.back() == 'u')) {
    undetected_flag = true;  // "0.05U": not detected at 0.05
    number.pop_back();
  }
  double value = 0.0;
  if (!read_number(number, comma_is_decimal, place, value)) throw no_statement("is no number");
  if (value == -9999.0 || value == -999.0 || value == -99999.0) return cell;  // missing-value codes
  if (value < 0.0 || undetected_flag) {
    if (value == 0.0) throw no_statement("states no limit above 0");
    cell.state = ValueState::below_lod;
    cell.value = std::abs(value);
    cell.from_negative = value < 0.0;
    return cell;
  }
  if (value == 0.0) {
    cell.is_zero = true;
    return cell;
  }
  cell.state = ValueState::measured;
  cell.value = value;
  return cell;
}

std::optional<double> parse_plain_number(const std::string& given, bool comma_is_decimal,
                                         const std::string& place) {
  const std::string text = without_blanks(plain_signs(given));
  std::string word = text;
  for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (absent_words().count(word)) return std::nullopt;
  double value = 0.0;
  if (!read_number(text, comma_is_decimal, place, value)) {
    throw Error("E-TAB-005", fmt::format("\"{}\" is no number", given.substr(0, 30)), place,
                "write a number or leave the cell empty");
  }
  return value;
}

std::optional<assay::MassBasis> find_basis(const std::string& text) {
  const std::string word = bare_word(text);
  if (word == "dry" || word == "drybasis" || word == "dried" || word == "db") {
    return assay::MassBasis::dry;
  }
  if (word == "asreceived" || word == "wet" || word == "ar" || word == "asis") {
    return assay::MassBasis::as_received;
  }
  if (word == "ignited" || word == "ignitedbasis" || word == "loifree") {
    return assay::MassBasis::ignited;
  }
  if (word.empty() || word == "notstated" || word == "unknown") return assay::MassBasis::not_stated;
  return std::nullopt;
}

}  // namespace gadolin::io
