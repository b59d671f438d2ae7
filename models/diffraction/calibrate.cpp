#include "models/diffraction/calibrate.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/diffraction/refine.hpp"
#include "models/diffraction/assess.hpp"
#include "models/diffraction/intensity_factor.hpp"
#include "models/diffraction/prepare.hpp"

namespace gadolin::diffraction {

namespace {

constexpr double pi = 3.14159265358979323846;

/// One standard on its way: stages that are kept where chi2 falls by more than their price.
class Bench {
 public:
  Bench(BatchModel& model, std::vector<PatternState>& states, const Engine& engine)
      : model_(model), states_(states), engine_(engine) {}

  PatternState& state() { return states_.front(); }

  bool start(int background_terms) {
    PatternState& s = state();
    for (int k = 0; k < background_terms; ++k) s.free.push_back(Layout::background + k);
    s.free.push_back(model_.layout.inverse_x());
    s.free.push_back(own(Layout::scale));
    LaunchOptions launch;
    launch.start_grid = true;
    launch.grid_displacement_mm = {0.0};
    if (model_.instrument.geometry == Geometry::bragg_brentano) {
      for (int k = 1; k <= 5; ++k) {
        const double mm = 0.06 * k * pi / 180.0 * model_.instrument.radius_mm / 2.0;
        launch.grid_displacement_mm.push_back(mm);
        launch.grid_displacement_mm.push_back(-mm);
      }
    }
    const double w = model_.instrument.w_deg2, x = model_.instrument.x_deg;
    launch.grid_width = {{0.1 * w, 0.3 * x}, {w, x}, {2.5 * w, 3.0 * x}, {8.0 * w, 10.0 * x}};
    launch_stage(model_, states_, {1}, launch, engine_);
    if (s.status == ItemStatus::out_of_range) return false;
    LaunchOptions first;
    first.reweights = 1;
    launch_stage(model_, states_, {1}, first, engine_);
    return !s.calculated.empty();
  }

  int own(int within) const { return model_.layout.phase(0) + within; }

  /// Frees the parameters; kept unless chi2 falls by less than `mean_drop` times its mean per
  /// parameter.
  bool step(const std::vector<int>& added, double mean_drop = 10.0) {
    const PatternState before = state();
    PatternState& s = state();
    s.free.insert(s.free.end(), added.begin(), added.end());
    LaunchOptions launch;
    launch_stage(model_, states_, {1}, launch, engine_);
    double old = 0.0;  // under the weights of the new fit
    for (std::size_t i = 0; i < s.counts.size(); ++i) {
      const double d = s.counts[i] - before.calculated[i];
      old += d * d / s.used_variance[i];
    }
    const double price = mean_drop * static_cast<double>(added.size()) * s.chi2 /
                         static_cast<double>(s.counts.size());
    bool bad = s.status == ItemStatus::out_of_range || !(s.chi2 < old - price);
    for (std::size_t k = before.free.size(); !bad && k < s.free.size(); ++k) {
      bad = s.state[k] == 0.0 && s.free[k] != own(Layout::x) && s.free[k] != own(Layout::y) &&
            s.free[k] != Layout::u && s.free[k] != Layout::w;
    }
    if (bad) {
      const int iterations = s.iterations;
      s = before;
      s.iterations = iterations;
    }
    return !bad;
  }

  void finish() {
    LaunchOptions launch;
    launch.reweights = 2;
    launch_stage(model_, states_, {1}, launch, engine_);
  }

