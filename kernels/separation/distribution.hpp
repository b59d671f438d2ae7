#pragma once

#include <cmath>

#include "kernels/exec/host_device.hpp"

namespace gadolin::separation {

/// How one species distributes, in numbers only. With xi = ln X and eta = ln H:
///   ln D = c0 + n xi - (b0 + b1 X) eta + b2 eta^2                                           (S1)
/// mass action  c0 = ln K + (q - n) ln Xref, n, b0 = p, b1 = b2 = 0
/// line         c0 = ln10 B0 + B1 ln(s), n = B1, b0 = m0, b1 = m1 s, b2 = c/ln10; s: dosage per X
/// p, q rule the balances, never D.
/// source docs/theory/separation.md#distribution
template <class V>
struct LawOf {
  V protons = 3.0;  ///< p
  V dimers = 3.0;   ///< q
  V c0 = 0.0;
  V n = 3.0;
  V b0 = 3.0;
  V b1 = 0.0;
  V b2 = 0.0;
};
using SpeciesLaw = LawOf<double>;

template <class V>
GADOLIN_INLINE V ln_distribution(const LawOf<V>& law, V xi, V eta, V x_free) {
  return law.c0 + law.n * xi - (law.b0 + law.b1 * x_free) * eta + law.b2 * eta * eta;
}
/// d ln D / d xi
template <class V>
GADOLIN_INLINE V extractant_slope(const LawOf<V>& law, V eta, V x_free) {
  return law.n - law.b1 * x_free * eta;
}
/// - d ln D / d eta
template <class V>
GADOLIN_INLINE V proton_slope(const LawOf<V>& law, V eta, V x_free) {
  return law.b0 + law.b1 * x_free - V(2.0) * law.b2 * eta;
}
/// True if D follows the stoichiometry, so that the stage is the minimum of a convex function.
GADOLIN_INLINE bool is_stoichiometric(const SpeciesLaw& law) {
  return law.n == law.dimers && law.b0 == law.protons && law.b1 == 0.0 && law.b2 == 0.0;
}

/// The aqueous proton balance of one solution: water and, where sulfate is given, HSO4-.
///   h(H) = H - Kw/H + S H/(Ka2 + H)   [mol/L], increasing in H                              (S2)
struct AcidBalance {
  double kw = 1e-14;
  double sulfate = 0.0;
  double ka2 = 0.010232929922807542;

  GADOLIN_INLINE double bisulfate(double h) const {
    return sulfate > 0.0 ? sulfate * h / (ka2 + h) : 0.0;
  }
  GADOLIN_INLINE double total(double h) const { return h - kw / h + bisulfate(h); }
  /// d(HSO4)/d ln H
  GADOLIN_INLINE double bisulfate_slope(double h) const {
    return sulfate > 0.0 ? sulfate * ka2 * h / ((ka2 + h) * (ka2 + h)) : 0.0;
  }
  /// d total / d ln H, always positive
  GADOLIN_INLINE double slope(double h) const { return h + kw / h + bisulfate_slope(h); }
};

}  // namespace gadolin::separation
