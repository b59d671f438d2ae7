#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/exec/host_device.hpp"
#include "kernels/exec/item_status.hpp"
#include "kernels/numeric/cholesky.hpp"

/// Bounded Levenberg-Marquardt on normal equations, run by a Team inside a kernel body.
///
/// The problem is any object with
///   template <class Team>
///   GADOLIN_HD double chi2(const Team&, const double* p)          sum of w r^2 at p
///   template <class Team>
///   GADOLIN_HD double normal_equations(const Team&, const double* p, double* gram, double* rhs)
///     also fills gram [n*n] lower triangle = J'WJ and rhs [n] = J'W(y_obs - y_calc), J =
///     dy_calc/dp
/// Both return the same value on every member and end with their outputs visible to all. A point
/// where the model does not exist returns a chi2 that is not finite: the step is then shortened.
///
/// Steps solve (G + lambda diag G) d = rhs, G the Gram matrix of the parameters that are free: one
/// whose bound is active and whose slope points outside is masked, and the trial point is projected
/// on the box. lambda follows Nielsen's rule (accept: times max(1/3, 1 - (2 gain - 1)^3); reject:
/// times nu, nu doubles). Converged when the last drop of chi2 is below chi2_tolerance of it and
/// no undamped step exceeds shift_tolerance standard uncertainties.
/// source Nielsen, IMM-REP-1999-05, DTU; docs/theory/numeric.md#levenberg-marquardt
namespace gadolin {

struct LmOptions {
  int max_iterations = 100;      ///< evaluations of the normal equations
  double shift_tolerance = 0.1;  ///< largest |shift| / standard uncertainty at convergence
  double chi2_tolerance = 1e-5;  ///< largest |d chi2| / chi2 at convergence
  double initial_lambda = 1e-3;  ///< relative to the diagonal
  double pivot_tolerance = cholesky_pivot_tolerance;
  /// Standard uncertainties are scaled by this before the shift test; 1 when weights are
  /// 1/variance.
  double error_scale = 1.0;
};

struct LmResult {
  ItemStatus status = ItemStatus::not_converged;
  double chi2 = 0.0;               ///< at the returned parameters
  double largest_shift_esd = 0.0;  ///< of the last undamped step, in standard uncertainties
  double lambda = 0.0;
  int iterations = 0;  ///< evaluations of the normal equations
  int n_held = 0;      ///< parameters that the data do not move (no standard uncertainty)
  int n_at_bound = 0;  ///< parameters resting on a bound, also without a standard uncertainty
};

/// Doubles of scratch for n parameters.
GADOLIN_INLINE std::size_t lm_scratch_doubles(int n) {
  const auto size = static_cast<std::size_t>(n);
  return 3 * size * size + 5 * size;
}

/// Where the scratch keeps what a caller wants after the run.
struct LmScratch {
  double* gram;        ///< [n*n] lower triangle of J'WJ at the result, nothing masked
  double* covariance;  ///< [n*n] (J'WJ)^-1 at the result; rows of held and bound parameters 0
  double* factor;      ///< [n*n]
  double* rhs;         ///< [n] J'Wr at the result
  double* step;        ///< [n]
  double* trial;       ///< [n]
  double* scale;       ///< [n]
  double* state;       ///< [n] 1 moved by the data, 0 on a bound, -1 held (data do not move it)

