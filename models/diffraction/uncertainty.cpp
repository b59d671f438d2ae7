#include "models/diffraction/uncertainty.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "models/diffraction/absolute.hpp"
#include "models/diffraction/closure.hpp"
#include "models/diffraction/quantify.hpp"

namespace gadolin::diffraction {

namespace {

enum Choice { background, texture, profile, displacement_factor, range, choices };
constexpr const char* choice_names[choices] = {"background", "texture", "profile", "B", "range"};

struct Variant {
  std::size_t item = 0;
  Choice choice = background;
  PatternState state;
};

bool is_free(const PatternState& state, int parameter) {
  return std::find(state.free.begin(), state.free.end(), parameter) != state.free.end();
}

void fix(PatternState& state, int parameter, double value) {
  std::erase(state.free, parameter);
  state.parameters[static_cast<std::size_t>(parameter)] = value;
}

int background_terms(const BatchModel& model, const PatternState& state) {
  int terms = 0;
  while (terms < model.layout.chebyshev_terms && is_free(state, Layout::background + terms))
    ++terms;
  return terms;
}

/// The pattern without a share of its range at one end; the background starts anew.
PatternState cropped(const PatternState& state, double share, bool low_end) {
  PatternState out = state;
  const double from = state.two_theta_deg.front(), to = state.two_theta_deg.back();
  const double limit = low_end ? from + share * (to - from) : to - share * (to - from);
  out.two_theta_deg.clear();
  out.counts.clear();
  out.variance.clear();
  out.blank.clear();
  for (std::size_t i = 0; i < state.two_theta_deg.size(); ++i) {
    if (low_end ? state.two_theta_deg[i] < limit : state.two_theta_deg[i] > limit) continue;
    out.two_theta_deg.push_back(state.two_theta_deg[i]);
    out.counts.push_back(state.counts[i]);
    if (!state.variance.empty()) out.variance.push_back(state.variance[i]);
    if (!state.blank.empty()) out.blank.push_back(state.blank[i]);
  }
  return out;
}

class Jackknife {
 public:
  Jackknife(const BatchModel& model, const std::vector<PatternState>& states,
            const RefinementOptions& options, PatternResult* results)
      : model_(model), states_(states), options_(options), results_(results) {}

  std::vector<Variant> variants() const {
    std::vector<Variant> list;
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (!states_[i].usable() || !has_numbers(results_[i]) || results_[i].phases.size() < 2) {
        continue;
      }
      for (Choice choice : {background, texture, profile, displacement_factor, range}) {
        for (int which = 0; which < 2; ++which) {
          if (auto state = varied(i, choice, which == 1)) {
            list.push_back({i, choice, std::move(*state)});
          }
        }
      }
    }
    return list;
  }

  /// Weight fractions of a variant's fit.
  std::vector<double> fractions(const PatternState& state) const {
    std::vector<double> scale, zmv;
    for (std::size_t p = 0; p < model_.phases.size(); ++p) {
      const double* own = state.parameters.data() + model_.layout.phase(static_cast<int>(p));
      scale.push_back(own[Layout::scale]);
      zmv.push_back(model_.phases[p].cell_mass_g_per_mol *
                    cell_volume_angstrom3(model_.phases[p].metric_at(own + Layout::cell)));
    }
    const std::vector<double> none(scale.size() * scale.size(), 0.0);
    return weight_fractions(scale, none, zmv).weight_fraction;
  }

 private:
  /// The final state with one choice made otherwise; empty where that changes nothing.
  std::optional<PatternState> varied(std::size_t i, Choice choice, bool second) const {
    PatternState state = states_[i];
    const auto& result = results_[i];
    const int phases = model_.layout.phases;
    const auto share = [&](int p) {
      return result.phases[static_cast<std::size_t>(p)].intensity_share;
    };
    switch (choice) {
      case background: {
        const int terms = background_terms(model_, state);
        if (second) {
          if (terms < 4) return std::nullopt;
          fix(state, Layout::background + terms - 1, 0.0);
          fix(state, Layout::background + terms - 2, 0.0);
        } else {
          if (terms + 2 > model_.layout.chebyshev_terms) return std::nullopt;
          state.free.push_back(Layout::background + terms);
          state.free.push_back(Layout::background + terms + 1);
        }
        return state;
      }
      case texture: {
        if (second) return std::nullopt;
        bool any = false;
        for (int p = 0; p < phases; ++p) {
          const int march = model_.layout.phase(p) + Layout::march_r;
          if (!is_free(state, march)) continue;
          fix(state, march, 1.0);
          any = true;
        }
        for (int p = 0; p < phases; ++p) {
          for (int k = 0; k < model_.layout.harmonics; ++k) {
            const int place = model_.layout.phase(p) + model_.layout.harmonic(k);
            if (!is_free(state, place)) continue;
            fix(state, place, 0.0);
            any = true;
          }
        }
        if (any) return state;
        for (int p = 0; p < phases; ++p) {
          const auto& axis =
              model_.axes[static_cast<std::size_t>(state.ring_set)][static_cast<std::size_t>(p)];
          if (axis == std::array<int, 3>{0, 0, 0} || share(p) < 0.05) continue;
          state.free.push_back(model_.layout.phase(p) + Layout::march_r);
          any = true;
        }
        return any ? std::optional(state) : std::nullopt;
      }
      case profile: {
        if (second) return std::nullopt;
        bool any = false;
        for (const auto& [parameter, value] : {std::pair{Layout::u, model_.instrument.u_deg2},
                                               std::pair{Layout::v, model_.instrument.v_deg2}}) {
          if (!is_free(state, parameter)) continue;
          fix(state, parameter, value);
          any = true;
        }
        for (int p = 0; p < phases; ++p) {
          const int y = model_.layout.phase(p) + Layout::y;
          if (!is_free(state, y)) continue;
          fix(state, y, model_.instrument.y_deg);
          any = true;
        }
        return any ? std::optional(state) : std::nullopt;
      }
      case displacement_factor: {
        if (second) return std::nullopt;
        bool any = false;
        for (int p = 0; p < phases; ++p) {
          const int b = model_.layout.phase(p) + Layout::b_iso;
          if (share(p) < 0.1 || is_free(state, b)) continue;
          state.free.push_back(b);
          any = true;
        }
        return any ? std::optional(state) : std::nullopt;
      }
      case range:
        state = cropped(states_[i], 0.2, !second);
        return state.counts.size() > 10 * state.free.size() ? std::optional(state) : std::nullopt;
      default:
        return std::nullopt;
    }
  }

