#include "models/diffraction/uncertainty.hpp"

#include "models/diffraction/absolute.hpp"

namespace gadolin::diffraction {

void finish_quantities(const BatchModel& /*model*/, const std::vector<PatternState>& states,
                       const RefinementOptions& options, const Engine& /*engine*/,
                       PatternResult* results) {
  for (std::size_t i = 0; i < states.size(); ++i) quantify_further(options, results[i]);
}

}  // namespace gadolin::diffraction
