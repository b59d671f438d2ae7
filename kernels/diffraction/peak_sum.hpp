#pragma once

#include "kernels/diffraction/peak.hpp"
#include "kernels/exec/pack.hpp"

/// The sum of peaks at a few points at once, with every derivative of one phase in registers.
namespace gadolin::diffraction {

/// Which derivatives the caller will read; the rest is not computed.
enum Want : unsigned {
  want_lorentzian = 1u,  ///< X, Y
  want_gaussian = 2u,    ///< U, V, W
  want_position = 4u,    ///< displacement, zero
  want_cell = 8u,
  want_texture = 16u,
  want_b_iso = 32u,
  want_axial = 64u,
  want_rare = 128u,  ///< P, transparency, capillary offsets: free for standards only
  want_overflow = 256u,
};

/// Pattern of one phase at unit scale, and its derivatives.
template <class P>
struct PhaseSum {
  P f, x, y, u, v, w, displacement, zero, march_r, b_iso;
  P axial, gauss_p, transparency, capillary_a, capillary_b, overflow;
  P cell[max_cell_directions];
};

template <class P, int Lanes>
GADOLIN_INLINE bool any_below(const P& values, double limit) {
  for (int i = 0; i < Lanes; ++i) {
    if (values[i] < limit) return true;
  }
  return false;
}

/// Profile of a peak at u = (at - centre) / fwhm, and what its derivatives need.
///   f = height_l / (1 + 4 u^2) + height_g exp(-4 ln2 u^2),  steep = -df/du,  spread = u steep
template <bool Derivatives, int Lanes>
GADOLIN_INLINE void unit_profile(const Peak& peak, Pack<double, Lanes> u, Pack<double, Lanes>& f,
                                 Pack<double, Lanes>& l0, Pack<double, Lanes>& g0,
                                 Pack<double, Lanes>& steep, Pack<double, Lanes>& spread) {
  using P = Pack<double, Lanes>;
  const P u2 = u * u;
  l0 = P(1.0) / fma(P(4.0), u2, P(1.0));
  const P l = P(peak.height_l) * l0;
  P g(0.0);
  g0 = P(0.0);
  if (any_below<P, Lanes>(u2, 9.2)) {
    g0 = exp(P(-2.7725887222397811) * u2);
    g = P(peak.height_g) * g0;
  }
  f = l + g;
  if constexpr (Derivatives) {
    steep = u * fma(P(8.0) * l, l0, P(5.5451774444795623) * g);
    spread = u * steep;
  }
}

/// Adds the peaks list[0..n-1] at the points `at` [deg].
/// A peak smeared by axial divergence is the weighted sum of its nodes; the chain to the parameters
/// is walked once per peak. The Gaussian is left out where it is below 1e-11 of its height.
/// cost  per peak and point about 15 flop, 1 division, 1 exp near the centre; with derivatives
///       about 35 more and 2 per cell direction
template <int CellDirections, bool Derivatives, int Lanes>
GADOLIN_INLINE void add_peaks(const Peak* GADOLIN_RESTRICT peaks, const int* GADOLIN_RESTRICT list,
                              int n, Pack<double, Lanes> at, unsigned want,
                              PhaseSum<Pack<double, Lanes>>& total) {
  using P = Pack<double, Lanes>;
  PhaseSum<P> sum = total;
  for (int k = 0; k < n; ++k) {
    const Peak& peak = peaks[list[k]];
    const P inverse(peak.inverse_fwhm);
    // Sums over the nodes of the peak: profile, Lorentzian and Gaussian at height 1, steepness.
    P f, l0, g0, steep, spread, by_s, nodes_by_q;
    if (peak.node_count == 0) {
      unit_profile<Derivatives, Lanes>(peak, (at - P(peak.centre)) * inverse, f, l0, g0, steep,
                                       spread);
    } else {
      for (int j = 0; j < peak.node_count; ++j) {
        const AxialNode& node = peak.nodes[j];
        const P weight(node.weight);
        P f1, l1, g1, steep1, spread1;
        unit_profile<Derivatives, Lanes>(peak, (at - P(peak.centre + node.offset)) * inverse, f1,
                                         l1, g1, steep1, spread1);
        f = fma(weight, f1, f);
        if constexpr (Derivatives) {
          l0 = fma(weight, l1, l0);
          g0 = fma(weight, g1, g0);
          steep = fma(weight, steep1, steep);
          spread = fma(weight, spread1, spread);
          const P shift = steep1 * P(node.weight * peak.inverse_fwhm);
          if (want & want_axial) {
            by_s = fma(P(node.s_weight), f1, fma(P(node.s_offset), shift, by_s));
          }
          if (want & want_cell) {
            nodes_by_q = fma(P(node.q_weight), f1, fma(P(node.q_offset), shift, nodes_by_q));
          }
        }
      }
    }
    sum.f += f;
    if constexpr (Derivatives) {
      const P by_centre = steep * inverse;
      const P by_fwhm = (spread - f) * inverse;
      const P by_eta = P(peak.full_l) * l0 - P(peak.full_g) * g0;
      const P by_l = fma(P(peak.fwhm_l), by_fwhm, P(peak.eta_l) * by_eta);
      const P by_g2 = fma(P(peak.fwhm_g2), by_fwhm, P(peak.eta_g2) * by_eta);
      if (want & want_lorentzian) {
        sum.x = fma(P(peak.x), by_l, sum.x);
        sum.y = fma(P(peak.y), by_l, sum.y);
      }
      if (want & want_gaussian) {
        sum.u = fma(P(peak.u), by_g2, sum.u);
        sum.v = fma(P(peak.v), by_g2, sum.v);
        sum.w = fma(P(peak.w), by_g2, sum.w);
      }
      if (want & want_position) {
        sum.displacement = fma(P(peak.displacement), by_centre, sum.displacement);
        sum.zero += by_centre;
      }
      if (want & want_texture) sum.march_r = fma(P(peak.march_r), f, sum.march_r);
      if (want & want_axial) sum.axial += by_s;
      if (want & want_rare) {
        sum.gauss_p = fma(P(peak.gauss_p), by_g2, sum.gauss_p);
        sum.transparency = fma(P(peak.transparency), by_centre, sum.transparency);
        sum.capillary_a = fma(P(peak.capillary_a), by_centre, sum.capillary_a);
        sum.capillary_b = fma(P(peak.capillary_b), by_centre, sum.capillary_b);
      }
      if (want & want_overflow) sum.overflow = fma(P(peak.overflow), f, sum.overflow);
      if (want & want_b_iso) sum.b_iso = fma(P(peak.b_iso), f, sum.b_iso);
      if (want & want_cell) {
        const P by_q =
            fma(P(peak.theta_area), f,
                fma(P(peak.theta_centre), by_centre,
                    fma(P(peak.theta_g2), by_g2, fma(P(peak.theta_l), by_l, nodes_by_q))));
        for (int c = 0; c < CellDirections; ++c) {
          sum.cell[c] = fma(P(peak.slope[c]), by_q, sum.cell[c]);
        }
      }
    }
  }
  total = sum;
}

}  // namespace gadolin::diffraction
