#pragma once

#include <cstddef>
#include <vector>

namespace gadolin::diffraction {

/// Sum of a b w over three arrays of one length; four partial sums, always in the same order.
inline double dot(const std::vector<double>& a, const std::vector<double>& b,
                  const std::vector<double>& w) {
  double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0;
  std::size_t k = 0;
  for (; k + 4 <= a.size(); k += 4) {
    s0 += a[k] * b[k] * w[k];
    s1 += a[k + 1] * b[k + 1] * w[k + 1];
    s2 += a[k + 2] * b[k + 2] * w[k + 2];
    s3 += a[k + 3] * b[k + 3] * w[k + 3];
  }
  for (; k < a.size(); ++k) s0 += a[k] * b[k] * w[k];
  return (s0 + s1) + (s2 + s3);
}

}  // namespace gadolin::diffraction
