#pragma once

/// Host/device markers. A kernel body sees these and nothing else of CUDA.
#if defined(__CUDACC__)
#define GADOLIN_HD __host__ __device__
#define GADOLIN_INLINE __host__ __device__ __forceinline__
#define GADOLIN_RESTRICT __restrict__
#else
#define GADOLIN_HD
#define GADOLIN_INLINE inline
#define GADOLIN_RESTRICT __restrict__
#endif
