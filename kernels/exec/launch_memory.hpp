#pragma once

#include <cstddef>

/// Scratch and workspace of host launches.
namespace gadolin::exec_detail {

/// Bytes of one slot (scratch followed by workspace), a multiple of 128.
struct SlotShape {
  std::size_t scratch;
  std::size_t total;
};
SlotShape slot_shape(std::size_t scratch_bytes, std::size_t workspace_bytes);

/// At least `bytes`, aligned to 128, kept by the calling thread between launches (it grows, and is
/// freed when the thread ends), so that a launch allocates nothing once warm. Contents arbitrary.
/// One launch at a time per thread uses it; bodies never launch.
/// throws std::bad_alloc
char* launch_memory(std::size_t bytes);

}  // namespace gadolin::exec_detail
