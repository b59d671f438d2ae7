#pragma once

#include <cmath>
#include <cstddef>
#include <type_traits>

#include "kernels/diffraction/cells.hpp"
#include "kernels/diffraction/folded_peak.hpp"
#include "kernels/diffraction/parameters.hpp"
#include "kernels/diffraction/peak.hpp"
#include "kernels/diffraction/peak_sum.hpp"
#include "kernels/exec/host_device.hpp"

/// One pattern inside a kernel body: its peaks, the cells they reach, and the normal equations,
/// accumulated some rows at a time so that the Jacobian never exists as a whole.
namespace gadolin::diffraction {

/// Rows of the Jacobian that exist at once.
template <class Team>
GADOLIN_INLINE constexpr int rows_per_pass() {
  return Team::lanes == 1 ? 128 : 64;
}
/// Its entries: single precision in the shared memory of a device, where the products are doubles
/// again; on the host doubles, which is what they are rounded to single precision from.
template <class Team>
using JacobianValue = std::conditional_t<Team::lanes == 1, float, double>;
/// Columns are walked in blocks of four.
GADOLIN_INLINE constexpr int padded_columns(int columns) { return (columns + 3) / 4 * 4; }
/// Distance of two rows; odd where threads write rows side by side.
template <class Team>
GADOLIN_INLINE constexpr int row_stride(int columns) {
  return padded_columns(columns) + (Team::lanes == 1 ? 1 : 0);
}
/// Bytes of fast memory for a pattern of so many free parameters and phases: rows of the Jacobian
/// and one pack of columns, or the phases over the points of a pass.
GADOLIN_INLINE constexpr std::size_t pattern_scratch_bytes(int n_free, int phases) {
  const std::size_t rows = 544 * static_cast<std::size_t>(padded_columns(n_free + 1) + 1),
                    shares = 1024 * static_cast<std::size_t>(phases);
  return rows > shares ? rows : shares;
}

/// Cells of one level that lie so near a peak that only smaller cells, or the points, can serve it.
/// Also a range of points.
struct CellSpan {
  int first = 0, last = -1;
};

/// Pointers of one pattern. Arrays of the batch are read, those of the workspace belong to the
/// team.
struct PatternModel {
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
  float* coefficients = nullptr;  ///< [peaks * max_terms]
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
                  coefficients + static_cast<std::ptrdiff_t>(k) * max_terms);
      });
    }
    team.barrier();
  }

  /// Which cells serve each peak, and how many nodes of axial divergence it gets. A peak reaches
  /// at least 8 FWHM to each side, and as far as its Lorentzian tail is above 0.2 % of the
  /// pattern's smallest standard uncertainty: scales are then right to 0.1 % (tested). Fixed during
  /// a fit, so that chi2 is smooth in the parameters; make_peaks first.
  template <class Team>
  GADOLIN_CALLED void set_windows(const Team& team, double smallest_sigma) const {
    const CellCount count = cell_count();
    const int levels = count.levels(), phases = layout.phases;
    for (int p = 0; p < phases; ++p) {
      const double scale = parameters[layout.phase(p) + Layout::scale];
      const int begin = peak_begin(p);
      const auto n = static_cast<std::size_t>(peak_begin(p + 1) - begin);
      const double height = 0.002 * smallest_sigma / scale;  // infinite for a scale of 0
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

  /// Adds the peaks of a phase in a list of cell `cell` at a few points.
  template <bool Core, bool Derivatives, int D, int Parts>
  GADOLIN_INLINE void add_list(int cell, int phase, const Pack<double, D>* at, float* sums,
                               int stride, Pack<double, D>* value) const {
    const int entry = cell * layout.phases + phase;
    const int end = list_begin[entry + 1];
    for (int i = list_begin[entry]; i < end; ++i) {
      const int k = list[i];
      add_folded<Core, Derivatives, D, Parts>(
          peaks[k], plans[phase], coefficients + static_cast<std::ptrdiff_t>(k) * max_terms, at,
          sums, stride, value);
    }
  }

  /// Place of points in a cell, on -1..1, turned into the weights of its nodes.
  template <int D, int Parts>
  GADOLIN_INLINE void weights_in(const Cell& cell, const Pack<double, D>* at,
                                 Pack<double, D> (&weight)[Parts][cell_nodes]) const {
    using P = Pack<double, D>;
    for (int i = 0; i < Parts; ++i) {
      cell_weights<D>((at[i] - P(cell.centre)) * P(1.0 / cell.half), weight[i]);
    }
  }

  /// The tails at the nodes of all cells, from the top level down: what a cell gets from its parent
  /// and from its own list. Derivatives: far_value (all phases) and far_columns; else far_shares,
  /// each phase at unit scale.
  template <bool Derivatives, class Team>
  GADOLIN_CALLED void far_field(const Team& team) const {
    constexpr int width = Width<Team>::floats;
    constexpr int tasks = cell_nodes / width;
    const CellCount count = cell_count();
    const int levels = count.levels();
    for (int level = levels - 1; level >= 0; --level) {
      const int begin = count.begin(level), above = count.begin(level + 1);
      const bool top = level == levels - 1;
      team.for_each(static_cast<std::size_t>(count.at(level) * tasks), [&](std::size_t task) {
        const int c = static_cast<int>(task) / tasks, node = static_cast<int>(task) % tasks * width;
        far_nodes<Derivatives, Team>(begin + c, top ? -1 : above + c / 4, node);
      });
      team.barrier();
    }
  }

  template <bool Derivatives, class Team>
  GADOLIN_CALLED void far_nodes(int cell, int parent, int node) const {
    constexpr int doubles = Width<Team>::doubles, parts = Width<Team>::parts;
    using P = Pack<double, doubles>;
    const Cell here = cells[cell];
    P at[parts], weight[parts][cell_nodes];
    for (int i = 0; i < parts; ++i) {
      double x[doubles];
      for (int j = 0; j < doubles; ++j) {
        x[j] = here.centre + here.half * cell_node(node + i * doubles + j);
      }
      at[i] = P::load(x);
    }
    if (parent >= 0) weights_in<doubles, parts>(cells[parent], at, weight);
    const int phases = layout.phases;
    if constexpr (Derivatives) {
      float* sums = far_columns + static_cast<std::ptrdiff_t>(cell) * n_free * cell_nodes + node;
      const float* from = far_columns + static_cast<std::ptrdiff_t>(parent) * n_free * cell_nodes;
      columns_at<doubles, parts>(parent >= 0 ? from : nullptr, weight, sums, cell_nodes);
      P total[parts];
      if (parent >= 0) values_at<doubles, parts>(far_value + parent * cell_nodes, weight, total);
      for (int p = 0; p < phases; ++p) {
        P value[parts];
        add_list<false, true, doubles, parts>(cell, p, at, sums, cell_nodes, value);
        const P scale(parameters[layout.phase(p) + Layout::scale]);
        for (int i = 0; i < parts; ++i) total[i] = fma(scale, value[i], total[i]);
      }
      for (int i = 0; i < parts; ++i) {
        total[i].store(far_value + cell * cell_nodes + node + i * doubles);
      }
    } else {
      for (int p = 0; p < phases; ++p) {
        P value[parts];
        if (parent >= 0) {
          values_at<doubles, parts>(far_shares + (parent * phases + p) * cell_nodes, weight, value);
        }
        add_list<false, false, doubles, parts>(cell, p, at, nullptr, 0, value);
        for (int i = 0; i < parts; ++i) {
          value[i].store(far_shares + (cell * phases + p) * cell_nodes + node + i * doubles);
        }
      }
    }
  }

  /// Interpolates values at the nodes of a cell.
  template <int D, int Parts>
  GADOLIN_INLINE void values_at(const double* nodes_of_cell,
                                const Pack<double, D> (&weight)[Parts][cell_nodes],
                                Pack<double, D>* value) const {
    using P = Pack<double, D>;
    for (int i = 0; i < Parts; ++i) {
      P sum(0.0);
      for (int j = 0; j < cell_nodes; ++j) sum = fma(P(nodes_of_cell[j]), weight[i][j], sum);
      value[i] = sum;
    }
  }

  /// Interpolates every column that peaks feed, to sums[column * stride]; null: zeros.
  template <int D, int Parts>
  GADOLIN_INLINE void columns_at(const float* nodes_of_cell,
                                 const Pack<double, D> (&weight)[Parts][cell_nodes], float* sums,
                                 int stride) const {
    using F = Pack<float, D * Parts>;
    if (nodes_of_cell == nullptr) {
      for (const int* c = peak_columns; *c >= 0; ++c) F(0.0f).store(sums + *c * stride);
      return;
    }
    F single[cell_nodes];
    for (int j = 0; j < cell_nodes; ++j) {
      Pack<double, D> both[Parts];
      for (int i = 0; i < Parts; ++i) both[i] = weight[i][j];
      single[j] = narrow(both);
    }
    for (const int* c = peak_columns; *c >= 0; ++c) {
      const float* from = nodes_of_cell + *c * cell_nodes;
      F sum = F(from[0]) * single[0];
      for (int j = 1; j < cell_nodes; ++j) sum = fma(F(from[j]), single[j], sum);
      sum.store(sums + *c * stride);
    }
  }

  /// A hump at a few points: a pseudo-Voigt of unit area with half Lorentzian, half Gaussian area.
  /// The columns of centre and width come with the factor area.
  template <int Lanes>
  struct HumpColumns {
    Pack<double, Lanes> unit, by_centre, by_fwhm;
  };
  template <int Lanes>
  GADOLIN_INLINE HumpColumns<Lanes> hump_columns(int hump, Pack<double, Lanes> at) const {
    using P = Pack<double, Lanes>;
    const double* own = parameters + Layout::hump + hump * Layout::hump_stride;
    const double fwhm = own[Layout::hump_fwhm];
    const P inverse(1.0 / fwhm), area(own[Layout::hump_area]);
    const P u = (at - P(own[Layout::hump_centre])) * inverse, u2 = u * u;
    const P l0 = P(1.0) / fma(P(4.0), u2, P(1.0));
    const P l = P(0.5 * 0.63661977236758134 / fwhm) * l0;
    const P g = P(0.5 * 0.93943727869965132 / fwhm) * exp(P(-2.7725887222397811) * u2);
    const P steep = u * fma(P(8.0) * l, l0, P(5.5451774444795623) * g);
    return {l + g, area * steep * inverse, area * (u * steep - l - g) * inverse};
  }
  GADOLIN_INLINE bool has_hump(int hump) const {
    return parameters[Layout::hump + hump * Layout::hump_stride + Layout::hump_fwhm] > 0.0;
  }

  /// Humps at a few points, summed; their columns go to put(parameter, values).
  template <int Lanes, class Put>
  GADOLIN_INLINE Pack<double, Lanes> humps(Pack<double, Lanes> at, Put&& put) const {
    using P = Pack<double, Lanes>;
    P y(0.0);
    for (int h = 0; h < max_humps; ++h) {
      if (!has_hump(h)) continue;
      const int own = Layout::hump + h * Layout::hump_stride;
      const HumpColumns<Lanes> columns = hump_columns<Lanes>(h, at);
      y = fma(P(parameters[own + Layout::hump_area]), columns.unit, y);
      put(own + Layout::hump_area, columns.unit);
      put(own + Layout::hump_centre, columns.by_centre);
      put(own + Layout::hump_fwhm, columns.by_fwhm);
    }
    return y;
  }

  /// Chebyshev terms and the 1/x term at a few points: use(k, values) for k = 0..terms.
  template <int Lanes, class Use>
  GADOLIN_INLINE void background_terms(Pack<double, Lanes> at, Use&& use) const {
    using P = Pack<double, Lanes>;
    const double low = two_theta_deg[0], high = two_theta_deg[points - 1];
    const P t = (at - P(0.5 * (low + high))) * P(2.0 / (high - low));
    P before(1.0), now = t;
    for (int k = 0; k < layout.chebyshev_terms; ++k) {
      use(k, before);
      const P next = P(2.0) * t * now - before;
      before = now;
      now = next;
    }
    use(layout.chebyshev_terms, P(low > 1.0 ? low : 1.0) / at);
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

  /// Weighted rows of the Jacobian of a pack of points, the residual as column n_free.
  /// in   columns: a pack of every column, unused where a pack is one point
  template <class Team>
  GADOLIN_CALLED void jacobian_rows(int first, JacobianValue<Team>* rows, float* columns) const {
    constexpr int doubles = Width<Team>::doubles, parts = Width<Team>::parts;
    constexpr int width = Width<Team>::floats;
    using P = Pack<double, doubles>;
    using F = Pack<float, width>;
    float* sums;
    if constexpr (width == 1) {
      sums = rows;
    } else {
      sums = columns;
    }
    const int leaf = first / leaf_points, phases = layout.phases;
    P at[parts], root[parts], total[parts];
    for (int i = 0; i < parts; ++i) {
      const int here = first + i * doubles;
      at[i] = load_points<doubles>(two_theta_deg, here);
      if (here + doubles <= points) {
        root[i] = P::load(sqrt_weight + here);
      } else {
        double w[doubles];
        for (int j = 0; j < doubles; ++j) w[j] = here + j < points ? sqrt_weight[here + j] : 0.0;
        root[i] = P::load(w);
      }
    }
    {
      P weight[parts][cell_nodes];
      weights_in<doubles, parts>(cells[leaf], at, weight);
      values_at<doubles, parts>(far_value + leaf * cell_nodes, weight, total);
      columns_at<doubles, parts>(
          far_columns + static_cast<std::ptrdiff_t>(leaf) * n_free * cell_nodes, weight, sums,
          width);
    }
    const int near = cell_count().total() + leaf;
    for (int p = 0; p < phases; ++p) {
      P value[parts];
      add_list<true, true, doubles, parts>(near, p, at, sums, width, value);
      const P scale(parameters[layout.phase(p) + Layout::scale]);
      for (int i = 0; i < parts; ++i) total[i] = fma(scale, value[i], total[i]);
    }
    P rest[parts];
    for (int i = 0; i < parts; ++i) {
      const int here = first + i * doubles;
      float* to = sums + i * doubles;
      total[i] += humps<doubles>(
          at[i], [&](int parameter, P value) { put_column<doubles>(parameter, value, to, width); });
      if (blank != nullptr) {
        const P values = load_points<doubles>(blank, here);
        total[i] = fma(P(parameters[Layout::blank]), values, total[i]);
        put_column<doubles>(Layout::blank, values, to, width);
      }
      background_terms<doubles>(at[i], [&](int k, P term) {
        total[i] = fma(P(parameters[Layout::background + k]), term, total[i]);
        put_column<doubles>(Layout::background + k, term, to, width);
      });
      rest[i] = (load_points<doubles>(counts, here) - total[i]) * root[i];
      for (int j = 0; j < doubles; ++j) {
        if (here + j < points) residual[here + j] = rest[i][j];
      }
    }
    const F root_single = narrow(root);
    for (int c = 0; c < n_free; ++c)
      (F::load(sums + c * width) * root_single).store(sums + c * width);
    narrow(rest).store(sums + n_free * width);
    if constexpr (width > 1) {
      const int stride = row_stride<Team>(n_free + 1);
      for (int c = 0; c <= n_free; ++c) {
        for (int i = 0; i < width; ++i) {
          rows[i * stride + c] = static_cast<double>(sums[c * width + i]);
        }
      }
    }
  }

  /// J'WJ (lower triangle of gram [n*n]), J'Wr (rhs [n]) and chi2 (rhs [n], one past the end) at
  /// the present parameters; peaks and windows must be up to date.
  template <class Team>
  GADOLIN_HD void normal_equations(const Team& team, double* gram, double* rhs) const {
    constexpr int width = Width<Team>::floats, most = rows_per_pass<Team>();
    const int n = n_free, padded = padded_columns(n + 1), stride = row_stride<Team>(n + 1);
    JacobianValue<Team>* jacobian = reinterpret_cast<JacobianValue<Team>*>(scratch);
    float* columns = reinterpret_cast<float*>(jacobian + most * stride);
    team.for_each(static_cast<std::size_t>(padded * padded),
                  [&](std::size_t i) { gram_sum[i] = 0.0; });
    team.for_each(static_cast<std::size_t>(most), [&](std::size_t i) {
      for (int c = n + 1; c < stride; ++c) jacobian[static_cast<int>(i) * stride + c] = 0;
    });
    far_field<true>(team);
    for (int first = 0; first < points; first += most) {
      const int left = points - first, rows = left < most ? left : most;
      const int packs = (rows + width - 1) / width;
      team.for_each(static_cast<std::size_t>(packs), [&](std::size_t i) {
        const int offset = static_cast<int>(i) * width;
        jacobian_rows<Team>(first + offset, jacobian + offset * stride, columns);
      });
      team.barrier();
      rank_update<Team>(team, jacobian, packs * width);
      team.barrier();
    }
    team.for_each(static_cast<std::size_t>(n), [&](std::size_t i) {
      const auto size = static_cast<std::size_t>(n);
      for (std::size_t j = 0; j <= i; ++j) {
        gram[i * size + j] = gram_sum[i * static_cast<std::size_t>(padded) + j];
      }
      rhs[i] = gram_sum[size * static_cast<std::size_t>(padded) + i];
    });
    const double chi2 = team.sum(static_cast<std::size_t>(points),
                                 [&](std::size_t i) { return residual[i] * residual[i]; });
    team.single([&] { rhs[n] = chi2; });
  }

  /// gram_sum += J'J over some rows: blocks of a few columns against a few packs of columns, with
  /// the sums in registers. Entries above the diagonal are not all there.
  template <class Team>
  GADOLIN_CALLED void rank_update(const Team& team, const JacobianValue<Team>* jacobian,
                                  int rows) const {
    constexpr int lanes = Team::lanes;
    constexpr int tall = lanes == 1 ? 2 : 4, wide = lanes == 1 ? 4 : 3;
    const int n = n_free, padded = padded_columns(n + 1);
    const int strips = (n + tall) / tall;
    const int across = (padded / lanes + wide - 1) / wide;
    team.for_each(static_cast<std::size_t>(strips * across), [&](std::size_t block) {
      const int a = static_cast<int>(block) / across * tall;
      const int pack = static_cast<int>(block) % across * wide;
      // Packs up to the one that holds the diagonal of the last row.
      const int packs = (a + tall + lanes - 1) / lanes - pack;
      if (packs <= 0) return;
      const int b = pack * lanes;
      if (packs >= wide) {
        add_block<Team, tall, wide>(jacobian, rows, a, b);
      } else if (packs == 1) {
        add_block<Team, tall, 1>(jacobian, rows, a, b);
      } else if (packs == 2) {
        add_block<Team, tall, 2>(jacobian, rows, a, b);
      } else {
        add_block<Team, tall, 3>(jacobian, rows, a, b);
      }
    });
  }

  template <class Team, int Tall, int Wide>
  GADOLIN_INLINE void add_block(const JacobianValue<Team>* jacobian, int rows, int a, int b) const {
    constexpr int lanes = Team::lanes;
    using P = Pack<double, lanes>;
    const int stride = row_stride<Team>(n_free + 1), padded = padded_columns(n_free + 1);
    P sum[Tall][Wide];
    for (int r = 0; r < rows; ++r) {
      const JacobianValue<Team>* row = jacobian + r * stride;
      P right[Wide];
      for (int k = 0; k < Wide; ++k) {
        if constexpr (lanes == 1) {
          right[k] = P(static_cast<double>(row[b + k]));
        } else {
          right[k] = P::load(row + b + k * lanes);
        }
      }
      for (int i = 0; i < Tall; ++i) {
        const P left(static_cast<double>(row[a + i]));
        for (int k = 0; k < Wide; ++k) sum[i][k] = fma(left, right[k], sum[i][k]);
      }
    }
    for (int i = 0; i < Tall; ++i) {
      for (int k = 0; k < Wide; ++k) {
        double* to = gram_sum + (a + i) * padded + b + k * lanes;
        (P::load(to) + sum[i][k]).store(to);
      }
    }
  }

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
