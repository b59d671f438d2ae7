#include "models/diffraction/protocol.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "kernels/diffraction/refine.hpp"
#include "models/diffraction/phase_pattern.hpp"
#include "models/diffraction/prepare.hpp"
#include "models/diffraction/uncertainty.hpp"

namespace gadolin::diffraction {

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr double share_for_cell = 0.02;
constexpr double share_for_width = 0.05;
constexpr double share_for_size = 0.01;  ///< below share_for_width: X alone, once all else stands
constexpr double share_for_texture = 0.05;

/// The batch on its way through the protocol.
class Protocol {
 public:
  Protocol(BatchModel& model, const std::vector<CrystalStructure>& structures,
           std::vector<PatternState>& states, const RefinementOptions& options,
           const Engine& engine)
      : model_(model),
        structures_(structures),
        states_(states),
        options_(options),
        engine_(engine),
        refused_(states.size()) {}

  void run() {
    start();
    scales_and_background();
    const int shift = model_.instrument.geometry == Geometry::bragg_brentano ? Layout::displacement
                                                                             : Layout::zero;
    // Twice: what ran away while widths or texture were wrong gets another chance.
    for (int round = 0; round < 2; ++round) {
      step([&](PatternState&) { return std::vector<int>{shift}; });
      step([&](PatternState& s) { return cells(s); });
      step([&](PatternState& s) { return widths(s, {Layout::x}, {Layout::w}); });
      for (int p = 0; p < model_.layout.phases; ++p) {
        step([&](PatternState& s) { return cell(s, p); });
      }
      step([&](PatternState& s) { return widths(s, {Layout::x, Layout::y}, {Layout::w}); });
      step([&](PatternState&) { return std::vector<int>{Layout::u, Layout::v}; });
      for (int p = 0; options_.texture && p < model_.layout.phases; ++p) {
        step([&](PatternState& s) { return texture(s, p); }, true);
      }
      for (int p = 0; p < model_.layout.phases; ++p) {
        for (int l = 2; l <= 8; l += 2) {
          step([&](PatternState& s) { return harmonics(s, p, l); }, true);
        }
        step([&](PatternState& s) { return anisotropic_strain(s, p); }, true);
      }
      step([&](PatternState& s) { return overflow(s); }, true);
    }
    step([&](PatternState& s) { return sizes(s); });
    if (options_.background_terms == 0) {
      for (int round = 0; round < 5; ++round) {
        step([&](PatternState& s) { return more_background(s); }, true);
      }
    }
    finish();
  }

 private:
  /// What to free next; may also choose the texture axis of the state.
  using Choose = std::function<std::vector<int>(PatternState&)>;

