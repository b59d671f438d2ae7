#include "models/diffraction/assess.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "models/diffraction/fit_warnings.hpp"
#include "models/diffraction/fitted_pattern.hpp"
#include "models/diffraction/limits.hpp"
#include "models/diffraction/phase_pattern.hpp"
#include "models/diffraction/quantify.hpp"

namespace gadolin::diffraction {

namespace {

constexpr double pi = 3.14159265358979323846;

/// One pattern's numbers while they are turned into a result.
class Assessment : private FittedPattern {
 public:
  Assessment(const BatchModel& model, const Pattern& pattern, const PatternState& state,
             const RefinementOptions& options)
      : FittedPattern(model, state, options), pattern_(pattern) {}

  PatternResult run() {
    result_.id = pattern_.id;
    result_.file = pattern_.file;
    result_.step_time_s = pattern_.step_time_s;
    result_.status = state_.status;
    result_.status_text = state_.status_text;
    result_.warnings = pattern_.warnings;
    result_.warnings.insert(result_.warnings.end(), state_.warnings.begin(), state_.warnings.end());
    result_.points = static_cast<int>(state_.counts.size());
    for (const auto& phase : model_.phases) {
      result_.phases.emplace_back();
      result_.phases.back().name = phase.name;
    }
    if (!state_.usable() || state_.calculated.empty()) return result_;
    figures_of_merit();
    quantities();
    shapes();
    background_parts();
    ratios();
    add_fit_warnings(*this, result_);
    if (!any_found(result_)) withdraw();
    if (options_.keep_profiles) {
      result_.two_theta_deg = state_.two_theta_deg;
      result_.observed = state_.counts;
      result_.calculated = state_.calculated;
      result_.background = state_.background;
      for (double v : state_.used_variance) result_.sigma.push_back(std::sqrt(v));
    }
    return result_;
  }

 private:
  /// Nothing was found: fractions of a sum that is noise are no numbers. Figures of merit and
  /// profiles stay for the eye.
  void withdraw() {
    result_.status = ItemStatus::out_of_range;
    result_.status_text =
        "E-XRD-117: no phase of the list is found above its limit of detection - name the phases "
        "of the sample, or count longer";
    result_.covariance_stat.clear();
    result_.covariance_total.clear();
    result_.displacement_mm = result_.u_displacement_mm = 0.0;
    for (auto& phase : result_.phases) {
      PhaseResult bare;
      bare.name = phase.name;
      bare.tick_two_theta_deg = std::move(phase.tick_two_theta_deg);
      phase = std::move(bare);
    }
  }

  void figures_of_merit() {
    const auto n = static_cast<double>(state_.counts.size());
    const auto p = static_cast<double>(state_.free.size());
    result_.parameters = static_cast<int>(state_.free.size());
    result_.iterations = state_.iterations;
    result_.rwp = std::sqrt(state_.chi2 / summary(Summary::observed));
    result_.rexp = std::sqrt((n - p) / summary(Summary::observed));
    result_.gof = result_.rwp / result_.rexp;
    result_.durbin_watson = summary(Summary::durbin_watson);
    // A correct model has chi2/(N-P) = 1 with spread sqrt(2/(N-P)): only beyond 3 of these is
    // there anything to inflate for, and only then do correlated residuals mean model error.
    const double reduced = state_.chi2 / (n - p);
    const bool misfit = reduced > 1.0 + 3.0 * std::sqrt(2.0 / (n - p));
    inflation2_ = misfit ? reduced * std::max(1.0, summary(Summary::correlation)) : 1.0;
    result_.displacement_mm = parameter(Layout::displacement);
    result_.u_displacement_mm = u_parameter(Layout::displacement);
    if (state_.status == ItemStatus::not_converged) {
      result_.status_text =
          "not converged after " + std::to_string(state_.iterations) + " iterations; last shift " +
          fmt::format("{:.3g}", summary(Summary::largest_shift)) + " standard uncertainties";
      result_.warnings.push_back({"W-XRD-113", result_.status_text});
    }
  }

