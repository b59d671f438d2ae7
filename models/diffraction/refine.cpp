#include "models/diffraction/refine.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <utility>

#include "kernels/diffraction/refine.hpp"
#include "models/diffraction/assess.hpp"
#include "models/diffraction/prepare.hpp"
#include "models/diffraction/uncertainty.hpp"

namespace gadolin::diffraction {

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr double share_for_cell = 0.02;
constexpr double share_for_width = 0.05;
constexpr double share_for_texture = 0.05;

/// The batch on its way through the protocol.
class Protocol {
 public:
  Protocol(const BatchModel& model, std::vector<PatternState>& states,
           const RefinementOptions& options, const Engine& engine)
      : model_(model),
        states_(states),
        options_(options),
        engine_(engine),
        refused_(states.size()) {}

  void run() {
    start();
    scales_and_background();
    const int shift = model_.instrument.geometry == Geometry::bragg_brentano ? Layout::displacement
                                                                             : Layout::zero;
    step([&](const PatternState&) { return std::vector<int>{shift}; });
    // Twice: what ran away while widths or texture were wrong gets another chance.
    for (int round = 0; round < 2; ++round) {
      step([&](const PatternState& s) { return cells(s); });
      step([&](const PatternState& s) { return widths(s, {Layout::x}, {Layout::w}); });
      for (int p = 0; p < model_.layout.phases; ++p) {
        step([&](const PatternState& s) { return cell(s, p); });
      }
      step([&](const PatternState& s) { return widths(s, {Layout::x, Layout::y}, {Layout::w}); });
      step([&](const PatternState&) { return std::vector<int>{Layout::u, Layout::v}; });
      for (int p = 0; options_.texture && p < model_.layout.phases; ++p) {
        step([&](const PatternState& s) { return texture(s, p); }, true);
      }
    }
    if (options_.background_terms == 0) {
      for (int round = 0; round < 4; ++round) {
        step([&](const PatternState& s) { return more_background(s); });
      }
    }
    finish();
  }

 private:
  using Choose = std::function<std::vector<int>(const PatternState&)>;

  LaunchOptions launch_options(int reweights = 0) const {
    LaunchOptions launch;
    launch.max_iterations = options_.max_iterations;
    launch.reweights = reweights;
    return launch;
  }

  int first_background_terms() const {
    return options_.background_terms > 0 ? options_.background_terms : 6;
  }

  void start() {
    for (auto& state : states_) {
      state.free.clear();
      for (int k = 0; k < first_background_terms(); ++k) {
        state.free.push_back(Layout::background + k);
      }
      state.free.push_back(model_.layout.inverse_x());
      for (int p = 0; p < model_.layout.phases; ++p) {
        state.free.push_back(model_.layout.phase(p) + Layout::scale);
      }
    }
    LaunchOptions launch = launch_options();
    launch.start_grid = true;
    launch.grid_displacement_mm = {0.0};
    if (model_.instrument.geometry == Geometry::bragg_brentano) {
      for (int k = 1; k <= 5; ++k) {  // up to 0.3 degrees each way
        const double mm = 0.06 * k * pi / 180.0 * model_.instrument.radius_mm / 2.0;
        launch.grid_displacement_mm.push_back(mm);
        launch.grid_displacement_mm.push_back(-mm);
      }
    }
    const double w = model_.instrument.w_deg2, x = model_.instrument.x_deg;
    launch.grid_width = {{w, x}, {2.5 * w, 3.0 * x}, {8.0 * w, 10.0 * x}};
    launch_stage(model_, states_, std::vector<char>(states_.size(), 1), launch, engine_);
    for (auto& state : states_) {
      if (state.usable() && state.status == ItemStatus::out_of_range) {
        state.status_text = "E-XRD-115: no start values: the pattern has " +
                            std::to_string(state.counts.size()) + " points for " +
                            std::to_string(state.free.size()) + " parameters, or none that fit";
      }
    }
  }

  void scales_and_background() {
    launch_stage(model_, states_, std::vector<char>(states_.size(), 1), launch_options(1), engine_);
    for (auto& state : states_) {
      if (state.usable() && state.calculated.empty()) {
        state.status = ItemStatus::out_of_range;
        state.status_text = "E-XRD-115: the start values do not lead to a finite fit";
      }
    }
  }

  /// Share of the Bragg intensity of phase p.
  double share(const PatternState& state, int p) const {
    double total = 0.0;
    const auto area = [&](int q) {
      return std::max(0.0, state.phase_summary[static_cast<std::size_t>(q * PhaseSummary::size +
                                                                        PhaseSummary::area)]);
    };
    for (int q = 0; q < model_.layout.phases; ++q) total += area(q);
    return total > 0.0 ? area(p) / total : 0.0;
  }

