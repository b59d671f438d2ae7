#pragma once

#include <string>
#include <vector>

#include "kernels/exec/engine.hpp"
#include "models/diffraction/identify.hpp"
#include "models/diffraction/types.hpp"

/// Refinements that bear out what a search named, and what they make of its answer.
namespace gadolin::diffraction {

/// Where the refined cell lies between two members of the phase's series.
void read_composition(const PhaseLibrary& library, const CrystalStructure& structure,
                      const std::string& group, const PhaseResult& refined, FoundPhase& phase);

/// BIC of a refinement up to a constant of the data, with as many observations as the residuals
/// leave independent (first-order correlation, by Durbin and Watson).
double bic_change(const PatternResult& before, const PatternResult& after);

/// The refinements of a batch of patterns, each with phases of its own.
class Confirmation {
 public:
  Confirmation(const std::vector<Pattern>& patterns, const PhaseLibrary& library,
               const Instrument& instrument, const AtomicTables& tables,
               const RefinementOptions& refinement, const Engine& engine);

  const LibraryPhase& entry(const std::string& name) const;

  /// Refines patterns whose list is not empty; what does not stand is taken out and the rest
  /// refined again, twice at most. Patterns with equal lists are one batch.
  void run(std::vector<std::vector<std::string>> wanted, std::vector<PatternResult>& results) const;

  static std::vector<std::string> found_in(const PatternResult& result);

 private:
  const std::vector<Pattern>& patterns_;
  const PhaseLibrary& library_;
  const Instrument& instrument_;
  const AtomicTables& tables_;
  RefinementOptions options_;
  const Engine& engine_;
};

/// What the refinement does not bear out is no part of the answer; the warning keeps its name.
void withdraw_unconfirmed(PatternResult& result, Identification& found);

/// Phases the second search named and the refinement bore out join the answer.
void join(Identification&& more, const std::vector<std::string>& confirmed, Identification& answer);

}  // namespace gadolin::diffraction
