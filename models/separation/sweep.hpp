#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/separation/batch.hpp"
#include "models/separation/types_sweep.hpp"

namespace gadolin::separation {

/// The column of the batch engine that keys of a design file stand for, if there is one: same
/// number, same meaning. Two keys, the saponified fraction of the fresh and of the regenerated
/// solvent, are one column of a closed loop.
std::optional<DesignVariable> variable_of_keys(const Circuit& circuit,
                                               const std::vector<std::string>& keys);

/// The base design with other numbers at some keys; where the engine has no column of its own.
using CircuitOfKeys =
    std::function<Circuit(const std::vector<std::pair<std::string, double>>& numbers)>;

/// A sweep made ready: columns of the engine where it has them, the rest through the file.
struct SweepPlan {
  SweepSettings settings;
  DesignProblem problem;
  std::vector<int> column_of_axis;  ///< of the engine; -1 = through the file
  CircuitOfKeys circuit_of_keys;
  std::uint64_t seed = 0;
  std::size_t designs = 0;
  SweepColumns columns;
};

/// throws Error E-SEP-110 (key), -112 (no axis, no value, lists of different length, too many
///        designs), -113 (metric of an unknown product or element)
SweepPlan plan_sweep(const SweepSettings& settings, const Circuit& base,
                     CircuitOfKeys circuit_of_keys, std::uint64_t seed);

/// Numbers of one design: mixed radix of the grid, row of the list, or the random stream of that
/// design; no memory.
void sweep_row(const SweepPlan& plan, std::size_t index, double* values);

/// Solves rows first..first+count-1. What a row answers depends on nothing but the row.
SweepBlock solve_sweep(const SweepPlan& plan, std::size_t first, std::size_t count,
                       const Engine& engine, SweepCounts* counts = nullptr);

/// Checks the metrics against a circuit. throws Error E-SEP-113
/// `where` names the file that asks for them.
void check_metrics(const std::vector<Metric>& metrics, const Circuit& circuit,
                   const std::string& where);
/// One metric of one design of a block; NaN where the design has no answer.
/// in   circuit: the design's own, for stages and flows
double metric_value(const Metric& metric, const Circuit& circuit, const DesignBlock& block,
                    std::size_t row);

}  // namespace gadolin::separation
