#include "io/readers/pattern_formats.hpp"
#include "tests/fuzz/fuzz_reader.hpp"

GADOLIN_FUZZ_READER(gadolin::io::parse_nexus(bytes, "in", 1))