  void quantities() {
    const std::size_t n = model_.phases.size();
    std::vector<double> scale(n), zmv(n), cov(n * n, 0.0);
    double area = 0.0;
    for (std::size_t p = 0; p < n; ++p) {
      const auto& phase = model_.phases[p];
      scale[p] = parameter(own(p) + Layout::scale);
      const Metric metric = phase.metric_at(state_.parameters.data() + own(p) + Layout::cell);
      zmv[p] = phase.cell_mass_g_per_mol * cell_volume_angstrom3(metric);
      for (const auto& calibrated : options_.quantify.calibrated) {
        if (calibrated.phase == phase.name) zmv[p] = calibrated.zmv;
      }
      area += std::max(0.0, phase_summary(p, PhaseSummary::area));
      for (std::size_t q = 0; q < n; ++q) {
        cov[p * n + q] =
            covariance(free_at(own(p) + Layout::scale), free_at(own(q) + Layout::scale));
      }
      cov[p * n + p] += tied_width_variance(p);
      // A scale on its bound has no place in the covariance; the counts still limit it.
      if (!(cov[p * n + p] > 0.0) && phase_summary(p, PhaseSummary::information) > 0.0) {
        cov[p * n + p] = inflation2_ / phase_summary(p, PhaseSummary::information);
      }
    }
    std::vector<double> volume, mu;
    for (std::size_t p = 0; p < n; ++p) {
      volume.push_back(scale[p] * model_.phases[p].volume_angstrom3 *
                       model_.phases[p].volume_angstrom3 / model_.phases[p].layers_per_cell);
      mu.push_back(model_.phases[p].mu_per_cm);
    }
    const auto error = model_error(options_.quantify.uncertainty);
    const auto contrast = contrasts_per_cm(volume, mu);
    std::vector<double> spread(n);
    for (std::size_t p = 0; p < n; ++p) {
      double relative = relative_scale_error(error, contrast[p]);
      for (const auto& calibrated : options_.quantify.calibrated) {
        if (calibrated.phase == model_.phases[p].name) {
          relative = std::hypot(relative, calibrated.u_relative);
        }
      }
      spread[p] = relative * scale[p];
    }
    const auto weights = weight_fractions(scale, cov, zmv, error, contrast, spread);
    result_.covariance_stat = weights.covariance_stat;
    result_.covariance_total = weights.covariance_total;
    for (std::size_t p = 0; p < n; ++p) {
      auto& out = result_.phases[p];
      out.weight_fraction = weights.weight_fraction[p];
      out.u_stat = std::sqrt(std::max(0.0, weights.covariance_stat[p * n + p]));
      out.u_total = std::sqrt(std::max(0.0, weights.covariance_total[p * n + p]));
      out.scale = scale[p];
      out.u_scale = std::sqrt(cov[p * n + p]);
      out.intensity_share =
          area > 0.0 ? std::max(0.0, phase_summary(p, PhaseSummary::area)) / area : 0.0;
      out.mu_per_cm = model_.phases[p].mu_per_cm;
      out.zmv = zmv[p];
      const double volume = cell_volume_angstrom3(
          model_.phases[p].metric_at(state_.parameters.data() + own(p) + Layout::cell));
      out.density_g_per_cm3 = 1.66053907 * model_.phases[p].cell_mass_g_per_mol *
                              model_.phases[p].layers_per_cell / volume;
      // 3.3 sigma of the scale on the pattern without this phase, other parameters let loose as
      // in the fit (their share is the variance inflation of the fit itself).
      const double information = phase_summary(p, PhaseSummary::information);
      out.lod_weight_fraction = 1.0;  // without a peak in the range it may be anything
      if (!is_found(out)) out.upper_limit_95 = 1.0;
      if (information > 0.0) {
        const int k = free_at(own(p) + Layout::scale);
        const double correlated = std::max(
            1.0, covariance(k, k) / inflation2_ * phase_summary(p, PhaseSummary::precision));
        double total = 0.0;
        for (std::size_t q = 0; q < n; ++q) total += q == p ? 0.0 : scale[q] * zmv[q];
        const double sigma = std::sqrt(inflation2_ * correlated / information);
        if (!is_found(out)) {
          // At the limit itself: what is wrong in proportion to the scale grows with it.
          const double tied = tied_width_error(p);
          double assumed = -1.0;
          for (int round = 0; round < 3; ++round) {
            const FreeScale free = free_scale(model_, state_, p, assumed);
            if (!free.usable) break;
            const double u = std::hypot(std::sqrt(inflation2_) * free.u_scale,
                                        tied * std::max(scale[p], assumed));
            assumed = upper_limit_95(free.scale, u);
            out.upper_limit_95 = upper_limit_95(free.scale, u, zmv[p], total);
          }
        }
        out.lod_weight_fraction = total > 0.0 ? std::min(1.0, 3.3 * sigma * zmv[p] / total) : 1.0;
      }
    }
  }

