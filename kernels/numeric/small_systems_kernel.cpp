#include "kernels/exec/register.hpp"
#include "kernels/numeric/small_systems.hpp"

GADOLIN_REGISTER_KERNEL(gadolin::CholeskySolveKernel)
GADOLIN_REGISTER_KERNEL(gadolin::NnlsKernel)
GADOLIN_REGISTER_KERNEL(gadolin::BlockTridiagonalKernel)
