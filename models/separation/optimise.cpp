#include "models/separation/optimise.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "kernels/numeric/cmaes.hpp"
#include "kernels/numeric/nsga2.hpp"

namespace gadolin::separation {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr double most_combinations = 1e5;

[[noreturn]] void refuse(const OptimiseSettings& s, const std::string& what,
                         const std::string& remedy) {
  throw Error("E-SEP-114", what, s.source_file.empty() ? s.name : s.source_file, remedy,
              ExitCode::usage);
}

/// A solved design; objectives as they are minimised.
struct Solved {
  std::vector<double> x, f, constraints;
  double violation = 0.0, closure = 0.0;
  std::uint32_t flags = 0;
  const char* by = "";
};

class Search {
 public:
  Search(const OptimiseSettings& settings, const Circuit& base, CircuitOfKeys circuit_of_keys,
         std::uint64_t seed, const Engine& engine)
      : settings_(settings), engine_(engine) {
    SweepSettings sweep;
    sweep.name = settings.name;
    sweep.source_file = settings.source_file;
    sweep.axes = settings.axes;
    sweep.sampling = SweepSampling::list;
    sweep.store_products = false;
    for (auto& axis : sweep.axes) {
      if (axis.values.empty()) {
        if (!(axis.high >= axis.low) || !std::isfinite(axis.high - axis.low)) {
          refuse(settings,
                 fmt::format("axis {} runs from {:.6g} to {:.6g}", axis.name, axis.low, axis.high),
                 "let from be below to");
        }
        axis.values = {axis.low};
      } else {
        axis.values = {axis.values.front()};
      }
    }
    for (const auto& o : settings.objectives) sweep.metrics.push_back(o.metric);
    for (const auto& c : settings.constraints) sweep.metrics.push_back(c.metric);
    if (settings.credible) {
      for (const MetricKind kind :
           {MetricKind::loading_max, MetricKind::phase_ratio_min, MetricKind::phase_ratio_max}) {
        Metric metric;
        metric.name = metric_kind_names[static_cast<int>(kind)];
        metric.kind = kind;
        sweep.metrics.push_back(metric);
      }
    }
    plan_ = plan_sweep(sweep, base, std::move(circuit_of_keys), seed);
  }

  const SweepPlan& plan() const { return plan_; }

  /// Variables as the optimisers see them: an axis of values is the place in its list.
  std::vector<SearchVariable> variables() const {
    std::vector<SearchVariable> list;
    for (const SweepAxis& axis : settings_.axes) {
      if (!axis.values.empty()) {
        list.push_back({0.0, static_cast<double>(axis.values.size() - 1), true});
      } else if (axis.logarithmic) {
        list.push_back({std::log(axis.low), std::log(axis.high), false});
      } else {
        list.push_back({axis.low, axis.high, axis.whole});
      }
    }
    return list;
  }
  double number(std::size_t axis, double searched) const {
    const SweepAxis& a = settings_.axes[axis];
    if (!a.values.empty()) {
      return a.values[std::min(static_cast<std::size_t>(std::max(searched, 0.0) + 0.5),
                               a.values.size() - 1)];
    }
    if (a.logarithmic) return std::clamp(std::exp(searched), a.low, a.high);
    return searched;
  }

