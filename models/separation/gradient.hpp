#pragma once

#include <string>
#include <vector>

#include "kernels/exec/engine.hpp"
#include "models/separation/batch.hpp"
#include "models/separation/circuit_equations.hpp"

namespace gadolin::separation {

/// A number a circuit answers.
enum class OutputQuantity {
  recovery,        ///< of the species, moles in the product over moles fed (their sum over theirs)
  log10_impurity,  ///< log10 of the share of other rare earths in the product (moles)
  amount,          ///< mol/h of the species in the product
};
struct CircuitOutput {
  OutputQuantity quantity = OutputQuantity::recovery;
  std::string product, phase;  ///< names of design_products(); phase "" = any
  std::vector<std::size_t> species;
};

struct CircuitGradients {
  ItemStatus status = ItemStatus::not_converged;
  std::string status_text;
  std::vector<double> value;     ///< [outputs]
  std::vector<double> gradient;  ///< [outputs, variables] per unit of the variable
  double polish = 0.0;  ///< how far Newton on the whole system moved simulate()'s ln H, ln X
};

/// All gradients of a few outputs by the adjoint of the steady circuit: one transposed solve for
/// each output, whatever the number of variables.                                    (S60)
///   dJ/dp = dJ/dp|u - lambda' dF/dp|u,   (dF/du)' lambda = dJ/du
/// The explicit derivatives |u come from differences of the equations at fixed state, which are
/// polynomials or exponentials of p: no solve, and 1e-9 relative.
/// in    problem, values [variables]: as solve_designs(); whole-numbered variables give NaN
/// out   gradients; status of the steady solve
/// throws Error E-SEP-075 an output that is no product or species; check_circuit's codes; -074
/// cost  one steady solve, one factorisation, one transposed solve per output, four residuals per
///       variable
/// source docs/theory/separation.md#gradients
CircuitGradients gradients(const DesignProblem& problem, const std::vector<double>& values,
                           const std::vector<CircuitOutput>& outputs, const Engine& engine);

/// The same from a state already known: u of steady_state() for network_of(design_circuit(...)).
CircuitGradients gradients_at(const DesignProblem& problem, const std::vector<double>& values,
                              const std::vector<CircuitOutput>& outputs,
                              CircuitEquations& equations, const std::vector<double>& u);

}  // namespace gadolin::separation
