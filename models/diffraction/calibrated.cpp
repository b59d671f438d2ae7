#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "models/diffraction/absolute.hpp"
#include "models/diffraction/limits.hpp"

/// PONKCS: phases and humps whose (ZMV) comes from a mixture, not from a structure.
namespace gadolin::diffraction {

namespace {

struct Intensity {
  double value = 0.0, u = 0.0, zmv = 0.0;
  bool found = false;
};

/// Scale of a phase or area of a hump.
Intensity intensity_of(const PatternResult& result, const std::string& name) {
  for (const auto& phase : result.phases) {
    if (phase.name == name) return {phase.scale, phase.u_scale, phase.zmv, is_found(phase)};
  }
  for (const auto& hump : result.quantification.humps) {
    if (hump.name == name) {
      return {hump.area, hump.u_area, 0.0, hump.area > 0.0 && hump.area >= 3.0 * hump.u_area};
    }
  }
  return {};
}

}  // namespace

AbsoluteResult by_calibrated_humps(const PatternResult& result,
                                   const std::vector<CalibratedPhase>& calibrated) {
  AbsoluteResult out;
  out.method = "calibrated humps";
  const std::size_t n = result.phases.size();
  const auto& humps = result.quantification.humps;
  std::vector<std::size_t> used;
  std::vector<double> mass, relative;
  for (const auto& phase : result.phases) {
    mass.push_back(phase.scale * phase.zmv);
    out.parts.push_back({phase.name});
  }
  for (std::size_t h = 0; h < humps.size(); ++h) {
    for (const auto& one : calibrated) {
      if (one.phase != humps[h].name) continue;
      used.push_back(h);
      mass.push_back(humps[h].area * one.zmv);
      relative.push_back(one.u_relative);
      out.parts.push_back({humps[h].name});
      out.basis += (out.basis.empty() ? "" : "; ") + one.phase + ": " + one.source;
    }
  }
  double total = 0.0;
  for (const double m : mass) total += m;
  if (used.empty() || !(total > 0.0)) return AbsoluteResult{};
  const std::size_t m = mass.size();
  // Covariance of the masses: of the phases among themselves from that of the fractions, taken
  // relative to their sum; of humps with phases from the fit.
  double crystalline = 0.0;
  for (std::size_t p = 0; p < n; ++p) crystalline += mass[p];
  std::vector<double> stat(m * m, 0.0), full(m * m, 0.0);
  for (std::size_t p = 0; p < n; ++p) {
    const double u_scale = result.phases[p].u_scale * result.phases[p].zmv;
    stat[p * m + p] = full[p * m + p] = u_scale * u_scale;
    for (std::size_t q = 0; q < n; ++q) {
      full[p * m + q] += crystalline * crystalline *
                         (result.covariance_total[p * n + q] - result.covariance_stat[p * n + q]);
    }
  }
  for (std::size_t k = 0; k < used.size(); ++k) {
    const auto& hump = humps[used[k]];
    const std::size_t at = n + k;
    const double zmv = hump.area > 0.0 ? mass[at] / hump.area : 0.0;
    stat[at * m + at] = std::pow(hump.u_area * zmv, 2);
    full[at * m + at] = stat[at * m + at] + std::pow(relative[k] * mass[at], 2);
    for (std::size_t p = 0; p < n; ++p) {
      const double c = hump.covariance_with_scale[p] * zmv * result.phases[p].zmv;
      stat[at * m + p] = stat[p * m + at] = c;
      full[at * m + p] = full[p * m + at] = c;
    }
  }
  const auto propagated = [&](const std::vector<double>& own) {
    std::vector<double> slope(m * m), middle(m * m, 0.0), result_covariance(m * m, 0.0);
    for (std::size_t a = 0; a < m; ++a) {
      for (std::size_t b = 0; b < m; ++b) {
        slope[a * m + b] = ((a == b ? 1.0 : 0.0) - mass[a] / total) / total;
      }
    }
    for (std::size_t a = 0; a < m; ++a) {
      for (std::size_t b = 0; b < m; ++b) {
        for (std::size_t c = 0; c < m; ++c) middle[a * m + b] += slope[a * m + c] * own[c * m + b];
      }
    }
    for (std::size_t a = 0; a < m; ++a) {
      for (std::size_t b = 0; b < m; ++b) {
        for (std::size_t c = 0; c < m; ++c) {
          result_covariance[a * m + b] += middle[a * m + c] * slope[b * m + c];
        }
      }
    }
    return result_covariance;
  };
  const auto of_stat = propagated(stat);
  out.covariance_total = propagated(full);
  out.factor = crystalline / total;
  double hump_variance = 0.0;
  for (std::size_t a = 0; a < m; ++a) {
    auto& part = out.parts[a];
    part.weight_fraction = mass[a] / total;
    part.u_stat = std::sqrt(std::max(0.0, of_stat[a * m + a]));
    part.u_total = std::sqrt(std::max(0.0, out.covariance_total[a * m + a]));
    const bool found =
        a < n ? is_found(result.phases[a]) : part.weight_fraction > one_sided_95 * part.u_total;
    part.state = found ? ValueState::measured : ValueState::below_lod;
    if (!found) {
      part.limit_95 = std::min(1.0, upper_limit_95(part.weight_fraction, part.u_total));
    }
    for (std::size_t b = n; b < m && a >= n; ++b) hump_variance += out.covariance_total[a * m + b];
  }
  out.u_factor = std::sqrt(std::max(0.0, hump_variance));
  return out;
}

void calibrate_from(const QuantifyOptions& options, PatternResult& result) {
  for (const auto& asked : options.calibrate) {
    const auto a = intensity_of(result, asked.phase), s = intensity_of(result, asked.standard);
    if (!a.found || !s.found || !(asked.standard_fraction > 0.0)) {
      result.warnings.push_back(
          {"W-XRD-146", fmt::format("no calibration of {}: {} is not found in the mixture",
                                    asked.phase, a.found ? asked.standard : asked.phase)});
      continue;
    }
    CalibratedPhase out;
    out.phase = asked.phase;
    out.zmv = asked.weight_fraction / asked.standard_fraction * s.value / a.value * s.zmv;
    out.u_relative = std::sqrt(std::pow(a.u / a.value, 2) + std::pow(s.u / s.value, 2) +
                               std::pow(asked.u_weight_fraction / asked.weight_fraction, 2) +
                               std::pow(asked.u_standard_fraction / asked.standard_fraction, 2));
    out.source = "calibrated against " + asked.standard + " in " + result.id;
    result.quantification.calibrated.push_back(std::move(out));
  }
}

}  // namespace gadolin::diffraction
