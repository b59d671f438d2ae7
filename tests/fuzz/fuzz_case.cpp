#include "io/config/case.hpp"
#include "tests/fuzz/fuzz_reader.hpp"

GADOLIN_FUZZ_READER(gadolin::config::parse_case(bytes, "in", false))
