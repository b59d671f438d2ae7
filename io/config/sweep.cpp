#include "io/config/sweep.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "io/config/circuit.hpp"
#include "io/config/study_file.hpp"
#include "io/readers/csv.hpp"
#include "io/readers/file_bytes.hpp"

namespace gadolin::config {

namespace {

using separation::MetricKind;
using separation::SweepAxis;
using separation::SweepSampling;

const std::vector<std::string>& kinds() {
  static const std::vector<std::string> names(std::begin(separation::metric_kind_names),
                                              std::end(separation::metric_kind_names));
  return names;
}

MetricKind kind_of(const std::string& word) {
  return static_cast<MetricKind>(std::find(kinds().begin(), kinds().end(), word) - kinds().begin());
}

/// A table of designs: a header of keys, a row per design.
std::vector<SweepAxis> axes_of_table(const std::string& path, std::vector<InputFile>* records) {
  io::FileBytes file = io::read_file(path, "designs");
  const auto rows = io::parse_csv(file.bytes, io::sniff_separator(file.bytes), path);
  if (records != nullptr) records->push_back(file.record);
  if (rows.size() < 2) {
    throw Error("E-SEP-112", "the table has a header and no design", path,
                "give a row of numbers per design", ExitCode::usage);
  }
  std::vector<SweepAxis> axes;
  for (const auto& key : rows[0].cells) {
    SweepAxis axis;
    axis.name = key;
    axis.keys = {key};
    axes.push_back(axis);
  }
  for (std::size_t r = 1; r < rows.size(); ++r) {
    const auto place = path + ":" + std::to_string(rows[r].line);
    if (rows[r].cells.size() != axes.size()) {
      throw Error("E-SEP-112",
                  "the row has " + std::to_string(rows[r].cells.size()) + " cells, the header " +
                      std::to_string(axes.size()),
                  place, "give one number per key", ExitCode::usage);
    }
    for (std::size_t a = 0; a < axes.size(); ++a) {
      const std::string& cell = rows[r].cells[a];
      char* end = nullptr;
      const double value = std::strtod(cell.c_str(), &end);
      if (cell.empty() || *end != '\0' || !(value - value == 0.0)) {
        throw Error("E-SEP-112", "\"" + cell + "\" is no number", place,
                    "write finite numbers with a decimal point", ExitCode::usage);
      }
      axes[a].values.push_back(value);
    }
  }
  return axes;
}

}  // namespace

std::string beside(const std::string& file, const std::string& named) {
  return (std::filesystem::path(file).parent_path() / named).lexically_normal().string();
}

separation::SweepAxis axis_of(const TomlTable& t) {
  separation::SweepAxis axis;
  if (t.has("keys")) {
    axis.keys = t.texts("keys");
    t.allow("key");
  } else {
    axis.keys = {t.text("key")};
  }
  if (axis.keys.empty()) {
    throw t.error("E-SEP-112", "an axis without a key", "keys", "name at least one key");
  }
  axis.name = t.text_or("name", axis.keys.front());
  axis.whole = t.boolean_or("whole", false);
  axis.logarithmic = t.choice_or("scale", "linear", {"linear", "log"}) == "log";
  if (t.has("values")) {
    axis.values = t.numbers("values");
    if (axis.values.empty()) {
      throw t.error("E-SEP-112", "axis " + axis.name + " has no values", "values",
                    "give at least one");
    }
  } else {
    axis.low = t.number("from");
    axis.high = t.number("to");
    axis.steps = static_cast<int>(t.integer_or("steps", 0, 0, 1000000000));
  }
  t.finish();
  return axis;
}

separation::Metric metric_of(const TomlTable& t) {
  separation::Metric m;
  const std::string kind = t.choice("kind", kinds());
  m.kind = kind_of(kind);
  m.name = t.text_or("name", kind);
  m.product = t.text_or("product", "");
  m.elements = t.texts_or("elements", {});
  if (m.kind == MetricKind::cost) {
    m.unit = t.text("unit");
    m.source = t.text("source");
    const TomlTable weights = t.table("weights");
    for (const auto& key : weights.keys()) {
      const auto found = std::find(kinds().begin(), kinds().end(), key);
      const MetricKind part = found == kinds().end() ? MetricKind::cost : kind_of(key);
      const bool money = part == MetricKind::cost || part == MetricKind::cost_per_kg;
      if (part <= MetricKind::flow || money) {
        throw weights.error("E-SEP-113", "\"" + key + "\" cannot be priced", key,
                            "use base, acid, stages, solvent, stage_flow or stage_throughput");
      }
      m.weights.push_back({part, weights.number(key)});
    }
  }
  if (m.kind == MetricKind::cost_per_kg) {
    m.money.base = t.text_or("base", m.money.base);
    m.money.acid = t.text_or("acid", m.money.acid);
    m.money.capital_charge_fraction = t.number_or("capital_charge_fraction", 0.0, fraction);
    m.money.hours_per_year = t.number_or("hours_per_year", m.money.hours_per_year, {1.0, 8784.0});
  }
  t.finish();
  return m;
}

std::vector<separation::Metric> metrics_of(const TomlTable& root) {
  std::vector<separation::Metric> metrics;
  for (const TomlTable& t : root.tables_or_none("metric")) {
    const separation::Metric m = metric_of(t);
    for (const auto& other : metrics) {
      if (other.name == m.name) {
        throw t.error("E-SEP-113", "two metrics are named " + m.name, "name", "name each once");
      }
    }
    metrics.push_back(m);
  }
  return metrics;
}

separation::SweepSettings read_sweep(const std::string& path, std::vector<InputFile>* records) {
  InputFile record;
  const TomlTable root = TomlTable::read(path, &record, "sweep");
  if (records != nullptr) records->push_back(record);
  refuse_plant(root, path);
  separation::SweepSettings s;
  s.source_file = path;
  s.name = root.text("name");
  s.description = root.text_or("description", "");
  s.base_file = beside(path, root.text("base"));
  const auto sampling = root.choice_or("sampling", "grid", {"grid", "list", "random"});
  s.sampling = sampling == "list"     ? SweepSampling::list
               : sampling == "random" ? SweepSampling::random
                                      : SweepSampling::grid;
  s.samples = static_cast<std::size_t>(root.integer_or("samples", 0, 0, 1000000000));
  s.store_products = root.boolean_or("store_products", true);
  if (root.has("table")) {
    if (s.sampling != SweepSampling::list) {
      throw root.error("E-SEP-112", "a table of designs is a list", "table",
                       "write sampling = \"list\"");
    }
    s.axes = axes_of_table(beside(path, root.text("table")), records);
    root.allow("vary");
  }
  for (const TomlTable& t : root.tables_or_none("vary")) s.axes.push_back(axis_of(t));
  s.metrics = metrics_of(root);
  for (const char* other : {"equipment", "economics"}) root.allow(other);  // io/config/economics
  root.finish();
  return s;
}

BaseDesign::BaseDesign(const std::string& path, std::vector<InputFile>* records)
    : path_(path), root_(TomlTable::parse("", path)) {
  InputFile record;
  root_ = TomlTable::read(path, &record, "design");
  if (records != nullptr) records->push_back(record);
  circuit_ = circuit_of(root_, path, records);
}

separation::Circuit BaseDesign::with(
    const std::vector<std::pair<std::string, double>>& numbers) const {
  std::vector<std::pair<std::vector<std::string>, double>> steps;
  for (const auto& [key, value] : numbers) steps.emplace_back(separation::split_key(key), value);
  return circuit_of(root_.with_numbers(steps), path_, nullptr);
}

}  // namespace gadolin::config
