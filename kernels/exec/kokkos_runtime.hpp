#pragma once

#include <string>

/// The few questions exec asks of Kokkos, so that only kokkos_runtime.cpp and register.hpp name it.
/// The engine runs in Kokkos' default *host* space: bodies are compiled by the host compiler or by
/// nvcc for the cuda engine, never by a Kokkos device back end (docs/decisions/010-engines.md).
namespace gadolin::kokkos_runtime {

bool built();
bool running();     ///< initialised and not yet finalised
bool parallel();    ///< host space runs more than one item at a time
bool initialise();  ///< true if this call did it
void finalise();
std::string describe();

}  // namespace gadolin::kokkos_runtime
