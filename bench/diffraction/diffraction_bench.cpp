#include "bench/diffraction_cases.hpp"
#include "bench/google_bench.hpp"

GADOLIN_BENCHMARKS(gadolin::bench::diffraction_cases())