  std::vector<int> cells(const PatternState& state) const {
    std::vector<int> more;
    for (int p = 0; p < model_.layout.phases; ++p) {
      const auto own = cell(state, p);
      more.insert(more.end(), own.begin(), own.end());
    }
    return more;
  }

  std::vector<int> cell(const PatternState& state, int p) const {
    std::vector<int> more;
    if (share(state, p) < share_for_cell) return more;
    const auto n = static_cast<int>(model_.phases[static_cast<std::size_t>(p)].directions.size());
    for (int k = 0; k < n; ++k) more.push_back(model_.layout.phase(p) + Layout::cell + k);
    return more;
  }

  std::vector<int> widths(const PatternState& state, std::vector<int> own,
                          std::vector<int> shared) const {
    for (int p = 0; p < model_.layout.phases; ++p) {
      if (share(state, p) < share_for_width) continue;
      for (int k : own) shared.push_back(model_.layout.phase(p) + k);
    }
    return shared;
  }

  std::vector<int> texture(const PatternState& state, int p) const {
    if (model_.phases[static_cast<std::size_t>(p)].texture_axis == std::array<int, 3>{0, 0, 0} ||
        share(state, p) < share_for_texture) {
      return {};
    }
    return {model_.layout.phase(p) + Layout::march_r};
  }

  std::vector<int> more_background(const PatternState& state) const {
    int terms = 0;
    for (int f : state.free) {
      terms += f >= Layout::background && f < model_.layout.inverse_x() ? 1 : 0;
    }
    if (terms + 2 > model_.layout.chebyshev_terms) return {};
    return {Layout::background + terms, Layout::background + terms + 1};
  }

  /// Phases too weak for widths of their own take those of the strongest phase.
  void tie_weak_phases(PatternState& state) const {
    int strongest = 0;
    for (int p = 1; p < model_.layout.phases; ++p) {
      if (share(state, p) > share(state, strongest)) strongest = p;
    }
    for (int p = 0; p < model_.layout.phases; ++p) {
      const int own = model_.layout.phase(p);
      const bool free =
          std::find(state.free.begin(), state.free.end(), own + Layout::x) != state.free.end();
      if (p == strongest || free) continue;
      for (int k : {Layout::x, Layout::y}) {
        state.parameters[static_cast<std::size_t>(own + k)] =
            state.parameters[static_cast<std::size_t>(model_.layout.phase(strongest) + k)];
      }
    }
  }

  /// chi2 of an earlier calculated pattern under the weights of a later one.
  static double chi2_under(const PatternState& state, const std::vector<double>& calculated,
                           const std::vector<double>& variance) {
    double sum = 0.0;
    for (std::size_t i = 0; i < calculated.size(); ++i) {
      const double d = state.counts[i] - calculated[i];
      sum += d * d / variance[i];
    }
    return sum;
  }

  /// BIC with as many observations as the residuals leave independent. Texture trades against the
  /// scales, so it must pay in full; what every specimen has (cell, widths, background) is judged
  /// leniently, because early residuals are correlated by the very parameters still missing.
  bool pays(const PatternState& before, const PatternState& after, bool strict) const {
    if (after.status == ItemStatus::out_of_range || !std::isfinite(after.chi2)) return false;
    const double old = chi2_under(before, before.calculated, after.used_variance);
    const double n = static_cast<double>(before.counts.size()) /
                     std::clamp(after.summary[Summary::correlation], 1.0, strict ? 1e9 : 5.0);
    const auto added = static_cast<double>(after.free.size() - before.free.size());
    return n * std::log(after.chi2 / old) + added * std::log(std::max(2.0, n)) < 0.0;
  }

  /// Newly freed parameters that came to rest where they must not: their whole phase block goes.
  std::vector<int> offenders(const PatternState& before, const PatternState& after) const {
    std::vector<int> blocks;
    for (std::size_t k = before.free.size(); k < after.free.size(); ++k) {
      const int parameter = after.free[k];
      const int first = model_.layout.phase(0);
      const int within = parameter < first ? -1 : (parameter - first) % Layout::phase_stride;
      const bool natural = within == Layout::x || within == Layout::y || parameter == Layout::w ||
                           parameter == Layout::u || parameter == Layout::v;
      if (after.state[k] == 1.0 || natural) continue;
      blocks.push_back(parameter < first ? -1 - parameter
                                         : (parameter - first) / Layout::phase_stride);
    }
    return blocks;
  }

