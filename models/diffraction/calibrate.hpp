#pragma once

#include <string>
#include <vector>

#include "kernels/exec/engine.hpp"
#include "models/diffraction/types.hpp"
#include "models/diffraction/types_calibration.hpp"

namespace gadolin::diffraction {

struct CalibrationOptions {
  /// What shifts the lines: the specimen (Bragg-Brentano), or the zero of the instrument. The two
  /// are nearly collinear, so one of them is refined.
  enum class Shift { displacement, zero };
  Shift shift = Shift::displacement;
  bool free_cell = false;        ///< refine the cell of the standard: a check, and the wavelength
  bool free_wavelength = false;  ///< scale the wavelengths until the cell is the certified one
  bool axial = true;             ///< refine S/L of the axial divergence where it pays
  double two_theta_min_deg = 0.0, two_theta_max_deg = 0.0;  ///< 0 = all
  int background_terms = 8;
  /// Share of the volume the grains of the standard fill, for its transparency t = 1/(2 mu R) with
  /// mu from the structure, where the start states none; 0: none. Usual for back-packed powders.
  double packing = 0.6;
};

/// An instrument as a standard shows it.
struct Calibration {
  ItemStatus status = ItemStatus::not_converged;
  std::string status_text;
  Instrument instrument;                ///< the start with the refined values in it
  std::vector<std::string> parameters;  ///< keys of the instrument file, in the order below
  std::vector<double> values, u_values, covariance;       ///< [n], [n], [n * n]
  double displacement_mm = 0.0, u_displacement_mm = 0.0;  ///< of this specimen, not of the file
  std::array<double, 6> cell{}, u_cell{};                 ///< refined, if free_cell
  double wavelength_factor = 1.0;
  double b_shift_angstrom2 = 0.0, u_b_shift_angstrom2 = 0.0;  ///< overall B beside the sites' own
  double rwp = 0.0, gof = 0.0;
  int iterations = 0;
  std::vector<double> two_theta_deg, observed, calculated;
  std::vector<Warning> warnings;
};

/// Instrument profile from the pattern of one standard: U, V, W (Gaussian), X, Y (Lorentzian, the
/// standard's own broadening included), S/L, zero or displacement, and the wavelength if asked.
/// Cell fixed to the structure given (put the certified one there), texture, scale, background and
/// one overall B refined as nuisance. Standard uncertainties are those of the fit, inflated by its
/// misfit and its serial correlation as in refine().
/// out   values only where the data move them; X and Y on their bound 0 stay 0 without uncertainty
/// fails  status and status_text as in refine(); throws what prepare() throws
/// source docs/theory/diffraction.md#profile
Calibration calibrate(const Pattern& pattern, const CrystalStructure& standard,
                      const Instrument& start, const AtomicTables& tables,
                      const CalibrationOptions& options, const Engine& engine);

}  // namespace gadolin::diffraction
