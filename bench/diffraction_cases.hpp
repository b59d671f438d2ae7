#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include "bench/roofline.hpp"
#include "tests/parity/diffraction_batch.hpp"

/// Benchmark cases of kernels/diffraction. A pattern is one whole refinement stage.
namespace gadolin::bench {

namespace diffraction_detail {

/// flops of one evaluation of a pattern at its start values, by the lists that the kernel itself
/// makes: 55 per point and near peak, 42 per node and far peak (profile 10 and 7, functions of the
/// point 27 and 17, nine parameters 18; an exponential or a division is one), 15 per interpolated
/// value and 64 for its weights, J'WJ and J'Wr.
inline double flops_per_evaluation(const diffraction::BatchShape& shape) {
  using namespace diffraction;
  SyntheticBatch batch(make_engine("serial"), 1, shape);
  const RefineArgs& args = batch.args;
  std::vector<double> memory(RefineKernel::workspace_bytes(args) / sizeof(double) + 16);
  refine_detail::Workspace w;
  PatternModel m;
  refine_detail::Workspace::carve(args, reinterpret_cast<char*>(memory.data()), w, m);
  refine_detail::bind_item(args, 0, nullptr, m);
  const SerialTeam team(nullptr, nullptr);
  std::copy_n(args.start, batch.size(), m.parameters);
  m.prepare(team);
  const double sigma = refine_detail::set_weights(team, m, args.variance);
  m.make_peaks(team);
  m.set_windows(team, sigma);
  const CellCount count = m.cell_count();
  const double far = m.list_begin[count.total() * shape.phases];
  const double near = m.list_begin[(count.total() + count.at(0)) * shape.phases] - far;
  int columns = 0;
  while (m.peak_columns[columns] >= 0) ++columns;
  const double points = shape.points, free = m.n_free;
  const double places = points + cell_nodes * count.begin(count.levels() - 1);
  return near * leaf_points * 55.0 + far * cell_nodes * 42.0 + places * (15.0 * columns + 80.0) +
         points * (free * (free + 1.0) + 2.0 * free);
}

inline Workload refine(const Engine& engine, std::size_t items,
                       const diffraction::BatchShape& shape) {
  auto batch = std::make_shared<diffraction::SyntheticBatch>(engine, items, shape);
  Workload work;
  // Every round ends after its cap: shift and chi2 tolerances of 0 are never met.
  const double evaluations = shape.max_iterations;
  const double count = static_cast<double>(items), points = shape.points;
  work.items = count;
  work.flops = count * evaluations * flops_per_evaluation(shape);
  work.bytes_read = count * points * 24.0;
  work.bytes_written = count * points * 24.0;
  work.run = [engine, items, batch] {
    launch<diffraction::RefineKernel>(engine, items, batch->args);
  };
  work.memory = batch;
  return work;
}

}  // namespace diffraction_detail

inline Cases diffraction_cases() {
  Cases cases;
  // The design case of docs/theory/diffraction.md#cost.
  cases.push_back({"diffraction::refine/design_case",
                   "patterns",
                   {1, 4, 16},
                   [](const Engine& engine, std::size_t items) {
                     diffraction::BatchShape shape;
                     shape.points = 6000;
                     shape.phases = 6;
                     shape.rings = 200;
                     shape.two_theta_min_deg = 10.0;
                     shape.step_deg = 0.02;
                     shape.background_terms = 6;
                     shape.all_widths = true;
                     shape.poisson = false;
                     shape.bad_items = false;
                     shape.max_iterations = 20;
                     shape.shift_tolerance = 0.0;
                     shape.chi2_tolerance = 0.0;
                     return diffraction_detail::refine(engine, items, shape);
                   }});
  return cases;
}

}  // namespace gadolin::bench
