#pragma once

#include <string>
#include <vector>

#include "models/core/provenance.hpp"
#include "models/separation/types_uncertainty.hpp"

namespace gadolin::config {

/// Reads what `gadolin separation uncertainty` is asked (docs/formats/separation_uncertainty.md): a
/// design with an [uncertainty] table, or a plan that names its design and has one. The seed is the
/// caller's. throws Error E-FILE-00x, E-TOML-00x; those of read_circuit
separation::UncertaintyPlan read_uncertainty(const std::string& path,
                                             std::vector<InputFile>* records = nullptr);
separation::UncertaintyPlan parse_uncertainty(const std::string& text, const std::string& file,
                                              std::vector<InputFile>* records = nullptr);

}  // namespace gadolin::config
