#pragma once

#include <vector>

#include "models/diffraction/refine_batch.hpp"

namespace gadolin::diffraction {

/// The last step of a batch: what is asked for beyond the fractions of one fit.
///   full uncertainty   variants of the protocol, warm-started from the final states in one batch
///   then, per result   quantify_further (absolute.hpp)
/// in   states and results of one chunk, in the same order; results already assessed
void finish_quantities(const BatchModel& model, const std::vector<PatternState>& states,
                       const RefinementOptions& options, const Engine& engine,
                       PatternResult* results);

}  // namespace gadolin::diffraction