  int block_of(int parameter) const {
    const int first = model_.layout.phase(0);
    return parameter < first ? -1 - parameter : (parameter - first) / Layout::phase_stride;
  }

  /// Frees what `choose` names, refines, and keeps the result where it pays and rests inside its
  /// bounds; blocks that hit a bound are taken out and the rest tried once more.
  void step(const Choose& choose, bool strict = false) {
    const std::vector<PatternState> before = states_;
    std::vector<char> run(states_.size(), 0);
    std::vector<std::vector<int>> added(states_.size());
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (!states_[i].usable()) continue;
      tie_weak_phases(states_[i]);
      added[i] = choose(states_[i]);
      std::erase_if(added[i], [&](int parameter) {
        return std::find(states_[i].free.begin(), states_[i].free.end(), parameter) !=
               states_[i].free.end();
      });
      const auto attempt = std::make_pair(states_[i].free, added[i]);
      if (added[i].empty() || refused_[i].count(attempt) != 0) {
        states_[i] = before[i];
        added[i].clear();
        continue;
      }
      refused_[i].insert(attempt);  // an addition that is kept cannot come up again
      states_[i].free.insert(states_[i].free.end(), added[i].begin(), added[i].end());
      run[i] = 1;
    }
    launch_stage(model_, states_, run, launch_options(), engine_);
    std::vector<char> again(states_.size(), 0);
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (run[i] == 0) continue;
      const auto bad = states_[i].status == ItemStatus::out_of_range
                           ? std::vector<int>{}
                           : offenders(before[i], states_[i]);
      if (bad.empty()) {
        if (!pays(before[i], states_[i], strict)) roll_back(i, before[i]);
        continue;
      }
      roll_back(i, before[i]);
      std::erase_if(added[i], [&](int parameter) {
        return std::find(bad.begin(), bad.end(), block_of(parameter)) != bad.end();
      });
      if (added[i].empty()) continue;
      states_[i].free.insert(states_[i].free.end(), added[i].begin(), added[i].end());
      again[i] = 1;
    }
    launch_stage(model_, states_, again, launch_options(), engine_);
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (again[i] == 0) continue;
      const bool bad = states_[i].status == ItemStatus::out_of_range ||
                       !offenders(before[i], states_[i]).empty() ||
                       !pays(before[i], states_[i], strict);
      if (bad) roll_back(i, before[i]);
    }
  }

  void roll_back(std::size_t i, const PatternState& before) {
    const int iterations = states_[i].iterations;
    states_[i] = before;
    states_[i].iterations = iterations;
  }

  /// The last round: everything free that was kept, weights taken from the fit twice.
  void finish() {
    const std::vector<PatternState> before = states_;
    std::vector<char> run(states_.size(), 1);
    for (auto& state : states_) {
      if (state.usable()) tie_weak_phases(state);
    }
    launch_stage(model_, states_, run, launch_options(2), engine_);
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (states_[i].usable() && states_[i].status == ItemStatus::out_of_range) {
        roll_back(i, before[i]);
        states_[i].status = ItemStatus::not_converged;
      }
    }
  }

  const BatchModel& model_;
  std::vector<PatternState>& states_;
  const RefinementOptions& options_;
  const Engine& engine_;
  /// Per pattern: what was added to which free parameters without success.
  std::vector<std::set<std::pair<std::vector<int>, std::vector<int>>>> refused_;
};

/// Patterns per chunk: bounds host memory; the results do not depend on it.
constexpr std::size_t chunk_patterns = 512;

}  // namespace

std::vector<PatternResult> refine(const std::vector<Pattern>& patterns,
                                  const std::vector<CrystalStructure>& structures,
                                  const Instrument& instrument, const AtomicTables& tables,
                                  const RefinementOptions& options, const Engine& engine) {
  std::vector<PatternResult> results;
  results.reserve(patterns.size());
  for (std::size_t first = 0; first < patterns.size() || first == 0; first += chunk_patterns) {
    const std::vector<Pattern> chunk(
        patterns.begin() + static_cast<std::ptrdiff_t>(first),
        patterns.begin() +
            static_cast<std::ptrdiff_t>(std::min(patterns.size(), first + chunk_patterns)));
    std::vector<PatternState> states;
    const BatchModel model = prepare(chunk, structures, instrument, tables, options, states);
    Protocol(model, states, options, engine).run();
    for (std::size_t i = 0; i < chunk.size(); ++i) {
      results.push_back(assess(model, chunk[i], states[i], options));
    }
    finish_quantities(model, states, options, engine, results.data() + first);
  }
  return results;
}

}  // namespace gadolin::diffraction
