#include "io/config/plant_tables.hpp"

#include <algorithm>
#include <cmath>

#include "io/readers/csv.hpp"
#include "io/readers/file_bytes.hpp"
#include "models/core/element.hpp"

namespace gadolin::config {

namespace {

using namespace separation;

/// Rows of a CSV with exactly these columns.
std::vector<io::CsvRow> table(const std::string& path, const std::vector<std::string>& columns,
                              std::vector<InputFile>* records) {
  const io::FileBytes file = io::read_file(path, "table");
  if (records != nullptr) records->push_back(file.record);
  auto rows = io::parse_csv(file.bytes, ',', path);
  if (rows.empty() || rows.front().cells != columns) {
    std::string wanted;
    for (const auto& c : columns) wanted += (wanted.empty() ? "" : ",") + c;
    throw Error("E-PLANT-018", "the header is not " + wanted, path, "give these columns",
                ExitCode::invalid_input);
  }
  rows.erase(rows.begin());
  for (const auto& row : rows) {
    if (row.cells.size() != columns.size()) {
      throw Error("E-PLANT-018", "a row of another length", path + ":" + std::to_string(row.line),
                  "give one cell for each column", ExitCode::invalid_input);
    }
  }
  return rows;
}

double number(const io::CsvRow& row, std::size_t i, const std::string& path) {
  try {
    std::size_t used = 0;
    const double value = std::stod(row.cells[i], &used);
    if (used == row.cells[i].size() && std::isfinite(value)) return value;
  } catch (const std::exception&) {
  }
  throw Error("E-PLANT-018", "\"" + row.cells[i] + "\" is no number",
              path + ":" + std::to_string(row.line), "write digits, decimal point",
              ExitCode::invalid_input);
}

EvidenceClass evidence_of(const std::string& word) {
  if (word == "MEASURED") return EvidenceClass::measured;
  if (word == "DERIVED") return EvidenceClass::derived;
  return word == "ESTIMATED" ? EvidenceClass::estimated : EvidenceClass::memory;
}

PlantYield yield_of(const recovery::Yield& y, const std::string& mineral,
                    std::vector<std::string> elements) {
  return {mineral, std::move(elements), y.mode, evidence_of(y.evidence), y.source};
}

}  // namespace

std::vector<LeachRate> read_leach_rates(const std::string& path, const std::string& source,
                                        EvidenceClass evidence, std::vector<InputFile>* records) {
  std::vector<LeachRate> rates;
  for (const auto& row : table(path, {"oxide", "order_A", "B_mol_kg_h"}, records)) {
    LeachRate r;
    r.element = oxide_cation(row.cells[0]);
    if (r.element.empty()) {
      throw Error("E-PLANT-018", "\"" + row.cells[0] + "\" is no oxide",
                  path + ":" + std::to_string(row.line), "write La2O3", ExitCode::invalid_input);
    }
    r.atoms_per_oxide = parse_formula(row.cells[0]).front().count;
    r.order = number(row, 1, path);
    r.b_mol_per_kg_h = number(row, 2, path);
    r.evidence = evidence;
    r.source = source;
    rates.push_back(r);
  }
  return rates;
}

std::vector<PrecipitationCurve> read_precipitation_curves(const std::string& path,
                                                          std::vector<InputFile>* records) {
  std::vector<PrecipitationCurve> curves;
  for (const auto& row : table(path, {"element", "epsilon", "n_DA"}, records)) {
    curves.push_back({row.cells[0], number(row, 1, path), number(row, 2, path)});
  }
  return curves;
}

void append_route(const recovery::Route& route, LeachUnit& unit) {
  std::vector<std::string> rare(rare_earths.begin(), rare_earths.end());
  for (const recovery::MineralRoute& m : route.minerals) {
    if (m.beneficiation.mode == 0.0) continue;  // the route does not address it: no yield is stated
    unit.cracking.push_back(yield_of(m.cracking, m.mineral, rare));
    unit.leaching.push_back(yield_of(m.leaching, m.mineral, rare));
    for (const auto& own : m.leaching_of) {
      // The same element named twice: the later, more special one must speak first.
      auto& named = unit.leaching.back().elements;
      named.erase(std::remove(named.begin(), named.end(), own.element), named.end());
    }
    for (const auto& own : m.leaching_of) {
      unit.leaching.push_back(yield_of(own.yield, m.mineral, {own.element}));
    }
  }
}

}  // namespace gadolin::config
