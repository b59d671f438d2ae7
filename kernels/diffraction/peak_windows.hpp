#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/diffraction/pattern_data.hpp"

/// How far each peak reaches, and the lists of peaks by cell.
namespace gadolin::diffraction {

struct PeakWindows : PatternData {
  /// Which cells serve each peak, and how many nodes of axial divergence it gets. A peak reaches
  /// at least 8 FWHM to each side, as far as its Lorentzian tail is above 0.2 % of the pattern's
  /// smallest standard uncertainty, and so far that the phase loses a share lost_area of its area
  /// at most, however weak it is (0: no such rule). Fixed during a fit, so that chi2 is smooth in
  /// the parameters; make_peaks first.
  template <class Team>
  GADOLIN_CALLED void set_windows(const Team& team, double smallest_sigma,
                                  double lost_area = 1e-3) const {
    const CellCount count = cell_count();
    const int levels = count.levels(), phases = layout.phases;
    for (int p = 0; p < phases; ++p) {
      const double scale = parameters[layout.phase(p) + Layout::scale];
      const int begin = peak_begin(p);
      const auto n = static_cast<std::size_t>(peak_begin(p + 1) - begin);
      const double seen = 0.002 * smallest_sigma / scale;  // infinite for a scale of 0
      double height = seen;
      if (lost_area > 0.0) {
        const double lost = height_of_lost_area(team, begin, n, lost_area);
        if (lost < height) height = lost;
      }
      team.for_each(n, [&](std::size_t i) { place_peak(begin + static_cast<int>(i), height); });
    }
    team.barrier();
    // Lists by (cell, phase): count, add up, fill. A task owns the entries of one phase and level.
    const int total = count.total(), leaves = count.at(0);
    team.for_each(static_cast<std::size_t>((total + leaves) * phases + 1),
                  [&](std::size_t i) { list_begin[i] = 0; });
    team.barrier();
    for (int pass = 0; pass < 2; ++pass) {
      team.for_each(static_cast<std::size_t>(phases * (levels + 1)), [&](std::size_t task) {
        const int p = static_cast<int>(task) % phases, level = static_cast<int>(task) / phases;
        for (int k = peak_begin(p); k < peak_begin(p + 1); ++k) {
          if (peaks[k].present == 0) continue;
          walk_cells(k, level, levels, [&](int cell) {
            int& at = list_begin[cell * phases + p + 1];
            if (pass == 0) {
              ++at;
            } else {
              list[at++] = k;
            }
          });
        }
      });
      team.barrier();
      if (pass == 1) break;
      // After this entry i + 1 is where list i begins; filling moves it to where it ends.
      team.single([&] {
        int sum = 0;
        for (int i = 0; i < (total + leaves) * phases; ++i) {
          const int here = list_begin[i + 1];
          list_begin[i + 1] = sum;
          sum += here;
        }
      });
    }
    if (max_nodes > 0) make_peaks(team);
  }

  /// Height (unit scale) at which the tails of n peaks may be cut if together they are to lose a
  /// share of the area of all. A tail cut at height c leaves out fwhm sqrt(height_l c) on both
  /// sides; a common c keeps the reaches short.
  template <class Team>
  GADOLIN_CALLED double height_of_lost_area(const Team& team, int begin, std::size_t n,
                                            double share) const {
    const auto over = [&](auto&& of) {
      return team.sum(n, [&](std::size_t i) {
        const FoldedPeak& peak = peaks[begin + static_cast<int>(i)];
        return peak.present == 0 ? 0.0 : 2.0 / peak.stretch * of(peak);
      });
    };
    const double area = over([](const FoldedPeak& peak) {  // pi / 2, sqrt(pi / ln 2) / 2
      return 1.5707963267948966 * peak.height_l + 1.0644670194312262 * peak.height_g;
    });
    const double tails = over([](const FoldedPeak& peak) { return std::sqrt(peak.height_l); });
    // In single precision, so that engines that add up in another order cut at the same height.
    const double root =
        tails > 0.0 ? static_cast<double>(static_cast<float>(share * area / tails)) : 0.0;
    return root > 0.0 ? root * root : 1e300;  // no Lorentzian: nothing is lost
  }

