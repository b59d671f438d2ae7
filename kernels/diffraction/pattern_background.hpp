#pragma once

#include "kernels/diffraction/tail_field.hpp"

/// What a pattern holds beside its peaks: humps, Chebyshev terms, 1/x. The measured blank is an
/// array.
namespace gadolin::diffraction {

struct PatternBackground : TailField {
  /// A hump at a few points: a pseudo-Voigt of unit area with half Lorentzian, half Gaussian area.
  /// The columns of centre and width come with the factor area.
  template <int Lanes>
  struct HumpColumns {
    Pack<double, Lanes> unit, by_centre, by_fwhm;
  };
  template <int Lanes>
  GADOLIN_INLINE HumpColumns<Lanes> hump_columns(int hump, Pack<double, Lanes> at) const {
    using P = Pack<double, Lanes>;
    const double* own = parameters + Layout::hump + hump * Layout::hump_stride;
    const double fwhm = own[Layout::hump_fwhm];
    const P inverse(1.0 / fwhm), area(own[Layout::hump_area]);
    const P u = (at - P(own[Layout::hump_centre])) * inverse, u2 = u * u;
    const P l0 = P(1.0) / fma(P(4.0), u2, P(1.0));
    const P l = P(0.5 * 0.63661977236758134 / fwhm) * l0;
    const P g = P(0.5 * 0.93943727869965132 / fwhm) * exp(P(-2.7725887222397811) * u2);
    const P steep = u * fma(P(8.0) * l, l0, P(5.5451774444795623) * g);
    return {l + g, area * steep * inverse, area * (u * steep - l - g) * inverse};
  }
  GADOLIN_INLINE bool has_hump(int hump) const {
    return parameters[Layout::hump + hump * Layout::hump_stride + Layout::hump_fwhm] > 0.0;
  }

  /// Humps at a few points, summed; their columns go to put(parameter, values).
  template <int Lanes, class Put>
  GADOLIN_INLINE Pack<double, Lanes> humps(Pack<double, Lanes> at, Put&& put) const {
    using P = Pack<double, Lanes>;
    P y(0.0);
    for (int h = 0; h < max_humps; ++h) {
      if (!has_hump(h)) continue;
      const int own = Layout::hump + h * Layout::hump_stride;
      const HumpColumns<Lanes> columns = hump_columns<Lanes>(h, at);
      y = fma(P(parameters[own + Layout::hump_area]), columns.unit, y);
      put(own + Layout::hump_area, columns.unit);
      put(own + Layout::hump_centre, columns.by_centre);
      put(own + Layout::hump_fwhm, columns.by_fwhm);
    }
    return y;
  }

  /// Chebyshev terms and the 1/x term at a few points: use(k, values) for k = 0..terms.
  template <int Lanes, class Use>
  GADOLIN_INLINE void background_terms(Pack<double, Lanes> at, Use&& use) const {
    using P = Pack<double, Lanes>;
    const double low = two_theta_deg[0], high = two_theta_deg[points - 1];
    const P t = (at - P(0.5 * (low + high))) * P(2.0 / (high - low));
    P before(1.0), now = t;
    for (int k = 0; k < layout.chebyshev_terms; ++k) {
      use(k, before);
      const P next = P(2.0) * t * now - before;
      before = now;
      now = next;
    }
    use(layout.chebyshev_terms, P(low > 1.0 ? low : 1.0) / at);
  }
};

}  // namespace gadolin::diffraction
