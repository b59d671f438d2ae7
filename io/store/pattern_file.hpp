#pragma once

#include <span>
#include <string>

#include "models/core/provenance.hpp"
#include "models/diffraction/types.hpp"

/// Measured patterns as files of their own, for other programs and for this one to read again.
namespace gadolin::io {

/// Writes the patterns of one file as NeXus (HDF5), one NXentry each, laid out as NXxrd_pan with
/// NXdata for any viewer (docs/formats/patterns.md). `source` is the file they were read from.
/// read_patterns gives back the same angles, intensities, sigmas, wavelengths and step time. Equal
/// patterns give equal bytes. The file appears whole or not at all.
///   fails  E-OUT-001 path exists and force is false, E-OUT-002 not writable, E-H5-003 disk full
void write_nexus_pattern(const std::string& path, std::span<const diffraction::Pattern> patterns,
                         const InputFile& source, bool force);

/// Writes one pattern as text: comment lines, then angle, intensity and, where there is one, sigma.
///   fails  as write_nexus_pattern
void write_text_pattern(const std::string& path, const diffraction::Pattern& pattern,
                        const InputFile& source, bool force);

}  // namespace gadolin::io
