#include "io/store/datasets.hpp"
#include "io/store/result_file.hpp"
#include "io/store/schema.hpp"

/// A circuit in time: /sample_<id>/dynamics.
namespace gadolin::io {

namespace {

using hdf5::group;
using hdf5::Group;
using separation::DynamicsPhase;
using separation::DynamicsResult;

void write_phases(hid_t parent, const DynamicsResult& result) {
  const Group made = group(parent, "phases", "NXcollection");
  const hid_t id = made.get();
  std::vector<std::string> causes;
  std::vector<double> start, end, mismatch, settling, target, off, met;
  std::vector<int> reached;
  for (const DynamicsPhase& phase : result.phases) {
    causes.push_back(phase.cause);
    start.push_back(phase.start_h);
    end.push_back(phase.end_h);
    mismatch.push_back(phase.steady_known ? phase.steady_mismatch : no_number());
    reached.push_back(phase.steady_reached ? 1 : 0);
    settling.insert(settling.end(), phase.time_to_99_h.begin(), phase.time_to_99_h.end());
    target.insert(target.end(), phase.steady_molar.begin(), phase.steady_molar.end());
    off.insert(off.end(), phase.off_spec_kg.begin(), phase.off_spec_kg.end());
    met.insert(met.end(), phase.on_spec_at_h.begin(), phase.on_spec_at_h.end());
  }
  const std::uint64_t phases = causes.size(), products = result.products.size(),
                      species = result.species.size(), specs = result.specifications.size();
  hdf5::write_texts(id, "cause", causes);
  hdf5::write_numbers(id, "start", start, "h");
  hdf5::write_numbers(id, "end", end, "h");
  hdf5::write_numbers(id, "steady_mismatch", mismatch, "1");
  hdf5::write_codes(id, "steady_reached", reached, {phases}, hdf5::yes_no_codes());
  hdf5::write_numbers(id, "time_to_99", settling, {phases, products, species}, "h");
  hdf5::set_attribute_of(id, "time_to_99", "long_name",
                         "after the phase begins, until the product stays within 1 %");
  hdf5::write_numbers(id, "steady", target, {phases, products, species}, "mol/L");
  if (specs > 0) {
    hdf5::write_numbers(id, "off_specification", off, {phases, specs}, "kg");
    hdf5::write_numbers(id, "on_specification_at", met, {phases, specs}, "h");
  }
}

}  // namespace

void ResultFile::write_dynamics(const std::string& sample_id, const DynamicsResult& result) {
  const Group made = entry(sample_id, "dynamics");
  const Group process = group(made.get(), "dynamics", "NXprocess");
  const hid_t id = process.get();
  hdf5::write_text(id, "program", "gadolin");
  hdf5::write_text(id, "name", result.name);
  hdf5::write_code(id, "status", static_cast<int>(result.status), hdf5::item_status_codes());
  hdf5::write_text(id, "status_text", result.status_text);
  hdf5::write_text(id, "worst_evidence", to_string(result.worst_evidence));
  hdf5::write_texts(id, "species", result.species);
  hdf5::write_texts(id, "product", result.products);
  hdf5::write_texts(id, "product_phase", result.product_phases);
  hdf5::write_texts(id, "bank", result.banks);
  if (!result.specifications.empty()) {
    hdf5::write_texts(id, "specification", result.specifications);
  }
  hdf5::write_number(id, "mixer_volume", result.mixer_l, "L");
  hdf5::write_number(id, "settler_volume", result.settler_l, "L");
  hdf5::write_number(id, "tank_volume", result.tank_l, "L");
  hdf5::write_number(id, "solvent_volume", result.solvent_l, "L");
  hdf5::write_integer(id, "steps", result.steps, "1");
  hdf5::write_integer(id, "rejected", result.rejected, "1");
  hdf5::write_integer(id, "newton_iterations", result.newton_iterations, "1");
  if (!result.phases.empty()) write_phases(id, result);
  if (!result.time_h.empty()) {
    const Group data = group(id, "series", "NXdata");
    const hid_t s = data.get();
    const std::uint64_t rows = result.time_h.size(), products = result.products.size(),
                        species = result.species.size(), banks = result.banks.size();
    hdf5::write_numbers(s, "time", result.time_h, "h");
    hdf5::make_scale(s, "time");
    const auto three = [&](const char* name, const std::vector<double>& values, const char* units) {
      hdf5::write_numbers(s, name, values, {rows, products, species}, units);
      hdf5::attach_scale(s, name, 0, "time");
      hdf5::set_attribute_of(s, name, "axes_text", "[time, product, species]");
    };
    const auto two = [&](const char* name, const std::vector<double>& values, std::uint64_t width,
                         const char* axes, const char* units) {
      hdf5::write_numbers(s, name, values, {rows, width}, units);
      hdf5::attach_scale(s, name, 0, "time");
      hdf5::set_attribute_of(s, name, "axes_text", axes);
    };
    three("concentration", result.product_molar, "mol/L");
    three("purity_fraction", result.purity_fraction, "1");
    three("produced", result.produced_mol, "mol");
    two("flow", result.product_flow_l_per_h, products, "[time, product]", "L/h");
    two("inventory", result.inventory_mol, species, "[time, species]", "mol");
    two("balance_relative", result.balance_relative, species, "[time, species]", "1");
    two("ph_first_stage", result.ph_first, banks, "[time, bank]", "1");
    two("ph_last_stage", result.ph_last, banks, "[time, bank]", "1");
    mark_plot(s, "inventory", {"time", "."});
    hdf5::set_attribute(id, "default", "series");
    set_default(sample_id, "dynamics", 1);
  }
  write_warnings(id, result.warnings);
  add_journal("sample " + sample_id + " dynamics", 0, 0);
}

}  // namespace gadolin::io
