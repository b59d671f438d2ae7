#include "models/separation/kremser.hpp"

#include <algorithm>
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

double fenske_stages(double separation_factor, double purity_a, double purity_b) {
  return (std::log(purity_a / (1.0 - purity_a)) + std::log(purity_b / (1.0 - purity_b))) /
         std::log(separation_factor);
}

ConstantFlowDesign design_constant_flow(double separation_factor, double feed_fraction_a,
                                        double purity_a, double purity_b) {
  const double f_a = feed_fraction_a, f_b = 1.0 - feed_fraction_a;
  const double a = purity_a / (1.0 - purity_a) / (f_a / f_b);
  const double b = purity_b / (1.0 - purity_b) / (f_b / f_a);
  ConstantFlowDesign d;
  d.organic_product = f_a * (a * (b - 1.0) / (a * b - 1.0)) / purity_a;
  d.aqueous_product = f_b * (b * (a - 1.0) / (a * b - 1.0)) / purity_b;
  const double root = std::sqrt(separation_factor);
  d.solvent = std::max(d.aqueous_product / (root - 1.0), root * d.organic_product / (root - 1.0));
  d.scrub = d.solvent - d.organic_product;
  d.extraction_ratio = d.solvent / (d.scrub + 1.0);
  d.scrub_ratio = d.solvent / d.scrub;
  d.extraction_stages = std::log(b) / std::log(separation_factor * d.extraction_ratio);
  d.scrub_stages = std::log(a) / std::log(separation_factor / d.scrub_ratio);
  return d;
}

ConstantFlowResult solve_constant_flow(double separation_factor, double feed_fraction_a,
                                       double solvent, double scrub, int extraction_stages,
                                       int scrub_stages) {
  const double beta = separation_factor;
  const double f_a_out = solvent - scrub, f_b_out = scrub + 1.0 - solvent;
  // Given x_1, climb to y_N with the balance over the whole cascade for y_N in the scrub section:
  // y_N follows from f_A = f'_B x_1 + f'_A y_N. The last stage must agree.
  const auto mismatch = [&](double x1) {
    const double y_top = (feed_fraction_a - f_b_out * x1) / f_a_out;
    double x = x1;
    double y = 0.0;
    for (int j = 1; j <= extraction_stages + scrub_stages; ++j) {
      y = beta * x / (1.0 + (beta - 1.0) * x);
      if (j == extraction_stages + scrub_stages) break;
      x = j < extraction_stages ? (solvent * y + f_b_out * x1) / (scrub + 1.0)
                                : (solvent * y - f_a_out * y_top) / scrub;
      if (x > 1.0) return 1.0;   // climbed too fast: x_1 too large
      if (x < 0.0) return -1.0;  // fell out below: too small
    }
    return y - y_top;
  };
  double low = std::log(1e-14), high = std::log(std::min(1.0, feed_fraction_a / f_b_out));
  for (int it = 0; it < 200; ++it) {
    const double mid = 0.5 * (low + high);
    (mismatch(std::exp(mid)) > 0.0 ? high : low) = mid;
  }
  const double x1 = std::exp(0.5 * (low + high));
  return {1.0 - x1, (feed_fraction_a - f_b_out * x1) / f_a_out};
}

}  // namespace gadolin::separation
