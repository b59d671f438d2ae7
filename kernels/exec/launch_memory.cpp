#include "kernels/exec/launch_memory.hpp"

#include <memory>
#include <new>

namespace gadolin::exec_detail {

namespace {

constexpr std::size_t alignment = 128;

struct Release {
  void operator()(char* memory) const { ::operator delete(memory, std::align_val_t(alignment)); }
};

}  // namespace

SlotShape slot_shape(std::size_t scratch_bytes, std::size_t workspace_bytes) {
  const auto rounded = [](std::size_t bytes) {
    return (bytes + alignment - 1) / alignment * alignment;
  };
  return {rounded(scratch_bytes), rounded(scratch_bytes) + rounded(workspace_bytes) + alignment};
}

char* launch_memory(std::size_t bytes) {
  static thread_local std::unique_ptr<char, Release> memory;
  static thread_local std::size_t held = 0;
  if (bytes > held || memory == nullptr) {
    memory.reset();
    held = 0;
    memory.reset(
        static_cast<char*>(::operator new(bytes + alignment, std::align_val_t(alignment))));
    held = bytes;
  }
  return memory.get();
}

}  // namespace gadolin::exec_detail
