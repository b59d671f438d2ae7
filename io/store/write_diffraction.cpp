#include <algorithm>
#include <cmath>

#include "io/store/datasets.hpp"
#include "io/store/identification.hpp"
#include "io/store/quantification.hpp"
#include "io/store/result_file.hpp"
#include "io/store/schema.hpp"

/// Patterns and refinements: /sample_<id>/xrd, fit, phases for a handful, /batch for many.
namespace gadolin::io {

namespace {

using diffraction::PatternResult;
using diffraction::PhaseResult;
using hdf5::group;
using hdf5::Group;

bool all_whole(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) {
    return std::abs(value) < 9e15 && value == std::floor(value);
  });
}

/// measured, below_lod or not_measured; a refined fraction below its LOD keeps its estimate, since
/// the other fractions and the covariance rest on it.
ValueState phase_state(const PatternResult& result, const PhaseResult& phase) {
  if (!has_numbers(result)) return ValueState::not_measured;
  const bool measured = is_found(phase) && phase.weight_fraction >= phase.lod_weight_fraction;
  return measured ? ValueState::measured : ValueState::below_lod;
}

double number_or_nan(bool known, double value) { return known ? value : no_number(); }

/// Columns over [items, phases]; `slot[i][k]` is the phase of item i in column k, or nullptr.
struct PhaseTable {
  std::vector<const PatternResult*> items;
  std::vector<std::vector<const PhaseResult*>> slot;

  template <class Get>
  std::vector<double> numbers(Get get) const {
    std::vector<double> values;
    for (std::size_t i = 0; i < items.size(); ++i) {
      for (const PhaseResult* phase : slot[i]) {
        values.push_back(phase != nullptr && has_numbers(*items[i]) ? get(*phase) : no_number());
      }
    }
    return values;
  }
  std::vector<int> states() const {
    std::vector<int> values;
    for (std::size_t i = 0; i < items.size(); ++i) {
      for (const PhaseResult* phase : slot[i]) {
        values.push_back(static_cast<int>(phase == nullptr ? ValueState::not_measured
                                                           : phase_state(*items[i], *phase)));
      }
    }
    return values;
  }
  std::vector<double> cells(const std::array<double, 6> PhaseResult::*member) const {
    std::vector<double> values;
    for (std::size_t i = 0; i < items.size(); ++i) {
      for (const PhaseResult* phase : slot[i]) {
        const bool known = phase != nullptr && has_numbers(*items[i]);
        for (std::size_t c = 0; c < 6; ++c) {
          values.push_back(known ? (phase->*member)[c] : no_number());
        }
      }
    }
    return values;
  }
};

struct PhaseColumn {
  const char* name;
  const char* units;
  double (*get)(const PhaseResult&);
};

const PhaseColumn phase_columns[] = {
    {"weight_fraction", "1", [](const PhaseResult& p) { return p.weight_fraction; }},
    {"weight_fraction_errors", "1", [](const PhaseResult& p) { return p.u_stat; }},
    {"weight_fraction_u_total", "1", [](const PhaseResult& p) { return p.u_total; }},
    {"weight_fraction_lod", "1", [](const PhaseResult& p) { return p.lod_weight_fraction; }},
    {"weight_fraction_limit_95", "1",
     [](const PhaseResult& p) { return number_or_nan(p.upper_limit_95 > 0, p.upper_limit_95); }},
    {"scale", "1", [](const PhaseResult& p) { return p.scale; }},
    {"scale_errors", "1", [](const PhaseResult& p) { return p.u_scale; }},
    {"size", "nm", [](const PhaseResult& p) { return number_or_nan(p.size_nm > 0, p.size_nm); }},
    {"strain", "1", [](const PhaseResult& p) { return p.strain; }},
    {"strain_min", "1", [](const PhaseResult& p) { return p.strain_min; }},
    {"strain_max", "1", [](const PhaseResult& p) { return p.strain_max; }},
    {"march_r", "1", [](const PhaseResult& p) { return p.march_r; }},
    {"texture_index", "1", [](const PhaseResult& p) { return p.texture_index; }},
    {"intensity_share", "1", [](const PhaseResult& p) { return p.intensity_share; }},
    {"mu", "1/cm",
     [](const PhaseResult& p) { return number_or_nan(p.mu_per_cm > 0, p.mu_per_cm); }},
};

struct ItemColumn {
  const char* name;
  const char* units;
  double (*get)(const PatternResult&);
};

