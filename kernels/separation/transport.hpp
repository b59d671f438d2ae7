#pragma once

#include <cstddef>

#include "kernels/exec/host_device.hpp"
#include "kernels/separation/lanes.hpp"

/// How amounts move through a counter-current bank when every D is known: a linear network, solved
/// without one subtraction, so that each species keeps its relative accuracy down to 1e-300 mol/L.
/// source docs/theory/separation.md#transport (elimination after Grassmann, Taksar & Heyman 1985)
namespace gadolin::separation {

/// Volume flows of one stage [L/h] and what is conserved in it; V is double, or Pack<double, W>.
///   aqueous that leaves: down + up + drawn;  organic that leaves: O, of it the share f down
///   (entrained), u up and g drawn, f + u + g = 1
template <class V>
struct FlowsOf {
  V aqueous_down = 0.0;   ///< to stage i-1, or out of the bank as raffinate
  V aqueous_up = 0.0;     ///< entrained with the organic
  V aqueous_drawn = 0.0;  ///< side draw
  V organic = 0.0;        ///< O: all organic leaving the stage
  V organic_pool = 0.0;   ///< G: the part of it in contact with the aqueous (E < 1: not all)
  V share_down = 0.0;     ///< f
  V share_up = 1.0;       ///< u: to stage i+1, or out of the bank as extract
  V share_drawn = 0.0;    ///< g
  V bypass = 0.0;         ///< 1 - E
  V organic_main = 0.0;   ///< organic from the stage below and feeds; G = O - (1 - E) main
  V charge = 0.0;         ///< Q = h + sum p x, mol/L: moves with the aqueous alone
  V extractant = 0.0;     ///< C = X + sum q y, mol/L: moves with the organic alone
  V sulfate = 0.0;        ///< mol/L

  GADOLIN_INLINE V aqueous() const { return aqueous_down + aqueous_up + aqueous_drawn; }
};
using StageFlows = FlowsOf<double>;
constexpr int flow_fields = 13;
static_assert(sizeof(StageFlows) == flow_fields * sizeof(double));

/// The same for every lane.
template <class V>
GADOLIN_INLINE FlowsOf<V> spread(const StageFlows& w) {
  FlowsOf<V> all;
  all.aqueous_down = V(w.aqueous_down);
  all.aqueous_up = V(w.aqueous_up);
  all.aqueous_drawn = V(w.aqueous_drawn);
  all.organic = V(w.organic);
  all.organic_pool = V(w.organic_pool);
  all.share_down = V(w.share_down);
  all.share_up = V(w.share_up);
  all.share_drawn = V(w.share_drawn);
  all.bypass = V(w.bypass);
  all.organic_main = V(w.organic_main);
  all.charge = V(w.charge);
  all.extractant = V(w.extractant);
  all.sulfate = V(w.sulfate);
  return all;
}

/// What stage i sees of the stages below it, for one species: organic amount entering from below
/// = s + t a, entrained aqueous = sz + tz a, where a is what stage i sends down; rest = 1 - t - tz.
template <class V>
struct FromBelow {
  V s = 0.0, t = 0.0, sz = 0.0, tz = 0.0, rest = 1.0;
};

/// Elimination of one stage.                                                             (S6)-(S9)
///   x_i = fixed + from_above / pivot
template <class V>
struct StagePivot {
  V pivot = 1.0, fixed = 0.0, kappa = 1.0, inverse = 0.0;
};

/// in   bypass = 1 - E and pool = G of this species; d = D; hold_a, hold_o pseudo-transient hold-up
///      [L/h], source its content and the aqueous feed [mol/h]; below.s already holds the organic
///      feed
template <class V>
GADOLIN_INLINE StagePivot<V> eliminate_stage(const FlowsOf<V>& w, V bypass, V pool, V d, V hold_a,
                                             V hold_o, V source, const FromBelow<V>& below,
                                             FromBelow<V>& above) {
  const V one(1.0);
  const V e = one - bypass;
  const V gd = pool * d;
  const V f = w.share_down, u = w.share_up, g = w.share_drawn;
  const V sent = w.aqueous_down + f * gd;
  const V beta = f * bypass;
  StagePivot<V> p;
  p.kappa = one / (one - beta * below.t);
  const V lost = w.aqueous_drawn + hold_a + hold_o * d;
  p.pivot = lost + w.aqueous_up + (one - f) * gd +
            p.kappa * sent * (below.rest + bypass * (one - f) * below.t);
  p.inverse = where_positive(p.pivot, one / p.pivot, V(0.0));
  const V back = e * below.t + below.tz;
  p.fixed = (e * below.s + below.sz + source + back * p.kappa * beta * below.s) * p.inverse;
  const V a0 = p.kappa * (sent * p.fixed + beta * below.s);
  above.s = u * (bypass * (below.s + below.t * a0) + gd * p.fixed);
  above.sz = w.aqueous_up * p.fixed;
  above.t = u * (bypass * below.t * p.kappa * sent + gd) * p.inverse;
  above.tz = w.aqueous_up * p.inverse;
  above.rest = (lost + g * gd + p.kappa * sent * (below.rest + bypass * g * below.t)) * p.inverse;
  return p;
}

/// What stage i sends down, given its x.
template <class V>
GADOLIN_INLINE V amount_down(const FlowsOf<V>& w, V bypass, V pool, V d, V x, V kappa, V s) {
  return kappa * ((w.aqueous_down + w.share_down * pool * d) * x + w.share_down * bypass * s);
}

}  // namespace gadolin::separation
