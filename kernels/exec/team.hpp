#pragma once

#include <cstddef>

#include "kernels/exec/host_device.hpp"

/// A team is the group of lanes that works on one item. Bodies are templates on it:
///   rank(), size()       this member, members
///   lanes                Pack width the body should use (4 on the host, 1 on the device)
///   for_each(n, f)       f(i) for i in 0..n-1, shared out over the members; no barrier at the end
///   barrier()            everyone waits; memory written before is seen after
///   single(f)            member 0 runs f, then barrier
///   sum(n, f)            sum of f(i), same value on every member; ends in a barrier
///   max(n, f)            largest f(i), 0 for none; f >= 0; same value on every member, barrier
///   scratch()            shared bytes of K::scratch_bytes(args), fast memory on the device
///   workspace()          shared bytes of K::workspace_bytes(args), in global memory
/// All members must reach every barrier, single, sum and max. for_each deals index i to member
/// i % size() every time, so a member may reread what it wrote for the same i without a barrier.
namespace gadolin {

/// One member: a plain loop. Used by the serial, openmp and kokkos engines.
class SerialTeam {
 public:
  static constexpr int lanes = 4;

  SerialTeam(char* scratch, char* workspace) : scratch_(scratch), workspace_(workspace) {}
  int rank() const { return 0; }
  int size() const { return 1; }
  char* scratch() const { return scratch_; }
  char* workspace() const { return workspace_; }
  void barrier() const {}
  template <class F>
  void for_each(std::size_t n, F&& f) const {
    for (std::size_t i = 0; i < n; ++i) f(i);
  }
  template <class F>
  void single(F&& f) const {
    f();
  }
  template <class F>
  double sum(std::size_t n, F&& f) const {
    double total = 0.0;
    for (std::size_t i = 0; i < n; ++i) total += f(i);
    return total;
  }
  template <class F>
  double max(std::size_t n, F&& f) const {
    double largest = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      const double value = f(i);
      largest = value > largest ? value : largest;
    }
    return largest;
  }

 private:
  char* scratch_;
  char* workspace_;
};

/// A team of one that lives inside one lane, on host or device: runs a team routine (a small
/// Cholesky, say) by a single lane while the others do their own. Owns no scratch.
class SingleLane {
 public:
  static constexpr int lanes = 1;

  GADOLIN_INLINE int rank() const { return 0; }
  GADOLIN_INLINE int size() const { return 1; }
  GADOLIN_INLINE void barrier() const {}
  template <class F>
  GADOLIN_INLINE void for_each(std::size_t n, F&& f) const {
    for (std::size_t i = 0; i < n; ++i) f(i);
  }
  template <class F>
  GADOLIN_INLINE void single(F&& f) const {
    f();
  }
  template <class F>
  GADOLIN_INLINE double sum(std::size_t n, F&& f) const {
    double total = 0.0;
    for (std::size_t i = 0; i < n; ++i) total += f(i);
    return total;
  }
  template <class F>
  GADOLIN_INLINE double max(std::size_t n, F&& f) const {
    double largest = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      const double value = f(i);
      largest = value > largest ? value : largest;
    }
    return largest;
  }
};

#if defined(__CUDACC__)
/// One thread block.
class CudaTeam {
 public:
  static constexpr int lanes = 1;

  __device__ CudaTeam(char* scratch, char* workspace, double* partial)
      : scratch_(scratch), workspace_(workspace), partial_(partial) {}
  __device__ int rank() const { return static_cast<int>(threadIdx.x); }
  __device__ int size() const { return static_cast<int>(blockDim.x); }
  __device__ char* scratch() const { return scratch_; }
  __device__ char* workspace() const { return workspace_; }
  __device__ void barrier() const { __syncthreads(); }
  template <class F>
  __device__ void for_each(std::size_t n, F&& f) const {
    for (std::size_t i = threadIdx.x; i < n; i += blockDim.x) f(i);
  }
  template <class F>
  __device__ void single(F&& f) const {
    if (threadIdx.x == 0) f();
    __syncthreads();
  }
  template <class F>
  __device__ double sum(std::size_t n, F&& f) const {
    double local = 0.0;
    for (std::size_t i = threadIdx.x; i < n; i += blockDim.x) local += f(i);
    for (int offset = 16; offset > 0; offset >>= 1) {
      local += __shfl_down_sync(0xffffffffu, local, offset);
    }
    if ((threadIdx.x & 31u) == 0) partial_[threadIdx.x >> 5] = local;
    __syncthreads();
    double total = 0.0;
    for (unsigned w = 0; w < (blockDim.x + 31u) / 32u; ++w) total += partial_[w];
    __syncthreads();
    return total;
  }
  template <class F>
  __device__ double max(std::size_t n, F&& f) const {
    double local = 0.0;
    for (std::size_t i = threadIdx.x; i < n; i += blockDim.x) local = fmax(local, f(i));
    for (int offset = 16; offset > 0; offset >>= 1) {
      local = fmax(local, __shfl_down_sync(0xffffffffu, local, offset));
    }
    if ((threadIdx.x & 31u) == 0) partial_[threadIdx.x >> 5] = local;
    __syncthreads();
    double largest = 0.0;
    for (unsigned w = 0; w < (blockDim.x + 31u) / 32u; ++w) largest = fmax(largest, partial_[w]);
    __syncthreads();
    return largest;
  }

 private:
  char* scratch_;
  char* workspace_;
  double* partial_;  // one per warp, shared memory
};
#endif

}  // namespace gadolin
