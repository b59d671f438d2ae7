#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/core/error.hpp"
#include "models/core/provenance.hpp"

/// Strict TOML: every key is asked for by name and type, and what nobody asked for is an error.
namespace gadolin::config {

/// Closed interval a number must lie in.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};
inline constexpr Range any{};
inline constexpr Range not_negative{0.0, std::numeric_limits<double>::infinity()};
inline constexpr Range positive{std::numeric_limits<double>::min(),
                                std::numeric_limits<double>::infinity()};
inline constexpr Range fraction{0.0, 1.0};

/// A view of one table of a TOML document; copies share the document and the list of keys asked
/// for. Read all keys, then call finish(): a key nobody asked for throws E-TOML-002, naming the
/// nearest known key. Units stand in the key: "wavelength" meets "wavelength_angstrom".
///   fails  E-TOML-001 syntax, -002 unknown key, -003 missing key, -004 wrong type,
///          -005 value out of range, -006 word not among the choices; all ExitCode::usage,
///          all with file:line
class TomlTable {
 public:
  /// Parses text; `file` is only named in messages.
  static TomlTable parse(std::string_view text, const std::string& file);
  /// Reads and parses a file; the record (path, size, SHA-256) goes to `record` if given.
  static TomlTable read(const std::string& path, InputFile* record = nullptr,
                        const std::string& role = "config");

  /// A document of its own with other numbers at some keys, for what-if runs. A key is a list of
  /// steps; in an array of tables a step is the `name` of a table, or its place counted from 1.
  /// Whole numbers stay whole where they stood. throws E-SEP-110 where a step is not there (nearest
  /// named) or no number stands there
  TomlTable with_numbers(
      const std::vector<std::pair<std::vector<std::string>, double>>& numbers) const;

  /// This table as TOML text of its own, without some keys and with other texts at some (a list of
  /// texts where a list stood; "chemistry.tables" lies one table down).
  std::string written(
      const std::vector<std::string>& left_out,
      const std::vector<std::pair<std::string, std::vector<std::string>>>& texts) const;

  bool has(const std::string& key) const;
  /// Whether the key holds one text, not a list; does not ask for it.
  bool holds_text(const std::string& key) const;

  /// Required values.
  double number(const std::string& key, Range range = any) const;
  std::int64_t integer(const std::string& key, std::int64_t low, std::int64_t high) const;
  std::string text(const std::string& key) const;
  bool boolean(const std::string& key) const;
  std::vector<double> numbers(const std::string& key, Range range = any) const;
  std::vector<std::string> texts(const std::string& key) const;
  /// One of `choices`, else E-TOML-006 naming the nearest.
  std::string choice(const std::string& key, const std::vector<std::string>& choices) const;
  TomlTable table(const std::string& key) const;
  /// Array of tables ([[key]]); a single table counts as an array of one.
  std::vector<TomlTable> tables(const std::string& key) const;

  /// Optional values: the fallback where the key is absent.
  double number_or(const std::string& key, double fallback, Range range = any) const;
  std::int64_t integer_or(const std::string& key, std::int64_t fallback, std::int64_t low,
                          std::int64_t high) const;
  std::string text_or(const std::string& key, const std::string& fallback) const;
  bool boolean_or(const std::string& key, bool fallback) const;
  std::vector<double> numbers_or(const std::string& key, const std::vector<double>& fallback,
                                 Range range = any) const;
  std::vector<std::string> texts_or(const std::string& key,
                                    const std::vector<std::string>& fallback) const;
  std::string choice_or(const std::string& key, const std::string& fallback,
                        const std::vector<std::string>& choices) const;
  std::optional<TomlTable> optional_table(const std::string& key) const;
  std::vector<TomlTable> tables_or_none(const std::string& key) const;

  /// All keys in the order of the file; asks for none of them.
  std::vector<std::string> keys() const;
  /// Marks a key as known without reading it (for keys that depend on another).
  void allow(const std::string& key) const;
  /// throws E-TOML-002 for the first key nobody asked for.
  void finish() const;

  /// "case.toml:12" of this table or of one of its keys, for messages of the caller.
  std::string place() const;
  std::string place(const std::string& key) const;
  /// Dotted name of this table ("origin.prior"), "" for the root.
  const std::string& name() const { return name_; }
  const std::string& file() const;
  /// The document as it was given.
  const std::string& source() const;

  /// An error of the caller's about a key of this table: place added, ExitCode::usage.
  Error error(const std::string& code, const std::string& what, const std::string& key,
              const std::string& remedy) const;

 private:
  struct Document;
  struct Node;
  TomlTable(std::shared_ptr<Document> document, std::shared_ptr<Node> node, std::string name);
  std::shared_ptr<Document> document_;
  std::shared_ptr<Node> node_;
  std::string name_;
};

}  // namespace gadolin::config
