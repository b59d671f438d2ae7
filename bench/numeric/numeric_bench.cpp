#include "bench/google_bench.hpp"
#include "bench/numeric_cases.hpp"

GADOLIN_BENCHMARKS(gadolin::bench::numeric_cases())