  /// Humps and blank as fitted.
  void background_parts() {
    auto& more = result_.quantification;
    const auto& asked = options_.quantify;
    for (std::size_t h = 0; h < asked.humps.size(); ++h) {
      const int place = Layout::hump + static_cast<int>(h) * Layout::hump_stride;
      HumpResult hump{asked.humps[h].name,
                      parameter(place + Layout::hump_centre),
                      parameter(place + Layout::hump_fwhm),
                      parameter(place + Layout::hump_area),
                      u_parameter(place + Layout::hump_area),
                      {}};
      for (std::size_t p = 0; p < model_.phases.size(); ++p) {
        hump.covariance_with_scale.push_back(
            covariance(free_at(place + Layout::hump_area), free_at(own(p) + Layout::scale)));
      }
      more.humps.push_back(std::move(hump));
    }
    if (!state_.blank.empty()) {
      more.blank.push_back(
          {asked.blank.file, parameter(Layout::blank), u_parameter(Layout::blank)});
    }
  }

  /// Reference intensity ratios: W_p ~ height of the strongest line over RIR.
  void ratios() {
    const auto& asked = options_.quantify.rir;
    if (asked.empty()) return;
    double total = 0.0;
    std::vector<RatioFraction> list;
    for (std::size_t p = 0; p < model_.phases.size(); ++p) {
      RatioFraction one;
      one.phase = model_.phases[p].name;
      for (const auto& stated : asked) {
        if (stated.phase != one.phase) continue;
        one.rir = stated.rir;
        one.u_rir = stated.u_rir;
      }
      if (!(one.rir > 0.0)) return;
      const auto y = phase_pattern(model_, state_, static_cast<int>(p));
      if (result_.phases[p].scale > 0.0) {
        one.height_counts = *std::max_element(y.begin(), y.end());
      }
      total += one.height_counts / one.rir;
      list.push_back(one);
    }
    if (!(total > 0.0)) return;
    for (auto& one : list) one.weight_fraction = one.height_counts / one.rir / total;
    for (std::size_t p = 0; p < list.size(); ++p) {
      double variance = 0.0;
      for (std::size_t q = 0; q < list.size(); ++q) {
        const auto& phase = result_.phases[q];
        const double relative = std::hypot(phase.scale > 0.0 ? phase.u_scale / phase.scale : 0.0,
                                           list[q].u_rir / list[q].rir);
        const double slope =
            list[p].weight_fraction * ((p == q ? 1.0 : 0.0) - list[q].weight_fraction);
        variance += slope * slope * relative * relative;
      }
      list[p].u = std::sqrt(variance);
    }
    result_.quantification.rir = std::move(list);
  }

