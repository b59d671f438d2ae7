#pragma once

#include <vector>

#include "models/separation/types.hpp"

namespace gadolin::separation {

/// Covariance of log10 K over circuit.species (of log10 D at any one state where a species has an
/// empirical line).
///   cov_ij = u_common^2 + own_ij, own = fitted matrix among fitted species, else u_i^2 delta_ij
/// out    [species, species] row-major, positive semidefinite, in log10 squared
/// throws Error E-SEP-040: negative or non-finite uncertainty, or a fitted matrix that is not
/// square,
///        not symmetric or not positive semidefinite
/// source docs/theory/separation.md#uncertainty-of-constants
std::vector<double> constant_covariance(const Circuit& circuit);

/// Lower triangle R with R R^T = covariance, for drawing correlated constants: log10 K + R z.
/// A covariance of less than full rank (a species known exactly) is met, with zero columns.
/// cost   n^3 / 3 flop
std::vector<double> covariance_root(const std::vector<double>& covariance, std::size_t n);

}  // namespace gadolin::separation
