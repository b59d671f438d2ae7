#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "models/core/normaliser.hpp"
#include "models/core/quantity.hpp"

/// The rare-earth pattern as the origin model computes with it: 15 log contents of which only
/// contrasts count (docs/theory/origin.md, equations 1 to 3).
namespace gadolin::origin {

inline constexpr int pattern_size = 15;
/// La..Lu, Y: without Pm (none in nature) and Sc (another geochemistry).
inline constexpr std::array<const char*, pattern_size> pattern_elements = {
    "La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Y"};
/// Eight-fold radii of the trivalent ions [angstrom].
/// source Shannon, Acta Cryst. A32 (1976) 751, table 1
inline constexpr std::array<double, pattern_size> radius_angstrom = {
    1.160, 1.143, 1.126, 1.109, 1.079, 1.066, 1.053, 1.040,
    1.027, 1.015, 1.004, 0.994, 0.985, 0.977, 1.019};

/// Place of an element in the pattern, or -1.
int pattern_index(const std::string& element);

/// What a table says about one pattern, in logarithms.
///   measured  [m] places with a value; log_value [m] ln of it; u_log [m] its standard uncertainty
///   bounded   [b] places known only to lie below (side -1) or above (+1) exp(log_bound)
struct LogPattern {
  std::vector<int> measured;
  std::vector<double> log_value, u_log;
  std::vector<int> bounded, side;
  std::vector<double> log_bound;
};

/// Reads states into a LogPattern; places in the order of pattern_elements whatever the order
/// given.
///   u_log = sqrt(ln(1 + (u/x)^2)), default_u_fraction where no uncertainty is stated
///   a measured value <= 0, or a bound without a positive limit, is left out and named in `refused`
LogPattern log_pattern(const std::vector<std::string>& elements,
                       const std::vector<Quantity>& contents, double default_u_fraction,
                       std::vector<std::string>* refused = nullptr);

/// Orthonormal contrasts (ILR basis) of n parts, row-major [(n-1) * n]; rows sum to 0.
///   row j: (1/sqrt(j(j+1))) (1 ... 1, -j, 0 ... 0)
/// source Egozcue et al., Math. Geol. 35 (2003) 279
std::vector<double> contrasts(int n);

/// Values that stand off the line through their neighbours: [place, factor], worst first.
/// A value is left out, the line drawn anew, until none stands off by more than a factor 1.58
/// (2.75 at the ends) and 3 of its standard uncertainties; Ce and Eu are never judged. Y is judged
/// by Y/Ho outside 15 to 55, without Ho by Y/Dy outside 2.2 to 13.
/// source the limits of the library's own check, docs/formats/origin_library.md
std::vector<std::pair<int, double>> irregular_values(const LogPattern& pattern,
                                                     const Normaliser& normaliser);

/// The pattern without some measured places.
LogPattern without(const LogPattern& pattern, const std::vector<int>& places);

}  // namespace gadolin::origin
