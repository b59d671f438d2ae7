# The kernels, their parity check and their benchmarks alone: a compiler (with OpenMP) and, for the
# cuda engine, the CUDA toolkit. No Kokkos, GoogleTest, Google Benchmark, HDF5 or Eigen is looked for.
#   cmake -S . -B build/kernels -DGADOLIN_KERNELS_ONLY=ON [-DGADOLIN_CUDA=ON]
#   build/kernels/gadolin_parity        every engine against serial
#   build/kernels/gadolin_bench_plain   rates and roofline fractions
set(gadolin_kernel_libraries
  gadolin_kernels_diffraction gadolin_kernels_separation gadolin_kernels_numeric gadolin_kernels_exec)

add_executable(gadolin_parity tests/parity/parity_main.cpp)
target_link_libraries(gadolin_parity PRIVATE ${gadolin_kernel_libraries})

add_executable(gadolin_bench_plain bench/plain_main.cpp)
target_link_libraries(gadolin_bench_plain PRIVATE ${gadolin_kernel_libraries})

enable_testing()
add_test(NAME kernels_parity COMMAND gadolin_parity)
