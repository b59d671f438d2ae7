#pragma once

#include <string>

#include "kernels/numeric/random.hpp"
#include "models/recovery/types.hpp"

namespace gadolin::recovery {

/// A yield as a distribution: Beta(a, b), or one number if low = high.
struct YieldDistribution {
  bool fixed = false;
  double value = 1.0;  ///< if fixed
  double a = 1.0, b = 1.0;

  double draw(RandomStream& random) const { return fixed ? value : random.beta(a, b); }
};

/// Beta distribution with the stated mode whose 5 % and 95 % points come nearest to low and high.
///   a = 1 + k mode, b = 1 + k (1 - mode);  k by golden section on ln k, k from 1e-3 to 1e7
/// fails  E-REC-010 unless 0 <= low <= mode <= high <= 1; E-REC-011 unknown evidence class
/// source docs/theory/recovery.md, equation 8
YieldDistribution fit_yield(const Yield& yield, const std::string& where);

/// Quantile of Beta(a, b), 0 < p < 1, by bisection to 1e-12.
double beta_quantile(double a, double b, double p);

/// MEASURED < DERIVED < ESTIMATED < MEMORY; 0..3. fails E-REC-011 for another word.
int evidence_rank(const std::string& evidence);

}  // namespace gadolin::recovery
