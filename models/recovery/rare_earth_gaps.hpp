#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/recovery/phase_chemistry.hpp"
#include "models/recovery/types.hpp"

/// Rare earths the laboratory gave no number for, on sites it gave numbers for.
namespace gadolin::recovery {

/// What an element without a number may hold on its site [mol/kg of sample]: at least `least`,
/// expected `least + excess`.
struct RareEarthGap {
  std::string element;
  ValueState state = ValueState::not_measured;
  double least = 0.0;     ///< the limit of an above-range content, else 0
  double excess = 0.0;    ///< expected above `least`
  double u_excess = 0.0;  ///< 1 sigma of `excess`
};

/// One rare-earth site: what was measured on it and what is missing, in mol/kg of sample.
struct RareEarthSum {
  std::map<std::string, double> measured;
  std::vector<RareEarthGap> gaps;  ///< in the table's order

  double least() const;   ///< sum of the gaps' least amounts
  double excess() const;  ///< sum of the expected excesses
  /// Interpolated amounts are taken as fully correlated (they share their neighbours), those below
  /// a limit of detection as independent.
  double u_excess() const;
  /// Molar split with the gaps holding `excess` together: each takes its expectation and a part of
  /// the difference in the proportion of its variance, never below 0.
  SiteSplit split(double excess) const;
};

/// The rare-earth sites of the phases that at least one measured content speaks of.
///   below LOD       even between 0 and the LOD: LOD/2, u = LOD/sqrt(12)
///   above range     at least the limit; expected the larger of limit and estimate, u = that
///   not measured or not listed   estimate, u = 100 %
///   estimate        chondrite-normalised, log-linear in Z (Y as Ho) between measured neighbours;
///                   beyond them the nearest one with a slope of -0.4 (light host) or +0.2 (heavy)
/// With one site present all rare earths go there.
/// source docs/theory/recovery.md; CI chondrite: McDonough & Sun 1995
std::map<RareEarthSite, RareEarthSum> rare_earth_sums(const std::vector<PhaseInput>& phases,
                                                      const std::vector<ElementInput>& elements);

}  // namespace gadolin::recovery
