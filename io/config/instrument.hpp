#pragma once

#include <string>

#include "models/core/provenance.hpp"
#include "models/diffraction/types.hpp"
#include "models/diffraction/types_calibration.hpp"

namespace gadolin::config {

/// Reads an instrument description (docs/formats/instrument.md; examples in datasets/instruments).
/// Line intensities are normalised to sum 1; monochromator_two_theta_deg and polarisation_k
/// exclude each other. The record of the file goes to `record` if given.
/// throws Error E-FILE-00x, E-TOML-00x (unknown key: nearest key, file and line), E-INST-001
diffraction::Instrument read_instrument(const std::string& path, InputFile* record = nullptr);

/// The [calibration] table of an instrument file; without one `parameters` is empty.
/// throws as read_instrument; E-INST-001 where the covariance is not square, or not one
diffraction::CalibrationRecord read_calibration(const std::string& path);

/// An instrument file with every value of `instrument` that is not the default of its key, and a
/// [calibration] table. read_instrument and read_calibration give both back; numbers are written
/// with the digits that tell them apart.
std::string instrument_toml(const diffraction::Instrument& instrument,
                            const diffraction::CalibrationRecord& calibration);

}  // namespace gadolin::config
