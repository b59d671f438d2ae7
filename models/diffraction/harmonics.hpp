#pragma once

#include <array>
#include <string>
#include <vector>

#include "models/diffraction/reflections.hpp"

/// Real spherical harmonics over the directions of a crystal that its Laue group leaves as they
/// are: the alphabet of fibre textures and, up to l = 4, of anisotropic strain.
namespace gadolin::diffraction {

/// One symmetrised harmonic of even l: sum over m of coefficient[m] times the real spherical
/// harmonic, in the order m = 0, cos 1, sin 1, cos 2, ...; its mean square over the sphere is 1,
/// its mean 0.
struct Harmonic {
  int l = 2;
  std::vector<double> coefficient;  ///< [2 l + 1]
  std::string name;                 ///< "l4.1"
};

/// All harmonics of l = 2, 4, ..., highest (even, at most 8), found as what the mean over the
/// rotation parts of the operators leaves: no table of groups. Their number by Laue class is that
/// of the textbooks (tested).
/// source Bunge (1982) Texture Analysis in Materials Science, 14.6; Jaervinen (1993) J. Appl.
///        Cryst. 26, 525
std::vector<Harmonic> symmetrised_harmonics(const CrystalStructure& structure, int highest);

/// Direction of the reciprocal vector h in the frame of the harmonics: unit length, c* along z
/// where c* is perpendicular to the plane of a* and b*.
std::array<double, 3> direction_of(const Metric& reciprocal, const std::array<double, 3>& hkl);

double harmonic_value(const Harmonic& harmonic, const std::array<double, 3>& direction);

/// Fills Ring::terms: the harmonics in the direction of each ring, families by their share.
void set_harmonics(const CrystalStructure& structure, const std::vector<Harmonic>& harmonics,
                   std::vector<Ring>& rings);

/// Rings of several families (511 and 333 of a cubic crystal) taken apart, each with its share of
/// |F|^2: families may be broadened differently. Texture axes are to be set again afterwards.
void split_families(std::vector<Ring>& rings);

/// One coefficient of Stephens' quartic form. As many as the Laue class has; the others follow from
/// them.
struct StephensTerm {
  std::string name;    ///< "S400"
  double value = 0.0;  ///< the factor before h^4 in the form
};

/// Anisotropic strain as S_HKL [1/angstrom^4]: FWHM^2 of 1/d^2 is sum S_HKL h^H k^K l^L.
///   sum S h^H k^K l^L = (y / d^2)^2 (1 + sum a_k K_k(h)), FWHM = y sqrt(1 + ...) tan(theta)
/// in   group point_group of the structure; y_rad isotropic FWHM over tan(theta); anisotropy a
/// [harmonics of l <= 4] source Stephens (1999) J. Appl. Cryst. 32, 281
std::vector<StephensTerm> stephens_terms(const Metric& reciprocal,
                                         const std::vector<Rotation>& group,
                                         const std::vector<Harmonic>& harmonics,
                                         const std::vector<double>& anisotropy, double y_rad);

}  // namespace gadolin::diffraction
