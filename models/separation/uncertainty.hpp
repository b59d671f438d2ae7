#pragma once

#include <functional>

#include "kernels/exec/engine.hpp"
#include "models/separation/types_uncertainty.hpp"

namespace gadolin::separation {

/// Called for each block of cascades in order; `columns` is the same every time.
using UncertaintySink =
    std::function<void(const UncertaintyColumns& columns, const UncertaintyBlock& block)>;

/// What a circuit answers if its constants, feeds, flows and yields are only known so well.
///   inputs  independent: the common part of log10 K, each species' own part
///   (Circuit::uncertainty),
///           the variables, the factors
///   design  N_s rows of A, B and A with one input from B (Saltelli); every cascade solved exactly
/// in    plan: checked here
/// out   quantiles, verdicts from A and B alone (independent draws); indices with bootstrap
/// intervals;
///       first-order standard uncertainties from gradients at the nominal design, as a check.
///       Cascades without an answer are counted in `not_converged`, `out_of_range`
/// throws Error E-SEP-076 a distribution, -077 a variable, output or specification that names
///        nothing; check_circuit's and constant_covariance's codes
/// cost  N_s (k + 2) cascades through solve_designs(), 8 bytes each and output kept
/// source docs/theory/separation.md#uncertainty
UncertaintyResult assess_uncertainty(const UncertaintyPlan& plan, const Engine& engine,
                                     const UncertaintySink& sink = {});

/// Words of the quantities a variable may name ("feed_grade", ...).
std::vector<std::string> uncertain_quantities();

}  // namespace gadolin::separation
