#pragma once

#include <map>
#include <string>
#include <vector>

/// What a phase is made of, element by element.
namespace gadolin::recovery {

/// The rare earths of a phase sit on one site; which of them, the assay tells.
enum class RareEarthSite { none, light, heavy };

struct PhaseChemistry {
  std::map<std::string, double>
      mass_fraction;  ///< of every element, the rare-earth split filled in
  RareEarthSite site = RareEarthSite::none;
  double site_mol_per_kg = 0.0;  ///< rare-earth site per kg of phase
};

/// Molar shares on a rare-earth site; they sum to 1.
using SiteSplit = std::map<std::string, double>;

/// Chemistry of a formula, its rare-earth site filled by `split` (by the formula's own rare earths
/// if empty).
///   n_site = sum of rare-earth counts;  M = sum n_e M_e + n_site sum_r x_r M_r
///   w_r = n_site x_r M_r / M
/// light  the formula writes La..Gd on the site, heavy if it writes Tb..Lu or Y (the larger count
///        decides); Sc is an element of its own
/// fails  E-ELEM-002 a formula that cannot be read
/// source docs/theory/recovery.md, equation 1
PhaseChemistry phase_chemistry(const std::string& formula, const SiteSplit& split);

/// Site class of a rare earth when both classes are present: La..Gd light, Tb..Lu and Y heavy.
RareEarthSite site_class(const std::string& element);

/// Site a formula offers, without a split.
RareEarthSite site_of_formula(const std::string& formula);

}  // namespace gadolin::recovery
