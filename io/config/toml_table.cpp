#include "io/config/toml_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "io/readers/file_bytes.hpp"

namespace gadolin::config {

struct TomlTable::Document {
  std::string file;
  std::string source;
  toml::table root;
};

struct TomlTable::Node {
  const toml::table* table = nullptr;
  std::set<std::string> asked;

  const toml::node* find(const std::string& key) {
    asked.insert(key);
    return table->get(key);
  }
};

namespace {

std::string type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "text in quotes";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time";
    default:
      return "nothing";
  }
}

std::string place_of(const std::string& file, const toml::node& node) {
  const auto line = node.source().begin.line;
  return line > 0 ? fmt::format("{}:{}", file, line) : file;
}

std::string dotted(const std::string& table, const std::string& key) {
  return table.empty() ? key : table + "." + key;
}

[[noreturn]] void wrong_type(const std::string& file, const std::string& name,
                             const toml::node& node, const std::string& expected) {
  throw Error("E-TOML-004",
              fmt::format("\"{}\" must be {} (found {})", name, expected, type_name(node)),
              place_of(file, node), "write " + expected, ExitCode::usage);
}

double number_of(const std::string& file, const std::string& name, const toml::node& node,
                 Range range) {
  double value = 0.0;
  if (const auto* real = node.as_floating_point()) {
    value = real->get();
  } else if (const auto* whole = node.as_integer()) {
    value = static_cast<double>(whole->get());
  } else {
    wrong_type(file, name, node, "a number");
  }
  if (!std::isfinite(value)) {
    throw Error("E-TOML-005", fmt::format("\"{}\" is not a finite number", name),
                place_of(file, node), "write a finite number or leave the key out",
                ExitCode::usage);
  }
  if (value < range.low || value > range.high) {
    const bool open = range.low == positive.low;
    const std::string wanted =
        std::isinf(range.high)
            ? (open ? "greater than 0" : fmt::format("at least {}", range.low))
            : (std::isinf(range.low)
                   ? fmt::format("at most {}", range.high)
                   : (open ? fmt::format("greater than 0 and at most {}", range.high)
                           : fmt::format("from {} to {}", range.low, range.high)));
    throw Error("E-TOML-005", fmt::format("\"{}\" is {} (expected {})", name, value, wanted),
                place_of(file, node), "correct the value; the unit stands at the end of the key",
                ExitCode::usage);
  }
  return value;
}

std::string text_of(const std::string& file, const std::string& name, const toml::node& node) {
  const auto* text = node.as_string();
  if (!text) wrong_type(file, name, node, "text in quotes");
  return text->get();
}

/// TOML allows only ASCII outside of texts and comments, and toml++ 3.3 meets other characters
/// there with undefined behaviour (is_non_ascii_horizontal_whitespace): they are refused first.
/// Where a text never ends the parser stops too, so that what follows does not matter.
void refuse_stray_characters(std::string_view text, const std::string& file) {
  std::size_t line = 1, at = text.substr(0, 3) == "\xEF\xBB\xBF" ? 3 : 0;
  const auto refuse = [&] {
    return Error("E-TOML-001", "a character beyond ASCII outside of quotes and comments",
                 fmt::format("{}:{}", file, line),
                 "put the text into quotes; blanks copied from a web page may be no plain blanks",
                 ExitCode::usage);
  };
  char before = '\n';  // the last character that is no blank
  while (at < text.size()) {
    const char c = text[at];
    if (c == '\n') ++line;
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (c == '"' || c == '\'') {
      if (std::string_view("\n=[{,").find(before) == std::string_view::npos) {
        // Inside a word a quote opens no text: the parser reads on to the end of the word.
        for (const char rest : text.substr(at, text.find('\n', at) - at)) {
          if (static_cast<unsigned char>(rest) > 0x7F) throw refuse();
        }
      }
      const std::string three(3, c);
      const bool block = text.substr(at, 3) == three;
      at += block ? 3 : 1;
      while (at < text.size()) {
        if (text[at] == '\\' && c == '"') {
          ++at;
          if (at < text.size() && text[at] == '\n') ++line;
          ++at;
          continue;
        }
        if (block ? text.substr(at, 3) == three : text[at] == c) break;
        if (text[at] == '\n') {
          if (!block) return;
          ++line;
        }
        ++at;
      }
      at += block ? 3 : 1;
      if (block) {  // up to two quotes may stand before the closing three
        while (at < text.size() && text[at] == c) ++at;
      }
      before = c;
      continue;
    }
    if (static_cast<unsigned char>(c) > 0x7F) throw refuse();
    if (c != ' ' && c != '\t' && c != '\r') before = c;
    ++at;
  }
}

