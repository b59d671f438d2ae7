#include "io/store/datasets.hpp"
#include "io/store/result_file.hpp"
#include "io/store/schema.hpp"

namespace gadolin::io {

namespace {

using hdf5::group;
using hdf5::Group;

/// A table of columns: rows are designs.
void write_columns(hid_t parent, const std::string& name, const std::vector<std::string>& columns,
                   const std::vector<std::string>& units,
                   const std::vector<std::vector<double>>& rows) {
  const Group table = group(parent, name, "NXcollection");
  hdf5::write_texts(table.get(), "name", columns);
  hdf5::write_texts(table.get(), "unit", units);
  std::vector<double> values;
  for (const auto& row : rows) values.insert(values.end(), row.begin(), row.end());
  hdf5::write_numbers(table.get(), "value", values, {rows.size(), columns.size()}, "");
  hdf5::set_attribute_of(table.get(), "value", "axes_text", "[design, column]");
}

}  // namespace

void ResultFile::write_optimisation(const separation::OptimiseResult& r) {
  holds_results_ = true;
  const Group made = group(file_.get(), "optimisation", "NXprocess");
  const hid_t id = made.get();
  hdf5::write_text(id, "program", "gadolin");
  hdf5::write_text(id, "name", r.name);
  hdf5::write_text(id, "description", r.description);
  hdf5::write_text(id, "method", r.method);
  hdf5::write_text(id, "worst_evidence", to_string(r.worst_evidence));
  hdf5::write_texts(id, "evidence", r.evidence);
  std::vector<std::vector<double>> x, f, c;
  std::vector<std::string> by, goals;
  std::vector<std::int64_t> flags;
  std::vector<double> closure;
  for (const auto& design : r.front) {
    x.push_back(design.x);
    f.push_back(design.objectives);
    c.push_back(design.constraints);
    by.push_back(design.found_by);
    flags.push_back(design.flags);
    closure.push_back(design.closure_relative);
  }
  for (const bool up : r.maximise) goals.push_back(up ? "maximise" : "minimise");
  write_columns(id, "designs", r.axes, r.axis_units, x);
  write_columns(id, "objectives", r.objectives, r.objective_units, f);
  hdf5::write_texts(id, "goal", goals);
  if (!r.constraints.empty()) {
    write_columns(id, "constraints", r.constraints,
                  std::vector<std::string>(r.constraints.size(), ""), c);
  }
  hdf5::write_texts(id, "found_by", by);
  hdf5::write_integers(id, "credibility", flags, "1");
  hdf5::write_numbers(id, "closure_relative", closure, "1");
  hdf5::write_integer(id, "balanced", static_cast<std::int64_t>(r.balanced), "1");
  hdf5::write_numbers(id, "hypervolume", r.hypervolume, "1");
  hdf5::write_numbers(id, "reference", r.reference, "1");
  if (!r.tornado.empty()) {
    const Group table = group(id, "tornado", "NXcollection");
    std::vector<std::string> axes;
    std::vector<double> low, high, at_low, at_high;
    for (const auto& t : r.tornado) {
      axes.push_back(t.axis);
      low.push_back(t.low);
      high.push_back(t.high);
      at_low.insert(at_low.end(), t.at_low.begin(), t.at_low.end());
      at_high.insert(at_high.end(), t.at_high.begin(), t.at_high.end());
    }
    hdf5::write_texts(table.get(), "axis", axes);
    hdf5::write_numbers(table.get(), "low", low, "");
    hdf5::write_numbers(table.get(), "high", high, "");
    hdf5::write_numbers(table.get(), "at_low", at_low, {axes.size(), r.objectives.size()}, "");
    hdf5::write_numbers(table.get(), "at_high", at_high, {axes.size(), r.objectives.size()}, "");
  }
  const Group counts = group(id, "counts", "NXcollection");
  hdf5::write_integer(counts.get(), "evaluations", static_cast<std::int64_t>(r.evaluations), "1");
  hdf5::write_integer(counts.get(), "not_converged", static_cast<std::int64_t>(r.not_converged),
                      "1");
  hdf5::write_integer(counts.get(), "out_of_range", static_cast<std::int64_t>(r.out_of_range), "1");
  hdf5::write_integer(counts.get(), "infeasible", static_cast<std::int64_t>(r.infeasible), "1");
  write_warnings(id, r.warnings);
  add_journal("optimisation", 0, static_cast<std::int64_t>(r.front.size()));
}

}  // namespace gadolin::io