  GADOLIN_INLINE LmScratch(double* memory, int n) {
    const auto size = static_cast<std::size_t>(n);
    gram = memory;
    covariance = gram + size * size;
    factor = covariance + size * size;
    rhs = factor + size * size;
    step = rhs + size;
    trial = step + size;
    scale = trial + size;
    state = scale + size;
  }
};

namespace lm_detail {

/// Copies the free part of gram into factor, adds damping, factors it, and solves for the step.
template <class Team>
GADOLIN_HD void solve(const Team& team, int n, const LmScratch& s, double lambda,
                      double pivot_tolerance) {
  const auto size = static_cast<std::size_t>(n);
  team.for_each(size, [&](std::size_t i) {
    for (std::size_t j = 0; j <= i; ++j) {
      s.factor[i * size + j] = s.state[i] != 0.0 && s.state[j] != 0.0 ? s.gram[i * size + j] : 0.0;
    }
    s.factor[i * size + i] *= 1.0 + lambda;
    s.step[i] = s.state[i] != 0.0 ? s.rhs[i] : 0.0;
  });
  team.barrier();
  cholesky_factor(team, n, s.factor, s.scale, pivot_tolerance);
  cholesky_solve(team, n, s.factor, s.scale, s.step);
}

}  // namespace lm_detail

/// Minimises chi2 from p inside the box.
/// in   problem;  p [n] start (projected on the box first);  lower, upper [n] or null for none;
///      scratch [lm_scratch_doubles(n)] in memory all members share
/// out  p [n];  scratch through LmScratch(scratch, n): gram, covariance, state at p
/// fails  chi2 not finite at the start, or lower > upper -> out_of_range, p projected only;
///        iteration cap, or no step lowers chi2 although the shifts are not small ->
///        not_converged, best p kept. Held directions alone are no failure: see n_held.
/// cost   per iteration one normal_equations, one or more chi2, n^3 flop
template <class Team, class Problem>
GADOLIN_HD LmResult levenberg_marquardt(const Team& team, int n, const Problem& problem, double* p,
                                        const double* lower, const double* upper, double* scratch,
                                        const LmOptions& options = LmOptions{}) {
  const auto size = static_cast<std::size_t>(n);
  const LmScratch s(scratch, n);
  LmResult result;
  const auto clamped = [&](std::size_t i, double value) {
    if (lower != nullptr && value < lower[i]) value = lower[i];
    if (upper != nullptr && value > upper[i]) value = upper[i];
    return value;
  };

  const double crossed = team.sum(size, [&](std::size_t i) {
    p[i] = clamped(i, p[i]);
    s.state[i] = 1.0;
    return lower != nullptr && upper != nullptr && lower[i] > upper[i] ? 1.0 : 0.0;
  });
  if (crossed > 0.0) {
    result.status = ItemStatus::out_of_range;
    return result;
  }

  double lambda = options.initial_lambda;
  double nu = 2.0;
  double last_drop = 1.0;  // relative
  result.chi2 = problem.normal_equations(team, p, s.gram, s.rhs);
  result.iterations = 1;
  if (!std::isfinite(result.chi2)) {
    result.status = ItemStatus::out_of_range;
    return result;
  }

  for (;;) {
    team.barrier();
    team.for_each(size, [&](std::size_t i) {
      const bool outside_below = lower != nullptr && p[i] <= lower[i] && s.rhs[i] <= 0.0;
      const bool outside_above = upper != nullptr && p[i] >= upper[i] && s.rhs[i] >= 0.0;
      s.state[i] = outside_below || outside_above ? 0.0 : 1.0;
    });
    team.barrier();

    const bool last_round = result.iterations >= options.max_iterations;
    bool stuck = false;
    if (last_drop <= options.chi2_tolerance || last_round) {
      // Undamped step, covariance, and the shift test.
      lm_detail::solve(team, n, s, 0.0, options.pivot_tolerance);
      cholesky_inverse(team, n, s.factor, s.scale, s.covariance);
      result.largest_shift_esd = team.max(size, [&](std::size_t i) {
        const double variance = s.covariance[i * size + i];
        if (!(variance > 0.0)) return 0.0;
        const double reached = clamped(i, p[i] + s.step[i]);
        return std::fabs(reached - p[i]) / (std::sqrt(variance) * options.error_scale);
      });
      const bool settled = last_drop <= options.chi2_tolerance &&
                           result.largest_shift_esd <= options.shift_tolerance;
      if (settled || last_round) {
        result.n_at_bound = static_cast<int>(
            team.sum(size, [&](std::size_t i) { return s.state[i] == 0.0 ? 1.0 : 0.0; }));
        result.n_held = static_cast<int>(team.sum(size, [&](std::size_t i) {
          if (s.state[i] == 0.0 || s.factor[i * size + i] > 0.0) return 0.0;
          s.state[i] = -1.0;
          return 1.0;
        }));
        result.lambda = lambda;
        result.status = settled ? ItemStatus::ok : ItemStatus::not_converged;
        return result;
      }
    }

    // Damped steps until one lowers chi2.
    double gain_chi2 = result.chi2;
    for (;;) {
      lm_detail::solve(team, n, s, lambda, options.pivot_tolerance);
      team.for_each(size, [&](std::size_t i) { s.trial[i] = clamped(i, p[i] + s.step[i]); });
      team.barrier();
      // Drop promised by the quadratic model for the projected step: 2 d'rhs - d'G d.
      const double promised = team.sum(size, [&](std::size_t i) {
        const double d = s.trial[i] - p[i];
        double g_times_d = 0.0;
        for (std::size_t j = 0; j < size; ++j) {
          const double entry = j <= i ? s.gram[i * size + j] : s.gram[j * size + i];
          g_times_d += entry * (s.trial[j] - p[j]);
        }
        return d * (2.0 * s.rhs[i] - g_times_d);
      });
      const double trial_chi2 = problem.chi2(team, s.trial);
      // A drop that rounding hides counts as made: damping it further would only burn evaluations.
      const double rounding = 1e-12 * result.chi2;
      if (promised <= rounding && std::fabs(trial_chi2 - result.chi2) <= rounding) {
        gain_chi2 = trial_chi2 < result.chi2 ? trial_chi2 : result.chi2;
        break;
      }
      if (std::isfinite(trial_chi2) && trial_chi2 < result.chi2) {
        const double gain = promised > 0.0 ? (result.chi2 - trial_chi2) / promised : 1.0;
        const double cube = (2.0 * gain - 1.0) * (2.0 * gain - 1.0) * (2.0 * gain - 1.0);
        const double factor = 1.0 - cube;
        lambda *= factor > 1.0 / 3.0 ? (factor < 2.0 ? factor : 2.0) : 1.0 / 3.0;
        lambda = lambda > 1e-15 ? lambda : 1e-15;
        nu = 2.0;
        gain_chi2 = trial_chi2;
        break;
      }
      const double moved = team.max(size, [&](std::size_t i) {
        const double room = std::fabs(p[i]) > 0.0 ? std::fabs(p[i]) : 1.0;
        return std::fabs(s.trial[i] - p[i]) / room;
      });
      if (lambda > 1e12 || moved < 1e-15) {
        stuck = true;
        break;
      }
      lambda = (lambda > 1e-12 ? lambda : 1e-12) * nu;
      nu *= 2.0;
    }
    if (stuck) {
      if (last_drop <= options.chi2_tolerance) {
        // The shift test above has already failed at this point: no step helps.
        result.n_at_bound = static_cast<int>(
            team.sum(size, [&](std::size_t i) { return s.state[i] == 0.0 ? 1.0 : 0.0; }));
        result.lambda = lambda;
        return result;
      }
      last_drop = 0.0;
      lambda = options.initial_lambda;
      nu = 2.0;
      continue;  // once more through the shift test, at the same p
    }
    last_drop = result.chi2 > 0.0 ? (result.chi2 - gain_chi2) / result.chi2 : 0.0;
    team.for_each(size, [&](std::size_t i) { p[i] = s.trial[i]; });
    team.barrier();
    result.chi2 = problem.normal_equations(team, p, s.gram, s.rhs);
    ++result.iterations;
  }
}

}  // namespace gadolin
