#pragma once

#include <cstddef>
#include <string>

/// The few calls exec makes of the CUDA runtime; cuda_runtime.cu has them, cuda_absent.cpp stands
/// in where the cuda engine was not built. All throw DeviceError naming the call that failed.
namespace gadolin::cuda_runtime {

bool built();
int device_count();  ///< 0 also when no driver is installed
std::string describe();

void* allocate_device(std::size_t bytes);
void release_device(void* memory);
void* allocate_pinned(std::size_t bytes);
void release_pinned(void* memory);
void clear(void* device, std::size_t bytes);  ///< sets to 0
void upload(void* device, const void* host, std::size_t bytes);
void download(void* host, const void* device, std::size_t bytes);

/// Device memory of at least `bytes` that the calling thread keeps for its launches.
void* launch_workspace(std::size_t bytes);

}  // namespace gadolin::cuda_runtime
