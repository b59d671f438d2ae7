#pragma once

#include <string>
#include <vector>

#include "models/core/provenance.hpp"
#include "models/separation/types_dynamics.hpp"

namespace gadolin::config {

/// Reads what `gadolin separation dynamics` is asked (docs/formats/dynamics.md): a design with a
/// [dynamics] table, or a plan that names its design and has one.
/// throws Error E-FILE-00x, E-TOML-00x; those of read_circuit
separation::DynamicsPlan read_dynamics(const std::string& path,
                                       std::vector<InputFile>* records = nullptr);
separation::DynamicsPlan parse_dynamics(const std::string& text, const std::string& file,
                                        std::vector<InputFile>* records = nullptr);

}  // namespace gadolin::config