 private:
  BatchModel& model_;
  std::vector<PatternState>& states_;
  const Engine& engine_;
};

}  // namespace

Calibration calibrate(const Pattern& pattern, const CrystalStructure& standard,
                      const Instrument& start, const AtomicTables& tables,
                      const CalibrationOptions& options, const Engine& engine) {
  Calibration result;
  Instrument instrument = start;
  if (options.axial && !(instrument.s_over_l > 0.0)) {
    instrument.s_over_l = 1e-4;  // may grow
    instrument.h_over_l = 0.0;   // equal to it
  }
  const double ratio = h_over_s(instrument);
  const bool capillary = instrument.geometry == Geometry::capillary;
  const int shift = options.shift == CalibrationOptions::Shift::zero || capillary
                        ? Layout::zero
                        : Layout::displacement;
  RefinementOptions refinement;
  refinement.background_terms = options.background_terms;
  refinement.two_theta_min_deg = options.two_theta_min_deg;
  refinement.two_theta_max_deg = options.two_theta_max_deg;
  std::vector<PatternState> states;
  BatchModel model = prepare({pattern}, {standard}, instrument, tables, refinement, states);
  PatternState& state = states.front();
  Bench bench(model, states, engine);
  result.instrument = start;
  result.instrument.lines = state.lines;
  const auto fail = [&] {
    result.status = state.status == ItemStatus::ok ? ItemStatus::not_converged : state.status;
    result.status_text = state.status_text.empty() ? "E-XRD-115: the start values do not lead to a "
                                                     "finite fit"
                                                   : state.status_text;
    return result;
  };
  if (!state.usable() || !bench.start(options.background_terms)) return fail();

  if (start.geometry == Geometry::bragg_brentano && !(start.transparency > 0.0) &&
      options.packing > 0.0) {
    const double mu_per_mm = 0.1 * options.packing * model.phases[0].mu_per_cm;
    state.parameters[Layout::transparency] =
        mu_per_mm > 0.0 ? std::min(0.01, 0.5 / (mu_per_mm * start.radius_mm)) : 0.0;
  }
  bench.step({shift});
  std::vector<int> cell;
  for (std::size_t k = 0; k < model.phases[0].directions.size(); ++k) {
    cell.push_back(bench.own(Layout::cell + static_cast<int>(k)));
  }
  const bool free_cell = options.free_cell || options.free_wavelength;
  const bool cell_found = free_cell && bench.step(cell);
  bench.step({Layout::w, bench.own(Layout::x)});
  if (free_cell && !cell_found) bench.step(cell);
  bench.step({bench.own(Layout::y)});
  bench.step({Layout::u, Layout::v});
  bench.step({bench.own(Layout::b_iso)}, 0.0);
  if (model.axes.front().front() != std::array<int, 3>{0, 0, 0}) {
    bench.step({bench.own(Layout::march_r)});
  }
  if (options.axial) {
    // chi2 is flat at S/L = 0: the step starts where the smear is felt.
    const double before = state.parameters[Layout::s_over_l];
    state.parameters[Layout::s_over_l] = std::max(before, 0.015);
    if (!bench.step({Layout::s_over_l})) state.parameters[Layout::s_over_l] = before;
  }
  bench.finish();
  if (state.status == ItemStatus::out_of_range) return fail();

  PatternResult fit = assess(model, pattern, state, refinement);
  result.status = state.status;
  result.status_text = fit.status_text;
  result.rwp = fit.rwp;
  result.gof = fit.gof;
  result.iterations = state.iterations;
  result.displacement_mm = fit.displacement_mm;
  result.u_displacement_mm = fit.u_displacement_mm;
  result.cell = fit.phases.front().cell;
  result.u_cell = fit.phases.front().u_cell;
  result.warnings = fit.warnings;
  std::erase_if(result.warnings, [](const Warning& w) { return w.code == "W-XRD-119"; });
  result.two_theta_deg = std::move(fit.two_theta_deg);
  result.observed = std::move(fit.observed);
  result.calculated = std::move(fit.calculated);

  // Misfit and serial correlation inflate what the counts alone would give, as in refine().
  const auto points = static_cast<double>(state.counts.size() - state.free.size());
  const double reduced = state.chi2 / points;
  const double inflation = reduced > 1.0 + 3.0 * std::sqrt(2.0 / points)
                               ? reduced * std::max(1.0, state.summary[Summary::correlation])
                               : 1.0;
  struct Named {
    const char* key;
    int parameter;
    double* value;
  };
  Instrument& out = result.instrument;
  const std::vector<Named> all{
      {"zero_deg", Layout::zero, &out.zero_deg},    {"u_deg2", Layout::u, &out.u_deg2},
      {"v_deg2", Layout::v, &out.v_deg2},           {"w_deg2", Layout::w, &out.w_deg2},
      {"x_deg", bench.own(Layout::x), &out.x_deg},  {"y_deg", bench.own(Layout::y), &out.y_deg},
      {"s_over_l", Layout::s_over_l, &out.s_over_l}};
  std::vector<std::size_t> places;
  for (const auto& named : all) {
    const auto found = std::find(state.free.begin(), state.free.end(), named.parameter);
    const double value = state.parameters[static_cast<std::size_t>(named.parameter)];
    if (found == state.free.end()) continue;
    *named.value = value;
    const auto place = static_cast<std::size_t>(found - state.free.begin());
    if (state.state[place] != 1.0) continue;  // on a bound or not moved: no uncertainty
    places.push_back(place);
    result.parameters.emplace_back(named.key);
    result.values.push_back(value);
  }
  const std::size_t n = places.size(), free = state.free.size();
  const int b = bench.own(Layout::b_iso);
  result.b_shift_angstrom2 = state.parameters[static_cast<std::size_t>(b)];
  if (const auto at = std::find(state.free.begin(), state.free.end(), b); at != state.free.end()) {
    const auto place = static_cast<std::size_t>(at - state.free.begin());
    result.u_b_shift_angstrom2 = std::sqrt(inflation * state.covariance[place * free + place]);
  }
  result.covariance.assign(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      result.covariance[i * n + j] = inflation * state.covariance[places[i] * free + places[j]];
    }
    result.u_values.push_back(std::sqrt(std::max(0.0, result.covariance[i * n + i])));
  }
  if (std::find(result.parameters.begin(), result.parameters.end(), "s_over_l") ==
          result.parameters.end() &&
      !(start.s_over_l > 0.0)) {
    out.s_over_l = 0.0;
  }
  out.h_over_l = out.s_over_l > 0.0 ? ratio * out.s_over_l : 0.0;  // it follows at a fixed ratio
  if (options.free_wavelength) {
    // d = lambda / 2 sin(theta): a cell too large by a factor is a wavelength too long by it.
    const double found = cell_volume_angstrom3(
        model.phases[0].metric_at(state.parameters.data() + bench.own(Layout::cell)));
    result.wavelength_factor = std::cbrt(model.phases[0].volume_angstrom3 / found);
    for (auto& line : out.lines) line.wavelength_angstrom *= result.wavelength_factor;
  }
  return result;
}

}  // namespace gadolin::diffraction
