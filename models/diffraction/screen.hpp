#pragma once

#include <vector>

#include "kernels/exec/engine.hpp"
#include "models/diffraction/candidates.hpp"
#include "models/diffraction/peak_search.hpp"

/// The whole library against every pattern of a batch, over shifts common to all lines.
namespace gadolin::diffraction {

struct ScreenOptions {
  double largest_shift_deg = 0.3;
  int shifts = 11;
  double blur_deg = 0.3;  ///< both sides are smoothed by this, so that cells need not be exact
  double two_theta_max_deg = 75.0;
  int most = 48;  ///< references in one combination
};

struct ScreenOutcome {
  std::vector<double> shift_deg;  ///< compared
  std::vector<double> chi2;       ///< of the best combination at each
  double best_shift_deg = 0.0;
  std::vector<double> gain;         ///< [candidates] fall of chi2 by the candidate alone
  std::vector<double> coefficient;  ///< [candidates] in the best combination
  ItemStatus status = ItemStatus::ok;
};

/// FNNLS of calculated patterns of all candidates (each at its best cell within its tolerance) at
/// every shift. Patterns with a refusal get status out_of_range and zeros.
/// out   one per pattern; depends on nothing but the pattern
std::vector<ScreenOutcome> screen(const std::vector<PreparedPattern>& patterns,
                                  const std::vector<Candidate>& candidates,
                                  const Instrument& instrument, const ScreenOptions& options,
                                  const Engine& engine);

/// Values on an even grid smoothed by a Gaussian (full width at half maximum) and read off at the
/// points of another; beyond the ends 0.
std::vector<double> smooth_onto(const std::vector<double>& values, const SearchGrid& from,
                                const SearchGrid& onto, double fwhm_deg);

}  // namespace gadolin::diffraction
