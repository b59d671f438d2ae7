#pragma once

#include <string>
#include <vector>

#include "models/core/provenance.hpp"
#include "models/separation/types_optimise.hpp"

namespace gadolin::config {

/// Reads an optimisation (docs/formats/optimise.md). The base design is read by BaseDesign
/// (io/config/sweep.hpp). throws Error E-FILE-00x, E-TOML-00x, E-SEP-112, -113, all with file:line
separation::OptimiseSettings read_optimise(const std::string& path,
                                           std::vector<InputFile>* records = nullptr);

}  // namespace gadolin::config
