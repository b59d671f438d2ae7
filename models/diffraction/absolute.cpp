#include "models/diffraction/absolute.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "models/diffraction/limits.hpp"
#include "models/diffraction/microabsorption.hpp"

namespace gadolin::diffraction {

namespace {

std::string text_of(const char* format, double a, double b = 0.0) {
  char text[320];
  std::snprintf(text, sizeof text, format, a, b);
  return text;
}

int place_of(const PatternResult& result, const std::string& name) {
  for (std::size_t p = 0; p < result.phases.size(); ++p) {
    if (result.phases[p].name == name) return static_cast<int>(p);
  }
  return -1;
}

/// State and limit of every part from its numbers.
void settle_states(const PatternResult& result, const std::vector<std::size_t>& source,
                   AbsoluteResult& out) {
  for (std::size_t k = 0; k < out.parts.size(); ++k) {
    auto& part = out.parts[k];
    const bool rest = k == source.size();
    const bool found = rest ? part.weight_fraction > one_sided_95 * part.u_total
                            : is_found(result.phases[source[k]]);
    part.state = found ? ValueState::measured : ValueState::below_lod;
    if (found) continue;
    part.limit_95 = rest ? upper_limit_95(part.weight_fraction, part.u_total)
                         : result.phases[source[k]].upper_limit_95 * out.factor;
    part.limit_95 = std::min(1.0, part.limit_95);
  }
}

}  // namespace

AbsoluteResult by_internal_standard(const PatternResult& result, const InternalStandard& standard) {
  AbsoluteResult out;
  out.method = "internal standard";
  out.basis = standard.phase +
              text_of(", %.3f +- %.3f wt%% of the specimen", 100.0 * standard.added_fraction,
                      100.0 * standard.u_added_fraction) +
              text_of(", crystalline to %.2f +- %.2f %%", 100.0 * standard.crystallinity,
                      100.0 * standard.u_crystallinity);
  const int place = place_of(result, standard.phase);
  if (place < 0 || !is_found(result.phases[static_cast<std::size_t>(place)])) return out;
  const auto s = static_cast<std::size_t>(place);
  const std::size_t n = result.phases.size();
  const double w = standard.added_fraction, c = standard.crystallinity;
  const double found = result.phases[s].weight_fraction;
  out.factor = w * c / found / (1.0 - w);

  std::vector<std::size_t> source;
  for (std::size_t p = 0; p < n; ++p) {
    if (p != s) source.push_back(p);
  }
  const std::size_t m = source.size() + 1;
  // Rows: parts. Columns: the n fractions, then w, then c.
  std::vector<double> slope(m * (n + 2), 0.0);
  for (std::size_t k = 0; k + 1 < m; ++k) {
    const auto& phase = result.phases[source[k]];
    const double x = phase.weight_fraction * out.factor;
    out.parts.push_back({phase.name, x});
    slope[k * (n + 2) + source[k]] = out.factor;
    slope[k * (n + 2) + s] = -x / found;
    slope[k * (n + 2) + n] = x / (w * (1.0 - w));
    slope[k * (n + 2) + n + 1] = x / c;
  }
  const double rest = (1.0 - w * c / found - w * (1.0 - c)) / (1.0 - w);
  out.parts.push_back({rest_name, rest});
  double* last = slope.data() + (m - 1) * (n + 2);
  last[s] = out.factor / found;
  last[n] = (1.0 - (c / found + 1.0 - c)) / ((1.0 - w) * (1.0 - w));
  last[n + 1] = w / (1.0 - w) * (1.0 - 1.0 / found);

  const auto covariance = [&](const std::vector<double>& own) {
    std::vector<double> all((n + 2) * (n + 2), 0.0), out_covariance(m * m, 0.0);
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = 0; b < n; ++b) all[a * (n + 2) + b] = own[a * n + b];
    }
    all[n * (n + 2) + n] = standard.u_added_fraction * standard.u_added_fraction;
    all[(n + 1) * (n + 2) + n + 1] = standard.u_crystallinity * standard.u_crystallinity;
    for (std::size_t k = 0; k < m; ++k) {
      for (std::size_t l = 0; l < m; ++l) {
        double sum = 0.0;
        for (std::size_t a = 0; a < n + 2; ++a) {
          for (std::size_t b = 0; b < n + 2; ++b) {
            sum += slope[k * (n + 2) + a] * all[a * (n + 2) + b] * slope[l * (n + 2) + b];
          }
        }
        out_covariance[k * m + l] = sum;
      }
    }
    return out_covariance;
  };
  out.covariance_total = covariance(result.covariance_total);
  // Statistical: repeating the measurement of this specimen, whose w and c stay what they are.
  for (std::size_t k = 0; k < m; ++k) {
    double stat = 0.0;
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = 0; b < n; ++b) {
        stat += slope[k * (n + 2) + a] * result.covariance_stat[a * n + b] * slope[k * (n + 2) + b];
      }
    }
    out.parts[k].u_stat = std::sqrt(std::max(0.0, stat));
    out.parts[k].u_total = std::sqrt(std::max(0.0, out.covariance_total[k * m + k]));
  }
  const double relative_w = standard.u_added_fraction / (w * (1.0 - w));
  const double relative_c = standard.u_crystallinity / c;
  const double relative_s = std::sqrt(std::max(0.0, result.covariance_total[s * n + s])) / found;
  out.u_factor = out.factor * std::sqrt(relative_w * relative_w + relative_c * relative_c +
                                        relative_s * relative_s);
  settle_states(result, source, out);
  return out;
}