const ItemColumn fit_columns[] = {
    {"rwp", "1", [](const PatternResult& r) { return r.rwp; }},
    {"rexp", "1", [](const PatternResult& r) { return r.rexp; }},
    {"gof", "1", [](const PatternResult& r) { return r.gof; }},
    {"durbin_watson", "1", [](const PatternResult& r) { return r.durbin_watson; }},
    {"displacement", "mm", [](const PatternResult& r) { return r.displacement_mm; }},
    {"displacement_errors", "mm", [](const PatternResult& r) { return r.u_displacement_mm; }},
};

std::size_t covariance_side(const std::vector<double>& covariance) {
  return static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(covariance.size()))));
}

/// Covariance of one item spread over the batch's phase columns, NaN where a phase is absent.
void spread_covariance(const PatternResult& result, const std::vector<double>& covariance,
                       const std::vector<std::string>& columns, std::vector<double>* out) {
  const std::size_t n = columns.size(), side = covariance_side(covariance);
  std::vector<int> source(n, -1);
  for (std::size_t k = 0; k < result.phases.size() && k < side; ++k) {
    const auto place = std::find(columns.begin(), columns.end(), result.phases[k].name);
    source[static_cast<std::size_t>(place - columns.begin())] = static_cast<int>(k);
  }
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = 0; b < n; ++b) {
      const bool known = has_numbers(result) && source[a] >= 0 && source[b] >= 0;
      out->push_back(known ? covariance[static_cast<std::size_t>(source[a]) * side +
                                        static_cast<std::size_t>(source[b])]
                           : no_number());
    }
  }
}

}  // namespace

