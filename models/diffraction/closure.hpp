#pragma once

#include <vector>

#include "models/diffraction/types.hpp"

/// Phases against the elements of the specimen.
namespace gadolin::diffraction {

/// Mass fractions of the elements of a structure, from its sites with their occupancies; hydrogen
/// from the formula where the sites hold less of it.
std::vector<ElementContent> composition(const CrystalStructure& structure);

/// Mass absorption coefficient [cm^2/g] of a specimen from its elements; what they leave of 1 is
/// counted as oxygen, the element assays leave out.
/// out  value and its standard uncertainty from those of the contents
/// source docs/theory/diffraction.md#absolute; table datasets/atomic
ElementContent mass_absorption(const std::vector<ElementContent>& assay, const AtomicTables& tables,
                               double wavelength_angstrom);

/// chi-square of predicted against stated contents, V = C Cov(W) C' + diag(u^2), over the elements
/// of the assay that at least one phase holds, and the fractions by both together
/// (generalised least squares, which keeps their sum).
/// Rare earths but scandium are compared as one, by mole: a mineral's structure names one of them
/// and the mineral holds them all. Where the assay lacks La, Ce or Nd they are left out.
/// in   compositions [phases]; fractions: absolute ones where an internal or external standard gave
///      them, else of the crystalline modelled part
/// out  degrees_of_freedom 0 and no elements where nothing can be compared
ClosureResult close_against_assay(const PatternResult& result,
                                  std::vector<std::vector<ElementContent>> compositions,
                                  std::vector<ElementContent> assay);

}  // namespace gadolin::diffraction
