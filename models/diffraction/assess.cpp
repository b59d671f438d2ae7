#include "models/diffraction/assess.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <utility>

#include "kernels/diffraction/refine.hpp"
#include "models/diffraction/limits.hpp"
#include "models/diffraction/phase_pattern.hpp"
#include "models/diffraction/quantify.hpp"

namespace gadolin::diffraction {

namespace {

constexpr double pi = 3.14159265358979323846;

std::string number(double value, const char* format = "%.3g") {
  char text[40];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// One pattern's numbers while they are turned into a result.
class Assessment {
 public:
  Assessment(const BatchModel& model, const Pattern& pattern, const PatternState& state,
             const RefinementOptions& options)
      : model_(model), pattern_(pattern), state_(state), options_(options) {}

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
    warnings();
    if (!any_found()) withdraw();
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
  bool any_found() const {
    return std::any_of(result_.phases.begin(), result_.phases.end(), is_found);
  }

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

  void warn(const char* code, const std::string& text) { result_.warnings.push_back({code, text}); }

  int own(std::size_t phase) const { return model_.layout.phase(static_cast<int>(phase)); }
  double parameter(int index) const { return state_.parameters[static_cast<std::size_t>(index)]; }
  double summary(int which) const { return state_.summary[static_cast<std::size_t>(which)]; }
  double phase_summary(std::size_t p, int which) const {
    return state_.phase_summary[p * PhaseSummary::size + static_cast<std::size_t>(which)];
  }
  /// Place among the free parameters, or -1.
  int free_at(int index) const {
    const auto found = std::find(state_.free.begin(), state_.free.end(), index);
    return found == state_.free.end() ? -1 : static_cast<int>(found - state_.free.begin());
  }
  double covariance(int a, int b) const {
    if (a < 0 || b < 0) return 0.0;
    return inflation2_ * state_.covariance[static_cast<std::size_t>(a) * state_.free.size() +
                                           static_cast<std::size_t>(b)];
  }
  double u_parameter(int index) const {
    const int k = free_at(index);
    return k < 0 ? 0.0 : std::sqrt(std::max(0.0, covariance(k, k)));
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
      result_.status_text = "not converged after " + std::to_string(state_.iterations) +
                            " iterations; last shift " + number(summary(Summary::largest_shift)) +
                            " standard uncertainties";
      warn("W-XRD-113", result_.status_text);
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

  std::string parameter_name(int index) const {
    static const char* const shared[] = {
        "displacement", "zero",         "U",           "V",           "W",     "P",
        "S/L",          "transparency", "capillary a", "capillary b", "blank", "beam overflow"};
    static_assert(std::size(shared) == Layout::hump);
    if (index < Layout::hump) return shared[index];
    if (index < Layout::background) {
      return "hump " + std::to_string((index - Layout::hump) / Layout::hump_stride + 1);
    }
    if (index == model_.layout.inverse_x()) return "background 1/x";
    if (index < model_.layout.inverse_x()) {
      return "background " + std::to_string(index - Layout::background);
    }
    const int first = model_.layout.phase(0);
    const auto p = static_cast<std::size_t>((index - first) / model_.layout.phase_stride());
    static const char* const names[] = {"scale", "X (size)", "Y (strain)", "March r", "B"};
    const int within = (index - first) % model_.layout.phase_stride();
    if (within >= Layout::cell_end) {
      const int k = within - Layout::cell_end;
      const bool texture = k < model_.layout.harmonics;
      const int term = texture ? k : k - model_.layout.harmonics;
      return model_.phases[p].name + (texture ? " texture " : " strain ") +
             model_.phases[p].harmonics[static_cast<std::size_t>(term)].name;
    }
    return model_.phases[p].name + " " +
           (within < Layout::cell ? std::string(names[within])
                                  : "cell " + std::to_string(within - Layout::cell + 1));
  }

  /// Share of a pattern of weak lines in the residual: one estimate per line, each over a level of
  /// its own, and their mean. Its u grows with the scatter of the lines about it, so that what
  /// agrees at one line alone does not count; the misfit of other lines plays no part. Fewer than
  /// three lines: the fit's own inflation.
  ResidualTest share_of(const std::vector<double>& extra) const {
    const double least = 2e-3 * *std::max_element(extra.begin(), extra.end());
    std::vector<double> value, weight;
    for (std::size_t first = 0; first < extra.size();) {
      std::size_t end = first;
      double w = 0.0, we = 0.0, wee = 0.0, wr = 0.0, wer = 0.0;
      while (end < extra.size() && extra[end] > least) {
        const double v = 1.0 / state_.used_variance[end], e = extra[end];
        const double r = state_.counts[end] - state_.calculated[end];
        w += v;
        we += v * e;
        wee += v * e * e;
        wr += v * r;
        wer += v * e * r;
        ++end;
      }
      const double determinant = wee - (w > 0.0 ? we * we / w : 0.0);
      if (end - first >= 8 && determinant > 1e-6 * wee) {
        value.push_back((wer - we * wr / w) / determinant);
        weight.push_back(determinant);
      }
      first = end + 1;
    }
    ResidualTest test;
    double total = 0.0, scatter = 0.0;
    for (std::size_t k = 0; k < value.size(); ++k) {
      test.factor += weight[k] * value[k];
      total += weight[k];
    }
    if (!(total > 0.0)) return test;
    test.factor /= total;
    for (std::size_t k = 0; k < value.size(); ++k) {
      scatter += weight[k] * (value[k] - test.factor) * (value[k] - test.factor);
    }
    const double inflation = value.size() < 3
                                 ? inflation2_
                                 : std::max(1.0, scatter / static_cast<double>(value.size() - 1));
    test.u_factor = std::sqrt(inflation / total);
    return test;
  }

  /// Lines of the tube that should not be there, looked for in what the fit leaves over: K-beta and
  /// the L line of tungsten on an old copper anode. Reported with their share, never fitted.
  void foreign_line_warnings() {
    struct Foreign {
      double main_angstrom, line_angstrom;
      const char* name;
    };
    // Main and K-beta lines: Bearden (1967); W L-alpha1 1.47640.
    static constexpr Foreign known[] = {
        {1.54059, 1.39222, "Cu K-beta"}, {1.54059, 1.47640, "W L-alpha"},
        {1.78900, 1.62083, "Co K-beta"}, {1.93604, 1.75665, "Fe K-beta"},
        {2.28973, 2.08491, "Cr K-beta"}, {0.70932, 0.63230, "Mo K-beta"}};
    const double main = state_.lines.front().wavelength_angstrom;
    for (const auto& foreign : known) {
      if (std::fabs(main / foreign.main_angstrom - 1.0) > 1e-3) continue;
      std::vector<double> extra(state_.counts.size(), 0.0);
      for (std::size_t p = 0; p < model_.phases.size(); ++p) {
        if (!is_found(result_.phases[p])) continue;
        PhasePatternOptions options;
        options.wavelength_angstrom = foreign.line_angstrom;
        const auto y = phase_pattern(model_, state_, static_cast<int>(p), options);
        for (std::size_t i = 0; i < y.size(); ++i) extra[i] += y[i];
      }
      // Only where no line of the model stands: misfit of a strong line is no evidence.
      for (std::size_t i = 0; i < extra.size(); ++i) {
        const double bragg = state_.calculated[i] - state_.background[i];
        if (bragg >
            0.05 * std::fabs(state_.background[i]) + 3.0 * std::sqrt(state_.used_variance[i])) {
          extra[i] = 0.0;
        }
      }
      const auto test = share_of(extra);
      const double u = test.u_factor;
      if (u > 0.0 && test.factor > 5.0 * u && test.factor > 5e-4) {
        warn("W-XRD-125", std::string(foreign.name) + " (" + number(foreign.line_angstrom, "%.5f") +
                              " angstrom) is in the beam: " + number(100.0 * test.factor, "%.2g") +
                              " % of the K-alpha intensity (u " + number(100.0 * u, "%.1g") +
                              " %); its lines are reported here, not fitted");
      }
    }
  }

  void warnings() {
    fit_warnings();
    foreign_line_warnings();
    phase_warnings();
    residual_warnings();
  }

  void fit_warnings() {
    std::vector<std::string> bound, held;
    const int first = model_.layout.phase(0);
    for (std::size_t k = 0; k < state_.free.size(); ++k) {
      const int within =
          state_.free[k] < first ? -1 : (state_.free[k] - first) % model_.layout.phase_stride();
      const bool natural = within == Layout::scale || within == Layout::x || within == Layout::y;
      if (state_.state[k] == 0.0 && !natural) bound.push_back(parameter_name(state_.free[k]));
      if (state_.state[k] < 0.0) held.push_back(parameter_name(state_.free[k]));
    }
    if (!bound.empty()) warn("W-XRD-101", "at the limit of its range: " + join(bound));
    if (!held.empty()) {
      warn("W-XRD-103", "the data do not determine (no standard uncertainty): " + join(held));
    }
    std::vector<std::string> pairs;
    const std::size_t n = state_.free.size();
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = 0; b < a; ++b) {
        const double product = state_.covariance[a * n + a] * state_.covariance[b * n + b];
        if (!(product > 0.0)) continue;
        const double r = state_.covariance[a * n + b] / std::sqrt(product);
        const bool background = state_.free[a] < first && state_.free[b] < first &&
                                state_.free[a] >= Layout::background &&
                                state_.free[b] >= Layout::background;
        if (std::fabs(r) > 0.98 && !background) {
          pairs.push_back(parameter_name(state_.free[a]) + " / " + parameter_name(state_.free[b]));
        }
      }
    }
    if (!pairs.empty()) warn("W-XRD-102", "correlation above 0.98: " + join(pairs));
    if (result_.gof > 4.0) {
      warn("W-XRD-111", "GoF " + number(result_.gof) +
                            ": the model does not describe this pattern; uncertainties are "
                            "scaled but not trustworthy");
    }
    if (result_.durbin_watson < 0.5) {
      warn("W-XRD-112", "Durbin-Watson " + number(result_.durbin_watson) +
                            ": residuals are strongly correlated");
    }
  }

  void phase_warnings() {
    if (result_.phases.size() == 1) {
      const auto& only = result_.phases.front();
      warn("W-XRD-119",
           only.name + ": weight fraction is 1 by construction" +
               (is_found(only) ? ", it is the only phase of the list" : "; scale not significant"));
    }
    double mu_mix = 0.0, total = 0.0;
    for (std::size_t p = 0; p < model_.phases.size(); ++p) {
      const auto& out = result_.phases[p];
      // Volume share is proportional to scale times volume squared; mu of the mixture with it.
      const double volume = out.scale * model_.phases[p].volume_angstrom3 *
                            model_.phases[p].volume_angstrom3 / model_.phases[p].layers_per_cell;
      mu_mix += volume * out.mu_per_cm;
      total += volume;
    }
    mu_mix = total > 0.0 ? mu_mix / total : 0.0;
    for (std::size_t p = 0; p < model_.phases.size(); ++p) {
      const auto& phase = model_.phases[p];
      const auto& out = result_.phases[p];
      if (!is_found(out)) {
        warn("W-XRD-114", out.name + " not detected: " +
                              (any_found() ? "below " + number(100.0 * out.lod_weight_fraction) +
                                                 " wt% (3.3 sigma)"
                                           : "scale not significant"));
      } else if (out.weight_fraction > 0.02 && out.weight_fraction > 10.0 * out.intensity_share) {
        warn("W-XRD-104", out.name + ": " + number(100.0 * out.weight_fraction) + " wt% rests on " +
                              number(100.0 * out.intensity_share) +
                              " % of the intensity (ghost phase?)");
      }
      if (parameter(own(p) + Layout::x) > 1.2 || parameter(own(p) + Layout::y) > 1.5) {
        warn("W-XRD-105", out.name + ": lines so broad that they imitate background");
      }
      if (free_at(own(p) + Layout::march_r) >= 0 && (out.march_r < 0.4 || out.march_r > 2.0)) {
        warn("W-XRD-106", out.name + ": texture near its limit, March r = " + number(out.march_r));
      }
      if (!phase.no_dispersion.empty()) {
        warn("W-XRD-109", out.name + ": dispersion neglected for " + join(phase.no_dispersion) +
                              " (outside the table)");
      }
      if (!phase.near_edge.empty()) {
        warn("W-XRD-110", out.name + ": wavelength within 50 eV of an absorption edge of " +
                              join(phase.near_edge) + "; f' is not reliable there");
      }
      const double contrast =
          std::fabs(out.mu_per_cm - mu_mix) * options_.assumed_particle_um * 1e-4;
      if (contrast > 0.1 && model_.phases.size() > 1) {
        warn("W-XRD-116", out.name + ": absorption contrast " + number(contrast) +
                              " for particles of " + number(options_.assumed_particle_um) +
                              " um (mu " + number(out.mu_per_cm) + " against " + number(mu_mix) +
                              " 1/cm); grains that coarse are " +
                              (out.mu_per_cm > mu_mix ? "under" : "over") + "estimated");
      }
    }
  }

  /// Peaks nobody modelled, and broad humps: from the weighted residuals.
  void residual_warnings() {
    const std::size_t n = state_.counts.size();
    const double step =
        (state_.two_theta_deg.back() - state_.two_theta_deg.front()) / static_cast<double>(n - 1);
    double bragg = 0.0;  // calculated intensity above background in the window summed last
    const auto sum_over = [&](double window_deg, std::size_t centre, double& residual,
                              double& variance) {
      const auto half = static_cast<std::size_t>(std::max(1.0, window_deg / step / 2.0));
      residual = variance = bragg = 0.0;
      for (std::size_t i = centre > half ? centre - half : 0; i < std::min(n, centre + half + 1);
           ++i) {
        residual += state_.counts[i] - state_.calculated[i];
        variance += state_.used_variance[i];
        bragg += state_.calculated[i] - state_.background[i];
      }
    };
    // A peak is unmatched when its sum over 0.2 degrees stands out of the counting noise and of
    // unmatched_share of what is calculated there: a modelled peak with a wrong shape is no new
    // peak. Its share on measured mixtures without a missing phase stays below (docs/theory).
    constexpr double unmatched_share = 0.7;
    int unmatched = 0;
    double where = 0.0, strongest = 0.0, last = -10.0;
    for (std::size_t i = 0; i < n; ++i) {
      double residual = 0.0, variance = 0.0;
      sum_over(0.2, i, residual, variance);
      const double significance = residual / std::sqrt(std::max(1e-12, variance));
      if (significance > 8.0 && residual > unmatched_share * bragg) {
        if (state_.two_theta_deg[i] - last > 0.4) ++unmatched;
        last = state_.two_theta_deg[i];
        if (significance > strongest) {
          strongest = significance;
          where = state_.two_theta_deg[i];
        }
      }
    }
    if (unmatched > 0) {
      warn("W-XRD-107", std::to_string(unmatched) + " peaks not explained by the phases given; " +
                            "the strongest at " + number(where, "%.2f") + " deg");
    }
    // A hump: between the peaks the data leave the background by more than noise over 6 degrees.
    double hump = 0.0;
    const auto half = static_cast<std::size_t>(std::max(1.0, 3.0 / step));
    for (std::size_t centre = 0; centre < n; centre += std::max<std::size_t>(1, n / 200)) {
      double residual = 0.0, variance = 0.0, background = 0.0;
      std::size_t used = 0;
      for (std::size_t i = centre > half ? centre - half : 0; i < std::min(n, centre + half + 1);
           ++i) {
        if (state_.calculated[i] - state_.background[i] > 0.05 * std::fabs(state_.background[i])) {
          continue;
        }
        ++used;
        residual += state_.counts[i] - state_.calculated[i];
        variance += state_.used_variance[i];
        background += state_.background[i];
      }
      if (used > half && std::fabs(residual) > 5.0 * std::sqrt(variance) && background > 0.0) {
        hump = std::max(hump, std::fabs(residual) / background);
      }
    }
    if (hump > 0.03) {
      warn("W-XRD-108", "hump score " + number(100.0 * hump) +
                            " %: the background is not smooth or an amorphous part is present");
    }
  }

  const BatchModel& model_;
  const Pattern& pattern_;
  const PatternState& state_;
  const RefinementOptions& options_;
  PatternResult result_;
  double inflation2_ = 1.0;
};

}  // namespace

PatternResult assess(const BatchModel& model, const Pattern& pattern, const PatternState& state,
                     const RefinementOptions& options) {
  return Assessment(model, pattern, state, options).run();
}

}  // namespace gadolin::diffraction
