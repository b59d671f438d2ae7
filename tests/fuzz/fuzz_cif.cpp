#include "io/readers/cif.hpp"
#include "tests/fuzz/fuzz_reader.hpp"

GADOLIN_FUZZ_READER(gadolin::io::parse_cif(bytes, "in"))
