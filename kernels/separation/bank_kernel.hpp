#pragma once

#include <cstddef>

#include "kernels/separation/bank.hpp"

namespace gadolin::separation {

/// One bank per team. Scratch holds the stage matrix, the workspace everything
/// per stage.
struct BankKernel {
  static constexpr const char* name = "separation::bank";
  static constexpr int device_threads = 64;
  using Args = BankArgs;

  static std::size_t scratch_bytes(const Args& args) {
    return bank_scratch_doubles(static_cast<std::size_t>(args.max_species)) * sizeof(double);
  }
  static std::size_t workspace_bytes(const Args& args) {
    return bank_workspace_doubles(static_cast<std::size_t>(args.max_stages),
                                  static_cast<std::size_t>(args.max_species)) *
           sizeof(double);
  }
  template <class Team>
  GADOLIN_HD static void body(const Team& team, std::size_t item, const Args& args) {
    solve_bank(team, item, args);
  }
};

}  // namespace gadolin::separation
