#pragma once

#include <cstddef>
#include <vector>

#include "kernels/exec/engine.hpp"

namespace gadolin {

/// Memory of one chunk of a batch: all inputs go up in one copy, all outputs come down in one.
/// On host engines nothing is copied: host and device pointers are the same.
///
///   BatchMemory memory(engine);
///   auto counts = memory.input<double>(n_patterns * n_points);   // declare every field first
///   auto rwp = memory.output<double>(n_patterns);
///   auto work = memory.local<double>(n);                         // never leaves the device
///   memory.allocate();
///   std::copy(..., memory.host(counts));
///   memory.upload();
///   launch<Kernel>(engine, n_patterns, {memory.device(counts), memory.device(rwp)});
///   memory.download();
///   use(memory.host(rwp));
///
/// A BatchMemory may be reused for the next chunk of the same shape: upload() again.
class BatchMemory {
 public:
  template <class T>
  struct Field {
    std::size_t offset = 0;
    std::size_t size = 0;
    bool on_host = true;
  };

  explicit BatchMemory(const Engine& engine) : engine_(engine) {}
  ~BatchMemory();
  BatchMemory(const BatchMemory&) = delete;
  BatchMemory& operator=(const BatchMemory&) = delete;

  template <class T>
  Field<T> input(std::size_t n) {
    return {reserve(inputs_, n * sizeof(T)), n, true};
  }
  template <class T>
  Field<T> output(std::size_t n) {
    return {reserve(outputs_, n * sizeof(T)) | output_bit, n, true};
  }
  template <class T>
  Field<T> local(std::size_t n) {
    return {reserve(locals_, n * sizeof(T)) | local_bit, n, false};
  }

  /// Sizes are final from here on. Memory is zeroed on the host.
  /// throws std::bad_alloc, DeviceError
  void allocate();
  void upload();
  void download();

  template <class T>
  T* host(Field<T> field) const {
    return reinterpret_cast<T*>(host_ + place(field.offset));
  }
  template <class T>
  T* device(Field<T> field) const {
    return reinterpret_cast<T*>(device_ + place(field.offset));
  }

  std::size_t bytes() const { return inputs_ + outputs_ + locals_; }

 private:
  static constexpr std::size_t output_bit = std::size_t{1} << 62;
  static constexpr std::size_t local_bit = std::size_t{1} << 61;

  static std::size_t reserve(std::size_t& total, std::size_t bytes);
  std::size_t place(std::size_t tagged) const;
  bool separate() const;

  Engine engine_;
  std::size_t inputs_ = 0;
  std::size_t outputs_ = 0;
  std::size_t locals_ = 0;
  char* host_ = nullptr;
  char* device_ = nullptr;
};

}  // namespace gadolin
