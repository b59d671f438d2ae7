#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/exec/item_status.hpp"
#include "models/core/error.hpp"
#include "models/separation/types.hpp"

/// Plain data of sweeps and of what is measured of a design (docs/formats/sweep.md).
namespace gadolin::separation {

/// "bank.extraction-scrub.feed.liquor.aqueous.molar.Nd" cut at its dots; quotes keep a dot inside a
/// name. throws Error E-SEP-110 for an empty step or an open quote
inline std::vector<std::string> split_key(const std::string& key) {
  const auto bad = [&](const char* what) {
    return Error("E-SEP-110", "key \"" + key + "\" " + what, "",
                 "write table.key, with quotes around names that hold a dot", ExitCode::usage);
  };
  std::vector<std::string> steps(1);
  bool quoted = false;
  for (char c : key) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == '.' && !quoted) {
      if (steps.back().empty()) throw bad("has an empty step");
      steps.emplace_back();
    } else {
      steps.back() += c;
    }
  }
  if (quoted) throw bad("has a quote that is never closed");
  if (steps.back().empty()) throw bad("has an empty step");
  return steps;
}

/// A number of the base design that is varied: one or more keys that always get the same value.
struct SweepAxis {
  std::string name;               ///< of the column; the first key if none is given
  std::vector<std::string> keys;  ///< "bank.extraction-scrub.organic_in.flow_l_per_h"
  std::vector<double> values;     ///< grid and list; empty: from low to high
  double low = 0.0, high = 0.0;
  int steps = 0;  ///< grid
  bool logarithmic = false;
  bool whole = false;  ///< rounded to whole numbers
};

enum class SweepSampling { grid, list, random };

enum class MetricKind {
  purity,          ///< mass of the elements' oxides among all rare-earth oxides of the product
  impurity_log10,  ///< -log10(1 - purity): 3 = 99.9 %
  recovery,        ///< moles of the elements in the product over all that leaves
  amount,          ///< mol/h of the elements in the product
  flow,            ///< L/h of the product
  base,            ///< mol/h
  acid,            ///< mol/h
  stages,          ///< of all banks
  solvent,         ///< L/h into the first bank
  stage_flow,      ///< L/h: stages x organic flow, all banks: what inventory and equipment follow
  loading_max,
  phase_ratio_min,
  phase_ratio_max,
  cost,              ///< weighted sum of other kinds
  stage_throughput,  ///< L/h: both phases through every stage, draws and entrainment aside
  cost_per_kg        ///< money per kg of the elements' oxides in the product; MetricMoney
};
inline constexpr const char* metric_kind_names[] = {"purity",
                                                    "impurity_log10",
                                                    "recovery",
                                                    "amount",
                                                    "flow",
                                                    "base",
                                                    "acid",
                                                    "stages",
                                                    "solvent",
                                                    "stage_flow",
                                                    "loading_max",
                                                    "phase_ratio_min",
                                                    "phase_ratio_max",
                                                    "cost",
                                                    "stage_throughput",
                                                    "cost_per_kg"};
inline constexpr const char* metric_kind_units[] = {"1",     "1", "1",   "mol/h", "L/h", "mol/h",
                                                    "mol/h", "1", "L/h", "L/h",   "1",   "1",
                                                    "1",     "",  "L/h", ""};

struct MetricWeight {
  MetricKind kind = MetricKind::base;
  double weight = 0.0;
};
/// What a design spends an hour, from dated quotes: base, acid, current of the mixers and, where
/// asked, a yearly share of the capital of its stages. Solvent loss, labour and effluent are not in
/// it. price_metrics() fills the prices.
struct MetricMoney {
  std::string base = "NaOH", acid = "HCl";
  double capital_charge_fraction = 0.0;  ///< a year, of the capital; 0 = operating cost alone
  double hours_per_year = 8000.0;
  bool priced = false;
  double per_mol_base = 0.0, per_mol_acid = 0.0;
  double per_stage_l = 0.0;     ///< of stage_throughput
  double per_stage_kg06 = 0.0;  ///< of stages x (kg oxide fed an hour)^0.6, an hour
};
struct Metric {
  std::string name;
  MetricKind kind = MetricKind::purity;
  std::string product;                ///< purity to flow
  std::vector<std::string> elements;  ///< purity to amount
  std::vector<MetricWeight> weights;  ///< cost
  std::string unit;                   ///< cost: "USD/h"
  std::string source;                 ///< cost: where and when the prices are from
  MetricMoney money;                  ///< cost_per_kg
};

struct SweepSettings {
  std::string name, description, source_file;
  std::string base_file;
  std::vector<SweepAxis> axes;
  SweepSampling sampling = SweepSampling::grid;
  std::size_t samples = 0;  ///< random
  std::vector<Metric> metrics;
  bool store_products = true;  ///< amounts, recoveries and purities of every product
};

/// Names of the columns of a sweep.
struct SweepColumns {
  std::vector<std::string> designs, design_units, metrics, metric_units;
  std::vector<std::string> products, banks, phases, species;
  bool store_products = true;
};

/// Rows first .. first + count - 1. NaN in every number of a design that has no answer.
struct SweepBlock {
  std::size_t first = 0, count = 0;
  std::vector<double> designs;            ///< [count, axes]
  std::vector<double> metrics;            ///< [count, metrics]
  std::vector<ItemStatus> status;         ///< [count]
  std::vector<std::uint32_t> flags;       ///< [count] DesignFlag bits
  std::vector<std::int32_t> iterations;   ///< [count]
  std::vector<double> closure_relative;   ///< [count]
  std::vector<double> amount_mol_per_h;   ///< [count, products, species], if stored
  std::vector<double> recovery_fraction;  ///< as above
  std::vector<double> purity_fraction;    ///< as above
};

struct SweepCounts {
  std::size_t designs = 0, ok = 0, not_converged = 0, out_of_range = 0, retried = 0;
};

}  // namespace gadolin::separation
