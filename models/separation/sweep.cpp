#include "models/separation/sweep.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "kernels/numeric/random.hpp"
#include "models/core/error.hpp"

namespace gadolin::separation {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t most_designs = 1'000'000'000;

[[noreturn]] void refuse(const SweepSettings& s, const char* code, const std::string& what,
                         const std::string& remedy) {
  throw Error(code, what, s.source_file.empty() ? s.name : s.source_file, remedy, ExitCode::usage);
}

/// Place of a name, or of a number counted from 1, in a list; -1 if it is neither.
template <class List, class Name>
int place_of(const List& list, const std::string& step, Name&& name) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (name(list[i]) == step) return static_cast<int>(i);
  }
  if (step.empty() || step.find_first_not_of("0123456789") != std::string::npos) return -1;
  const int number = std::atoi(step.c_str());
  return number >= 1 && number <= static_cast<int>(list.size()) ? number - 1 : -1;
}

std::optional<DesignVariable> variable_of_key(const Circuit& circuit, const std::string& key) {
  const auto steps = split_key(key);
  const std::size_t n = steps.size();
  const auto species = [&](const std::string& step) {
    return place_of(circuit.species, step, [](const Species& s) { return s.name; });
  };
  DesignVariable v;
  const auto as = [&](DesignQuantity quantity) {
    v.quantity = quantity;
    return std::optional<DesignVariable>(v);
  };
  if (n == 3 && steps[0] == "species" && steps[2] == "log10_k") {
    v.species = species(steps[1]);
    return v.species < 0 ? std::nullopt : as(DesignQuantity::log10_k);
  }
  if (n == 2 && steps[0] == "regeneration" && steps[1] == "bleed_fraction") {
    return as(DesignQuantity::bleed_fraction);
  }
  if (n == 3 && steps[0] == "return" && steps[2] == "fraction") {
    v.index =
        place_of(circuit.returns, steps[1], [](const AqueousReturn& r) { return r.from_bank; });
    return v.index < 0 ? std::nullopt : as(DesignQuantity::return_fraction);
  }
  if (n < 3 || steps[0] != "bank") return std::nullopt;
  v.bank = place_of(circuit.banks, steps[1], [](const Bank& b) { return b.name; });
  if (v.bank < 0) return std::nullopt;
  const Bank& bank = circuit.banks[static_cast<std::size_t>(v.bank)];
  const std::string& what = steps[2];
  if (n == 3) {
    if (what == "stages") return as(DesignQuantity::stages);
    if (what == "murphree_efficiency") return as(DesignQuantity::murphree_efficiency);
    if (what == "entrained_aqueous_fraction") return as(DesignQuantity::entrained_aqueous_fraction);
    if (what == "entrained_organic_fraction") return as(DesignQuantity::entrained_organic_fraction);
    if (what == "mixer_residence_s") return as(DesignQuantity::mixer_residence);
    return std::nullopt;
  }
  if (what == "aqueous_in") {
    if (n == 4 && steps[3] == "flow_l_per_h") return as(DesignQuantity::aqueous_flow);
    if (n == 4 && steps[3] == "acid_molar" && bank.aqueous_in.sulfate_molar == 0.0) {
      return as(DesignQuantity::aqueous_acid);
    }
    if (n == 5 && steps[3] == "molar") {
      v.species = species(steps[4]);
      return v.species < 0 ? std::nullopt : as(DesignQuantity::aqueous_molar);
    }
    return std::nullopt;
  }
  if (what == "organic_in" && n == 4) {
    if (steps[3] == "flow_l_per_h") return as(DesignQuantity::organic_flow);
    double bound = 0.0;
    for (std::size_t k = 0; k < bank.organic_in.molar.size(); ++k) {
      if (circuit.species[k].protons != 1.0) bound += bank.organic_in.molar[k];
    }
    const bool total =
        steps[3] == "extractant_dimer_molar" || steps[3] == "extractant_formal_molar";
    if (total && bound == 0.0) return as(DesignQuantity::extractant);
    if (steps[3] == "saponified_fraction" && bound == 0.0 && !circuit.organic_loop_closed) {
      return as(DesignQuantity::saponified_fraction);
    }
    return std::nullopt;
  }
  if (what == "feed" && n >= 5) {
    v.index = place_of(bank.feeds, steps[3], [](const StageFeed& f) { return f.name; });
    if (v.index < 0) return std::nullopt;
    if (n == 5 && steps[4] == "stage") return as(DesignQuantity::feed_stage);
    if (steps[4] != "aqueous") return std::nullopt;
    if (n == 6 && steps[5] == "flow_l_per_h") return as(DesignQuantity::feed_flow);
    const double sulfate = bank.feeds[static_cast<std::size_t>(v.index)].aqueous.sulfate_molar;
    if (n == 6 && steps[5] == "acid_molar" && sulfate == 0.0) return as(DesignQuantity::feed_acid);
    if (n == 7 && steps[5] == "molar") {
      v.species = species(steps[6]);
      return v.species < 0 ? std::nullopt : as(DesignQuantity::feed_molar);
    }
    return std::nullopt;
  }
  if (what == "draw" && n == 5) {
    v.index = place_of(bank.draws, steps[3], [](const StageDraw& d) { return d.name; });
    if (v.index < 0) return std::nullopt;
    if (steps[4] == "stage") return as(DesignQuantity::draw_stage);
    if (steps[4] == "aqueous_fraction") return as(DesignQuantity::draw_aqueous_fraction);
    if (steps[4] == "organic_fraction") return as(DesignQuantity::draw_organic_fraction);
  }
  return std::nullopt;
}

