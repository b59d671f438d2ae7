#include <algorithm>

#include "io/store/datasets.hpp"
#include "io/store/result_file.hpp"
#include "io/store/schema.hpp"
#include "io/store/write_circuit.hpp"

/// A separation circuit: /sample_<id>/process.
namespace gadolin::io {

namespace {

using hdf5::group;
using hdf5::Group;
using separation::BankResult;
using separation::CircuitResult;
using separation::Product;

struct StageColumn {
  const char* name;
  const char* units;
  std::vector<double> BankResult::*values;
};
const StageColumn stage_species_columns[] = {
    {"aqueous", "mol/L", &BankResult::aqueous_molar},
    {"organic", "mol/L", &BankResult::organic_molar},
    {"distribution_coefficient", "1", &BankResult::distribution_coefficient}};
const StageColumn stage_columns[] = {{"ph", "1", &BankResult::ph},
                                     {"free_extractant", "mol/L", &BankResult::free_dimer_molar},
                                     {"loading_fraction", "1", &BankResult::loading_fraction},
                                     {"aqueous_flow", "L/h", &BankResult::aqueous_flow_l_per_h},
                                     {"organic_flow", "L/h", &BankResult::organic_flow_l_per_h},
                                     // where the circuit has an aqueous chemistry
                                     {"ionic_strength", "mol/L", &BankResult::ionic_strength_molar},
                                     {"ph_activity", "1", &BankResult::ph_activity},
                                     {"free_anion", "mol/L", &BankResult::free_anion_molar}};

/// A solver that gave up for want of numbers leaves zeros; its profile is left out then.
bool has_numbers(ItemStatus status) {
  return status == ItemStatus::ok || status == ItemStatus::not_converged;
}

void write_bank(hid_t parent, const std::string& name, const BankResult& bank) {
  const Group made = group(parent, name, "NXdata");
  const hid_t id = made.get();
  hdf5::write_text(id, "name", bank.name);
  hdf5::write_code(id, "status", static_cast<int>(bank.status), hdf5::item_status_codes());
  hdf5::write_text(id, "status_text", bank.status_text);
  hdf5::write_integer(id, "iterations", bank.iterations, "1");
  hdf5::write_number(id, "largest_residual", bank.largest_residual, "1");
  hdf5::write_texts(id, "species", bank.species);
  const std::uint64_t stages = bank.ph.size(), species = bank.species.size();
  std::vector<std::int64_t> stage;
  for (std::uint64_t i = 0; i < stages; ++i) stage.push_back(static_cast<std::int64_t>(i) + 1);
  hdf5::write_integers(id, "stage", stage, "1");
  hdf5::make_scale(id, "stage");
  hdf5::make_scale(id, "species");
  if (has_numbers(bank.status)) {
    for (const StageColumn& column : stage_species_columns) {
      const auto& values = bank.*column.values;
      if (values.size() != stages * species || values.empty()) continue;
      hdf5::write_numbers(id, column.name, values, {stages, species}, column.units);
      hdf5::attach_scale(id, column.name, 0, "stage");
      hdf5::attach_scale(id, column.name, 1, "species");
    }
    for (const StageColumn& column : stage_columns) {
      const auto& values = bank.*column.values;
      if (values.size() != stages || values.empty()) continue;
      hdf5::write_numbers(id, column.name, values, column.units);
      hdf5::attach_scale(id, column.name, 0, "stage");
    }
    if (bank.out_of_window.size() == stages) {
      const std::vector<std::int64_t> outside(bank.out_of_window.begin(), bank.out_of_window.end());
      hdf5::write_integers(id, "out_of_window", outside, "1");
      hdf5::set_attribute_of(id, "out_of_window", "long_name",
                             "species whose line or constant is used outside its window");
    }
    if (hdf5::exists(id, "aqueous")) {
      // The plot a viewer opens: first axis stages, second axis species.
      mark_plot(id, "aqueous", {"stage", "."}, {"organic"});
    }
  }
  std::vector<std::string> balances = bank.species;
  balances.insert(balances.end(), {"proton", "extractant"});
  if (bank.closure_relative.size() == balances.size()) {
    const Group closure = group(id, "closure", "NXcollection");
    hdf5::write_texts(closure.get(), "balance", balances);
    hdf5::write_numbers(closure.get(), "closure_relative", bank.closure_relative, "1");
  }
  write_warnings(id, bank.warnings);
}

void write_products(hid_t parent, const CircuitResult& result) {
  const Group table = group(parent, "products", "NXcollection");
  const hid_t id = table.get();
  const std::uint64_t products = result.products.size(), species = result.species.size();
  std::vector<std::string> names, banks, phases;
  std::vector<double> flow, molar_flow, recovery, purity;
  const auto take = [species](std::vector<double>* all, const std::vector<double>& own) {
    for (std::uint64_t k = 0; k < species; ++k) {
      all->push_back(k < own.size() ? own[k] : no_number());
    }
  };
  for (const Product& product : result.products) {
    names.push_back(product.name);
    banks.push_back(product.bank);
    phases.push_back(product.phase);
    flow.push_back(product.flow_l_per_h);
    take(&molar_flow, product.molar_flow_mol_per_h);
    take(&recovery, product.recovery_fraction);
    take(&purity, product.purity_fraction);
  }
  hdf5::write_texts(id, "name", names);
  hdf5::write_texts(id, "bank", banks);
  hdf5::write_texts(id, "phase", phases);
  hdf5::write_texts(id, "species", result.species);
  hdf5::write_numbers(id, "flow", flow, "L/h");
  hdf5::write_numbers(id, "molar_flow", molar_flow, {products, species}, "mol/h");
  hdf5::write_numbers(id, "recovery_fraction", recovery, {products, species}, "1");
  hdf5::write_numbers(id, "purity_fraction", purity, {products, species}, "1");
  for (const char* name : {"molar_flow", "recovery_fraction", "purity_fraction"}) {
    hdf5::set_attribute_of(id, name, "axes_text", "[product, species]");
  }
}

}  // namespace

void write_circuit_group(hid_t id, const CircuitResult& result) {
  hdf5::write_text(id, "name", result.name);
  hdf5::write_code(id, "status", static_cast<int>(result.status), hdf5::item_status_codes());
  hdf5::write_text(id, "status_text", result.status_text);
  hdf5::write_text(id, "extractant", result.extractant);
  hdf5::write_texts(id, "species", result.species);
  hdf5::write_text(id, "worst_evidence", to_string(result.worst_evidence));
  hdf5::write_texts(id, "evidence", result.evidence);
  hdf5::write_integer(id, "loop_iterations", result.loop_iterations, "1");
  hdf5::write_number(id, "loop_change", result.loop_change, "1");
  hdf5::write_number(id, "base", result.base_mol_per_h, "mol/h");
  hdf5::write_number(id, "acid", result.acid_mol_per_h, "mol/h");
  hdf5::write_numbers(id, "fed", result.fed_mol_per_h, "mol/h");
  hdf5::write_numbers(id, "closure_relative", result.closure_relative, "1");
  std::vector<std::string> bank_groups;
  for (const BankResult& bank : result.banks) {
    bank_groups.push_back("bank_" + std::to_string(bank_groups.size() + 1));
    write_bank(id, bank_groups.back(), bank);
  }
  hdf5::write_texts(id, "bank_groups", bank_groups);
  write_products(id, result);
  write_warnings(id, result.warnings);
}

void ResultFile::write_circuit(const std::string& sample_id, const CircuitResult& result) {
  const Group made = entry(sample_id, "process");
  const Group process = group(made.get(), "process", "NXprocess");
  const hid_t id = process.get();
  hdf5::write_text(id, "program", "gadolin");
  hdf5::write_integer(id, "sequence_index", 3, "1");
  write_circuit_group(id, result);
  if (!result.banks.empty()) {
    hdf5::set_attribute(id, "default", "bank_1");
    set_default(sample_id, "process", 1);
  }
  add_journal("sample " + sample_id + " process", 0, 0);
}

}  // namespace gadolin::io
