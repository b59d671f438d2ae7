#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "models/diffraction/reference_fit.hpp"
#include "models/diffraction/summation.hpp"

namespace gadolin::diffraction {

/// The fit of one pattern by measured references, step by step: points, common shift, choice, own
/// shifts (summation.hpp says what each does). What it means is read by whoever derives from it.
class SummationFit {
 public:
  SummationFit(const Pattern& pattern, const PatternLibrary& library, const ReferenceShapes& shapes,
               const SummationOptions& summation, const RefinementOptions& options)
      : pattern_(pattern),
        library_(library),
        shapes_(shapes),
        asked_(summation),
        options_(options) {}

 protected:
  /// Points in the range that pattern and library share; false: the result says why not.
  bool take(const std::vector<std::size_t>& references);
  void align();
  /// Backward elimination, then exchanges against the whole library, by BIC.
  void choose();
  /// Joint normal equations in coefficients and own shifts of the references with c > 0, then
  /// coefficients by NNLS again; a step that does not pay is halved.
  void own_shifts();

  void warn(const char* code, const std::string& text);
  /// References with a coefficient above 0.
  std::vector<std::size_t> active() const;

  /// Of the weighted residuals; correlation: 1 + 2 sum of their autocorrelations.
  struct Residuals {
    double chi2 = 0.0, durbin_watson = 0.0, correlation = 1.0;
  };
  Residuals residuals(const SummationCurve& curve) const;
  /// Covariance of the coefficients of `fitted`, row by row, with shifts and background free beside
  /// them.
  std::vector<double> joint_covariance(const std::vector<std::size_t>& fitted,
                                       double inflation) const;

  const Pattern& pattern_;
  const PatternLibrary& library_;
  const ReferenceShapes& shapes_;
  const SummationOptions& asked_;
  const RefinementOptions& options_;
  SummationData data_;
  ReferenceFit fit_;
  double common_shift_ = 0.0;
  std::vector<std::size_t> library_order_;  ///< references offered
  SummationError error_;
  bool searched_ = false;
  std::vector<std::vector<std::string>> not_told_apart_;
  PatternResult result_;

 private:
  std::vector<std::size_t> all_of(std::size_t n) const;
  /// chi2 of the best combination at a common shift; the fit keeps it if it is the best so far.
  double try_shift(double shift);
  double effective_points(const ReferenceFit& fit) const;
  bool is_standard(std::size_t reference) const;
};

}  // namespace gadolin::diffraction
