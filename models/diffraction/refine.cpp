#include "models/diffraction/refine.hpp"

#include <algorithm>

#include "models/diffraction/assess.hpp"
#include "models/diffraction/prepare.hpp"
#include "models/diffraction/protocol.hpp"
#include "models/diffraction/uncertainty.hpp"

namespace gadolin::diffraction {

namespace {

/// Patterns per chunk: bounds host memory; the results do not depend on it.
constexpr std::size_t chunk_patterns = 512;

}  // namespace

std::vector<PatternResult> refine(const std::vector<Pattern>& patterns,
                                  const std::vector<CrystalStructure>& structures,
                                  const Instrument& instrument, const AtomicTables& tables,
                                  const RefinementOptions& options, const Engine& engine) {
  std::vector<PatternResult> results;
  results.reserve(patterns.size());
  for (std::size_t first = 0; first < patterns.size() || first == 0; first += chunk_patterns) {
    const std::vector<Pattern> chunk(
        patterns.begin() + static_cast<std::ptrdiff_t>(first),
        patterns.begin() +
            static_cast<std::ptrdiff_t>(std::min(patterns.size(), first + chunk_patterns)));
    std::vector<PatternState> states;
    BatchModel model = prepare(chunk, structures, instrument, tables, options, states);
    run_protocol(model, structures, states, options, engine);
    for (std::size_t i = 0; i < chunk.size(); ++i) {
      results.push_back(assess(model, chunk[i], states[i], options));
    }
    finish_quantities(model, structures, states, options, engine, results.data() + first);
  }
  return results;
}

}  // namespace gadolin::diffraction
