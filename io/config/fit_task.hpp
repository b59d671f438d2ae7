#pragma once

#include <string>
#include <vector>

#include "models/core/provenance.hpp"
#include "models/separation/types_fit.hpp"

namespace gadolin::config {

/// What a fit needs, and what its constants will be called.
struct FitSetup {
  separation::FitTask task;
  std::string licence;  ///< of the table of constants to be written
  std::string cite;     ///< where the measurements come from
};

/// Reads FIT.toml (docs/formats/fit.md) and the measurements it names, or a CSV table alone whose
/// columns have the default names. `table` replaces the file of measurements that FIT.toml names.
/// throws Error E-FILE-00x, E-TOML-00x, E-CSV-00x; E-SEP-045: a column that is not there, a cell
///        that is no number, a value that cannot be, a D of zero
FitSetup read_fit(const std::string& path, std::vector<InputFile>* records = nullptr,
                  const std::string& table = "");

}  // namespace gadolin::config
