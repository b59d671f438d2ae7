#include "kernels/exec/batch_memory.hpp"

#include <cstring>
#include <new>

#include "kernels/exec/cuda_runtime.hpp"
#include "kernels/exec/kokkos_runtime.hpp"

namespace gadolin {

namespace {
constexpr std::size_t alignment = 128;  // bytes: a device transaction, two cache lines
}

std::size_t BatchMemory::reserve(std::size_t& total, std::size_t bytes) {
  const std::size_t at = total;
  total += (bytes + alignment - 1) / alignment * alignment;
  return at;
}

std::size_t BatchMemory::place(std::size_t tagged) const {
  if (tagged & output_bit) return inputs_ + (tagged & ~output_bit);
  if (tagged & local_bit) return inputs_ + outputs_ + (tagged & ~local_bit);
  return tagged;
}

bool BatchMemory::separate() const {
  return engine_.kind == EngineKind::cuda ||
         (engine_.kind == EngineKind::kokkos && kokkos_runtime::device_memory());
}

void BatchMemory::allocate() {
  const std::size_t on_host = separate() ? inputs_ + outputs_ : bytes();
  const std::size_t host_bytes = on_host > 0 ? on_host : alignment;
  if (engine_.kind == EngineKind::cuda) {
    host_ = static_cast<char*>(cuda_runtime::allocate_pinned(host_bytes));
    device_ = static_cast<char*>(cuda_runtime::allocate_device(bytes() > 0 ? bytes() : alignment));
  } else {
    host_ = static_cast<char*>(::operator new(host_bytes, std::align_val_t(alignment)));
    device_ = separate() ? static_cast<char*>(kokkos_runtime::allocate(bytes())) : host_;
  }
  std::memset(host_, 0, host_bytes);
}

BatchMemory::~BatchMemory() {
  if (host_ == nullptr) return;
  if (engine_.kind == EngineKind::cuda) {
    cuda_runtime::release_device(device_);
    cuda_runtime::release_pinned(host_);
    return;
  }
  if (separate()) kokkos_runtime::release(device_);
  ::operator delete(host_, std::align_val_t(alignment));
}

void BatchMemory::upload() {
  if (!separate() || inputs_ == 0) return;
  if (engine_.kind == EngineKind::cuda) {
    cuda_runtime::upload(device_, host_, inputs_);
  } else {
    kokkos_runtime::upload(device_, host_, inputs_);
  }
}

void BatchMemory::download() {
  if (!separate() || outputs_ == 0) return;
  if (engine_.kind == EngineKind::cuda) {
    cuda_runtime::download(host_ + inputs_, device_ + inputs_, outputs_);
  } else {
    kokkos_runtime::download(host_ + inputs_, device_ + inputs_, outputs_);
  }
}

}  // namespace gadolin
