#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "models/separation/types_sweep.hpp"

/// Plain data of optimisations (docs/formats/optimise.md).
namespace gadolin::separation {

struct OptimiseObjective {
  Metric metric;
  bool maximise = false;
};
struct OptimiseConstraint {
  Metric metric;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

enum class OptimiseMethod { choose, nsga2, exhaustive };

struct OptimiseSettings {
  std::string name, description, source_file, base_file;
  std::vector<SweepAxis> axes;  ///< low to high (steps for a grid), or values
  std::vector<OptimiseObjective> objectives;
  std::vector<OptimiseConstraint> constraints;
  bool credible = true;  ///< loading below the gel limit, O/A of every stage 1:10 to 10:1
  OptimiseMethod method = OptimiseMethod::choose;
  std::size_t population = 100, generations = 60;
  std::size_t polish = 8;                ///< designs of the front refined by CMA-ES; 0 = none
  std::size_t polish_evaluations = 400;  ///< of each
  std::size_t front_size = 200;          ///< designs reported, the least crowded
  std::vector<double> reference;  ///< of the hypervolume; empty: the worst of the first front
};

struct OptimisedDesign {
  std::vector<double> x;            ///< [axes]
  std::vector<double> objectives;   ///< [objectives], as named, not negated
  std::vector<double> constraints;  ///< [constraints]
  std::uint32_t flags = 0;          ///< DesignFlag bits
  double closure_relative = 0.0;
  std::string found_by;  ///< "nsga2", "cma-es", "exhaustive"
};

/// One-at-a-time changes of one design.
struct Sensitivity {
  std::string axis;
  double low = 0.0, high = 0.0;         ///< values tried
  std::vector<double> at_low, at_high;  ///< [objectives]; NaN = no answer
};

struct OptimiseResult {
  std::string name, description, method;
  std::vector<std::string> axes, axis_units, objectives, objective_units, constraints;
  std::vector<bool> maximise;
  std::vector<OptimisedDesign> front;  ///< by the first objective
  std::size_t balanced = 0;            ///< of the front: nearest to the best of every objective
  std::vector<Sensitivity> tornado;    ///< around it
  std::vector<double> reference;       ///< of the hypervolume, as named
  std::vector<double> hypervolume;  ///< of the front so far: per generation, and after the polish
  std::size_t evaluations = 0, not_converged = 0, out_of_range = 0, infeasible = 0;
  EvidenceClass worst_evidence = EvidenceClass::memory;
  std::vector<std::string> evidence;
  std::vector<Warning> warnings;
};

}  // namespace gadolin::separation
