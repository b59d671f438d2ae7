#pragma once

#include <cstddef>

#include "kernels/exec/host_device.hpp"

/// How amounts move through a counter-current bank when every D is known: a linear network, solved
/// without one subtraction, so that each species keeps its relative accuracy down to 1e-300 mol/L.
/// source docs/theory/separation.md#transport (elimination after Grassmann, Taksar & Heyman 1985)
namespace gadolin::separation {

/// Volume flows of one stage [L/h] and what is conserved in it.
///   aqueous that leaves: down + up + drawn;  organic that leaves: O, of it the share f down
///   (entrained), u up and g drawn, f + u + g = 1
struct StageFlows {
  double aqueous_down = 0.0;   ///< to stage i-1, or out of the bank as raffinate
  double aqueous_up = 0.0;     ///< entrained with the organic
  double aqueous_drawn = 0.0;  ///< side draw
  double organic = 0.0;        ///< O: all organic leaving the stage
  double organic_pool = 0.0;   ///< G: the part of it in contact with the aqueous (E < 1: not all)
  double share_down = 0.0;     ///< f
  double share_up = 1.0;       ///< u: to stage i+1, or out of the bank as extract
  double share_drawn = 0.0;    ///< g
  double bypass = 0.0;         ///< 1 - E
  double organic_main = 0.0;   ///< organic from the stage below and feeds; G = O - (1 - E) main
  double charge = 0.0;         ///< Q = h + sum p x, mol/L: moves with the aqueous alone
  double extractant = 0.0;     ///< C = X + sum q y, mol/L: moves with the organic alone
  double sulfate = 0.0;        ///< mol/L

  GADOLIN_INLINE double aqueous() const { return aqueous_down + aqueous_up + aqueous_drawn; }
};

/// What stage i sees of the stages below it, for one species: organic amount entering from below
/// = s + t a, entrained aqueous = sz + tz a, where a is what stage i sends down; rest = 1 - t - tz.
struct FromBelow {
  double s = 0.0, t = 0.0, sz = 0.0, tz = 0.0, rest = 1.0;
};

/// Elimination of one stage.                                                             (S6)-(S9)
///   x_i = fixed + from_above / pivot
struct StagePivot {
  double pivot = 1.0, fixed = 0.0, kappa = 1.0;
};

/// in   bypass = 1 - E and pool = G of this species; d = D; hold_a, hold_o pseudo-transient hold-up
/// [L/h], source its content and the aqueous
///      feed [mol/h]; below.s already holds the organic feed
GADOLIN_INLINE StagePivot eliminate_stage(const StageFlows& w, double bypass, double pool, double d,
                                          double hold_a, double hold_o, double source,
                                          const FromBelow& below, FromBelow& above) {
  const double e = 1.0 - bypass;
  const double gd = pool * d;
  const double f = w.share_down, u = w.share_up, g = w.share_drawn;
  const double sent = w.aqueous_down + f * gd;
  const double beta = f * bypass;
  StagePivot p;
  p.kappa = 1.0 / (1.0 - beta * below.t);
  const double lost = w.aqueous_drawn + hold_a + hold_o * d;
  p.pivot = lost + w.aqueous_up + (1.0 - f) * gd +
            p.kappa * sent * (below.rest + bypass * (1.0 - f) * below.t);
  const double inverse = p.pivot > 0.0 ? 1.0 / p.pivot : 0.0;
  const double back = e * below.t + below.tz;
  p.fixed = (e * below.s + below.sz + source + back * p.kappa * beta * below.s) * inverse;
  const double a0 = p.kappa * (sent * p.fixed + beta * below.s);
  above.s = u * (bypass * (below.s + below.t * a0) + gd * p.fixed);
  above.sz = w.aqueous_up * p.fixed;
  above.t = u * (bypass * below.t * p.kappa * sent + gd) * inverse;
  above.tz = w.aqueous_up * inverse;
  above.rest = (lost + g * gd + p.kappa * sent * (below.rest + bypass * g * below.t)) * inverse;
  return p;
}

/// What stage i sends down, given its x.
GADOLIN_INLINE double amount_down(const StageFlows& w, double bypass, double pool, double d,
                                  double x, const StagePivot& p, double s) {
  return p.kappa * ((w.aqueous_down + w.share_down * pool * d) * x + w.share_down * bypass * s);
}

}  // namespace gadolin::separation
