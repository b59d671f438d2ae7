#pragma once

#include <cmath>

#include "kernels/diffraction/axial.hpp"
#include "kernels/diffraction/parameters.hpp"
#include "kernels/diffraction/profile.hpp"
#include "kernels/exec/host_device.hpp"

/// One (ring, emission line) pair turned into a peak: position, area, width and every derivative
/// that does not depend on the point.
namespace gadolin::diffraction {

/// Plain ring data of the kernels; models/diffraction/reflections.hpp makes them.
struct RingData {
  double inverse_d2 = 0.0;                   ///< 1/d^2 [1/angstrom^2] at the starting cell
  double slope[max_cell_directions] = {};    ///< d(1/d^2)/dp_k
  double f2_sum[max_lines] = {};             ///< sum of |F|^2 over the ring, per line
  int texture_begin = 0, texture_count = 0;  ///< into the list of (cos^2, weight)
  int terms_begin = 0;                       ///< into the harmonics of all rings
};

struct Peak {
  double centre = 0.0, inverse_fwhm = 0.0;  ///< [deg], [1/deg]
  double height_l = 0.0, height_g = 0.0;    ///< unit scale: eta-weighted heights at the centre
  double full_l = 0.0, full_g = 0.0;        ///< heights of pure Lorentzian and Gaussian
  double fwhm_g2 = 0.0, eta_g2 = 0.0, fwhm_l = 0.0, eta_l = 0.0;
  double u = 0.0, v = 0.0, w = 0.0, gauss_p = 0.0;                  ///< d(G^2)/dU, dV, dW, dP
  double x = 0.0, y = 0.0;                                          ///< dL/dX, dL/dY
  double displacement = 0.0;                                        ///< d centre / ds
  double transparency = 0.0, capillary_a = 0.0, capillary_b = 0.0;  ///< d centre / dt, da, db
  double march_r = 0.0, b_iso = 0.0, overflow = 0.0;                ///< d ln(area) / dr, dB, dw
  double theta_area = 0.0, theta_centre = 0.0, theta_g2 = 0.0, theta_l = 0.0;  ///< by 1/d^2
  double slope[max_cell_directions] = {};
  double area = 0.0, eta = 0.0;               ///< unit scale
  double two_theta_rad = 0.0, theta_q = 0.0;  ///< Bragg angle; d theta / d(1/d^2)
  double by_harmonic = 0.0, by_strain = 0.0;  ///< d ln(area), dL by the sum over harmonics
  const double* terms = nullptr;              ///< [harmonics or strains] of the ring
  const AxialNode* nodes = nullptr;           ///< [node_count] pieces of the smeared peak
  int node_count = 0;                         ///< 0: not smeared
};

/// How far a flat specimen reaches to both sides of the axis, over the radius: half the opening of
/// the divergence slit over sin(theta), at most half the length of the specimen.
struct FlatSpecimen {
  double half_divergence_rad = 0.0;  ///< 0: no aberration
  double half_length = 0.0;          ///< over the radius; 0: as long as the beam
};

/// What a flat specimen does to a line: shift [rad] and variance [rad^2] of 2theta, and their
/// derivatives by theta. A point u (over the radius) off the axis is seen at 2theta - sin(2 theta)
/// u^2, and u is uniform up to its limit v: mean sin(2 theta) v^2 / 3, variance 4/45 (sin(2 theta)
/// v^2)^2. The skewness is left out.
/// source Cheary & Coelho (1992) J. Appl. Cryst. 25, 109; docs/theory/diffraction.md#flat-specimen
struct FlatAberration {
  double shift = 0.0, shift_theta = 0.0, variance = 0.0, variance_theta = 0.0;
};
GADOLIN_INLINE FlatAberration flat_aberration(const FlatSpecimen& flat, double sine,
                                              double cosine) {
  double reach = flat.half_divergence_rad / sine, reach_theta = -reach * cosine / sine;
  if (flat.half_length > 0.0 && flat.half_length < reach) {
    reach = flat.half_length;
    reach_theta = 0.0;
  }
  const double s2 = 2.0 * sine * cosine, c2 = 1.0 - 2.0 * sine * sine;
  const double most = s2 * reach * reach;
  const double most_theta = 2.0 * (c2 * reach + s2 * reach_theta) * reach;
  return {-most / 3.0, -most_theta / 3.0, 4.0 / 45.0 * most * most, 8.0 / 45.0 * most * most_theta};
}

/// A factor that must stay positive: itself down to 0.05, below that 0.05^2 / (0.1 - x), which has
/// the same slope there and never reaches 0.
inline constexpr double least_factor = 0.05;
GADOLIN_INLINE double positive_factor(double x, double& slope) {
  slope = 1.0;
  if (x >= least_factor) return x;
  const double value = least_factor * least_factor / (2.0 * least_factor - x);
  slope = value * value / (least_factor * least_factor);
  return value;
}

/// What a peak needs beside its ring and the parameters.
struct PeakSetting {
  double radius_mm = 173.0;
  double polarisation_k = 0.5;
  const double* texture = nullptr;         ///< pairs (cos^2, weight)
  const double* axial_rules = nullptr;     ///< axial_rules(h_over_s)
  double h_over_s = 1.0;                   ///< slit height over sample length (both halves)
  const double* ring_terms = nullptr;      ///< harmonics of all rings, as far as the layout has any
  double y_deg = 0.0;                      ///< part of Y that is the same in all directions
  const double* line_width_deg = nullptr;  ///< [lines] FWHM = this tan(theta); null: sharp lines
  FlatSpecimen flat{};
};

/// Share of a beam that a disc catches, where the beam is at least as wide as the disc and u times
/// its diameter long: 1 for a short beam, pi / (4 u) for a long one; and d ln(share) / du.
///   share = (u sqrt(1 - u^2) + asin u) / (2 u) for u < 1
GADOLIN_INLINE double disc_share(double u, double& log_slope) {
  if (u < 1e-3) {
    log_slope = -u / 3.0;
    return 1.0 - u * u / 6.0;
  }
  const double chord = u < 1.0 ? std::sqrt(1.0 - u * u) : 0.0;
  const double covered = u < 1.0 ? 0.5 * (u * chord + std::asin(u)) : 0.78539816339744831;
  log_slope = chord / covered - 1.0 / u;
  return covered / u;
}

/// The peak of ring `ring` for one line; false (and an untouched peak of area 0) where Bragg's law
/// has no answer or theta is below 0.1 degree.
///   centre = 2 theta + zero - (2 s / R) cos(theta) - t sin(2 theta)
///            + (-a sin(2 theta) + b cos(2 theta)) / R + shift of a flat specimen
///   area   = r_line sum|F|^2 Lp(theta) T(r) exp(-B / (2 d^2)) disc_share(w / sin(theta))
///   Lp     = [K + (1-K) cos^2(2 theta)] / (sin^2(theta) cos(theta))
///   T      = sum_k weight_k (r^2 c_k + (1-c_k)/r)^(-3/2), times 1 + sum_k C_k K_k(h)
///   L      = X / cos + (Y0 + (Y - Y0) sqrt(1 + sum_k a_k K_k(h)) + line width) tan
/// in   parameters [layout.size()]; phase; line wavelength [angstrom] and relative intensity
/// source docs/theory/diffraction.md#the-calculated-pattern; Dollase (1986) J. Appl. Cryst. 19, 267
GADOLIN_CALLED inline bool make_peak(const RingData& ring, int line, double wavelength_angstrom,
                                     double relative_intensity, const Layout& layout, int phase,
                                     int cell_directions, const PeakSetting& setting,
                                     const double* parameters, Peak& peak) {
  constexpr double degree = 57.295779513082320877;
  const double* own = parameters + layout.phase(phase);
  peak.area = 0.0;
  double q = ring.inverse_d2;
  for (int k = 0; k < max_cell_directions; ++k) peak.slope[k] = ring.slope[k];
  for (int k = 0; k < cell_directions; ++k) q += ring.slope[k] * own[Layout::cell + k];
  const double sine = q > 0.0 ? 0.5 * wavelength_angstrom * std::sqrt(q) : 2.0;
  if (sine >= 0.9999 || sine < 0.0017) return false;
  const double cosine = std::sqrt(1.0 - sine * sine), tangent = sine / cosine;
  const double theta_q = 0.5 * tangent / q;  // d theta / d(1/d^2)

  const double lever = 2.0 / setting.radius_mm * degree;
  peak.displacement = -lever * cosine;
  const double c2 = 1.0 - 2.0 * sine * sine, s2 = 2.0 * sine * cosine;
  peak.transparency = -degree * s2;
  peak.capillary_a = -0.5 * lever * s2;
  peak.capillary_b = 0.5 * lever * c2;
  peak.two_theta_rad = 2.0 * std::asin(sine);
  peak.theta_q = theta_q;
  peak.centre = degree * peak.two_theta_rad + parameters[Layout::zero] +
                parameters[Layout::displacement] * peak.displacement +
                parameters[Layout::transparency] * peak.transparency +
                parameters[Layout::capillary_a] * peak.capillary_a +
                parameters[Layout::capillary_b] * peak.capillary_b;
  peak.theta_centre =
      theta_q *
      (2.0 * degree + parameters[Layout::displacement] * lever * sine -
       2.0 * degree * parameters[Layout::transparency] * c2 -
       lever * (parameters[Layout::capillary_a] * c2 + parameters[Layout::capillary_b] * s2));

  const double k = setting.polarisation_k;
  const double polarisation = k + (1.0 - k) * c2 * c2;
  const double lp = polarisation / (sine * sine * cosine);
  double area_theta =
      -4.0 * (1.0 - k) * c2 * s2 / polarisation - 2.0 * cosine / sine + tangent;  // d ln Lp

  double t = 1.0, t_r = 0.0;
  if (ring.texture_count > 0) {
    const double r = own[Layout::march_r];
    t = 0.0;
    for (int i = 0; i < ring.texture_count; ++i) {
      const double c = setting.texture[2 * (ring.texture_begin + i)];
      const double weight = setting.texture[2 * (ring.texture_begin + i) + 1];
      const double base = r * r * c + (1.0 - c) / r;
      const double power = 1.0 / (base * std::sqrt(base));
      t += weight * power;
      t_r += weight * -1.5 * power / base * (2.0 * r * c - (1.0 - c) / (r * r));
    }
  }
  double caught = 1.0;
  peak.overflow = 0.0;
  if (const double edge = parameters[Layout::overflow]; edge > 0.0) {
    double log_slope = 0.0;
    caught = disc_share(edge / sine, log_slope);
    peak.overflow = log_slope / sine;
    area_theta -= log_slope * edge * cosine / (sine * sine);
  }
  peak.march_r = t_r / t;
  peak.terms = setting.ring_terms == nullptr ? nullptr : setting.ring_terms + ring.terms_begin;
  if (layout.harmonics > 0) {
    double sum = 1.0, slope = 1.0;
    for (int i = 0; i < layout.harmonics; ++i) sum += own[layout.harmonic(i)] * peak.terms[i];
    const double factor = positive_factor(sum, slope);
    t *= factor;
    peak.by_harmonic = slope / factor;
  }
  peak.b_iso = -0.5 * q;
  peak.theta_area = theta_q * area_theta - 0.5 * own[Layout::b_iso];
  peak.area = relative_intensity * ring.f2_sum[line] * lp * t * caught *
              std::exp(-0.5 * own[Layout::b_iso] * q);

  const double u = parameters[Layout::u], v = parameters[Layout::v], w = parameters[Layout::w];
  const double secant2 = 1.0 + tangent * tangent, broad = parameters[Layout::gauss_p];
  double wide = (u * tangent + v) * tangent + w + broad * secant2, wide_theta = 0.0;
  if (setting.flat.half_divergence_rad > 0.0) {
    const FlatAberration flat = flat_aberration(setting.flat, sine, cosine);
    constexpr double square = 5.5451774444795623 * degree * degree;  // 8 ln 2
    peak.centre += degree * flat.shift;
    peak.theta_centre += theta_q * degree * flat.shift_theta;
    wide += square * flat.variance;
    wide_theta = square * flat.variance_theta;
  }
  const PositiveSquare g2 = positive_square(wide);
  peak.u = g2.slope * tangent * tangent;
  peak.v = g2.slope * tangent;
  peak.w = g2.slope;
  peak.gauss_p = g2.slope * secant2;
  peak.theta_g2 = theta_q * g2.slope * ((2.0 * (u + broad) * tangent + v) * secant2 + wide_theta);
  peak.x = 1.0 / cosine;
  peak.y = tangent;
  double strain = own[Layout::y];
  if (layout.strains > 0) {
    double sum = 1.0, slope = 1.0;
    for (int i = 0; i < layout.strains; ++i) sum += own[layout.strain(i)] * peak.terms[i];
    const double root = std::sqrt(positive_factor(sum, slope)), part = strain - setting.y_deg;
    strain = setting.y_deg + part * root;
    peak.y *= root;
    peak.by_strain = 0.5 * tangent * part * slope / root;
  }
  if (setting.line_width_deg != nullptr) strain += setting.line_width_deg[line];
  const double l = own[Layout::x] * peak.x + strain * tangent;
  peak.theta_l = theta_q * (own[Layout::x] * tangent / cosine + strain * secant2);

  const ProfileShape shape = profile_shape(g2.value, l > 0.0 ? l : 0.0);
  peak.inverse_fwhm = 1.0 / shape.fwhm;
  peak.eta = shape.eta;
  peak.fwhm_g2 = shape.fwhm_g2;
  peak.fwhm_l = shape.fwhm_l;
  peak.eta_g2 = shape.eta_g2;
  peak.eta_l = shape.eta_l;
  peak.full_l = peak.area * 0.63661977236758134 * peak.inverse_fwhm;  // 2 / pi
  peak.full_g = peak.area * 0.93943727869965132 * peak.inverse_fwhm;  // 2 sqrt(ln 2 / pi)
  peak.height_l = shape.eta * peak.full_l;
  peak.height_g = (1.0 - shape.eta) * peak.full_g;
  peak.node_count = 0;
  return true;
}

/// Smears a made peak over `count` nodes of memory `nodes`, which the peak refers to afterwards.
GADOLIN_CALLED inline void smear_peak(const PeakSetting& setting, const double* parameters,
                                      int count, AxialNode* nodes, Peak& peak) {
  make_axial_nodes(peak.two_theta_rad, peak.theta_q, parameters[Layout::s_over_l], setting.h_over_s,
                   setting.axial_rules + 2 * axial_rule_begin(count), count, nodes);
  peak.nodes = nodes;
  peak.node_count = count;
}

/// Extreme of the smear of a made peak [deg]: negative below 90 degrees.
GADOLIN_INLINE double smear_deg(const PeakSetting& setting, const double* parameters,
                                const Peak& peak) {
  return axial_extent_deg(peak.two_theta_rad,
                          parameters[Layout::s_over_l] * (1.0 + setting.h_over_s));
}

}  // namespace gadolin::diffraction
