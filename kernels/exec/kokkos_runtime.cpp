#include "kernels/exec/kokkos_runtime.hpp"

#if defined(GADOLIN_HAS_KOKKOS)
#include <Kokkos_Core.hpp>

namespace gadolin::kokkos_runtime {

namespace {
using Exec = Kokkos::DefaultHostExecutionSpace;
}  // namespace

bool built() { return true; }

bool running() { return Kokkos::is_initialized(); }

bool parallel() { return running() && Exec().concurrency() > 1; }

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

}  // namespace gadolin::kokkos_runtime

#else

namespace gadolin::kokkos_runtime {

bool built() { return false; }
bool running() { return false; }
bool parallel() { return false; }
bool initialise() { return false; }
void finalise() {}
std::string describe() {
  return "not in this build; configure where find_package(Kokkos) succeeds";
}

}  // namespace gadolin::kokkos_runtime
#endif
