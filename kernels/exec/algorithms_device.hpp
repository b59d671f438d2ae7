#pragma once

#include <cstddef>
#include <cstdint>

/// Device twins of algorithms.hpp, built by nvcc in algorithms_device.cu.
namespace gadolin::algorithms_device {

void sort_by_key(double* keys, std::int32_t* values, std::size_t n);
void exclusive_scan(const std::int32_t* in, std::int32_t* out, std::size_t n);
double sum(const double* values, std::size_t n);

}  // namespace gadolin::algorithms_device
