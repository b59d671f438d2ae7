#pragma once

#include <string>

#include "models/diffraction/types.hpp"

namespace gadolin::io {

/// Reads f0_waasmaier_kirfel.csv, dispersion_cromer_liberman.csv and attenuation_mcmaster.csv of a
/// folder (datasets/atomic).
/// throws Error E-FILE-00x (absent, unreadable), E-ATOM-001 (bad line: file:line and the text)
diffraction::AtomicTables read_atomic_tables(const std::string& folder);

}  // namespace gadolin::io