  /// Reach, spans and nodes of one peak, whose tail is dropped where it falls below dropped_height
  /// (unit scale).
  GADOLIN_CALLED void place_peak(int k, double dropped_height) const {
    const FoldedPeak& peak = peaks[k];
    const CellCount count = cell_count();
    const int levels = count.levels();
    CellSpan* own = spans + static_cast<std::ptrdiff_t>(k) * (levels + 1);
    if (max_nodes > 0) node_count[k] = 0;
    if (peak.present == 0) return;
    const double fwhm = 2.0 / peak.stretch, root5 = std::pow(fwhm, 0.2);
    double low = peak.centre, high = peak.centre;
    if (max_nodes > 0 && parameters[Layout::s_over_l] > 0.0) {
      const double extreme = axial_extent_deg(
          peak.two_theta_rad, parameters[Layout::s_over_l] * (1.0 + setting.h_over_s));
      (extreme < 0.0 ? low : high) += extreme;
      node_count[k] = axial_node_count(std::fabs(extreme) / fwhm, max_nodes);
    }
    // The tail at distance d is height_l (fwhm / (2 d))^2.
    const double tail = 0.5 * fwhm * std::sqrt(peak.height_l / dropped_height);
    const double reach = tail > 8.0 * fwhm ? tail : 8.0 * fwhm;
    own[levels] = {lower_bound(low - reach), lower_bound(high + reach) - 1};
    int first = 0, last = count.at(levels - 1) - 1;
    for (int level = levels - 1; level >= 0; --level) {
      const Cell* here = cells + count.begin(level);
      while (first <= last && is_far(here[first], low, high, fwhm, root5)) ++first;
      while (first <= last && is_far(here[last], low, high, fwhm, root5)) --last;
      own[level] = {first, last};
      if (level == 0) break;
      const int most = count.at(level - 1) - 1;
      first = first * 4;
      last = last * 4 + 3 < most ? last * 4 + 3 : most;
    }
  }

  /// First point at or above an angle.
  GADOLIN_INLINE int lower_bound(double angle_deg) const {
    int low = 0, high = points;
    while (low < high) {
      const int middle = (low + high) / 2;
      if (two_theta_deg[middle] < angle_deg) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /// The cells where peak k stands in a list of a level: those its parents leave to this level and
  /// that are far from it, as long as the peak reaches their middle. Level `levels` means the
  /// leaves once more: those that are near.
  template <class Use>
  GADOLIN_INLINE void walk_cells(int k, int level, int levels, Use&& use) const {
    const CellCount count = cell_count();
    const CellSpan* own = spans + static_cast<std::ptrdiff_t>(k) * (levels + 1);
    if (level == levels) {
      for (int c = own[0].first; c <= own[0].last; ++c) use(count.total() + c);
      return;
    }
    int first = 0, last = count.at(level) - 1;
    if (level + 1 < levels) {
      const CellSpan parents = own[level + 1];
      if (parents.first > parents.last) return;
      first = parents.first * 4;
      last = parents.last * 4 + 3 < last ? parents.last * 4 + 3 : last;
    }
    const int size = leaf_points << (2 * level), begin = count.begin(level);
    const CellSpan near = own[level], reached = own[levels];
    for (int c = first; c <= last; ++c) {
      if (c == near.first && near.first <= near.last) {
        c = near.last;
        continue;
      }
      const int middle = c * size + size / 2;
      if (reached.first <= middle && (middle <= reached.last || reached.last == points - 1)) {
        use(begin + c);
      }
    }
  }
};

}  // namespace gadolin::diffraction