  LaunchOptions launch_options(int reweights = 0) const {
    LaunchOptions launch;
    launch.max_iterations = options_.max_iterations;
    launch.reweights = reweights;
    launch.lost_area =
        reweights > 1 ? 1e-3 : 0.0;  // steps that only choose see what is significant
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
    for (auto& state : states_) {
      for (std::size_t h = 0; h < options_.quantify.humps.size(); ++h) {
        state.free.push_back(Layout::hump + static_cast<int>(h) * Layout::hump_stride +
                             Layout::hump_area);
      }
      if (!state.blank.empty()) state.free.push_back(Layout::blank);
    }
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

  /// The texture axis the residuals ask for, if any: every candidate is judged by the drop of chi2
  /// its derivative at r = 1 promises beside the scales; the best one enters the rings of the
  /// state.
  std::vector<int> texture(PatternState& state, int p) {
    const int r = model_.layout.phase(p) + Layout::march_r;
    if (share(state, p) < share_for_texture || is_free(state, r) ||
        model_.phases[static_cast<std::size_t>(p)].texture_terms > 0) {
      return {};
    }
    std::vector<std::vector<double>> own;
    std::vector<const std::vector<double>*> known;
    for (int q = 0; q < model_.layout.phases; ++q) own.push_back(phase_pattern(model_, state, q));
    for (const auto& y : own) known.push_back(&y);
    std::array<int, 3> best{};
    double gain = 0.0;
    for (const auto& axis : texture_axes(structures_[static_cast<std::size_t>(p)])) {
      const auto& rings = rings_with_axis(state.ring_set, p, axis);
      std::size_t at = 0;
      PhasePatternOptions options;
      options.weight = [&](const Ring&) {  // d ln T / dr at r = 1; phase_pattern walks in order
        const Ring& ring = rings[at++];
        double mean = 0.0;
        for (std::size_t k = 0; k < ring.cos2.size(); ++k) mean += ring.weight[k] * ring.cos2[k];
        return 1.5 - 4.5 * mean;
      };
      const double drop =
          test_residual(state, phase_pattern(model_, state, p, options), known).chi2_drop;
      if (drop > gain) {
        gain = drop;
        best = axis;
      }
    }
    // A step that cannot pay is not taken: the estimate is linear, hence half of what is asked.
    const double n = static_cast<double>(state.counts.size()) /
                     std::max(1.0, state.summary[Summary::correlation]);
    if (!(n * gain / state.chi2 > 0.5 * std::log(std::max(2.0, n)))) return {};
    if (best !=
        model_.axes[static_cast<std::size_t>(state.ring_set)][static_cast<std::size_t>(p)]) {
      state.ring_set = set_with_axis(state.ring_set, p, best);
    }
    return {r};
  }

  /// Lines of phase p inside the range that have 2 % of the intensity of its strongest.
  int strong_lines(const PatternState& state, int p) const {
    const auto& rings =
        model_.ring_sets[static_cast<std::size_t>(state.ring_set)][static_cast<std::size_t>(p)];
    const double wavelength = state.lines.front().wavelength_angstrom;
    std::vector<double> height;
    for (const auto& ring : rings) {
      const double sine = 0.5 * wavelength * std::sqrt(ring.inverse_d2);
      if (sine >= 1.0) continue;
      const double theta = std::asin(sine), at = 2.0 * theta * 180.0 / pi;
      if (at < state.two_theta_deg.front() || at > state.two_theta_deg.back()) continue;
      const double c2 = std::cos(2.0 * theta);
      height.push_back(ring.f2_sum.front() * (1.0 + c2 * c2) / (sine * sine * std::cos(theta)));
    }
    if (height.empty()) return 0;
    const double least = 0.02 * *std::max_element(height.begin(), height.end());
    return static_cast<int>(
        std::count_if(height.begin(), height.end(), [&](double h) { return h >= least; }));
  }

  /// Whether harmonics may be tried: a phase that stands out, with three lines per coefficient.
  bool may_have_terms(const PatternState& state, int p, int terms) const {
    return terms > 0 && share(state, p) >= share_for_texture && strong_lines(state, p) >= 3 * terms;
  }

  /// The texture harmonics of one order, once all lower ones stand.
  std::vector<int> harmonics(const PatternState& state, int p, int l) const {
    const auto& phase = model_.phases[static_cast<std::size_t>(p)];
    std::vector<int> more;
    int terms = 0;
    for (int k = 0; k < phase.texture_terms; ++k) {
      const int order = phase.harmonics[static_cast<std::size_t>(k)].l;
      const int place = model_.layout.phase(p) + model_.layout.harmonic(k);
      if (order > l) break;
      ++terms;
      if (order == l) more.push_back(place);
      if (order < l && !is_free(state, place)) return {};
    }
    if (more.empty() || !may_have_terms(state, p, terms)) return {};
    return more;
  }

  /// Strain by direction, where there is strain beyond the instrument's.
  std::vector<int> anisotropic_strain(const PatternState& state, int p) const {
    const int terms = model_.phases[static_cast<std::size_t>(p)].strain_terms;
    const int y = model_.layout.phase(p) + Layout::y;
    if (!may_have_terms(state, p, terms) || !is_free(state, y) ||
        !(state.parameters[static_cast<std::size_t>(y)] > model_.instrument.y_deg + 0.005)) {
      return {};
    }
    std::vector<int> more;
    for (int k = 0; k < terms; ++k) {
      more.push_back(model_.layout.phase(p) + model_.layout.strain(k));
    }
    return more;
  }

  const std::vector<Ring>& rings_with_axis(int set, int p, const std::array<int, 3>& axis) {
    const auto key = std::make_tuple(set, p, axis);
    const auto found = rings_of_axis_.find(key);
    if (found != rings_of_axis_.end()) return found->second;
    auto rings = model_.ring_sets[static_cast<std::size_t>(set)][static_cast<std::size_t>(p)];
    set_texture_axis(structures_[static_cast<std::size_t>(p)], axis, rings);
    return rings_of_axis_.emplace(key, std::move(rings)).first->second;
  }

  /// The ring set that differs from `set` by the texture axis of phase p alone.
  int set_with_axis(int set, int p, const std::array<int, 3>& axis) {
    const auto key = std::make_tuple(set, p, axis);
    const auto found = set_of_axis_.find(key);
    if (found != set_of_axis_.end()) return found->second;
    auto rings = model_.ring_sets[static_cast<std::size_t>(set)];
    rings[static_cast<std::size_t>(p)] = rings_with_axis(set, p, axis);
    auto axes = model_.axes[static_cast<std::size_t>(set)];
    axes[static_cast<std::size_t>(p)] = axis;
    model_.ring_sets.push_back(std::move(rings));
    model_.axes.push_back(std::move(axes));
    const int fresh = static_cast<int>(model_.ring_sets.size()) - 1;
    set_of_axis_[key] = fresh;
    return fresh;
  }

  /// A specimen shorter than the beam at low angles: a disc, whose size nobody stated.
  std::vector<int> overflow(PatternState& state) const {
    const auto& factors = model_.instrument.factors;
    if (model_.instrument.geometry != Geometry::bragg_brentano || factors.variable_slit ||
        factors.transmission || factors.specimen_length_mm > 0.0 ||
        is_free(state, Layout::overflow)) {
      return {};
    }
    // From the first line of some strength on: nothing below it can tell.
    double highest = 0.0;
    for (std::size_t i = 0; i < state.calculated.size(); ++i) {
      highest = std::max(highest, state.calculated[i] - state.background[i]);
    }
    std::size_t first = 0;
    while (state.calculated[first] - state.background[first] < 0.1 * highest) ++first;
    state.parameters[Layout::overflow] = std::sin(0.5 * state.two_theta_deg[first] * pi / 180.0);
    return {Layout::overflow};
  }

  /// Size broadening of phases too weak for full widths but strong enough to be wrong by tied ones.
  std::vector<int> sizes(const PatternState& state) const {
    std::vector<int> more;
    for (int p = 0; p < model_.layout.phases; ++p) {
      const double part = share(state, p);
      if (part >= share_for_size && part < share_for_width) {
        more.push_back(model_.layout.phase(p) + Layout::x);
      }
    }
    return more;
  }

  static bool is_free(const PatternState& state, int parameter) {
    return std::find(state.free.begin(), state.free.end(), parameter) != state.free.end();
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

  /// BIC with as many observations as the residuals leave independent. What trades against the
  /// scales must pay in full (strict): texture, beam overflow, and background terms, which feed on
  /// the tails of the lines. What every specimen has (cell, widths) is judged leniently, because
  /// early residuals are correlated by the very parameters still missing.
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
      const int within =
          parameter < first ? -1 : (parameter - first) % model_.layout.phase_stride();
      const bool natural = within == Layout::x || within == Layout::y || parameter == Layout::w ||
                           parameter == Layout::u || parameter == Layout::v;
      if (after.state[k] == 1.0 || natural) continue;
      blocks.push_back(parameter < first ? -1 - parameter
                                         : (parameter - first) / model_.layout.phase_stride());
    }
    for (int p = 0; p < model_.layout.phases; ++p) {  // no line may vanish or lose its width
      const auto least = harmonic_floor(model_, after, p);
      if (std::min(least.texture, least.strain) < 2.0 * least_factor) blocks.push_back(p);
    }
    return blocks;
  }

