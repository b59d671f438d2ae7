#pragma once

#include <cmath>

#include "kernels/exec/host_device.hpp"
#include "kernels/exec/item_status.hpp"

namespace gadolin {

struct NewtonOptions {
  int max_iterations = 500;  ///< exponentials lose one unit of their exponent in each
  /// Converged when every |full Newton step| <= step_tolerance * max(1, |x|); that step is taken.
  /// Also when steps below 1e6 times that no longer shrink: rounding of the gradient is reached.
  double step_tolerance = 1e-12;
  /// Longest step of any unknown in one iteration; keeps exponentials of a far start in range.
  double longest_step = 50.0;
};

struct NewtonResult {
  ItemStatus status = ItemStatus::not_converged;
  double value = 0.0;      ///< function at x
  double decrement = 0.0;  ///< sqrt(g' H^-1 g) of the last full step
  int iterations = 0;
};

namespace newton_detail {

/// Solves (H + shift diag) d = -g by Cholesky; false when a pivot is not positive.
template <int N>
GADOLIN_HD bool solve(const double (&hessian)[N][N], const double (&gradient)[N], double shift,
                      double (&d)[N]) {
  double l[N][N], scale[N];
  for (int i = 0; i < N; ++i) {
    const double diagonal = std::fabs(hessian[i][i]);
    scale[i] = diagonal > 0.0 ? 1.0 / std::sqrt(diagonal) : 1.0;
  }
  for (int j = 0; j < N; ++j) {
    double pivot = hessian[j][j] * scale[j] * scale[j] + shift;
    for (int k = 0; k < j; ++k) pivot -= l[j][k] * l[j][k];
    if (!(pivot > 1e-15)) return false;
    l[j][j] = std::sqrt(pivot);
    for (int i = j + 1; i < N; ++i) {
      double entry = hessian[i][j] * scale[i] * scale[j];
      for (int k = 0; k < j; ++k) entry -= l[i][k] * l[j][k];
      l[i][j] = entry / l[j][j];
    }
  }
  for (int i = 0; i < N; ++i) {
    double value = -gradient[i] * scale[i];
    for (int k = 0; k < i; ++k) value -= l[i][k] * d[k];
    d[i] = value / l[i][i];
  }
  for (int i = N - 1; i >= 0; --i) {
    double value = d[i];
    for (int k = i + 1; k < N; ++k) value -= l[k][i] * d[k];
    d[i] = value / l[i][i];
  }
  for (int i = 0; i < N; ++i) d[i] *= scale[i];
  return true;
}

}  // namespace newton_detail

/// Minimum of a smooth convex function of N = 1..4 unknowns by damped Newton, one lane.
/// A strictly convex function with a minimum is always solved: steps are halved until Armijo's rule
/// holds, or, where differences of the value drown in rounding, until the slope along the step has
/// fallen (the approximate rule of Hager and Zhang).
/// in   function(const double (&x)[N], double (&gradient)[N], double (&hessian)[N][N]) -> value;
///      all of the hessian is filled (lower triangle is read); a value that is not finite marks a
///      point outside the domain;  x start, inside the domain
/// out  x minimum
/// returns ok; out_of_range when the start lies outside the domain; singular when the hessian stays
///      indefinite under damping; not_converged at the iteration cap
/// source Boyd & Vandenberghe, Convex Optimization, 9.5; Hager & Zhang, SIAM J. Optim. 16 (2005)
///      170; docs/theory/numeric.md#newton
template <int N, class Function>
GADOLIN_HD NewtonResult damped_newton(const Function& function, double (&x)[N],
                                      const NewtonOptions& options = NewtonOptions{}) {
  static_assert(N >= 1 && N <= 4);
  NewtonResult result;
  double gradient[N], hessian[N][N], d[N], trial[N], trial_gradient[N], trial_hessian[N][N];
  result.value = function(x, gradient, hessian);
  if (!std::isfinite(result.value)) {
    result.status = ItemStatus::out_of_range;
    return result;
  }
  double smallest_decrement = 0.0;
  int at_floor = 0;
  for (result.iterations = 1; result.iterations <= options.max_iterations; ++result.iterations) {
    double shift = 0.0;
    while (!newton_detail::solve<N>(hessian, gradient, shift, d)) {
      shift = shift > 0.0 ? 10.0 * shift : 1e-12;
      if (!(shift < 1e12)) {
        result.status = ItemStatus::singular;
        return result;
      }
    }
    double slope = 0.0, longest = 0.0, relative = 0.0;
    for (int i = 0; i < N; ++i) {
      slope += gradient[i] * d[i];
      const double length = std::fabs(d[i]);
      const double size = std::fabs(x[i]) > 1.0 ? std::fabs(x[i]) : 1.0;
      longest = length > longest ? length : longest;
      relative = length / size > relative ? length / size : relative;
    }
    result.decrement = slope < 0.0 ? std::sqrt(-slope) : 0.0;
    const bool near = relative <= 1e6 * options.step_tolerance;
    if (near && result.iterations > 1 && result.decrement > 0.5 * smallest_decrement) ++at_floor;
    if (result.iterations == 1 || result.decrement < smallest_decrement) {
      smallest_decrement = result.decrement;
    }
    const bool last = relative <= options.step_tolerance || at_floor >= 3;

    double step = longest > options.longest_step ? options.longest_step / longest : 1.0;
    bool accepted = false;
    for (int halving = 0; halving < 60 && !accepted; ++halving) {
      for (int i = 0; i < N; ++i) trial[i] = x[i] + step * d[i];
      const double value = function(trial, trial_gradient, trial_hessian);
      if (std::isfinite(value)) {
        double trial_slope = 0.0;
        for (int i = 0; i < N; ++i) trial_slope += trial_gradient[i] * d[i];
        const double noise = 1e-14 * (std::fabs(result.value) + std::fabs(value));
        const bool armijo = value <= result.value + 1e-4 * step * slope;
        const bool flat =
            value <= result.value + noise && std::fabs(trial_slope) <= 0.9998 * std::fabs(slope);
        if (armijo || flat) {
          accepted = true;
          result.value = value;
          for (int i = 0; i < N; ++i) {
            x[i] = trial[i];
            gradient[i] = trial_gradient[i];
            for (int j = 0; j < N; ++j) hessian[i][j] = trial_hessian[i][j];
          }
        }
      }
      step *= 0.5;
    }
    if (last || (!accepted && near)) {
      // Either the step was tiny, or rounding of the value stops us within reach of the minimum.
      result.status = ItemStatus::ok;
      return result;
    }
    if (!accepted) return result;
  }
  return result;
}

}  // namespace gadolin
