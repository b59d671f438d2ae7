// Every analytic derivative of the fused kernel against the difference quotient of chi2, on
// structures that use every kind of parameter.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/diffraction/refine.hpp"
#include "kernels/exec/team.hpp"

namespace gadolin::diffraction {
namespace {

/// A small pattern with two phases: three cell directions and six, with texture.
class SmallPattern {
 public:
  SmallPattern() {
    layout = {3, 2, 2, 3};
    const double places[2][5] = {{0.10, 0.17, 0.22, 0.31, 0.33}, {0.12, 0.171, 0.25, 0.28, 0.36}};
    for (int p = 0; p < 2; ++p) {
      for (int r = 0; r < 5; ++r) {
        RingData ring;
        ring.inverse_d2 = places[p][r];
        for (int k = 0; k < (p == 0 ? 3 : 6); ++k) {
          ring.slope[k] = ring.inverse_d2 * (0.1 + 0.13 * ((r * 5 + k * 3) % 7));
        }
        ring.f2_sum[0] = 1e4 * (1.0 + r);
        ring.f2_sum[1] = 0.98e4 * (1.0 + r);
        ring.texture_begin = static_cast<int>(texture.size() / 2);
        ring.texture_count = 2;
        ring.terms_begin = static_cast<int>(terms.size());
        for (int k = 0; k < 3; ++k) terms.push_back(0.9 * std::sin(1.3 * (r + 5 * p) + 2.1 * k));
        texture.insert(texture.end(), {0.1 * r, 0.4, 0.9 - 0.15 * r, 0.6});
        rings.push_back(ring);
      }
    }
    begin = {0, 5, 10};
    for (int i = 0; i < 401; ++i) two_theta.push_back(27.0 + 0.075 * i);
    counts.assign(two_theta.size(), 0.0);
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = 90.0 + 30.0 * std::sin(0.7 * i);
    parameters.assign(static_cast<std::size_t>(layout.size()), 0.0);
    set(Layout::displacement, 0.07);
    set(Layout::zero, -0.01);
    set(Layout::u, 0.01);
    set(Layout::v, -0.004);
    set(Layout::w, 0.008);
    set(Layout::gauss_p, 0.002);
    set(Layout::s_over_l, 0.04);
    set(Layout::transparency, 4e-4);
    set(Layout::capillary_a, 0.05);
    set(Layout::capillary_b, -0.03);
    set(Layout::overflow, 0.28);
    set(Layout::blank, 0.4);
    set(Layout::hump + Layout::hump_area, 150.0);
    set(Layout::hump + Layout::hump_centre, 38.0);
    set(Layout::hump + Layout::hump_fwhm, 6.0);
    set(Layout::background, 60.0);
    set(Layout::background + 1, -9.0);
    set(Layout::background + 2, 4.0);
    set(layout.inverse_x(), 20.0);
    for (int p = 0; p < 2; ++p) {
      const int own = layout.phase(p);
      set(own + Layout::scale, 4e-4 * (p + 1));
      set(own + Layout::x, 0.09);
      set(own + Layout::y, 0.05);
      set(own + Layout::march_r, 0.8 + 0.5 * p);
      set(own + Layout::b_iso, 0.3);
      for (int k = 0; k < 2; ++k) set(own + layout.harmonic(k), 0.2 - 0.35 * k);
      for (int k = 0; k < 3; ++k) set(own + layout.strain(k), 0.25 - 0.2 * k);
      for (int k = 0; k < (p == 0 ? 3 : 6); ++k) set(own + Layout::cell + k, 1e-3 * (k + 1));
    }
    for (int i = 0; i < layout.size(); ++i) {
      const int within = i < layout.phase(0) ? -1 : (i - layout.phase(0)) % layout.phase_stride();
      if (i >= Layout::hump + Layout::hump_stride && i < Layout::background) continue;
      if (i >= layout.phase(0) && i < layout.phase(1) && within >= Layout::cell + 3 &&
          within < Layout::cell_end) {
        continue;
      }
      free.push_back(i);
    }
    for (double x : two_theta) blank.push_back(20.0 + 400.0 / x);
    rules = axial_rules(0.6);
    const PatternShape shape{layout, static_cast<int>(counts.size()),
                             static_cast<int>(rings.size()) * 2, static_cast<int>(free.size()),
                             max_axial_nodes};
    Carver counter{nullptr};
    carve_pattern(shape, counter, model);
    memory.resize(counter.used / sizeof(double) + 8);
    Carver carver{reinterpret_cast<char*>(memory.data())};
    carve_pattern(shape, carver, model);
    scratch.resize(pattern_scratch_bytes(model_free(), 2) / sizeof(double) + 8);
    model.scratch = reinterpret_cast<char*>(scratch.data());
    model.layout = layout;
    model.setting = {173.0,        0.7,  texture.data(), rules.data(), 0.6,
                     terms.data(), 0.02, widths,         {0.009, 0.05}};
    model.blank = blank.data();
    model.cell_directions = directions;
    model.points = static_cast<int>(counts.size());
    model.two_theta_deg = two_theta.data();
    model.counts = counts.data();
    model.ring_begin = begin.data();
    model.rings = rings.data();
    model.lines = 2;
    model.wavelength_angstrom = wavelength;
    model.relative_intensity = intensity;
    model.n_free = static_cast<int>(free.size());
    model.free_index = free.data();
    std::copy(parameters.begin(), parameters.end(), model.parameters);
    std::fill_n(model.sqrt_weight, counts.size(), 0.1);
    model.prepare(team);
    model.make_peaks(team);
    model.set_windows(team, 10.0);
  }
  int model_free() const { return static_cast<int>(free.size()); }
  void set(int index, double value) { parameters[static_cast<std::size_t>(index)] = value; }

