#pragma once

#include <string>

#include "models/core/provenance.hpp"
#include "models/diffraction/types.hpp"

namespace gadolin::config {

/// Reads an instrument description (docs/formats/instrument.md; examples in datasets/instruments).
/// Line intensities are normalised to sum 1; monochromator_two_theta_deg and polarisation_k
/// exclude each other. The record of the file goes to `record` if given.
/// throws Error E-FILE-00x, E-TOML-00x (unknown key: nearest key, file and line), E-INST-001
diffraction::Instrument read_instrument(const std::string& path, InputFile* record = nullptr);

}  // namespace gadolin::config