  int block_of(int parameter) const {
    const int first = model_.layout.phase(0);
    return parameter < first ? -1 - parameter : (parameter - first) / model_.layout.phase_stride();
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
      const auto attempt = std::make_tuple(states_[i].free, added[i], states_[i].ring_set);
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
      const PatternState tried = states_[i];
      roll_back(i, before[i]);
      states_[i].ring_set = tried.ring_set;
      std::erase_if(added[i], [&](int parameter) {
        return std::find(bad.begin(), bad.end(), block_of(parameter)) != bad.end();
      });
      if (added[i].empty()) {
        roll_back(i, before[i]);
        continue;
      }
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
    // A shallow valley may want a second and a third helping.
    for (int helping = 0; helping < 2; ++helping) {
      bool any = false;
      for (std::size_t i = 0; i < states_.size(); ++i) {
        run[i] = states_[i].usable() && states_[i].status == ItemStatus::not_converged ? 1 : 0;
        any = any || run[i] != 0;
      }
      if (!any) break;
      launch_stage(model_, states_, run, launch_options(2), engine_);
    }
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (states_[i].usable() && states_[i].status == ItemStatus::out_of_range) {
        roll_back(i, before[i]);
        states_[i].status = ItemStatus::not_converged;
      }
    }
  }

  BatchModel& model_;
  const std::vector<CrystalStructure>& structures_;
  std::vector<PatternState>& states_;
  const RefinementOptions& options_;
  const Engine& engine_;
  /// Per pattern: what was added to which free parameters without success.
  std::vector<std::set<std::tuple<std::vector<int>, std::vector<int>, int>>> refused_;
  std::map<std::tuple<int, int, std::array<int, 3>>, std::vector<Ring>> rings_of_axis_;
  std::map<std::tuple<int, int, std::array<int, 3>>, int> set_of_axis_;
};

}  // namespace

void run_protocol(BatchModel& model, const std::vector<CrystalStructure>& structures,
                  std::vector<PatternState>& states, const RefinementOptions& options,
                  const Engine& engine) {
  Protocol(model, structures, states, options, engine).run();
}

}  // namespace gadolin::diffraction
