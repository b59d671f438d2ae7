#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gadolin {

/// Where kernel bodies run.
enum class EngineKind {
  serial,       ///< plain loop: the reference every test compares with
  openmp,       ///< one item per thread
  kokkos,       ///< Kokkos RangePolicy over the host space Kokkos was built for
  cuda,         ///< one thread block per item
  thread_team,  ///< tests only: four real threads per item
};

struct Engine {
  EngineKind kind = EngineKind::serial;
  int threads = 1;  ///< host threads of openmp; members of thread_team
};

/// An engine that was asked for cannot run here. what() says why and which engines can.
class EngineUnavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A device call failed. what() names the kernel and the runtime's own message.
class DeviceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// "serial", "openmp", "kokkos", "cuda", "thread_team".
const char* to_string(EngineKind kind);

/// Engines that can run now, in the order of preference of "auto".
std::vector<EngineKind> available_engines();

/// Engine for a name; "auto" takes cuda if a device answers, else kokkos if its host space is
/// parallel, else openmp. threads <= 0 means all the process may use (OMP_NUM_THREADS honoured).
/// throws EngineUnavailable when a named engine cannot run: never a silent fallback
Engine make_engine(std::string_view name, int threads = 0);

/// Device of the cuda engine in words ("NVIDIA H200, sm_90, driver 12.8"), or why there is none.
std::string describe_cuda_device();

/// What the kokkos engine was built for ("Serial (Kokkos 3.4.1)"), or "not built".
std::string describe_kokkos();

/// Brings the engines up (Kokkos) and down again; make one in main() before the first launch.
class EngineRuntime {
 public:
  EngineRuntime();
  ~EngineRuntime();
  EngineRuntime(const EngineRuntime&) = delete;
  EngineRuntime& operator=(const EngineRuntime&) = delete;

 private:
  bool owns_kokkos_ = false;
};

}  // namespace gadolin
