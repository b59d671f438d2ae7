# Compiler flags, ccache, CUDA and the helper that makes one library per layer and domain.
find_program(GADOLIN_CCACHE ccache)
if(GADOLIN_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${GADOLIN_CCACHE})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${GADOLIN_CCACHE})
endif()

if(GADOLIN_CUDA)
  # Before the first target: later the targets would lack CUDA_ARCHITECTURES.
  if(NOT CMAKE_CUDA_COMPILER AND EXISTS /usr/local/cuda/bin/nvcc)
    set(CMAKE_CUDA_COMPILER /usr/local/cuda/bin/nvcc)
  endif()
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 90)
  endif()
  enable_language(CUDA)
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake 3.25 does not know C++20 for nvcc
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
  endif()
  set(CMAKE_CUDA_STANDARD 20)
  find_package(CUDAToolkit REQUIRED)
endif()

find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(Threads REQUIRED)

add_library(gadolin_flags INTERFACE)
target_include_directories(gadolin_flags INTERFACE
  $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}> $<INSTALL_INTERFACE:include/gadolin>)
target_compile_features(gadolin_flags INTERFACE cxx_std_20)
target_compile_options(gadolin_flags INTERFACE
  $<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-march=${GADOLIN_MARCH}>>
  $<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr;-Xptxas=-v>>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # One rounding everywhere: no contraction decided by the optimiser, so thread count and
  # inlining cannot change a bit of a result. Kernels ask for fma explicitly (kernels/exec/pack.hpp).
  target_compile_options(gadolin_flags INTERFACE $<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off>>)
endif()
if(GADOLIN_SANITIZE)
  target_compile_options(gadolin_flags INTERFACE $<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${GADOLIN_SANITIZE};-fno-omit-frame-pointer;-g1>>)
  # GCC needs minutes per file of Eigen expressions for debug locations and for checks that
  # AddressSanitizer and the processor make anyway; clang (fuzz and tsan builds) checks everything.
  target_compile_options(gadolin_flags INTERFACE
    $<BUILD_INTERFACE:$<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-var-tracking;-fno-sanitize=null,alignment,object-size>>)
  target_link_options(gadolin_flags INTERFACE -fsanitize=${GADOLIN_SANITIZE})
endif()
target_link_libraries(gadolin_flags INTERFACE Threads::Threads)

# gadolin_library(layer domain [libraries...]): static library gadolin_<layer>_<domain> from every
# source below <layer>/<domain>. Kernel sources (kernels/<domain>/*_kernel.cpp) are compiled a second
# time by nvcc when GADOLIN_CUDA is on.
function(gadolin_library layer domain)
  set(name gadolin_${layer}_${domain})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${layer}/${domain}/*.cpp)
  if(NOT sources)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE gadolin_flags ${ARGN})
  else()
    add_library(${name} STATIC ${sources})
    if(layer STREQUAL "kernels" AND GADOLIN_CUDA)
      target_compile_definitions(${name} PRIVATE GADOLIN_HAS_CUDA=1)
      foreach(source IN LISTS sources)
        if(source MATCHES "_kernel\\.cpp$")
          get_filename_component(stem ${source} NAME_WE)
          set(twin ${CMAKE_CURRENT_BINARY_DIR}/cuda/${domain}/${stem}.cu)
          file(CONFIGURE OUTPUT ${twin} CONTENT "#include \"${source}\"\n" @ONLY)
          target_sources(${name} PRIVATE ${twin})
        endif()
      endforeach()
    endif()
    target_link_libraries(${name} PUBLIC gadolin_flags ${ARGN})
  endif()
  add_library(gadolin::${layer}_${domain} ALIAS ${name})
  set_property(GLOBAL APPEND PROPERTY GADOLIN_LIBRARIES ${name})
endfunction()
