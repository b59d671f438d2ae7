#pragma once

#include <cstddef>

#include "kernels/diffraction/pattern_model.hpp"

/// Memory of one pattern, the same for every pattern of a batch.
namespace gadolin::diffraction {

/// Hands out pieces of a block one after another, on 64-byte boundaries; from a null block it only
/// counts.
struct Carver {
  char* at;
  std::size_t used = 0;
  template <class T>
  GADOLIN_INLINE T* take(std::size_t n) {
    char* here = at == nullptr ? nullptr : at + used;
    used += (n * sizeof(T) + 63) / 64 * 64;
    return reinterpret_cast<T*>(here);
  }
};

/// Largest sizes among the patterns of a batch.
struct PatternShape {
  Layout layout;
  int max_points = 0, max_peaks = 0, max_free = 0, max_nodes = 0;
};

/// Gives the model its workspace (not its scratch).
GADOLIN_INLINE void carve_pattern(const PatternShape& shape, Carver& from, PatternModel& m) {
  const auto points = static_cast<std::size_t>(shape.max_points);
  const auto peaks = static_cast<std::size_t>(shape.max_peaks);
  const auto free = static_cast<std::size_t>(shape.max_free);
  const auto phases = static_cast<std::size_t>(shape.layout.phases);
  const auto size = static_cast<std::size_t>(shape.layout.size());
  const auto padded = static_cast<std::size_t>(padded_columns(shape.max_free + 1));
  const CellCount count{shape.max_points};
  const auto cells = static_cast<std::size_t>(count.total());
  const auto leaves = static_cast<std::size_t>(count.at(0));
  m.parameters = from.take<double>(size);
  m.sqrt_weight = from.take<double>(points);
  m.residual = from.take<double>(points);
  m.peaks = from.take<FoldedPeak>(peaks);
  m.coefficients = from.take<float>(peaks * static_cast<std::size_t>(term_stride(shape.layout)));
  m.nodes = from.take<AxialNode>(peaks * static_cast<std::size_t>(shape.max_nodes));
  m.max_nodes = shape.max_nodes;
  m.node_count = from.take<int>(peaks);
  m.cells = from.take<Cell>(cells);
  m.spans = from.take<CellSpan>(peaks * static_cast<std::size_t>(count.levels() + 1));
  m.list_begin = from.take<int>((cells + leaves) * phases + 1);
  m.list = from.take<int>(leaves * peaks);
  m.column = from.take<int>(size);
  m.plans = from.take<PhasePlan>(phases);
  m.peak_columns = from.take<int>(free + 1);
  const std::size_t columns = cells * free * cell_nodes * sizeof(float),
                    shares = cells * phases * cell_nodes * sizeof(double);
  m.far_shares = from.take<double>((columns > shares ? columns : shares) / sizeof(double) + 1);
  m.far_columns = reinterpret_cast<float*>(m.far_shares);
  m.far_value = from.take<double>(cells * cell_nodes);
  m.gram_sum = from.take<double>(padded * padded);
}

}  // namespace gadolin::diffraction
