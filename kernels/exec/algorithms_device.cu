#include <thrust/device_ptr.h>
#include <thrust/execution_policy.h>
#include <thrust/reduce.h>
#include <thrust/scan.h>
#include <thrust/sort.h>

#include "kernels/exec/algorithms_device.hpp"

namespace gadolin::algorithms_device {

void sort_by_key(double* keys, std::int32_t* values, std::size_t n) {
  thrust::stable_sort_by_key(thrust::device, keys, keys + n, values);
}

void exclusive_scan(const std::int32_t* in, std::int32_t* out, std::size_t n) {
  thrust::exclusive_scan(thrust::device, in, in + n, out);
}

double sum(const double* values, std::size_t n) {
  return thrust::reduce(thrust::device, values, values + n, 0.0);
}

}  // namespace gadolin::algorithms_device
