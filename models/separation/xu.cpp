#include "models/separation/xu.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "models/core/error.hpp"

namespace gadolin::separation {

namespace {

void require_inside(bool good, const char* what, double value) {
  if (good) return;
  char text[120];
  std::snprintf(text, sizeof text, "%s = %.9g cannot be designed for", what, value);
  throw Error("E-SEP-060", text, "",
              "beta above 1; shares and purities between 0 and 1, purer than the feed",
              ExitCode::usage);
}

}  // namespace

MinimumFlows minimum_flows(double separation_factor, double feed_fraction_a, FeedPhase feed) {
  const double reflux = 1.0 / (separation_factor - 1.0);
  if (feed == FeedPhase::aqueous) return {reflux + feed_fraction_a, reflux};
  return {reflux, reflux + (1.0 - feed_fraction_a)};
}

XuDesign xu_design(const XuTargets& t) {
  const double beta = t.separation_factor;
  const double beta_scrub = t.scrub_separation_factor > 0.0 ? t.scrub_separation_factor : beta;
  const double f_a = t.feed_fraction_a, f_b = 1.0 - f_a;
  require_inside(beta > 1.0, "separation factor", beta);
  require_inside(beta_scrub > 1.0, "separation factor of the scrub section", beta_scrub);
  require_inside(f_a > 0.0 && f_a < 1.0, "feed fraction of A", f_a);
  require_inside(t.purity_a > f_a && t.purity_a < 1.0, "purity of A", t.purity_a);
  require_inside(t.purity_b > f_b && t.purity_b < 1.0, "purity of B", t.purity_b);
  XuDesign d;
  const double a = d.concentration_ratio_a = t.purity_a / (1.0 - t.purity_a) / (f_a / f_b);
  const double b = d.concentration_ratio_b = t.purity_b / (1.0 - t.purity_b) / (f_b / f_a);
  d.recovery_a = a * (b - 1.0) / (a * b - 1.0);
  d.recovery_b = b * (a - 1.0) / (a * b - 1.0);
  d.organic_product = f_a * d.recovery_a / t.purity_a;
  d.aqueous_product = f_b * d.recovery_b / t.purity_b;
  const double root = std::sqrt(beta), root_scrub = std::sqrt(beta_scrub);
  const bool aqueous = t.feed == FeedPhase::aqueous;
  const double by_extraction = d.aqueous_product / (root - 1.0);
  const double by_scrub =
      root_scrub * d.organic_product / (root_scrub - 1.0) - (aqueous ? 0.0 : 1.0);
  d.extraction_controls = by_extraction >= by_scrub;
  d.solvent = std::max(by_extraction, by_scrub);
  const double in_scrub = d.solvent + (aqueous ? 0.0 : 1.0);  // organic through the scrub section
  d.scrub = in_scrub - d.organic_product;
  d.extraction_ratio = d.solvent / (d.scrub + (aqueous ? 1.0 : 0.0));
  d.scrub_ratio = in_scrub / d.scrub;
  d.extraction_stages = std::log(b) / std::log(beta * d.extraction_ratio);
  d.scrub_stages = std::log(a) / std::log(beta_scrub / d.scrub_ratio);
  return d;
}

double fenske_stages(double separation_factor, double purity_a, double purity_b) {
  return (std::log(purity_a / (1.0 - purity_a)) + std::log(purity_b / (1.0 - purity_b))) /
         std::log(separation_factor);
}

double best_purity_at_total_reflux(double separation_factor, int stages) {
  return 1.0 / (1.0 + std::exp(-0.5 * stages * std::log(separation_factor)));
}

ConstantFlowResult solve_constant_flow(double separation_factor, double feed_fraction_a,
                                       double solvent, double scrub, int extraction_stages,
                                       int scrub_stages, FeedPhase feed) {
  const double beta = separation_factor;
  const bool aqueous = feed == FeedPhase::aqueous;
  const double aqueous_extraction = scrub + (aqueous ? 1.0 : 0.0);
  const double organic_scrub = solvent + (aqueous ? 0.0 : 1.0);
  const double f_a_out = organic_scrub - scrub, f_b_out = aqueous_extraction - solvent;
  const int stages = extraction_stages + scrub_stages;
  // Given x_1, climb to y_N with the balance over the whole cascade for y_N in the scrub section:
  // y_N follows from f_A = f'_B x_1 + f'_A y_N. The last stage must agree.
  const auto mismatch = [&](double x1) {
    const double y_top = (feed_fraction_a - f_b_out * x1) / f_a_out;
    double x = x1;
    double y = 0.0;
    for (int j = 1; j <= stages; ++j) {
      y = beta * x / (1.0 + (beta - 1.0) * x);
      if (j == stages) break;
      x = j < extraction_stages ? (solvent * y + f_b_out * x1) / aqueous_extraction
                                : (organic_scrub * y - f_a_out * y_top) / scrub;
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
