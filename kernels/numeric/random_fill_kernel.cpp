#include "kernels/exec/register.hpp"
#include "kernels/numeric/random_fill.hpp"

GADOLIN_REGISTER_KERNEL(gadolin::RandomFillKernel)
