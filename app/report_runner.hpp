#pragma once

#include <string>

namespace gadolin::app {

/// Runs scripts/report.py on a result file. html empty: the result's name with .html.
/// returns the path written
/// throws Error E-IN-001, E-OUT-001, E-REP-001 (no python3 with h5py), E-REP-002, E-REP-003
std::string write_report(const std::string& result, const std::string& html, bool force);

}  // namespace gadolin::app
