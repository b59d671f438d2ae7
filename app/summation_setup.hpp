#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "models/core/provenance.hpp"
#include "models/diffraction/identify.hpp"
#include "models/diffraction/types.hpp"
#include "models/diffraction/types_reference.hpp"

namespace CLI {
class App;
}

namespace gadolin::app {

/// --method and --references: full-pattern summation instead of a refinement.
struct SummationChoices {
  std::string method = "rietveld";
  std::string library;  ///< path of a measured-pattern library (docs/formats/pattern_library.md)
  double largest_shift_deg = 0.3;
};

void add_summation_options(CLI::App& verb, SummationChoices& choices);

/// What a summation needs besides patterns.
struct SummationSetup {
  diffraction::PatternLibrary library;
  diffraction::SummationOptions options;
};

/// Empty where no summation is asked for. phases: ids of references, in any case, or "auto" alone;
/// the internal standard named in `quantify` gets the library's spelling.
/// throws Error E-XRD-152 --method summation without --references or the other way round,
///        E-XRD-150 a phase the library lacks, naming the nearest, and the reader's own
std::optional<SummationSetup> load_summation(const SummationChoices& choices,
                                             const std::vector<std::string>& phases,
                                             diffraction::QuantifyOptions& quantify,
                                             std::vector<InputFile>& inputs);

/// Leaves references out of a search that hold an element the specimen does not. The elements of a
/// reference are those of the structure of the same name or alias in the library ("PYRITE" of
/// pyrite), else of FORMULAS.csv; a reference in neither stays.
void leave_out_by_elements(SummationSetup& setup, const diffraction::IdentifyOptions& asked,
                           const std::vector<std::string>& folders = {});

/// What a summation adds to the table and the document of one pattern.
void print_summation(const diffraction::PatternResult& result);
nlohmann::ordered_json summation_json(const diffraction::PatternResult& result);

}  // namespace gadolin::app
