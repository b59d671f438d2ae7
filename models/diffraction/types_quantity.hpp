#pragma once

#include <string>
#include <vector>

#include "models/core/quantity.hpp"

/// Plain data of quantification beyond Hill-Howard: what a laboratory may state about a specimen,
/// and what follows from it. Included by types.hpp.
namespace gadolin::diffraction {

/// A crystalline powder weighed into the specimen.
struct InternalStandard {
  std::string phase;            ///< name as in PhaseResult; empty: none was added
  double added_fraction = 0.0;  ///< weighed, of the whole specimen (standard included)
  double u_added_fraction = 0.0;
  double crystallinity = 1.0;  ///< crystalline share of the standard itself, by its certificate
  double u_crystallinity = 0.0;
};

/// The instrument constant of O'Connor and Raven, from a pattern of a standard measured alike.
struct ExternalStandard {
  double k = 0.0;  ///< S_std (ZMV)_std mu*_std / W_std [cm^2/g times scale units]; 0: none
  double u_k = 0.0;
  double mu_mass_cm2_per_g = 0.0;  ///< mass absorption of the specimen, from its elements
  double u_mu_mass_cm2_per_g = 0.0;
  std::string source;        ///< in words: which standard, which composition
  double step_time_s = 0.0;  ///< of the standard's pattern; 0: as the specimen's
};

/// The pattern an external standard is taken from; the program refines it and fills
/// ExternalStandard.
struct StandardPattern {
  std::string file;  ///< empty: none
  std::string phase;
  double crystalline_fraction = 1.0, u_crystalline_fraction = 0.0;  ///< by its certificate
};

/// Diameter of the grains of a phase, for the absorption contrast.
struct ParticleSize {
  std::string phase;  ///< empty: every phase without a line of its own
  double diameter_um = 0.0;
};

/// (Z M V) of a phase whose structure does not tell it (PONKCS), from a mixture with a standard.
struct CalibratedPhase {
  std::string phase;
  double zmv = 0.0;         ///< [g/mol angstrom^3]
  double u_relative = 0.0;  ///< standard uncertainty over value
  std::string source;
};

/// A mixture of known composition from which (ZMV) of a phase or hump is to be found.
struct PhaseCalibration {
  std::string phase;  ///< to calibrate: a phase or a hump
  double weight_fraction = 0.0, u_weight_fraction = 0.0;
  std::string standard;  ///< a phase of known structure
  double standard_fraction = 0.0, u_standard_fraction = 0.0;
};

/// A broad hump of the background at a fixed place: glass, holder, organic matter.
struct BackgroundHump {
  std::string name;
  double centre_deg = 0.0;
  double fwhm_deg = 0.0;  ///< at least 2
};

/// A measured pattern of the empty holder or film, fitted with a free scale.
struct MeasuredBlank {
  std::string file;                   ///< empty: none
  std::vector<double> two_theta_deg;  ///< increasing
  std::vector<double> counts;
};

/// Reference intensity ratio of a phase: height of its strongest line over that of corundum, in
/// equal masses.
struct IntensityRatio {
  std::string phase;
  double rir = 0.0, u_rir = 0.0;
};

/// Element content of the specimen by another method.
struct ElementContent {
  std::string element;
  double mass_fraction = 0.0;
  double u = 0.0;
};

/// How far the total uncertainty is worked out.
enum class UncertaintyEffort {
  quick,  ///< statistical and calibrated floor
  full,   ///< and the spread over variants of the protocol (one more batch of warm fits)
};

/// What beyond the fractions of the crystalline modelled part is asked for.
struct QuantifyOptions {
  InternalStandard internal_standard;
  StandardPattern standard_pattern;
  ExternalStandard external_standard;
  bool closure = true;  ///< compare with the assay where there is one
  std::vector<ParticleSize> particles;
  std::vector<CalibratedPhase> calibrated;
  std::vector<PhaseCalibration> calibrate;
  std::vector<BackgroundHump> humps;  ///< at most 3
  MeasuredBlank blank;
  std::vector<IntensityRatio> rir;    ///< of every phase, or empty
  std::vector<ElementContent> assay;  ///< of the specimen; empty: no closure
  UncertaintyEffort uncertainty = UncertaintyEffort::quick;
};

/// One part of the original sample: a phase, or what no phase accounts for.
struct AbsolutePart {
  std::string name;
  double weight_fraction = 0.0;  ///< estimate; that of the rest may come out below 0
  double u_stat = 0.0;
  double u_total = 0.0;
  /// below_lod: not told from nothing; then `limit_95` is what may be quoted.
  ValueState state = ValueState::not_measured;
  double limit_95 = 0.0;  ///< one-sided 95 % upper limit; 0 unless below_lod
};

inline constexpr const char* rest_name = "amorphous and not modelled";

/// Weight fractions of the original sample (a standard that was added is taken out), sum 1.
struct AbsoluteResult {
  std::string method;   ///< "internal standard" or "external standard"
  std::string basis;    ///< one line: what was added or measured, with its uncertainty
  double factor = 0.0;  ///< absolute over relative weight fraction
  double u_factor = 0.0;
  std::vector<AbsolutePart> parts;       ///< phases in their order without the standard, then rest
  std::vector<double> covariance_total;  ///< [parts * parts]
};

/// Brindley's correction of one phase, beside the uncorrected fraction, never instead.
struct ContrastPhase {
  std::string phase;
  double diameter_um = 0.0;
  double contrast = 0.0;  ///< (mu_p - mu_mix) D
  double tau = 1.0;
  double weight_fraction = 0.0;  ///< corrected, of the crystalline modelled part
};

struct ContrastResult {
  bool valid = true;     ///< every |contrast| <= 0.1
  bool assumed = false;  ///< no diameter was stated: the assumed one was used for all
  double mu_mix_per_cm = 0.0;
  std::vector<ContrastPhase> phases;  ///< in the order of the result
};

/// One element: as the phases predict it and as the assay states it.
struct ElementClosure {
  std::string element;
  double predicted = 0.0, u_predicted = 0.0;  ///< mass fractions of the specimen
  double assay = 0.0, u_assay = 0.0;
};

/// Phases against the assay, and both together. The joint fractions stand beside the others.
struct ClosureResult {
  double chi_square = 0.0;
  int degrees_of_freedom = 0;
  double p_value = 1.0;
  std::vector<ElementClosure> elements;
  std::vector<double> joint_weight_fraction, u_joint;  ///< [phases]
};

/// A hump as fitted.
struct HumpResult {
  std::string name;
  double centre_deg = 0.0, fwhm_deg = 0.0;
  double area = 0.0, u_area = 0.0;            ///< [counts deg]
  std::vector<double> covariance_with_scale;  ///< [phases]
};

/// How much of the measured blank the pattern holds.
struct BlankResult {
  std::string file;
  double scale = 0.0, u_scale = 0.0;
};

/// Fractions by reference intensity ratios, beside those by structure.
struct RatioFraction {
  std::string phase;
  double rir = 0.0, u_rir = 0.0;
  double height_counts = 0.0;  ///< of the strongest line
  double weight_fraction = 0.0, u = 0.0;
};

/// Phases that are quoted together: references of one mineral, or polytypes no pattern tells apart.
struct GroupFraction {
  std::string name;
  std::vector<std::string> members;                           ///< phases of the result
  double weight_fraction = 0.0, u_stat = 0.0, u_total = 0.0;  ///< as the phases' own
  /// Of the original sample; without a number where no standard gave any.
  bool has_absolute = false;
  double absolute_fraction = 0.0, u_absolute = 0.0;
};

/// What full-pattern summation adds: how the references lie on the pattern (summation.hpp).
struct SummationResult {
  std::string library;                ///< title of the library of measured patterns
  int references = 0;                 ///< searched or named
  bool searched = false;              ///< the references were chosen by the fit
  double shift_deg = 0.0;             ///< of all references, added to the library's angles
  std::vector<double> own_shift_deg;  ///< [phases] beside the common one
  /// [phases] references that describe the pattern as well in its place (BIC within 6).
  std::vector<std::vector<std::string>> not_told_apart;
  /// References searched and not found, each with its 3.3 sigma (total, as a weight fraction).
  std::vector<std::string> not_found;
  std::vector<double> not_found_lod;
};

/// Everything quantification adds to a PatternResult; what was not asked for is empty.
struct Quantification {
  std::vector<AbsoluteResult> absolute;
  std::vector<ContrastResult> contrast;
  std::vector<ClosureResult> closure;
  std::vector<CalibratedPhase> calibrated;  ///< what the calibrations asked for gave
  std::vector<HumpResult> humps;
  std::vector<BlankResult> blank;
  std::vector<RatioFraction> rir;
  std::vector<SummationResult> summation;
  std::vector<GroupFraction> groups;
  /// Spread of the fractions over variants of the protocol, and which moved which phase most.
  std::vector<double> u_protocol;           ///< [phases]; empty unless asked for
  std::vector<std::string> protocol_worst;  ///< [phases]
};

}  // namespace gadolin::diffraction
