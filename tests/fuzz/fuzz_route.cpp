#include "io/config/route.hpp"
#include "tests/fuzz/fuzz_reader.hpp"

GADOLIN_FUZZ_READER(gadolin::config::parse_route(bytes, "in"))
