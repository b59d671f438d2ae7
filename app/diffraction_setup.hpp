#pragma once

#include <string>
#include <vector>

#include "models/core/provenance.hpp"
#include "models/diffraction/types.hpp"

namespace gadolin::app {

/// What a refinement needs besides patterns, read once.
struct DiffractionSetup {
  std::vector<diffraction::CrystalStructure> structures;
  diffraction::Instrument instrument;
  diffraction::AtomicTables tables;
  bool instrument_given = false;  ///< false: the wavelength must come from the pattern file
  std::vector<InputFile> inputs;  ///< structures, instrument, tables as read
};

/// phases: library names, aliases or paths of CIF files. instrument: library name, path of a TOML
/// file, or empty. wavelengths: from the command line, main line first, or empty.
/// folders: the user's own structures (--library); empty: those of GADOLIN_LIBRARY.
/// throws Error E-XRD-020 (phase), E-XRD-021 (none, empty or repeated), E-INST-002 (unknown
///        instrument, naming the nearest), and the readers' own
DiffractionSetup load_diffraction_setup(const std::vector<std::string>& phases,
                                        const std::string& instrument,
                                        const std::vector<double>& wavelengths_angstrom,
                                        const std::vector<std::string>& folders = {});

/// The setup's instrument; where none was named, a generic one with the emission lines the first
/// pattern that states any brings along (K-alpha2 ratio 0.5 where the file has none).
diffraction::Instrument instrument_for(const std::vector<diffraction::Pattern>& patterns,
                                       const DiffractionSetup& setup);

/// throws Error E-WAVE-001 where neither the pattern nor the setup states a wavelength
void require_wavelength(const diffraction::Pattern& pattern, const DiffractionSetup& setup);

}  // namespace gadolin::app
