#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "models/diffraction/types.hpp"

namespace CLI {
class App;
}

namespace gadolin::app {

/// --internal-standard, --particle-um, --uncertainty: filled when the command line is read.
void add_quantify_options(CLI::App& verb, diffraction::QuantifyOptions& options);

/// The options as the TOML tables of docs/formats/case.md, for the record of the run.
std::string quantify_toml(const diffraction::QuantifyOptions& options);

/// What quantification adds to the table of one pattern; nothing where nothing was asked.
void print_quantification(const diffraction::PatternResult& result);
nlohmann::ordered_json to_json(const diffraction::Quantification& quantification);

/// One phase as a line of the summary: fraction, expanded uncertainty U (k = 2), u_stat and LOD, to
/// the digits U bears; of a phase that is not found its limit and never a 0.
std::string phase_line(const diffraction::PhaseResult& phase);

/// "corundum=10wt%,crystallinity=99.02+-1.11": phase, weighed share of the whole specimen and the
/// standard's own crystallinity, all in wt%, each with "+-" standard uncertainty where known.
/// throws Error E-XRD-140 naming the part that is not understood
diffraction::InternalStandard parse_internal_standard(const std::string& text);

/// "zincite=10,corundum=1.5" or "5": grain diameters in micrometres, by phase or for all.
/// throws Error E-XRD-140
std::vector<diffraction::ParticleSize> parse_particles(const std::string& text);

/// "corundum.prn,corundum=99.02+-1.11wt%": pattern, phase and its crystalline share.
/// throws Error E-XRD-140
diffraction::StandardPattern parse_external_standard(const std::string& text);

/// "glass=24:9": name, centre and full width [deg].
/// throws Error E-XRD-140
diffraction::BackgroundHump parse_hump(const std::string& text);

struct NamedValue {
  std::string name;
  double value = 0.0, u = 0.0;
};
/// "corundum=1,zincite=5.4+-0.2". `form` is the remedy of the error.
/// throws Error E-XRD-140
std::vector<NamedValue> parse_named_values(const std::string& text, const std::string& form);

/// Names in the options become those of the structures: aliases as typed stand at the same place.
/// throws Error E-XRD-141 where a phase named is none of those refined
void resolve_quantify_names(const std::vector<std::string>& typed,
                            const std::vector<diffraction::CrystalStructure>& structures,
                            diffraction::QuantifyOptions& options);

}  // namespace gadolin::app
