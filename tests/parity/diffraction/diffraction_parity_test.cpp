#include "tests/parity/diffraction_cases.hpp"
#include "tests/parity/gtest_parity.hpp"

GADOLIN_PARITY_TESTS(Diffraction, gadolin::parity::diffraction_cases())
