#include "bench/google_bench.hpp"
#include "bench/separation_cases.hpp"

GADOLIN_BENCHMARKS(gadolin::bench::separation_cases())