AbsoluteResult by_external_standard(const PatternResult& result, const ExternalStandard& standard,
                                    const ModelError& error) {
  AbsoluteResult out;
  out.method = "external standard";
  out.basis = standard.source + text_of(", mass absorption of the specimen %.2f +- %.2f cm2/g",
                                        standard.mu_mass_cm2_per_g, standard.u_mu_mass_cm2_per_g);
  const std::size_t n = result.phases.size(), m = n + 1;
  double per_scale = standard.mu_mass_cm2_per_g / standard.k;
  if (standard.step_time_s > 0.0 && result.step_time_s > 0.0) {
    per_scale *= standard.step_time_s / result.step_time_s;
  }
  const double common2 = std::pow(standard.u_k / standard.k, 2) +
                         std::pow(standard.u_mu_mass_cm2_per_g / standard.mu_mass_cm2_per_g, 2);
  std::vector<std::size_t> source(n);
  double sum = 0.0, relative = 0.0;
  out.covariance_total.assign(m * m, 0.0);
  std::vector<double> stat2(n, 0.0), volume, mu;
  for (std::size_t p = 0; p < n; ++p) {
    source[p] = p;
    const auto& phase = result.phases[p];
    out.parts.push_back({phase.name, phase.scale * phase.zmv * per_scale});
    sum += out.parts[p].weight_fraction;
    relative += phase.weight_fraction;
    volume.push_back(phase.weight_fraction / std::max(1e-12, phase.density_g_per_cm3));
    mu.push_back(phase.mu_per_cm);
    stat2[p] = std::pow(phase.u_scale * phase.zmv * per_scale, 2);
  }
  const auto contrast = contrasts_per_cm(volume, mu);
  for (std::size_t p = 0; p < n; ++p) {
    const double x = out.parts[p].weight_fraction;
    for (std::size_t q = 0; q < n; ++q) {
      out.covariance_total[p * m + q] = x * out.parts[q].weight_fraction * common2;
    }
    out.covariance_total[p * m + p] += stat2[p] +
                                       std::pow(relative_scale_error(error, contrast[p]) * x, 2) +
                                       error.floor_fraction * error.floor_fraction;
  }
  double all_stat2 = 0.0;
  for (std::size_t p = 0; p < n; ++p) {
    double row = 0.0;
    for (std::size_t q = 0; q < n; ++q) row += out.covariance_total[p * m + q];
    out.covariance_total[p * m + n] = out.covariance_total[n * m + p] = -row;
    out.covariance_total[n * m + n] += row;
    all_stat2 += stat2[p];
  }
  out.parts.push_back({rest_name, 1.0 - sum});
  for (std::size_t k = 0; k < m; ++k) {
    out.parts[k].u_stat = std::sqrt(k < n ? stat2[k] : all_stat2);
    out.parts[k].u_total = std::sqrt(std::max(0.0, out.covariance_total[k * m + k]));
  }
  out.factor = relative > 0.0 ? sum / relative : 0.0;
  out.u_factor = out.parts.back().u_total;
  settle_states(result, source, out);
  return out;
}

