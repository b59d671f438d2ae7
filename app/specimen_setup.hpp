#pragma once

#include <string>
#include <vector>

#include "app/diffraction_setup.hpp"
#include "kernels/exec/engine.hpp"
#include "models/assay/types.hpp"
#include "models/diffraction/types.hpp"

namespace gadolin::app {

/// "table.csv" or "table.csv:ROW": one sample of an element table. Without a row the table must
/// hold one sample. throws Error E-XRD-144 no such row, or several samples and none named; and the
/// reader's own
assay::AssaySample read_specimen_assay(const std::string& text, std::vector<InputFile>& inputs);

/// Measured contents of an assay, for closure and mass absorption.
std::vector<diffraction::ElementContent> contents_of(const assay::AssaySample& sample);

/// Reads the pattern of the blank the options name, if any.
void load_blank(diffraction::QuantifyOptions& options, std::vector<InputFile>& inputs);

/// Refines the pattern of the external standard the options name, with the same instrument and the
/// same settings, and fills external_standard: K from it, the specimen's mass absorption from the
/// assay where none is stated.
/// throws Error E-XRD-145 neither assay nor mass absorption, or a standard without a usable fit
void measure_external_standard(const DiffractionSetup& setup,
                               const std::vector<std::string>& folders,
                               const diffraction::Instrument& instrument,
                               diffraction::RefinementOptions& options, const Engine& engine,
                               std::vector<InputFile>& inputs);

}  // namespace gadolin::app
