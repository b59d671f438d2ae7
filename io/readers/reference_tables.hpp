#pragma once

#include <string>

#include "models/core/provenance.hpp"
#include "models/diffraction/types_reference.hpp"

/// Libraries of measured patterns from two tables of text.
namespace gadolin::io {

/// Reads a library from its tables, each as CSV or gzipped CSV:
///   patterns  header: 2theta column, then one column per phase id; rows: angle [deg], counts
///   phases    phase_id, phase_name, rir; optional u_rir, phase_name_grouped (group),
///             phase_name_grouped2 (family), source. A phase without a column is an error, as is a
///             column without a row.
/// kind: by family, "Background", "Amorphous" and "Clay"; any other is crystalline. The phase named
/// corundum (by id, case aside) of rir 1 is rir_reference. Title, source, licence and wavelength
/// stay empty: the caller knows them.
///   fails  E-FILE-*, E-CSV-*, E-LIB-021 a column or phase is missing or named twice, E-LIB-022 a
///          cell that is no number, or angles that do not increase
diffraction::PatternLibrary read_reference_tables(const std::string& patterns,
                                                  const std::string& phases,
                                                  InputFile* patterns_record = nullptr,
                                                  InputFile* phases_record = nullptr);

}  // namespace gadolin::io
