#include <algorithm>
#include <cmath>
#include <utility>

#include "models/diffraction/assess.hpp"
#include "models/diffraction/prepare.hpp"
#include "models/diffraction/protocol.hpp"
#include "models/diffraction/refine.hpp"
#include "models/diffraction/uncertainty.hpp"

/// Patterns of one specimen on its way: each starts from its neighbour.
namespace gadolin::diffraction {

namespace {

/// One walk along a series. `states` come as prepare() leaves them.
void walk(BatchModel& model, const std::vector<CrystalStructure>& structures,
          std::vector<PatternState>& states, const RefinementOptions& options, const Engine& engine,
          bool backwards) {
  const std::size_t n = states.size();
  const PatternState* neighbour = nullptr;
  for (std::size_t step = 0; step < n; ++step) {
    PatternState& state = states[backwards ? n - 1 - step : step];
    if (!state.usable()) continue;
    const PatternState fresh = state;
    std::vector<PatternState> one{state};
    const auto reduced = [](const PatternState& s) {
      return s.chi2 / static_cast<double>(s.counts.size() - s.free.size());
    };
    bool warm = neighbour != nullptr && neighbour->lines.size() == state.lines.size();
    for (std::size_t l = 0; warm && l < state.lines.size(); ++l) {
      warm = neighbour->lines[l].wavelength_angstrom == state.lines[l].wavelength_angstrom;
    }
    if (warm) {
      // Rings reach to the pattern's own end; the longer set serves both.
      if (neighbour->two_theta_deg.back() >= state.two_theta_deg.back()) {
        one[0].ring_set = neighbour->ring_set;
      }
      one[0].parameters = neighbour->parameters;
      one[0].free = neighbour->free;
      LaunchOptions launch;
      launch.max_iterations = options.max_iterations;
      launch.reweights = state.poisson ? 1 : 0;
      // A shallow valley may want a second and a third helping; the protocol would cost more.
      for (int helping = 0; helping < 3; ++helping) {
        launch_stage(model, one, {1}, launch, engine);
        if (one[0].status != ItemStatus::not_converged) break;
      }
      warm =
          one[0].status != ItemStatus::out_of_range && reduced(one[0]) < 2.25 * reduced(*neighbour);
    }
    if (!warm) {
      one[0] = fresh;
      run_protocol(model, structures, one, options, engine);
    }
    state = std::move(one[0]);
    if (state.usable() && !state.calculated.empty()) neighbour = &state;
  }
}

}  // namespace

std::vector<PatternResult> refine_series(const std::vector<Pattern>& patterns,
                                         const std::vector<CrystalStructure>& structures,
                                         const Instrument& instrument, const AtomicTables& tables,
                                         const RefinementOptions& options, const Engine& engine,
                                         SeriesDirection direction) {
  std::vector<PatternState> states;
  BatchModel model = prepare(patterns, structures, instrument, tables, options, states);
  std::vector<PatternState> back = states;
  walk(model, structures, states, options, engine, direction == SeriesDirection::backward);
  const auto judge = [&](const std::vector<PatternState>& of) {
    std::vector<PatternResult> results;
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      results.push_back(assess(model, patterns[i], of[i], options));
    }
    return results;
  };
  auto results = judge(states);
  if (direction == SeriesDirection::both) {
    walk(model, structures, back, options, engine, true);
    auto others = judge(back);
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (!has_numbers(others[i])) continue;
      std::string apart;
      for (std::size_t p = 0; has_numbers(results[i]) && p < results[i].phases.size(); ++p) {
        const auto &a = results[i].phases[p], &b = others[i].phases[p];
        if (std::fabs(a.weight_fraction - b.weight_fraction) >
            2.0 * std::hypot(a.u_stat, b.u_stat)) {
          apart += (apart.empty() ? "" : ", ") + a.name;
        }
      }
      if (!has_numbers(results[i]) || others[i].gof < results[i].gof) {
        results[i] = std::move(others[i]);
        states[i] = std::move(back[i]);
      }
      if (!apart.empty()) {
        results[i].warnings.push_back(
            {"W-XRD-126", "forwards and backwards along the series give different answers for " +
                              apart + "; the better fit is kept"});
      }
    }
  }
  finish_quantities(model, structures, states, options, engine, results.data());
  return results;
}

}  // namespace gadolin::diffraction
