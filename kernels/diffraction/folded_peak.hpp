#pragma once

#include "kernels/diffraction/parameters.hpp"
#include "kernels/diffraction/peak.hpp"
#include "kernels/exec/host_device.hpp"

/// A peak folded to what the sums over points read: a few constants of the profile in single
/// precision, and one coefficient per free parameter that moves the peak.
///
/// Every derivative of a phase's pattern is a sum over peaks of coefficient x one of six functions
/// of the point (Basis). walk_terms below is the one place that says which parameter goes with
/// which function and slope: a new parameter is one line there and a field of Peak.
namespace gadolin::diffraction {

/// Functions of the point that the derivatives of one peak are made of.
struct Basis {
  static constexpr int value = 0;       ///< the profile at unit scale
  static constexpr int centre = 1;      ///< its derivative by the centre
  static constexpr int lorentzian = 2;  ///< ... by the Lorentzian FWHM
  static constexpr int gaussian2 = 3;   ///< ... by the Gaussian FWHM squared
  static constexpr int metric = 4;      ///< ... by 1/d^2
  static constexpr int axial = 5;       ///< ... by s_over_l
  static constexpr int size = 6;
};

/// Most free parameters that one peak can depend on.
inline constexpr int max_terms = 24 + 2 * max_harmonics;
/// The same for a layout: distance of the coefficients of two peaks.
GADOLIN_INLINE int term_stride(const Layout& layout) {
  return 24 + layout.harmonics + layout.strains;
}

/// Which columns of the Jacobian a phase feeds: `count` of them per function of the point, in the
/// order of walk_terms.
struct PhasePlan {
  int count[Basis::size] = {};
  int column[max_terms] = {};
  int terms = 0;
};

struct FoldedPeak {
  double centre = 0.0, stretch = 0.0;     ///< v = stretch (x - centre); stretch = 2 / fwhm
  double height_l = 0.0, height_g = 0.0;  ///< unit scale
  double two_theta_rad = 0.0;
  const AxialNode* nodes = nullptr;  ///< [node_count] pieces of the smeared peak
  int node_count = 0;                ///< 0: not smeared
  int present = 0;                   ///< 0: no such peak
  float l = 0.0f, g = 0.0f;          ///< heights
  // By the centre: v (centre_l l0^2 + centre_g g0), l0 = 1 / (1 + v^2), g0 = 2^-v^2. The others are
  // spread * (v times that) + l * l0 + g * g0.
  float centre_l = 0.0f, centre_g = 0.0f;
  float lorentzian_spread = 0.0f, lorentzian_l = 0.0f, lorentzian_g = 0.0f;
  float gaussian_spread = 0.0f, gaussian_l = 0.0f, gaussian_g = 0.0f;
  float metric_centre = 0.0f, metric_spread = 0.0f, metric_l = 0.0f, metric_g = 0.0f;
};

/// Calls put(basis, parameter, slope) for every parameter that moves a peak of the phase, in the
/// order of Basis. slope is what the function of the point is multiplied with; the scale of the
/// phase comes on top, except for the scale itself.
template <class Put>
GADOLIN_INLINE void walk_terms(const Layout& layout, int phase, int cell_directions,
                               const Peak& peak, Put&& put) {
  const int own = layout.phase(phase);
  put(Basis::value, own + Layout::scale, 1.0);
  put(Basis::value, own + Layout::march_r, peak.march_r);
  put(Basis::value, own + Layout::b_iso, peak.b_iso);
  put(Basis::value, Layout::overflow, peak.overflow);
  const auto term = [&](int k) { return peak.terms == nullptr ? 0.0 : peak.terms[k]; };
  for (int k = 0; k < layout.harmonics; ++k) {
    put(Basis::value, own + layout.harmonic(k), peak.by_harmonic * term(k));
  }
  put(Basis::centre, Layout::displacement, peak.displacement);
  put(Basis::centre, Layout::zero, 1.0);
  put(Basis::centre, Layout::transparency, peak.transparency);
  put(Basis::centre, Layout::capillary_a, peak.capillary_a);
  put(Basis::centre, Layout::capillary_b, peak.capillary_b);
  put(Basis::lorentzian, own + Layout::x, peak.x);
  put(Basis::lorentzian, own + Layout::y, peak.y);
  for (int k = 0; k < layout.strains; ++k) {
    put(Basis::lorentzian, own + layout.strain(k), peak.by_strain * term(k));
  }
  put(Basis::gaussian2, Layout::u, peak.u);
  put(Basis::gaussian2, Layout::v, peak.v);
  put(Basis::gaussian2, Layout::w, peak.w);
  put(Basis::gaussian2, Layout::gauss_p, peak.gauss_p);
  for (int k = 0; k < cell_directions; ++k) {
    put(Basis::metric, own + Layout::cell + k, peak.slope[k]);
  }
  put(Basis::axial, Layout::s_over_l, 1.0);
}

/// in   column [layout.size()] column of a free parameter, -1 if fixed
GADOLIN_INLINE PhasePlan make_plan(const Layout& layout, int phase, int cell_directions,
                                   const int* column) {
  PhasePlan plan;
  walk_terms(layout, phase, cell_directions, Peak{}, [&](int basis, int parameter, double) {
    if (column[parameter] < 0) return;
    ++plan.count[basis];
    plan.column[plan.terms++] = column[parameter];
  });
  return plan;
}

/// Folds a peak; coefficient [terms of the plan] in the order of the plan.
/// in   scale of the phase
GADOLIN_CALLED inline void fold_peak(const Peak& peak, const Layout& layout, int phase,
                                     int cell_directions, double scale, const int* column,
                                     FoldedPeak& folded, float* coefficient) {
  const double inverse = peak.inverse_fwhm;
  folded.centre = peak.centre;
  folded.stretch = 2.0 * inverse;
  folded.height_l = peak.height_l;
  folded.height_g = peak.height_g;
  folded.two_theta_rad = peak.two_theta_rad;
  folded.nodes = peak.nodes;
  folded.node_count = peak.node_count;
  folded.present = peak.area > 0.0 ? 1 : 0;
  folded.l = static_cast<float>(peak.height_l);
  folded.g = static_cast<float>(peak.height_g);
  // By the centre, C; then by the width (v C / 2 - f / fwhm) and by the mixing.
  folded.centre_l = static_cast<float>(4.0 * peak.height_l * inverse);
  folded.centre_g = static_cast<float>(2.7725887222397811 * peak.height_g * inverse);
  const double lorentzian_l = peak.eta_l * peak.full_l - peak.fwhm_l * peak.height_l * inverse;
  const double lorentzian_g = -peak.eta_l * peak.full_g - peak.fwhm_l * peak.height_g * inverse;
  const double gaussian_l = peak.eta_g2 * peak.full_l - peak.fwhm_g2 * peak.height_l * inverse;
  const double gaussian_g = -peak.eta_g2 * peak.full_g - peak.fwhm_g2 * peak.height_g * inverse;
  folded.lorentzian_spread = static_cast<float>(0.5 * peak.fwhm_l);
  folded.lorentzian_l = static_cast<float>(lorentzian_l);
  folded.lorentzian_g = static_cast<float>(lorentzian_g);
  folded.gaussian_spread = static_cast<float>(0.5 * peak.fwhm_g2);
  folded.gaussian_l = static_cast<float>(gaussian_l);
  folded.gaussian_g = static_cast<float>(gaussian_g);
  folded.metric_centre = static_cast<float>(peak.theta_centre);
  folded.metric_spread =
      static_cast<float>(0.5 * (peak.theta_l * peak.fwhm_l + peak.theta_g2 * peak.fwhm_g2));
  folded.metric_l = static_cast<float>(peak.theta_area * peak.height_l +
                                       peak.theta_l * lorentzian_l + peak.theta_g2 * gaussian_l);
  folded.metric_g = static_cast<float>(peak.theta_area * peak.height_g +
                                       peak.theta_l * lorentzian_g + peak.theta_g2 * gaussian_g);
  const int own_scale = layout.phase(phase) + Layout::scale;
  int at = 0;
  walk_terms(layout, phase, cell_directions, peak, [&](int, int parameter, double slope) {
    if (column[parameter] < 0) return;
    coefficient[at++] = static_cast<float>(parameter == own_scale ? slope : scale * slope);
  });
}

}  // namespace gadolin::diffraction
