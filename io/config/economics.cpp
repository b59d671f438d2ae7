#include "io/config/economics.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "io/config/data_dir.hpp"
#include "io/readers/csv.hpp"
#include "io/readers/file_bytes.hpp"

namespace gadolin::config {

namespace {

using namespace separation;

/// A CSV read by the names of its columns.
class Columns {
 public:
  Columns(const std::string& path, InputFile* record, const std::vector<std::string>& names)
      : path_(path) {
    const io::FileBytes file = io::read_file(path, "economics");
    if (record != nullptr) *record = file.record;
    rows_ = io::parse_csv(file.bytes, ',', path);
    if (rows_.empty() || rows_.front().cells != names) {
      std::string wanted;
      for (const auto& n : names) wanted += (wanted.empty() ? "" : ",") + n;
      throw Error("E-COST-003", "the header is not " + wanted, path, "give these columns",
                  ExitCode::invalid_input);
    }
    for (const auto& row : rows_) {
      if (row.cells.size() == names.size()) continue;
      throw Error("E-COST-003", "a row of another length", place(row),
                  "give one cell for each column", ExitCode::invalid_input);
    }
    rows_.erase(rows_.begin());
  }
  const std::vector<io::CsvRow>& rows() const { return rows_; }
  std::string place(const io::CsvRow& row) const { return path_ + ":" + std::to_string(row.line); }
  double number(const io::CsvRow& row, std::size_t i) const {
    try {
      std::size_t used = 0;
      const double value = std::stod(row.cells[i], &used);
      if (used == row.cells[i].size() && std::isfinite(value)) return value;
    } catch (const std::exception&) {
    }
    throw Error("E-COST-003", "\"" + row.cells[i] + "\" is no number", place(row),
                "write digits, decimal point", ExitCode::invalid_input);
  }
  std::string grade(const io::CsvRow& row, std::size_t i) const {
    const std::string& g = row.cells[i];
    if (g == "A" || g == "B" || g == "C" || g == "own") return g;
    throw Error("E-COST-003", "grade \"" + g + "\"", place(row), "use A, B, C or own",
                ExitCode::invalid_input);
  }

 private:
  std::string path_;
  std::vector<io::CsvRow> rows_;
};

EquipmentSettings equipment_of(const TomlTable& t) {
  EquipmentSettings e;
  e.mixer_residence_min = t.number_or("mixer_residence_min", e.mixer_residence_min, positive);
  e.settler_flow_m3_per_m2_h =
      t.number_or("settler_flow_m3_per_m2_h", e.settler_flow_m3_per_m2_h, positive);
  e.settler_depth_m = t.number_or("settler_depth_m", e.settler_depth_m, positive);
  e.surge_fraction = t.number_or("surge_fraction", e.surge_fraction, not_negative);
  e.mixer_power_kw_per_m3 =
      t.number_or("mixer_power_kw_per_m3", e.mixer_power_kw_per_m3, not_negative);
  t.finish();
  return e;
}

}  // namespace

std::vector<PriceRow> read_prices(const std::string& path, InputFile* record) {
  const Columns table(path, record,
                      {"date", "item", "low", "high", "currency", "per", "market", "basis",
                       "source", "grade", "note"});
  std::vector<PriceRow> prices;
  for (const auto& row : table.rows()) {
    const auto& c = row.cells;
    PriceRow p{c[0],
               c[1],
               table.number(row, 2),
               table.number(row, 3),
               c[4],
               c[5],
               c[7],
               c[8],
               table.grade(row, 9),
               c[6],
               c[10]};
    if (p.date.empty() || p.source.empty() || p.market.empty()) {
      throw Error("E-COST-003", "a price without date, market or source", table.place(row),
                  "state all three", ExitCode::invalid_input);
    }
    prices.push_back(p);
  }
  return prices;
}

std::vector<IndexRow> read_indices(const std::string& path, InputFile* record) {
  const Columns table(path, record,
                      {"item", "year", "value", "unit", "basis", "source", "grade", "note"});
  std::vector<IndexRow> indices;
  for (const auto& row : table.rows()) {
    const auto& c = row.cells;
    indices.push_back({c[0], static_cast<int>(table.number(row, 1)), table.number(row, 2), c[3],
                       c[4], c[5], table.grade(row, 6), c[7]});
  }
  return indices;
}

PlantEconomics read_economics(const std::string& path, std::vector<InputFile>* records) {
  PlantEconomics all;
  const TomlTable root = TomlTable::read(path);
  if (const auto t = root.optional_table("equipment")) all.equipment = equipment_of(*t);
  const auto t = root.optional_table("economics");
  if (!t) return all;
  all.costed = true;
  const auto keep = [&](const InputFile& record) {
    if (records != nullptr) records->push_back(record);
  };
  const auto beside = [&](const std::string& name) {
    return (std::filesystem::path(path).parent_path() / name).lexically_normal().string();
  };
  InputFile record;
  if (t->has("prices")) {
    all.tables.prices = read_prices(beside(t->text("prices")), &record);
    for (PriceRow& p : all.tables.prices) p.grade = p.grade == "C" ? "C" : "own";
    keep(record);
  }
  if (t->has("indices")) {
    all.tables.indices = read_indices(beside(t->text("indices")), &record);
    keep(record);
  }
  const std::string folder = find_data_dir() + "/economics";
  for (const PriceRow& p : read_prices(folder + "/prices.csv", &record)) {
    all.tables.prices.push_back(p);
  }
  keep(record);
  for (const IndexRow& i : read_indices(folder + "/indices.csv", &record)) {
    all.tables.indices.push_back(i);
  }
  keep(record);
  CostSettings& c = all.cost;
  c.price_date = t->text("price_date");
  c.price_window_years = t->number_or("price_window_years", c.price_window_years, not_negative);
  c.reagent_window_years =
      t->number_or("reagent_window_years", c.reagent_window_years, not_negative);
  c.product_market = t->text_or("product_market", c.product_market);
  c.product_currency = t->text_or("product_currency", c.product_currency);
  c.reagent_market = t->text_or("reagent_market", c.reagent_market);
  c.reagent_currency = t->text_or("reagent_currency", c.reagent_currency);
  c.cost_year = static_cast<int>(t->integer_or("cost_year", c.cost_year, 1950, 2100));
  c.interest_fraction = t->number_or("interest_fraction", 0.0, fraction);
  c.labour_per_year = t->number_or("labour_per_year", 0.0, not_negative);
  if (c.labour_per_year > 0.0) c.labour_source = t->text("labour_source");
  c.effluent_per_m3 = t->number_or("effluent_per_m3", 0.0, not_negative);
  if (c.effluent_per_m3 > 0.0) c.effluent_source = t->text("effluent_source");
  for (const TomlTable& x : t->tables_or_none("exchange")) {
    c.exchange.push_back({x.text("from"), x.text("to"), x.number("rate", positive), x.text("date"),
                          x.text("source")});
    x.finish();
  }
  if (const auto items = t->optional_table("items")) {
    for (const std::string& name : items->keys()) c.item_of.emplace_back(name, items->text(name));
    items->finish();
  }
  t->finish();
  return all;
}

}  // namespace gadolin::config
