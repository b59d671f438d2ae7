#pragma once

#include <string>
#include <vector>

#include "models/core/provenance.hpp"
#include "models/separation/types_design.hpp"

namespace gadolin::config {

/// Reads what `gadolin separation design` is asked for (docs/formats/targets.md; examples in
/// configs/plants/*_targets.toml).
/// throws Error E-FILE-00x, E-TOML-00x, E-SEP-002 (element without constants), all with file:line
separation::DesignTargets read_targets(const std::string& path,
                                       std::vector<InputFile>* records = nullptr);
separation::DesignTargets parse_targets(const std::string& text, const std::string& file,
                                        std::vector<InputFile>* records = nullptr);

}  // namespace gadolin::config
