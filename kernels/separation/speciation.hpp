#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/exec/host_device.hpp"
#include "kernels/exec/item_status.hpp"

namespace gadolin::separation {

/// A complex M L_n of one metal and one ligand.
struct ComplexTerm {
  int metal = 0;         ///< index into totals
  int ligand = 0;        ///< 0..2: a ligand with a balance; 3: OH-, whose concentration is given
  double n = 1.0;        ///< ligands bound
  double ln_beta = 0.0;  ///< overall constant at the liquor's ionic strength
};

/// Free ligands of one liquor, hydroxide given.
///   alpha_k = 1 + sum beta_kLn [L]^n (S34) [L] (1 + [H]/Ka_L) + sum_k x_k/alpha_k sum n beta_kLn
///   [L]^n = L_total,  L = 0..2          (S35)
/// the stationary point of the convex
///   Phi(ln L) = sum [L](1 + [H]/Ka_L) + sum x_k ln alpha_k - sum L_total ln L (S36)
/// so it is unique and damped Newton finds it.
/// in   metal [metals] total mol/L at metal[k * stride]; total [3] mol/L of the ligands, 0 =
/// absent;
///      protonated [3] = [H]/Ka of HL; terms in any order
/// out  ligand [3] free mol/L, ln_alpha [metals]
struct Speciation {
  const ComplexTerm* term = nullptr;
  int terms = 0;
  const double* metal = nullptr;
  std::size_t stride = 1;
  int metals = 0;
  double total[3] = {0.0, 0.0, 0.0};
  double protonated[3] = {0.0, 0.0, 0.0};
  double hydroxide = 0.0;
};

namespace speciation_detail {

/// ln alpha of one metal and the mean number of each ligand on it (nbar) and its covariance.
GADOLIN_HD inline double metal_ln_alpha(const Speciation& s, int k, const double* ln_l,
                                        double* nbar, double* cov) {
  double sum = 1.0;
  for (int a = 0; a < 3; ++a) nbar[a] = 0.0;
  for (int a = 0; a < 9; ++a) cov[a] = 0.0;
  for (int j = 0; j < s.terms; ++j) {
    const ComplexTerm& t = s.term[j];
    if (t.metal != k) continue;
    const double w = std::exp(t.ln_beta + t.n * ln_l[t.ligand]);
    sum += w;
    if (t.ligand > 2) continue;
    nbar[t.ligand] += t.n * w;
    cov[t.ligand * 4] += t.n * t.n * w;
  }
  for (int a = 0; a < 3; ++a) nbar[a] /= sum;
  for (int a = 0; a < 3; ++a) {
    for (int b = 0; b < 3; ++b) cov[a * 3 + b] = cov[a * 3 + b] / sum - nbar[a] * nbar[b];
  }
  return std::log(sum);
}

}  // namespace speciation_detail

/// Newton on ln[L] with Armijo's rule on (S36).
/// fails  totals not finite -> out_of_range; not to 1e-13 of the totals in 60 steps ->
/// not_converged cost   5-8 iterations of one exp per complex source
/// docs/theory/separation.md#aqueous-complexes
GADOLIN_HD inline ItemStatus solve_speciation(const Speciation& s, double* ligand,
                                              double* ln_alpha) {
  using speciation_detail::metal_ln_alpha;
  double ln_l[4], nbar[3], cov[9];
  bool sound = true;
  for (int a = 0; a < 3; ++a) {
    sound = sound && s.total[a] >= 0.0 && s.total[a] < 1e300 && s.protonated[a] >= 0.0;
    ln_l[a] = s.total[a] > 0.0 ? std::log(s.total[a] / (1.0 + s.protonated[a])) : -1e4;
  }
  ln_l[3] = s.hydroxide > 0.0 ? std::log(s.hydroxide) : -1e4;
  if (!sound) return ItemStatus::out_of_range;
  ItemStatus status = ItemStatus::not_converged;
  double phi_at = 1e300, step[3] = {0.0, 0.0, 0.0}, slope = 0.0, scale = 1.0;
  for (int it = 0; it < 120; ++it) {
    double gradient[3], hessian[9], phi = 0.0;
    for (int a = 0; a < 9; ++a) hessian[a] = 0.0;
    for (int a = 0; a < 3; ++a) {
      const double free = std::exp(ln_l[a]) * (1.0 + s.protonated[a]);
      gradient[a] = free - s.total[a];
      hessian[a * 4] = free;
      if (s.total[a] > 0.0) phi += free - s.total[a] * ln_l[a];
    }
    for (int k = 0; k < s.metals; ++k) {
      const double x = s.metal[static_cast<std::size_t>(k) * s.stride];
      phi += x * metal_ln_alpha(s, k, ln_l, nbar, cov);
      for (int a = 0; a < 3; ++a) gradient[a] += x * nbar[a];
      for (int a = 0; a < 9; ++a) hessian[a] += x * cov[a];
    }
    double worst = 0.0;
    for (int a = 0; a < 3; ++a) {
      if (s.total[a] > 0.0) worst = std::fmax(worst, std::fabs(gradient[a]) / s.total[a]);
    }
    if (worst <= 1e-13) {
      status = ItemStatus::ok;
      break;
    }
    const bool flat = std::fabs(slope) < 1e-11 * (1.0 + std::fabs(phi));
    if (it > 0 && !flat && phi > phi_at + 1e-4 * scale * slope && scale > 1e-9) {
      for (int a = 0; a < 3; ++a) ln_l[a] -= 0.5 * scale * step[a];  // half way back
      scale *= 0.5;
      continue;
    }
    // The next direction: 3 x 3 Cholesky; absent ligands stand still.
    for (int a = 0; a < 3; ++a) {
      if (s.total[a] > 0.0) continue;
      gradient[a] = 0.0;
      for (int b = 0; b < 3; ++b) hessian[a * 3 + b] = hessian[b * 3 + a] = 0.0;
      hessian[a * 4] = 1.0;
    }
    for (int j = 0; j < 3; ++j) {
      for (int i = j; i < 3; ++i) {
        double v = hessian[i * 3 + j];
        for (int m = 0; m < j; ++m) v -= hessian[i * 3 + m] * hessian[j * 3 + m];
        hessian[i * 3 + j] = i == j ? std::sqrt(std::fmax(v, 1e-300)) : v / hessian[j * 4];
      }
    }
    for (int i = 0; i < 3; ++i) {
      double v = -gradient[i];
      for (int m = 0; m < i; ++m) v -= hessian[i * 3 + m] * step[m];
      step[i] = v / hessian[i * 4];
    }
    for (int i = 3; i-- > 0;) {
      double v = step[i];
      for (int m = i + 1; m < 3; ++m) v -= hessian[m * 3 + i] * step[m];
      step[i] = v / hessian[i * 4];
    }
    double longest = 0.0;
    slope = 0.0;
    for (int a = 0; a < 3; ++a) {
      longest = std::fmax(longest, std::fabs(step[a]));
      slope += gradient[a] * step[a];
    }
    if (longest <= 1e-15) {
      status = worst <= 1e-12 ? ItemStatus::ok : ItemStatus::not_converged;
      break;
    }
    scale = longest > 4.0 ? 4.0 / longest : 1.0;
    phi_at = phi;
    for (int a = 0; a < 3; ++a) ln_l[a] += scale * step[a];
  }
  for (int a = 0; a < 3; ++a) ligand[a] = s.total[a] > 0.0 ? std::exp(ln_l[a]) : 0.0;
  for (int k = 0; k < s.metals; ++k) ln_alpha[k] = metal_ln_alpha(s, k, ln_l, nbar, cov);
  return status;
}

}  // namespace gadolin::separation
