#pragma once

/// Included only by <name>_kernel.cpp files, which hold one line per kernel:
///   GADOLIN_REGISTER_KERNEL(gadolin::RefineKernel)
/// g++ compiles it into the host launchers; with GADOLIN_CUDA the same file is compiled again by
/// nvcc (a generated .cu that includes it) into the device launcher.

#include <algorithm>
#include <cstddef>
#include <string>

#include "kernels/exec/launch.hpp"
#include "kernels/exec/team.hpp"

namespace gadolin {

template <class Kernel>
void launch_cuda(std::size_t n_items, const typename Kernel::Args& args);

}  // namespace gadolin

#if defined(__CUDACC__)

#include "kernels/exec/cuda_runtime.hpp"

namespace gadolin {

template <class Kernel>
__global__ void __launch_bounds__(Kernel::device_threads, 1)
    run_on_device(std::size_t n_items, typename Kernel::Args args, std::size_t workspace_bytes,
                  char* workspace) {
  extern __shared__ __align__(16) char scratch[];
  __shared__ double partial[32];
  CudaTeam team(scratch, workspace + blockIdx.x * workspace_bytes, partial);
  for (std::size_t item = blockIdx.x; item < n_items; item += gridDim.x) {
    Kernel::body(team, item, args);
    __syncthreads();
  }
}

template <class Kernel>
void launch_cuda(std::size_t n_items, const typename Kernel::Args& args) {
  if (n_items == 0) return;
  const auto check = [](cudaError_t code, const char* call) {
    if (code != cudaSuccess) {
      throw DeviceError(std::string("kernel ") + Kernel::name + ": " + call + ": " +
                        cudaGetErrorString(code));
    }
  };
  const std::size_t scratch_bytes = Kernel::scratch_bytes(args);
  const std::size_t workspace_bytes = (Kernel::workspace_bytes(args) + 127) / 128 * 128;
  check(cudaFuncSetAttribute(run_on_device<Kernel>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                             static_cast<int>(scratch_bytes)),
        "shared memory limit");
  int device = 0, multiprocessors = 0, resident = 0;
  check(cudaGetDevice(&device), "cudaGetDevice");
  check(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device),
        "cudaDeviceGetAttribute");
  check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&resident, run_on_device<Kernel>,
                                                      Kernel::device_threads, scratch_bytes),
        "occupancy");
  if (resident < 1) {
    throw DeviceError(std::string("kernel ") + Kernel::name + ": " + std::to_string(scratch_bytes) +
                      " bytes of scratch per item do not fit this device");
  }
  const std::size_t blocks =
      std::min<std::size_t>(n_items, static_cast<std::size_t>(resident) * multiprocessors);
  char* workspace = nullptr;
  if (workspace_bytes > 0) {
    workspace = static_cast<char*>(cuda_runtime::launch_workspace(blocks * workspace_bytes));
  }
  run_on_device<Kernel><<<static_cast<unsigned>(blocks), Kernel::device_threads, scratch_bytes>>>(
      n_items, args, workspace_bytes, workspace);
  check(cudaGetLastError(), "launch");
  check(cudaDeviceSynchronize(), "run");  // here, so that an error carries this kernel's name
}

}  // namespace gadolin

#define GADOLIN_REGISTER_KERNEL(Kernel) \
  template void gadolin::launch_cuda<Kernel>(std::size_t, const Kernel::Args&);

#else  // host compiler

#include <atomic>
#include <thread>
#include <vector>

#include <omp.h>

#include "kernels/exec/kokkos_runtime.hpp"
#include "kernels/exec/launch_memory.hpp"
#include "kernels/exec/thread_team.hpp"
#if defined(GADOLIN_HAS_KOKKOS)
#include <Kokkos_Core.hpp>
#endif