/// A known key that begins with the unknown one, or the other way round: a missing or wrong unit.
std::string same_stem(const std::string& key, const std::set<std::string>& known) {
  for (const auto& candidate : known) {
    if (key.size() >= 3 && candidate.rfind(key + "_", 0) == 0) return candidate;
  }
  const auto cut = key.rfind('_');
  if (cut == std::string::npos || cut < 3) return "";
  for (const auto& candidate : known) {
    if (candidate.rfind(key.substr(0, cut) + "_", 0) == 0) return candidate;
  }
  return "";
}

}  // namespace

TomlTable::TomlTable(std::shared_ptr<Document> document, std::shared_ptr<Node> node,
                     std::string name)
    : document_(std::move(document)), node_(std::move(node)), name_(std::move(name)) {}

TomlTable TomlTable::parse(std::string_view text, const std::string& file) {
  auto document = std::make_shared<Document>();
  document->file = file;
  document->source = std::string(text);
  refuse_stray_characters(text, file);
  try {
    document->root = toml::parse(text, file);
  } catch (const toml::parse_error& failure) {
    throw Error("E-TOML-001", std::string("not valid TOML: ") + std::string(failure.description()),
                fmt::format("{}:{}", file, failure.source().begin.line),
                "mend the line; text needs quotes, tables look like [name], comments begin with #",
                ExitCode::usage);
  }
  auto node = std::make_shared<Node>();
  node->table = &document->root;
  return TomlTable(std::move(document), std::move(node), "");
}

TomlTable TomlTable::read(const std::string& path, InputFile* record, const std::string& role) {
  io::FileBytes file = io::read_file(path, role, std::uint64_t{16} << 20);
  TomlTable table = parse(file.bytes, path);
  file.record.reader = "TOML 1.0";
  if (record) *record = file.record;
  return table;
}

bool TomlTable::has(const std::string& key) const { return node_->find(key) != nullptr; }

Error TomlTable::error(const std::string& code, const std::string& what, const std::string& key,
                       const std::string& remedy) const {
  return Error(code, what, place(key), remedy, ExitCode::usage);
}

std::string TomlTable::place() const { return place_of(document_->file, *node_->table); }

std::string TomlTable::place(const std::string& key) const {
  const toml::node* node = node_->table->get(key);
  return node ? place_of(document_->file, *node) : place();
}

const std::string& TomlTable::file() const { return document_->file; }
const std::string& TomlTable::source() const { return document_->source; }

namespace {
[[noreturn]] void missing(const TomlTable& table, const std::string& key, const std::string& kind) {
  const std::string near = nearest_word(key, table.keys());
  if (!near.empty()) {
    throw table.error(
        "E-TOML-003",
        fmt::format("\"{}\" is missing, \"{}\" stands there", dotted(table.name(), key), near),
        near, fmt::format("did you mean {} = <{}>?", key, kind));
  }
  throw Error("E-TOML-003", fmt::format("\"{}\" is missing", dotted(table.name(), key)),
              table.place(), fmt::format("add {} = <{}>", key, kind), ExitCode::usage);
}
}  // namespace

double TomlTable::number(const std::string& key, Range range) const {
  const toml::node* node = node_->find(key);
  if (!node) missing(*this, key, "number");
  return number_of(file(), dotted(name_, key), *node, range);
}

std::int64_t TomlTable::integer(const std::string& key, std::int64_t low, std::int64_t high) const {
  const toml::node* node = node_->find(key);
  if (!node) missing(*this, key, "whole number");
  const auto* whole = node->as_integer();
  if (!whole) wrong_type(file(), dotted(name_, key), *node, "a whole number");
  if (whole->get() < low || whole->get() > high) {
    throw error("E-TOML-005",
                fmt::format("\"{}\" is {} (expected from {} to {})", dotted(name_, key),
                            whole->get(), low, high),
                key, "correct the value");
  }
  return whole->get();
}

std::string TomlTable::text(const std::string& key) const {
  const toml::node* node = node_->find(key);
  if (!node) missing(*this, key, "text in quotes");
  return text_of(file(), dotted(name_, key), *node);
}

bool TomlTable::boolean(const std::string& key) const {
  const toml::node* node = node_->find(key);
  if (!node) missing(*this, key, "true or false");
  const auto* flag = node->as_boolean();
  if (!flag) wrong_type(file(), dotted(name_, key), *node, "true or false");
  return flag->get();
}

std::vector<double> TomlTable::numbers(const std::string& key, Range range) const {
  const toml::node* node = node_->find(key);
  if (!node) missing(*this, key, "array of numbers");
  const auto* array = node->as_array();
  if (!array) wrong_type(file(), dotted(name_, key), *node, "an array of numbers");
  std::vector<double> values;
  for (const auto& item : *array) {
    values.push_back(number_of(file(), dotted(name_, key), item, range));
  }
  return values;
}

std::vector<std::string> TomlTable::texts(const std::string& key) const {
  const toml::node* node = node_->find(key);
  if (!node) missing(*this, key, "array of texts");
  const auto* array = node->as_array();
  if (!array) wrong_type(file(), dotted(name_, key), *node, "an array of texts");
  std::vector<std::string> values;
  for (const auto& item : *array) values.push_back(text_of(file(), dotted(name_, key), item));
  return values;
}

