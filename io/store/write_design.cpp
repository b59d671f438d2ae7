#include <algorithm>

#include "io/store/datasets.hpp"
#include "io/store/result_file.hpp"
#include "io/store/schema.hpp"

namespace gadolin::io {

namespace {

using hdf5::group;
using hdf5::Group;
using separation::DesignedCut;

struct CutColumn {
  const char* name;
  const char* units;
  double (*value)(const DesignedCut&);
};
const CutColumn cut_columns[] = {
    {"separation_factor", "1", [](const DesignedCut& c) { return c.seed.separation_factor; }},
    {"fenske_stages", "1", [](const DesignedCut& c) { return c.fenske_stages; }},
    {"seed_extraction_stages", "1", [](const DesignedCut& c) { return c.seed.extraction_stages; }},
    {"seed_scrub_stages", "1", [](const DesignedCut& c) { return c.seed.scrub_stages; }},
    {"seed_solvent_ratio", "1", [](const DesignedCut& c) { return c.seed.solvent; }},
    {"seed_scrub_ratio", "1", [](const DesignedCut& c) { return c.seed.scrub; }},
    {"extraction_stages", "1", [](const DesignedCut& c) { return 1.0 * c.extraction_stages; }},
    {"scrub_stages", "1", [](const DesignedCut& c) { return 1.0 * c.scrub_stages; }},
    {"strip_stages", "1", [](const DesignedCut& c) { return 1.0 * c.strip_stages; }},
    {"solvent_flow", "L/h", [](const DesignedCut& c) { return c.solvent_l_per_h; }},
    {"extractant", "mol/L", [](const DesignedCut& c) { return c.extractant_molar; }},
    {"saponified_fraction", "1", [](const DesignedCut& c) { return c.saponified_fraction; }},
    {"scrub_flow", "L/h", [](const DesignedCut& c) { return c.scrub_l_per_h; }},
    {"scrub_acid", "mol/L", [](const DesignedCut& c) { return c.scrub_acid_molar; }},
    {"strip_flow", "L/h", [](const DesignedCut& c) { return c.strip_l_per_h; }},
    {"strip_acid", "mol/L", [](const DesignedCut& c) { return c.strip_acid_molar; }},
    {"light_up", "mol/h", [](const DesignedCut& c) { return c.light_up_mol_per_h; }},
    {"light_up_limit", "mol/h", [](const DesignedCut& c) { return c.light_up_limit; }},
    {"heavy_down", "mol/h", [](const DesignedCut& c) { return c.heavy_down_mol_per_h; }},
    {"heavy_down_limit", "mol/h", [](const DesignedCut& c) { return c.heavy_down_limit; }},
    {"loading_max", "1", [](const DesignedCut& c) { return c.loading_max; }},
    {"phase_ratio_min", "1", [](const DesignedCut& c) { return c.phase_ratio_min; }},
    {"phase_ratio_max", "1", [](const DesignedCut& c) { return c.phase_ratio_max; }}};

}  // namespace

void ResultFile::write_design(const separation::DesignResult& r) {
  holds_results_ = true;
  const Group made = group(file_.get(), "design", "NXprocess");
  const hid_t id = made.get();
  hdf5::write_text(id, "program", "gadolin");
  hdf5::write_text(id, "name", r.name);
  hdf5::write_text(id, "description", r.description);
  hdf5::write_code(id, "feasible", r.feasible ? 1 : 0, hdf5::yes_no_codes());
  hdf5::write_text(id, "worst_evidence", to_string(r.worst_evidence));
  hdf5::write_texts(id, "evidence", r.evidence);
  hdf5::write_texts(id, "species", r.species);
  hdf5::write_texts(id, "extraction_order", r.order);
  hdf5::write_numbers(id, "fed", r.fed_mol_per_h, "mol/h");
  hdf5::write_numbers(id, "closure_relative", r.closure_relative, "1");
  hdf5::write_number(id, "stages", r.stages, "1");
  hdf5::write_number(id, "solvent_flow", r.solvent_l_per_h, "L/h");
  hdf5::write_number(id, "stage_flow", r.stage_flow_l_per_h, "L/h");
  hdf5::write_number(id, "base", r.base_mol_per_h, "mol/h");
  hdf5::write_number(id, "acid", r.acid_mol_per_h, "mol/h");
  {
    const Group table = group(id, "orders", "NXcollection");
    std::vector<std::string> texts;
    std::vector<double> costs;
    for (const auto& order : r.orders) {
      texts.push_back(order.text);
      costs.push_back(order.cost);
    }
    hdf5::write_texts(table.get(), "order", texts);
    hdf5::write_numbers(table.get(), "cost", costs, "");
  }
  {
    const Group table = group(id, "cuts", "NXcollection");
    std::vector<std::string> names, feeds, light, heavy;
    for (const auto& cut : r.cuts) {
      names.push_back(cut.name);
      feeds.push_back(cut.feed);
      light.push_back(cut.light_key);
      heavy.push_back(cut.heavy_key);
    }
    hdf5::write_texts(table.get(), "name", names);
    hdf5::write_texts(table.get(), "feed", feeds);
    hdf5::write_texts(table.get(), "light_key", light);
    hdf5::write_texts(table.get(), "heavy_key", heavy);
    for (const CutColumn& column : cut_columns) {
      std::vector<double> values;
      for (const auto& cut : r.cuts) values.push_back(column.value(cut));
      hdf5::write_numbers(table.get(), column.name, values, column.units);
    }
  }
  {
    const Group table = group(id, "products", "NXcollection");
    std::vector<std::string> names, streams, elements;
    std::vector<double> purity, all, recovery, asked_purity, asked_recovery, flow, amount;
    std::vector<int> met;
    for (const auto& p : r.products) {
      if (p.name.empty()) continue;
      names.push_back(p.name);
      streams.push_back(p.stream);
      std::string list;
      for (const auto& element : p.elements) list += (list.empty() ? "" : " ") + element;
      elements.push_back(list);
      purity.push_back(p.purity_fraction);
      all.push_back(p.purity_of_all_fraction);
      recovery.push_back(p.recovery_fraction);
      asked_purity.push_back(p.target_purity);
      asked_recovery.push_back(p.target_recovery);
      flow.push_back(p.flow_l_per_h);
      met.push_back(p.meets_target ? 1 : 0);
      amount.insert(amount.end(), p.mol_per_h.begin(), p.mol_per_h.end());
    }
    hdf5::write_texts(table.get(), "name", names);
    hdf5::write_texts(table.get(), "stream", streams);
    hdf5::write_texts(table.get(), "elements", elements);
    hdf5::write_numbers(table.get(), "purity_fraction", purity, "1");
    hdf5::write_numbers(table.get(), "purity_of_all_fraction", all, "1");
    hdf5::write_numbers(table.get(), "recovery_fraction", recovery, "1");
    hdf5::write_numbers(table.get(), "target_purity", asked_purity, "1");
    hdf5::write_numbers(table.get(), "target_recovery", asked_recovery, "1");
    hdf5::write_numbers(table.get(), "flow", flow, "L/h");
    hdf5::write_codes(table.get(), "meets_target", met, {met.size()}, hdf5::yes_no_codes());
    hdf5::write_numbers(table.get(), "molar_flow", amount, {names.size(), r.species.size()},
                        "mol/h");
  }
  if (!r.reasons.empty()) {
    const Group table = group(id, "reasons", "NXcollection");
    std::vector<std::string> codes, cuts, light, heavy, quantity, unit, text;
    std::vector<double> needed, available, best_light, best_heavy;
    for (const auto& reason : r.reasons) {
      codes.push_back(reason.code);
      cuts.push_back(reason.cut);
      light.push_back(reason.light);
      heavy.push_back(reason.heavy);
      quantity.push_back(reason.quantity);
      unit.push_back(reason.unit);
      text.push_back(reason.text);
      needed.push_back(reason.needed);
      available.push_back(reason.available);
      best_light.push_back(reason.best_purity_light);
      best_heavy.push_back(reason.best_purity_heavy);
    }
    hdf5::write_texts(table.get(), "code", codes);
    hdf5::write_texts(table.get(), "cut", cuts);
    hdf5::write_texts(table.get(), "light", light);
    hdf5::write_texts(table.get(), "heavy", heavy);
    hdf5::write_texts(table.get(), "quantity", quantity);
    hdf5::write_texts(table.get(), "unit", unit);
    hdf5::write_texts(table.get(), "text", text);
    hdf5::write_numbers(table.get(), "needed", needed, "");
    hdf5::write_numbers(table.get(), "available", available, "");
    hdf5::write_numbers(table.get(), "best_purity_light", best_light, "1");
    hdf5::write_numbers(table.get(), "best_purity_heavy", best_heavy, "1");
  }
  write_warnings(id, r.warnings);
  add_journal("design", 0, static_cast<std::int64_t>(r.cuts.size()));
  for (const auto& cut : r.cuts) {
    if (!cut.result.banks.empty()) write_circuit(cut.name, cut.result);
  }
}

}  // namespace gadolin::io
