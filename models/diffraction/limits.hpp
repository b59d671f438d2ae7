#pragma once

#include <cstddef>

#include "models/diffraction/refine_batch.hpp"

namespace gadolin::diffraction {

inline constexpr double one_sided_95 = 1.6448536269514722;  ///< standard normal quantile of 0.95

/// One-sided 95 % upper limit of a quantity that cannot be below 0, from its estimate and standard
/// uncertainty: max(estimate, 0) + 1.645 u. Holds in exactly 95 % of repetitions where the truth
/// exceeds 1.645 u, in all of them below; a symmetric interval around 0 would promise 90 %.
/// source docs/theory/diffraction.md#limits
double upper_limit_95(double estimate, double u);

/// The same for a weight fraction W = S z / (S z + rest) by way of its scale, which is Gaussian
/// where W is not.
/// in   scale >= 0 and its standard uncertainty; zmv of the phase; rest = sum of S z of the others
/// out  0..1; 1 where the others hold nothing
double upper_limit_95(double scale, double u_scale, double zmv, double rest);

/// The scale of one phase as the data alone would have it: one Gauss-Newton step from the converged
/// fit in which this scale may fall below 0 and everything the fit had free moves along. A scale
/// that rests on its bound says neither how far below it the data would go nor how the background
/// and the other phases would follow: its limit would hold too seldom.
struct FreeScale {
  double scale = 0.0, u_scale = 0.0;  ///< without the inflation for misfit
  bool usable = false;                ///< false: the phase has no intensity of its own in the range
};
/// in    state as a refinement left it, calculated and used_variance filled; assumed >= 0: counts
///       scatter as if the phase were there with this scale (a limit asks what would be seen of a
///       phase that lies at the limit); < 0: as the fit has it
/// cost  one calculated pattern per free parameter of a phase
FreeScale free_scale(const BatchModel& model, const PatternState& state, std::size_t phase,
                     double assumed = -1.0);

}  // namespace gadolin::diffraction
