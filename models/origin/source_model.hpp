#pragma once

#include <array>
#include <string>
#include <vector>

#include "models/origin/pattern.hpp"
#include "models/origin/types.hpp"

/// The statistical model behind an attribution (docs/theory/origin.md, equations 4 to 9):
///   log pattern of a set = mu_source + a + b + e;   a ~ N(0, W), b ~ N(0, B), e ~ N(0, Sigma)
///   mu_source ~ N(mu0, C), estimated with shrinkage from the library itself
/// A source is the mixture of its published sets, because two sets of one deposit differ by kind of
/// material and vintage far more than one normal spread would allow.
namespace gadolin::origin {

/// A normal density of log patterns; only contrasts of it count. covariance row-major.
struct PatternNormal {
  std::array<double, pattern_size> mean{};
  std::array<double, pattern_size * pattern_size> covariance{};
};

/// What one published set says of its source: the posterior of mu given that set.
struct SetPosterior {
  std::string deposit_id, set_id, material_kind;
  double share = 1.0;  ///< 1 / number of sets of the deposit
  PatternNormal mu;    ///< elements the set lacks follow the background
  LogPattern pattern;  ///< what was printed
  EvidenceGrade grade = EvidenceGrade::c;
  bool mean_only = true;
};

struct SourceModel {
  std::vector<SetPosterior> sets;  ///< ordered by deposit_id, set_id, whatever the library's order
  std::vector<std::string> deposit_ids;
  PatternNormal background;  ///< mu0, C
  /// Covariances of one more sample of a source: within W and process P, [15 * 15].
  std::array<double, pattern_size * pattern_size> within{}, process{};
  double laboratory_variance = 0.0;
  Options options;
  Normaliser normaliser;
};

/// W + its smooth part: within_sd^2 exp(-(dr/0.06)^2/2) + within_element_sd^2 I.
/// source docs/theory/origin.md#within; the length is our choice
std::array<double, pattern_size * pattern_size> within_covariance(const Options& options);

/// P: a random walk in radius from La to Lu, process_sd per neighbour step.
std::array<double, pattern_size * pattern_size> process_covariance(const Options& options);

/// Fits mu0 and C by expectation-maximisation and the posterior of every set.
/// in     library; options.worst_grade and left_out_deposits choose the sets
/// fails  E-ORG-001 no usable set left; E-ORG-002 normaliser not in the library (nearest offered);
///        E-ORG-003 a left-out deposit the library does not hold; E-ORG-004 an option out of range
/// cost   about 20 ms for 150 sets
SourceModel fit_sources(const Library& library, const Options& options);

}  // namespace gadolin::origin
