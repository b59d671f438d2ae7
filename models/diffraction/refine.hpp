#pragma once

#include <vector>

#include "kernels/exec/engine.hpp"
#include "models/diffraction/types.hpp"

namespace gadolin::diffraction {

/// Unattended quantitative Rietveld refinement of any number of patterns in one batch: weight
/// fractions of the phases given, with their uncertainty.
///
/// Assumes flat-plate Bragg-Brentano or capillary geometry with a constant absorption factor, the
/// structures as given (atoms, occupancies and B fixed), one microstructure per phase, and that
/// nothing crystalline is missing: fractions are of the crystalline modelled part.
///
/// Order of the protocol: start values over a grid of displacements and widths (scales by NNLS);
/// scales and background; displacement (or zero); cells; widths; texture; background terms by BIC.
/// Every step is kept only if it pays for its parameters and stays inside its bounds.
///
/// in    patterns may differ in grid and wavelengths; wavelengths stated by a file replace those of
///       the instrument when they agree with them to 0.1 %
/// out   one PatternResult per pattern, in order; phases in the order of `structures`
///       and depends on nothing but the pattern itself, not on the others of the batch
/// fails a pattern that cannot be refined (no counts, NaN, too few points, other anode, more
///       reflections than E-XRD-122 allows), or in which none of the phases is found (E-XRD-117),
///       gets its status and a text, never an exception; see has_numbers.
///       throws Error E-XRD-110 no structures, E-XRD-111 more than 24 phases, E-WAVE-001 no
///       emission line, E-XRD-120/121 unusable structure
/// source docs/theory/diffraction.md
std::vector<PatternResult> refine(const std::vector<Pattern>& patterns,
                                  const std::vector<CrystalStructure>& structures,
                                  const Instrument& instrument, const AtomicTables& tables,
                                  const RefinementOptions& options, const Engine& engine);

enum class SeriesDirection { forward, backward, both };

/// The same for an ordered series (temperature, time): the first pattern goes through the whole
/// protocol, every next one starts from its neighbour's answer with the same free parameters in one
/// stage; where that does not converge, or fits half as well again as the neighbour, it goes
/// through the protocol alone. `both` walks the series forwards, then backwards, keeps the better
/// fit of each pattern, and says where the two disagree by more than 2 u (W-XRD-126): an answer
/// that depends on the path is none. Results in the order given; iterations count the pass that was
/// kept. in, out, fails  as refine(), but a result depends on the pattern's neighbours
std::vector<PatternResult> refine_series(const std::vector<Pattern>& patterns,
                                         const std::vector<CrystalStructure>& structures,
                                         const Instrument& instrument, const AtomicTables& tables,
                                         const RefinementOptions& options, const Engine& engine,
                                         SeriesDirection direction = SeriesDirection::both);

}  // namespace gadolin::diffraction
