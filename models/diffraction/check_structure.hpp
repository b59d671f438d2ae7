#pragma once

#include <array>
#include <string>
#include <vector>

#include "models/diffraction/types.hpp"

/// Whether a crystal structure can be what it says: content, distances, density, strongest lines.
namespace gadolin::diffraction {

/// One line of a calculated powder pattern; lines closer than 0.12 % in d are one.
struct PatternLine {
  double d_angstrom = 0.0, two_theta_deg = 0.0;
  double relative_intensity = 0.0;  ///< strongest = 100
  std::array<int, 3> hkl{};         ///< of the strongest member
  double multiplicity = 0.0;        ///< of all members
};

/// The lines of a structure up to two_theta_max_deg, largest d first: |F|^2 with dispersion, Lp
/// with polarisation K (Instrument::polarisation_k), no texture, no absorption.
///   fails  E-XRD-122 too many reflections, E-XRD-120 an element outside the tables
std::vector<PatternLine> pattern_lines(const CrystalStructure& structure,
                                       const AtomicTables& tables, double wavelength_angstrom,
                                       double two_theta_max_deg, double polarisation_k = 0.5);

/// Two atoms and the distance between them.
struct SiteDistance {
  std::string one, other;  ///< site labels
  double angstrom = 0.0;
};

/// What the structure is compared with; 0 or empty: not stated, not compared.
struct StructureStatement {
  double formula_units = 0.0;                  ///< Z
  double density_g_per_cm3 = 0.0;              ///< within 3.5 %
  std::vector<double> line_d_angstrom;         ///< lines that must be there, within 0.2 %
  double line_wavelength_angstrom = 1.540598;  ///< of those lines
};

struct StructureCheck {
  std::vector<FormulaTerm> content;  ///< of the cell, by site occupancies, in order of the sites
  double formula_units = 0.0;        ///< Z: as stated, else the content over the formula
  double volume_angstrom3 = 0.0;
  double density_g_per_cm3 = 0.0;
  std::vector<SiteDistance> shortest;  ///< per pair of elements, shortest first
  int lines_found = 0, lines_stated = 0;
  std::vector<std::string> faults;  ///< one sentence each; empty: nothing found
};

/// Compares a structure with itself and with what is stated about it.
///   content    each element but H within 6 % (or 0.06 atoms) of Z times the formula: natural
///              minerals are rounded; a formula that cannot be parsed is a fault
///   distances  no two atoms that can be there together (occupancies sum beyond 1.05, or another
///              copy of the same site) closer than the least a bond of their kind has:
///              to O, F, Cl: C 1.20, N 1.15, B 1.30, S 1.40, P 1.42, Si 1.53, V 1.55, Al 1.57, any
///              other 1.65; anion to anion 2.10; H 0.70; S to S 2.00; metals 1.55; others 2.20 A
///   density    from formula (hydrogen included) and cell
/// source  the limits are those of datasets/structures/verify_structures.py (our choice, below all
///         bonds of International Tables C, section 9.4)
StructureCheck check_structure(const CrystalStructure& structure, const AtomicTables& tables,
                               const StructureStatement& stated = {});

}  // namespace gadolin::diffraction
