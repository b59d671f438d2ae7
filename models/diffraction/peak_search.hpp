#pragma once

#include <vector>

#include "models/diffraction/types.hpp"

/// What a pattern shows before any phase is named: background, noise, peaks and their width.
namespace gadolin::diffraction {

/// A pattern made ready for the search. All arrays [points] on an even grid.
struct PreparedPattern {
  std::vector<double> two_theta_deg;
  std::vector<double> counts;          ///< mean of the points that fell into the step
  std::vector<double> noise_variance;  ///< of `counts`: counting statistics, or from the scatter
  std::vector<double> background;      ///< by clipping, for weights and as the start of the fit
  /// Variance of a comparison with a calculated pattern: noise, plus what structure models, tails
  /// and residual K-beta and tungsten lines leave (docs/theory/diffraction.md#identification).
  std::vector<double> variance;
  double step_deg = 0.0;
  double fwhm_deg = 0.1, fwhm_slope_deg = 0.0;  ///< FWHM = fwhm + slope tan(theta)
  double eta = 0.5;                             ///< Lorentzian share of the peaks
  std::vector<FoundPeak> peaks;
  std::vector<EmissionLine> lines;
  std::string refusal;  ///< not empty: cannot be searched, and why

  double fwhm_at(double two_theta) const;
};

struct PeakSearchOptions {
  double threshold_sigma = 4.5;        ///< second derivative against its own standard uncertainty
  double model_error_relative = 0.15;  ///< of a calculated line's intensity
  double two_theta_max_deg = 95.0;     ///< beyond it a search gains nothing
  double two_theta_min_deg = 0.0;
};

/// Background by SNIP clipping in a window of 1.5 degrees either side.
/// source Ryan et al. (1988) Nucl. Instrum. Methods B 34, 396
std::vector<double> clipped_background(const std::vector<double>& counts, double step_deg,
                                       double half_window_deg);

/// Crops, evens the grid, estimates noise, background and width, and finds the peaks:
/// Savitzky-Golay second derivative (cubic, window about one FWHM) above threshold_sigma of its
/// uncertainty, then clusters fitted by pseudo-Voigts with the instrument's emission lines.
/// in    lines of the instrument, main line first
/// fails refusal is set; never throws
PreparedPattern prepare_search(const Pattern& pattern, const std::vector<EmissionLine>& lines,
                               const PeakSearchOptions& options);

}  // namespace gadolin::diffraction
