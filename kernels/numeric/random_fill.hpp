#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/exec/item_status.hpp"
#include "kernels/exec/launch.hpp"
#include "kernels/numeric/random.hpp"

namespace gadolin {

/// Draws per item: `draws` uniforms, normals and Poisson counts of stream (seed, first_item + item,
/// purpose + draw index as a stream of its own), so the members of a team share the work.
/// in   means [items], Poisson mean >= 0
/// out  uniforms, normals, counts [items, draws];  status [items]
/// fails  mean negative or not finite -> out_of_range, counts of the item 0
struct RandomFillKernel {
  static constexpr const char* name = "numeric::random_fill";
  static constexpr int device_threads = 64;
  struct Args {
    std::uint64_t seed;
    std::uint64_t first_item;
    std::uint32_t purpose;
    int draws;
    const double* means;
    double* uniforms;
    double* normals;
    double* counts;
    ItemStatus* status;
  };
  static std::size_t scratch_bytes(const Args&) { return 0; }
  static std::size_t workspace_bytes(const Args&) { return 0; }

  template <class Team>
  GADOLIN_HD static void body(const Team& team, std::size_t item, const Args& args) {
    const auto draws = static_cast<std::size_t>(args.draws);
    const double mean = args.means[item];
    team.for_each(draws, [&](std::size_t d) {
      RandomStream random(args.seed, args.first_item + item,
                          args.purpose + static_cast<std::uint32_t>(d));
      const std::size_t at = item * draws + d;
      args.uniforms[at] = random.uniform();
      args.normals[at] = random.normal();
      const double count = random.poisson(mean);
      args.counts[at] = count >= 0.0 ? count : 0.0;
    });
    team.single([&] {
      args.status[item] =
          mean >= 0.0 && std::isfinite(mean) ? ItemStatus::ok : ItemStatus::out_of_range;
    });
  }
};

}  // namespace gadolin
