#include "io/readers/origin_library.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <sstream>

#include <nlohmann/json.hpp>

#include "io/readers/csv.hpp"
#include "io/readers/file_bytes.hpp"
#include "io/readers/normalisers.hpp"
#include "models/core/element.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

namespace {

/// Rows of one table by column name, with the place for messages.
class Table {
 public:
  Table(const FileBytes& input, const std::vector<std::string>& columns)
      : file_(input.record.path) {
    rows_ = parse_csv(input.bytes, ',', file_);
    const auto header = rows_.empty() ? std::vector<std::string>{} : rows_.front().cells;
    for (const auto& column : columns) {
      const auto it = std::find(header.begin(), header.end(), column);
      if (it == header.end()) {
        throw Error("E-LIB-003", "column \"" + column + "\" is missing", file_ + ":1",
                    "see docs/formats/origin_library.md");
      }
      at_[column] = static_cast<std::size_t>(it - header.begin());
    }
  }

  std::size_t size() const { return rows_.empty() ? 0 : rows_.size() - 1; }
  std::string cell(std::size_t row, const std::string& column) const {
    const auto& cells = rows_[row + 1].cells;
    const std::size_t at = at_.at(column);
    return at < cells.size() ? cells[at] : std::string();
  }
  std::string place(std::size_t row) const {
    return file_ + ":" + std::to_string(rows_[row + 1].line);
  }
  /// A cell as a number > 0; `fallback` where it is empty.
  double number(std::size_t row, const std::string& column, double fallback) const {
    const std::string text = cell(row, column);
    if (text.empty()) return fallback;
    double value = 0.0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size() || !std::isfinite(value) ||
        value < 0.0) {
      throw unreadable(row, column, "give a number >= 0 with a decimal point");
    }
    return value;
  }
  Error unreadable(std::size_t row, const std::string& column, const std::string& remedy) const {
    return Error("E-LIB-004", column + " \"" + cell(row, column) + "\" is not understood",
                 place(row), remedy);
  }

 private:
  std::string file_;
  std::vector<CsvRow> rows_;
  std::map<std::string, std::size_t> at_;
};

ValueState state_of(const Table& table, std::size_t row) {
  const std::string text = table.cell(row, "state");
  for (const ValueState state : {ValueState::measured, ValueState::below_lod,
                                 ValueState::above_range, ValueState::not_measured}) {
    if (text == to_string(state)) return state;
  }
  throw table.unreadable(row, "state", "write measured, below_lod, above_range or not_measured");
}

origin::EvidenceGrade grade_of(const Table& table, std::size_t row) {
  const std::string text = table.cell(row, "grade");
  if (text == "A") return origin::EvidenceGrade::a;
  if (text == "B") return origin::EvidenceGrade::b;
  if (text == "C") return origin::EvidenceGrade::c;
  throw table.unreadable(row, "grade", "write A, B or C");
}

/// Element mass per mass of the oxide the set prints the element in.
double oxide_to_element(const std::string& convention, const std::string& element,
                        const Table& table, std::size_t row) {
  std::istringstream words(convention);
  for (std::string oxide; words >> oxide;) {
    if (oxide_cation(oxide) == element) return 1.0 / element_to_oxide_factor(element, oxide);
  }
  const std::string oxide = default_oxide(element);
  if (oxide.empty()) throw table.unreadable(row, "element", "only rare earths have a share");
  return 1.0 / element_to_oxide_factor(element, oxide);
}

void read_value(const Table& table, std::size_t row, origin::ReferenceSet& set) {
  const std::string element = table.cell(row, "element");
  if (rare_earth_index(element) < 0) {
    throw table.unreadable(row, "element", "write the symbol of a rare earth");
  }
  const double factor = oxide_to_element(set.oxide_convention, element, table, row);
  Quantity share;
  share.state = state_of(table, row);
  if (share.state == ValueState::measured || share.state == ValueState::above_range) {
    share.value = factor * table.number(row, "share_pct", 0.0);
    if (!(share.value > 0.0)) throw table.unreadable(row, "share_pct", "a measured share is > 0");
    share.u_value = factor * table.number(row, "half_digit_pct", 0.0) / std::sqrt(3.0);
    share.u_known = share.u_value > 0.0;
  } else if (share.state == ValueState::below_lod) {
    share.lod = factor * table.number(row, "limit_pct", 0.0);
    if (!(share.lod > 0.0)) throw table.unreadable(row, "limit_pct", "a limit is > 0");
  }
  set.elements.push_back(element);
  set.element_share.push_back(share);
  set.qualifier.push_back(table.cell(row, "qualifier"));
  set.printed.push_back(table.cell(row, "share_pct"));
}

}  // namespace

