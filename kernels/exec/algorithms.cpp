// The only host source that names Thrust. Its host and device systems are fixed per build by
// CMake (TBB, or CPP where TBB is absent): OpenMP is 20 times slower at reductions.
#include "kernels/exec/algorithms.hpp"

#include <thrust/execution_policy.h>
#include <thrust/reduce.h>
#include <thrust/scan.h>
#include <thrust/sort.h>

#include "kernels/exec/algorithms_device.hpp"

namespace gadolin::algorithms {

void sort_by_key(const Engine& engine, double* keys, std::int32_t* values, std::size_t n) {
#if defined(GADOLIN_HAS_CUDA)
  if (engine.kind == EngineKind::cuda) return algorithms_device::sort_by_key(keys, values, n);
#endif
  if (engine.kind == EngineKind::serial) {
    thrust::stable_sort_by_key(thrust::seq, keys, keys + n, values);
  } else {
    thrust::stable_sort_by_key(thrust::device, keys, keys + n, values);
  }
}

void exclusive_scan(const Engine& engine, const std::int32_t* in, std::int32_t* out,
                    std::size_t n) {
#if defined(GADOLIN_HAS_CUDA)
  if (engine.kind == EngineKind::cuda) return algorithms_device::exclusive_scan(in, out, n);
#endif
  if (engine.kind == EngineKind::serial) {
    thrust::exclusive_scan(thrust::seq, in, in + n, out);
  } else {
    thrust::exclusive_scan(thrust::device, in, in + n, out);
  }
}

double sum([[maybe_unused]] const Engine& engine, const double* values, std::size_t n) {
#if defined(GADOLIN_HAS_CUDA)
  if (engine.kind == EngineKind::cuda) return algorithms_device::sum(values, n);
#endif
  // Always sequential on the host: a parallel sum would depend on the number of threads.
  return thrust::reduce(thrust::seq, values, values + n, 0.0);
}

}  // namespace gadolin::algorithms
