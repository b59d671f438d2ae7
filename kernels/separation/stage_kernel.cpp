#include "kernels/separation/stage_kernel.hpp"

#include "kernels/exec/register.hpp"

GADOLIN_REGISTER_KERNEL(gadolin::separation::StageKernel)
