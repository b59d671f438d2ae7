#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernels/exec/engine.hpp"
#include "kernels/exec/item_status.hpp"
#include "models/separation/types.hpp"

/// Many designs of one circuit: the template fixes species, laws, banks, feeds and draws; a design
/// is a row of numbers that replace some of the template's.
namespace gadolin::separation {

/// A number of the template a design may change. `bank` counts from 0; `index` is the feed, draw
/// or return; `species` counts from 0.
enum class DesignQuantity {
  stages,                      ///< of the bank; rounded to the nearest integer
  feed_stage,                  ///< of feed `index`, 1..stages
  feed_flow,                   ///< L/h of its aqueous
  feed_acid,                   ///< proton total of its aqueous, mol/L
  feed_molar,                  ///< mol/L of `species` in its aqueous
  feed_grade,                  ///< factor on every mol/L of its aqueous
  aqueous_flow,                ///< L/h of the aqueous into stage N: scrub or strip
  aqueous_acid,                ///< its proton total, mol/L
  aqueous_molar,               ///< its mol/L of `species`
  organic_flow,                ///< L/h of the organic into stage 1
  extractant,                  ///< all extractant of it, mol/L; every species in it keeps its share
  saponified_fraction,         ///< s: y of the saponifying species = s C/q, X the rest; fresh
                               ///< solvent of the bank and, where the loop is closed, regeneration
  draw_stage,                  ///< of draw `index`, 1..stages
  draw_aqueous_fraction,       ///< of draw `index`
  draw_organic_fraction,       ///< of draw `index`
  murphree_efficiency,         ///< of the bank
  entrained_aqueous_fraction,  ///< of the bank
  entrained_organic_fraction,  ///< of the bank
  mixer_residence,             ///< s, of the bank
  bleed_fraction,              ///< of the regeneration
  return_fraction,             ///< of return `index`
  log10_k,                     ///< of `species`, in place of the template's
  log10_k_shift,               ///< added to log10 K of `species`; -1: of all species
};

struct DesignVariable {
  DesignQuantity quantity = DesignQuantity::stages;
  int bank = 0;
  int index = 0;
  int species = -1;
};

struct DesignProblem {
  Circuit circuit;                        ///< the template
  std::vector<DesignVariable> variables;  ///< columns of the values, applied in this order
  bool profiles = false;                  ///< fill DesignBlock::profiles
};

/// Worst credibility flags of a design, as bits.
enum DesignFlag : std::uint32_t {
  flag_phase_ratio = 1u,    ///< W-SEP-001: O/A of a stage outside 1:10-10:1
  flag_gel = 2u,            ///< W-SEP-002: loading above the gel limit
  flag_window = 4u,         ///< W-SEP-003: a line used outside its window
  flag_no_separation = 8u,  ///< W-SEP-005: nearly all leaves in one product
  flag_retried = 16u,       ///< first method failed, a slower one was used
};

/// Stage profiles of one bank of one design, stage 1 first.
struct DesignProfile {
  std::vector<double> aqueous_molar, organic_molar;  ///< [stages * species]
  std::vector<double> ph, free_molar;                ///< [stages]
};

/// Answers of designs first .. first + count - 1. Row-major, design slowest. A design that is out
/// of range or not converged has NaN in every number but iterations.
struct DesignBlock {
  std::size_t first = 0, count = 0, products = 0, species = 0;
  std::vector<ItemStatus> status;            ///< [count]
  std::vector<std::uint32_t> flags;          ///< [count] DesignFlag bits
  std::vector<std::int32_t> iterations;      ///< [count] Newton iterations, all banks and passes
  std::vector<std::int32_t> passes;          ///< [count] of the loop and the returns; 1 if open
  std::vector<double> closure_relative;      ///< [count] worst of all banks, species, proton, dimer
  std::vector<double> loading_max;           ///< [count] of capacity, worst stage
  std::vector<double> phase_ratio_min;       ///< [count] O/A, smallest and largest of any stage
  std::vector<double> phase_ratio_max;       ///< [count]
  std::vector<double> base_mol_per_h;        ///< [count] as CircuitResult
  std::vector<double> acid_mol_per_h;        ///< [count]
  std::vector<double> amount_mol_per_h;      ///< [count, products, species]
  std::vector<double> recovery_fraction;     ///< [count, products, species] of what entered
  std::vector<double> purity_fraction;       ///< [count, products, species] among rare earths
  std::vector<double> product_flow_l_per_h;  ///< [count, products]
  std::vector<DesignProfile> profiles;       ///< [count, banks] if asked for

  std::size_t at(std::size_t design, std::size_t product, std::size_t k) const {
    return (design * products + product) * species + k;
  }
};

/// Columns of the products of every design: fixed by the template, zero where a design sends
/// nothing there. Per bank: raffinate, both phases of each draw, and, where the organic does not go
/// on to the next bank, extract (or solvent bleed) and entrained aqueous.
struct DesignProduct {
  std::string name, bank, phase;
};
std::vector<DesignProduct> design_products(const Circuit& circuit);

/// values of designs first..first+count-1, [count, variables] row-major
using DesignSource = std::function<void(std::size_t first, std::size_t count, double* values)>;
/// Called once per block, in order of the designs, from the calling thread.
using DesignSink = std::function<void(const DesignBlock& block)>;

/// Steady state of every design, block by block (4096): memory does not grow with their number.
/// What a design answers does not depend on its neighbours, the block size, threads or order.
/// in      source fills the rows of a block
/// out     sink receives each block; a design whose numbers cannot stand (stage outside the bank,
///         negative flow, draws above 1) is out_of_range, one that no method solved not_converged:
///         never a silent number
/// throws  Error E-SEP-001..013 for the template (check_circuit), E-SEP-090 for a variable that
///         names no bank, feed, draw, return or species of the template
/// source  docs/theory/separation.md#batch
void solve_designs(const DesignProblem& problem, std::size_t designs, const DesignSource& source,
                   const DesignSink& sink, const Engine& engine);

/// The same for rows in memory; one block with everything.
DesignBlock solve_designs(const DesignProblem& problem, const std::vector<double>& values,
                          const Engine& engine);

/// The template with the numbers of one design in it; what the batch solves, for a full report.
Circuit design_circuit(const DesignProblem& problem, const double* values);

}  // namespace gadolin::separation
