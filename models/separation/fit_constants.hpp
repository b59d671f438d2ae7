#pragma once

#include "models/separation/types_fit.hpp"

namespace gadolin::separation {

/// Extraction constants from batch equilibria: robust least squares of log10 D, where the model
/// solves each contact from its feed (protons, extractant, activities and complexes included).
///   loss Tukey's biweight after Huber's, scale per species from the median deviation       (S40)
///   covariance by the sandwich B^-1 (sum psi^2 j j') B^-1, raised by the leverage            (S41)
///   between sources by the moments of DerSimonian and Laird, in log10 K                     (S42)
///   interval of a row: Student's t at the species' scatter (rejected rows included) and K's u
///   (S43) k-fold by experiment: constants, scales and intervals all from the other folds
/// out    every row with its residual, weight and left-out prediction; rejected rows are named
/// fails  a contact whose equilibrium does not converge, or a species without rows: status says it
/// throws Error E-SEP-043: no usable experiment; E-SEP-044: fewer rows than constants
/// cost   rows x (iterations x folds) equilibria of some 20 us
/// source docs/theory/separation.md#fitting-constants
FitResult fit_constants(const FitTask& task);

/// log10 D of each metal of a contact, at the constants of `species`.
struct PredictedContact {
  ItemStatus status = ItemStatus::not_converged;
  std::vector<double> log10_d;
  double ln_h = 0.0, ln_x = 0.0;
  double ionic_strength_molar = 0.0;
  double loading_fraction = 0.0;
};
PredictedContact predict_contact(const FitTask& task, const EquilibriumExperiment& experiment,
                                 const std::vector<Species>& species);

}  // namespace gadolin::separation
