#pragma once

#include <string>

#include "models/core/provenance.hpp"
#include "models/diffraction/types_reference.hpp"

/// Libraries of measured reference patterns as one HDF5 file (docs/formats/pattern_library.md).
namespace gadolin::io {

/// MAJOR.MINOR.REVISION of the layout; a reader takes its own MAJOR alone.
inline constexpr const char* pattern_library_version = "1.0.0";

/// Writes PATH.partial first, then renames. Equal libraries give equal bytes.
///   fails  E-OUT-001 the file exists and `force` is not set, E-LIB-023 the library contradicts
///          itself, E-OUT-002, E-H5-003, E-LOCK-001
void write_pattern_library(const std::string& path, const diffraction::PatternLibrary& library,
                           bool force = false);

/// Reads one back. Every phase has an id of its own and a pattern on the common grid; no number is
/// NaN or infinite; rir is 0 where the file states none.
///   fails  E-IN-001 no such file, E-H5-001 no HDF5, E-LIB-024 not a pattern library or of another
///          version, E-H5-002 a dataset is missing, E-LIB-023 the file contradicts itself
diffraction::PatternLibrary read_pattern_library(const std::string& path,
                                                 InputFile* record = nullptr);

}  // namespace gadolin::io