std::string unit_of_key(const std::string& key) {
  const auto ends = [&](const char* tail) {
    const std::string t(tail);
    return key.size() >= t.size() && key.compare(key.size() - t.size(), t.size(), t) == 0;
  };
  if (ends("_l_per_h")) return "L/h";
  if (ends("_molar") || key.find(".molar.") != std::string::npos) return "mol/L";
  if (key.find(".mg_per_l.") != std::string::npos) return "mg/L";
  if (ends("_s")) return "s";
  return "1";
}

double axis_value(const SweepAxis& axis, double share) {
  double value = axis.logarithmic
                     ? std::exp(std::log(axis.low) + share * std::log(axis.high / axis.low))
                     : axis.low + share * (axis.high - axis.low);
  if (share <= 0.0) value = axis.low;
  if (share >= 1.0) value = axis.high;
  return axis.whole ? std::round(value) : value;
}

/// What is a number of stages or the place of one.
bool counts_stages(DesignQuantity quantity) {
  return quantity == DesignQuantity::stages || quantity == DesignQuantity::feed_stage ||
         quantity == DesignQuantity::draw_stage;
}

std::size_t grid_size(const SweepAxis& axis) {
  return axis.values.empty() ? static_cast<std::size_t>(std::max(axis.steps, 0))
                             : axis.values.size();
}

}  // namespace

std::optional<DesignVariable> variable_of_keys(const Circuit& circuit,
                                               const std::vector<std::string>& keys) {
  if (keys.size() == 1) return variable_of_key(circuit, keys.front());
  if (keys.size() != 2 || !circuit.organic_loop_closed) return std::nullopt;
  for (int order = 0; order < 2; ++order) {
    const auto first = split_key(keys[static_cast<std::size_t>(order)]);
    const auto second = split_key(keys[static_cast<std::size_t>(1 - order)]);
    if (second != std::vector<std::string>{"regeneration", "saponified_fraction"}) continue;
    Circuit open = circuit;
    open.organic_loop_closed = false;
    auto v = variable_of_key(open, keys[static_cast<std::size_t>(order)]);
    if (v && v->quantity == DesignQuantity::saponified_fraction && v->bank == 0) return v;
  }
  return std::nullopt;
}

