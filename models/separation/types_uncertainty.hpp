#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/separation/types.hpp"

/// Plain data of the uncertainty of a circuit: what is uncertain, what is asked, what came out.
namespace gadolin::separation {

enum class DistributionShape {
  normal,     ///< mean, u
  lognormal,  ///< median mean, u of the natural logarithm
  uniform,    ///< low..high
  beta,       ///< on 0..1 by mode and the points low (5 %) and high (95 %)
};
struct UncertainValue {
  DistributionShape shape = DistributionShape::normal;
  double mean = 0.0, u = 0.0;
  double low = 0.0, high = 1.0, mode = 0.5;
};

/// A number of the circuit that is uncertain, independent of the others.
struct UncertainVariable {
  std::string name;
  std::string quantity;  ///< of DesignQuantity, in words: "feed_grade"
  std::string bank;      ///< "" = first
  std::string feed;      ///< name of the feed, draw or return (or its number); "" = first
  std::string species;   ///< where the quantity is of one
  UncertainValue value;
  bool about_template = false;  ///< mean and u are factors of what the design says
};

/// A yield before or after the circuit (cracking, leaching, precipitation, ...): multiplies what is
/// recoverable, nothing else.
struct UncertainFactor {
  std::string name;
  UncertainValue value;
};

enum class UncertainQuantity {
  purity,          ///< share of the species among the product's rare earths, moles
  log10_impurity,  ///< log10(1 - purity)
  recovery,        ///< of the species, of what was fed
  recoverable,     ///< kg/h of the species' oxides in the product times all factors
};
struct UncertainOutput {
  std::string name;
  UncertainQuantity quantity = UncertainQuantity::purity;
  std::string product;
  std::vector<std::string> species;
};

/// Met where every limit given is met.
struct UncertainSpecification {
  std::string product;
  std::vector<std::string> species;
  std::optional<double> purity_min, recovery_min;
};

enum class SampleKind { monte_carlo, latin_hypercube, scrambled_sobol };

struct UncertaintyPlan {
  std::string name;
  Circuit circuit;
  bool constants = true;  ///< log10 K of all species by Circuit::uncertainty
  std::vector<UncertainVariable> variables;
  std::vector<UncertainFactor> factors;
  std::vector<UncertainOutput> outputs;
  std::vector<UncertainSpecification> specifications;
  std::size_t rows = 1024;  ///< N_s: cascades are N_s (k + 2), or N_s without indices
  SampleKind sampling = SampleKind::monte_carlo;
  bool sobol = true;
  int bootstrap = 200;
  bool store_designs = true;
  std::uint64_t seed = 0;
};

struct UncertaintyAnswer {
  std::string name, unit;
  double nominal = 0.0;        ///< of the design as it stands; NaN if that has no answer
  double mean = 0.0, u = 0.0;  ///< standard deviation
  double q05 = 0.0, q50 = 0.0, q95 = 0.0;
  double u_first_order = 0.0;  ///< by gradients at the nominal; NaN where there are none
  /// [inputs]; 95 % intervals by bootstrap over rows; empty without sobol
  std::vector<double> first, first_low, first_high, total, total_low, total_high;
};

struct UncertaintyVerdict {
  std::string text;
  std::size_t met = 0;
  double probability = 0.0, low = 0.0, high = 0.0;  ///< 95 % interval (Clopper-Pearson)
  double low_if_failed_miss = 0.0;  ///< its lower end if every unsolved cascade missed
};

struct UncertaintyResult {
  std::string name;
  ItemStatus status = ItemStatus::not_converged;
  std::string status_text;
  std::vector<std::string> inputs, input_text;  ///< [inputs] name; distribution in words
  std::vector<UncertaintyAnswer> answers;
  std::vector<UncertaintyVerdict> verdicts;  ///< per specification, then all together if several
  std::size_t rows = 0, cascades = 0, not_converged = 0, out_of_range = 0, retried = 0;
  std::size_t independent = 0;  ///< solved cascades that quantiles and verdicts rest on
  std::size_t asked = 0;        ///< the same with those that failed
  std::size_t rows_lost = 0;    ///< of the indices, for a cascade that failed
  std::uint64_t seed = 0;
  std::string sampling;
  double worst_closure = 0.0;
  std::string gradient_text;  ///< why there are no gradients; "" if there are
  EvidenceClass worst_evidence = EvidenceClass::measured;
  std::vector<Warning> warnings;
};

/// A block of cascades as it was solved, for the store.
struct UncertaintyBlock {
  std::size_t first = 0, count = 0;
  std::vector<double> designs;  ///< [count, columns]
  std::vector<double> answers;  ///< [count, outputs]; NaN where not solved
  std::vector<ItemStatus> status;
  std::vector<std::uint32_t> flags;
  std::vector<double> amounts;  ///< [count, products, species] mol/h
};
struct UncertaintyColumns {
  std::vector<std::string> designs, answers, products, product_phases, species;
};

}  // namespace gadolin::separation