  /// What a width taken from the strongest phase may do to the scale of a weak one: its own width
  /// is somewhere within a factor 1.5, and a scale answers to a wrong width by S (y y') / (y' y').
  /// Relative; 0 where the width is the phase's own.
  double tied_width_error(std::size_t p) const {
    const int place = own(p);
    if (model_.phases.size() < 2 || free_at(place + Layout::x) >= 0) return 0.0;
    PhasePatternOptions narrow, broad;
    narrow.x_factor = 1.0 / 1.5;
    broad.x_factor = 1.5;
    const auto y = phase_pattern(model_, state_, static_cast<int>(p));
    const auto share = [&](const PhasePatternOptions& options) {
      const auto other = phase_pattern(model_, state_, static_cast<int>(p), options);
      double mixed = 0.0, square = 0.0;
      for (std::size_t i = 0; i < y.size(); ++i) {
        mixed += y[i] * other[i] / state_.used_variance[i];
        square += other[i] * other[i] / state_.used_variance[i];
      }
      return square > 0.0 ? mixed / square : 1.0;
    };
    return 0.5 * (share(narrow) - share(broad));
  }
  double tied_width_variance(std::size_t p) const {
    const double scale = parameter(own(p) + Layout::scale);
    if (!(scale > 0.0) || free_at(own(p) + Layout::scale) < 0) return 0.0;
    const double error = scale * tied_width_error(p);
    return error * error;
  }

  void shapes() {
    const double wavelength = state_.lines.front().wavelength_angstrom;
    for (std::size_t p = 0; p < model_.phases.size(); ++p) {
      const auto& phase = model_.phases[p];
      auto& out = result_.phases[p];
      const double* changes = state_.parameters.data() + own(p) + Layout::cell;
      out.cell = cell_of(phase.metric_at(changes));
      const std::size_t directions = phase.directions.size();
      // Cell lengths and angles by the chain rule; the step is exact to 1e-9 of the cell.
      std::vector<std::array<double, 6>> slope(directions);
      for (std::size_t k = 0; k < directions; ++k) {
        std::array<double, max_cell_directions> up{}, down{};
        std::copy(changes, changes + max_cell_directions, up.begin());
        down = up;
        up[k] += 1e-5;
        down[k] -= 1e-5;
        const auto high = cell_of(phase.metric_at(up.data()));
        const auto low = cell_of(phase.metric_at(down.data()));
        for (std::size_t i = 0; i < 6; ++i) slope[k][i] = (high[i] - low[i]) / 2e-5;
      }
      for (std::size_t i = 0; i < 6; ++i) {
        double variance = 0.0;
        for (std::size_t a = 0; a < directions; ++a) {
          for (std::size_t b = 0; b < directions; ++b) {
            variance += slope[a][i] * slope[b][i] *
                        covariance(free_at(own(p) + Layout::cell + static_cast<int>(a)),
                                   free_at(own(p) + Layout::cell + static_cast<int>(b)));
          }
        }
        out.u_cell[i] = std::sqrt(std::max(0.0, variance));
      }
      const double x = parameter(own(p) + Layout::x) - model_.instrument.x_deg;
      const double y = parameter(own(p) + Layout::y) - model_.instrument.y_deg;
      const bool free = free_at(own(p) + Layout::x) >= 0;
      // Scherrer with K = 0.9 and FWHM; strain from the whole Lorentzian tangent term.
      if (free && x > 2.0 * u_parameter(own(p) + Layout::x)) {
        out.size_nm = 0.9 * wavelength / (x * pi / 180.0) / 10.0;
      }
      if (free && y > 2.0 * u_parameter(own(p) + Layout::y)) out.strain = y * pi / 180.0 / 4.0;
      out.march_r = parameter(own(p) + Layout::march_r);
      directions_of(p, out);
      const Metric metric = phase.metric_at(changes);
      for (const auto& ring : model_.ring_sets[static_cast<std::size_t>(state_.ring_set)][p]) {
        const double q = inverse_d_squared(
            metric, {static_cast<double>(ring.hkl[0]), static_cast<double>(ring.hkl[1]),
                     static_cast<double>(ring.hkl[2])});
        const double sine = 0.5 * wavelength * std::sqrt(q);
        if (sine >= 1.0) continue;
        const double theta = std::asin(sine);
        const double at = 2.0 * theta * 180.0 / pi + parameter(Layout::zero) -
                          parameter(Layout::displacement) * 2.0 / model_.instrument.radius_mm *
                              180.0 / pi * std::cos(theta);
        if (at >= state_.two_theta_deg.front() && at <= state_.two_theta_deg.back()) {
          out.tick_two_theta_deg.push_back(at);
        }
      }
    }
  }

