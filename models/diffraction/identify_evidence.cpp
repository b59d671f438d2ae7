#include "models/diffraction/identify_evidence.hpp"

#include <algorithm>
#include <cmath>

namespace gadolin::diffraction {

namespace {

constexpr double usual_phases = 4.0;  ///< of a mixture, before anything is seen

}  // namespace

Evidence::Evidence(const PreparedPattern& data) {
  const std::size_t n = data.counts.size();
  double width = 0.0;
  for (const double x : data.two_theta_deg) width += data.fwhm_at(x);
  correlation_ = std::max(1.0, width / static_cast<double>(n) / data.step_deg);
  observations_ = 0.0;
  weight_.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double noise = data.noise_variance[i];
    const double model = std::max(0.0, data.variance[i] - noise);
    weight_[i] = 1.0 / (noise + correlation_ * model);
    observations_ += (noise + model) * weight_[i];
  }
}

double Evidence::misfit(double chi2) const {
  const double q = chi2 / observations_;
  if (q <= 1.0) return chi2;
  return observations_ * (1.0 + std::log1p(correlation_ * (q - 1.0)) / correlation_);
}

double Evidence::cautious_misfit(const PreparedPattern& data,
                                 const std::vector<double>& calculated) const {
  const double lines = static_cast<double>(data.counts.size()) / correlation_;
  double chi2 = 0.0;
  for (std::size_t i = 0; i < data.counts.size(); ++i) {
    const double off = data.counts[i] - calculated[i];
    chi2 += off * off / data.variance[i];
  }
  const double q = chi2 / static_cast<double>(data.counts.size());
  return lines * (q <= 1.0 ? q : 1.0 + std::log(q));
}

double Evidence::derating(double chi2) const {
  return 1.0 + correlation_ * std::max(0.0, chi2 / observations_ - 1.0);
}

double odds_against(std::size_t candidates) {
  return 2.0 * std::log(std::max(1.0, static_cast<double>(candidates) / usual_phases));
}

}  // namespace gadolin::diffraction
