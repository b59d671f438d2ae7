#pragma once

#include <cstddef>

#include "kernels/exec/engine.hpp"

namespace gadolin {

/// Runs one kernel over a batch, one item per team.
///
/// A kernel is a struct, registered once in <name>_kernel.cpp by GADOLIN_REGISTER_KERNEL (see
/// register.hpp):
///
///     struct Kernel {
///       static constexpr const char* name = "diffraction::refine";  // seen in errors, profiles
///       static constexpr int device_threads = 128;  // members per item on a GPU, multiple of 32
///       struct Args { const double* x; double* y; ItemStatus* status; };  // pointers and numbers
///       static std::size_t scratch_bytes(const Args&);    // per item, shared memory, < 200 kB
///       static std::size_t workspace_bytes(const Args&);  // per item, global memory, any size
///       template <class Team>
///       GADOLIN_HD static void body(const Team& team, std::size_t item, const Args& args);
///     };
///
/// Pointers in Args come from BatchMemory::device(). Scratch starts on 16 bytes at least, workspace
/// on 128; both hold whatever the last item left. Bodies never throw, allocate or print, and do not
/// launch. The call returns when every item is done; a size of 0 returns at once. Items share
/// nothing, so results do not depend on threads or order. Launches of several threads may run side
/// by side. throws EngineUnavailable (engine not in this build), DeviceError (a device call failed;
/// names
///        the kernel), std::bad_alloc
template <class Kernel>
void launch(const Engine& engine, std::size_t n_items, const typename Kernel::Args& args);

}  // namespace gadolin
