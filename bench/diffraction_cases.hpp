#pragma once

#include <cstddef>
#include <memory>

#include "bench/roofline.hpp"
#include "tests/parity/diffraction_batch.hpp"

/// Benchmark cases of kernels/diffraction. A pattern is one whole refinement stage.
namespace gadolin::bench {

namespace diffraction_detail {

/// flops of one evaluation of a pattern: samples times (profile 10, shape derivatives 17, chain 24;
/// an exp counts 1) and J'WJ, J'Wr.
inline double flops_per_evaluation(double samples, double points, double free) {
  return samples * 52.0 + points * (free * (free + 1.0) + 2.0 * free);
}

inline Workload refine(const Engine& engine, std::size_t items,
                       const diffraction::BatchShape& shape) {
  auto batch = std::make_shared<diffraction::SyntheticBatch>(engine, items, shape);
  Workload work;
  // Every round ends after its cap: shift and chi2 tolerances of 0 are never met.
  const double evaluations = shape.max_iterations;
  const double count = static_cast<double>(items), points = shape.points;
  work.items = count;
  work.flops =
      count * evaluations *
      flops_per_evaluation(batch->samples(), points, static_cast<double>(batch->free_count()));
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
