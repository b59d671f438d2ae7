#pragma once

#include <span>
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
/// Bruker RAW versions 1 ("RAW "), 2 ("RAW2"), 3 ("RAW1.01") and 4 ("RAW4.00").
std::vector<diffraction::Pattern> parse_bruker_raw(std::string_view bytes, const std::string& file);
/// Bruker BRML: a zip of RawDataN.xml; the columns are found by what DataViews says of them.
std::vector<diffraction::Pattern> parse_brml(std::string_view bytes, const std::string& file);
/// Rigaku RAS: "*KEY value" headers and blocks of angle, intensity and attenuator.
std::vector<diffraction::Pattern> parse_ras(std::string_view bytes, const std::string& file);
/// Rigaku RASX: a zip of DataN/ProfileN.txt and DataN/MesurementConditionsN.xml.
std::vector<diffraction::Pattern> parse_rasx(std::string_view bytes, const std::string& file);
/// Powder CIF: one pattern per block with measured or processed intensities.
std::vector<diffraction::Pattern> parse_pdcif(std::string_view bytes, const std::string& file);
/// NeXus in HDF5: NXxrd_pan, or the default NXdata over two_theta. Read in a child process that
/// may use `limit_s` of processor time (io/readers/hdf5_child.hpp).
std::vector<diffraction::Pattern> parse_nexus(std::string_view bytes, const std::string& file,
                                              int limit_s = 10);
/// Philips UDF text: "Key, value, /" lines, then RawScan or ScanData and counts up to "/".
std::vector<diffraction::Pattern> parse_philips_udf(std::string_view bytes,
                                                    const std::string& file);
/// Philips PC-APD RD and SD ("V3RD"): 250 bytes, then 16-bit values v with counts = v v / 100.
std::vector<diffraction::Pattern> parse_philips_rd(std::string_view bytes, const std::string& file);

/// More points than any diffractometer writes; a header that states more is damaged.
inline constexpr std::size_t max_pattern_points = 5'000'000;
/// Fewest points of a scan whose format says where it begins and ends. Text needs more to be
/// recognised as a pattern at all.
inline constexpr std::size_t structured_least_points = 2;
inline constexpr std::size_t text_least_points = 10;

/// Lines of a text without their ends (LF, CRLF or CR); a byte order mark is dropped.
std::vector<std::string_view> split_lines(std::string_view bytes);
/// A whole token as a number: "5", "+1.5e3", "nan"; false if it is none.
bool parse_number(std::string_view token, double& value);
/// Without blanks, tabs and line ends on both sides.
std::string_view trimmed(std::string_view text);
std::string lower_case(std::string_view text);
/// The text as it may be shown: control characters and bytes that are no UTF-8 become '?'.
std::string printable(std::string_view text);
/// The text as "scan.xy:214".
std::string at_line(const std::string& file, std::size_t line);
/// A wavelength named in a comment or header line ("Calibrated wavelength = 0.413"), or 0.
double wavelength_in_text(std::string_view line);

/// Lines of a tube as a file states them [angstrom]; 0 = not stated. Values outside 0.05 to 5 are
/// taken as not stated.
struct TubeLines {
  double used = 0.0;  ///< the line a monochromator or the user picked
  double average = 0.0, alpha1 = 0.0, alpha2 = 0.0, beta = 0.0;
  double ratio = 0.0;  ///< intensity of alpha2 to alpha1
};
/// The doublet, unless the line used is the K-beta or one that the tube does not have.
void set_wavelengths(diffraction::Pattern& pattern, const TubeLines& lines);

/// Undoes an attenuator [points, factor >= 1 where it was in the beam] and gives sigma, the root of
/// the counts detected times the factor; where those are no whole numbers sigma is withheld.
///   applied  the intensities of the file are multiplied already
///   fails    E-XRD-014 another number of factors than points, or one that is not positive
void undo_attenuation(diffraction::Pattern& pattern, std::span<const double> factor, bool applied);
/// Intensities counted for different times are put on the mean time; sigma goes along.
///   fails  E-XRD-014 another number of times than points, or one that is not positive
void equalise_times(diffraction::Pattern& pattern, std::span<const double> time_s);
/// Marks the intensities as no counts: no Poisson sigma (W-XRD-001). `why` completes the sentence
/// "intensities in FILE ...".
void withhold_sigma(diffraction::Pattern& pattern, const std::string& why);
/// Intensities per second. With the step's time and whole numbers of counts, sigma is theirs;
/// otherwise it is withheld. The intensities stay rates.
void sigma_of_rates(diffraction::Pattern& pattern);

/// W-XRD-006 on the first pattern for each scan that was left out ("scan over Phi in a.ras:9");
/// E-XRD-012 if none is left.
void warn_of_left_out(std::vector<diffraction::Pattern>& patterns,
                      const std::vector<std::string>& left_out, const std::string& file);

/// Checks and completes a pattern: see read_patterns. `line_of_point` (may be empty) gives the
/// line of each point for messages; `expect_counts` says the intensities should be whole numbers.
void finish_pattern(diffraction::Pattern& pattern, const std::vector<std::size_t>& line_of_point,
                    bool expect_counts, std::size_t least_points = text_least_points);

}  // namespace gadolin::io
