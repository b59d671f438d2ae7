#include <cuda_runtime.h>

#include "kernels/exec/cuda_runtime.hpp"
#include "kernels/exec/engine.hpp"

namespace gadolin::cuda_runtime {

namespace {

void check(cudaError_t code, const char* call) {
  if (code != cudaSuccess) {
    throw DeviceError(std::string(call) + " failed: " + cudaGetErrorString(code));
  }
}

}  // namespace

bool built() { return true; }

int device_count() {
  static const int count = [] {
    int n = 0;
    // 35 (driver missing or too old) and 100 (no device) both mean: no GPU here.
    return cudaGetDeviceCount(&n) == cudaSuccess ? n : 0;
  }();
  return count;
}

std::string describe() {
  if (device_count() == 0) return "no CUDA device answers on this machine";
  cudaDeviceProp properties{};
  int device = 0, driver = 0;
  check(cudaGetDevice(&device), "cudaGetDevice");
  check(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
  check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  return std::string(properties.name) + ", sm_" + std::to_string(properties.major) +
         std::to_string(properties.minor) + ", driver API " + std::to_string(driver / 1000) + "." +
         std::to_string(driver % 1000 / 10);
}

void* allocate_device(std::size_t bytes) {
  void* memory = nullptr;
  check(cudaMalloc(&memory, bytes), "cudaMalloc");
  return memory;
}
void release_device(void* memory) { cudaFree(memory); }

void* allocate_pinned(std::size_t bytes) {
  void* memory = nullptr;
  check(cudaMallocHost(&memory, bytes), "cudaMallocHost");
  return memory;
}
void release_pinned(void* memory) { cudaFreeHost(memory); }

void clear(void* device, std::size_t bytes) {
  check(cudaMemset(device, 0, bytes), "clear (cudaMemset)");
}

void upload(void* device, const void* host, std::size_t bytes) {
  check(cudaMemcpy(device, host, bytes, cudaMemcpyHostToDevice), "upload (cudaMemcpy)");
}
void download(void* host, const void* device, std::size_t bytes) {
  check(cudaMemcpy(host, device, bytes, cudaMemcpyDeviceToHost), "download (cudaMemcpy)");
}

void* launch_workspace(std::size_t bytes) {
  // Kept until the process ends: a thread's exit may come after the runtime has gone.
  static thread_local void* memory = nullptr;
  static thread_local std::size_t held = 0;
  if (bytes > held) {
    if (memory != nullptr) check(cudaFree(memory), "cudaFree");
    memory = nullptr;
    held = 0;
    memory = allocate_device(bytes);
    held = bytes;
  }
  return memory;
}

}  // namespace gadolin::cuda_runtime
