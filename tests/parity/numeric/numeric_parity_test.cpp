#include "tests/parity/gtest_parity.hpp"
#include "tests/parity/numeric_cases.hpp"

GADOLIN_PARITY_TESTS(Numeric, gadolin::parity::numeric_cases())
