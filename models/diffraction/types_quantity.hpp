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
  std::string source;  ///< in words: which standard, which composition
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
  ExternalStandard external_standard;
  std::vector<ParticleSize> particles;
  std::vector<CalibratedPhase> calibrated;
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

/// Everything quantification adds to a PatternResult; what was not asked for is empty.
struct Quantification {
  std::vector<AbsoluteResult> absolute;
  std::vector<ContrastResult> contrast;
  std::vector<ClosureResult> closure;
  /// Spread of the fractions over variants of the protocol, and which moved which phase most.
  std::vector<double> u_protocol;           ///< [phases]; empty unless asked for
  std::vector<std::string> protocol_worst;  ///< [phases]
};

}  // namespace gadolin::diffraction
