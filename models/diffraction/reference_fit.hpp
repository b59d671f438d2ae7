#pragma once

#include <cstddef>
#include <vector>

#include "models/diffraction/types_reference.hpp"

/// The linear part of full-pattern summation on one pattern: references at given shifts, normal
/// equations with the background projected out, non-negative coefficients.
namespace gadolin::diffraction {

/// Patterns of a library as functions of the angle: local cubics through the grid.
class ReferenceShapes {
 public:
  explicit ReferenceShapes(const PatternLibrary& library);

  /// Reference r at x - shift; `slope`, if not null, gets the derivative with respect to x.
  /// in  x increasing, x - shift inside the grid (beyond it the end values)
  void draw(std::size_t r, const std::vector<double>& x, double shift, double* value,
            double* slope) const;

 private:
  const PatternLibrary& library_;
  std::vector<std::vector<double>> tangent_;  ///< [reference][points] dy/dx at the grid points
};

/// Weighted points of one pattern and its background columns.
struct SummationData {
  std::vector<double> x, y, weight;  ///< weight = 1 / variance
  std::vector<double> background;    ///< [terms * points], term by term
  int terms = 0;
};

/// A solution for a list of references.
struct ReferenceFit {
  std::vector<std::size_t> references;  ///< indices into the library, all with their shift
  std::vector<double> shift_deg;
  std::vector<double> coefficient;  ///< >= 0
  double chi2 = 0.0;
};

/// Normal equations of a list of references, background projected out.
class ReferenceNormals {
 public:
  ReferenceNormals(const SummationData& data, const ReferenceShapes& shapes,
                   const std::vector<std::size_t>& references,
                   const std::vector<double>& shift_deg);

  /// Non-negative least squares over a subset of the columns (indices into the list).
  /// out  coefficients in the order of the subset; chi2
  double solve(const std::vector<std::size_t>& subset, std::vector<double>& coefficient) const;
  /// Variance of the coefficient of column p with those of `others` free beside it.
  double variance(std::size_t p, const std::vector<std::size_t>& others) const;

 private:
  double gram(std::size_t a, std::size_t b) const { return gram_[a * rhs_.size() + b]; }

  std::vector<double> gram_;  ///< [n * n]
  std::vector<double> rhs_;
  double square_ = 0.0;  ///< of the pattern itself
};

/// Calculated pattern and its background.
struct SummationCurve {
  std::vector<double> calculated, background;
};
SummationCurve curve_of(const SummationData& data, const ReferenceShapes& shapes,
                        const ReferenceFit& fit);

}  // namespace gadolin::diffraction
