#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "tests/parity/diffraction_batch.hpp"
#include "tests/parity/diffraction_screen_batch.hpp"
#include "tests/parity/parity.hpp"

/// Parity cases of kernels/diffraction. Fits are converged far beyond what a result needs, so that
/// engines which round differently meet at the same minimum.
namespace gadolin::parity {

namespace diffraction_detail {

inline Outputs refine(const Engine& engine, std::size_t items,
                      const diffraction::BatchShape& shape) {
  diffraction::SyntheticBatch batch(engine, items, shape);
  launch<diffraction::RefineKernel>(engine, items, batch.args);
  batch.memory().download();
  Outputs out;
  out.status(batch.host_status(), items);
  out.column("parameters", batch.host_parameters(), items, batch.size(), 1e-6, 1e-8);
  // Variances as they are, the others as correlations: one may cancel to nothing beside its
  // variances, and then single-precision derivatives leave it no digit of its own.
  const std::size_t n = batch.free_count();
  std::vector<double> variance(items * n), correlation(items * n * n);
  for (std::size_t i = 0; i < items; ++i) {
    const double* own = batch.host_covariance() + i * n * n;
    for (std::size_t a = 0; a < n; ++a) {
      variance[i * n + a] = own[a * n + a];
      for (std::size_t b = 0; b < n; ++b) {
        const double product = own[a * n + a] * own[b * n + b];
        correlation[(i * n + a) * n + b] =
            product > 0.0 ? own[a * n + b] / std::sqrt(product) : 0.0;
      }
    }
  }
  // Off the diagonal terms cancel: a covariance far below its variances keeps fewer digits, and
  // what matters of it is its share of them. 1e-6 of a correlation is 0.1 of the 1e-5 a variance
  // may have.
  out.column("variance", variance.data(), items, n, 1e-5, 1e-12);
  out.column("correlation", correlation.data(), items, n * n, 1e-5, 1e-6);
  out.column("calculated", batch.host_calculated(), items, static_cast<std::size_t>(shape.points),
             1e-6);
  return out;
}

inline Outputs start(const Engine& engine, std::size_t items) {
  diffraction::BatchShape shape;
  // The start kernel frees background and scales only.
  diffraction::SyntheticBatch full(engine, items, shape);
  auto args = full.args;
  std::vector<int> index;
  const diffraction::Layout layout{shape.background_terms, shape.phases};
  for (int k = 0; k <= shape.background_terms; ++k) {
    index.push_back(diffraction::Layout::background + k);
  }
  for (int p = 0; p < shape.phases; ++p) index.push_back(layout.phase(p));
  BatchMemory memory(engine);
  const std::size_t free = index.size(), stride = full.free_count();
  auto counts = memory.input<int>(items);
  auto indices = memory.input<int>(items * stride);
  memory.allocate();
  for (std::size_t i = 0; i < items; ++i) {
    memory.host(counts)[i] = static_cast<int>(free);
    std::copy(index.begin(), index.end(), memory.host(indices) + i * stride);
  }
  memory.upload();
  args.free_count = memory.device(counts);
  args.free_index = memory.device(indices);
  launch<diffraction::StartKernel>(engine, items, args);
  full.memory().download();
  Outputs out;
  out.status(full.host_status(), items);
  out.column("parameters", full.host_parameters(), items, full.size(), 1e-8, 1e-9);
  return out;
}

inline Outputs screen(const Engine& engine, std::size_t items,
                      const diffraction::ScreenShape& shape) {
  diffraction::SyntheticScreen batch(engine, items, shape);
  if (shape.common_weights) {
    launch<diffraction::ScreenGramKernel>(engine, static_cast<std::size_t>(shape.shifts),
                                          batch.gram_args);
  }
  launch<diffraction::ScreenKernel>(engine, items, batch.args);
  batch.memory().download();
  Outputs out;
  const auto n = static_cast<std::size_t>(shape.references);
  out.status(batch.host_status(), items);
  out.column("best_shift", batch.host_best(), items, 1);
  out.column("chi2", batch.host_chi2(), items, static_cast<std::size_t>(shape.shifts), 1e-9);
  out.column("coefficient", batch.host_coefficient(), items, n, 1e-8, 1e-8);
  return out;
}

}  // namespace diffraction_detail

inline Cases diffraction_cases() {
  Cases cases;
  cases.push_back({"diffraction::refine",
                   [](const Engine& engine, std::size_t n) {
                     return diffraction_detail::refine(engine, n, {});
                   },
                   false, 33});
  cases.push_back({"diffraction::refine_texture_and_widths",
                   [](const Engine& engine, std::size_t n) {
                     diffraction::BatchShape shape;
                     shape.points = 471;  // not a multiple of the tile
                     shape.rings = 20;
                     shape.texture = true;
                     shape.all_widths = true;
                     shape.poisson = false;
                     return diffraction_detail::refine(engine, std::min<std::size_t>(n, 1000),
                                                       shape);
                   },
                   false, 31});
  cases.push_back({"diffraction::refine_axial",
                   [](const Engine& engine, std::size_t n) {
                     diffraction::BatchShape shape;
                     shape.points = 200;
                     shape.rings = 5;
                     shape.lines = 1;
                     shape.two_theta_min_deg = 12.0;
                     shape.axial = true;
                     return diffraction_detail::refine(engine, n, shape);
                   },
                   false, 17});
  cases.push_back({"diffraction::refine_harmonics",
                   [](const Engine& engine, std::size_t n) {
                     diffraction::BatchShape shape;
                     shape.points = 700;
                     shape.step_deg = 0.1;
                     shape.phases = 1;
                     shape.rings = 30;
                     shape.harmonics = true;
                     shape.poisson = false;
                     return diffraction_detail::refine(engine, std::min<std::size_t>(n, 1000),
                                                       shape);
                   },
                   false, 17});
  cases.push_back({"diffraction::start", diffraction_detail::start, false, 33});
  cases.push_back({"diffraction::screen",
                   [](const Engine& engine, std::size_t n) {
                     diffraction::ScreenShape shape;
                     shape.points = 160;
                     shape.references = 12;
                     shape.shifts = 5;
                     return diffraction_detail::screen(engine, n, shape);
                   },
                   false, 33});
  cases.push_back({"diffraction::screen_common_weights_and_choice",
                   [](const Engine& engine, std::size_t n) {
                     diffraction::ScreenShape shape;
                     shape.points = 160;
                     shape.most = 8;
                     shape.common_weights = true;
                     return diffraction_detail::screen(engine, n, shape);
                   },
                   false, 33});
  return cases;
}

}  // namespace gadolin::parity