ExternalStandard external_constant(const PatternResult& standard_pattern, std::size_t phase,
                                   double weight_fraction, double u_weight_fraction,
                                   double mu_mass_cm2_per_g) {
  ExternalStandard out;
  if (!has_numbers(standard_pattern) || phase >= standard_pattern.phases.size()) return out;
  const auto& found = standard_pattern.phases[phase];
  if (!is_found(found) || !(weight_fraction > 0.0)) return out;
  out.k = found.scale * found.zmv * mu_mass_cm2_per_g / weight_fraction;
  out.step_time_s = standard_pattern.step_time_s;
  out.mu_mass_cm2_per_g = 0.0;  // that of the specimen, which is not known here
  const double relative_scale = found.u_scale / found.scale;
  const double relative_weight = u_weight_fraction / weight_fraction;
  out.u_k = out.k * std::sqrt(relative_scale * relative_scale + relative_weight * relative_weight);
  return out;
}

CalibratedPhase calibrate_phase(const PatternResult& mixture, std::size_t phase,
                                std::size_t standard, double weight_fraction,
                                double standard_weight_fraction, double u_ratio_relative) {
  CalibratedPhase out;
  if (!has_numbers(mixture) || phase >= mixture.phases.size() ||
      standard >= mixture.phases.size()) {
    return out;
  }
  const auto &a = mixture.phases[phase], &s = mixture.phases[standard];
  out.phase = a.name;
  if (!is_found(a) || !is_found(s) || !(standard_weight_fraction > 0.0)) return out;
  out.zmv = weight_fraction / standard_weight_fraction * s.scale / a.scale * s.zmv;
  out.u_relative = std::sqrt(std::pow(a.u_scale / a.scale, 2) + std::pow(s.u_scale / s.scale, 2) +
                             u_ratio_relative * u_ratio_relative);
  out.source = "calibrated against " + s.name + " in " + mixture.id;
  return out;
}

std::vector<Warning> absolute_warnings(const PatternResult& result,
                                       const QuantifyOptions& options) {
  std::vector<Warning> warnings;
  const auto& standard = options.internal_standard;
  for (const auto& absolute : result.quantification.absolute) {
    if (absolute.parts.empty()) {
      warnings.push_back({"W-XRD-141", "the internal standard " + standard.phase +
                                           " is not found in the pattern: no absolute fractions"});
      continue;
    }
    if (absolute.method == "internal standard") {
      const int place = place_of(result, standard.phase);
      const double found = result.phases[static_cast<std::size_t>(place)].weight_fraction;
      if (found < 0.1) {
        warnings.push_back(
            {"W-XRD-140",
             text_of("the internal standard makes up %.2g wt%% of the crystalline part: below 10 "
                     "wt%% the amorphous content rests on little (u %.2g wt%%)",
                     100.0 * found, 100.0 * absolute.parts.back().u_total)});
      }
    }
    const auto& rest = absolute.parts.back();
    if (rest.name != rest_name) continue;
    if (rest.weight_fraction < -2.0 * rest.u_total) {
      warnings.push_back(
          {"W-XRD-142",
           absolute.method + text_of(": the crystalline phases come to %.1f wt%% of the sample "
                                     "(u %.1f); check the weighing, the constants and the "
                                     "absorption contrast of the standard",
                                     100.0 * (1.0 - rest.weight_fraction), 100.0 * rest.u_total)});
    }
  }
  return warnings;
}

void quantify_further(const RefinementOptions& options, PatternResult& result) {
  if (!has_numbers(result)) return;
  const auto& asked = options.quantify;
  auto& out = result.quantification;
  if (!asked.internal_standard.phase.empty()) {
    out.absolute.push_back(by_internal_standard(result, asked.internal_standard));
  }
  if (asked.external_standard.k > 0.0 && asked.external_standard.mu_mass_cm2_per_g > 0.0) {
    out.absolute.push_back(
        by_external_standard(result, asked.external_standard, model_error(asked.uncertainty)));
  }
  if (!out.humps.empty() && !asked.calibrated.empty()) {
    auto humps = by_calibrated_humps(result, asked.calibrated);
    if (!humps.parts.empty()) out.absolute.push_back(std::move(humps));
  }
  calibrate_from(asked, result);
  const bool absorption_known =
      std::all_of(result.phases.begin(), result.phases.end(),
                  [](const PhaseResult& phase) { return phase.mu_per_cm > 0.0; });
  if (!asked.particles.empty() && result.phases.size() > 1 && absorption_known) {
    out.contrast.push_back(correct_contrast(result, asked.particles, options.assumed_particle_um));
  }
  const auto warnings = absolute_warnings(result, asked);
  result.warnings.insert(result.warnings.end(), warnings.begin(), warnings.end());
}

}  // namespace gadolin::diffraction
