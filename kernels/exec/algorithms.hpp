#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/exec/engine.hpp"

/// Sort, scan and reduce by Thrust behind plain pointers (host: TBB system; device: CUB).
/// Pointers must be readable where the engine runs (BatchMemory::device). Results are the same on
/// every run: sorts are stable, sums run in a fixed order on the host; on the device a sum may
/// differ from the host's in the last bits.
namespace gadolin::algorithms {

/// Sorts keys [n] ascending and carries values [n] along; stable.
void sort_by_key(const Engine& engine, double* keys, std::int32_t* values, std::size_t n);
/// out[i] = in[0] + ... + in[i-1]; in and out may be the same array of n.
void exclusive_scan(const Engine& engine, const std::int32_t* in, std::int32_t* out, std::size_t n);
/// Sum of values [n].
double sum(const Engine& engine, const double* values, std::size_t n);

}  // namespace gadolin::algorithms
