#pragma once

/// Constant-flow cascades of two components after Xu: closed working choices that seed a design,
/// their limits, and the exact solution that judges them. A goes with the organic, B stays in the
/// aqueous; moles per mole of feed. The saturated solvent carries S from stage to stage, the scrub
/// acid sends W back; beta = D_A/D_B in the extraction section, beta' in the scrub section. source
/// docs/theory/separation.md#design (S22)-(S31)
namespace gadolin::separation {

/// Which phase brings the feed. Aqueous feed: W + 1 flows through extraction, W through scrub.
/// Organic feed (a loaded solvent from another circuit): S flows through extraction, S + 1 through
/// scrub.
enum class FeedPhase { aqueous, organic };

/// What a two-component cut is asked for; all fractions strictly between 0 and 1.
struct XuTargets {
  double separation_factor = 0.0;        ///< beta > 1
  double scrub_separation_factor = 0.0;  ///< beta'; 0 = beta
  double feed_fraction_a = 0.0;          ///< f_A
  double purity_a = 0.0;                 ///< P_A of the organic product
  double purity_b = 0.0;                 ///< P_B of the aqueous product
  FeedPhase feed = FeedPhase::aqueous;
};

/// Solvent and scrub below which no number of stages reaches pure products: the pinch at the feed.
struct MinimumFlows {
  double solvent = 0.0;  ///< S_min
  double scrub = 0.0;    ///< W_min
};
/// in   beta > 1, 0 < f_A < 1 (S27)
MinimumFlows minimum_flows(double separation_factor, double feed_fraction_a, FeedPhase feed);

/// Xu's working choice. Stage numbers are estimates without the pinch: seeds, never results.
struct XuDesign {
  double concentration_ratio_a = 0.0, concentration_ratio_b = 0.0;  ///< a, b
  double recovery_a = 0.0, recovery_b = 0.0;                        ///< Y_A, Y_B
  double organic_product = 0.0, aqueous_product = 0.0;              ///< f'_A, f'_B
  double solvent = 0.0, scrub = 0.0;                                ///< S, W
  double extraction_ratio = 0.0, scrub_ratio = 0.0;                 ///< E_M, E'_M
  bool extraction_controls = false;                                 ///< which section sets S
  double extraction_stages = 0.0;                                   ///< n
  double scrub_stages = 0.0;                                        ///< m + 1
};
/// throws Error E-SEP-060 where beta, f_A or a purity is out of range, or the feed already has the
/// purity  (S23)-(S26)
XuDesign xu_design(const XuTargets& targets);

/// Stages at total reflux for the purities of both ends: ln[ pA/(1-pA) pB/(1-pB) ] / ln beta (S22)
double fenske_stages(double separation_factor, double purity_a, double purity_b);

/// Purity both products can reach together with that many stages at total reflux: p = q/(1+q), q =
/// beta^(N/2). No finite solvent flow does better. (S28)
double best_purity_at_total_reflux(double separation_factor, int stages);

/// Exact purities of a cascade with given flows: recursion in x with one unknown, by bisection.
struct ConstantFlowResult {
  double raffinate_purity = 0.0;  ///< P_B
  double organic_purity = 0.0;    ///< P_A
};
/// in   beta > 1; S > W - ... so that both products are positive; n >= 1 with the feed at stage n,
/// m >= 0 cost 200 (n + m) x 10 flop (S29)
ConstantFlowResult solve_constant_flow(double separation_factor, double feed_fraction_a,
                                       double solvent, double scrub, int extraction_stages,
                                       int scrub_stages, FeedPhase feed = FeedPhase::aqueous);

}  // namespace gadolin::separation
