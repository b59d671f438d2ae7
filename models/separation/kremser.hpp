#pragma once

/// Closed forms and constant-flow cascades: screening, seeds for exact solves, and checks of them.
/// source docs/theory/separation.md#shortcuts
namespace gadolin::separation {

/// Fraction of a metal left in the raffinate of n ideal stages with clean solvent, E = D O/A > 0.
///   (E - 1) / (E^(n+1) - 1), 1/(n+1) at E = 1                                             (S20)
double kremser_raffinate_fraction(double extraction_factor, int stages);

/// Theoretical over real stages for a constant Murphree efficiency of the organic phase.
///   ln(1 + efficiency (E - 1)) / ln E                                                     (S21)
double overall_efficiency(double extraction_factor, double efficiency);

/// Stages at total reflux for the purities of both ends.
///   ln[ pA/(1-pA) pB/(1-pB) ] / ln beta                                                   (S22)
double fenske_stages(double separation_factor, double purity_a, double purity_b);

/// Working choice of a two-component cascade fed with aqueous, moles per mole of feed (S23)-(S26).
struct ConstantFlowDesign {
  double organic_product = 0.0;                        ///< f'_A
  double aqueous_product = 0.0;                        ///< f'_B
  double solvent = 0.0;                                ///< S
  double scrub = 0.0;                                  ///< W
  double extraction_ratio = 0.0, scrub_ratio = 0.0;    ///< E_M, E'_M
  double extraction_stages = 0.0, scrub_stages = 0.0;  ///< n, m + 1: seeds, not results
};
/// in   beta > 1, share of A in the feed, purities of both products, all in (0, 1)
ConstantFlowDesign design_constant_flow(double separation_factor, double feed_fraction_a,
                                        double purity_a, double purity_b);

/// Exact purities of a binary constant-flow cascade: recursion in x, one unknown by bisection.
struct ConstantFlowResult {
  double raffinate_purity = 0.0;  ///< P_B
  double organic_purity = 0.0;    ///< P_A
};
ConstantFlowResult solve_constant_flow(double separation_factor, double feed_fraction_a,
                                       double solvent, double scrub, int extraction_stages,
                                       int scrub_stages);

}  // namespace gadolin::separation
