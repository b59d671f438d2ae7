#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/origin/source_model.hpp"

namespace gadolin::origin {

/// Predictive densities of one sample, natural logarithms, all on the same measure (the contrasts
/// of its measured elements, then the bounded elements as probabilities).
struct SampleDensities {
  std::vector<double> log_source;  ///< [sets] another sample of that set's source
  std::vector<double> log_kernel;  ///< [sets] a sample of another deposit like it
  double log_broad = 0.0;          ///< of one normal over all deposits
  /// [sets] squared Mahalanobis distance to the set as printed, on the elements measured in both,
  /// and its degrees of freedom (0: fewer than 2 in common).
  std::vector<double> distance2;
  std::vector<int> dimensions;
  int draws = 0;  ///< Monte Carlo draws for the bounded elements; 0 if none needed
  double effective_sample_size = 0.0;  ///< of the draws under the most probable set
};

/// Evaluates a sample under every set of the model. Bounded elements enter as the probability of
/// their range given the measured ones: exact for one, for more the Geweke-Hajivassiliou-Keane
/// simulator on the stream (seed, item_key(id)), the same numbers for every set.
/// in    sample with at least 2 measured elements
/// fails E-ORG-005 fewer than 2
/// source Genz & Bretz (2009), ch. 4.2; docs/theory/origin.md#bounded
SampleDensities evaluate_densities(const SourceModel& model, const LogPattern& sample,
                                   const std::string& id, std::uint64_t seed);

/// Expected log10 likelihood ratio between the sources `a` and `b` (places in model.deposit_ids)
/// for a sample determined like `sample`: the smaller of the two directions; per direction the mean
/// over the sets of the true source of the smallest Kullback-Leibler distance to the other's sets.
double expected_log10_lr(const SourceModel& model, const LogPattern& sample, int a, int b);

}  // namespace gadolin::origin
