#pragma once

#include <string>
#include <vector>

#include "models/assay/types.hpp"
#include "models/core/normaliser.hpp"

/// Oxides, sums and ratios of an element table, with their uncertainties (docs/theory/assay.md).
namespace gadolin::assay {

/// Oxide an element is reported as under a convention; "" if it has none (F, Cl).
std::string oxide_of(const std::string& element, const OxideConvention& convention = {});

/// Content of the element -> content of its oxide; value, u and lod scale, the state stays.
/// fails E-ELEM-003 if the element has no oxide
Quantity to_oxide(const Quantity& element_content, const std::string& element,
                  const OxideConvention& convention = {});
/// Content of the oxide -> content of the element.
Quantity to_element(const Quantity& oxide_content, const std::string& element,
                    const OxideConvention& convention = {});

/// Sums and ratios of one sample, in this order:
///   TREO, LREO (La..Gd), HREO (Tb..Lu, Y) [wt% of oxides];  NdPr share of TREO;
///   Eu/Eu*, Ce/Ce*, (La/Yb)N, (La/Sm)N, (Gd/Yb)N, Y/Ho, Nd/Pr, Sm/Nd, Th/U [1, element masses]
///   u(TREO)^2 = sum_ij f_i f_j cov_ij, f = oxide factor; ratios as in
///   models/core/pattern_index.hpp
/// Only measured elements enter a sum; each one below its LOD, above range or not measured is named
/// in `note`. A sum without one measured element is not_measured. in     covariance [values *
/// values] of the element contents, row-major; empty: uncorrelated.
///        An unstated u makes u of the sum unknown, not 0.
/// fails  E-ASSAY-001 covariance of another size
std::vector<Index> indices(const AssaySample& sample, const Normaliser& normaliser,
                           const OxideConvention& convention = {},
                           const std::vector<double>& covariance = {});

/// The one named, not_measured if there is none.
Index find_index(const std::vector<Index>& indices, const std::string& name);

}  // namespace gadolin::assay
