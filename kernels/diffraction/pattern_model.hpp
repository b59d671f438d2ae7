#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/diffraction/parameters.hpp"
#include "kernels/diffraction/peak.hpp"
#include "kernels/diffraction/peak_sum.hpp"
#include "kernels/exec/host_device.hpp"

/// One pattern inside a kernel body: peaks, the tiles they reach, and the normal equations,
/// accumulated tile by tile so that the Jacobian never exists as a whole.
namespace gadolin::diffraction {

inline constexpr int tile_points = 64;

/// Tiles walked at once: two on the device (128 threads), one on the host (packs of four lanes).
template <class Team>
GADOLIN_INLINE constexpr int tiles_per_pass() {
  return Team::lanes == 1 ? 2 : 1;
}
/// Distance of two columns of the tile Jacobian; odd where threads read rows across columns.
template <class Team>
GADOLIN_INLINE constexpr int column_stride() {
  return Team::lanes == 1 ? 2 * tile_points + 1 : tile_points;
}
inline constexpr int largest_column_stride = 2 * tile_points + 1;
/// Columns are walked in blocks of 2 x 4.
GADOLIN_INLINE constexpr int padded_columns(int columns) { return (columns + 3) / 4 * 4; }

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
  Peak* peaks = nullptr;          ///< [(rings of all phases) * lines]
  AxialNode* nodes = nullptr;     ///< [peaks * max_nodes]
  int max_nodes = 0;              ///< 0: no axial divergence
  int* node_count = nullptr;      ///< [peaks] as set_windows chose them
  int* first_tile = nullptr;      ///< [peaks] window in tiles, empty if first > last
  int* last_tile = nullptr;
  int* tile_begin = nullptr;   ///< [tiles * phases + 1] into tile_list
  int* tile_list = nullptr;    ///< peaks that reach a tile, by (tile, phase)
  int* column = nullptr;       ///< [layout.size()] column of a parameter, -1 if fixed
  double* jacobian = nullptr;  ///< scratch: padded columns * column stride

  GADOLIN_INLINE int tiles() const { return (points + tile_points - 1) / tile_points; }
  GADOLIN_INLINE int n_peaks() const { return (ring_begin[layout.phases] - ring_begin[0]) * lines; }
  GADOLIN_INLINE int peak_begin(int phase) const {
    return (ring_begin[phase] - ring_begin[0]) * lines;
  }

  /// Puts the n_free values p into the full vector.
  template <class Team>
  GADOLIN_HD void set_free(const Team& team, const double* p) const {
    team.for_each(static_cast<std::size_t>(n_free),
                  [&](std::size_t i) { parameters[free_index[i]] = p[i]; });
    team.barrier();
  }

  template <class Team>
  GADOLIN_HD void set_columns(const Team& team) const {
    team.for_each(static_cast<std::size_t>(layout.size()), [&](std::size_t i) { column[i] = -1; });
    team.barrier();
    team.for_each(static_cast<std::size_t>(n_free),
                  [&](std::size_t i) { column[free_index[i]] = static_cast<int>(i); });
    team.barrier();
  }

  /// All peaks at the present parameters.
  template <class Team>
  GADOLIN_CALLED void make_peaks(const Team& team) const {
    for (int p = 0; p < layout.phases; ++p) {
      const int begin = peak_begin(p);
      team.for_each(static_cast<std::size_t>(peak_begin(p + 1) - begin), [&](std::size_t i) {
        const int ring = static_cast<int>(i) / lines, line = static_cast<int>(i) % lines;
        Peak& peak = peaks[begin + static_cast<int>(i)];
        if (!make_peak(rings[ring_begin[p] + ring], line, wavelength_angstrom[line],
                       relative_intensity[line], layout, p, cell_directions[p], setting, parameters,
                       peak)) {
          peak = Peak{};
        } else if (max_nodes > 0 && node_count[begin + static_cast<int>(i)] > 0) {
          smear(begin + static_cast<int>(i));
        }
      });
    }
    team.barrier();
  }

