#pragma once

#include <string>
#include <vector>

/// Plain data of a calibration, for the instrument file it becomes.
namespace gadolin::diffraction {

/// How sure the values of an instrument file are. Order of everything: `parameters`, which are keys
/// of the file.
struct CalibrationRecord {
  std::vector<std::string> parameters;
  std::vector<double> values, covariance;  ///< [n], [n * n] row-major
  std::string standard, pattern;           ///< phase name; file name without folder
  double cell_a_angstrom = 0.0;            ///< of the standard, as assumed (or refined)
  double rwp = 0.0, gof = 0.0;
};

}  // namespace gadolin::diffraction
