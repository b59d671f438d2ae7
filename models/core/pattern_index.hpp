#pragma once

#include "models/core/quantity.hpp"

/// Ratios and anomalies of a rare-earth pattern with first-order uncertainty and honest states.
namespace gadolin {

/// (top / bottom) / norm [1].
///   u^2/v^2 = (u_top/top)^2 + (u_bottom/bottom)^2 - 2 cov/(top bottom)
/// state  measured if both are; below_lod (lod = ratio at the LOD) if only `top` is below its LOD;
///        above_range (value = ratio at the limit) if only `bottom` is below its LOD or only `top`
///        is above its range; else not_measured
/// fails  never; norm <= 0 gives not_measured
/// source docs/theory/origin.md#indices
Quantity ratio_index(const Quantity& top, const Quantity& bottom, double norm = 1.0,
                     double covariance = 0.0);

/// Anomaly [1] of an element against its two neighbours, all divided by a normaliser:
///   a = N_c / sqrt(N_l N_r),  (u_a/a)^2 = (u_c/c)^2 + (u_l/l)^2/4 + (u_r/r)^2/4
/// state  as ratio_index with the geometric mean of the neighbours as bottom
/// fails  never; a normaliser content <= 0 gives not_measured
Quantity anomaly_index(const Quantity& centre, const Quantity& left, const Quantity& right,
                       double norm_centre, double norm_left, double norm_right);

}  // namespace gadolin
