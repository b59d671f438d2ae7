#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/exec/host_device.hpp"
#include "kernels/exec/item_status.hpp"
#include "kernels/separation/distribution.hpp"

namespace gadolin::separation {

/// One equilibrium stage: what is in it, and what is sought.
///   x_k = T_k / (A + G D_k),  y_k = D_k x_k
///   A h(H) - G sum p_k y_k = P,  or, the same by the metal balance,
///   h(H) + sum p_k x_k = Q            charge: aqueous proton equivalents                    (S3)
///   X + (G/O) sum q_k y_k = C         extractant                                            (S4)
/// in   total [species], element k at total[k * stride], mol/h; A, G (pooled organic), O (all
///      organic) L/h, > 0; P mol/h or Q mol/L, any sign; C mol/L, > 0
///      ln_d_shift [species] added to ln D, pool [species] G of each species, same stride: null =
///      none
struct StageProblem {
  const SpeciesLaw* law = nullptr;
  const double* ln_d_shift = nullptr;
  const double* pool = nullptr;
  const double* total = nullptr;
  std::size_t stride = 1;
  int species = 0;
  double aqueous = 1.0;
  double organic_pool = 1.0;
  double organic = 1.0;
  bool from_proton = false;  ///< P is given, else Q
  double proton = 0.0;
  double charge = 0.0;
  double extractant = 1.0;
  AcidBalance acid;
  bool convex = true;  ///< every law is stoichiometric
};

struct StageState {
  double ln_x = 0.0;      ///< xi = ln X
  double ln_h = 0.0;      ///< eta = ln H
  double residual = 0.0;  ///< larger of the two balances, each over its largest term
  int iterations = 0;
  ItemStatus status = ItemStatus::not_converged;
};

namespace stage_detail {

struct Local {
  double charge_residual, extractant_residual;  // of (S3), (S4) in mol/L
  double relative;
  double j_hh, j_hx, j_xh, j_xx;  // derivatives by eta, xi, scaled by A and O
  double phi;
};

/// Residuals, their derivatives and, for convex stages, the potential
///   Phi = sum T ln(A + G D) + O X + A (H + Kw/H + S ln(Ka2 + H)) - O C xi - P eta,
///   P = A Q - sum p T                                                                       (S5)
GADOLIN_HD inline Local evaluate(const StageProblem& s, double xi, double eta, bool potential) {
  const double x_free = std::exp(xi), h = std::exp(eta);
  double px = 0.0, py = 0.0, qy = 0.0, phi = 0.0, proton_total = 0.0;
  double hh = 0.0, hx = 0.0, xh = 0.0, xx = 0.0;
  for (int k = 0; k < s.species; ++k) {
    const double t = s.total[static_cast<std::size_t>(k) * s.stride];
    if (!(t > 0.0)) continue;
    const SpeciesLaw& law = s.law[k];
    const double shift =
        s.ln_d_shift == nullptr ? 0.0 : s.ln_d_shift[static_cast<std::size_t>(k) * s.stride];
    const double pool =
        s.pool == nullptr ? s.organic_pool : s.pool[static_cast<std::size_t>(k) * s.stride];
    const double gd = pool * std::exp(ln_distribution(law, xi, eta, x_free) + shift);
    const double spread = s.aqueous + gd;
    const double x = t / spread;
    const double held = gd * x;  // mol/h in the pooled organic
    const double w = held * (s.aqueous / spread);
    px += law.protons * x;
    py += law.protons * held;
    qy += law.dimers * held;
    const double a = extractant_slope(law, eta, x_free), b = proton_slope(law, eta, x_free);
    hh += law.protons * b * w;
    hx += law.protons * a * w;
    xh += law.dimers * b * w;
    xx += law.dimers * a * w;
    if (potential) {
      phi += t * std::log(spread);
      proton_total += law.protons * t;
    }
  }
  Local r;
  const double acid = s.acid.total(h);
  const double bound = qy / s.organic;
  const double given = s.from_proton ? s.proton / s.aqueous : s.charge;
  const double carried = s.from_proton ? -py / s.aqueous : px;
  r.charge_residual = (acid + carried) - given;
  r.extractant_residual = (x_free + bound) - s.extractant;
  const double largest = std::fmax(std::fmax(std::fmax(h, s.acid.kw / h), s.acid.bisulfate(h)),
                                   std::fmax(std::fabs(carried), std::fabs(given)));
  r.relative = std::fmax(std::fabs(r.charge_residual) / largest,
                         std::fabs(r.extractant_residual) / s.extractant);
  r.j_hh = s.aqueous * s.acid.slope(h) + hh;
  r.j_hx = -hx;
  r.j_xh = -xh;
  r.j_xx = s.organic * x_free + xx;
  r.phi = 0.0;
  if (potential) {
    const double p_total = s.from_proton ? s.proton : s.aqueous * s.charge - proton_total;
    double water = h + s.acid.kw / h;
    if (s.acid.sulfate > 0.0) water += s.acid.sulfate * std::log(s.acid.ka2 + h);
    r.phi = phi + s.organic * x_free + s.aqueous * water - s.organic * s.extractant * xi -
            p_total * eta;
  }
  return r;
}

/// eta that meets the charge balance at a given xi; bracketed Newton, never fails: h(H) spans all
/// reals and sum p x stays bounded.
GADOLIN_HD inline double charge_root(const StageProblem& s, double xi, double eta) {
  double low = -120.0, high = 60.0;
  for (int it = 0; it < 200; ++it) {
    const Local r = evaluate(s, xi, eta, false);
    if (r.charge_residual > 0.0) {
      high = eta;
    } else {
      low = eta;
    }
    double next = eta - s.aqueous * r.charge_residual / r.j_hh;
    if (!(next > low && next < high)) next = 0.5 * (low + high);
    if (std::fabs(next - eta) <= 1e-15 * std::fmax(1.0, std::fabs(eta))) return next;
    eta = next;
  }
  return eta;
}

}  // namespace stage_detail

/// A fair start: half the extractant free, half the metal extracted.
GADOLIN_HD inline void start_stage(const StageProblem& s, StageState& state) {
  double proton_total = 0.0;
  for (int k = 0; k < s.species; ++k) {
    proton_total += s.law[k].protons * s.total[static_cast<std::size_t>(k) * s.stride];
  }
  const double share = s.from_proton ? 0.5 : -0.5;
  const double h =
      (s.from_proton ? s.proton / s.aqueous : s.charge) + share * proton_total / s.aqueous;
  const double root = std::sqrt(h * h + 4.0 * s.acid.kw);
  state.ln_h = std::log(h > 0.0 ? 0.5 * (h + root) : 2.0 * s.acid.kw / (root - h));
  state.ln_x = std::log(0.5 * s.extractant);
}

/// Equilibrium of one stage from state.ln_x, state.ln_h: damped Newton on (xi, eta) with Armijo's
/// rule on Phi (S5) where the laws are stoichiometric, on the residuals otherwise, and nested
/// bracketing where that stalls.
/// out    state; residual <= 1e-12 when ok
/// fails  A, G, O, C not positive or not finite -> out_of_range; no root (a line that holds more
///        extractant than there is) -> not_converged
/// cost   about 8 iterations of 60 flop and one exp (two with the log of Phi) per species
/// source docs/theory/separation.md#stage
GADOLIN_HD inline void solve_stage(const StageProblem& s, StageState& state) {
  using stage_detail::evaluate;
  state.iterations = 0;
  state.status = ItemStatus::out_of_range;
  state.residual = 0.0;
  if (!(s.aqueous > 0.0) || !(s.organic_pool > 0.0) || !(s.organic > 0.0) ||
      !(s.extractant > 0.0) || !(std::fabs(s.charge) < 1e300) || !(s.acid.kw > 0.0)) {
    return;
  }
  double xi = state.ln_x, eta = state.ln_h;
  double best_xi = xi, best_eta = eta, best = 1e300;
  auto r = evaluate(s, xi, eta, s.convex);
  int stalled = 0;
  for (int it = 0; it < 60; ++it) {
    ++state.iterations;
    if (r.relative < best) {
      stalled = r.relative > 0.25 * best ? stalled + 1 : 0;
      best = r.relative;
      best_xi = xi;
      best_eta = eta;
    } else {
      ++stalled;
    }
    if (best <= 1e-15 || (best <= 1e-13 && stalled > 0) || stalled > 12) break;
    const double gh = s.aqueous * r.charge_residual, gx = s.organic * r.extractant_residual;
    const double det = r.j_hh * r.j_xx - r.j_hx * r.j_xh;
    double step_h, step_x;
    if (det > 1e-14 * r.j_hh * r.j_xx) {
      step_h = -(r.j_xx * gh - r.j_hx * gx) / det;
      step_x = -(r.j_hh * gx - r.j_xh * gh) / det;
    } else {
      step_h = -gh / r.j_hh;
      step_x = -gx / r.j_xx;
    }
    const double longest = std::fmax(std::fabs(step_h), std::fabs(step_x));
    double scale = longest > 4.0 ? 4.0 / longest : 1.0;
    const double slope = gh * step_h + gx * step_x;
    // Below this the potential is flat to rounding: full Newton steps, judged by the residual.
    const bool local =
        !s.convex ? r.relative < 1e-6 : std::fabs(slope) < 1e-10 * (1.0 + std::fabs(r.phi));
    stage_detail::Local next = r;
    double next_xi = xi, next_eta = eta;
    for (int cut = 0; cut < 30; ++cut) {
      next_xi = xi + scale * step_x;
      next_eta = eta + scale * step_h;
      next = evaluate(s, next_xi, next_eta, s.convex);
      if (local) break;
      const bool better = s.convex ? next.phi <= r.phi + 1e-4 * scale * slope
                                   : next.relative < (1.0 - 1e-4 * scale) * r.relative;
      if (better) break;
      scale *= 0.5;
    }
    xi = next_xi;
    eta = next_eta;
    r = next;
  }
  if (best > 1e-12) {
    // Nested: the charge balance inside, the extractant balance (rising in xi) outside.
    double low = std::log(s.extractant) - 80.0, high = std::log(s.extractant);
    double inner = best_eta;
    for (int it = 0; it < 120; ++it) {
      const double mid = 0.5 * (low + high);
      inner = stage_detail::charge_root(s, mid, inner);
      const auto m = evaluate(s, mid, inner, false);
      ++state.iterations;
      if (m.relative < best) {
        best = m.relative;
        best_xi = mid;
        best_eta = inner;
      }
      if (best <= 1e-15) break;
      if (m.extractant_residual > 0.0) {
        high = mid;
      } else {
        low = mid;
      }
    }
  }
  state.ln_x = best_xi;
  state.ln_h = best_eta;
  state.residual = best;
  state.status = best <= 1e-12 ? ItemStatus::ok : ItemStatus::not_converged;
}

}  // namespace gadolin::separation
