#include "models/diffraction/limits.hpp"

#include <algorithm>

namespace gadolin::diffraction {

double upper_limit_95(double estimate, double u) {
  return std::max(0.0, estimate) + one_sided_95 * u;
}

double upper_limit_95(double scale, double u_scale, double zmv, double rest) {
  const double most = upper_limit_95(scale, u_scale) * zmv;
  return rest > 0.0 ? most / (most + rest) : 1.0;
}

}  // namespace gadolin::diffraction
