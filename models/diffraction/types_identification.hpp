#pragma once

#include <string>
#include <vector>

/// What an identification says about one pattern (models/diffraction/identify.hpp). Plain data.
namespace gadolin::diffraction {

/// A peak of the search, main emission line.
struct FoundPeak {
  double two_theta_deg = 0.0, u_two_theta_deg = 0.0;
  double d_angstrom = 0.0;
  double area = 0.0, u_area = 0.0;  ///< counts times degrees, all emission lines
  double height_counts = 0.0;       ///< above background
  double fwhm_deg = 0.0;
  bool explained = false;  ///< by the phases found
};

/// A phase that is part of the answer.
struct FoundPhase {
  std::string name;   ///< library name of the representative
  std::string group;  ///< isotype group of the library
  /// Phases that describe the pattern as well in its place (BIC within 6), best first.
  std::vector<std::string> not_told_apart;
  bool rare_earth = false;
  double probability = 0.0;  ///< of this phase or one it cannot be told from, given the library
  double delta_bic = 0.0;    ///< what leaving it out costs
  int resolved_lines = 0;    ///< lines mostly its own and above 3 sigma
  double cell_strain = 0.0;  ///< mean relative change of the cell lengths against the library
  bool confirmed = false;    ///< by the refinement: scale above 3 standard uncertainties
  /// Composition read from the refined cell: member_low (0) to member_high (1) by cell volume.
  std::string member_low, member_high;  ///< empty where the library holds no such series
  double member_share = 0.0, u_member_share = 0.0;
};

/// A set of phases that was compared.
struct PhaseHypothesis {
  std::vector<std::string> phases;
  double bic = 0.0;          ///< relative to the best, >= 0
  double probability = 0.0;  ///< among the hypotheses compared
};

/// A phase that was searched and not found, with what could have gone unseen.
struct AbsentPhase {
  std::string name;
  double lod_weight_fraction = 1.0;  ///< named by the search in 95 % from here on; 1: nothing said
  /// Found in 95 % from here on where a refinement is asked for this phase by name (3 standard
  /// uncertainties of its scale): one question instead of as many as the library has phases.
  double lod_if_asked = 1.0;
};

struct Identification {
  bool undetermined = false;  ///< another set of phases is within 6 in BIC
  std::string text;    ///< why nothing was found or nothing can be said; empty if all is well
  int candidates = 0;  ///< phases of the library that the elements allow
  double displacement_deg =
      0.0;  ///< common shift of all lines at low angle, as found by the search
  double unexplained_share = 0.0;  ///< of the peak area, not accounted for by the phases found
  std::vector<FoundPhase> phases;  ///< the answer, strongest first
  std::vector<PhaseHypothesis> hypotheses;     ///< best first, at most 10
  std::vector<AbsentPhase> absent_rare_earth;  ///< every rare-earth phase searched, not found
  std::vector<FoundPeak> peaks;                ///< by angle
};

}  // namespace gadolin::diffraction
