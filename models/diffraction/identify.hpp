#pragma once

#include <string>
#include <vector>

#include "kernels/exec/engine.hpp"
#include "models/diffraction/candidates.hpp"
#include "models/diffraction/types.hpp"

namespace gadolin::diffraction {

struct IdentifyOptions {
  /// Elements the specimen may hold, with H, C and O, which are always allowed; empty: any.
  std::vector<std::string> elements;
  std::vector<std::string> excluded_elements;               ///< measured and absent
  double two_theta_min_deg = 0.0, two_theta_max_deg = 0.0;  ///< 0 = all
  int max_phases = 12;
};

/// The shipped library and what is known about it.
struct PhaseLibrary {
  std::vector<LibraryPhase> phases;
};

/// Which phases of a library a pattern shows, for any number of patterns.
///
/// Peak search; candidates by their elements; every candidate against the pattern by FNNLS over
/// common displacements; beam search over sets of phases with cells free inside a prior, lines as
/// wide as the pattern's, texture where it pays; sets compared by BIC. A phase counts only with two
/// lines of its own above 3 sigma and no strong line absent (a rare-earth phase without an element
/// list: three lines, and 20 in BIC). No refinement is run here; see analyse_unknown.
///
/// out   one Identification per pattern, in order, which depends on nothing but the pattern, the
///       library and the options
/// fails a pattern that cannot be searched gets Identification::text and no phases.
///       throws Error E-XRD-160 when the elements leave no candidate, E-WAVE-001 no emission line
/// source docs/theory/diffraction.md#identification
std::vector<Identification> identify(const std::vector<Pattern>& patterns,
                                     const PhaseLibrary& library, const Instrument& instrument,
                                     const AtomicTables& tables, const IdentifyOptions& options,
                                     const Engine& engine);

/// identify, then refine with the phases found, until all of them stand above 3 standard
/// uncertainties; composition of solid solutions from the refined cells. Patterns with the same
/// phases are refined as one batch.
/// out   one PatternResult per pattern, identification filled. A pattern in which nothing is
///       identified has status out_of_range and E-XRD-161
std::vector<PatternResult> analyse_unknown(const std::vector<Pattern>& patterns,
                                           const PhaseLibrary& library,
                                           const Instrument& instrument, const AtomicTables& tables,
                                           const IdentifyOptions& options,
                                           const RefinementOptions& refinement,
                                           const Engine& engine);

}  // namespace gadolin::diffraction
