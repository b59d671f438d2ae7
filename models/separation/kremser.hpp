#pragma once

/// Closed forms of linear banks: screening, seeds for exact solves, and checks of them.
/// source docs/theory/separation.md#shortcuts
namespace gadolin::separation {

/// Fraction of a metal left in the raffinate of n ideal stages with clean solvent, E = D O/A > 0.
///   (E - 1) / (E^(n+1) - 1), 1/(n+1) at E = 1                                             (S20)
double kremser_raffinate_fraction(double extraction_factor, int stages);

/// Theoretical over real stages for a constant Murphree efficiency of the organic phase.
///   ln(1 + efficiency (E - 1)) / ln E                                                     (S21)
double overall_efficiency(double extraction_factor, double efficiency);

}  // namespace gadolin::separation
