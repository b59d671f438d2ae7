#include "io/readers/pattern.hpp"
#include "tests/fuzz/fuzz_reader.hpp"

GADOLIN_FUZZ_READER(gadolin::io::parse_patterns(bytes, "in"))