  /// chi2 and -grad/2.
  double evaluate(std::vector<double>& rhs) {
    std::vector<double> gram(free.size() * free.size());
    rhs.assign(free.size() + 1, 0.0);
    std::copy(parameters.begin(), parameters.end(), model.parameters);
    model.make_peaks(team);
    model.normal_equations(team, gram.data(), rhs.data());
    last_gram = gram;
    return rhs.back();
  }

  SerialTeam team{nullptr, nullptr};
  Layout layout;
  std::vector<RingData> rings;
  std::vector<double> terms, texture, two_theta, counts, parameters, last_gram, blank, rules;
  std::vector<double> memory, scratch;
  std::vector<int> begin, free;
  int directions[2] = {3, 6};
  double widths[2] = {0.03, 0.04};
  double wavelength[4] = {1.5405929, 1.5444274, 1.54, 1.54}, intensity[4] = {0.66, 0.34, 0, 0};
  PatternModel model;
};

TEST(Derivatives, MatchDifferenceQuotientsForEveryKindOfParameter) {
  SmallPattern s;
  std::vector<double> rhs, other;
  s.evaluate(rhs);
  const auto gram = s.last_gram;
  const std::size_t n = s.free.size();
  for (std::size_t k = 0; k < n; ++k) {
    const auto index = static_cast<std::size_t>(s.free[k]);
    const double here = s.parameters[index];
    // A step that changes chi2 by about 1e-3: large against rounding, small against curvature.
    const double h = 1e-3 / std::sqrt(gram[k * n + k]);
    const auto at = [&](double shift) {
      s.parameters[index] = here + shift;
      return s.evaluate(other);
    };
    const double slope = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
    s.parameters[index] = here;

    EXPECT_NEAR(-0.5 * slope, rhs[k], 2e-6 * std::sqrt(gram[k * n + k] * rhs[n]))
        << "parameter " << s.free[k];
  }
}

TEST(Derivatives, GramMatrixIsTheCurvatureAtAPerfectFit) {
  SmallPattern s;
  std::vector<double> rhs, moved;
  s.evaluate(rhs);
  // Make the data the model itself: then rhs(p + h e_k) = -G h e_k to first order.
  std::vector<double> calculated(s.counts.size());
  s.model.calculate(s.team, [&](int i, double y, double, const double*) {
    calculated[static_cast<std::size_t>(i)] = y;
  });
  s.counts = calculated;
  s.model.counts = s.counts.data();
  s.evaluate(rhs);
  const auto gram = s.last_gram;
  const std::size_t n = s.free.size();
  EXPECT_NEAR(rhs[n], 0.0, 1e-12);
  for (std::size_t k = 0; k < n; ++k) {
    const auto index = static_cast<std::size_t>(s.free[k]);
    const double here = s.parameters[index], h = 1e-4 / std::sqrt(gram[k * n + k]);
    std::vector<double> down;
    s.parameters[index] = here + h;
    s.evaluate(moved);
    s.parameters[index] = here - h;
    s.evaluate(down);
    s.parameters[index] = here;
    for (std::size_t j = 0; j < n; ++j) {
      const double g = j <= k ? gram[k * n + j] : gram[j * n + k];
      EXPECT_NEAR((down[j] - moved[j]) / (2.0 * h), g,
                  1e-5 * std::sqrt(gram[k * n + k] * gram[j * n + j]))
          << "parameters " << s.free[k] << ", " << s.free[j];
    }
  }
}

}  // namespace
}  // namespace gadolin::diffraction
