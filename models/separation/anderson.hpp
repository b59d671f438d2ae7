#pragma once

#include <deque>
#include <vector>

namespace gadolin::separation {

/// Anderson's acceleration of x = g(x), depth 5. Each entry has a weight that makes entries
/// comparable.
class Anderson {
 public:
  /// The next x after g(x) = image; plain g(x) where the accelerated point is not `usable`.
  template <class Usable>
  std::vector<double> next(const std::vector<double>& x, const std::vector<double>& image,
                           const std::vector<double>& weight, Usable&& usable) {
    std::vector<double> mixed = mix(x, image, weight);
    return usable(mixed) ? mixed : image;
  }

 private:
  std::vector<double> mix(const std::vector<double>& x, const std::vector<double>& image,
                          const std::vector<double>& weight);
  std::deque<std::vector<double>> points_, images_;
};

}  // namespace gadolin::separation
