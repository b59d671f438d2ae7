#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "kernels/diffraction/refine.hpp"
#include "models/diffraction/refine_batch.hpp"

namespace gadolin::diffraction {

/// The last fit of one pattern by the names of its parameters. Refers to what it was made from.
class FittedPattern {
 public:
  FittedPattern(const BatchModel& model, const PatternState& state,
                const RefinementOptions& options)
      : model_(model), state_(state), options_(options) {}

 protected:
  /// First parameter of a phase.
  int own(std::size_t phase) const { return model_.layout.phase(static_cast<int>(phase)); }
  double parameter(int index) const { return state_.parameters[static_cast<std::size_t>(index)]; }
  double summary(int which) const { return state_.summary[static_cast<std::size_t>(which)]; }
  double phase_summary(std::size_t p, int which) const {
    return state_.phase_summary[p * PhaseSummary::size + static_cast<std::size_t>(which)];
  }
  /// Place among the free parameters, or -1.
  int free_at(int index) const {
    const auto found = std::find(state_.free.begin(), state_.free.end(), index);
    return found == state_.free.end() ? -1 : static_cast<int>(found - state_.free.begin());
  }
  double covariance(int a, int b) const {
    if (a < 0 || b < 0) return 0.0;
    return inflation2_ * state_.covariance[static_cast<std::size_t>(a) * state_.free.size() +
                                           static_cast<std::size_t>(b)];
  }
  double u_parameter(int index) const {
    const int k = free_at(index);
    return k < 0 ? 0.0 : std::sqrt(std::max(0.0, covariance(k, k)));
  }

  const BatchModel& model_;
  const PatternState& state_;
  const RefinementOptions& options_;
  double inflation2_ = 1.0;  ///< of variances, for misfit and correlated residuals
};

}  // namespace gadolin::diffraction
