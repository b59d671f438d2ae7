#pragma once

#include <vector>

#include "models/recovery/types.hpp"

namespace gadolin::recovery {

struct ReconcileOptions {
  double alpha = 0.01;               ///< conflict below this p-value
  double formula_u_fraction = 0.03;  ///< a mineral's content against its formula, relative, 1 sigma
  double unmodelled_sd = 0.15;  ///< prior of the amorphous or missed fraction: half-normal at 0
  double default_u_fraction = 0.05;  ///< relative u of a content without a stated one
  double least_u_weight = 0.002;     ///< floor of u of a weight fraction: XRD is never surer
};

/// Joins phase fractions and element contents by weighted least squares on one mass balance.
///   unknowns  w_p >= 0 phases of the whole sample, c_j >= 0 contents
///   rows      (w_p - w_p^XRD sum w)/S_w,  (1 - sum w)/unmodelled_sd,  (c_j - c_j^meas)/u_j,
///             link (c_j - sum_p Q_jp w_p)/(formula_u_fraction * predicted)
///   A rare-earth site counts as one content, in mol: which rare earths fill it, the assay says, so
///   the split is free and only the amount is compared. Below LOD: one-sided row, active only when
///   more than the LOD is predicted; above range likewise. Not measured: no row.
/// chi_square = all rows at the minimum; degrees_of_freedom = links in force;
/// conflict = p_value < alpha: then the inputs are handed back side by side, nothing is averaged.
/// in     phases [P] of the crystalline part, covariance [P*P] row-major (may be singular; empty:
/// the
///        floor alone), elements any order
/// fails  E-REC-001 covariance of another size, -002 fraction negative or sum not 1 within 2 %,
///        -003 element twice or unknown, -004 more than 64 unknowns, -005 not finite
/// source docs/theory/recovery.md, equations 1 to 6
Reconciled reconcile(const std::vector<PhaseInput>& phases, const std::vector<double>& covariance,
                     const std::vector<ElementInput>& elements,
                     const ReconcileOptions& options = {});

}  // namespace gadolin::recovery
