#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "kernels/exec/batch_memory.hpp"
#include "kernels/numeric/random_fill.hpp"
#include "kernels/numeric/small_systems.hpp"
#include "tests/parity/parity.hpp"

/// Parity cases of kernels/numeric.
namespace gadolin::parity {

namespace numeric_detail {

/// Gram matrix of a random (n + 4) x n matrix; every 7th item repeats a column, every 11th has NaN.
inline void random_gram(std::size_t item, int n, std::uint32_t purpose, double* gram) {
  const auto size = static_cast<std::size_t>(n);
  const std::size_t rows = size + 4;
  RandomStream random(20260101, item, purpose);
  std::vector<double> a(rows * size);
  for (auto& x : a) x = random.normal();
  if (item % 7 == 3) {
    for (std::size_t r = 0; r < rows; ++r) a[r * size + size - 1] = a[r * size];
  }
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) {
      double sum = 0.0;
      for (std::size_t r = 0; r < rows; ++r) sum += a[r * size + i] * a[r * size + j];
      gram[i * size + j] = sum;
    }
  }
  if (item % 11 == 5) gram[0] = std::numeric_limits<double>::quiet_NaN();
}

inline Outputs cholesky(const Engine& engine, std::size_t items, int n) {
  const auto size = static_cast<std::size_t>(n);
  BatchMemory memory(engine);
  auto matrices = memory.input<double>(items * size * size);
  auto rhs = memory.input<double>(items * size);
  auto solution = memory.output<double>(items * size);
  auto variances = memory.output<double>(items * size);
  auto status = memory.output<ItemStatus>(items);
  memory.allocate();
  for (std::size_t i = 0; i < items; ++i) {
    random_gram(i, n, 1, memory.host(matrices) + i * size * size);
    RandomStream random(20260101, i, 2);
    for (std::size_t k = 0; k < size; ++k) memory.host(rhs)[i * size + k] = random.normal();
  }
  memory.upload();
  launch<CholeskySolveKernel>(
      engine, items,
      {n, memory.device(matrices), memory.device(rhs), memory.device(solution),
       memory.device(variances), memory.device(status)});
  memory.download();
  Outputs out;
  out.status(memory.host(status), items);
  out.column("solution", memory.host(solution), items, size, 1e-9, 1e-9);
  out.column("variances", memory.host(variances), items, size, 1e-9, 1e-12);
  return out;
}

inline Outputs nnls(const Engine& engine, std::size_t items, int n) {
  const auto size = static_cast<std::size_t>(n);
  BatchMemory memory(engine);
  auto grams = memory.input<double>(items * size * size);
  auto rhs = memory.input<double>(items * size);
  auto solution = memory.output<double>(items * size);
  auto status = memory.output<ItemStatus>(items);
  memory.allocate();
  for (std::size_t i = 0; i < items; ++i) {
    random_gram(i, n, 3, memory.host(grams) + i * size * size);
    RandomStream random(20260101, i, 4);
    for (std::size_t k = 0; k < size; ++k) memory.host(rhs)[i * size + k] = random.normal();
    if (i % 7 == 3) {  // the repeated column must see the same right-hand side
      memory.host(rhs)[i * size + size - 1] = memory.host(rhs)[i * size];
    }
  }
  memory.upload();
  launch<NnlsKernel>(engine, items,
                     {n, memory.device(grams), memory.device(rhs), memory.device(solution),
                      memory.device(status)});
  memory.download();
  Outputs out;
  out.status(memory.host(status), items);
  out.column("solution", memory.host(solution), items, size, 1e-9, 1e-9);
  return out;
}

inline Outputs block_tridiagonal(const Engine& engine, std::size_t items, int blocks, int b) {
  const auto entries = static_cast<std::size_t>(blocks * b * b);
  const auto unknowns = static_cast<std::size_t>(blocks * b);
  BatchMemory memory(engine);
  auto lower = memory.input<double>(items * entries);
  auto diagonal = memory.input<double>(items * entries);
  auto upper = memory.input<double>(items * entries);
  auto rhs = memory.input<double>(items * unknowns);
  auto solution = memory.output<double>(items * unknowns);
  auto status = memory.output<ItemStatus>(items);
  memory.allocate();
  for (std::size_t i = 0; i < items; ++i) {
    RandomStream random(20260101, i, 5);
    for (std::size_t e = 0; e < entries; ++e) {
      memory.host(lower)[i * entries + e] = random.normal();
      memory.host(diagonal)[i * entries + e] = random.normal();
      memory.host(upper)[i * entries + e] = random.normal();
    }
    const auto size = static_cast<std::size_t>(b);
    for (std::size_t k = 0; k < unknowns; ++k) {
      memory.host(rhs)[i * unknowns + k] = random.normal();
      // Rows cyclically shifted by one: well conditioned, but only with row exchanges.
      const std::size_t block = k / size, row = k % size;
      memory.host(diagonal)[i * entries + (block * size + row) * size + (row + 1) % size] +=
          4.0 * static_cast<double>(b);
    }
    if (i % 9 == 4) {  // a block whose rows are all zero
      for (std::size_t e = 0; e < size * size; ++e) {
        memory.host(diagonal)[i * entries + e] = 0.0;
      }
    }
  }
  memory.upload();
  launch<BlockTridiagonalKernel>(
      engine, items,
      {blocks, b, memory.device(lower), memory.device(diagonal), memory.device(upper),
       memory.device(rhs), memory.device(solution), memory.device(status)});
  memory.download();
  Outputs out;
  out.status(memory.host(status), items);
  out.column("solution", memory.host(solution), items, unknowns, 1e-10, 1e-12);
  return out;
}

inline Outputs random_fill(const Engine& engine, std::size_t items) {
  constexpr int draws = 5;
  BatchMemory memory(engine);
  auto means = memory.input<double>(items);
  auto uniforms = memory.output<double>(items * draws);
  auto normals = memory.output<double>(items * draws);
  auto counts = memory.output<double>(items * draws);
  auto status = memory.output<ItemStatus>(items);
  memory.allocate();
  for (std::size_t i = 0; i < items; ++i) {
    memory.host(means)[i] = i % 13 == 6 ? -1.0 : std::pow(10.0, static_cast<double>(i % 8) - 2.0);
  }
  memory.upload();
  launch<RandomFillKernel>(
      engine, items,
      {7, std::uint64_t{1} << 33, 100, draws, memory.device(means), memory.device(uniforms),
       memory.device(normals), memory.device(counts), memory.device(status)});
  memory.download();
  Outputs out;
  out.status(memory.host(status), items);
  out.column("uniforms", memory.host(uniforms), items, draws, 0.0);
  out.column("normals", memory.host(normals), items, draws, 1e-13, 1e-15);
  out.column("counts", memory.host(counts), items, draws, 0.0);
  return out;
}

}  // namespace numeric_detail

inline Cases numeric_cases() {
  return {
      {"numeric::cholesky_solve",
       [](const Engine& engine, std::size_t n) { return numeric_detail::cholesky(engine, n, 13); }},
      {"numeric::nnls",
       [](const Engine& engine, std::size_t n) { return numeric_detail::nnls(engine, n, 9); }},
      {"numeric::block_tridiagonal",
       [](const Engine& engine, std::size_t n) {
         return numeric_detail::block_tridiagonal(engine, n, 4, 5);
       }},
      {"numeric::random_fill", numeric_detail::random_fill},
  };
}

}  // namespace gadolin::parity
