#pragma once

#include <cstddef>

#include "kernels/diffraction/cells.hpp"
#include "kernels/diffraction/folded_peak.hpp"
#include "kernels/diffraction/parameters.hpp"
#include "kernels/diffraction/peak.hpp"
#include "kernels/exec/host_device.hpp"
#include "kernels/exec/pack.hpp"

/// One pattern inside a kernel body: what it is made of and where it works. PatternModel
/// (pattern_model.hpp) is built on this in steps: PeakWindows, TailField, PatternBackground,
/// NormalEquations.
namespace gadolin::diffraction {

/// Cells of one level that lie so near a peak that only smaller cells, or the points, can serve it.
/// Also a range of points.
struct CellSpan {
  int first = 0, last = -1;
};

/// Pointers of one pattern. Arrays of the batch are read, those of the workspace belong to the
/// team.
struct PatternData {
  Layout layout;
  PeakSetting setting;
  const int* cell_directions = nullptr;  ///< [phases]
  // The pattern.
  int points = 0;
  const double* two_theta_deg = nullptr;
  const double* counts = nullptr;
  const double* blank = nullptr;  ///< measured blank, scaled by a parameter; null: none
  // Rings of phase p: ring_begin[p] .. ring_begin[p+1]-1, into rings.
  const int* ring_begin = nullptr;
  const RingData* rings = nullptr;
  int lines = 0;
  const double* wavelength_angstrom = nullptr;  ///< [max_lines]
  const double* relative_intensity = nullptr;   ///< [max_lines]
  // Free parameters.
  int n_free = 0;
  const int* free_index = nullptr;  ///< [n_free] into the full vector
  // Workspace.
  double* parameters = nullptr;   ///< [layout.size()] full vector
  double* sqrt_weight = nullptr;  ///< [points]
  double* residual = nullptr;     ///< [points] weighted
  FoldedPeak* peaks = nullptr;    ///< [(rings of all phases) * lines]
  float* coefficients = nullptr;  ///< [peaks * term_stride(layout)]
  AxialNode* nodes = nullptr;     ///< [peaks * max_nodes]
  int max_nodes = 0;              ///< 0: no axial divergence
  int* node_count = nullptr;      ///< [peaks] as set_windows chose them
  Cell* cells = nullptr;          ///< [cell_count().total()]
  /// [peaks * (levels + 1)]: of a peak one span per level, then the points it reaches.
  CellSpan* spans = nullptr;
  /// Peaks of phase p in cell c: list[begin[c * phases + p]] .. ; after all cells come once more
  /// the leaves, there with the peaks that are summed point by point.
  int* list_begin = nullptr;     ///< [(cells + leaves) * phases + 1]
  int* list = nullptr;           ///< [leaves * peaks] at most
  int* column = nullptr;         ///< [layout.size()] column of a parameter, -1 if fixed
  PhasePlan* plans = nullptr;    ///< [phases]
  int* peak_columns = nullptr;   ///< [n_free + 1] columns that peaks feed, then -1
  float* far_columns = nullptr;  ///< [cells * n_free * 8] at the nodes of the cells
  double* far_value = nullptr;   ///< [cells * 8] at the nodes
  double* far_shares = nullptr;  ///< [cells * phases * 8], the same memory as far_columns
  double* gram_sum = nullptr;    ///< [padded columns squared]
  char* scratch = nullptr;       ///< pattern_scratch_bytes, fast memory

  GADOLIN_INLINE CellCount cell_count() const { return {points}; }
  GADOLIN_INLINE int n_peaks() const { return (ring_begin[layout.phases] - ring_begin[0]) * lines; }
  GADOLIN_INLINE int peak_begin(int phase) const {
    return (ring_begin[phase] - ring_begin[0]) * lines;
  }
  GADOLIN_INLINE int passes(int rows) const { return (points + rows - 1) / rows; }

