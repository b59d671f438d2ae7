#include "models/diffraction/limits.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "models/diffraction/phase_pattern.hpp"

namespace gadolin::diffraction {

namespace {

/// Derivative of the calculated pattern by one free parameter that is no scale and no background,
/// by a forward difference; phases that do not feel it are left out.
std::vector<double> derivative(const BatchModel& model, const PatternState& state, int parameter) {
  const Layout& layout = model.layout;
  const int first = layout.phase(0);
  const int own = parameter < first ? -1 : (parameter - first) / layout.phase_stride();
  PatternState moved = state;
  auto& value = moved.parameters[static_cast<std::size_t>(parameter)];
  const double step = std::max(1e-6, 1e-4 * std::fabs(value));
  value += step;
  std::vector<double> column(state.counts.size(), 0.0);
  for (int p = 0; p < layout.phases; ++p) {
    if (own >= 0 && p != own) continue;
    if (!(state.parameters[static_cast<std::size_t>(layout.phase(p) + Layout::scale)] > 0.0)) {
      continue;
    }
    const auto before = phase_pattern(model, state, p), after = phase_pattern(model, moved, p);
    for (std::size_t i = 0; i < column.size(); ++i) column[i] += (after[i] - before[i]) / step;
  }
  return column;
}

/// The columns of the background: Chebyshev terms over the range, and 1/x.
std::vector<double> background_column(const Layout& layout, const PatternState& state, int term) {
  const auto& x = state.two_theta_deg;
  const double low = x.front(), high = x.back();
  std::vector<double> column(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double t = (2.0 * x[i] - low - high) / (high - low);
    column[i] = term == layout.chebyshev_terms
                    ? std::max(1.0, low) / x[i]
                    : std::cos(term * std::acos(std::clamp(t, -1.0, 1.0)));
  }
  return column;
}

}  // namespace

double upper_limit_95(double estimate, double u) {
  return std::max(0.0, estimate) + one_sided_95 * u;
}

double upper_limit_95(double scale, double u_scale, double zmv, double rest) {
  const double most = upper_limit_95(scale, u_scale) * zmv;
  return rest > 0.0 ? most / (most + rest) : 1.0;
}

FreeScale free_scale(const BatchModel& model, const PatternState& state, std::size_t phase,
                     double assumed) {
  const Layout& layout = model.layout;
  const int own = layout.phase(static_cast<int>(phase));
  const double scale = state.parameters[static_cast<std::size_t>(own + Layout::scale)];
  const auto extra = phase_pattern(model, state, static_cast<int>(phase));
  std::vector<std::vector<double>> columns;
  for (int p = 0; p < layout.phases; ++p) {
    const int at = layout.phase(p) + Layout::scale;
    if (p == static_cast<int>(phase) || !(state.parameters[static_cast<std::size_t>(at)] > 0.0)) {
      continue;
    }
    columns.push_back(phase_pattern(model, state, p));
  }
  for (const int parameter : state.free) {
    if (parameter >= Layout::background && parameter <= layout.inverse_x()) {
      columns.push_back(background_column(layout, state, parameter - Layout::background));
      continue;
    }
    if (parameter >= Layout::hump && parameter < Layout::background) continue;
    // Its own shape has no derivative where there is nothing of it.
    if (parameter >= own && parameter < own + layout.phase_stride()) continue;
    const int first = layout.phase(0);
    if (parameter >= first && (parameter - first) % layout.phase_stride() == Layout::scale)
      continue;
    columns.push_back(derivative(model, state, parameter));
  }
  std::vector<const std::vector<double>*> known;
  for (const auto& column : columns) known.push_back(&column);
  const double unit = scale > 0.0 ? scale : 1.0;
  PatternState there = state;
  if (state.poisson && assumed > scale) {
    for (std::size_t i = 0; i < extra.size(); ++i) {
      there.used_variance[i] += (assumed - scale) / unit * extra[i];
    }
  }
  const auto test = test_residual(there, extra, known);
  FreeScale free;
  if (!(test.u_factor > 0.0)) return free;
  free.scale = scale + test.factor * unit;
  free.u_scale = test.u_factor * unit;
  free.usable = true;
  return free;
}

}  // namespace gadolin::diffraction