  /// Solves rows of numbers; feasible ones go to the archive.
  std::vector<Solved> solve(const std::vector<std::vector<double>>& rows, const char* by) {
    std::vector<Solved> answers;
    const std::size_t n = settings_.axes.size(), m = settings_.objectives.size();
    for (std::size_t begin = 0; begin < rows.size(); begin += 4096) {
      const std::size_t count = std::min<std::size_t>(4096, rows.size() - begin);
      for (std::size_t a = 0; a < n; ++a) {
        auto& values = plan_.settings.axes[a].values;
        values.resize(count);
        for (std::size_t i = 0; i < count; ++i) values[i] = rows[begin + i][a];
      }
      plan_.designs = count;
      SweepCounts counts;
      const SweepBlock block = solve_sweep(plan_, 0, count, engine_, &counts);
      evaluations += count;
      not_converged += counts.not_converged;
      out_of_range += counts.out_of_range;
      const std::size_t metrics = plan_.settings.metrics.size();
      for (std::size_t i = 0; i < count; ++i) {
        Solved s;
        s.x = rows[begin + i];
        s.by = by;
        s.flags = block.flags[i];
        s.closure = block.closure_relative[i];
        const double* value = block.metrics.data() + i * metrics;
        const bool ok = block.status[i] == ItemStatus::ok;
        for (std::size_t k = 0; k < m; ++k) {
          s.f.push_back(settings_.objectives[k].maximise ? -value[k] : value[k]);
        }
        for (std::size_t k = 0; k < settings_.constraints.size(); ++k) {
          const OptimiseConstraint& c = settings_.constraints[k];
          const double v = value[m + k];
          s.constraints.push_back(v);
          s.violation += beyond(c.low - v, c.low) + beyond(v - c.high, c.high);
        }
        if (settings_.credible && ok) {
          const double* last = value + m + settings_.constraints.size();
          const double gel = plan_.problem.circuit.extractant.gel_fraction;
          s.violation += beyond(last[0] - gel, gel) + beyond(0.1 - last[1], 0.1) +
                         beyond(last[2] - 10.0, 10.0);
        }
        if (!ok) s.violation = std::numeric_limits<double>::infinity();
        if (ok && s.violation > 0.0) ++infeasible;
        if (s.violation == 0.0) archive_.push_back(s);
        answers.push_back(std::move(s));
      }
    }
    prune();
    return answers;
  }

  /// The front of everything solved so far.
  const std::vector<Solved>& front() const { return archive_; }
  std::vector<double> front_values() const {
    std::vector<double> f;
    for (const Solved& s : archive_) f.insert(f.end(), s.f.begin(), s.f.end());
    return f;
  }

  std::size_t evaluations = 0, not_converged = 0, out_of_range = 0, infeasible = 0;

 private:
  static double beyond(double excess, double limit) {
    if (!(excess > 0.0)) return 0.0;
    return excess / std::max(std::fabs(limit), 1e-12);
  }
  void prune() {
    const std::size_t m = settings_.objectives.size();
    std::sort(archive_.begin(), archive_.end(),
              [](const Solved& a, const Solved& b) { return a.f != b.f ? a.f < b.f : a.x < b.x; });
    archive_.erase(std::unique(archive_.begin(), archive_.end(),
                               [](const Solved& a, const Solved& b) { return a.f == b.f; }),
                   archive_.end());
    // Better by less than 1e-7 is not better: single precision decides.
    auto values = front_values();
    for (double& value : values) value = static_cast<double>(static_cast<float>(value));
    const auto rank = pareto_ranks(values, m, {});
    std::vector<Solved> kept;
    for (std::size_t i = 0; i < archive_.size(); ++i) {
      if (rank[i] == 0) kept.push_back(std::move(archive_[i]));
    }
    archive_ = std::move(kept);
  }

