#include "kernels/separation/bank_kernel.hpp"

#include "kernels/exec/register.hpp"

GADOLIN_REGISTER_KERNEL(gadolin::separation::BankKernel)
