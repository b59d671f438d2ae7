#include "kernels/diffraction/screen.hpp"
#include "kernels/exec/register.hpp"

GADOLIN_REGISTER_KERNEL(gadolin::diffraction::ScreenKernel)
GADOLIN_REGISTER_KERNEL(gadolin::diffraction::ScreenGramKernel)