  GADOLIN_INLINE void smear(int k) const {
    smear_peak(setting, parameters, node_count[k],
               nodes + static_cast<std::ptrdiff_t>(k) * max_nodes, peaks[k]);
  }

  /// Before the first make_peaks: no peak is smeared yet.
  template <class Team>
  GADOLIN_HD void clear_nodes(const Team& team) const {
    if (max_nodes == 0) return;
    team.for_each(static_cast<std::size_t>(n_peaks()), [&](std::size_t i) { node_count[i] = 0; });
    team.barrier();
  }

  /// Which tiles each peak reaches: at least 8 FWHM to each side, and as far as its Lorentzian
  /// tail is above 2 % of the pattern's smallest standard uncertainty. Also how many nodes of axial
  /// divergence each peak gets. Fixed during a fit, so that chi2 is smooth in the parameters;
  /// make_peaks first.
  template <class Team>
  GADOLIN_CALLED void set_windows(const Team& team, double smallest_sigma) const {
    for (int p = 0; p < layout.phases; ++p) {
      const double scale = parameters[layout.phase(p) + Layout::scale];
      const int begin = peak_begin(p);
      team.for_each(static_cast<std::size_t>(peak_begin(p + 1) - begin), [&](std::size_t i) {
        const int k = begin + static_cast<int>(i);
        const Peak& peak = peaks[k];
        first_tile[k] = 0;
        last_tile[k] = -1;
        if (max_nodes > 0) node_count[k] = 0;
        if (!(peak.area > 0.0)) return;
        const double fwhm = 1.0 / peak.inverse_fwhm;
        double smear_low = 0.0, smear_high = 0.0;
        if (max_nodes > 0 && parameters[Layout::s_over_l] > 0.0) {
          const double extreme = smear_deg(setting, parameters, peak);
          (extreme < 0.0 ? smear_low : smear_high) = extreme;
          node_count[k] = axial_node_count(std::fabs(extreme) * peak.inverse_fwhm, max_nodes);
          smear(k);
        }
        const double near = 8.0 * fwhm;
        const double tail =
            std::sqrt(scale * peak.area * peak.eta * fwhm / (0.12566370614359 * smallest_sigma));
        const double half = tail > near ? tail : near;
        const int low = lower_bound(peak.centre + smear_low - half),
                  high = lower_bound(peak.centre + smear_high + half);
        if (low >= high) return;
        first_tile[k] = low / tile_points;
        last_tile[k] = (high - 1) / tile_points;
      });
    }
    team.barrier();
    const int phases = layout.phases;
    team.for_each(static_cast<std::size_t>(tiles()), [&](std::size_t tile) {
      for (int p = 0; p < phases; ++p) {
        int n = 0;
        for (int k = peak_begin(p); k < peak_begin(p + 1); ++k) {
          n += first_tile[k] <= static_cast<int>(tile) && static_cast<int>(tile) <= last_tile[k];
        }
        tile_begin[static_cast<int>(tile) * phases + p + 1] = n;
      }
    });
    team.barrier();
    team.single([&] {
      tile_begin[0] = 0;
      for (int i = 0; i < tiles() * phases; ++i) tile_begin[i + 1] += tile_begin[i];
    });
    team.for_each(static_cast<std::size_t>(tiles()), [&](std::size_t tile) {
      for (int p = 0; p < phases; ++p) {
        int at = tile_begin[static_cast<int>(tile) * phases + p];
        for (int k = peak_begin(p); k < peak_begin(p + 1); ++k) {
          if (first_tile[k] <= static_cast<int>(tile) && static_cast<int>(tile) <= last_tile[k]) {
            tile_list[at++] = k;
          }
        }
      }
    });
    team.barrier();
  }

