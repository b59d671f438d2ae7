#include "models/separation/kremser.hpp"

#include <cmath>

namespace gadolin::separation {

double kremser_raffinate_fraction(double extraction_factor, int stages) {
  // 1 / (1 + E + ... + E^n): the closed form without its 0/0 at E = 1
  double sum = 1.0, power = 1.0;
  for (int i = 0; i < stages; ++i) {
    power *= extraction_factor;
    sum += power;
  }
  return 1.0 / sum;
}

double overall_efficiency(double extraction_factor, double efficiency) {
  const double e = extraction_factor - 1.0;
  if (e == 0.0) return efficiency;
  return std::log1p(efficiency * e) / std::log1p(e);
}

}  // namespace gadolin::separation