std::string TomlTable::choice(const std::string& key,
                              const std::vector<std::string>& choices) const {
  const std::string word = text(key);
  for (const auto& one : choices) {
    if (one == word) return word;
  }
  const std::string near = nearest_word(word, choices);
  throw error("E-TOML-006",
              fmt::format("\"{}\" is \"{}\" (expected {})", dotted(name_, key), word,
                          fmt::join(choices, ", ")),
              key, near.empty() ? "use one of these words" : "did you mean \"" + near + "\"?");
}

TomlTable TomlTable::table(const std::string& key) const {
  const toml::node* node = node_->find(key);
  if (!node) {
    throw Error("E-TOML-003", fmt::format("table [{}] is missing", dotted(name_, key)), place(),
                fmt::format("add [{}]", dotted(name_, key)), ExitCode::usage);
  }
  const auto* table = node->as_table();
  if (!table) wrong_type(file(), dotted(name_, key), *node, "a table");
  auto child = std::make_shared<Node>();
  child->table = table;
  return TomlTable(document_, std::move(child), dotted(name_, key));
}

std::vector<TomlTable> TomlTable::tables(const std::string& key) const {
  const toml::node* node = node_->find(key);
  if (!node) {
    throw Error("E-TOML-003", fmt::format("[[{}]] is missing", dotted(name_, key)), place(),
                fmt::format("add [[{}]]", dotted(name_, key)), ExitCode::usage);
  }
  if (node->is_table()) return {table(key)};
  const auto* array = node->as_array();
  if (!array) wrong_type(file(), dotted(name_, key), *node, "an array of tables");
  std::vector<TomlTable> list;
  for (const auto& item : *array) {
    const auto* one = item.as_table();
    if (!one) wrong_type(file(), dotted(name_, key), item, "a table");
    auto child = std::make_shared<Node>();
    child->table = one;
    list.push_back(TomlTable(document_, std::move(child),
                             fmt::format("{}[{}]", dotted(name_, key), list.size() + 1)));
  }
  return list;
}

double TomlTable::number_or(const std::string& key, double fallback, Range range) const {
  return has(key) ? number(key, range) : fallback;
}
std::int64_t TomlTable::integer_or(const std::string& key, std::int64_t fallback, std::int64_t low,
                                   std::int64_t high) const {
  return has(key) ? integer(key, low, high) : fallback;
}
std::string TomlTable::text_or(const std::string& key, const std::string& fallback) const {
  return has(key) ? text(key) : fallback;
}
bool TomlTable::boolean_or(const std::string& key, bool fallback) const {
  return has(key) ? boolean(key) : fallback;
}
std::vector<double> TomlTable::numbers_or(const std::string& key,
                                          const std::vector<double>& fallback, Range range) const {
  return has(key) ? numbers(key, range) : fallback;
}
std::vector<std::string> TomlTable::texts_or(const std::string& key,
                                             const std::vector<std::string>& fallback) const {
  return has(key) ? texts(key) : fallback;
}
std::string TomlTable::choice_or(const std::string& key, const std::string& fallback,
                                 const std::vector<std::string>& choices) const {
  return has(key) ? choice(key, choices) : fallback;
}
std::optional<TomlTable> TomlTable::optional_table(const std::string& key) const {
  if (!has(key)) return std::nullopt;
  return table(key);
}
std::vector<TomlTable> TomlTable::tables_or_none(const std::string& key) const {
  if (!has(key)) return {};
  return tables(key);
}

std::vector<std::string> TomlTable::keys() const {
  std::vector<std::pair<std::pair<std::uint32_t, std::uint32_t>, std::string>> order;
  for (const auto& [key, node] : *node_->table) {
    const auto begin = node.source().begin;
    order.push_back({{begin.line, begin.column}, std::string(key.str())});
  }
  std::sort(order.begin(), order.end());
  std::vector<std::string> names;
  for (auto& entry : order) names.push_back(std::move(entry.second));
  return names;
}

void TomlTable::allow(const std::string& key) const { node_->asked.insert(key); }

void TomlTable::finish() const {
  for (const auto& key : keys()) {
    if (node_->asked.count(key)) continue;
    const std::vector<std::string> known(node_->asked.begin(), node_->asked.end());
    const std::string stem = same_stem(key, node_->asked);
    const std::string near = stem.empty() ? nearest_word(key, known) : stem;
    std::string remedy = near.empty() ? fmt::format("remove it; known keys: {}",
                                                    fmt::join(known.begin(), known.end(), ", "))
                                      : fmt::format("did you mean \"{}\"?", near);
    if (!stem.empty()) remedy += " (the unit belongs to the key)";
    throw error("E-TOML-002", fmt::format("unknown key \"{}\"", dotted(name_, key)), key, remedy);
  }
}

}  // namespace gadolin::config
