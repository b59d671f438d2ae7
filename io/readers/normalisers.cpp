#include "io/readers/normalisers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "io/readers/csv.hpp"
#include "io/readers/file_bytes.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

std::vector<Normaliser> read_normalisers(const std::string& file, InputFile* record) {
  const FileBytes input = read_file(file, "normalisers");
  if (record != nullptr) *record = input.record;
  const auto rows = parse_csv(input.bytes, ',', file);
  const std::array<const char*, 5> columns = {"normaliser", "reservoir", "element",
                                              "content_mg_per_kg", "source"};
  std::array<std::size_t, 5> at{};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto& header = rows.empty() ? std::vector<std::string>{} : rows.front().cells;
    const auto it = std::find(header.begin(), header.end(), columns[i]);
    if (it == header.end()) {
      throw Error("E-NORM-001", "column \"" + std::string(columns[i]) + "\" is missing",
                  file + ":1", "see datasets/normalisers/README.md");
    }
    at[i] = static_cast<std::size_t>(it - header.begin());
  }
  std::vector<Normaliser> sets;
  for (std::size_t r = 1; r < rows.size(); ++r) {
    const auto cell = [&](std::size_t column) {
      return at[column] < rows[r].cells.size() ? rows[r].cells[at[column]] : std::string();
    };
    const std::string text = cell(3);
    double content = 0.0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), content);
    if (code != std::errc() || end != text.data() + text.size() || !std::isfinite(content) ||
        content <= 0.0) {
      throw Error("E-NORM-002", "content \"" + text + "\" is not a positive number",
                  file + ":" + std::to_string(rows[r].line), "give mg/kg with a decimal point");
    }
    const std::string name = cell(0);
    auto set = std::find_if(sets.begin(), sets.end(),
                            [&](const Normaliser& known) { return known.name == name; });
    if (set == sets.end()) {
      sets.push_back({name, cell(1), cell(4), {}, {}});
      set = sets.end() - 1;
    }
    set->elements.push_back(cell(2));
    set->content_mg_per_kg.push_back(content);
  }
  return sets;
}

}  // namespace gadolin::io