SweepPlan plan_sweep(const SweepSettings& settings, const Circuit& base,
                     CircuitOfKeys circuit_of_keys, std::uint64_t seed) {
  SweepPlan plan;
  plan.settings = settings;
  plan.problem.circuit = base;
  plan.circuit_of_keys = std::move(circuit_of_keys);
  plan.seed = seed;
  if (settings.axes.empty()) {
    refuse(settings, "E-SEP-112", "nothing is varied", "add a [[vary]] table");
  }
  check_metrics(settings.metrics, base,
                settings.source_file.empty() ? base.source_file : settings.source_file);
  std::vector<std::pair<std::string, double>> through_file;
  double size = 1.0;
  std::size_t list = 0;
  for (const SweepAxis& axis : settings.axes) {
    const auto variable = variable_of_keys(base, axis.keys);
    plan.column_of_axis.push_back(variable ? static_cast<int>(plan.problem.variables.size()) : -1);
    if (variable) plan.problem.variables.push_back(*variable);
    if (variable && counts_stages(variable->quantity)) {
      plan.settings.axes[plan.column_of_axis.size() - 1].whole = true;
      for (double value : axis.values) {
        if (value == std::round(value)) continue;
        refuse(settings, "E-SEP-112",
               fmt::format("axis {} counts stages and has the value {:.6g}", axis.name, value),
               "give whole numbers");
      }
    }
    if (!axis.values.empty()) {
      if (!variable) {
        for (const auto& key : axis.keys) through_file.emplace_back(key, axis.values.front());
      }
    } else {
      const bool needs_steps = settings.sampling == SweepSampling::grid;
      if (!(std::isfinite(axis.low) && std::isfinite(axis.high)) ||
          (needs_steps && axis.steps < 1) || settings.sampling == SweepSampling::list ||
          (axis.logarithmic && !(axis.low > 0.0 && axis.high > 0.0))) {
        refuse(settings, "E-SEP-112", "axis " + axis.name + " has no values",
               "give values = [...], or from, to and steps (a grid), above 0 on a log scale");
      }
      if (!variable) {
        for (const auto& key : axis.keys) through_file.emplace_back(key, axis.low);
      }
    }
    if (settings.sampling == SweepSampling::grid) size *= static_cast<double>(grid_size(axis));
    if (settings.sampling == SweepSampling::list) {
      if (list != 0 && axis.values.size() != list) {
        refuse(settings, "E-SEP-112",
               "axis " + axis.name + " has " + std::to_string(axis.values.size()) +
                   " values, the one before " + std::to_string(list),
               "a list needs as many values on every axis");
      }
      list = axis.values.size();
    }
    plan.columns.designs.push_back(axis.name);
    plan.columns.design_units.push_back(unit_of_key(axis.keys.front()));
  }
  if (settings.sampling == SweepSampling::list) size = static_cast<double>(list);
  if (settings.sampling == SweepSampling::random) size = static_cast<double>(settings.samples);
  if (!(size >= 1.0) || size > static_cast<double>(most_designs)) {
    refuse(settings, "E-SEP-112", "the sweep has " + fmt::format("{:.6g}", size) + " designs",
           "1 to 1e9 are solved in one call");
  }
  plan.designs = static_cast<std::size_t>(size);
  if (!through_file.empty()) plan.circuit_of_keys(through_file);  // the keys must be there
  for (const auto& product : design_products(base)) {
    plan.columns.products.push_back(product.name);
    plan.columns.banks.push_back(product.bank);
    plan.columns.phases.push_back(product.phase);
  }
  for (const Species& s : base.species) plan.columns.species.push_back(s.name);
  for (const Metric& metric : settings.metrics) {
    plan.columns.metrics.push_back(metric.name);
    plan.columns.metric_units.push_back(metric.kind == MetricKind::cost ||
                                                metric.kind == MetricKind::cost_per_kg
                                            ? metric.unit
                                            : metric_kind_units[static_cast<int>(metric.kind)]);
  }
  plan.columns.store_products = settings.store_products;
  return plan;
}

void sweep_row(const SweepPlan& plan, std::size_t index, double* values) {
  const auto& axes = plan.settings.axes;
  if (plan.settings.sampling == SweepSampling::random) {
    RandomStream random(plan.seed, index, 60);
    for (std::size_t a = 0; a < axes.size(); ++a) {
      const double u = random.uniform();
      const SweepAxis& axis = axes[a];
      if (!axis.values.empty()) {
        const auto n = axis.values.size();
        values[a] =
            axis.values[std::min(static_cast<std::size_t>(u * static_cast<double>(n)), n - 1)];
      } else if (axis.whole) {
        values[a] = std::min(std::floor(axis.low + u * (axis.high - axis.low + 1.0)), axis.high);
      } else {
        values[a] = axis_value(axis, u);
      }
    }
    return;
  }
  if (plan.settings.sampling == SweepSampling::list) {
    for (std::size_t a = 0; a < axes.size(); ++a) values[a] = axes[a].values[index];
    return;
  }
  for (std::size_t a = axes.size(); a-- > 0;) {
    const std::size_t n = grid_size(axes[a]), at = index % n;
    index /= n;
    values[a] =
        !axes[a].values.empty()
            ? axes[a].values[at]
            : axis_value(axes[a],
                         n > 1 ? static_cast<double>(at) / static_cast<double>(n - 1) : 0.0);
  }
}

