#include "tests/parity/gtest_parity.hpp"
#include "tests/parity/separation_cases.hpp"

GADOLIN_PARITY_TESTS(Separation, gadolin::parity::separation_cases())
