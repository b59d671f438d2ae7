# One library per layer and domain; the arrows of scripts/check_layers.py, told to the linker.
gadolin_library(kernels exec OpenMP::OpenMP_CXX)
if(GADOLIN_CUDA)
  file(GLOB cuda_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/kernels/exec/*.cu)
  target_sources(gadolin_kernels_exec PRIVATE ${cuda_sources})
  # Link only: what is not a kernel compiles to the same bytes with and without the engine, so
  # ccache serves a cuda build from a host build.
  target_link_libraries(gadolin_kernels_exec PRIVATE CUDA::cudart_static)
endif()
# Thrust: the toolkit's CCCL when nvcc is used (two Thrusts in one program would clash), Debian's otherwise.
set(gadolin_thrust_system CPP)
find_package(TBB QUIET)
if(TBB_FOUND AND NOT GADOLIN_SANITIZE MATCHES "thread")  # TBB's library is not instrumented: false reports
  set(gadolin_thrust_system TBB)
  target_link_libraries(gadolin_kernels_exec PRIVATE TBB::tbb)
endif()
target_compile_definitions(gadolin_kernels_exec PRIVATE
  $<$<COMPILE_LANGUAGE:CXX>:THRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_${gadolin_thrust_system}>)
if(GADOLIN_CUDA)
  target_include_directories(gadolin_kernels_exec SYSTEM PRIVATE
    $<$<COMPILE_LANGUAGE:CXX>:${CUDAToolkit_INCLUDE_DIRS}/cccl> $<$<COMPILE_LANGUAGE:CXX>:${CUDAToolkit_INCLUDE_DIRS}>)
endif()
if(GADOLIN_KOKKOS AND NOT GADOLIN_KERNELS_ONLY)
  find_package(Kokkos QUIET)
  if(Kokkos_FOUND)
    add_library(gadolin_kokkos INTERFACE)
    if(TARGET trilinos_kokkoscore)  # Debian: the exported Kokkos::kokkos names a missing folder
      target_include_directories(gadolin_kokkos SYSTEM INTERFACE ${Kokkos_INCLUDE_DIRS})
      target_link_libraries(gadolin_kokkos INTERFACE trilinos_kokkoscontainers trilinos_kokkoscore)
    else()
      target_link_libraries(gadolin_kokkos INTERFACE Kokkos::kokkos)
    endif()
    target_compile_definitions(gadolin_kernels_exec PUBLIC GADOLIN_HAS_KOKKOS=1)
    target_link_libraries(gadolin_kernels_exec PUBLIC gadolin_kokkos)
    set_property(GLOBAL APPEND PROPERTY GADOLIN_LIBRARIES gadolin_kokkos)
  else()
    message(STATUS "Kokkos not found: the kokkos engine is left out")
  endif()
endif()
gadolin_library(kernels numeric gadolin_kernels_exec)
gadolin_library(kernels diffraction gadolin_kernels_exec)
gadolin_library(kernels separation gadolin_kernels_exec)

if(NOT GADOLIN_KERNELS_ONLY)
  find_package(Eigen3 3.4 REQUIRED NO_MODULE)
  find_path(GADOLIN_BOOST boost/random/sobol.hpp REQUIRED)  # headers only
  find_package(fmt REQUIRED)
  find_package(nlohmann_json REQUIRED)
  find_package(tomlplusplus REQUIRED)
  find_package(CLI11 REQUIRED)
  find_package(pugixml REQUIRED)
  find_package(ZLIB REQUIRED)
  find_package(OpenSSL REQUIRED COMPONENTS Crypto)
  find_package(GadolinLibzip REQUIRED)
  find_path(GADOLIN_GEMMI_INCLUDE gemmi/cif.hpp REQUIRED)  # header-only, with PEGTL
  find_package(HDF5 REQUIRED COMPONENTS C HL)

  gadolin_library(models core fmt::fmt)
  gadolin_library(models diffraction gadolin_models_core gadolin_kernels_diffraction gadolin_kernels_numeric Eigen3::Eigen)
  gadolin_library(models assay gadolin_models_core Eigen3::Eigen)
  gadolin_library(models separation gadolin_models_core gadolin_kernels_separation gadolin_kernels_numeric Eigen3::Eigen)
  gadolin_library(models origin gadolin_models_core gadolin_kernels_numeric Eigen3::Eigen)
  gadolin_library(models recovery gadolin_models_diffraction gadolin_models_assay gadolin_models_separation gadolin_models_origin)

  gadolin_library(io readers gadolin_models_core pugixml::pugixml ZLIB::ZLIB nlohmann_json::nlohmann_json OpenSSL::Crypto
    Gadolin::libzip HDF5::HDF5)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")  # gemmi 0.5 holds a vector of an incomplete type, which clang 14 refuses in C++20
    set_source_files_properties(io/readers/cif.cpp PROPERTIES COMPILE_OPTIONS -std=c++17)
  endif()
  gadolin_library(io config gadolin_io_readers tomlplusplus::tomlplusplus)
  target_compile_definitions(gadolin_io_config PRIVATE GADOLIN_SOURCE_DATASETS="${CMAKE_CURRENT_SOURCE_DIR}/datasets")
  gadolin_library(io store gadolin_models_core gadolin_io_readers nlohmann_json::nlohmann_json hdf5::hdf5_hl HDF5::HDF5)
endif()