  /// What the derivatives of phase p are asked for.
  GADOLIN_INLINE unsigned wanted(int p) const {
    const int own = layout.phase(p);
    unsigned want = 0;
    if (column[own + Layout::x] >= 0 || column[own + Layout::y] >= 0) want |= want_lorentzian;
    if (column[Layout::u] >= 0 || column[Layout::v] >= 0 || column[Layout::w] >= 0) {
      want |= want_gaussian;
    }
    if (column[Layout::displacement] >= 0 || column[Layout::zero] >= 0) want |= want_position;
    for (int k = 0; k < max_cell_directions; ++k) {
      if (column[own + Layout::cell + k] >= 0) want |= want_cell;
    }
    if (column[own + Layout::march_r] >= 0) want |= want_texture;
    if (column[own + Layout::b_iso] >= 0) want |= want_b_iso;
    if (column[Layout::s_over_l] >= 0) want |= want_axial;
    if (column[Layout::overflow] >= 0) want |= want_overflow;
    for (int k :
         {Layout::gauss_p, Layout::transparency, Layout::capillary_a, Layout::capillary_b}) {
      if (column[k] >= 0) want |= want_rare;
    }
    return want;
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

  template <int CellDirections, class Team, int Lanes>
  GADOLIN_INLINE void phase_derivatives(int p, const int* list, int n, Pack<double, Lanes> at,
                                        double* row, Pack<double, Lanes>& y,
                                        PhaseSum<Pack<double, Lanes>>& shared) const {
    using P = Pack<double, Lanes>;
    constexpr int stride = column_stride<Team>();
    PhaseSum<P> sum;
    add_peaks<CellDirections, true, Lanes>(peaks, list, n, at, wanted(p), sum);
    const int own = layout.phase(p);
    const P scale(parameters[own + Layout::scale]);
    y = fma(scale, sum.f, y);
    const auto put = [&](int parameter, P value) {
      const int c = column[parameter];
      if (c >= 0) value.store(row + c * stride);
    };
    put(own + Layout::scale, sum.f);
    put(own + Layout::x, scale * sum.x);
    put(own + Layout::y, scale * sum.y);
    put(own + Layout::march_r, scale * sum.march_r);
    put(own + Layout::b_iso, scale * sum.b_iso);
    for (int k = 0; k < CellDirections; ++k) put(own + Layout::cell + k, scale * sum.cell[k]);
    shared.u = fma(scale, sum.u, shared.u);
    shared.v = fma(scale, sum.v, shared.v);
    shared.w = fma(scale, sum.w, shared.w);
    shared.displacement = fma(scale, sum.displacement, shared.displacement);
    shared.zero = fma(scale, sum.zero, shared.zero);
    shared.axial = fma(scale, sum.axial, shared.axial);
    shared.gauss_p = fma(scale, sum.gauss_p, shared.gauss_p);
    shared.transparency = fma(scale, sum.transparency, shared.transparency);
    shared.capillary_a = fma(scale, sum.capillary_a, shared.capillary_a);
    shared.capillary_b = fma(scale, sum.capillary_b, shared.capillary_b);
    shared.overflow = fma(scale, sum.overflow, shared.overflow);
  }

  /// Fills the weighted Jacobian columns and the weighted residual (column n_free) of one pack.
  template <class Team>
  GADOLIN_CALLED void jacobian_pack(int tile, int offset, double* row) const {
    constexpr int lanes = Team::lanes;
    constexpr int stride = column_stride<Team>();
    using P = Pack<double, lanes>;
    const int first = tile * tile_points + offset;
    P at, y_observed, root;
    if (first + lanes <= points) {
      at = P::load(two_theta_deg + first);
      y_observed = P::load(counts + first);
      root = P::load(sqrt_weight + first);
    } else {
      double x[lanes], y[lanes], w[lanes];
      for (int i = 0; i < lanes; ++i) {
        const bool inside = first + i < points;
        x[i] = two_theta_deg[inside ? first + i : points - 1];
        y[i] = inside ? counts[first + i] : 0.0;
        w[i] = inside ? sqrt_weight[first + i] : 0.0;
      }
      at = P::load(x);
      y_observed = P::load(y);
      root = P::load(w);
    }
    const auto put = [&](int parameter, P value) {
      const int c = column[parameter];
      if (c >= 0) value.store(row + c * stride);
    };
    P y = humps<lanes>(at, put);
    if (blank != nullptr) {
      double b[lanes];
      for (int i = 0; i < lanes; ++i) b[i] = blank[first + i < points ? first + i : points - 1];
      const P values = P::load(b);
      y = fma(P(parameters[Layout::blank]), values, y);
      put(Layout::blank, values);
    }
    background_terms<lanes>(at, [&](int k, P term) {
      y = fma(P(parameters[Layout::background + k]), term, y);
      const int c = column[Layout::background + k];
      if (c >= 0) term.store(row + c * stride);
    });
    PhaseSum<P> shared;
    for (int p = 0; p < layout.phases; ++p) {
      const int* range = tile_begin + tile * layout.phases + p;
      const int* list = tile_list + range[0];
      const int n = range[1] - range[0];
      switch (cell_directions[p]) {
        case 1:
          phase_derivatives<1, Team, lanes>(p, list, n, at, row, y, shared);
          break;
        case 2:
          phase_derivatives<2, Team, lanes>(p, list, n, at, row, y, shared);
          break;
        case 3:
          phase_derivatives<3, Team, lanes>(p, list, n, at, row, y, shared);
          break;
        default:
          phase_derivatives<6, Team, lanes>(p, list, n, at, row, y, shared);
          break;
      }
    }
    put(Layout::displacement, shared.displacement);
    put(Layout::zero, shared.zero);
    put(Layout::u, shared.u);
    put(Layout::v, shared.v);
    put(Layout::w, shared.w);
    put(Layout::s_over_l, shared.axial);
    put(Layout::gauss_p, shared.gauss_p);
    put(Layout::transparency, shared.transparency);
    put(Layout::capillary_a, shared.capillary_a);
    put(Layout::capillary_b, shared.capillary_b);
    put(Layout::overflow, shared.overflow);
    for (int c = 0; c < n_free; ++c) {
      (P::load(row + c * stride) * root).store(row + c * stride);
    }
    ((y_observed - y) * root).store(row + n_free * stride);
  }

  /// J'WJ (lower triangle of gram [n*n]), J'Wr (rhs [n]) and chi2 (rhs [n], one past the end) at
  /// the present parameters; peaks and windows must be up to date.
  template <class Team>
  GADOLIN_HD void normal_equations(const Team& team, double* gram, double* rhs) const {
    constexpr int lanes = Team::lanes;
    constexpr int stride = column_stride<Team>();
    constexpr int per_pass = tiles_per_pass<Team>();
    constexpr int packs = tile_points / lanes;
    const int n = n_free, columns = padded_columns(n + 1);
    const int n_tiles = tiles();
    team.for_each(static_cast<std::size_t>(n) * static_cast<std::size_t>(n + 1) + 1,
                  [&](std::size_t i) {
                    const auto square = static_cast<std::size_t>(n) * static_cast<std::size_t>(n);
                    (i < square ? gram[i] : rhs[i - square]) = 0.0;
                  });
    team.for_each(static_cast<std::size_t>((columns - n - 1) * stride),
                  [&](std::size_t i) { jacobian[(n + 1) * stride + static_cast<int>(i)] = 0.0; });
    team.barrier();
    for (int tile = 0; tile < n_tiles; tile += per_pass) {
      const int here = n_tiles - tile < per_pass ? n_tiles - tile : per_pass;
      team.for_each(static_cast<std::size_t>(here * packs), [&](std::size_t i) {
        const int sub = static_cast<int>(i) / packs, offset = static_cast<int>(i) % packs * lanes;
        jacobian_pack<Team>(tile + sub, offset, jacobian + sub * tile_points + offset);
      });
      team.barrier();
      rank_update<Team>(team, here * tile_points, columns, gram, rhs);
      team.barrier();
    }
  }

  /// gram += J'J over the rows in the tile, by 2 x 4 blocks of columns.
  template <class Team>
  GADOLIN_CALLED void rank_update(const Team& team, int rows, int columns, double* gram,
                                  double* rhs) const {
    constexpr int lanes = Team::lanes;
    constexpr int stride = column_stride<Team>();
    using P = Pack<double, lanes>;
    const int n = n_free;
    const int wide = columns / 4;
    team.for_each(static_cast<std::size_t>((n + 2) / 2 * wide), [&](std::size_t block) {
      const int a = static_cast<int>(block) / wide * 2, b = static_cast<int>(block) % wide * 4;
      if (b > a + 1) return;
      const double* left = jacobian + a * stride;
      const double* right = jacobian + b * stride;
      P sum[2][4];
      for (int i = 0; i < rows; i += lanes) {
        const P l0 = P::load(left + i), l1 = P::load(left + stride + i);
        for (int k = 0; k < 4; ++k) {
          const P r = P::load(right + k * stride + i);
          sum[0][k] = fma(l0, r, sum[0][k]);
          sum[1][k] = fma(l1, r, sum[1][k]);
        }
      }
      for (int i = 0; i < 2; ++i) {
        for (int k = 0; k < 4; ++k) {
          const int row = a + i, col = b + k;
          if (row > n || col > row) continue;
          const double total = sum[i][k].sum();
          if (row < n) {
            gram[static_cast<std::size_t>(row) * static_cast<std::size_t>(n) +
                 static_cast<std::size_t>(col)] += total;
          } else {
            rhs[col] += total;  // col == n: chi2
          }
        }
      }
    });
  }

  /// Each phase at unit scale for the tiles of one pass: phase p in column p of the scratch.
  template <class Team>
  GADOLIN_CALLED void phase_columns(const Team& team, int tile) const {
    constexpr int lanes = Team::lanes;
    constexpr int stride = column_stride<Team>();
    constexpr int packs = tile_points / lanes;
    using P = Pack<double, lanes>;
    const int left = tiles() - tile;
    const int here = left < tiles_per_pass<Team>() ? left : tiles_per_pass<Team>();
    team.for_each(static_cast<std::size_t>(here * packs), [&](std::size_t i) {
      const int sub = static_cast<int>(i) / packs, offset = static_cast<int>(i) % packs * lanes;
      const int first = (tile + sub) * tile_points + offset;
      double x[lanes];
      for (int k = 0; k < lanes; ++k) {
        x[k] = two_theta_deg[first + k < points ? first + k : points - 1];
      }
      const P at = P::load(x);
      double* row = jacobian + sub * tile_points + offset;
      for (int p = 0; p < layout.phases; ++p) {
        const int* range = tile_begin + (tile + sub) * layout.phases + p;
        PhaseSum<P> sum;
        add_peaks<1, false, lanes>(peaks, tile_list + range[0], range[1] - range[0], at, 0u, sum);
        sum.f.store(row + p * stride);
      }
    });
    team.barrier();
  }

  /// Calls use(point, y_calculated, y_background) for every point, spread over the members.
  /// Peaks and windows must be up to date.
  template <class Team, class Use>
  GADOLIN_CALLED void calculate(const Team& team, Use&& use) const {
    constexpr int stride = column_stride<Team>();
    constexpr int per_pass = tiles_per_pass<Team>();
    for (int tile = 0; tile < tiles(); tile += per_pass) {
      phase_columns(team, tile);
      const int first = tile * tile_points;
      const int rows =
          points - first < per_pass * tile_points ? points - first : per_pass * tile_points;
      team.for_each(static_cast<std::size_t>(rows), [&](std::size_t i) {
        const int at = first + static_cast<int>(i);
        double background =
            humps<1>(Pack<double, 1>(two_theta_deg[at]), [](int, Pack<double, 1>) {}).v;
        if (blank != nullptr) background += parameters[Layout::blank] * blank[at];
        background_terms<1>(Pack<double, 1>(two_theta_deg[at]), [&](int k, Pack<double, 1> term) {
          background += parameters[Layout::background + k] * term.v;
        });
        double y = background;
        for (int p = 0; p < layout.phases; ++p) {
          y += parameters[layout.phase(p) + Layout::scale] *
               jacobian[p * stride + static_cast<int>(i)];
        }
        use(at, y, background);
      });
      team.barrier();
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
};

}  // namespace gadolin::diffraction
