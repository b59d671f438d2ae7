#include "kernels/exec/batch_memory.hpp"

#include <cstring>
#include <limits>
#include <stdexcept>

#include "kernels/exec/cuda_runtime.hpp"

namespace gadolin {

namespace {
constexpr std::size_t alignment = 128;  // bytes: a device transaction, two cache lines
constexpr int part_shift = 61;          // a field's offset carries its part in the top bits
constexpr std::size_t offset_mask = (std::size_t{1} << part_shift) - 1;
constexpr std::size_t largest_field = std::size_t{1} << 48;
}  // namespace

std::size_t BatchMemory::reserve(Part part, std::size_t n, std::size_t item_bytes) {
  if (host_ != nullptr) throw std::logic_error("BatchMemory: field declared after allocate()");
  if (n > largest_field / item_bytes) throw std::bad_array_new_length();
  std::size_t& total = part_bytes_[static_cast<int>(part)];
  const std::size_t at = total;
  total += (n * item_bytes + alignment - 1) / alignment * alignment;
  return at | (static_cast<std::size_t>(part) << part_shift);
}

std::size_t BatchMemory::start(Part part) const {
  std::size_t at = 0;
  for (int p = 0; p < static_cast<int>(part); ++p) at += part_bytes_[p];
  return at;
}

std::size_t BatchMemory::place(std::size_t tagged) const {
  return start(static_cast<Part>(tagged >> part_shift)) + (tagged & offset_mask);
}

char* BatchMemory::host_at(std::size_t tagged) const {
  const bool on_device_only = separate() && static_cast<Part>(tagged >> part_shift) == Part::local;
  return on_device_only ? nullptr : host_ + place(tagged);
}

std::size_t BatchMemory::bytes() const {
  return start(Part::local) + part_bytes_[static_cast<int>(Part::local)];
}

void BatchMemory::allocate() {
  if (host_ != nullptr) throw std::logic_error("BatchMemory: allocate() called twice");
  const auto at_least_one = [](std::size_t size) { return size > 0 ? size : alignment; };
  const std::size_t device_bytes = at_least_one(bytes());
  if (separate()) {
    const std::size_t host_bytes = at_least_one(start(Part::local));
    host_ = static_cast<char*>(cuda_runtime::allocate_pinned(host_bytes));
    std::memset(host_, 0, host_bytes);
    device_ = static_cast<char*>(cuda_runtime::allocate_device(device_bytes));
    cuda_runtime::clear(device_, device_bytes);
  } else {
    host_ = static_cast<char*>(::operator new(device_bytes, std::align_val_t(alignment)));
    std::memset(host_, 0, device_bytes);
    device_ = host_;
  }
}

BatchMemory::~BatchMemory() {
  if (host_ == nullptr) return;
  if (separate()) {
    cuda_runtime::release_device(device_);
    cuda_runtime::release_pinned(host_);
  } else {
    ::operator delete(host_, std::align_val_t(alignment));
  }
}

void BatchMemory::upload() {
  const std::size_t outputs = part_bytes_[static_cast<int>(Part::output)];
  if (outputs > 0) std::memset(host_ + start(Part::output), 0, outputs);
  if (!separate()) return;
  const std::size_t up = start(Part::output);
  if (up > 0) cuda_runtime::upload(device_, host_, up);
  if (outputs > 0) cuda_runtime::clear(device_ + up, outputs);
}

void BatchMemory::download() {
  const std::size_t first = start(Part::inout), end = start(Part::local);
  if (separate() && end > first) {
    cuda_runtime::download(host_ + first, device_ + first, end - first);
  }
}

}  // namespace gadolin
