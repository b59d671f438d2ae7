#pragma once

#include <string>
#include <vector>

/// Plain data of a library of measured reference patterns, for full-pattern summation.
namespace gadolin::diffraction {

enum class ReferenceKind { crystalline, clay, amorphous, background };

/// One phase as an instrument saw it.
struct ReferencePhase {
  std::string id;      ///< unique: "KAOLINITE_DRY_BRANCH"
  std::string name;    ///< what a report calls it: "Kaolinite"; several references may share it
  std::string group;   ///< phases quoted together: "Kaolin"; empty: its own name
  std::string family;  ///< coarser still: "Clay"; empty: none
  ReferenceKind kind = ReferenceKind::crystalline;
  /// Reference intensity ratio of the pattern as stored (PatternLibrary::rir_reference = 1): with
  /// coefficients c of the stored patterns, W_p / W_q = (c_p / rir_p) / (c_q / rir_q). 0: not
  /// known, the phase can be found but not quantified.
  double rir = 0.0;
  double u_rir = 0.0;             ///< 0: not stated
  std::string source;             ///< specimen, place, measured by whom
  std::vector<double> intensity;  ///< [points] counts on the common grid, own background included
};

/// Measured patterns of pure phases on one grid, from one instrument.
struct PatternLibrary {
  std::string title;
  std::string source, licence;
  std::string rir_reference;                ///< id of the phase whose RIR is 1; empty: unknown
  std::vector<double> wavelength_angstrom;  ///< main line first; empty: not stated
  double kalpha2_ratio = 0.0;               ///< 0: not stated
  std::vector<double> two_theta_deg;        ///< [points] strictly increasing
  std::vector<ReferencePhase> phases;

  /// Index of a phase id, -1 if there is none. Case counts.
  int index_of(const std::string& id) const {
    for (std::size_t p = 0; p < phases.size(); ++p) {
      if (phases[p].id == id) return static_cast<int>(p);
    }
    return -1;
  }
};

/// What may be asked of a summation of reference patterns; the defaults are the unattended
/// protocol.
struct SummationOptions {
  std::vector<std::string> references;   ///< ids; empty: search the whole library
  std::vector<std::string> left_out;     ///< ids a search passes over: elements that are not there
  double largest_shift_deg = 0.3;        ///< of all references together
  double largest_own_shift_deg = 0.05;   ///< of one beside the others
  double clay_two_theta_min_deg = 19.0;  ///< lower end with clay references, unless one is asked
};

}  // namespace gadolin::diffraction