namespace gadolin {

namespace exec_detail {

template <class Kernel>
void launch_serial(std::size_t n_items, const typename Kernel::Args& args) {
  const SlotShape slot = slot_shape(Kernel::scratch_bytes(args), Kernel::workspace_bytes(args));
  char* memory = launch_memory(slot.total);
  const SerialTeam team(memory, memory + slot.scratch);
  for (std::size_t item = 0; item < n_items; ++item) Kernel::body(team, item, args);
}

template <class Kernel>
void launch_openmp(int threads, std::size_t n_items, const typename Kernel::Args& args) {
  const SlotShape slot = slot_shape(Kernel::scratch_bytes(args), Kernel::workspace_bytes(args));
  const int team_count =
      static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(threads), n_items));
  if (team_count <= 1) return launch_serial<Kernel>(n_items, args);  // no threads to wake
  char* memory = launch_memory(slot.total * static_cast<std::size_t>(team_count));
  const auto n = static_cast<std::ptrdiff_t>(n_items);
  // Items differ in length (iterations), so they are dealt in small portions; not singly, or a
  // million tiny items would queue for the counter.
  const std::ptrdiff_t portion =
      std::clamp<std::ptrdiff_t>(n / (std::ptrdiff_t{16} * team_count), 1, 256);
#pragma omp parallel num_threads(team_count) default(shared)
  {
    char* mine = memory + slot.total * static_cast<std::size_t>(omp_get_thread_num());
    const SerialTeam team(mine, mine + slot.scratch);
#pragma omp for schedule(dynamic, portion)
    for (std::ptrdiff_t item = 0; item < n; ++item) {
      Kernel::body(team, static_cast<std::size_t>(item), args);
    }
  }
}

template <class Kernel>
void launch_thread_team(int members, std::size_t n_items, const typename Kernel::Args& args) {
  const SlotShape slot = slot_shape(Kernel::scratch_bytes(args), Kernel::workspace_bytes(args));
  char* memory = launch_memory(slot.total);
  ThreadTeam::Shared shared(members);
  std::atomic<int> start{0};  // 1 run, -1 not all members could be started: leave
  const auto begin = [&](int value) {
    start.store(value);
    start.notify_all();
  };
  std::vector<std::jthread> threads;
  try {
    for (int rank = 0; rank < members; ++rank) {
      threads.emplace_back([&, rank] {
        start.wait(0);
        if (start.load() < 0) return;
        const ThreadTeam team(rank, members, shared, memory, memory + slot.scratch);
        for (std::size_t item = 0; item < n_items; ++item) {
          Kernel::body(team, item, args);
          team.barrier();
        }
      });
    }
  } catch (...) {
    begin(-1);
    throw;
  }
  begin(1);
}

#if defined(GADOLIN_HAS_KOKKOS)
template <class Kernel>
void launch_kokkos(std::size_t n_items, const typename Kernel::Args& args) {
  using Exec = Kokkos::DefaultHostExecutionSpace;
  if (!kokkos_runtime::running()) {
    throw EngineUnavailable(std::string("engine kokkos: kernel ") + Kernel::name +
                            " launched outside the life of an EngineRuntime");
  }
  const SlotShape slot = slot_shape(Kernel::scratch_bytes(args), Kernel::workspace_bytes(args));
  // Slots, not items, own scratch: each walks the items with a stride. Plain pointers only, since
  // Debian's Serial Kokkos must not see a View or a team inside a foreign thread.
  const std::size_t slots =
      std::min<std::size_t>(n_items, static_cast<std::size_t>(Exec().concurrency()));
  char* memory = launch_memory(slot.total * slots);
  Kokkos::parallel_for(Kernel::name,
                       Kokkos::RangePolicy<Exec, Kokkos::Schedule<Kokkos::Dynamic>>(0, slots),
                       [=](const std::size_t s) {
                         char* mine = memory + s * slot.total;
                         const SerialTeam team(mine, mine + slot.scratch);
                         for (std::size_t item = s; item < n_items; item += slots)
                           Kernel::body(team, item, args);
                       });
  Exec().fence();
}
#endif

}  // namespace exec_detail

template <class Kernel>
void launch(const Engine& engine, std::size_t n_items, const typename Kernel::Args& args) {
  if (n_items == 0) return;
  switch (engine.kind) {
    case EngineKind::serial:
      exec_detail::launch_serial<Kernel>(n_items, args);
      return;
    case EngineKind::openmp:
      exec_detail::launch_openmp<Kernel>(std::max(1, engine.threads), n_items, args);
      return;
    case EngineKind::thread_team:
      exec_detail::launch_thread_team<Kernel>(std::max(1, engine.threads), n_items, args);
      return;
    case EngineKind::kokkos:
#if defined(GADOLIN_HAS_KOKKOS)
      exec_detail::launch_kokkos<Kernel>(n_items, args);
      return;
#else
      throw EngineUnavailable("engine kokkos: " + describe_kokkos());
#endif
    case EngineKind::cuda:
#if defined(GADOLIN_HAS_CUDA)
      launch_cuda<Kernel>(n_items, args);
      return;
#else
      throw EngineUnavailable("engine cuda: " + describe_cuda_device());
#endif
  }
}

}  // namespace gadolin

#define GADOLIN_REGISTER_KERNEL(Kernel) \
  template void gadolin::launch<Kernel>(const gadolin::Engine&, std::size_t, const Kernel::Args&);

#endif
