#pragma once

#include <vector>

#include "models/separation/batch.hpp"
#include "models/separation/types_uncertainty.hpp"
#include "models/separation/uncertain_value.hpp"

/// From independent inputs to the numbers of a design.
namespace gadolin::separation {

struct UncertainInputs {
  std::vector<std::string> names, words;  ///< [k] constants, then variables, then factors
  std::size_t of_circuit = 0;        ///< the first ones change the circuit; the rest are yields
  std::size_t constants = 0;         ///< the first ones are parts of log10 K
  DesignProblem problem;             ///< one log10_k_shift per species, then the variables
  std::vector<std::string> columns;  ///< names of the problem's variables

  /// Standard normal parts -> log10 K: [species, constants]
  std::vector<double> loading;
  std::vector<ReadyValue> variables, factors;

  /// Numbers of the design at u [k] in (0, 1), and the product of the factors.
  void design(const double* u, double* values) const;
  double factor(const double* u) const;
  std::vector<double> nominal() const;
};

/// throws Error E-SEP-076, -077
UncertainInputs inputs_of(const UncertaintyPlan& plan);

}  // namespace gadolin::separation
