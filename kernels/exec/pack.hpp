#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "kernels/exec/host_device.hpp"
#if defined(__FMA__) && !defined(__CUDACC__)
#include <immintrin.h>
#endif

namespace gadolin {

/// Pack<T, W>: W values handled as one. W > 1 uses the compiler's vector type on the host; the
/// device only ever instantiates W = 1, which is the plain scalar.
///   load/store    unaligned
///   fma(a, b, c)  a*b + c; one rounding where the target has the instruction
///   exp(x)        relative error < 2e-15 on [-708, 709]; 0 below, infinity above, NaN for NaN
///                 (W = 1 is std::exp, which also has the subnormal results below -708)
///   halving(x)    2^-x for x in 0..1000 and no other, relative error < 1e-12; 2^-64 above 64
///   narrow(a)     the lanes of one or two packs of doubles, rounded to one pack of floats
/// source  exp: Cody & Waite (1980) range reduction, Taylor of degree 13 on |r| <= ln2/2;
///         halving: the same with degree 10, no tests for special values
template <class T, int W>
struct Pack;

template <class T>
struct Pack<T, 1> {
  T v;

  GADOLIN_INLINE Pack() : v(0) {}
  GADOLIN_INLINE Pack(T x) : v(x) {}
  GADOLIN_INLINE static Pack load(const T* p) { return Pack(*p); }
  GADOLIN_INLINE void store(T* p) const { *p = v; }
  GADOLIN_INLINE T operator[](int) const { return v; }
  GADOLIN_INLINE T sum() const { return v; }
  GADOLIN_INLINE friend Pack operator+(Pack a, Pack b) { return Pack(a.v + b.v); }
  GADOLIN_INLINE friend Pack operator-(Pack a, Pack b) { return Pack(a.v - b.v); }
  GADOLIN_INLINE friend Pack operator*(Pack a, Pack b) { return Pack(a.v * b.v); }
  GADOLIN_INLINE friend Pack operator/(Pack a, Pack b) { return Pack(a.v / b.v); }
  GADOLIN_INLINE Pack& operator+=(Pack b) {
    v += b.v;
    return *this;
  }
  GADOLIN_INLINE Pack& operator*=(Pack b) {
    v *= b.v;
    return *this;
  }
};

template <class T>
GADOLIN_INLINE Pack<T, 1> fma(Pack<T, 1> a, Pack<T, 1> b, Pack<T, 1> c) {
#if defined(__CUDA_ARCH__) || defined(__FMA__)
  return Pack<T, 1>(std::fma(a.v, b.v, c.v));
#else
  return Pack<T, 1>(a.v * b.v + c.v);
#endif
}
template <class T>
GADOLIN_INLINE Pack<T, 1> exp(Pack<T, 1> a) {
  return Pack<T, 1>(std::exp(a.v));
}
template <class T>
GADOLIN_INLINE Pack<T, 1> sqrt(Pack<T, 1> a) {
  return Pack<T, 1>(std::sqrt(a.v));
}
GADOLIN_INLINE Pack<double, 1> halving(Pack<double, 1> x) {
  return Pack<double, 1>(std::exp2(x.v < 64.0 ? -x.v : -64.0));
}
GADOLIN_INLINE Pack<float, 1> narrow(const Pack<double, 1> (&a)[1]) {
  return Pack<float, 1>(static_cast<float>(a[0].v));
}

#if !defined(__CUDACC__)
/// The compiler's vector of W values. A struct of its own: inside Pack g++ 12 drops vector_size
/// from a typedef that depends on template parameters.
template <class T, int W>
struct PackRegister {
  static constexpr std::size_t bytes = W * sizeof(T);
  typedef T type __attribute__((vector_size(bytes)));
};

template <class T, int W>
struct Pack {
  using Register = typename PackRegister<T, W>::type;
  Register v;

