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
  double b_extra_angstrom2 = 0.0;         ///< added to every site
  double cell_strain = 0.0;               ///< relative change of all cell lengths
  std::vector<double> harmonics;          ///< texture, in the order of symmetrised_harmonics
  std::vector<double> strain_anisotropy;  ///< of l <= 4: strain^2 times 1 + sum a_k K_k(h)
};

/// A broad halo of the amorphous part: Gaussian over 2theta.
struct SimulatedHump {
  double centre_deg = 22.0;
  double fwhm_deg = 9.0;
  double share = 1.0;  ///< of the amorphous intensity, relative to the other humps
};

/// How much a drawn specimen differs from its recipe; standard deviations, 0 = not at all.
struct SimulationSpread {
  bool any_mineralogy = false;   ///< weight fractions uniform over the simplex instead
  double weight_relative = 0.0;  ///< of every weight fraction, lognormal, renormalised
  double amorphous = 0.0;        ///< of the amorphous fraction; kept within 0..0.95
  double displacement_mm = 0.0;
  double size_relative = 0.0;    ///< lognormal
  double march_relative = 0.0;   ///< of March r, lognormal
  double cell_relative = 0.0;    ///< of each phase's cell lengths
  double counts_relative = 0.0;  ///< of strongest_counts, lognormal

  bool none() const {
    return !any_mineralogy && weight_relative == 0.0 && amorphous == 0.0 &&
           displacement_mm == 0.0 && size_relative == 0.0 && march_relative == 0.0 &&
           cell_relative == 0.0 && counts_relative == 0.0;
  }
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
  double amorphous_fraction = 0.0;   ///< of the specimen, 0 to below 1; the phases share the rest
  double amorphous_intensity = 1.0;  ///< scattered in the range per mass, crystalline mean = 1
  std::vector<SimulatedHump> humps;  ///< at least one where amorphous_fraction > 0
  SimulationSpread spread;           ///< used by draw_specimen and simulate_many alone
  bool counting_noise = true;
  std::uint64_t seed = 1;
  std::uint64_t item = 0;  ///< another item of one seed: an independent repetition
};

struct SimulatedPattern {
  Pattern pattern;
  std::vector<double> expected_counts, background_counts;  ///< without noise
  std::vector<double> weight_fraction;                     ///< the truth, of the crystalline part
  SimulationRecipe truth;                                  ///< what was drawn, spread applied
};

/// Draws the pattern a diffractometer would record of a mixture: forward model of
/// docs/theory/diffraction.md section 1 over the whole range (no tail is cut), then Poisson counts
/// keyed by (seed, item).
/// throws Error E-XRD-130 when phases and structures differ in number, fractions do not sum to 1
///        within 1e-6, the grid is empty, or an amorphous part has no hump
SimulatedPattern simulate(const std::vector<CrystalStructure>& structures,
                          const Instrument& instrument, const AtomicTables& tables,
                          const SimulationRecipe& recipe);

/// The recipe of specimen `item`: its spread applied with random numbers of (seed, item), so that
/// specimen 17 is the same whoever else is drawn.
SimulationRecipe draw_specimen(const SimulationRecipe& recipe, std::uint64_t item);

/// Specimens recipe.item .. recipe.item + count - 1 in one call; ids get the item's number. Where
/// the recipe has no spread the pattern without noise is computed once.
std::vector<SimulatedPattern> simulate_many(const std::vector<CrystalStructure>& structures,
                                            const Instrument& instrument,
                                            const AtomicTables& tables,
                                            const SimulationRecipe& recipe, std::size_t count);

}  // namespace gadolin::diffraction
