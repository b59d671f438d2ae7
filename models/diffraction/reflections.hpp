#pragma once

#include <array>
#include <string>
#include <vector>

#include "models/diffraction/types.hpp"

/// From a crystal structure to what a powder pattern needs: rings with multiplicity, |F|^2 and the
/// way their d-spacing depends on the free cell parameters.
namespace gadolin::diffraction {

using Metric = std::array<double, 6>;  ///< symmetric 3x3: 11, 22, 33, 23, 13, 12

/// Reciprocal metric tensor [1/angstrom^2] of a cell (a, b, c [angstrom], alpha, beta, gamma
/// [deg]). throws Error E-XRD-121 if the cell has no volume
Metric reciprocal_metric(const std::array<double, 6>& cell);
/// The cell back from a reciprocal metric; all 0 if it is not positive definite.
std::array<double, 6> cell_of(const Metric& reciprocal);
double cell_volume_angstrom3(const Metric& reciprocal);
/// h' G* h = 1/d^2.
double inverse_d_squared(const Metric& reciprocal, const std::array<double, 3>& hkl);

using Rotation = std::array<std::array<int, 3>, 3>;
/// The rotation parts of a structure's operators, each once; the identity where there is none.
std::vector<Rotation> point_group(const CrystalStructure& structure);
/// h' = h R.
std::array<int, 3> times(const std::array<int, 3>& hkl, const Rotation& rotation);

/// The reciprocal metrics a crystal system allows, found from the rotation parts alone:
/// G* = G0 + sum_k p_k B_k with p = 0 at the structure's own cell; p_k is a relative change.
/// 1 (cubic) to 6 (triclinic) directions.
std::vector<Metric> cell_directions(const CrystalStructure& structure);

/// An atom of the whole cell.
struct CellAtom {
  int site = 0;
  std::array<double, 3> fract{};
};
/// All atoms of one cell, special positions counted once (atoms nearer than 0.05 angstrom merge).
std::vector<CellAtom> cell_atoms(const CrystalStructure& structure);

/// Mass of one cell [g/mol]: sites with their occupancies, hydrogen from the formula where the
/// formula holds more than the sites do.
double cell_mass_g_per_mol(const CrystalStructure& structure);

/// How many layers a turbostratic specimen has where the cell holds one; 1 for a crystal. Densities
/// and absorption by the cell's content over its volume are to be multiplied by this.
double layers_per_cell(const CrystalStructure& structure);

/// Linear absorption coefficient [1/cm] at a wavelength, from sites and cell volume.
double absorption_per_cm(const CrystalStructure& structure, const AtomicTables& tables,
                         double wavelength_angstrom);

/// One powder ring: all reflections whose d-spacing is the same for every cell the symmetry allows.
struct Ring {
  std::array<int, 3> hkl{};          ///< one of them
  double multiplicity = 0.0;         ///< how many, Friedel mates included
  double inverse_d2 = 0.0;           ///< at the structure's own cell
  std::array<double, 6> slope{};     ///< d(1/d^2)/dp_k
  std::vector<double> f2_sum;        ///< [lines] sum over the ring of |F|^2 (Friedel mean)
  std::vector<double> cos2, weight;  ///< texture: cos^2 to the axis, share of the intensity
  /// The families of symmetry-equivalent reflections that share the ring: one of each, and its
  /// share of |F|^2 at the first line.
  std::vector<std::array<int, 3>> family;
  std::vector<double> family_share;
  /// Symmetrised harmonics in the direction of the ring (harmonics.hpp): empty unless asked for.
  std::vector<double> terms;
};

/// Most reflections of one structure that are enumerated: 40 times what a cell of 1000 angstrom^3
/// has in the whole range of Cu K-alpha; seconds and some 100 MB.
inline constexpr long max_reflections = 200000;

/// Why d_min_angstrom is too small for this structure, in words with the count, the cap and the
/// remedy; empty if it is not. Counts by the volume of the sphere, enumerates nothing.
std::string too_many_reflections(const CrystalStructure& structure, double d_min_angstrom);

/// Rings with d >= d_min_angstrom, systematic absences left out, largest d first.
///   |F|^2 with f0 (Waasmaier-Kirfel) and f', f'' at each line; B from the sites; T = 1
/// texture axis (reflection indices) may be 0 0 0: then cos2 is empty.
/// throws Error E-XRD-122 if there are too many (too_many_reflections)
/// source  docs/theory/diffraction.md#structure-factor
std::vector<Ring> make_rings(const CrystalStructure& structure, const AtomicTables& tables,
                             const std::vector<EmissionLine>& lines, double d_min_angstrom,
                             const std::array<int, 3>& texture_axis);

/// Fills cos2 and weight of every ring for a texture axis (reflection indices); 0 0 0 empties them.
///   cos^2 of the angle between each reflection of the ring and the axis; equal angles merged
void set_texture_axis(const CrystalStructure& structure, const std::array<int, 3>& axis,
                      std::vector<Ring>& rings);

/// Axes a March-Dollase texture may have where the symmetry does not single one out: the three
/// edges of an orthorhombic or oblique cell, each once; (104), the cleavage of calcite, beside
/// [001] of a rhombohedral lattice with the calcite cell shape. Empty for a cubic phase.
std::vector<std::array<int, 3>> texture_axes(const CrystalStructure& structure);

/// Charge of the form factor of a site: the one the structure states; else O2- in oxides and
/// hydroxides, whose oxygen is near to it (docs/theory/diffraction.md#structure-factor), else 0.
/// A structure with an element that builds covalent oxyanions (B C N Si P S Cl V As Se) is no
/// oxide.
int scattering_charge(const CrystalStructure& structure, const AtomSite& site);

/// |F(hkl)|^2 at one wavelength, mean of the Friedel pair.
double structure_factor_squared(const CrystalStructure& structure, const AtomicTables& tables,
                                double wavelength_angstrom, const std::array<int, 3>& hkl);

/// [001] where the symmetry singles out the c axis (trigonal, hexagonal, tetragonal), else 0 0 0.
std::array<int, 3> obvious_texture_axis(const CrystalStructure& structure);

}  // namespace gadolin::diffraction
