#pragma once

#include "kernels/exec/host_device.hpp"

namespace gadolin {

/// Compensated running sum (Neumaier): the error stays near one rounding of the result, whatever
/// the order of the terms, also when a term is larger than the sum so far.
///   StableSum sum;  sum.add(x);  sum.value()
/// cost   7 flop per term. Needs a compiler that keeps IEEE order (no -ffast-math).
/// source Neumaier, Z. angew. Math. Mech. 54 (1974) 39; docs/theory/numeric.md#sums
class StableSum {
 public:
  GADOLIN_INLINE void add(double x) {
    const double next = sum_ + x;
    const double larger = absolute(sum_) >= absolute(x) ? sum_ : x;
    const double smaller = absolute(sum_) >= absolute(x) ? x : sum_;
    lost_ += (larger - next) + smaller;
    sum_ = next;
  }
  GADOLIN_INLINE double value() const { return sum_ + lost_; }

 private:
  GADOLIN_INLINE static double absolute(double x) { return x < 0.0 ? -x : x; }

  double sum_ = 0.0;
  double lost_ = 0.0;
};

}  // namespace gadolin
