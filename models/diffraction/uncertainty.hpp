#pragma once

#include <vector>

#include "models/diffraction/refine_batch.hpp"

namespace gadolin::diffraction {

/// The last step of a batch: what is asked for beyond the fractions of one fit.
///   full uncertainty   variants of the protocol, warm-started from the final states in one batch
///   then, per result   quantify_further (absolute.hpp)
/// in   states and results of one chunk, in the same order; results already assessed
void finish_quantities(const BatchModel& model, const std::vector<CrystalStructure>& structures,
                       const std::vector<PatternState>& states, const RefinementOptions& options,
                       const Engine& engine, PatternResult* results);

/// Variants of the protocol, each a warm fit from the final state: background two terms more and
/// two fewer, texture freed or fixed, the profile's strain and U, V terms at the instrument's, one
/// B per strong phase, the first and the last fifth of the range left out.
/// Of each of the five choices (background, texture, profile, B, range) the larger move of the
/// fractions counts as the half-width of a uniform distribution: its outer product / 3 is added to
/// covariance_total, which keeps the sum of the fractions.
/// cost  about 8 warm fits per pattern, one launch
void add_protocol_spread(const BatchModel& model, const std::vector<PatternState>& states,
                         const RefinementOptions& options, const Engine& engine,
                         PatternResult* results);

}  // namespace gadolin::diffraction
