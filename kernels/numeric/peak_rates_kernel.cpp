#include "kernels/exec/register.hpp"
#include "kernels/numeric/peak_rates.hpp"

GADOLIN_REGISTER_KERNEL(gadolin::FmaPeakKernel)
GADOLIN_REGISTER_KERNEL(gadolin::TriadKernel)
