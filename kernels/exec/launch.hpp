#pragma once

#include <cstddef>

#include "kernels/exec/engine.hpp"

namespace gadolin {

/// Runs one kernel over a batch, one item per team.
///
/// A kernel is a struct, registered once in <name>_kernel.cpp by GADOLIN_REGISTER_KERNEL (see
/// register.hpp):
///   struct Kernel {
///     static constexpr const char* name = "diffraction::refine";      // seen in errors and
///     profiles static constexpr int device_threads = 128;                      // members per item
///     on a GPU struct Args { const double* x; double* y; ItemStatus* status; };  // plain pointers
///     and numbers static std::size_t scratch_bytes(const Args&);                  // per item, <
///     200 kB static std::size_t workspace_bytes(const Args&);                // per item, any size
///     template <class Team> GADOLIN_HD static void body(const Team& team, std::size_t item, const
///     Args&);
///   };
/// Pointers in Args come from BatchMemory::device(). Bodies never throw, allocate or print.
/// throws EngineUnavailable (engine not in this build), DeviceError (launch failed; names the
/// kernel)
template <class Kernel>
void launch(const Engine& engine, std::size_t n_items, const typename Kernel::Args& args);

}  // namespace gadolin
