#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/exec/host_device.hpp"
#include "kernels/exec/pack.hpp"

/// What the bank solver needs of Pack<double, W> beyond arithmetic: W designs side by side, one per
/// lane. No operation mixes lanes, so a lane's bits do not depend on its neighbours.
namespace gadolin::separation {

template <int W>
using Lanes = Pack<double, W>;

template <int W>
GADOLIN_INLINE double lane_of(const Lanes<W>& v, int l) {
  return v[l];
}
GADOLIN_INLINE void set_lane(Lanes<1>& v, int, double x) { v.v = x; }
/// a where c > 0, else b (also where c is NaN)
GADOLIN_INLINE double where_positive(double c, double a, double b) { return c > 0.0 ? a : b; }
GADOLIN_INLINE Lanes<1> where_positive(Lanes<1> c, Lanes<1> a, Lanes<1> b) {
  return c.v > 0.0 ? a : b;
}
GADOLIN_INLINE Lanes<1> log(Lanes<1> a) { return Lanes<1>(std::log(a.v)); }

#if !defined(__CUDACC__)
template <int W>
requires(W > 1) inline void set_lane(Lanes<W>& v, int l, double x) { v.v[l] = x; }
template <int W>
requires(W > 1) inline Lanes<W> where_positive(Lanes<W> c, Lanes<W> a, Lanes<W> b) {
  return Lanes<W>(c.v > Lanes<W>(0.0).v ? a.v : b.v);
}
/// Natural logarithm of positive normal numbers, error below 2 ulp and small against 1 near 1; NaN
/// for the rest but infinity.
/// source  ln m = 2 atanh((m - 1)/(m + 1)) with m in [sqrt(1/2), sqrt 2), series to s^21
template <int W>
requires(W > 1) inline Lanes<W> log(Lanes<W> x) {
  using V = Lanes<W>;
  using Bits = typename PackRegister<std::int64_t, W>::type;
  Bits bits;
  std::memcpy(&bits, &x.v, sizeof bits);
  // Exponent such that the mantissa lies around 1.
  const Bits shifted = bits - 0x3fe6a09e667f3bcdLL;
  const Bits exponent = shifted >> 52;
  const Bits mantissa = bits - (exponent << 52);
  V m;
  std::memcpy(&m.v, &mantissa, sizeof mantissa);
  V e;
  e.v = __builtin_convertvector(exponent, typename V::Register);
  const V s = (m - V(1.0)) / (m + V(1.0));
  const V z = s * s;
  V p(2.0 / 21.0);
  p = fma(p, z, V(2.0 / 19.0));
  p = fma(p, z, V(2.0 / 17.0));
  p = fma(p, z, V(2.0 / 15.0));
  p = fma(p, z, V(2.0 / 13.0));
  p = fma(p, z, V(2.0 / 11.0));
  p = fma(p, z, V(2.0 / 9.0));
  p = fma(p, z, V(2.0 / 7.0));
  p = fma(p, z, V(2.0 / 5.0));
  p = fma(p, z, V(2.0 / 3.0));
  p = p * z * s;
  const V low = fma(e, V(1.90821492927058770002e-10), p);
  V r = fma(e, V(6.93147180369123816490e-01), fma(V(2.0), s, low));
  const V lowest(2.2250738585072014e-308), highest(1.7976931348623157e308);
  r.v = x.v >= lowest.v && x.v <= highest.v ? r.v : (x.v - x.v) / (x.v - x.v);
  return r;
}
#endif

template <int W>
GADOLIN_INLINE Lanes<W> lane_max(Lanes<W> a, Lanes<W> b) {
  return where_positive(a - b, a, b);
}
template <int W>
GADOLIN_INLINE Lanes<W> lane_abs(Lanes<W> a) {
  return where_positive(a, a, Lanes<W>(0.0) - a);
}

}  // namespace gadolin::separation
