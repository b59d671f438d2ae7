#pragma once

#include <cstddef>

#include "kernels/exec/item_status.hpp"
#include "kernels/exec/launch.hpp"
#include "kernels/exec/pack.hpp"

/// What the machine can do at best through the same launchers: the roof that benchmarks are held
/// against. Not physics; used by bench/roofline.hpp alone.
namespace gadolin {

/// Fused multiply-adds in registers, ten independent chains per lane.
/// in   repetitions;  out  values [items] (so that nothing is optimised away), flops [items] done
struct FmaPeakKernel {
  static constexpr const char* name = "numeric::fma_peak";
  static constexpr int device_threads = 256;
  static constexpr int chains = 10;
  struct Args {
    int repetitions;
    double* values;
    double* flops;
  };
  static std::size_t scratch_bytes(const Args&) { return 0; }
  static std::size_t workspace_bytes(const Args&) { return 0; }

  template <class Team>
  GADOLIN_HD static void body(const Team& team, std::size_t item, const Args& args) {
    using P = Pack<double, Team::lanes>;
    const double start = 1.0 + 1e-3 * static_cast<double>(team.rank());
    P v0(start), v1(start + 1), v2(start + 2), v3(start + 3), v4(start + 4), v5(start + 5),
        v6(start + 6), v7(start + 7), v8(start + 8), v9(start + 9);
    const P a(0.999999), b(1e-6);
    for (int r = 0; r < args.repetitions; ++r) {
      v0 = fma(v0, a, b);
      v1 = fma(v1, a, b);
      v2 = fma(v2, a, b);
      v3 = fma(v3, a, b);
      v4 = fma(v4, a, b);
      v5 = fma(v5, a, b);
      v6 = fma(v6, a, b);
      v7 = fma(v7, a, b);
      v8 = fma(v8, a, b);
      v9 = fma(v9, a, b);
    }
    const double mine = (((v0 + v1) + (v2 + v3)) + ((v4 + v5) + (v6 + v7)) + (v8 + v9)).sum();
    const double total =
        team.sum(static_cast<std::size_t>(team.size()), [&](std::size_t) { return mine; });
    team.single([&] {
      args.values[item] = total;
      args.flops[item] = 2.0 * chains * Team::lanes * team.size() * args.repetitions;
    });
  }
};

/// a = b + s c over chunks of `length` numbers per item: 24 bytes and 2 flop per number.
/// in   b, c [items * length];  out  a [items * length]
struct TriadKernel {
  static constexpr const char* name = "numeric::triad";
  static constexpr int device_threads = 256;
  struct Args {
    std::size_t length;
    double s;
    const double* b;
    const double* c;
    double* a;
  };
  static std::size_t scratch_bytes(const Args&) { return 0; }
  static std::size_t workspace_bytes(const Args&) { return 0; }

  template <class Team>
  GADOLIN_HD static void body(const Team& team, std::size_t item, const Args& args) {
    using P = Pack<double, Team::lanes>;
    const std::size_t first = item * args.length;
    const P s(args.s);
    team.for_each(args.length / Team::lanes, [&](std::size_t i) {
      const std::size_t at = first + i * Team::lanes;
      fma(P::load(args.c + at), s, P::load(args.b + at)).store(args.a + at);
    });
  }
};

}  // namespace gadolin
