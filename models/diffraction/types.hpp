#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kernels/exec/item_status.hpp"
#include "models/core/element.hpp"
#include "models/core/error.hpp"
#include "models/diffraction/types_identification.hpp"
#include "models/diffraction/types_quantity.hpp"

/// Plain data of the diffraction domain: what goes into a refinement and what comes out.
namespace gadolin::diffraction {

/// One measured or simulated powder pattern. All arrays [points].
struct Pattern {
  std::string id;                     ///< unique in the batch; default: file name without extension
  std::string file;                   ///< as given by the user; empty if simulated
  std::string reader;                 ///< "two-column text", "xrdml 1.6", ...
  std::vector<double> two_theta_deg;  ///< strictly increasing
  std::vector<double> counts;         ///< intensity as measured, attenuation undone
  std::vector<double> sigma;          ///< standard uncertainty of counts; empty: Poisson
  bool counts_are_poisson = true;     ///< false: scaled or rate data without a sigma
  std::vector<double> wavelength_angstrom;  ///< from the file, main line first; empty if not stated
  double kalpha2_ratio = 0.0;               ///< from the file; 0 if not stated
  double step_time_s = 0.0;                 ///< counting time of a point; 0 if not stated
  std::vector<Warning> warnings;            ///< what the reader noticed
};

/// One site of the asymmetric unit, before symmetry.
struct AtomSite {
  std::string label;
  std::string element;            ///< "Ce"
  int charge = 0;                 ///< for the f0 table; 0 = neutral
  std::array<double, 3> fract{};  ///< fractional coordinates
  double occupancy = 1.0;
  double b_iso_angstrom2 = 0.5;
};

/// x' = R x + t in fractional coordinates.
struct SymmetryOperation {
  std::array<std::array<int, 3>, 3> rotation{};
  std::array<double, 3> translation{};
};

/// A crystal structure as a CIF states it.
struct CrystalStructure {
  std::string name;  ///< library name or file stem: "bastnasite-Ce"
  std::string formula;
  std::string space_group;
  std::array<double, 6> cell{};  ///< a, b, c [angstrom], alpha, beta, gamma [deg]
  /// Layers stacked without register: the cell holds one layer and is so many times as high as it,
  /// which lays the rods of scattering on so many points per repeat (read_cif makes it so). 0: not.
  int turbostratic = 0;
  std::vector<SymmetryOperation> operations;  ///< complete, centring included
  std::vector<AtomSite> sites;
  std::string source;  ///< where the numbers come from (library index or CIF citation)
  std::string file;
};

/// Atomic constants as datasets/atomic states them (filled by io/readers/atomic_tables.hpp).
struct AtomicTables {
  /// f0(s) = c + sum a_i exp(-b_i s^2), s = sin(theta)/lambda.
  struct FormFactor {
    std::array<double, 5> a{};
    double c = 0.0;
    std::array<double, 5> b{};
  };
  /// Two columns over a photon-energy grid, increasing.
  struct EnergyTable {
    std::vector<double> energy_ev, first, second;
  };
  std::map<std::string, FormFactor> form_factors;  ///< "Ce", "Ce3+"
  std::map<std::string, EnergyTable> dispersion;   ///< f', f'' [electrons]
  std::map<std::string, EnergyTable> attenuation;  ///< photoelectric, total [barn per atom]
};

struct EmissionLine {
  double wavelength_angstrom = 0.0;
  double relative_intensity = 1.0;  ///< the lines of an instrument are normalised to sum 1
  double fwhm_angstrom = 0.0;       ///< own Lorentzian width; 0: that of the profile alone
};

enum class Geometry { bragg_brentano, capillary };

/// Factors of the intensity that depend on the angle alone; at their defaults all are 1.
struct IntensityFactors {
  double capillary_mu_r = 0.0;      ///< linear absorption times capillary radius
  double plate_mu_t = 0.0;          ///< linear absorption times thickness of a thin plate; 0: thick
  bool transmission = false;        ///< the plate stands in symmetric transmission
  double specimen_length_mm = 0.0;  ///< along the beam; with divergence_deg: beam overflow
  double divergence_deg = 0.0;      ///< opening of a fixed divergence slit
  bool variable_slit = false;       ///< constant illuminated length
  double roughness_a = 1.0, roughness_b = 0.0;  ///< Suortti
};

/// A diffractometer. Angles of the resolution function in degrees 2theta (Gaussian variance in
/// deg^2).
struct Instrument {
  std::string name;
  Geometry geometry = Geometry::bragg_brentano;
  double radius_mm = 173.0;
  std::vector<EmissionLine> lines;
  double polarisation_k = 0.5;  ///< K of Lp: 0.5 no monochromator, 1/(1+cos^2 2theta_m) with one
  double zero_deg = 0.0;
  double u_deg2 = 0.0, v_deg2 = 0.0, w_deg2 = 0.005;  ///< Gaussian: U tan^2 + V tan + W
  double p_deg2 = 0.0;                                ///< ... + P/cos^2
  double x_deg = 0.02, y_deg = 0.0;                   ///< Lorentzian: X/cos + Y tan
  double s_over_l = 0.0;      ///< axial divergence: half the sample length over the distance
  double h_over_l = 0.0;      ///< the same of the detector slit; 0: as s_over_l
  double transparency = 0.0;  ///< t = 1/(2 mu R); lines move by -t sin(2 theta)
  double capillary_a_mm = 0.0, capillary_b_mm = 0.0;  ///< shift (-a sin 2theta + b cos 2theta)/R
  /// Lines shift and broaden because the specimen is flat: needs the divergence (fixed slit) or the
  /// length of the specimen (variable slit) in `factors`.
  bool flat_specimen = false;
  IntensityFactors factors;
  std::string source;
};

/// March-Dollase axis of one phase.
struct TextureAxis {
  std::string phase;
  std::array<int, 3> hkl{0, 0, 1};
};

/// Texture by symmetrised harmonics, tried instead of March-Dollase.
struct HarmonicTexture {
  std::string phase;  ///< empty: every phase
  int order = 4;      ///< highest l: 2, 4, 6 or 8
};

/// What the user may ask of a refinement; the defaults are the unattended protocol.
struct RefinementOptions {
  int background_terms = 0;        ///< Chebyshev coefficients; 0 = chosen by BIC
  double two_theta_min_deg = 0.0;  ///< 0 = all
  double two_theta_max_deg = 0.0;  ///< 0 = all
  bool texture = true;             ///< try March-Dollase where the phase has an obvious axis
  std::vector<HarmonicTexture> harmonics;  ///< kept, order by order, where the full BIC pays
  /// Phases whose strain may depend on the direction (Stephens), "" for every one; kept where the
  /// full BIC pays.
  std::vector<std::string> anisotropic_strain;
  int max_iterations = 60;           ///< per stage
  double assumed_particle_um = 5.0;  ///< for the absorption-contrast warning
  bool keep_profiles = true;         ///< fill PatternResult::calculated etc.
  QuantifyOptions quantify;          ///< standards, particle sizes, assay, effort
};

/// A refined coefficient; u 0 where none was worked out.
struct NamedValue {
  std::string name;
  double value = 0.0, u = 0.0;
};

struct PhaseResult {
  std::string name;
  double weight_fraction = 0.0;      ///< of the crystalline modelled part
  double u_stat = 0.0;               ///< repeat this measurement, same mount, same model
  double u_total = 0.0;              ///< with model error; what a report quotes
  double lod_weight_fraction = 0.0;  ///< 3.3 sigma at the present background
  double scale = 0.0;
  double u_scale = 0.0;
  std::array<double, 6> cell{};    ///< refined, angstrom and deg
  std::array<double, 6> u_cell{};  ///< 0 where fixed by symmetry or not refined
  double size_nm = 0.0;            ///< 0 = not determined
  double strain = 0.0;
  double march_r = 1.0;
  /// Texture by harmonics: coefficients by name, empty where none was kept; texture index
  /// J = 1 + sum C^2 (the mean square of the inverse pole figure), 1 for none.
  std::vector<NamedValue> harmonics;
  double texture_index = 1.0;
  /// Anisotropic strain: Stephens' S_HKL [1/angstrom^4], and the smallest and largest strain among
  /// the lines in the range; empty where none was kept.
  std::vector<NamedValue> stephens;
  double strain_min = 0.0, strain_max = 0.0;
  double intensity_share = 0.0;    ///< of all calculated Bragg intensity
  double mu_per_cm = 0.0;          ///< linear absorption at the main line
  double density_g_per_cm3 = 0.0;  ///< of the crystal as refined
  double zmv = 0.0;                ///< Z M V of the refined cell [g/mol angstrom^3]
  /// One-sided 95 % upper limit of a phase that is not found; 0 for one that is.
  double upper_limit_95 = 0.0;
  std::vector<double> tick_two_theta_deg;  ///< Bragg positions of the main line in the range
};

/// The rule of W-XRD-114: a phase counts as found where its scale is at least three of its standard
/// uncertainties. One that is not may be quoted as a limit, never as measured.
inline bool is_found(const PhaseResult& phase) {
  return phase.scale > 0.0 && phase.scale >= 3.0 * phase.u_scale;
}

/// What became of one pattern. Which fields hold numbers depends on the status:
///   ok             all; a fraction of a phase that is not found (is_found) is a limit
///   not_converged  all, of the last iterate; a result that refine never filled (parameters 0) none
///   out_of_range   none; id, file, status_text, warnings, points and the names of the phases
///                  stand. Where no phase is found at all, figures of merit and profiles of the
///                  fit are left for the eye
///   singular       none; refine does not give it
/// A field without a number is 0 in memory: ask has_numbers before showing or storing one.
struct PatternResult {
  std::string id;
  std::string file;
  ItemStatus status = ItemStatus::not_converged;
  std::string status_text;          ///< why not ok, in words; empty if ok
  std::string method = "Rietveld";  ///< or "full-pattern summation"
  double step_time_s = 0.0;         ///< counting time of a point; 0 if not stated
  double rwp = 0.0, rexp = 0.0, gof = 0.0, durbin_watson = 0.0;
  int iterations = 0;
  int points = 0;
  int parameters = 0;
  double displacement_mm = 0.0, u_displacement_mm = 0.0;
  std::vector<PhaseResult> phases;  ///< in the order asked for
  /// Covariance of the weight fractions [phases * phases], row-major; statistical and total.
  std::vector<double> covariance_stat, covariance_total;
  Quantification quantification;  ///< absolute fractions, contrast, closure: what was asked for
  /// Profiles [points of the refined range]; empty unless keep_profiles.
  std::vector<double> two_theta_deg, observed, calculated, background, sigma;
  std::optional<Identification> identification;  ///< where the phases were searched for
  std::vector<Warning> warnings;
};

/// Whether the numbers of a result (figures of merit, displacement, phases, covariances) are any.
inline bool has_numbers(const PatternResult& result) {
  return result.status == ItemStatus::ok ||
         (result.status == ItemStatus::not_converged && result.parameters > 0);
}

}  // namespace gadolin::diffraction
