#pragma once

#include <cstddef>
#include <new>

#include "kernels/exec/engine.hpp"

namespace gadolin {

/// Memory of one chunk of a batch: all inputs go up in one copy, all outputs come down in one.
/// On host engines nothing is copied: host and device pointers are the same.
///
///   BatchMemory memory(engine);
///   auto counts = memory.input<double>(n_patterns * n_points);   // declare every field first
///   auto parameters = memory.inout<double>(n_patterns * n);      // up and down
///   auto rwp = memory.output<double>(n_patterns);
///   auto work = memory.local<double>(n);                         // never leaves the device
///   memory.allocate();
///   std::copy(..., memory.host(counts));
///   memory.upload();
///   launch<Kernel>(engine, n_patterns, {memory.device(counts), ..., memory.device(rwp)});
///   memory.download();
///   use(memory.host(rwp));
///
/// A BatchMemory may be reused for the next chunk of the same shape: fill and upload() again.
/// upload() also sets every output to 0, so an item that writes nothing never shows the value of
/// another chunk; what was put into an output on the host is lost (that is what inout is for).
/// Fields start on 128-byte boundaries. Declaring after allocate(), or allocating twice, throws
/// std::logic_error. host() of a local field is null where device memory is separate.
class BatchMemory {
 public:
  template <class T>
  struct Field {
    std::size_t offset = 0;
    std::size_t size = 0;
  };

  explicit BatchMemory(const Engine& engine) : engine_(engine) {}
  ~BatchMemory();
  BatchMemory(const BatchMemory&) = delete;
  BatchMemory& operator=(const BatchMemory&) = delete;

  template <class T>
  Field<T> input(std::size_t n) {
    return {reserve(Part::input, n, sizeof(T)), n};
  }
  template <class T>
  Field<T> inout(std::size_t n) {
    return {reserve(Part::inout, n, sizeof(T)), n};
  }
  template <class T>
  Field<T> output(std::size_t n) {
    return {reserve(Part::output, n, sizeof(T)), n};
  }
  template <class T>
  Field<T> local(std::size_t n) {
    return {reserve(Part::local, n, sizeof(T)), n};
  }

  /// Sizes are final from here on. All memory is zeroed, on host and device.
  /// throws std::bad_alloc, DeviceError, std::logic_error
  void allocate();
  void upload();
  void download();

  template <class T>
  T* host(Field<T> field) const {
    return reinterpret_cast<T*>(host_at(field.offset));
  }
  template <class T>
  T* device(Field<T> field) const {
    return reinterpret_cast<T*>(device_ + place(field.offset));
  }

  /// Device bytes of all fields, alignment included.
  std::size_t bytes() const;

 private:
  enum class Part { input, inout, output, local };  // in this order in memory

  std::size_t reserve(Part part, std::size_t n, std::size_t item_bytes);
  std::size_t start(Part part) const;
  std::size_t place(std::size_t tagged) const;
  char* host_at(std::size_t tagged) const;
  bool separate() const { return engine_.kind == EngineKind::cuda; }

  Engine engine_;
  std::size_t part_bytes_[4] = {0, 0, 0, 0};
  char* host_ = nullptr;
  char* device_ = nullptr;
};

}  // namespace gadolin
