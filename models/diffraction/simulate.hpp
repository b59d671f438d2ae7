#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/diffraction/types.hpp"

namespace gadolin::diffraction {

/// How one phase of a simulated specimen looks.
struct SimulatedPhase {
  double weight_fraction = 0.0;
  double size_nm = 0.0;  ///< Scherrer size (K = 0.9); 0 = no size broadening
  double strain = 0.0;   ///< Lorentzian microstrain; 0 = none
  double march_r = 1.0;  ///< along the obvious axis (reflections.hpp), else without effect
  double b_extra_angstrom2 = 0.0;  ///< added to every site
  double cell_strain = 0.0;        ///< relative change of all cell lengths
};

struct SimulationRecipe {
  std::string id = "simulated";
  std::vector<SimulatedPhase> phases;  ///< in the order of the structures; fractions sum to 1
  double two_theta_min_deg = 10.0, two_theta_max_deg = 90.0, step_deg = 0.02;
  double strongest_counts = 10000.0;  ///< height of the highest Bragg intensity, no background
  std::vector<double> background_counts = {200.0};  ///< Chebyshev coefficients over the range
  double background_inverse_counts = 0.0;           ///< times two_theta_min / two_theta
  double displacement_mm = 0.0;
  double zero_deg = 0.0;
  bool counting_noise = true;
  std::uint64_t seed = 1;
  std::uint64_t item = 0;  ///< another item of one seed: an independent repetition
};

struct SimulatedPattern {
  Pattern pattern;
  std::vector<double> expected_counts, background_counts;  ///< without noise
  std::vector<double> weight_fraction;                     ///< the truth
};

/// Draws the pattern a diffractometer would record of a mixture: forward model of
/// docs/theory/diffraction.md section 1 over the whole range (no tail is cut), then Poisson counts
/// keyed by (seed, item).
/// throws Error E-XRD-130 when phases and structures differ in number, fractions do not sum to 1
///        within 1e-6, or the grid is empty
SimulatedPattern simulate(const std::vector<CrystalStructure>& structures,
                          const Instrument& instrument, const AtomicTables& tables,
                          const SimulationRecipe& recipe);

}  // namespace gadolin::diffraction
