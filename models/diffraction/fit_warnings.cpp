#include "models/diffraction/fit_warnings.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>

#include "models/diffraction/phase_pattern.hpp"

namespace gadolin::diffraction {

namespace {

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

class FitWarnings : private FittedPattern {
 public:
  FitWarnings(const FittedPattern& fitted, PatternResult& result)
      : FittedPattern(fitted), result_(result) {}

  void run() {
    fit_warnings();
    phase_warnings();
    residual_warnings();
    foreign_line_warnings();
  }

 private:
  void warn(const char* code, const std::string& text) { result_.warnings.push_back({code, text}); }

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
        const bool unexplained =
            std::any_of(result_.warnings.begin(), result_.warnings.end(),
                        [](const Warning& warning) { return warning.code == "W-XRD-107"; });
        warn("W-XRD-125", std::string(foreign.name) + " (" + number(foreign.line_angstrom, "%.5f") +
                              (unexplained ? " angstrom) may be in the beam, or peaks that the "
                                             "phases leave unexplained imitate it: "
                                           : " angstrom) is in the beam: ") +
                              number(100.0 * test.factor, "%.2g") +
                              " % of the K-alpha intensity (u " + number(100.0 * u, "%.1g") +
                              " %); its lines are reported here, not fitted");
      }
    }
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
        warn("W-XRD-114",
             out.name + " not detected: " +
                 (any_found(result_)
                      ? "below " + number(100.0 * out.lod_weight_fraction) + " wt% (3.3 sigma)"
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
      if (contrast > 0.1 && model_.phases.size() > 1 && is_found(out)) {
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

  PatternResult& result_;
};

}  // namespace

void add_fit_warnings(const FittedPattern& fitted, PatternResult& result) {
  FitWarnings(fitted, result).run();
}

bool any_found(const PatternResult& result) {
  return std::any_of(result.phases.begin(), result.phases.end(), is_found);
}

}  // namespace gadolin::diffraction
