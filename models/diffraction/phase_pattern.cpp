#include "models/diffraction/phase_pattern.hpp"

#include <algorithm>
#include <cmath>

#include "models/diffraction/peak_setting.hpp"

namespace gadolin::diffraction {

std::vector<double> phase_pattern(const BatchModel& model, const PatternState& state, int phase,
                                  const PhasePatternOptions& options) {
  std::vector<double> y(state.two_theta_deg.size(), 0.0);
  std::vector<double> parameters = state.parameters;
  const Layout& layout = model.layout;
  parameters[static_cast<std::size_t>(layout.phase(phase) + Layout::x)] *= options.x_factor;
  const double refined = parameters[static_cast<std::size_t>(layout.phase(phase) + Layout::scale)];
  const double scale = refined > 0.0 ? refined : 1.0;
  PeakSetting setting = peak_setting(model.instrument);
  const std::vector<double> widths = line_widths_deg(state.lines);
  if (!widths.empty()) setting.line_width_deg = widths.data();
  const auto directions =
      static_cast<int>(model.phases[static_cast<std::size_t>(phase)].directions.size());
  const bool foreign = options.wavelength_angstrom > 0.0;
  const std::size_t lines = foreign ? 1 : state.lines.size();
  const auto& x = state.two_theta_deg;
  std::vector<double> texture;
  for (const auto& ring :
       model.ring_sets[static_cast<std::size_t>(state.ring_set)][static_cast<std::size_t>(phase)]) {
    const double weight = options.weight ? options.weight(ring) : 1.0;
    if (weight == 0.0) continue;
    RingData data;
    data.inverse_d2 = ring.inverse_d2;
    std::copy(ring.slope.begin(), ring.slope.end(), data.slope);
    std::copy(ring.f2_sum.begin(), ring.f2_sum.end(), data.f2_sum);
    texture.clear();
    for (std::size_t k = 0; k < ring.cos2.size(); ++k) {
      texture.push_back(ring.cos2[k]);
      texture.push_back(ring.weight[k]);
    }
    setting.texture = texture.data();
    if (!ring.terms.empty()) setting.ring_terms = ring.terms.data();
    data.texture_count = static_cast<int>(ring.cos2.size());
    for (std::size_t l = 0; l < lines; ++l) {
      Peak peak;
      const double wavelength =
          foreign ? options.wavelength_angstrom : state.lines[l].wavelength_angstrom;
      if (!make_peak(data, static_cast<int>(l), wavelength,
                     foreign ? 1.0 : state.lines[l].relative_intensity, layout, phase, directions,
                     setting, parameters.data(), peak)) {
        continue;
      }
      const double half = 20.0 / peak.inverse_fwhm;
      const auto first = std::lower_bound(x.begin(), x.end(), peak.centre - half);
      const auto last = std::upper_bound(first, x.end(), peak.centre + half);
      for (auto at = first; at != last; ++at) {
        const double u = (*at - peak.centre) * peak.inverse_fwhm, u2 = u * u;
        double f = peak.height_l / (1.0 + 4.0 * u2);
        if (u2 < 9.0) f += peak.height_g * std::exp(-2.7725887222397811 * u2);
        y[static_cast<std::size_t>(at - x.begin())] += weight * scale * f;
      }
    }
  }
  return y;
}

ResidualTest test_residual(const PatternState& state, const std::vector<double>& extra,
                           const std::vector<const std::vector<double>*>& known) {
  const std::size_t n = state.counts.size();
  const auto product = [&](const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) sum += a[i] * b[i] / state.used_variance[i];
    return sum;
  };
  // Gram-Schmidt against what is known already.
  std::vector<std::vector<double>> basis;
  const auto remove = [&](std::vector<double>& v) {
    for (const auto& b : basis) {
      const double share = product(v, b);
      for (std::size_t i = 0; i < n; ++i) v[i] -= share * b[i];
    }
  };
  for (const auto* k : known) {
    std::vector<double> v = *k;
    const double before = product(v, v);
    remove(v);
    const double size = product(v, v);
    if (!(size > 1e-9 * before)) continue;
    for (double& value : v) value /= std::sqrt(size);
    basis.push_back(std::move(v));
  }
  std::vector<double> rest = extra, residual(n);
  const double before = product(rest, rest);
  remove(rest);
  for (std::size_t i = 0; i < n; ++i) residual[i] = state.counts[i] - state.calculated[i];
  ResidualTest test;
  const double size = product(rest, rest);
  if (!(size > 1e-9 * before)) return test;
  test.factor = product(residual, rest) / size;
  test.u_factor = 1.0 / std::sqrt(size);
  test.chi2_drop = test.factor * test.factor * size;
  return test;
}

}  // namespace gadolin::diffraction
