#pragma once

#include <vector>

#include "kernels/exec/engine.hpp"
#include "models/separation/types.hpp"

namespace gadolin::separation {

/// O/A of a stage outside these is flagged, here and in batches: W-SEP-001.
constexpr double credible_phase_ratio_min = 0.1, credible_phase_ratio_max = 10.0;

/// A bank as it stands in its circuit: species and extractant come from there.
struct BankTask {
  const Circuit* circuit = nullptr;
  Bank bank;  ///< streams filled in; organic_from_previous already resolved
  /// Start of the solver, ln H and ln X per stage; empty = cold.
  std::vector<double> start_ln_h, start_ln_x;
  /// Added to ln D, row-major [stages * species]; empty = none. For activities, complexes and
  /// other extractants by an outer fixed point: ln D = law(X, H) + shift.
  std::vector<double> ln_d_shift;
  /// Sulfate held by metals, [stages] mol/L, which binds no proton; empty = none.
  std::vector<double> bound_sulfate_molar;
};

struct BankSolution {
  BankResult result;
  std::vector<double> ln_h, ln_x;
  /// Volume flows that leave with the other phase [L/h]: aqueous with the extract, organic with the
  /// raffinate.
  double entrained_aqueous_l_per_h = 0.0, entrained_organic_l_per_h = 0.0;
};

/// Steady state of every bank, in one batch, each to machine-precision closure.
/// in   tasks: any mixture of stages and species; checked by check_circuit() before
/// out  one solution per task, in order; a bank that did not converge says so in its status and
///      names its worst stage and balance
/// source docs/theory/separation.md#bank
std::vector<BankSolution> solve_banks(const std::vector<BankTask>& tasks, const Engine& engine);

/// Murphree efficiency of one species in a bank's mixers: bank.murphree_efficiency times
/// k tau/(1 + k tau) (well stirred) or 1 - exp(-k tau) (plug flow) where the species has a rate.
double species_efficiency(const Species& species, const Bank& bank);

/// Total extractant of an organic stream [mol/L]: X + sum q y.
double total_extractant_molar(const OrganicStream& stream, const std::vector<Species>& species);

}  // namespace gadolin::separation
