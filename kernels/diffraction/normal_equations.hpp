#pragma once

#include <cstddef>
#include <type_traits>

#include "kernels/diffraction/pattern_background.hpp"

/// The normal equations of one pattern, accumulated some rows at a time so that the Jacobian never
/// exists as a whole.
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

struct NormalEquations : PatternBackground {
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
};

}  // namespace gadolin::diffraction
