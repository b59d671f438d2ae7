#pragma once

#include "kernels/exec/engine.hpp"
#include "models/separation/types_dynamics.hpp"

namespace gadolin::separation {

/// A circuit in time: start-up and steps of flow, grade and acid.
///   d(V_a x + V_o y)/dt = in - out in every mixer, at equilibrium (or passed by, where E < 1);
///   settlers: tanks in series or plug flow, per phase (S30)-(S33)
/// in    plan: checked here; banks as many as the circuit has
/// out   series over the accepted steps; amounts balance to rounding whatever the tolerance
/// fails a step that cannot be made small enough -> not_converged, the series up to there
/// throws Error E-SEP-071 hold-up not positive, -072 step names no stream, -073 specification names
///        no product or species; check_circuit's codes
/// cost  five implicit stages a step, one sparse factorisation of (2 C + 7) N unknowns
/// source docs/theory/separation.md#dynamics; docs/decisions/020-dynamics.md
DynamicsResult simulate_dynamics(const DynamicsPlan& plan, const Engine& engine);

}  // namespace gadolin::separation
