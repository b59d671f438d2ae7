#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "models/separation/types_dynamics.hpp"

/// What a recorded course in time says: when a product has settled, how much was made off
/// specification.
namespace gadolin::separation {

/// A specification resolved to places.
struct Specification {
  std::size_t product = 0;
  std::vector<std::size_t> species;
  double purity = 0.0;
};

/// The specifications of a plan by place; their words go to `result.specifications`, whose species
/// must be there.
/// throws Error E-SEP-073: a product or a rare earth that the circuit does not make
std::vector<Specification> resolve_specifications(const DynamicsPlan& plan,
                                                  const std::vector<std::string>& products,
                                                  DynamicsResult& result);

/// h after the first row from when on the concentration of species k in product p stays within 1 %
/// of its target, or of its change; NaN if it never does.
double settling_time_h(const DynamicsResult& result, std::size_t first_row, std::size_t p,
                       std::size_t k, double target, bool of_change);

/// Metal made below a specification since the first row, and when it is met for good: added to
/// off_spec_kg and on_spec_at_h of `phase`.
void judge_specification(const Circuit& circuit, const DynamicsResult& result,
                         std::size_t first_row, const Specification& spec, DynamicsPhase& phase);

}  // namespace gadolin::separation
