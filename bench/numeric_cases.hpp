#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "bench/roofline.hpp"
#include "kernels/numeric/random_fill.hpp"
#include "kernels/numeric/small_systems.hpp"

/// Benchmark cases of kernels/numeric.
namespace gadolin::bench {

namespace numeric_detail {

/// Factor, solve and invert SPD systems of n unknowns.
inline Workload cholesky(const Engine& engine, std::size_t items, int n) {
  const auto size = static_cast<std::size_t>(n);
  auto memory = std::make_shared<BatchMemory>(engine);
  auto matrices = memory->input<double>(items * size * size);
  auto rhs = memory->input<double>(items * size);
  auto solution = memory->output<double>(items * size);
  auto variances = memory->output<double>(items * size);
  auto status = memory->output<ItemStatus>(items);
  memory->allocate();
  for (std::size_t i = 0; i < items; ++i) {
    RandomStream random(1, i, 1);
    double* a = memory->host(matrices) + i * size * size;
    for (std::size_t r = 0; r < size; ++r) {
      for (std::size_t c = 0; c <= r; ++c) a[r * size + c] = a[c * size + r] = random.uniform();
      a[r * size + r] += static_cast<double>(n);
      memory->host(rhs)[i * size + r] = random.normal();
    }
  }
  memory->upload();
  const CholeskySolveKernel::Args args{n,
                                       memory->device(matrices),
                                       memory->device(rhs),
                                       memory->device(solution),
                                       memory->device(variances),
                                       memory->device(status)};
  Workload work;
  const double m = n, count = static_cast<double>(items);
  work.items = count;
  work.flops = count * (4.0 / 3.0 * m * m * m + 4.0 * m * m);
  work.bytes_read = count * 8.0 * (m * m + m);
  work.bytes_written = count * (16.0 * m + 4.0);
  work.run = [=] { launch<CholeskySolveKernel>(engine, items, args); };
  work.memory = memory;
  return work;
}

/// Counter-current cascades: `blocks` stages of b unknowns each.
inline Workload block_tridiagonal(const Engine& engine, std::size_t items, int blocks, int b) {
  const auto size = static_cast<std::size_t>(b);
  const std::size_t unknowns = static_cast<std::size_t>(blocks) * size, entries = unknowns * size;
  auto memory = std::make_shared<BatchMemory>(engine);
  auto lower = memory->input<double>(items * entries);
  auto diagonal = memory->input<double>(items * entries);
  auto upper = memory->input<double>(items * entries);
  auto rhs = memory->input<double>(items * unknowns);
  auto solution = memory->output<double>(items * unknowns);
  auto status = memory->output<ItemStatus>(items);
  memory->allocate();
  for (std::size_t i = 0; i < items; ++i) {
    RandomStream random(1, i, 2);
    for (std::size_t e = 0; e < entries; ++e) {
      memory->host(lower)[i * entries + e] = random.uniform();
      memory->host(diagonal)[i * entries + e] = random.uniform();
      memory->host(upper)[i * entries + e] = random.uniform();
    }
    for (std::size_t k = 0; k < unknowns; ++k) {
      memory->host(diagonal)[i * entries + k * size + k % size] += 4.0 * b;
      memory->host(rhs)[i * unknowns + k] = random.normal();
    }
  }
  memory->upload();
  const BlockTridiagonalKernel::Args args{blocks,
                                          b,
                                          memory->device(lower),
                                          memory->device(diagonal),
                                          memory->device(upper),
                                          memory->device(rhs),
                                          memory->device(solution),
                                          memory->device(status)};
  Workload work;
  const double m = b, count = static_cast<double>(items);
  work.items = count;
  work.flops = count * blocks * (14.0 / 3.0 * m * m * m + 8.0 * m * m);
  work.bytes_read = count * blocks * 8.0 * (3.0 * m * m + m);
  work.bytes_written = count * blocks * 8.0 * m;
  work.run = [=] { launch<BlockTridiagonalKernel>(engine, items, args); };
  work.memory = memory;
  return work;
}

/// Philox uniforms, normals and Poisson counts of mean 100; flops are not counted.
inline Workload random_fill(const Engine& engine, std::size_t items) {
  constexpr int draws = 256;
  auto memory = std::make_shared<BatchMemory>(engine);
  auto means = memory->input<double>(items);
  auto uniforms = memory->output<double>(items * draws);
  auto normals = memory->output<double>(items * draws);
  auto counts = memory->output<double>(items * draws);
  auto status = memory->output<ItemStatus>(items);
  memory->allocate();
  for (std::size_t i = 0; i < items; ++i) memory->host(means)[i] = 100.0;
  memory->upload();
  const RandomFillKernel::Args args{1,
                                    0,
                                    1,
                                    draws,
                                    memory->device(means),
                                    memory->device(uniforms),
                                    memory->device(normals),
                                    memory->device(counts),
                                    memory->device(status)};
  Workload work;
  work.items = static_cast<double>(items) * draws;
  work.bytes_written = work.items * 24.0;
  work.run = [=] { launch<RandomFillKernel>(engine, items, args); };
  work.memory = memory;
  return work;
}

}  // namespace numeric_detail

inline Cases numeric_cases() {
  Cases cases;
  for (int n : {8, 40}) {
    cases.push_back({"numeric::cholesky_solve/n=" + std::to_string(n),
                     "systems",
                     {64, 1024, 8192},
                     [n](const Engine& engine, std::size_t items) {
                       return numeric_detail::cholesky(engine, items, n);
                     }});
  }
  for (int b : {6, 18}) {
    cases.push_back({"numeric::block_tridiagonal/30x" + std::to_string(b),
                     "cascades",
                     {16, 256, 2048},
                     [b](const Engine& engine, std::size_t items) {
                       return numeric_detail::block_tridiagonal(engine, items, 30, b);
                     }});
  }
  cases.push_back({"numeric::random_fill", "draws", {64, 1024, 8192}, numeric_detail::random_fill});
  return cases;
}

}  // namespace gadolin::bench
