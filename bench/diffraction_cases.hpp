#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "bench/roofline.hpp"
#include "tests/parity/diffraction_batch.hpp"
#include "tests/parity/diffraction_screen_batch.hpp"

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

inline diffraction::BatchShape design_case() {
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
  return shape;
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

/// 3000 points, 20 references, 11 shifts; flops: products with every reference, the Gram matrix
/// where each pattern has its own weights; the exchanges of FNNLS are not counted.
inline Workload screen(const Engine& engine, std::size_t items, bool common_weights) {
  diffraction::ScreenShape shape;
  shape.points = 3000;
  shape.common_weights = common_weights;
  shape.bad_items = false;
  auto batch = std::make_shared<diffraction::SyntheticScreen>(engine, items, shape);
  if (common_weights) {
    launch<diffraction::ScreenGramKernel>(engine, static_cast<std::size_t>(shape.shifts),
                                          batch->gram_args);
  }
  Workload work;
  const double n = shape.references, points = shape.points;
  const double products = n + (common_weights ? 0.0 : 0.5 * (n * (n + 1.0)) + 0.5 * n);
  work.items = static_cast<double>(items);
  work.flops = work.items * shape.shifts * 2.0 * points * products;
  work.bytes_read = work.items * points * 16.0 + shape.shifts * n * points * 8.0;
  work.bytes_written = work.items * (shape.shifts + 2.0 * n) * 8.0;
  work.run = [engine, items, batch] {
    launch<diffraction::ScreenKernel>(engine, items, batch->args);
  };
  work.memory = batch;
  return work;
}

/// Costs against one size at a time, the others as in the design case.
inline void add_sweep(Cases& cases, const std::string& what, const std::vector<int>& values,
                      void (*set)(diffraction::BatchShape&, int)) {
  for (const int value : values) {
    diffraction::BatchShape shape = design_case();
    set(shape, value);
    cases.push_back({"diffraction::sweep_" + what + "/" + std::to_string(value),
                     "patterns",
                     {1},
                     [shape](const Engine& engine, std::size_t items) {
                       return refine(engine, items, shape);
                     }});
  }
}

}  // namespace diffraction_detail

inline Cases diffraction_cases() {
  Cases cases;
  // The design case of docs/theory/diffraction.md#cost.
  cases.push_back({"diffraction::refine/design_case",
                   "patterns",
                   {1, 4, 16},
                   [](const Engine& engine, std::size_t items) {
                     return diffraction_detail::refine(engine, items,
                                                       diffraction_detail::design_case());
                   }});
  cases.push_back({"diffraction::screen/20_references_11_shifts",
                   "patterns",
                   {64, 512},
                   [](const Engine& engine, std::size_t items) {
                     return diffraction_detail::screen(engine, items, false);
                   }});
  cases.push_back({"diffraction::screen/common_weights",
                   "patterns",
                   {64, 512},
                   [](const Engine& engine, std::size_t items) {
                     return diffraction_detail::screen(engine, items, true);
                   }});
  using diffraction::BatchShape;
  diffraction_detail::add_sweep(cases, "points", {750, 1500, 3000, 6000, 12000, 24000},
                                [](BatchShape& shape, int value) {
                                  shape.step_deg *= 6000.0 / value;  // the same range
                                  shape.points = value;
                                });
  diffraction_detail::add_sweep(cases, "phases", {1, 2, 4, 6, 9, 12},
                                [](BatchShape& shape, int value) { shape.phases = value; });
  diffraction_detail::add_sweep(cases, "reflections", {25, 50, 100, 200, 400, 800},
                                [](BatchShape& shape, int value) { shape.rings = value; });
  return cases;
}

}  // namespace gadolin::bench
