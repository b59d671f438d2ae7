#pragma once

#include <cstddef>

#include "kernels/exec/host_device.hpp"

namespace gadolin {

/// Pointer and length that both host and device compilers accept; owns nothing, checks nothing.
template <class T>
struct Span {
  T* data = nullptr;
  std::size_t size = 0;

  GADOLIN_INLINE T& operator[](std::size_t i) const { return data[i]; }
  GADOLIN_INLINE T* begin() const { return data; }
  GADOLIN_INLINE T* end() const { return data + size; }
};

}  // namespace gadolin