SweepBlock solve_sweep(const SweepPlan& plan, std::size_t first, std::size_t count,
                       const Engine& engine, SweepCounts* counts) {
  const auto& axes = plan.settings.axes;
  const std::size_t n = axes.size();
  SweepBlock out;
  out.first = first;
  out.count = count;
  out.designs.resize(count * n);
  // Rows that share what goes through the file are one batch; in order of their first row.
  std::map<std::vector<double>, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < count; ++i) {
    double* row = out.designs.data() + i * n;
    sweep_row(plan, first + i, row);
    std::vector<double> shared;
    for (std::size_t a = 0; a < n; ++a) {
      if (plan.column_of_axis[a] < 0) shared.push_back(row[a]);
    }
    groups[shared].push_back(i);
  }
  const std::size_t metrics = plan.settings.metrics.size();
  const std::size_t products = plan.columns.products.size(), species = plan.columns.species.size();
  out.metrics.assign(count * metrics, unknown);
  out.status.assign(count, ItemStatus::not_converged);
  out.flags.assign(count, 0u);
  out.iterations.assign(count, 0);
  out.closure_relative.assign(count, unknown);
  if (plan.settings.store_products) {
    for (auto* numbers : {&out.amount_mol_per_h, &out.recovery_fraction, &out.purity_fraction}) {
      numbers->assign(count * products * species, unknown);
    }
  }
  const std::size_t columns = plan.problem.variables.size();
  for (const auto& group : groups) {
    const auto& shared = group.first;
    const auto& rows = group.second;
    DesignProblem own;
    const DesignProblem* problem = &plan.problem;
    if (!shared.empty()) {
      own = plan.problem;
      std::vector<std::pair<std::string, double>> numbers;
      std::size_t next = 0;
      for (std::size_t a = 0; a < n; ++a) {
        if (plan.column_of_axis[a] >= 0) continue;
        for (const auto& key : axes[a].keys) numbers.emplace_back(key, shared[next]);
        ++next;
      }
      try {
        own.circuit = plan.circuit_of_keys(numbers);
      } catch (const Error&) {  // numbers that cannot stand: a state of these rows, not the end
        for (std::size_t i : rows) out.status[i] = ItemStatus::out_of_range;
        continue;
      }
      problem = &own;
    }
    std::vector<double> values;
    values.reserve(rows.size() * columns);
    for (std::size_t i : rows) {
      for (std::size_t a = 0; a < n; ++a) {
        if (plan.column_of_axis[a] >= 0) values.push_back(out.designs[i * n + a]);
      }
    }
    const auto take = [&](const DesignBlock& solved) {
      for (std::size_t r = 0; r < solved.count; ++r) {
        const std::size_t i = rows[solved.first + r];
        out.status[i] = solved.status[r];
        out.flags[i] = solved.flags[r];
        out.iterations[i] = solved.iterations[r];
        out.closure_relative[i] = solved.closure_relative[r];
        if (metrics > 0 && solved.status[r] == ItemStatus::ok) {
          const Circuit circuit =
              design_circuit(*problem, values.data() + (solved.first + r) * columns);
          for (std::size_t m = 0; m < metrics; ++m) {
            out.metrics[i * metrics + m] =
                metric_value(plan.settings.metrics[m], circuit, solved, r);
          }
        }
        if (!plan.settings.store_products) continue;
        const std::size_t size = products * species;
        const auto copy = [&](const std::vector<double>& from, std::vector<double>& to) {
          std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(r * size), size,
                      to.begin() + static_cast<std::ptrdiff_t>(i * size));
        };
        copy(solved.amount_mol_per_h, out.amount_mol_per_h);
        copy(solved.recovery_fraction, out.recovery_fraction);
        copy(solved.purity_fraction, out.purity_fraction);
      }
    };
    solve_designs(
        *problem, rows.size(),
        [&](std::size_t begin, std::size_t rows_wanted, double* to) {
          std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(begin * columns),
                      rows_wanted * columns, to);
        },
        take, engine);
  }
  if (counts != nullptr) {
    counts->designs += count;
    for (std::size_t i = 0; i < count; ++i) {
      if (out.status[i] == ItemStatus::ok) ++counts->ok;
      if (out.status[i] == ItemStatus::not_converged) ++counts->not_converged;
      if (out.status[i] == ItemStatus::out_of_range) ++counts->out_of_range;
      if ((out.flags[i] & flag_retried) != 0u) ++counts->retried;
    }
  }
  return out;
}

}  // namespace gadolin::separation
