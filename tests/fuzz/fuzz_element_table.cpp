#include "io/readers/element_table.hpp"
#include "tests/fuzz/fuzz_reader.hpp"

GADOLIN_FUZZ_READER(gadolin::io::parse_element_table(bytes, "in"))
