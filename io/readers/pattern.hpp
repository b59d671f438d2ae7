#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/core/provenance.hpp"
#include "models/diffraction/types.hpp"

/// Powder patterns from instrument files. The content decides, never the extension.
namespace gadolin::io {

enum class PatternFormat {
  two_column_text,
  xrdml,
  gsas,
  uxd,
  bruker_raw,
  brml,
  ras,
  rasx,
  pdcif,
  nexus,
  philips_udf,
  philips_rd,
};
const char* to_string(PatternFormat format);

/// The format of bytes.
///   fails  E-FMT-001 nothing known, E-FMT-014 a known format that is not read here (names the
///          format, its version and what to export instead)
PatternFormat sniff_pattern(std::string_view bytes, const std::string& file);

/// All patterns of a file in their order: one per scan, bank or range. Ids are the file stem, with
/// "#2" and so on for further scans. Every pattern is checked: strictly increasing angles between
/// 0 and 180 deg, finite intensities, no negative counts without a sigma, at least 10 points (2
/// where the format states the number of points or marks their end).
///   fails  E-FMT-*, E-XRD-002 no angles, -003 unreadable line, -004 ambiguous numbers,
///          -005 too few points, -006 not a finite number, -007 angles not increasing,
///          -008 negative counts or sigma, -009 angles outside 0..180, -010 no intensity at all,
///          -011 damaged XML, -012 no scan over 2theta, -013 data end too early,
///          -014 attenuation or times do not match the points
///   warns  W-XRD-001 intensities are no counts: no Poisson sigma, -002 other points left out,
///          -003 columns ignored, -004 footer ignored, -005 scan not completed,
///          -006 scan left out, -007 line skipped before the data
std::vector<diffraction::Pattern> read_patterns(const std::string& path,
                                                InputFile* record = nullptr);
/// The same from bytes; `file` is named in messages and gives the ids.
std::vector<diffraction::Pattern> parse_patterns(std::string_view bytes, const std::string& file);

}  // namespace gadolin::io