  /// Texture by harmonics and strain by direction, where the fit kept them.
  void directions_of(std::size_t p, PhaseResult& out) const {
    const auto& phase = model_.phases[p];
    const Layout& layout = model_.layout;
    for (int k = 0; k < phase.texture_terms; ++k) {
      const int place = own(p) + layout.harmonic(k);
      if (free_at(place) < 0) continue;
      const double value = parameter(place);
      out.harmonics.push_back(
          {phase.harmonics[static_cast<std::size_t>(k)].name, value, u_parameter(place)});
      out.texture_index += value * value;
    }
    out.strain_min = out.strain_max = out.strain;
    if (phase.strain_terms == 0 || free_at(own(p) + layout.strain(0)) < 0) return;
    std::vector<int> places{own(p) + Layout::y};
    for (int k = 0; k < phase.strain_terms; ++k) places.push_back(own(p) + layout.strain(k));
    const auto terms_at = [&](std::size_t moved, double by) {
      std::vector<double> values;
      for (const int place : places) values.push_back(parameter(place));
      if (moved < values.size()) values[moved] += by;
      const double y = (values.front() - model_.instrument.y_deg) * pi / 180.0;
      values.erase(values.begin());
      return stephens_terms(phase.reciprocal, phase.rotations, phase.harmonics, values, y);
    };
    const auto terms = terms_at(places.size(), 0.0);
    std::vector<std::vector<double>> slope;  // of every term by every parameter
    for (std::size_t a = 0; a < places.size(); ++a) {
      const double step = std::max(1e-9, 1e-3 * u_parameter(places[a]));
      const auto up = terms_at(a, step), down = terms_at(a, -step);
      slope.emplace_back();
      for (std::size_t t = 0; t < terms.size(); ++t) {
        slope.back().push_back((up[t].value - down[t].value) / (2.0 * step));
      }
    }
    for (std::size_t t = 0; t < terms.size(); ++t) {
      double variance = 0.0;
      for (std::size_t a = 0; a < places.size(); ++a) {
        for (std::size_t b = 0; b < places.size(); ++b) {
          variance +=
              slope[a][t] * slope[b][t] * covariance(free_at(places[a]), free_at(places[b]));
        }
      }
      out.stephens.push_back({terms[t].name, terms[t].value, std::sqrt(std::max(0.0, variance))});
    }
    bool first = true;
    for (const auto& ring : model_.ring_sets[static_cast<std::size_t>(state_.ring_set)][p]) {
      double factor = 1.0;
      for (int k = 0; k < phase.strain_terms; ++k) {
        factor += parameter(own(p) + layout.strain(k)) * ring.terms[static_cast<std::size_t>(k)];
      }
      const double strain = (parameter(places.front()) - model_.instrument.y_deg) * pi / 180.0 /
                            4.0 * std::sqrt(std::max(0.0, factor));
      out.strain_min = first ? strain : std::min(out.strain_min, strain);
      out.strain_max = first ? strain : std::max(out.strain_max, strain);
      first = false;
    }
  }

  const Pattern& pattern_;
  PatternResult result_;
};

}  // namespace

PatternResult assess(const BatchModel& model, const Pattern& pattern, const PatternState& state,
                     const RefinementOptions& options) {
  return Assessment(model, pattern, state, options).run();
}

}  // namespace gadolin::diffraction
