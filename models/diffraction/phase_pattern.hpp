#pragma once

#include <functional>
#include <vector>

#include "models/diffraction/refine_batch.hpp"

/// The calculated pattern of one phase on the host, for questions asked once after a fit: which
/// texture axis, which foreign line, how much a tied width matters. Axial smear is left out.
namespace gadolin::diffraction {

struct PhasePatternOptions {
  double wavelength_angstrom = 0.0;           ///< > 0: this line alone, with the first line's |F|^2
  double x_factor = 1.0;                      ///< on the Lorentzian size width X
  std::function<double(const Ring&)> weight;  ///< factor per ring; empty: 1
};

/// Counts of phase p at every point of the state, at its refined scale (unit scale if that is 0).
///   sum over rings and lines of weight * area * pseudo-Voigt, out to 20 full widths
/// out   [points]
std::vector<double> phase_pattern(const BatchModel& model, const PatternState& state, int phase,
                                  const PhasePatternOptions& options = {});

/// What the weighted residual of a fit says about an additional pattern `extra`, once everything in
/// `known` has had its share of it: the least-squares factor on it, its standard uncertainty and
/// the drop of chi2 it promises.
struct ResidualTest {
  double factor = 0.0, u_factor = 0.0, chi2_drop = 0.0;
};
ResidualTest test_residual(const PatternState& state, const std::vector<double>& extra,
                           const std::vector<const std::vector<double>*>& known);

}  // namespace gadolin::diffraction
