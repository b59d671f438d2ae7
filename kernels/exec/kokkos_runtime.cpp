#include "kernels/exec/kokkos_runtime.hpp"

#include <cstring>

#include "kernels/exec/engine.hpp"

#if defined(GADOLIN_HAS_KOKKOS)
#include <Kokkos_Core.hpp>

namespace gadolin::kokkos_runtime {

namespace {
using Exec = Kokkos::DefaultExecutionSpace;
using Memory = Exec::memory_space;
constexpr bool host_reads = Kokkos::Impl::MemorySpaceAccess<Kokkos::HostSpace, Memory>::accessible;
using HostBytes = Kokkos::View<char*, Kokkos::HostSpace, Kokkos::MemoryUnmanaged>;
using DeviceBytes = Kokkos::View<char*, Memory, Kokkos::MemoryUnmanaged>;
}  // namespace

bool built() { return true; }

bool parallel() {
  if (!Kokkos::is_initialized()) return false;
  return Exec().concurrency() > 1;
}

bool device_memory() { return !host_reads; }

bool initialise() {
  if (Kokkos::is_initialized()) return false;
  Kokkos::initialize();
  return true;
}

void finalise() { Kokkos::finalize(); }

std::string describe() {
  const int version = KOKKOS_VERSION;
  return std::string(Exec::name()) + " (Kokkos " + std::to_string(version / 10000) + "." +
         std::to_string(version / 100 % 100) + "." + std::to_string(version % 100) + ")";
}

void* allocate(std::size_t bytes) { return Kokkos::kokkos_malloc<Memory>(bytes); }
void release(void* memory) { Kokkos::kokkos_free<Memory>(memory); }

void upload(void* device, const void* host, std::size_t bytes) {
  Kokkos::deep_copy(DeviceBytes(static_cast<char*>(device), bytes),
                    HostBytes(const_cast<char*>(static_cast<const char*>(host)), bytes));
}

void download(void* host, const void* device, std::size_t bytes) {
  Kokkos::deep_copy(HostBytes(static_cast<char*>(host), bytes),
                    DeviceBytes(const_cast<char*>(static_cast<const char*>(device)), bytes));
}

}  // namespace gadolin::kokkos_runtime

#else

namespace gadolin::kokkos_runtime {

namespace {
[[noreturn]] void absent() { throw EngineUnavailable("this build has no Kokkos"); }
}  // namespace

bool built() { return false; }
bool parallel() { return false; }
bool device_memory() { return false; }
bool initialise() { return false; }
void finalise() {}
std::string describe() {
  return "not in this build; configure where find_package(Kokkos) succeeds";
}
void* allocate(std::size_t) { absent(); }
void release(void*) {}
void upload(void*, const void*, std::size_t) { absent(); }
void download(void*, const void*, std::size_t) { absent(); }

}  // namespace gadolin::kokkos_runtime
#endif
