#include "models/separation/species_law.hpp"

#include <cmath>

namespace gadolin::separation {

SpeciesLaw law_of(const Species& species, const Extractant& extractant) {
  constexpr double ln10 = 2.302585092994045684;
  SpeciesLaw law;
  law.protons = species.protons;
  law.dimers = species.dimers;
  if (species.law == DistributionLaw::mass_action) {
    law.n = species.exponent.value_or(species.dimers);
    law.c0 = ln10 * species.log10_k;
    if (law.n != law.dimers) {
      law.c0 += (law.dimers - law.n) * std::log(species.reference_extractant_molar);
    }
    law.b0 = species.protons;
    return law;
  }
  const EmpiricalLine& line = species.line;
  const double s = extractant.dosage_percent_per_molar;
  law.c0 = ln10 * line.intercept;
  if (line.log10_dosage_slope != 0.0) law.c0 += line.log10_dosage_slope * std::log(s);
  law.n = line.log10_dosage_slope;
  law.b0 = line.ph_slope;
  law.b1 = line.dosage_ph_slope * s;
  law.b2 = line.ph_quadratic / ln10;
  return law;
}

}  // namespace gadolin::separation
