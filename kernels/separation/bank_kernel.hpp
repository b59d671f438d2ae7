#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/separation/bank.hpp"

namespace gadolin::separation {

/// One bank per team, with every fallback. Scratch holds the stage matrix, the workspace everything
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

/// Four banks per team, fast: see solve_bank_group(). items: groups.
struct BankGroupKernel {
  static constexpr const char* name = "separation::bank_group";
  static constexpr int device_threads = 64;
  struct Args {
    BankArgs banks;
    const std::uint32_t* order = nullptr;  ///< [4 * groups]
  };

  static std::size_t scratch_bytes(const Args& args) {
    return bank_scratch_doubles(static_cast<std::size_t>(args.banks.max_species),
                                host_lanes(args)) *
           sizeof(double);
  }
  static std::size_t workspace_bytes(const Args& args) {
    return bank_workspace_doubles(static_cast<std::size_t>(args.banks.max_stages),
                                  static_cast<std::size_t>(args.banks.max_species),
                                  host_lanes(args)) *
           sizeof(double);
  }
  template <class Team>
  GADOLIN_HD static void body(const Team& team, std::size_t item, const Args& args) {
    solve_bank_group(team, item, args.banks, args.order);
  }

 private:
  /// Scratch is shared memory on the device, where a lane is one bank.
  static std::size_t host_lanes(const Args& args) {
    return static_cast<std::size_t>(args.banks.lanes);
  }
};

}  // namespace gadolin::separation