  /// Puts the n_free values p into the full vector.
  template <class Team>
  GADOLIN_HD void set_free(const Team& team, const double* p) const {
    team.for_each(static_cast<std::size_t>(n_free),
                  [&](std::size_t i) { parameters[free_index[i]] = p[i]; });
    team.barrier();
  }

  /// Once per pattern: columns, plans, cells.
  template <class Team>
  GADOLIN_CALLED void prepare(const Team& team) const {
    team.for_each(static_cast<std::size_t>(layout.size()), [&](std::size_t i) { column[i] = -1; });
    team.barrier();
    team.for_each(static_cast<std::size_t>(n_free),
                  [&](std::size_t i) { column[free_index[i]] = static_cast<int>(i); });
    team.barrier();
    team.for_each(static_cast<std::size_t>(layout.phases), [&](std::size_t p) {
      const int phase = static_cast<int>(p);
      plans[p] = make_plan(layout, phase, cell_directions[p], column);
    });
    if (max_nodes > 0) {  // no peak is smeared yet
      team.for_each(static_cast<std::size_t>(n_peaks()), [&](std::size_t i) { node_count[i] = 0; });
    }
    const CellCount count = cell_count();
    for (int level = 0; level < count.levels(); ++level) {
      const int size = leaf_points << (2 * level), begin = count.begin(level);
      team.for_each(static_cast<std::size_t>(count.at(level)), [&](std::size_t c) {
        const int first = static_cast<int>(c) * size;
        const int last = first + size < points ? first + size - 1 : points - 1;
        cells[begin + static_cast<int>(c)] = make_cell(two_theta_deg, first, last);
      });
    }
    team.barrier();
    team.single([&] {
      int n = 0;
      for (int c = 0; c < n_free; ++c) {
        bool fed = false;
        for (int p = 0; p < layout.phases; ++p) {
          for (int t = 0; t < plans[p].terms; ++t) fed = fed || plans[p].column[t] == c;
        }
        if (fed) peak_columns[n++] = c;
      }
      peak_columns[n] = -1;
    });
  }

  /// All peaks at the present parameters.
  template <class Team>
  GADOLIN_CALLED void make_peaks(const Team& team) const {
    for (int p = 0; p < layout.phases; ++p) {
      const int begin = peak_begin(p);
      const double scale = parameters[layout.phase(p) + Layout::scale];
      team.for_each(static_cast<std::size_t>(peak_begin(p + 1) - begin), [&](std::size_t i) {
        const int ring = static_cast<int>(i) / lines, line = static_cast<int>(i) % lines;
        const int k = begin + static_cast<int>(i);
        Peak peak;
        if (!make_peak(rings[ring_begin[p] + ring], line, wavelength_angstrom[line],
                       relative_intensity[line], layout, p, cell_directions[p], setting, parameters,
                       peak)) {
          peak = Peak{};
        } else if (max_nodes > 0 && node_count[k] > 0) {
          smear_peak(setting, parameters, node_count[k],
                     nodes + static_cast<std::ptrdiff_t>(k) * max_nodes, peak);
        }
        fold_peak(peak, layout, p, cell_directions[p], scale, column, peaks[k],
                  coefficients + static_cast<std::ptrdiff_t>(k) * term_stride(layout));
      });
    }
    team.barrier();
  }

  /// Puts a function of the point, given for one pack of doubles, into the column of a parameter.
  template <int D>
  GADOLIN_INLINE void put_column(int parameter, Pack<double, D> value, float* sums,
                                 int stride) const {
    const int c = column[parameter];
    if (c < 0) return;
    for (int i = 0; i < D; ++i) sums[c * stride + i] = static_cast<float>(value[i]);
  }

  /// The points first, first + 1, ... of an array, the last one again beyond the end.
  template <int D>
  GADOLIN_INLINE Pack<double, D> load_points(const double* from, int first) const {
    if (first + D <= points) return Pack<double, D>::load(from + first);
    double values[D];
    for (int i = 0; i < D; ++i) values[i] = from[first + i < points ? first + i : points - 1];
    return Pack<double, D>::load(values);
  }
};

}  // namespace gadolin::diffraction
