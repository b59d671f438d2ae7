#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/core/provenance.hpp"
#include "models/diffraction/types.hpp"
#include "models/origin/types.hpp"

/// The case file of `gadolin analyse` (docs/formats/case.md): plain data, defaults in place.
namespace gadolin::config {

/// One item of the case. Paths are ready to open: relative ones were resolved against the folder
/// of the case file. Names (phases, instrument, route) stay names.
struct CaseSample {
  std::string id;                            ///< unique; letters, digits, blank, . _ - + ( ) #
  CaseRecord record;                         ///< the case's facts, overlaid with the sample's own
  std::vector<std::string> pattern_files;    ///< may be empty
  std::vector<std::string> phases;           ///< library names, aliases or CIF paths
  std::string instrument;                    ///< library name or TOML path; empty: not stated
  std::vector<double> wavelengths_angstrom;  ///< main line first; empty: from file or instrument
  diffraction::InternalStandard internal_standard;   ///< of this specimen; no phase: the case's
  std::vector<diffraction::ParticleSize> particles;  ///< of this specimen; empty: the case's
  std::string assay_file;                            ///< empty: no assay
  std::string assay_row;                             ///< sample id in the table; default: id
  std::string material_kind, process_level;          ///< for origin (origin::SampleInput)
  std::string declared_as;                           ///< the goods as declared
  std::string declared_origin;
  double mass_g = 0.0;  ///< 0: not stated
  std::string place;    ///< "case.toml:14"
};

struct CaseOrigin {
  bool asked = true;    ///< false: [origin] enabled = false
  std::string library;  ///< path; empty: the shipped one
  origin::Options options;
};

struct CaseRecovery {
  bool asked = false;  ///< a [recovery] table stands in the file
  std::string route;   ///< library name or TOML path
  int draws = 10000;
  double conflict_alpha = 0.01;
};

struct CaseSeparation {
  bool asked = false;
  std::string design;  ///< path of a separation design
};

/// How element tables without stated uncertainties are read.
struct CaseAssay {
  double default_u_fraction = 0.05;  ///< relative standard uncertainty assumed, flagged as such
  std::string laboratory;
};

struct Case {
  std::string path;
  std::string id, title;
  CaseRecord record;
  std::vector<CaseSample> samples;
  diffraction::RefinementOptions diffraction;
  std::string references;  ///< library of measured patterns: summation, no refinement; empty: none
  CaseAssay assay;
  CaseOrigin origin;
  CaseRecovery recovery;
  CaseSeparation separation;
  std::optional<std::uint64_t> seed;
  std::string engine;  ///< empty: not stated
  std::optional<int> threads;
  std::string text;  ///< verbatim
};

/// Reads and checks a case; every file it names must exist.
///   fails  E-TOML-00x; E-CASE-001 sample id repeated or unusable, -002 a sample with neither
///          pattern nor assay, -003 a pattern without phases, -004 keys that need another one,
///          -005 a file that does not exist; all with file:line
Case read_case(const std::string& path, InputFile* record = nullptr);
/// The same from text; `check_files` false skips E-CASE-005.
Case parse_case(std::string_view text, const std::string& file, bool check_files = true);

}  // namespace gadolin::config
