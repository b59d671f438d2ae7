#pragma once

#include "kernels/exec/host_device.hpp"

/// Where each quantity stands in the parameter vector of one pattern.
namespace gadolin::diffraction {

inline constexpr int max_lines = 5;
inline constexpr int max_cell_directions = 6;
inline constexpr int max_humps = 3;
/// Most symmetrised harmonics of a phase, for texture or for strain: those of l = 2 and 4 of a
/// triclinic crystal, or up to l = 8 of an orthorhombic one.
inline constexpr int max_harmonics = 14;

/// Shared by all phases of a pattern, then background, then one block per phase.
struct Layout {
  static constexpr int displacement = 0;     ///< s [mm]; shift -(2 s / R) cos(theta)
  static constexpr int zero = 1;             ///< [deg 2theta]
  static constexpr int u = 2, v = 3, w = 4;  ///< Gaussian FWHM^2 = U tan^2 + V tan + W [deg^2]
  static constexpr int gauss_p = 5;          ///< ... + P / cos^2 [deg^2]
  static constexpr int s_over_l = 6;         ///< axial divergence; h/l follows at a fixed ratio
  static constexpr int transparency = 7;     ///< t = 1/(2 mu R) [rad]; shift -t sin(2 theta)
  static constexpr int capillary_a = 8;      ///< [mm]; shift -(a / R) sin(2 theta)
  static constexpr int capillary_b = 9;      ///< [mm]; shift +(b / R) cos(2 theta)
  static constexpr int blank = 10;           ///< scale of the measured blank
  /// Sine of theta below which the beam is longer than the specimen (a disc): R divergence /
  /// diameter
  static constexpr int overflow = 11;
  static constexpr int hump = 12;        ///< per hump: the three below
  static constexpr int hump_area = 0;    ///< [counts deg]
  static constexpr int hump_centre = 1;  ///< [deg]
  static constexpr int hump_fwhm = 2;    ///< [deg]; 0: there is no such hump
  static constexpr int hump_stride = 3;
  static constexpr int background = hump + max_humps * hump_stride;  ///< Chebyshev, then one 1/x

  // Within the block of a phase.
  static constexpr int scale = 0;
  static constexpr int x = 1,
                       y = 2;  ///< Lorentzian FWHM = X/cos + Y tan [deg], instrument included
  static constexpr int march_r = 3;
  static constexpr int b_iso = 4;  ///< added to every site [angstrom^2]
  static constexpr int cell = 5;   ///< up to 6 relative changes of the reciprocal metric
  static constexpr int cell_end = cell + max_cell_directions;
  // After the cell: `harmonics` coefficients of the texture, then `strains` of the anisotropy of Y.

  int chebyshev_terms = 0;
  int phases = 0;
  int harmonics = 0;  ///< places reserved in every phase; 0: no such texture
  int strains = 0;    ///< places reserved in every phase; 0: strain is the same in all directions

  GADOLIN_INLINE int inverse_x() const { return background + chebyshev_terms; }
  GADOLIN_INLINE int phase(int p) const { return inverse_x() + 1 + p * phase_stride(); }
  GADOLIN_INLINE int phase_stride() const { return cell_end + harmonics + strains; }
  GADOLIN_INLINE int harmonic(int k) const { return cell_end + k; }  ///< within a phase
  GADOLIN_INLINE int strain(int k) const { return cell_end + harmonics + k; }
  GADOLIN_INLINE int size() const { return phase(phases); }
};

}  // namespace gadolin::diffraction
