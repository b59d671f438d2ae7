#include "io/store/datasets.hpp"
#include "io/store/result_file.hpp"
#include "io/store/schema.hpp"

/// Extraction constants fitted to equilibria: /sample_<id>/constants.
namespace gadolin::io {

namespace {

using hdf5::group;
using hdf5::Group;
using separation::FitResult;
using separation::FitRow;
using separation::FitSpecies;

void write_rows(hid_t parent, const FitResult& result) {
  const Group made = group(parent, "rows", "NXcollection");
  const hid_t id = made.get();
  std::vector<std::string> experiment, source, species;
  std::vector<std::int64_t> fitted;
  for (const FitRow& row : result.rows) {
    experiment.push_back(row.experiment);
    source.push_back(row.source);
    species.push_back(row.species);
    fitted.push_back(row.fitted ? 1 : 0);
  }
  hdf5::write_texts(id, "experiment", experiment);
  hdf5::write_texts(id, "source", source);
  hdf5::write_texts(id, "species", species);
  hdf5::write_integers(id, "fitted", fitted, "1");
  const auto column = [&](const char* name, const char* units, auto&& value) {
    std::vector<double> values;
    for (const FitRow& row : result.rows) values.push_back(value(row));
    hdf5::write_numbers(id, name, values, units);
  };
  column("log10_d", "1", [](const FitRow& r) { return r.log10_d; });
  column("predicted", "1", [](const FitRow& r) { return r.predicted; });
  column("left_out", "1", [](const FitRow& r) { return r.left_out.value_or(no_number()); });
  column("half_width", "1", [](const FitRow& r) { return r.half_width.value_or(no_number()); });
  column("sensitivity", "1", [](const FitRow& r) { return r.sensitivity; });
  column("weight", "1", [](const FitRow& r) { return r.weight; });
  column("hydrogen", "mol/L", [](const FitRow& r) { return r.h_molar; });
  column("free_extractant", "mol/L", [](const FitRow& r) { return r.free_extractant_molar; });
  column("ionic_strength", "mol/L", [](const FitRow& r) { return r.ionic_strength_molar; });
  column("loading_fraction", "1", [](const FitRow& r) { return r.loading_fraction; });
}

}  // namespace

void ResultFile::write_fit(const std::string& sample_id, const FitResult& result) {
  const Group made = entry(sample_id, "constants");
  const Group process = group(made.get(), "constants", "NXprocess");
  const hid_t id = process.get();
  hdf5::write_text(id, "program", "gadolin");
  hdf5::write_text(id, "name", result.name);
  hdf5::write_code(id, "status", static_cast<int>(result.status), hdf5::item_status_codes());
  hdf5::write_text(id, "status_text", result.status_text);
  std::vector<std::string> names;
  std::vector<double> k, u, scatter;
  for (const FitSpecies& s : result.species) {
    names.push_back(s.name);
    k.push_back(s.log10_k);
    u.push_back(s.u_log10_k);
    scatter.push_back(s.scatter);
  }
  hdf5::write_texts(id, "species", names);
  hdf5::write_numbers(id, "log10_k", k, "1");
  hdf5::write_numbers(id, "u_log10_k", u, "1");
  hdf5::write_numbers(id, "scatter", scatter, "1");
  hdf5::write_number(id, "u_common", result.u_common, "1");
  hdf5::write_integer(id, "u_common_measured", result.u_common_measured ? 1 : 0, "1");
  if (result.exponent) {
    hdf5::write_number(id, "exponent", *result.exponent, "1");
    hdf5::write_number(id, "u_exponent", *result.u_exponent, "1");
  }
  const std::uint64_t unknowns = names.size() + (result.exponent ? 1 : 0);
  if (!result.covariance.empty() && result.covariance.size() == unknowns * unknowns) {
    hdf5::write_numbers(id, "covariance", result.covariance, {unknowns, unknowns}, "1");
  }
  hdf5::write_number(id, "rms", result.rms, "1");
  hdf5::write_number(id, "rms_kept", result.rms_kept, "1");
  hdf5::write_number(id, "rms_left_out", result.rms_left_out, "1");
  hdf5::write_number(id, "coverage", result.coverage, "1");
  hdf5::write_number(id, "coverage_goal", result.coverage_goal, "1");
  hdf5::write_integer(id, "folds", result.folds, "1");
  if (!result.rows.empty()) write_rows(id, result);
  write_warnings(id, result.warnings);
  add_journal("sample " + sample_id + " constants", 0, 0);
}

}  // namespace gadolin::io