  OptimiseSettings settings_;
  const Engine& engine_;
  SweepPlan plan_;
  std::vector<Solved> archive_;
};

/// Numbers of a discrete axis; empty if it is continuous and has no steps.
std::vector<double> levels_of(const SweepAxis& axis, bool grid) {
  if (!axis.values.empty()) return axis.values;
  std::vector<double> levels;
  if (axis.whole && !(grid && axis.steps > 1)) {
    for (double v = std::ceil(axis.low); v <= axis.high; v += 1.0) levels.push_back(v);
    return levels;
  }
  if (!grid || axis.steps < 1) return levels;
  for (int i = 0; i < axis.steps; ++i) {
    const double share = axis.steps > 1 ? static_cast<double>(i) / (axis.steps - 1) : 0.0;
    double v = axis.logarithmic ? axis.low * std::pow(axis.high / axis.low, share)
                                : axis.low + share * (axis.high - axis.low);
    if (axis.whole) v = std::round(v);
    if (levels.empty() || levels.back() != v) levels.push_back(v);
  }
  return levels;
}

struct Grid {
  std::vector<std::vector<double>> levels;
  double size = 1.0;
  bool complete = true;
};
Grid grid_of(const OptimiseSettings& s, bool with_steps) {
  Grid grid;
  for (const SweepAxis& axis : s.axes) {
    grid.levels.push_back(levels_of(axis, with_steps));
    grid.complete = grid.complete && !grid.levels.back().empty();
    grid.size *= static_cast<double>(grid.levels.back().size());
  }
  return grid;
}

void polish(const OptimiseSettings& s, Search& search, std::uint64_t seed) {
  const auto variables = search.variables();
  const std::size_t m = s.objectives.size();
  const std::vector<Solved> front = search.front();
  if (front.empty() || s.polish == 0) return;
  std::vector<double> low(m, INFINITY), high(m, -INFINITY);
  for (const Solved& d : front) {
    for (std::size_t k = 0; k < m; ++k) {
      low[k] = std::min(low[k], d.f[k]);
      high[k] = std::max(high[k], d.f[k]);
    }
  }
  const std::size_t chosen = std::min(s.polish, front.size());
  std::vector<CmaEs> searches;
  std::vector<std::vector<double>> aims;
  for (std::size_t i = 0; i < chosen; ++i) {
    const std::size_t at = chosen > 1 ? i * (front.size() - 1) / (chosen - 1) : 0;
    std::vector<double> x = front[at].x;
    for (std::size_t a = 0; a < x.size(); ++a) {
      const SweepAxis& axis = s.axes[a];
      if (!axis.values.empty()) {
        x[a] = static_cast<double>(std::find(axis.values.begin(), axis.values.end(), x[a]) -
                                   axis.values.begin());
      } else if (axis.logarithmic) {
        x[a] = std::log(x[a]);
      }
    }
    searches.emplace_back(variables, x, 0.08, seed, i);
    aims.push_back(front[at].f);
  }
  // Each search goes from its design straight towards better values of every objective.
  for (bool busy = true; busy;) {
    std::vector<std::vector<double>> rows;
    std::vector<std::size_t> owners;
    for (std::size_t i = 0; i < searches.size(); ++i) {
      if (searches[i].converged() || searches[i].evaluations() >= s.polish_evaluations) continue;
      const auto& points = searches[i].ask();
      const std::size_t v = variables.size();
      for (std::size_t p = 0; p < searches[i].population(); ++p) {
        std::vector<double> row(v);
        for (std::size_t a = 0; a < v; ++a) row[a] = search.number(a, points[p * v + a]);
        rows.push_back(std::move(row));
      }
      owners.push_back(i);
    }
    busy = !owners.empty();
    if (!busy) break;
    const auto answers = search.solve(rows, "cma-es");
    std::size_t next = 0;
    for (std::size_t i : owners) {
      std::vector<double> values;
      for (std::size_t p = 0; p < searches[i].population(); ++p, ++next) {
        const Solved& d = answers[next];
        if (d.violation > 0.0) {
          values.push_back(1e3 + std::min(d.violation, 1e6));
          continue;
        }
        double worst = -INFINITY, sum = 0.0;
        for (std::size_t k = 0; k < m; ++k) {
          const double gain = (d.f[k] - aims[i][k]) / std::max(high[k] - low[k], 1e-12);
          worst = std::max(worst, gain);
          sum += gain;
        }
        values.push_back(worst + 1e-3 * sum);
      }
      searches[i].tell(values);
    }
  }
}

}  // namespace

