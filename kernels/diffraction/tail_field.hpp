#pragma once

#include <cstddef>

#include "kernels/diffraction/peak_sum.hpp"
#include "kernels/diffraction/peak_windows.hpp"

/// The far tails of all peaks, gathered at the nodes of the cells and handed down the levels.
namespace gadolin::diffraction {

struct TailField : PeakWindows {
  /// Adds the peaks of a phase in a list of cell `cell` at a few points.
  template <bool Core, bool Derivatives, int D, int Parts>
  GADOLIN_INLINE void add_list(int cell, int phase, const Pack<double, D>* at, float* sums,
                               int stride, Pack<double, D>* value) const {
    const int entry = cell * layout.phases + phase;
    const int end = list_begin[entry + 1];
    for (int i = list_begin[entry]; i < end; ++i) {
      const int k = list[i];
      add_folded<Core, Derivatives, D, Parts>(
          peaks[k], plans[phase],
          coefficients + static_cast<std::ptrdiff_t>(k) * term_stride(layout), at, sums, stride,
          value);
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
};

}  // namespace gadolin::diffraction
