#include <algorithm>

#include "io/store/datasets.hpp"
#include "io/store/result_file.hpp"
#include "io/store/schema.hpp"

/// Recoverable rare earths: /sample_<id>/recovery.
namespace gadolin::io {

namespace {

using hdf5::group;
using hdf5::Group;
using recovery::ElementRecovery;
using recovery::Interval;
using recovery::Reconciled;
using recovery::RecoveryResult;

struct Statistic {
  const char* suffix;
  double Interval::*member;
};
constexpr Statistic statistics[] = {{"_p05", &Interval::p05},
                                    {"_p50", &Interval::p50},
                                    {"_p95", &Interval::p95},
                                    {"_mean", &Interval::mean}};

void write_interval(hid_t parent, const std::string& name, const Interval& interval,
                    const std::string& units) {
  for (const Statistic& statistic : statistics) {
    hdf5::write_number(parent, name + statistic.suffix, interval.*statistic.member, units);
  }
}

/// Columns NAME_p05, NAME_p50, NAME_p95, NAME_mean. intervals [shape]; nullptr = no number.
void write_intervals(hid_t parent, const std::string& name,
                     const std::vector<const Interval*>& intervals, const hdf5::Shape& shape,
                     const std::string& units) {
  for (const Statistic& statistic : statistics) {
    std::vector<double> values;
    for (const Interval* interval : intervals) {
      values.push_back(interval == nullptr ? no_number() : interval->*statistic.member);
    }
    hdf5::write_numbers(parent, name + statistic.suffix, values, shape, units);
  }
}

/// Writes an array if it has the size its axes ask for; models leave out what they did not compute.
void write_if_filled(hid_t parent, const std::string& name, const std::vector<double>& values,
                     const hdf5::Shape& shape, const std::string& units) {
  std::uint64_t count = 1;
  for (const std::uint64_t extent : shape) count *= extent;
  if (values.size() == count) hdf5::write_numbers(parent, name, values, shape, units);
}

void write_reconciled(hid_t parent, const Reconciled& reconciled) {
  const Group made = group(parent, "reconciliation", "NXcollection");
  const hid_t id = made.get();
  const std::uint64_t phases = reconciled.phases.size(), elements = reconciled.elements.size();
  hdf5::write_code(id, "conflict", reconciled.conflict ? 1 : 0, hdf5::yes_no_codes());
  hdf5::write_text(id, "conflict_text", reconciled.conflict_text);
  hdf5::write_number(id, "chi_square", reconciled.chi_square, "1");
  hdf5::write_integer(id, "degrees_of_freedom", reconciled.degrees_of_freedom, "1");
  hdf5::write_number(id, "p_value",
                     reconciled.degrees_of_freedom > 0 ? reconciled.p_value : no_number(), "1");
  hdf5::write_number(id, "alpha", reconciled.alpha, "1");
  hdf5::write_code(id, "converged", reconciled.converged ? 1 : 0, hdf5::yes_no_codes());
  hdf5::write_text(id, "status_text", reconciled.status_text);
  const bool known = reconciled.unmodelled_fraction_known;
  const bool limit = known && reconciled.unmodelled_fraction_limit > 0.0;
  const bool number = known && !limit;
  hdf5::write_number(id, "unmodelled_fraction",
                     number ? reconciled.unmodelled_fraction : no_number(), "1");
  hdf5::write_number(id, "unmodelled_fraction_errors",
                     number ? reconciled.u_unmodelled_fraction : no_number(), "1");
  hdf5::write_number(id, "unmodelled_fraction_limit",
                     limit ? reconciled.unmodelled_fraction_limit : no_number(), "1");
  hdf5::write_code(id, "unmodelled_fraction_state",
                   static_cast<int>(number  ? ValueState::measured
                                    : limit ? ValueState::below_lod
                                            : ValueState::not_measured),
                   hdf5::value_state_codes());

  const Group phase_table = group(id, "phases", "NXcollection");
  hdf5::write_texts(phase_table.get(), "phase", reconciled.phases);
  hdf5::write_texts(phase_table.get(), "formula", reconciled.formulas);
  write_if_filled(phase_table.get(), "weight_fraction", reconciled.weight_fraction, {phases}, "1");
  write_if_filled(phase_table.get(), "weight_covariance", reconciled.weight_covariance,
                  {phases, phases}, "1");
  write_if_filled(phase_table.get(), "xrd_weight_fraction", reconciled.xrd_weight_fraction,
                  {phases}, "1");
  write_if_filled(phase_table.get(), "xrd_weight_fraction_errors", reconciled.u_xrd_weight_fraction,
                  {phases}, "1");
  write_if_filled(phase_table.get(), "phase_chemistry", reconciled.phase_chemistry,
                  {phases, elements}, "1");

  const Group element_table = group(id, "elements", "NXcollection");
  const hid_t table = element_table.get();
  hdf5::write_texts(table, "element", reconciled.elements);
  std::vector<int> state, compared;
  for (const ValueState value : reconciled.element_state) state.push_back(static_cast<int>(value));
  state.resize(elements, static_cast<int>(ValueState::not_measured));
  for (const int value : reconciled.element_compared) compared.push_back(value != 0 ? 1 : 0);
  compared.resize(elements, 0);
  const auto where = [&](const std::vector<double>& values, const std::vector<int>& flags,
                         int wanted) {
    std::vector<double> kept(values);
    for (std::size_t i = 0; i < kept.size() && i < flags.size(); ++i) {
      if (flags[i] != wanted) kept[i] = no_number();
    }
    return kept;
  };
  const int measured = static_cast<int>(ValueState::measured);
  const int below = static_cast<int>(ValueState::below_lod);
  hdf5::write_codes(table, "measured_state", state, {elements}, hdf5::value_state_codes());
  hdf5::write_codes(table, "compared", compared, {elements}, hdf5::yes_no_codes());
  write_if_filled(table, "measured", where(reconciled.element_measured, state, measured),
                  {elements}, "1");
  write_if_filled(table, "measured_errors", where(reconciled.u_element_measured, state, measured),
                  {elements}, "1");
  write_if_filled(table, "measured_lod", where(reconciled.element_lod, state, below), {elements},
                  "1");
  write_if_filled(table, "predicted", reconciled.element_predicted, {elements}, "1");
  write_if_filled(table, "residual_sigma", where(reconciled.element_residual_sigma, compared, 1),
                  {elements}, "1");
  write_if_filled(table, "mass_fraction", where(reconciled.element_mass_fraction, state, measured),
                  {elements}, "1");
  write_if_filled(table, "covariance", reconciled.element_covariance, {elements, elements}, "1");
  write_warnings(id, reconciled.warnings);
}

/// The names `list` of all elements holds, in the order they first appear.
template <class Item, class Name>
std::vector<std::string> all_names(const std::vector<ElementRecovery>& elements,
                                   std::vector<Item> ElementRecovery::*list, Name Item::*name) {
  std::vector<std::string> names;
  for (const ElementRecovery& element : elements) {
    for (const Item& item : element.*list) {
      if (std::find(names.begin(), names.end(), item.*name) == names.end()) {
        names.push_back(item.*name);
      }
    }
  }
  return names;
}

/// [elements, names] of intervals, nullptr where an element has no such item.
template <class Item>
std::vector<const Interval*> spread(const std::vector<ElementRecovery>& elements,
                                    std::vector<Item> ElementRecovery::*list,
                                    std::string Item::*name, Interval Item::*interval,
                                    const std::vector<std::string>& names) {
  std::vector<const Interval*> cells;
  for (const ElementRecovery& element : elements) {
    for (const std::string& wanted : names) {
      const Interval* found = nullptr;
      for (const Item& item : element.*list) {
        if (item.*name == wanted) found = &(item.*interval);
      }
      cells.push_back(found);
    }
  }
  return cells;
}

}  // namespace

void ResultFile::write_recovery(const std::string& sample_id, const RecoveryResult& result) {
  const Group made = entry(sample_id);
  const Group process = group(made.get(), "recovery", "NXprocess");
  const hid_t id = process.get();
  hdf5::write_text(id, "program", "gadolin");
  hdf5::write_integer(id, "sequence_index", 4, "1");
  hdf5::write_text(id, "route", result.route);
  hdf5::write_text(id, "basis", result.basis);
  hdf5::write_text(id, "worst_evidence", result.worst_evidence);
  hdf5::write_text(id, "separation_source", result.separation_source);
  hdf5::write_integer(id, "seed", static_cast<std::int64_t>(result.seed), "1");
  hdf5::write_integer(id, "draws", result.draws, "1");
  write_interval(id, "treo_contained", result.treo_contained_kg_per_t, "kg/t");
  write_interval(id, "treo_recoverable", result.treo_recoverable_kg_per_t, "kg/t");
  write_interval(id, "treo_recovery_fraction", result.treo_recovery_fraction, "1");

  const Group table = group(id, "elements", "NXdata");
  const std::uint64_t count = result.elements.size();
  std::vector<std::string> elements, oxides;
  std::vector<std::int64_t> rank;
  std::vector<int> state;
  std::vector<const Interval*> contained, recoverable, fraction;
  std::vector<double> closure;
  for (const ElementRecovery& element : result.elements) {
    rank.push_back(static_cast<std::int64_t>(rank.size()) + 1);
    elements.push_back(element.element);
    oxides.push_back(element.oxide);
    state.push_back(static_cast<int>(element.state));
    contained.push_back(&element.contained_kg_per_t);
    recoverable.push_back(&element.recoverable_kg_per_t);
    fraction.push_back(&element.recovery_fraction);
    closure.push_back(element.closure_relative);
  }
  hdf5::write_integers(table.get(), "rank", rank, "1");
  hdf5::write_texts(table.get(), "element", elements);
  hdf5::write_texts(table.get(), "oxide", oxides);
  hdf5::write_codes(table.get(), "assay_state", state, {count}, hdf5::value_state_codes());
  write_intervals(table.get(), "contained", contained, {count}, "kg/t");
  write_intervals(table.get(), "recoverable", recoverable, {count}, "kg/t");
  write_intervals(table.get(), "recovery_fraction", fraction, {count}, "1");
  hdf5::write_numbers(table.get(), "closure_relative", closure, "1");
  hdf5::make_scale(table.get(), "rank");
  for (const Statistic& statistic : statistics) {
    for (const char* name : {"contained", "recoverable", "recovery_fraction"}) {
      hdf5::attach_scale(table.get(), std::string(name) + statistic.suffix, 0, "rank");
    }
  }
  mark_plot(table.get(), "recoverable_p50", {"rank"}, {"contained_p50"});

  const auto steps =
      all_names(result.elements, &ElementRecovery::losses, &recovery::LossStep::step);
  const Group losses = group(id, "losses", "NXcollection");
  hdf5::write_texts(losses.get(), "element", elements);
  hdf5::write_texts(losses.get(), "step", steps);
  write_intervals(losses.get(), "lost",
                  spread(result.elements, &ElementRecovery::losses, &recovery::LossStep::step,
                         &recovery::LossStep::lost_kg_per_t, steps),
                  {count, steps.size()}, "kg/t");
  const auto phases =
      all_names(result.elements, &ElementRecovery::carriers, &recovery::Carrier::phase);
  const Group carriers = group(id, "carriers", "NXcollection");
  hdf5::write_texts(carriers.get(), "element", elements);
  hdf5::write_texts(carriers.get(), "phase", phases);
  write_intervals(carriers.get(), "contained",
                  spread(result.elements, &ElementRecovery::carriers, &recovery::Carrier::phase,
                         &recovery::Carrier::contained_kg_per_t, phases),
                  {count, phases.size()}, "kg/t");

  write_reconciled(id, result.reconciled);
  write_warnings(id, result.warnings);
  hdf5::set_attribute(id, "default", "elements");
  set_default(sample_id, "recovery", 1);
  add_journal("sample " + sample_id + " recovery", 0, 0);
}

}  // namespace gadolin::io
