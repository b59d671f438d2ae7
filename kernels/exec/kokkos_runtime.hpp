#pragma once

#include <cstddef>
#include <string>

/// The few questions exec asks of Kokkos, so that only kokkos_runtime.cpp and register.hpp name it.
namespace gadolin::kokkos_runtime {

bool built();
bool parallel();       ///< default space runs more than one item at a time
bool device_memory();  ///< default space cannot read host memory
bool initialise();     ///< true if this call did it
void finalise();
std::string describe();

void* allocate(std::size_t bytes);
void release(void* memory);
void upload(void* device, const void* host, std::size_t bytes);
void download(void* host, const void* device, std::size_t bytes);

}  // namespace gadolin::kokkos_runtime