void ResultFile::append_patterns(std::span<const PatternResult> results) {
  holds_results_ = true;
  const bool fresh = !hdf5::exists(file_.get(), "batch");
  const Group batch = group(file_.get(), "batch", "NXentry");
  const hid_t id = batch.get();

  std::vector<std::string> ids, files, hashes, status_texts, fit_methods, new_phases;
  std::vector<std::int64_t> items, iterations, points, parameters;
  std::vector<int> status;
  PhaseTable table;
  for (const PatternResult& result : results) {
    items.push_back(batch_items_ + static_cast<std::int64_t>(items.size()));
    ids.push_back(result.id);
    files.push_back(result.file);
    const auto hash = input_hash_.find(result.file);
    hashes.push_back(hash == input_hash_.end() ? "" : hash->second);
    status.push_back(static_cast<int>(result.status));
    status_texts.push_back(result.status_text);
    fit_methods.push_back(result.method);
    iterations.push_back(result.iterations);
    points.push_back(result.points);
    parameters.push_back(result.parameters);
    for (const PhaseResult& phase : result.phases) {
      if (std::find(batch_phases_.begin(), batch_phases_.end(), phase.name) !=
          batch_phases_.end()) {
        continue;
      }
      batch_phases_.push_back(phase.name);
      new_phases.push_back(phase.name);
    }
  }
  for (const PatternResult& result : results) {
    std::vector<const PhaseResult*> slots(batch_phases_.size(), nullptr);
    for (const PhaseResult& phase : result.phases) {
      const auto place = std::find(batch_phases_.begin(), batch_phases_.end(), phase.name);
      slots[static_cast<std::size_t>(place - batch_phases_.begin())] = &phase;
    }
    table.items.push_back(&result);
    table.slot.push_back(std::move(slots));
  }

  hdf5::append_integers(id, "item", items, "1");
  hdf5::append_texts(id, "phase", new_phases);
  hdf5::append_texts(id, "id", ids);
  hdf5::append_texts(id, "file", files);
  hdf5::append_texts(id, "sha256", hashes);
  hdf5::append_codes(id, "status", status, status.size(), {}, hdf5::item_status_codes());
  hdf5::append_texts(id, "status_text", status_texts);
  hdf5::append_texts(id, "method", fit_methods);
  hdf5::append_integers(id, "iterations", iterations, "1");
  hdf5::append_integers(id, "points", points, "1");
  hdf5::append_integers(id, "parameters", parameters, "1");
  for (const ItemColumn& column : fit_columns) {
    std::vector<double> values;
    for (const PatternResult& result : results) {
      values.push_back(has_numbers(result) ? column.get(result) : no_number());
    }
    hdf5::append_numbers(id, column.name, values, values.size(), {}, column.units);
  }

  const std::uint64_t phases = batch_phases_.size();
  const hdf5::Shape row = {phases};
  for (const PhaseColumn& column : phase_columns) {
    hdf5::append_numbers(id, column.name, table.numbers(column.get), items.size(), row,
                         column.units);
  }
  hdf5::append_codes(id, "weight_fraction_state", table.states(), items.size(), row,
                     hdf5::value_state_codes());
  hdf5::append_numbers(id, "cell", table.cells(&PhaseResult::cell), items.size(), {phases, 6},
                       "angstrom, deg");
  hdf5::append_numbers(id, "cell_errors", table.cells(&PhaseResult::u_cell), items.size(),
                       {phases, 6}, "angstrom, deg");
  std::vector<double> covariance_stat, covariance_total;
  for (const PatternResult& result : results) {
    spread_covariance(result, result.covariance_stat, batch_phases_, &covariance_stat);
    spread_covariance(result, result.covariance_total, batch_phases_, &covariance_total);
  }
  hdf5::append_numbers(id, "covariance_stat", covariance_stat, items.size(), {phases, phases}, "1");
  hdf5::append_numbers(id, "covariance_total", covariance_total, items.size(), {phases, phases},
                       "1");

  const Group warnings = group(id, "warnings", "NXcollection");
  std::vector<std::int64_t> warned;
  std::vector<std::string> codes, texts;
  for (std::size_t i = 0; i < results.size(); ++i) {
    for (const Warning& warning : results[i].warnings) {
      warned.push_back(items[i]);
      codes.push_back(warning.code);
      texts.push_back(warning.text);
    }
  }
  hdf5::append_integers(warnings.get(), "item", warned, "1");
  hdf5::append_texts(warnings.get(), "code", codes);
  hdf5::append_texts(warnings.get(), "text", texts);

  // Profiles lie end to end, since patterns differ in length: item i owns points
  // first_point[i] .. first_point[i] + point_count[i].
  const Group profiles = group(id, "profiles", "NXcollection");
  std::vector<std::int64_t> first_point, point_count, tick_item, tick_phase;
  std::vector<double> two_theta, observed, calculated, background, sigma, tick_two_theta;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const PatternResult& result = results[i];
    first_point.push_back(batch_points_);
    const std::size_t count = result.two_theta_deg.size();
    point_count.push_back(static_cast<std::int64_t>(count));
    batch_points_ += static_cast<std::int64_t>(count);
    if (count == 0) continue;
    const auto take = [count](std::vector<double>* all, const std::vector<double>& own) {
      all->insert(all->end(), own.begin(), own.begin() + std::min(own.size(), count));
      all->insert(all->end(), count - std::min(own.size(), count), no_number());
    };
    take(&two_theta, result.two_theta_deg);
    take(&observed, result.observed);
    take(&calculated, result.calculated);
    take(&background, result.background);
    take(&sigma, result.sigma);
    for (const PhaseResult& phase : result.phases) {
      const auto column = std::find(batch_phases_.begin(), batch_phases_.end(), phase.name);
      for (const double tick : phase.tick_two_theta_deg) {
        tick_item.push_back(items[i]);
        tick_phase.push_back(column - batch_phases_.begin());
        tick_two_theta.push_back(tick);
      }
    }
  }
  hdf5::append_integers(profiles.get(), "first_point", first_point, "1");
  hdf5::append_integers(profiles.get(), "point_count", point_count, "1");
  hdf5::append_numbers(profiles.get(), "two_theta", two_theta, two_theta.size(), {}, "deg");
  hdf5::append_numbers(profiles.get(), "observed", observed, observed.size(), {}, "counts");
  hdf5::append_numbers(profiles.get(), "observed_errors", sigma, sigma.size(), {}, "counts");
  hdf5::append_numbers(profiles.get(), "calculated", calculated, calculated.size(), {}, "counts");
  hdf5::append_numbers(profiles.get(), "background", background, background.size(), {}, "counts");
  hdf5::append_integers(profiles.get(), "tick_item", tick_item, "1");
  hdf5::append_integers(profiles.get(), "tick_phase", tick_phase, "1");
  hdf5::append_numbers(profiles.get(), "tick_two_theta", tick_two_theta, tick_two_theta.size(), {},
                       "deg");

  if (fresh) {
    hdf5::write_text(id, "title", "Powder patterns refined as one batch");
    hdf5::write_text(id, "definition_note", "Row i of every column is the pattern id[i].");
    hdf5::make_scale(id, "item");
    hdf5::make_scale(id, "phase");
    for (const char* name : {"id", "file", "sha256", "status", "status_text", "method",
                             "iterations", "points", "parameters"}) {
      hdf5::attach_scale(id, name, 0, "item");
    }
    for (const ItemColumn& column : fit_columns) hdf5::attach_scale(id, column.name, 0, "item");
    append_quantification(id, results, batch_phases_, true);
    const auto attach_table = [&](const std::string& name) {
      hdf5::attach_scale(id, name, 0, "item");
      hdf5::attach_scale(id, name, 1, "phase");
    };
    for (const PhaseColumn& column : phase_columns) attach_table(column.name);
    for (const char* name :
         {"weight_fraction_state", "cell", "cell_errors", "covariance_stat", "covariance_total"}) {
      attach_table(name);
    }
    hdf5::attach_scale(id, "covariance_stat", 2, "phase");
    hdf5::attach_scale(id, "covariance_total", 2, "phase");
    hdf5::set_attribute_of(id, "cell", "columns", "a, b, c [angstrom], alpha, beta, gamma [deg]");
    hdf5::set_attribute_of(id, "weight_fraction_errors", "long_name",
                           "statistical standard uncertainty: same mount, same model");
    hdf5::set_attribute_of(id, "weight_fraction_u_total", "long_name",
                           "total standard uncertainty, model error included");
    // NeXus viewers open the first thing a batch is asked for: how good are the fits?
    const Group plot = group(id, "quality", "NXdata");
    H5Lcreate_hard(id, "rwp", plot.get(), "rwp", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(id, "item", plot.get(), "item", H5P_DEFAULT, H5P_DEFAULT);
    mark_plot(plot.get(), "rwp", {"item"});
    hdf5::set_attribute(id, "default", "quality");
    if (!has_root_default_) {
      const Group root(H5Gopen2(file_.get(), "/", H5P_DEFAULT));
      hdf5::set_attribute(root.get(), "default", "batch");
      has_root_default_ = true;
    }
  } else {
    append_quantification(id, results, batch_phases_, false);
  }
  add_journal("batch", batch_items_, static_cast<std::int64_t>(results.size()));
  batch_items_ += static_cast<std::int64_t>(results.size());
}

