#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/exec/item_status.hpp"
#include "kernels/exec/launch.hpp"
#include "kernels/numeric/block_tridiagonal.hpp"
#include "kernels/numeric/cholesky.hpp"
#include "kernels/numeric/nnls.hpp"

/// The small solvers as batched kernels: one system per team.
namespace gadolin {

/// Batched A x = b and A^-1, A symmetric positive definite.
/// in   matrices [items, n, n] lower triangle read;  rhs [items, n];  n <= 64
/// out  solution [items, n];  variances [items, n] = diagonal of A^-1 (0 where held);
///      status [items] ok, or singular when a direction is held (see cholesky.hpp)
/// cost (4/3) n^3 flop per item
struct CholeskySolveKernel {
  static constexpr const char* name = "numeric::cholesky_solve";
  static constexpr int device_threads = 64;
  struct Args {
    int n;
    const double* matrices;
    const double* rhs;
    double* solution;
    double* variances;
    ItemStatus* status;
  };
  static std::size_t scratch_bytes(const Args& args) {
    const auto n = static_cast<std::size_t>(args.n);
    return (2 * n * n + 2 * n) * sizeof(double);
  }
  static std::size_t workspace_bytes(const Args&) { return 0; }

  template <class Team>
  GADOLIN_HD static void body(const Team& team, std::size_t item, const Args& args) {
    const auto n = static_cast<std::size_t>(args.n);
    double* factor = reinterpret_cast<double*>(team.scratch());
    double* inverse = factor + n * n;
    double* scale = inverse + n * n;
    double* x = scale + n;
    team.for_each(n * n, [&](std::size_t e) { factor[e] = args.matrices[item * n * n + e]; });
    team.for_each(n, [&](std::size_t i) { x[i] = args.rhs[item * n + i]; });
    team.barrier();
    const ItemStatus status = cholesky_factor(team, args.n, factor, scale);
    cholesky_solve(team, args.n, factor, scale, x);
    cholesky_inverse(team, args.n, factor, scale, inverse);
    team.for_each(n, [&](std::size_t i) {
      args.solution[item * n + i] = x[i];
      args.variances[item * n + i] = inverse[i * n + i];
    });
    team.single([&] { args.status[item] = status; });
  }
};

/// Batched non-negative least squares on normal equations (nnls.hpp).
/// in   grams [items, n, n];  rhs [items, n];  out  solution [items, n], status [items]
struct NnlsKernel {
  static constexpr const char* name = "numeric::nnls";
  static constexpr int device_threads = 64;
  struct Args {
    int n;
    const double* grams;
    const double* rhs;
    double* solution;
    ItemStatus* status;
  };
  static std::size_t scratch_bytes(const Args& args) {
    return (nnls_scratch_doubles(args.n) + static_cast<std::size_t>(args.n)) * sizeof(double);
  }
  static std::size_t workspace_bytes(const Args&) { return 0; }

  template <class Team>
  GADOLIN_HD static void body(const Team& team, std::size_t item, const Args& args) {
    const auto n = static_cast<std::size_t>(args.n);
    double* scratch = reinterpret_cast<double*>(team.scratch());
    double* x = scratch + nnls_scratch_doubles(args.n);
    const ItemStatus status =
        nnls(team, args.n, args.grams + item * n * n, args.rhs + item * n, x, scratch);
    team.for_each(n, [&](std::size_t i) { args.solution[item * n + i] = x[i]; });
    team.single([&] { args.status[item] = status; });
  }
};

/// Batched block tridiagonal systems (block_tridiagonal.hpp), worked on a copy in the workspace.
/// in   lower, diagonal, upper [items, blocks, b, b];  rhs [items, blocks, b];  b <= 32
/// out  solution [items, blocks, b], 0 where the item is singular;  status [items]
/// cost (14/3) b^3 flop per block
struct BlockTridiagonalKernel {
  static constexpr const char* name = "numeric::block_tridiagonal";
  static constexpr int device_threads = 64;
  struct Args {
    int blocks;
    int b;
    const double* lower;
    const double* diagonal;
    const double* upper;
    const double* rhs;
    double* solution;
    ItemStatus* status;
  };
  static std::size_t scratch_bytes(const Args& args) {
    return static_cast<std::size_t>(args.b) * sizeof(int);
  }
  static std::size_t workspace_bytes(const Args& args) {
    const auto blocks = static_cast<std::size_t>(args.blocks);
    const auto b = static_cast<std::size_t>(args.b);
    return blocks * (2 * b * b + b) * sizeof(double);
  }

  template <class Team>
  GADOLIN_HD static void body(const Team& team, std::size_t item, const Args& args) {
    const auto blocks = static_cast<std::size_t>(args.blocks);
    const auto b = static_cast<std::size_t>(args.b);
    const std::size_t entries = blocks * b * b, unknowns = blocks * b;
    double* diagonal = reinterpret_cast<double*>(team.workspace());
    double* upper = diagonal + entries;
    double* x = upper + entries;
    team.for_each(entries, [&](std::size_t e) {
      diagonal[e] = args.diagonal[item * entries + e];
      upper[e] = args.upper[item * entries + e];
    });
    team.for_each(unknowns, [&](std::size_t i) { x[i] = args.rhs[item * unknowns + i]; });
    team.barrier();
    const BlockTridiagonalResult result =
        block_tridiagonal_solve(team, args.blocks, args.b, args.lower + item * entries, diagonal,
                                upper, x, reinterpret_cast<int*>(team.scratch()));
    team.barrier();
    team.for_each(unknowns, [&](std::size_t i) {
      args.solution[item * unknowns + i] = result.status == ItemStatus::ok ? x[i] : 0.0;
    });
    team.single([&] { args.status[item] = result.status; });
  }
};

}  // namespace gadolin