  Pack() : v{} {}
  Pack(T x) { v = x - Register{}; }
  explicit Pack(Register r) : v(r) {}
  static Pack load(const T* p) {
    Pack pack;
    std::memcpy(&pack.v, p, sizeof pack.v);
    return pack;
  }
  void store(T* p) const { std::memcpy(p, &v, sizeof v); }
  T operator[](int i) const { return v[i]; }
  /// Fixed order, so the result does not depend on the optimiser.
  T sum() const {
    T total = v[0];
    for (int i = 1; i < W; ++i) total += v[i];
    return total;
  }
  friend Pack operator+(Pack a, Pack b) { return Pack(a.v + b.v); }
  friend Pack operator-(Pack a, Pack b) { return Pack(a.v - b.v); }
  friend Pack operator*(Pack a, Pack b) { return Pack(a.v * b.v); }
  friend Pack operator/(Pack a, Pack b) { return Pack(a.v / b.v); }
  Pack& operator+=(Pack b) {
    v += b.v;
    return *this;
  }
  Pack& operator*=(Pack b) {
    v *= b.v;
    return *this;
  }
};

template <class T, int W>
requires(W > 1) inline Pack<T, W> fma(Pack<T, W> a, Pack<T, W> b, Pack<T, W> c) {
  Pack<T, W> r;
#if defined(__FMA__)
  // The instruction itself where it fits: g++ splits the lane loop apart in larger loops.
  if constexpr (std::is_same_v<T, double> && W == 4) {
    r.v = _mm256_fmadd_pd(a.v, b.v, c.v);
  } else if constexpr (std::is_same_v<T, float> && W == 8) {
    r.v = _mm256_fmadd_ps(a.v, b.v, c.v);
  } else {
    for (int i = 0; i < W; ++i) r.v[i] = __builtin_fma(a.v[i], b.v[i], c.v[i]);
  }
#else
  r.v = a.v * b.v + c.v;
#endif
  return r;
}

template <class T, int W>
requires(W > 1) inline Pack<T, W> sqrt(Pack<T, W> a) {
  Pack<T, W> r;
  for (int i = 0; i < W; ++i) r.v[i] = std::sqrt(a.v[i]);
  return r;
}

template <int W>
requires(W > 1) inline Pack<double, W> exp(Pack<double, W> x) {
  using P = Pack<double, W>;
  using Bits = typename PackRegister<std::int64_t, W>::type;
  constexpr double log2e = 1.4426950408889634074;
  constexpr double ln2_hi = 6.93147180369123816490e-01;
  constexpr double ln2_lo = 1.90821492927058770002e-10;
  constexpr double shifter = 6755399441055744.0;  // 1.5 * 2^52: rounds to integer in the low bits
  const typename P::Register lowest = P(-708.0).v, highest = P(709.0).v, given = x.v;
  x.v = x.v < lowest ? lowest : x.v;
  x.v = x.v > highest ? highest : x.v;
  const typename P::Register shifted = x.v * log2e + shifter;
  const typename P::Register n = shifted - shifter;
  P r(x.v - n * ln2_hi - n * ln2_lo);
  P p(1.0 / 6227020800.0);
  p = fma(p, r, P(1.0 / 479001600.0));
  p = fma(p, r, P(1.0 / 39916800.0));
  p = fma(p, r, P(1.0 / 3628800.0));
  p = fma(p, r, P(1.0 / 362880.0));
  p = fma(p, r, P(1.0 / 40320.0));
  p = fma(p, r, P(1.0 / 5040.0));
  p = fma(p, r, P(1.0 / 720.0));
  p = fma(p, r, P(1.0 / 120.0));
  p = fma(p, r, P(1.0 / 24.0));
  p = fma(p, r, P(1.0 / 6.0));
  p = fma(p, r, P(0.5));
  p = fma(p, r, P(1.0));
  p = fma(p, r, P(1.0));
  Bits bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  bits = bits << 52;  // the integer n, added to the exponent field
  Bits value;
  std::memcpy(&value, &p.v, sizeof value);
  value += bits;
  P result;
  std::memcpy(&result.v, &value, sizeof value);
  result.v = given < lowest ? P(0.0).v : result.v;
  result.v = given > highest ? P(std::numeric_limits<double>::infinity()).v : result.v;
  result.v = given != given ? given : result.v;  // NaN in, NaN out
  return result;
}

template <int W>
requires(W > 1) inline Pack<double, W> halving(Pack<double, W> x) {
  using P = Pack<double, W>;
  using Bits = typename PackRegister<std::int64_t, W>::type;
  constexpr double shifter = 6755399441055744.0;  // as in exp
  const typename P::Register highest = P(64.0).v;
  x.v = x.v > highest ? highest : x.v;
  const typename P::Register shifted = shifter - x.v;
  const P r((shifter - shifted) - x.v);  // -x = n + r, |r| <= 1/2
  P p(7.054911620801121e-09);            // ln2^k / k!
  p = fma(p, r, P(1.0178086009239696e-07));
  p = fma(p, r, P(1.3215486790144305e-06));
  p = fma(p, r, P(1.5252733804059837e-05));
  p = fma(p, r, P(1.5403530393381608e-04));
  p = fma(p, r, P(1.3333558146428441e-03));
  p = fma(p, r, P(9.6181291076284769e-03));
  p = fma(p, r, P(5.5504108664821576e-02));
  p = fma(p, r, P(2.4022650695910069e-01));
  p = fma(p, r, P(6.9314718055994529e-01));
  p = fma(p, r, P(1.0));
  Bits bits, value;
  std::memcpy(&bits, &shifted, sizeof bits);
  std::memcpy(&value, &p.v, sizeof value);
  value += bits << 52;
  P result;
  std::memcpy(&result.v, &value, sizeof value);
  return result;
}

inline Pack<float, 8> narrow(const Pack<double, 4> (&a)[2]) {
  Pack<float, 8> r;
#if defined(__FMA__)
  r.v = _mm256_set_m128(_mm256_cvtpd_ps(a[1].v), _mm256_cvtpd_ps(a[0].v));
#else
  for (int i = 0; i < 8; ++i) r.v[i] = static_cast<float>(a[i / 4].v[i % 4]);
#endif
  return r;
}
#endif

}  // namespace gadolin