  const BatchModel& model_;
  const std::vector<PatternState>& states_;
  const RefinementOptions& options_;
  PatternResult* results_;
};

}  // namespace

void add_protocol_spread(const BatchModel& model, const std::vector<PatternState>& states,
                         const RefinementOptions& options, const Engine& engine,
                         PatternResult* results) {
  const Jackknife jackknife(model, states, options, results);
  auto variants = jackknife.variants();
  std::vector<PatternState> fits;
  for (auto& variant : variants) fits.push_back(std::move(variant.state));
  LaunchOptions launch;
  launch.max_iterations = options.max_iterations;
  launch.reweights = 1;
  launch_stage(model, fits, std::vector<char>(fits.size(), 1), launch, engine);

  const std::size_t n = model.phases.size();
  std::size_t k = 0;
  for (std::size_t i = 0; i < states.size(); ++i) {
    auto& result = results[i];
    std::array<std::vector<double>, choices> moved;
    std::array<double, choices> length{};
    for (; k < variants.size() && variants[k].item == i; ++k) {
      if (fits[k].status == ItemStatus::out_of_range || !std::isfinite(fits[k].chi2)) continue;
      const auto fractions = jackknife.fractions(fits[k]);
      std::vector<double> move(n);
      double square = 0.0;
      for (std::size_t p = 0; p < n; ++p) {
        move[p] = fractions[p] - result.phases[p].weight_fraction;
        square += move[p] * move[p];
      }
      const auto c = static_cast<std::size_t>(variants[k].choice);
      if (square > length[c]) {
        length[c] = square;
        moved[c] = move;
      }
    }
    if (!has_numbers(result) || n < 2) continue;
    auto& more = result.quantification;
    more.u_protocol.assign(n, 0.0);
    more.protocol_worst.assign(n, "");
    for (std::size_t p = 0; p < n; ++p) {
      double most = 0.0;
      for (std::size_t c = 0; c < choices; ++c) {
        if (moved[c].empty()) continue;
        more.u_protocol[p] += moved[c][p] * moved[c][p] / 3.0;
        for (std::size_t q = 0; q < n; ++q) {
          result.covariance_total[p * n + q] += moved[c][p] * moved[c][q] / 3.0;
        }
        if (std::fabs(moved[c][p]) > most) {
          most = std::fabs(moved[c][p]);
          more.protocol_worst[p] = choice_names[c];
        }
      }
      more.u_protocol[p] = std::sqrt(more.u_protocol[p]);
      result.phases[p].u_total = std::sqrt(std::max(0.0, result.covariance_total[p * n + p]));
    }
  }
}

void finish_quantities(const BatchModel& model, const std::vector<CrystalStructure>& structures,
                       const std::vector<PatternState>& states, const RefinementOptions& options,
                       const Engine& engine, PatternResult* results) {
  if (options.quantify.uncertainty == UncertaintyEffort::full) {
    add_protocol_spread(model, states, options, engine, results);
  }
  std::vector<std::vector<ElementContent>> compositions;
  if (options.quantify.closure && !options.quantify.assay.empty()) {
    for (const auto& structure : structures) compositions.push_back(composition(structure));
  }
  for (std::size_t i = 0; i < states.size(); ++i) {
    quantify_further(options, results[i]);
    if (compositions.empty() || !has_numbers(results[i])) continue;
    auto closure = close_against_assay(results[i], compositions, options.quantify.assay);
    if (closure.degrees_of_freedom == 0) continue;
    if (closure.p_value < 0.01) {
      results[i].warnings.push_back(
          {"W-XRD-143",
           fmt::format(
               "closure failed: the elements of the phases and the assay differ, chi-square "
               "{:.1f} of {} elements",
               closure.chi_square, closure.degrees_of_freedom)});
    }
    results[i].quantification.closure.push_back(std::move(closure));
  }
}

}  // namespace gadolin::diffraction
