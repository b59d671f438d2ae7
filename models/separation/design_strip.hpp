#pragma once

#include <vector>

#include "kernels/exec/engine.hpp"
#include "models/separation/design_cut.hpp"

namespace gadolin::separation {

/// Adds the strip bank to a cut whose extraction and scrub stand, and closes its loop: the least
/// acid (and then the fewest stages) that leaves of the heavy side in the solvent at most a tenth
/// of what may go down, at credible O/A. out    false with a reason where the strongest acid and
/// all stages allowed leave more
bool design_strip(const CutTask& task, const Engine& engine, DesignedCut& cut,
                  std::vector<DesignReason>* reasons);

/// What the closed circuit loses, loads and mixes: the numbers of `cut` that come from cut.result.
void judge_circuit(const CutTask& task, const CutKeys& keys, DesignedCut& cut);

}  // namespace gadolin::separation
