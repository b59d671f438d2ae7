#include "kernels/exec/cuda_runtime.hpp"
#include "kernels/exec/engine.hpp"

#if !defined(GADOLIN_HAS_CUDA)
namespace gadolin::cuda_runtime {

namespace {
[[noreturn]] void absent() { throw EngineUnavailable("engine cuda: " + describe()); }
}  // namespace

bool built() { return false; }
int device_count() { return 0; }
std::string describe() {
  return "not in this build; configure with -DGADOLIN_CUDA=ON where nvcc exists";
}
void* allocate_device(std::size_t) { absent(); }
void release_device(void*) {}
void* allocate_pinned(std::size_t) { absent(); }
void release_pinned(void*) {}
void clear(void*, std::size_t) { absent(); }
void upload(void*, const void*, std::size_t) { absent(); }
void download(void*, const void*, std::size_t) { absent(); }
void* launch_workspace(std::size_t) { absent(); }

}  // namespace gadolin::cuda_runtime
#endif