void ResultFile::write_pattern(const std::string& sample_id, const diffraction::Pattern& pattern,
                               const PatternResult& result,
                               const std::vector<diffraction::EmissionLine>& lines) {
  const Group made = entry(sample_id);

  const Group xrd = group(made.get(), "xrd", "NXdata");
  hdf5::write_numbers(xrd.get(), "two_theta", pattern.two_theta_deg, "deg");
  if (all_whole(pattern.counts)) {
    const std::vector<std::int64_t> whole(pattern.counts.begin(), pattern.counts.end());
    hdf5::write_integers(xrd.get(), "counts", whole, "counts");
  } else {
    hdf5::write_numbers(xrd.get(), "counts", pattern.counts, "counts");
  }
  if (!pattern.sigma.empty()) {
    hdf5::write_numbers(xrd.get(), "counts_errors", pattern.sigma, "counts");
  }
  hdf5::write_code(xrd.get(), "counts_are_poisson", pattern.counts_are_poisson ? 1 : 0,
                   hdf5::yes_no_codes());
  hdf5::write_text(xrd.get(), "file", pattern.file);
  hdf5::write_text(xrd.get(), "reader", pattern.reader);
  for (std::size_t i = 0; i < pattern.wavelength_angstrom.size(); ++i) {
    hdf5::write_number(xrd.get(), "wavelength_" + std::to_string(i + 1),
                       pattern.wavelength_angstrom[i], "angstrom");
  }
  if (pattern.kalpha2_ratio > 0.0) {
    hdf5::write_number(xrd.get(), "wavelength_ratio", pattern.kalpha2_ratio, "1");
  }
  mark_plot(xrd.get(), "counts", {"two_theta"});
  hdf5::make_scale(xrd.get(), "two_theta");
  if (!pattern.two_theta_deg.empty()) hdf5::attach_scale(xrd.get(), "counts", 0, "two_theta");

  const Group fit = group(made.get(), "fit", "NXfit");
  hdf5::write_text(fit.get(), "program", "gadolin");
  hdf5::write_text(fit.get(), "method", result.method);
  hdf5::write_integer(fit.get(), "sequence_index", 1, "1");
  hdf5::write_code(fit.get(), "status", static_cast<int>(result.status), hdf5::item_status_codes());
  hdf5::write_text(fit.get(), "status_text", result.status_text);
  for (const ItemColumn& column : fit_columns) {
    hdf5::write_number(fit.get(), column.name,
                       has_numbers(result) ? column.get(result) : no_number(), column.units);
  }
  hdf5::write_number(fit.get(), "figure_of_merit_rwp",
                     has_numbers(result) ? result.rwp : no_number(), "1");
  hdf5::write_integer(fit.get(), "iterations", result.iterations, "1");
  hdf5::write_integer(fit.get(), "points", result.points, "1");
  hdf5::write_integer(fit.get(), "parameters", result.parameters, "1");
  if (!lines.empty()) {
    std::vector<double> wavelength, share;
    for (const auto& line : lines) {
      wavelength.push_back(line.wavelength_angstrom);
      share.push_back(line.relative_intensity);
    }
    hdf5::write_numbers(fit.get(), "line_wavelength", wavelength, "angstrom");
    hdf5::write_numbers(fit.get(), "line_intensity", share, "1");
  }
  const std::size_t count = result.two_theta_deg.size();
  if (count > 0 && result.observed.size() == count && result.calculated.size() == count) {
    std::vector<double> residual;
    for (std::size_t i = 0; i < count; ++i) {
      residual.push_back(result.observed[i] - result.calculated[i]);
    }
    const Group data = group(fit.get(), "data", "NXdata");
    const hid_t id = data.get();
    hdf5::write_numbers(id, "input_independent", result.two_theta_deg, "deg");
    hdf5::write_numbers(id, "input_dependent", result.observed, "counts");
    hdf5::write_numbers(id, "fit_sum", result.calculated, "counts");
    hdf5::write_numbers(id, "residual", residual, "counts");
    std::vector<std::string> others = {"fit_sum", "residual"};
    if (result.background.size() == count) {
      hdf5::write_numbers(id, "background", result.background, "counts");
      others.insert(others.begin() + 1, "background");
    }
    hdf5::make_scale(id, "input_independent");
    hdf5::attach_scale(id, "input_dependent", 0, "input_independent");
    for (const auto& name : others) hdf5::attach_scale(id, name, 0, "input_independent");
    if (result.sigma.size() == count) {
      hdf5::write_numbers(id, "input_dependent_errors", result.sigma, "counts");
      hdf5::attach_scale(id, "input_dependent_errors", 0, "input_independent");
    }
    mark_plot(id, "input_dependent", {"input_independent"}, others);
    hdf5::set_attribute(fit.get(), "default", "data");
    set_default(sample_id, "fit", 4);
  } else {
    set_default(sample_id, "xrd", 3);
  }
  std::vector<Warning> warnings = pattern.warnings;
  for (const Warning& warning : result.warnings) {
    const bool known = std::any_of(warnings.begin(), warnings.end(), [&](const Warning& other) {
      return other.code == warning.code && other.text == warning.text;
    });
    if (!known) warnings.push_back(warning);
  }
  write_warnings(fit.get(), warnings);

  const Group phases = group(made.get(), "phases", "NXcollection");
  const hid_t id = phases.get();
  PhaseTable table;
  table.items.push_back(&result);
  table.slot.emplace_back();
  std::vector<std::string> names;
  std::vector<std::int64_t> tick_phase;
  std::vector<double> ticks;
  for (const PhaseResult& phase : result.phases) {
    for (const double tick : phase.tick_two_theta_deg) {
      tick_phase.push_back(static_cast<std::int64_t>(names.size()));
      ticks.push_back(tick);
    }
    names.push_back(phase.name);
    table.slot[0].push_back(&phase);
  }
  hdf5::write_texts(id, "phase", names);
  hdf5::make_scale(id, "phase");
  for (const PhaseColumn& column : phase_columns) {
    hdf5::write_numbers(id, column.name, table.numbers(column.get), column.units);
    hdf5::attach_scale(id, column.name, 0, "phase");
  }
  hdf5::write_codes(id, "weight_fraction_state", table.states(), {names.size()},
                    hdf5::value_state_codes());
  hdf5::write_numbers(id, "cell", table.cells(&PhaseResult::cell), {names.size(), 6},
                      "angstrom, deg");
  hdf5::write_numbers(id, "cell_errors", table.cells(&PhaseResult::u_cell), {names.size(), 6},
                      "angstrom, deg");
  hdf5::set_attribute_of(id, "cell", "columns", "a, b, c [angstrom], alpha, beta, gamma [deg]");
  std::vector<double> covariance_stat, covariance_total;
  spread_covariance(result, result.covariance_stat, names, &covariance_stat);
  spread_covariance(result, result.covariance_total, names, &covariance_total);
  hdf5::write_numbers(id, "covariance_stat", covariance_stat, {names.size(), names.size()}, "1");
  hdf5::write_numbers(id, "covariance_total", covariance_total, {names.size(), names.size()}, "1");
  hdf5::write_integers(id, "tick_phase", tick_phase, "1");
  hdf5::write_numbers(id, "tick_two_theta", ticks, "deg");
  write_quantification(made.get(), result);
  if (result.identification) io::write_identification(made.get(), *result.identification);
  add_journal("sample " + sample_id + " xrd", 0, 0);
}

}  // namespace gadolin::io
