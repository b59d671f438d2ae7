#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/diffraction/types.hpp"

/// The readers behind read_patterns, one file each, and what they share.
namespace gadolin::io {

/// Two or three columns (angle, intensity, standard uncertainty) or a "start step stop" header
/// followed by intensities. Separators blank, tab, ';' or ','; decimal point or comma.
std::vector<diffraction::Pattern> parse_two_column_text(std::string_view bytes,
                                                        const std::string& file);
/// PANalytical XRDML of any namespace version.
std::vector<diffraction::Pattern> parse_xrdml(std::string_view bytes, const std::string& file);
/// GSAS powder data: CONST banks in STD, ESD, FXYE or FXY records; angles in centidegrees.
std::vector<diffraction::Pattern> parse_gsas(std::string_view bytes, const std::string& file);
/// Bruker UXD text: _COUNTS, _CPS (start and step) or _2THETACOUNTS, _2THETACPS (pairs).
std::vector<diffraction::Pattern> parse_uxd(std::string_view bytes, const std::string& file);

/// Lines of a text without their ends (LF, CRLF or CR); a byte order mark is dropped.
std::vector<std::string_view> split_lines(std::string_view bytes);
/// A whole token as a number: "5", "+1.5e3", "nan"; false if it is none.
bool parse_number(std::string_view token, double& value);
/// The text as "scan.xy:214".
std::string at_line(const std::string& file, std::size_t line);
/// A wavelength named in a comment or header line ("Calibrated wavelength = 0.413"), or 0.
double wavelength_in_text(std::string_view line);

/// Checks and completes a pattern: see read_patterns. `line_of_point` (may be empty) gives the
/// line of each point for messages; `expect_counts` says the intensities should be whole numbers.
void finish_pattern(diffraction::Pattern& pattern, const std::vector<std::size_t>& line_of_point,
                    bool expect_counts);

}  // namespace gadolin::io
