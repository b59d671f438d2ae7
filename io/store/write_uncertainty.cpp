#include "io/store/datasets.hpp"
#include "io/store/result_file.hpp"
#include "io/store/schema.hpp"

/// How well a circuit is known: /sample_<id>/uncertainty.
namespace gadolin::io {

using hdf5::group;
using hdf5::Group;
using separation::UncertaintyAnswer;
using separation::UncertaintyBlock;
using separation::UncertaintyColumns;
using separation::UncertaintyResult;

void ResultFile::append_uncertainty(const std::string& sample_id, const UncertaintyColumns& columns,
                                    const UncertaintyBlock& block) {
  const Group made = entry(sample_id);
  const Group process = group(made.get(), "uncertainty", "NXprocess");
  if (block.first == 0) {
    const Group designs = group(process.get(), "designs", "NXcollection");
    hdf5::write_texts(designs.get(), "column", columns.designs);
    const Group products = group(process.get(), "products", "NXcollection");
    hdf5::write_texts(products.get(), "answer", columns.answers);
    hdf5::write_texts(products.get(), "product", columns.products);
    hdf5::write_texts(products.get(), "product_phase", columns.product_phases);
    hdf5::write_texts(products.get(), "species", columns.species);
  }
  const Group designs = group(process.get(), "designs", "NXcollection");
  const Group products = group(process.get(), "products", "NXcollection");
  const Group flags = group(process.get(), "flags", "NXcollection");
  hdf5::append_numbers(designs.get(), "value", block.designs, block.count, {columns.designs.size()},
                       "1");
  hdf5::append_numbers(products.get(), "value", block.answers, block.count,
                       {columns.answers.size()}, "1");
  hdf5::append_numbers(products.get(), "molar_flow", block.amounts, block.count,
                       {columns.products.size(), columns.species.size()}, "mol/h");
  std::vector<int> status;
  std::vector<std::int64_t> bits;
  for (std::size_t i = 0; i < block.count; ++i) {
    status.push_back(static_cast<int>(block.status[i]));
    bits.push_back(block.flags[i]);
  }
  hdf5::append_codes(flags.get(), "status", status, block.count, {}, hdf5::item_status_codes());
  hdf5::append_integers(flags.get(), "bits", bits, "1");
  flush();
}

void ResultFile::write_uncertainty(const std::string& sample_id, const UncertaintyResult& result) {
  const Group made = entry(sample_id, "uncertainty");
  const Group process = group(made.get(), "uncertainty", "NXprocess");
  const hid_t id = process.get();
  hdf5::write_text(id, "program", "gadolin");
  hdf5::write_text(id, "name", result.name);
  hdf5::write_code(id, "status", static_cast<int>(result.status), hdf5::item_status_codes());
  hdf5::write_text(id, "status_text", result.status_text);
  hdf5::write_text(id, "worst_evidence", to_string(result.worst_evidence));
  hdf5::write_text(id, "sampling", result.sampling);
  hdf5::write_text(id, "gradient_text", result.gradient_text);
  const std::pair<const char*, std::size_t> counts[] = {{"rows", result.rows},
                                                        {"cascades", result.cascades},
                                                        {"not_converged", result.not_converged},
                                                        {"out_of_range", result.out_of_range},
                                                        {"retried", result.retried},
                                                        {"independent", result.independent},
                                                        {"asked", result.asked},
                                                        {"rows_lost", result.rows_lost}};
  for (const auto& [name, count] : counts) {
    hdf5::write_integer(id, name, static_cast<std::int64_t>(count), "1");
  }
  hdf5::write_text(id, "seed", std::to_string(result.seed));
  hdf5::write_number(id, "worst_closure", result.worst_closure, "1");
  hdf5::write_texts(id, "input", result.inputs);
  hdf5::write_texts(id, "input_distribution", result.input_text);
  const std::uint64_t answers = result.answers.size(), inputs = result.inputs.size();
  if (answers > 0) {
    const Group table = group(id, "answers", "NXcollection");
    std::vector<std::string> names, units;
    for (const UncertaintyAnswer& a : result.answers) {
      names.push_back(a.name);
      units.push_back(a.unit);
    }
    hdf5::write_texts(table.get(), "name", names);
    hdf5::write_texts(table.get(), "unit", units);
    const auto column = [&](const char* name, double UncertaintyAnswer::*field) {
      std::vector<double> values;
      for (const UncertaintyAnswer& a : result.answers) values.push_back(a.*field);
      hdf5::write_numbers(table.get(), name, values, "1");
      hdf5::set_attribute_of(table.get(), name, "long_name", "in the unit of its row");
    };
    column("nominal", &UncertaintyAnswer::nominal);
    column("mean", &UncertaintyAnswer::mean);
    column("standard_deviation", &UncertaintyAnswer::u);
    column("p05", &UncertaintyAnswer::q05);
    column("p50", &UncertaintyAnswer::q50);
    column("p95", &UncertaintyAnswer::q95);
    column("u_first_order", &UncertaintyAnswer::u_first_order);
    const auto indices = [&](const char* name, std::vector<double> UncertaintyAnswer::*field) {
      std::vector<double> values;
      for (const UncertaintyAnswer& a : result.answers) {
        values.insert(values.end(), (a.*field).begin(), (a.*field).end());
      }
      if (values.size() != answers * inputs) return;
      hdf5::write_numbers(table.get(), name, values, {answers, inputs}, "1");
    };
    indices("sobol_first", &UncertaintyAnswer::first);
    indices("sobol_first_low", &UncertaintyAnswer::first_low);
    indices("sobol_first_high", &UncertaintyAnswer::first_high);
    indices("sobol_total", &UncertaintyAnswer::total);
    indices("sobol_total_low", &UncertaintyAnswer::total_low);
    indices("sobol_total_high", &UncertaintyAnswer::total_high);
  }
  if (!result.verdicts.empty()) {
    const Group table = group(id, "verdicts", "NXcollection");
    std::vector<std::string> texts;
    std::vector<std::int64_t> met;
    std::vector<double> probability, low, high, floor;
    for (const auto& v : result.verdicts) {
      texts.push_back(v.text);
      met.push_back(static_cast<std::int64_t>(v.met));
      probability.push_back(v.probability);
      low.push_back(v.low);
      high.push_back(v.high);
      floor.push_back(v.low_if_failed_miss);
    }
    hdf5::write_texts(table.get(), "specification", texts);
    hdf5::write_integers(table.get(), "met", met, "1");
    hdf5::write_numbers(table.get(), "probability", probability, "1");
    hdf5::write_numbers(table.get(), "low", low, "1");
    hdf5::write_numbers(table.get(), "high", high, "1");
    hdf5::write_numbers(table.get(), "low_if_failed_miss", floor, "1");
  }
  write_warnings(id, result.warnings);
  add_journal("sample " + sample_id + " uncertainty", 0, 0);
}

}  // namespace gadolin::io
