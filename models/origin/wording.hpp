#pragma once

#include "models/origin/types.hpp"

namespace gadolin::origin {

/// Fills conclusion and conclusion_text from posteriors, typicality and groups (largest first).
/// The sentence speaks of how well a source explains the findings; it never says that the material
/// comes from a source and never turns a likelihood into a probability of origin.
/// source docs/theory/origin.md#wording
void conclude(const Options& options, OriginResult& result);

/// The same where nothing could be compared: separated goods, or too few measured elements.
void conclude_without_evidence(bool separated, int measured, const Options& options,
                               OriginResult& result);

}  // namespace gadolin::origin