OptimiseResult optimise(const OptimiseSettings& s, const Circuit& base,
                        CircuitOfKeys circuit_of_keys, std::uint64_t seed, const Engine& engine,
                        const std::function<bool(std::size_t done, std::size_t total)>& progress) {
  if (s.objectives.empty()) {
    refuse(s, "no objective is given", "add [[objective]] tables, two for a front");
  }
  const std::size_t m = s.objectives.size();
  if (!s.reference.empty() && s.reference.size() != m) {
    refuse(s,
           "the reference of the hypervolume has " + std::to_string(s.reference.size()) +
               " numbers for " + std::to_string(m) + " objectives",
           "give one per objective");
  }
  Search search(s, base, std::move(circuit_of_keys), seed, engine);
  const auto variables = search.variables();
  OptimiseResult result;
  result.name = s.name;
  result.description = s.description;
  std::vector<double> reference;  // as minimised
  for (std::size_t k = 0; k < s.reference.size(); ++k) {
    reference.push_back(s.objectives[k].maximise ? -s.reference[k] : s.reference[k]);
  }
  const auto note_volume = [&] {
    const auto f = search.front_values();
    if (reference.empty() && search.front().size() > 1) {
      reference.assign(m, -INFINITY);
      for (std::size_t i = 0; i < f.size(); ++i)
        reference[i % m] = std::max(reference[i % m], f[i]);
    }
    result.hypervolume.push_back(reference.empty() ? 0.0 : hypervolume(f, m, reference));
  };

  const Grid whole = grid_of(s, s.method == OptimiseMethod::exhaustive);
  const bool small = whole.complete && whole.size < most_combinations;
  if (s.method == OptimiseMethod::exhaustive && !small) {
    refuse(s,
           whole.complete
               ? fmt::format("{:.3g} combinations are too many to try them all", whole.size)
               : "an axis has neither values nor steps",
           "give steps or values to every axis, fewer than 1e5 combinations in all, or method = "
           "\"nsga2\"");
  }
  if (s.method == OptimiseMethod::exhaustive || (s.method == OptimiseMethod::choose && small)) {
    result.method = "exhaustive";
    const auto total = static_cast<std::size_t>(whole.size);
    for (std::size_t begin = 0; begin < total; begin += 4096) {
      std::vector<std::vector<double>> rows;
      for (std::size_t i = begin; i < std::min(total, begin + 4096); ++i) {
        std::vector<double> row(s.axes.size());
        std::size_t rest = i;
        for (std::size_t a = s.axes.size(); a-- > 0;) {
          row[a] = whole.levels[a][rest % whole.levels[a].size()];
          rest /= whole.levels[a].size();
        }
        rows.push_back(std::move(row));
      }
      search.solve(rows, "exhaustive");
      if (progress && !progress(std::min(total, begin + 4096), total)) break;
    }
    note_volume();
  } else {
    result.method = s.polish > 0 ? "NSGA-II, CMA-ES" : "NSGA-II";
    Nsga2Settings nsga;
    nsga.population = s.population;
    nsga.generations = s.generations;
    nsga.seed = seed;
    const std::size_t total = s.population * (s.generations + 1) + s.polish * s.polish_evaluations;
    const auto evaluate = [&](const std::vector<double>& x, std::size_t count,
                              std::vector<double>& f, std::vector<double>& violation) {
      std::vector<std::vector<double>> rows(count, std::vector<double>(variables.size()));
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t a = 0; a < variables.size(); ++a) {
          rows[i][a] = search.number(a, x[i * variables.size() + a]);
        }
      }
      f.clear();
      violation.clear();
      for (const Solved& d : search.solve(rows, "nsga2")) {
        f.insert(f.end(), d.f.begin(), d.f.end());
        violation.push_back(d.violation);
      }
      note_volume();
    };
    nsga2(variables, m, nsga, evaluate, {},
          [&](std::size_t) { return !progress || progress(search.evaluations, total); });
    if (s.polish > 0) {
      polish(s, search, seed);
      note_volume();
      if (progress) progress(total, total);
    }
  }

  for (std::size_t a = 0; a < s.axes.size(); ++a) {
    result.axes.push_back(s.axes[a].name);
    result.axis_units.push_back(search.plan().columns.design_units[a]);
  }
  for (std::size_t k = 0; k < m; ++k) {
    result.objectives.push_back(s.objectives[k].metric.name);
    result.objective_units.push_back(search.plan().columns.metric_units[k]);
    result.maximise.push_back(s.objectives[k].maximise);
    if (k < reference.size()) {
      result.reference.push_back(s.objectives[k].maximise ? -reference[k] : reference[k]);
    }
  }
  for (const auto& c : s.constraints) result.constraints.push_back(c.metric.name);

  // The least crowded of the front, in the order of the first objective.
  const auto& front = search.front();
  std::vector<std::size_t> kept(front.size());
  std::iota(kept.begin(), kept.end(), std::size_t{0});
  if (front.size() > s.front_size) {
    const auto distance =
        crowding_distances(search.front_values(), m, std::vector<int>(front.size(), 0));
    std::stable_sort(kept.begin(), kept.end(),
                     [&](std::size_t a, std::size_t b) { return distance[a] > distance[b]; });
    kept.resize(s.front_size);
    std::sort(kept.begin(), kept.end());
  }
  const auto named = [&](const std::vector<double>& f) {
    std::vector<double> values = f;
    for (std::size_t k = 0; k < m; ++k) {
      if (s.objectives[k].maximise) values[k] = -values[k];
    }
    return values;
  };
  std::vector<double> low(m, INFINITY), high(m, -INFINITY);
  for (std::size_t i : kept) {
    const Solved& d = front[i];
    result.front.push_back({d.x, named(d.f), d.constraints, d.flags, d.closure, d.by});
    for (std::size_t k = 0; k < m; ++k) {
      low[k] = std::min(low[k], d.f[k]);
      high[k] = std::max(high[k], d.f[k]);
    }
  }
  if (!kept.empty()) {
    double nearest = INFINITY;
    for (std::size_t j = 0; j < kept.size(); ++j) {
      double worst = 0.0;
      for (std::size_t k = 0; k < m; ++k) {
        worst =
            std::max(worst, (front[kept[j]].f[k] - low[k]) / std::max(high[k] - low[k], 1e-300));
      }
      if (worst < nearest) nearest = worst, result.balanced = j;
    }
    // One change at a time: a tenth of the range, or one step.
    std::vector<std::vector<double>> rows;
    const std::vector<double> centre = result.front[result.balanced].x;
    for (std::size_t a = 0; a < s.axes.size(); ++a) {
      Sensitivity t;
      t.axis = s.axes[a].name;
      const SweepAxis& axis = s.axes[a];
      t.low = t.high = centre[a];
      if (!axis.values.empty()) {
        const auto at = std::find(axis.values.begin(), axis.values.end(), centre[a]);
        if (at != axis.values.begin()) t.low = *(at - 1);
        if (at != axis.values.end() && at + 1 != axis.values.end()) t.high = *(at + 1);
      } else if (axis.logarithmic) {
        const double factor = std::pow(axis.high / axis.low, 0.1);
        t.low = std::max(axis.low, centre[a] / factor);
        t.high = std::min(axis.high, centre[a] * factor);
      } else {
        const double step = axis.whole ? std::max(1.0, std::round(0.1 * (axis.high - axis.low)))
                                       : 0.1 * (axis.high - axis.low);
        t.low = std::max(axis.low, centre[a] - step);
        t.high = std::min(axis.high, centre[a] + step);
      }
      rows.push_back(centre);
      rows.back()[a] = t.low;
      rows.push_back(centre);
      rows.back()[a] = t.high;
      result.tornado.push_back(t);
    }
    Search aside = search;  // what is tried here is no candidate
    const auto answers = aside.solve(rows, "tornado");
    for (std::size_t a = 0; a < result.tornado.size(); ++a) {
      const auto values = [&](const Solved& d) {
        return std::isinf(d.violation) ? std::vector<double>(m, unknown) : named(d.f);
      };
      result.tornado[a].at_low = values(answers[2 * a]);
      result.tornado[a].at_high = values(answers[2 * a + 1]);
    }
  }
  result.evaluations = search.evaluations;
  result.not_converged = search.not_converged;
  result.out_of_range = search.out_of_range;
  result.infeasible = search.infeasible;
  result.worst_evidence = EvidenceClass::measured;
  for (const Species& species : base.species) {
    result.worst_evidence = std::max(result.worst_evidence, species.evidence);
    result.evidence.push_back(species.name + ": " + to_string(species.evidence) +
                              (species.source.empty() ? "" : ", " + species.source));
  }
  if (result.front.empty()) {
    result.warnings.push_back(
        {"W-SEP-061", fmt::format("none of {} designs keeps to the constraints: {} break one, {} "
                                  "are out of range, {} did not converge - widen the ranges or "
                                  "loosen a constraint",
                                  result.evaluations, result.infeasible, result.out_of_range,
                                  result.not_converged)});
  }
  return result;
}

}  // namespace gadolin::separation
