#pragma once

#include <cstddef>

#include "kernels/diffraction/normal_equations.hpp"

/// One pattern inside a kernel body: its peaks, the cells they reach, the normal equations and the
/// calculated pattern.
namespace gadolin::diffraction {

struct PatternModel : NormalEquations {
  /// Each phase at unit scale over the points of one pass, phase p from shares[p * rows_per_pass]
  /// on; far_field<false> first.
  template <class Team>
  GADOLIN_CALLED void phase_shares(const Team& team, int first, double* shares) const {
    constexpr int doubles = Width<Team>::doubles, parts = Width<Team>::parts;
    constexpr int width = Width<Team>::floats, most = rows_per_pass<Team>();
    using P = Pack<double, doubles>;
    const int left = points - first, rows = left < most ? left : most, phases = layout.phases;
    team.for_each(static_cast<std::size_t>((rows + width - 1) / width), [&](std::size_t task) {
      const int offset = static_cast<int>(task) * width;
      const int leaf = (first + offset) / leaf_points;
      P at[parts], weight[parts][cell_nodes];
      for (int i = 0; i < parts; ++i) {
        at[i] = load_points<doubles>(two_theta_deg, first + offset + i * doubles);
      }
      weights_in<doubles, parts>(cells[leaf], at, weight);
      const int near = cell_count().total() + leaf;
      for (int p = 0; p < phases; ++p) {
        P value[parts];
        values_at<doubles, parts>(far_shares + (leaf * phases + p) * cell_nodes, weight, value);
        add_list<true, false, doubles, parts>(near, p, at, nullptr, 0, value);
        for (int i = 0; i < parts; ++i) value[i].store(shares + p * most + offset + i * doubles);
      }
    });
    team.barrier();
  }

  /// Calls use(point, y_calculated, y_background, shares) for every point, spread over the members;
  /// shares[p * rows_per_pass] is phase p at unit scale. Peaks and windows must be up to date.
  template <class Team, class Use>
  GADOLIN_CALLED void calculate(const Team& team, Use&& use) const {
    constexpr int most = rows_per_pass<Team>();
    double* shares = reinterpret_cast<double*>(scratch);
    far_field<false>(team);
    for (int first = 0; first < points; first += most) {
      phase_shares(team, first, shares);
      const int left = points - first, rows = left < most ? left : most;
      team.for_each(static_cast<std::size_t>(rows), [&](std::size_t i) {
        const int at = first + static_cast<int>(i);
        const Pack<double, 1> x(two_theta_deg[at]);
        double background = humps<1>(x, [](int, Pack<double, 1>) {}).v;
        if (blank != nullptr) background += parameters[Layout::blank] * blank[at];
        background_terms<1>(x, [&](int k, Pack<double, 1> term) {
          background += parameters[Layout::background + k] * term.v;
        });
        double y = background;
        for (int p = 0; p < layout.phases; ++p) {
          y += parameters[layout.phase(p) + Layout::scale] * shares[p * most + static_cast<int>(i)];
        }
        use(at, y, background, shares + i);
      });
      team.barrier();
    }
  }
};

}  // namespace gadolin::diffraction
