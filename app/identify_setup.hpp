#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "models/assay/types.hpp"
#include "models/core/provenance.hpp"
#include "models/diffraction/identify.hpp"

namespace CLI {
class App;
}

namespace gadolin::app {

/// What `--phases auto` was asked with.
struct IdentifyChoices {
  std::string elements;  ///< "Fe,O,Ce"; empty: any
  int max_phases = 12;
};

/// Whether a list of phases begins with the word "auto".
bool asks_for_search(const std::vector<std::string>& phases);

/// --elements, --max-phases.
void add_identify_options(CLI::App& verb, IdentifyChoices& choices);

/// The options as TOML lines for the record of the run; nothing where phases are named.
std::string identify_toml(const IdentifyChoices& choices, bool asked);

/// throws Error E-XRD-162 where a word is no element symbol
diffraction::IdentifyOptions identify_options(const IdentifyChoices& choices,
                                              const diffraction::RefinementOptions& refinement);

/// What an assay allows: an element measured below `absent_below` (mass fraction, or below its LOD
/// where that is smaller) is excluded; one that was not measured may be there.
diffraction::IdentifyOptions identify_options(const assay::AssaySample& sample,
                                              const diffraction::RefinementOptions& refinement);

/// Structures of the user's own, then the shipped library; unusable ones are left out with a
/// warning, and shipped ones whose name an own one has.
diffraction::PhaseLibrary load_phase_library(const std::vector<diffraction::CrystalStructure>& own,
                                             std::vector<InputFile>& inputs,
                                             std::vector<Warning>& warnings,
                                             const std::vector<std::string>& folders = {});

void print_identification(const diffraction::Identification& found);
nlohmann::ordered_json to_json(const diffraction::Identification& found);

}  // namespace gadolin::app
