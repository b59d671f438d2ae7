#include "models/core/pattern_index.hpp"

#include <cmath>

namespace gadolin {

namespace {

bool usable(const Quantity& q) { return q.state == ValueState::measured && q.value > 0.0; }

bool limited(const Quantity& q) { return q.state == ValueState::below_lod && q.lod > 0.0; }

double relative_variance(const Quantity& q) {
  return q.u_known ? (q.u_value / q.value) * (q.u_value / q.value) : 0.0;
}

}  // namespace

Quantity ratio_index(const Quantity& top, const Quantity& bottom, double norm, double covariance) {
  Quantity ratio;
  if (!(norm > 0.0)) return ratio;
  if (usable(top) && usable(bottom)) {
    ratio.state = ValueState::measured;
    ratio.value = top.value / bottom.value / norm;
    ratio.u_known = top.u_known && bottom.u_known;
    const double variance = relative_variance(top) + relative_variance(bottom) -
                            2.0 * covariance / (top.value * bottom.value);
    if (ratio.u_known) ratio.u_value = ratio.value * std::sqrt(std::fmax(variance, 0.0));
  } else if (limited(top) && usable(bottom)) {
    ratio.state = ValueState::below_lod;
    ratio.lod = top.lod / bottom.value / norm;
  } else if (usable(top) && limited(bottom)) {
    ratio.state = ValueState::above_range;
    ratio.value = top.value / bottom.lod / norm;
  } else if (top.state == ValueState::above_range && top.value > 0.0 && usable(bottom)) {
    ratio.state = ValueState::above_range;
    ratio.value = top.value / bottom.value / norm;
  }
  return ratio;
}

Quantity anomaly_index(const Quantity& centre, const Quantity& left, const Quantity& right,
                       double norm_centre, double norm_left, double norm_right) {
  if (!(norm_centre > 0.0) || !(norm_left > 0.0) || !(norm_right > 0.0)) return {};
  if (!usable(left) || !usable(right)) return {};
  Quantity mean;
  mean.state = ValueState::measured;
  mean.value = std::sqrt(left.value / norm_left * right.value / norm_right);
  mean.u_known = left.u_known && right.u_known;
  if (mean.u_known) {
    mean.u_value = mean.value * 0.5 * std::sqrt(relative_variance(left) + relative_variance(right));
  }
  return ratio_index(centre, mean, norm_centre);
}

}  // namespace gadolin
