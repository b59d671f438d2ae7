#pragma once

#include <vector>

#include "models/diffraction/refine_batch.hpp"

namespace gadolin::diffraction {

/// Chebyshev terms the layout reserves; a refinement frees some of them.
inline constexpr int reserved_chebyshev_terms = 16;

/// The points of a pattern inside the range asked for, with start variances; a pattern that cannot
/// be used gets a status_text (E-XRD-107, 112 to 116).
void take_points(const Pattern& pattern, const RefinementOptions& options, PatternState& state);

/// Checks the patterns, crops them, resolves wavelengths and variances, and builds the phases and
/// their rings; a pattern that cannot be used gets a status_text.
/// throws as refine()
BatchModel prepare(const std::vector<Pattern>& patterns,
                   const std::vector<CrystalStructure>& structures, const Instrument& instrument,
                   const AtomicTables& tables, const RefinementOptions& options,
                   std::vector<PatternState>& states);

}  // namespace gadolin::diffraction
