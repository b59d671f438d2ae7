#pragma once

#include <cmath>

#include "kernels/diffraction/folded_peak.hpp"
#include "kernels/diffraction/peak.hpp"
#include "kernels/exec/pack.hpp"

/// Sums of peaks at a few points at once: the profile in double precision, the functions that the
/// derivatives are made of in single.
namespace gadolin::diffraction {

/// Widths of the packs of a team: doubles come in `parts` packs of `doubles`, floats in one of
/// `floats`.
template <class Team>
struct Width {
  static constexpr int doubles = Team::lanes;
  static constexpr int parts = Team::lanes == 1 ? 1 : 2;
  static constexpr int floats = doubles * parts;
};

namespace peak_sum_detail {

/// Functions of the point, summed over the pieces of one smeared peak.
///   l0 = 1 / (1 + v^2), g0 = 2^-v^2, by_centre = v (centre_l l0^2 + centre_g g0)
template <class F>
struct Shapes {
  F l0, g0, by_centre, spread, by_s, by_metric;
};

/// Profile of one piece at v for unit scale, into value; l and g at height 1.
template <bool Core, int D, int Parts>
GADOLIN_INLINE void profile(const FoldedPeak& k, double centre, double weight,
                            const Pack<double, D>* at, Pack<double, D>* value,
                            Pack<double, D> (&v)[Parts], Pack<double, D> (&l)[Parts],
                            Pack<double, D> (&g)[Parts]) {
  using P = Pack<double, D>;
  const P height_l(weight * k.height_l), height_g(weight * k.height_g);
  for (int i = 0; i < Parts; ++i) {
    v[i] = (at[i] - P(centre)) * P(k.stretch);
    const P v2 = v[i] * v[i];
    l[i] = P(1.0) / (P(1.0) + v2);
    value[i] = fma(height_l, l[i], value[i]);
    if constexpr (Core) {
      g[i] = halving(v2);
      value[i] = fma(height_g, g[i], value[i]);
    }
  }
}

}  // namespace peak_sum_detail

/// Adds one peak at Parts * D points: its profile at unit scale to value [Parts], coefficient x
/// function of the point to sums[column * stride + 0 .. Parts * D - 1] for every term of the plan.
/// Core is false where the Gaussian has died out.
/// cost  per point and piece 8 flop and a division, in the core an exponential of 16 flop more;
///       with derivatives about 25 (core 32) and 2 per term, in single precision
template <bool Core, bool Derivatives, int D, int Parts>
GADOLIN_INLINE void add_folded(const FoldedPeak& k, const PhasePlan& plan,
                               const float* GADOLIN_RESTRICT coefficient, const Pack<double, D>* at,
                               float* GADOLIN_RESTRICT sums, int stride, Pack<double, D>* value) {
  using P = Pack<double, D>;
  using F = Pack<float, D * Parts>;
  peak_sum_detail::Shapes<F> shapes;
  P v[Parts], l[Parts], g[Parts];
  if (k.node_count == 0) {
    peak_sum_detail::profile<Core, D, Parts>(k, k.centre, 1.0, at, value, v, l, g);
    if constexpr (Derivatives) {
      const F place = narrow(v);
      shapes.l0 = narrow(l);
      F steep = F(k.centre_l) * shapes.l0 * shapes.l0;
      if constexpr (Core) {
        shapes.g0 = narrow(g);
        steep = fma(F(k.centre_g), shapes.g0, steep);
      }
      shapes.by_centre = place * steep;
      shapes.spread = place * shapes.by_centre;
    }
  } else {
    for (int j = 0; j < k.node_count; ++j) {
      const AxialNode& node = k.nodes[j];
      peak_sum_detail::profile<Core, D, Parts>(k, k.centre + node.offset, node.weight, at, value, v,
                                               l, g);
      if constexpr (Derivatives) {
        const F place = narrow(v), l0 = narrow(l);
        F g0, steep = F(k.centre_l) * l0 * l0;
        F f = F(k.l) * l0;
        if constexpr (Core) {
          g0 = narrow(g);
          steep = fma(F(k.centre_g), g0, steep);
          f = fma(F(k.g), g0, f);
        }
        const F by_centre = place * steep, weight(static_cast<float>(node.weight));
        shapes.l0 = fma(weight, l0, shapes.l0);
        shapes.g0 = fma(weight, g0, shapes.g0);
        shapes.by_centre = fma(weight, by_centre, shapes.by_centre);
        shapes.spread = fma(weight, place * by_centre, shapes.spread);
        if (plan.count[Basis::axial] != 0) {
          shapes.by_s =
              fma(F(static_cast<float>(node.s_weight)), f,
                  fma(F(static_cast<float>(node.weight * node.s_offset)), by_centre, shapes.by_s));
        }
        if (plan.count[Basis::metric] != 0) {
          shapes.by_metric = fma(
              F(static_cast<float>(node.q_weight)), f,
              fma(F(static_cast<float>(node.weight * node.q_offset)), by_centre, shapes.by_metric));
        }
      }
    }
  }
  if constexpr (Derivatives) {
    const int* column = plan.column;
    const auto spread_out = [&](int basis, F function) {
      for (int n = plan.count[basis]; n > 0; --n, ++column, ++coefficient) {
        float* to = sums + *column * stride;
        fma(F(*coefficient), function, F::load(to)).store(to);
      }
    };
    const auto combine = [&](float spread, float l, float g) {
      F sum = fma(F(spread), shapes.spread, F(l) * shapes.l0);
      if constexpr (Core) sum = fma(F(g), shapes.g0, sum);
      return sum;
    };
    if (plan.count[Basis::value] != 0) {
      F f = F(k.l) * shapes.l0;
      if constexpr (Core) f = fma(F(k.g), shapes.g0, f);
      spread_out(Basis::value, f);
    }
    spread_out(Basis::centre, shapes.by_centre);
    if (plan.count[Basis::lorentzian] != 0) {
      spread_out(Basis::lorentzian, combine(k.lorentzian_spread, k.lorentzian_l, k.lorentzian_g));
    }
    if (plan.count[Basis::gaussian2] != 0) {
      spread_out(Basis::gaussian2, combine(k.gaussian_spread, k.gaussian_l, k.gaussian_g));
    }
    if (plan.count[Basis::metric] != 0) {
      spread_out(Basis::metric, fma(F(k.metric_centre), shapes.by_centre,
                                    combine(k.metric_spread, k.metric_l, k.metric_g)) +
                                    shapes.by_metric);
    }
    spread_out(Basis::axial, shapes.by_s);
  }
}

/// Pattern of the peaks list[0..n-1] at one point [deg], unit scale, nothing cut: for simulations
/// and tests.
inline double sum_of_peaks(const Peak* peaks, const int* list, int n, double at_deg) {
  double sum = 0.0;
  const auto piece = [&](const Peak& peak, double centre, double weight) {
    const double u = (at_deg - centre) * peak.inverse_fwhm, u2 = u * u;
    sum += weight * (peak.height_l / (1.0 + 4.0 * u2) +
                     (u2 < 9.2 ? peak.height_g * std::exp(-2.7725887222397811 * u2) : 0.0));
  };
  for (int k = 0; k < n; ++k) {
    const Peak& peak = peaks[list[k]];
    if (peak.node_count == 0) piece(peak, peak.centre, 1.0);
    for (int j = 0; j < peak.node_count; ++j) {
      piece(peak, peak.centre + peak.nodes[j].offset, peak.nodes[j].weight);
    }
  }
  return sum;
}

}  // namespace gadolin::diffraction
