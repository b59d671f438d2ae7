#pragma once

#include <array>
#include <string>
#include <vector>

#include "kernels/diffraction/parameters.hpp"
#include "kernels/exec/engine.hpp"
#include "models/diffraction/harmonics.hpp"
#include "models/diffraction/reflections.hpp"
#include "models/diffraction/types.hpp"

/// Patterns, phases and start values laid out for the kernels, and the launches.
namespace gadolin::diffraction {

/// A phase as the whole batch shares it.
struct PhaseModel {
  std::string name;
  Metric reciprocal{};                ///< own cell
  std::vector<Metric> directions;     ///< free cell parameters
  std::array<int, 3> texture_axis{};  ///< 0 0 0: none
  double cell_mass_g_per_mol = 0.0;
  double volume_angstrom3 = 0.0;
  double layers_per_cell = 1.0;        ///< reflections.hpp
  double mu_per_cm = 0.0;              ///< at the instrument's main line
  std::vector<std::string> near_edge;  ///< elements whose edge is within 50 eV
  std::vector<std::string> no_dispersion;
  /// Symmetrised harmonics: the first texture_terms may be texture, the first strain_terms (all of
  /// l <= 4) the anisotropy of strain; both 0 unless asked for.
  std::vector<Harmonic> harmonics;
  int texture_terms = 0, strain_terms = 0;
  std::vector<Rotation> rotations;  ///< of the structure, where there are harmonics

  /// Reciprocal metric with relative changes p[0..].
  Metric metric_at(const double* p) const;
};

PhaseModel make_phase(const CrystalStructure& structure, const Instrument& instrument,
                      const AtomicTables& tables);

/// One pattern, cropped and checked, with its present parameters.
struct PatternState {
  std::vector<double> two_theta_deg, counts, variance;
  std::vector<double> blank;  ///< [points] measured blank, scaled by Layout::blank; empty: none
  bool poisson = true;
  std::vector<EmissionLine> lines;
  int ring_set = 0;
  ItemStatus status = ItemStatus::ok;
  std::string status_text;  ///< not empty: left out of every launch
  std::vector<Warning> warnings;

  std::vector<double> parameters;  ///< full vector (kernels/diffraction/parameters.hpp)
  std::vector<int> free;           ///< indices into it

  // Of the last launch.
  double chi2 = 0.0;
  std::vector<double> summary, phase_summary, covariance, state;
  std::vector<double> calculated, background, used_variance;
  int iterations = 0;  ///< over all launches

  bool usable() const { return status_text.empty(); }
};

/// Smallest of 1 + sum C_k K_k over the rings of a phase: of its texture, of its strain.
struct HarmonicFloor {
  double texture = 1.0, strain = 1.0;
};

/// What all launches share.
struct BatchModel {
  Instrument instrument;
  Layout layout;
  std::vector<PhaseModel> phases;
  std::vector<std::vector<std::vector<Ring>>> ring_sets;  ///< [set][phase]
  std::vector<std::vector<std::array<int, 3>>> axes;  ///< [set][phase] texture axis, 0 0 0: none
  int lines = 0;
  std::vector<double> axial_rules;  ///< of the instrument's h/s; empty: not smeared
};

HarmonicFloor harmonic_floor(const BatchModel& model, const PatternState& state, int phase);

/// Narrowest width a hump may take [deg]: a narrower one would imitate a line.
inline constexpr double narrowest_hump_deg = 2.0;

struct LaunchOptions {
  int max_iterations = 60;
  int reweights = 0;
  double lost_area = 1e-3;  ///< RefineArgs::lost_area
  bool start_grid = false;
  std::vector<double> grid_displacement_mm;
  std::vector<std::array<double, 2>> grid_width;  ///< W [deg^2], X [deg]
};

/// Lowest and highest value a parameter may take.
std::array<double, 2> parameter_bounds(const BatchModel& model, int parameter);

/// Runs one stage for every usable pattern whose `run` flag is set and stores its outcome; a
/// pattern the kernel refuses keeps its parameters and gets the status.
void launch_stage(const BatchModel& model, std::vector<PatternState>& patterns,
                  const std::vector<char>& run, const LaunchOptions& options, const Engine& engine);

}  // namespace gadolin::diffraction
