// The only host source that names Thrust. Its host and device systems are fixed per build by
// CMake (TBB, or CPP where TBB is absent): OpenMP is 20 times slower at reductions. Where there is
// no Thrust at all (kernels alone, no CUDA toolkit) the standard library does the same.
#include "kernels/exec/algorithms.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#if __has_include(<thrust/sort.h>)
#define GADOLIN_HAS_THRUST 1
#include <thrust/execution_policy.h>
#include <thrust/scan.h>
#include <thrust/sort.h>
#endif

#include "kernels/exec/algorithms_device.hpp"
#include "kernels/exec/engine.hpp"

namespace gadolin::algorithms {

namespace {

#if defined(GADOLIN_HAS_THRUST)
template <class Policy>
void sort_on_host(const Policy& policy, double* keys, std::int32_t* values, std::size_t n) {
  thrust::stable_sort_by_key(policy, keys, keys + n, values);
}
template <class Policy>
void scan_on_host(const Policy& policy, const std::int32_t* in, std::int32_t* out, std::size_t n) {
  thrust::exclusive_scan(policy, in, in + n, out);
}
const auto& in_order = thrust::seq;
const auto& in_parallel = thrust::device;
#else
struct InOrder {};
constexpr InOrder in_order, in_parallel;

void sort_on_host(InOrder, double* keys, std::int32_t* values, std::size_t n) {
  std::vector<std::pair<double, std::int32_t> > pairs(n);
  for (std::size_t i = 0; i < n; ++i) pairs[i] = {keys[i], values[i]};
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 0; i < n; ++i) {
    keys[i] = pairs[i].first;
    values[i] = pairs[i].second;
  }
}
void scan_on_host(InOrder, const std::int32_t* in, std::int32_t* out, std::size_t n) {
  std::exclusive_scan(in, in + n, out, std::int32_t{0});
}
#endif

/// Host engines reach here only; asked for cuda without it in the build, say so.
void require_host(const Engine& engine) {
  if (engine.kind == EngineKind::cuda) {
    throw EngineUnavailable("engine cuda: " + describe_cuda_device());
  }
}

}  // namespace

void sort_by_key(const Engine& engine, double* keys, std::int32_t* values, std::size_t n) {
#if defined(GADOLIN_HAS_CUDA)
  if (engine.kind == EngineKind::cuda) return algorithms_device::sort_by_key(keys, values, n);
#endif
  require_host(engine);
  if (engine.kind == EngineKind::serial) {
    sort_on_host(in_order, keys, values, n);
  } else {
    sort_on_host(in_parallel, keys, values, n);
  }
}

void exclusive_scan(const Engine& engine, const std::int32_t* in, std::int32_t* out,
                    std::size_t n) {
#if defined(GADOLIN_HAS_CUDA)
  if (engine.kind == EngineKind::cuda) return algorithms_device::exclusive_scan(in, out, n);
#endif
  require_host(engine);
  if (engine.kind == EngineKind::serial) {
    scan_on_host(in_order, in, out, n);
  } else {
    scan_on_host(in_parallel, in, out, n);
  }
}

double sum(const Engine& engine, const double* values, std::size_t n) {
#if defined(GADOLIN_HAS_CUDA)
  if (engine.kind == EngineKind::cuda) return algorithms_device::sum(values, n);
#endif
  // Always sequential on the host: a parallel sum would depend on the number of threads.
  require_host(engine);
  return std::accumulate(values, values + n, 0.0);
}

}  // namespace gadolin::algorithms
