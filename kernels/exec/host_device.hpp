#pragma once

/// Host/device markers. A kernel body sees these and nothing else of CUDA.
#if defined(__CUDACC__)
#define GADOLIN_HD __host__ __device__
#define GADOLIN_INLINE __host__ __device__ __forceinline__
#define GADOLIN_RESTRICT __restrict__
/// A real call on the device: keeps what is needed once per item out of the registers of the loops.
#define GADOLIN_CALLED __host__ __device__ __noinline__
#else
#define GADOLIN_HD
#define GADOLIN_INLINE inline
#define GADOLIN_CALLED
#define GADOLIN_RESTRICT __restrict__
#endif
