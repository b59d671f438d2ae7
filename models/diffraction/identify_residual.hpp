#pragma once

#include <vector>

#include "models/diffraction/peak_search.hpp"
#include "models/diffraction/types.hpp"

/// What the whole-pattern fit of the phases found leaves over: the guard of an identification, and
/// the place to look for the phases it missed.
namespace gadolin::diffraction {

/// The Bragg intensity a refinement calculated, on the grid of a search; 0 outside its range.
struct FittedPattern {
  std::vector<double> bragg, background;
  bool usable = false;
};
/// in   result with its profiles (RefinementOptions::keep_profiles)
FittedPattern on_search_grid(const PreparedPattern& data, const PatternResult& result);

/// `data` without the fitted lines, for a second search. Its variance is noise, plus 10 % of the
/// strongest fitted intensity within half a width, plus tails and echoes of the tube.
PreparedPattern without_fitted(const PreparedPattern& data, const FittedPattern& fit);

/// A place where the pattern stands above its fit.
struct ResidualPeak {
  double two_theta_deg = 0.0;
  double area = 0.0, u_area = 0.0;  ///< counts times degrees
  double height_counts = 0.0, fwhm_deg = 0.0;
};
/// Windows of one width in which the sum of `rest` stands above `threshold_sigma` of its
/// uncertainty; neighbours joined, with the area of the one window that stands out most: of a
/// broad leftover that is a part. No line shape is assumed, so that nothing is dropped for
/// fitting badly.
///   rest      without_fitted(...)
std::vector<ResidualPeak> residual_peaks(const PreparedPattern& rest, double threshold_sigma = 5.0);

/// Marks the peaks that lie where the residual stands out as unexplained, all others as explained,
/// and adds those the peak search had not listed.
/// out   area of the residual peaks (their best windows: at least so much is left) over the whole
///       area above the background, 0..1
double mark_unexplained(const PreparedPattern& data, const PreparedPattern& rest,
                        std::vector<FoundPeak>& peaks);

}  // namespace gadolin::diffraction
