#include "kernels/diffraction/refine.hpp"
#include "kernels/exec/register.hpp"

GADOLIN_REGISTER_KERNEL(gadolin::diffraction::RefineKernel)
GADOLIN_REGISTER_KERNEL(gadolin::diffraction::StartKernel)