origin::Library read_origin_library(const std::string& folder, const std::string& normalisers_file,
                                    std::vector<InputFile>* records) {
  const FileBytes manifest_bytes = read_file(folder + "/library.json", "library");
  const auto manifest = nlohmann::json::parse(manifest_bytes.bytes, nullptr, false);
  if (!manifest.is_object() || !manifest.contains("sha256") || !manifest["sha256"].is_object() ||
      manifest.value("format", nlohmann::json()) != "gadolin origin library") {
    throw Error("E-LIB-001", "not the manifest of an origin library", folder + "/library.json",
                "see docs/formats/origin_library.md");
  }
  const auto text_of = [&](const char* key) {
    const auto it = manifest.find(key);
    return it != manifest.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  if (text_of("format_version").substr(0, 2) != "1.") {
    throw Error("E-LIB-001", "format version \"" + text_of("format_version") + "\" is not 1.x",
                folder + "/library.json", "use a library written for this program version");
  }

  std::vector<InputFile> read = {manifest_bytes.record};
  std::string hashes;
  const auto table_bytes = [&](const std::string& name) {
    FileBytes bytes = read_file(folder + "/" + name, "library");
    const auto it = manifest["sha256"].find(name);
    const std::string stated = it != manifest["sha256"].end() && it->is_string()
                                   ? it->get<std::string>()
                                   : std::string("none");
    if (stated != bytes.record.sha256) {
      throw Error(
          "E-LIB-002",
          "the table's SHA-256 is " + bytes.record.sha256 + ", the manifest states " + stated,
          folder + "/" + name, "restore the table or write a new library version",
          ExitCode::mismatch);
    }
    hashes += bytes.record.sha256 + "  " + name + "\n";
    read.push_back(bytes.record);
    return bytes;
  };

  origin::Library library;
  library.name = text_of("name");
  library.version = text_of("version");
  const Table deposits(table_bytes("deposits.csv"),
                       {"deposit_id", "name", "country", "deposit_type", "in_china", "complex_id"});
  std::map<std::string, bool> known;
  for (std::size_t r = 0; r < deposits.size(); ++r) {
    const std::string in_china = deposits.cell(r, "in_china");
    if (in_china != "0" && in_china != "1")
      throw deposits.unreadable(r, "in_china", "write 0 or 1");
    library.deposits.push_back({deposits.cell(r, "deposit_id"), deposits.cell(r, "name"),
                                deposits.cell(r, "country"), deposits.cell(r, "deposit_type"),
                                in_china == "1", deposits.cell(r, "complex_id")});
    known[library.deposits.back().deposit_id] = true;
  }
  const Table sets(table_bytes("sets.csv"),
                   {"set_id", "deposit_id", "material", "material_kind", "basis",
                    "oxide_convention", "grade", "source", "note"});
  std::map<std::string, std::size_t> place_of;
  for (std::size_t r = 0; r < sets.size(); ++r) {
    origin::ReferenceSet set;
    set.set_id = sets.cell(r, "set_id");
    set.deposit_id = sets.cell(r, "deposit_id");
    if (!known.contains(set.deposit_id)) {
      throw Error("E-LIB-005", "deposit \"" + set.deposit_id + "\" is not in deposits.csv",
                  sets.place(r), "add it there");
    }
    set.material = sets.cell(r, "material");
    set.material_kind = sets.cell(r, "material_kind");
    set.basis = sets.cell(r, "basis");
    set.oxide_convention = sets.cell(r, "oxide_convention");
    set.grade = grade_of(sets, r);
    set.source = sets.cell(r, "source");
    set.note = sets.cell(r, "note");
    place_of[set.set_id] = library.sets.size();
    library.sets.push_back(std::move(set));
  }
  const Table values(table_bytes("values.csv"), {"set_id", "element", "state", "share_pct",
                                                 "half_digit_pct", "limit_pct", "qualifier"});
  for (std::size_t r = 0; r < values.size(); ++r) {
    const auto it = place_of.find(values.cell(r, "set_id"));
    if (it == place_of.end()) {
      throw Error("E-LIB-005", "set \"" + values.cell(r, "set_id") + "\" is not in sets.csv",
                  values.place(r), "add it there");
    }
    read_value(values, r, library.sets[it->second]);
  }
  InputFile normalisers;
  library.normalisers = read_normalisers(normalisers_file, &normalisers);
  hashes += normalisers.sha256 + "  normalisers.csv\n";
  library.sha256 = sha256_hex(hashes);
  read.push_back(normalisers);
  if (records != nullptr) records->insert(records->end(), read.begin(), read.end());
  return library;
}

}  // namespace gadolin::io
