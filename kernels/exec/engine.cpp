#include "kernels/exec/engine.hpp"

#include <algorithm>

#include <omp.h>

#include "kernels/exec/cuda_runtime.hpp"
#include "kernels/exec/kokkos_runtime.hpp"

namespace gadolin {

const char* to_string(EngineKind kind) {
  switch (kind) {
    case EngineKind::serial:
      return "serial";
    case EngineKind::openmp:
      return "openmp";
    case EngineKind::kokkos:
      return "kokkos";
    case EngineKind::cuda:
      return "cuda";
    case EngineKind::thread_team:
      return "thread_team";
  }
  return "unknown";
}

std::vector<EngineKind> available_engines() {
  std::vector<EngineKind> kinds;
  if (cuda_runtime::device_count() > 0) kinds.push_back(EngineKind::cuda);
  if (kokkos_runtime::built() && kokkos_runtime::parallel()) kinds.push_back(EngineKind::kokkos);
  kinds.push_back(EngineKind::openmp);
  if (kokkos_runtime::built() && !kokkos_runtime::parallel()) kinds.push_back(EngineKind::kokkos);
  kinds.push_back(EngineKind::serial);
  return kinds;
}

namespace {
/// "engine cuda: why; engines that can run here: openmp, serial".
[[noreturn]] void unavailable(const std::string& why, const std::vector<EngineKind>& kinds) {
  std::string names;
  for (EngineKind kind : kinds) names += (names.empty() ? "" : ", ") + std::string(to_string(kind));
  throw EngineUnavailable(why + "; engines that can run here: " + names);
}
}  // namespace

Engine make_engine(std::string_view name, int threads) {
  const int all = omp_get_max_threads();
  const int wanted = threads > 0 ? threads : std::max(1, all);
  const auto kinds = available_engines();
  if (name == "auto") return {kinds.front(), wanted};
  if (name == "thread_team") return {EngineKind::thread_team, threads > 0 ? threads : 4};
  for (EngineKind kind :
       {EngineKind::serial, EngineKind::openmp, EngineKind::kokkos, EngineKind::cuda}) {
    if (name != to_string(kind)) continue;
    if (std::find(kinds.begin(), kinds.end(), kind) != kinds.end()) {
      return {kind, kind == EngineKind::serial ? 1 : wanted};
    }
    unavailable(kind == EngineKind::cuda ? "engine cuda: " + describe_cuda_device()
                                         : "engine kokkos: " + describe_kokkos(),
                kinds);
  }
  unavailable("engine \"" + std::string(name) + "\" is unknown", kinds);
}

std::string describe_cuda_device() { return cuda_runtime::describe(); }

std::string describe_kokkos() { return kokkos_runtime::describe(); }

EngineRuntime::EngineRuntime() { owns_kokkos_ = kokkos_runtime::initialise(); }

EngineRuntime::~EngineRuntime() {
  if (owns_kokkos_) kokkos_runtime::finalise();
}

}  // namespace gadolin
