#pragma once

#include <vector>

#include "models/diffraction/peak_search.hpp"

/// How much a pattern says for one set of phases against another.
namespace gadolin::diffraction {

/// Counting noise is new at every point and its variance is known. What a model lacks is alike over
/// the width of a line and not known beforehand. A template as wide as a line is therefore weighed
/// by 1 / (v + L m^2), v the variance of counting, m what the model may lack at the point, L the
/// points per line width. Where the phases at hand are silent that is counting statistics over all
/// points; under their strong lines a whole line counts as one observation of its misfit.
///
/// What the weights do not foresee is taken from the fit: with q = chi2 / N above 1 the excess is
/// misfit and correlated like it, so that a change of chi2 counts 1 / (1 + L (q - 1)) of itself.
/// The integral over q is the score of a set.
/// source docs/theory/diffraction.md#identification
class Evidence {
 public:
  explicit Evidence(const PreparedPattern& data);

  const std::vector<double>& weight() const { return weight_; }  ///< [points]
  /// Independent observations: expectation of chi2 under the weights.
  double observations() const { return observations_; }
  /// Points per line width, >= 1.
  double correlation() const { return correlation_; }
  /// -2 ln likelihood of a fit up to a constant of the data.
  double misfit(double chi2) const;
  /// The same as if counting noise were correlated like misfit: for claims that must not be wrong.
  ///   calculated [points], for the counts the evidence was made from
  double cautious_misfit(const PreparedPattern& data, const std::vector<double>& calculated) const;
  /// By how much a change of chi2 is divided near a fit of this chi2; >= 1.
  double derating(double chi2) const;

 private:
  std::vector<double> weight_;
  double correlation_ = 1.0, observations_ = 1.0;
};

/// 2 ln of the odds against any one of so many phases being in a mixture, which usually holds four.
/// Without it the best of a large library looks better than it is.
double odds_against(std::size_t candidates);

}  // namespace gadolin::diffraction
