#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/core/error.hpp"

/// Plain data of the recovery domain: phases and elements joined, then followed to the product.
namespace gadolin::recovery {

/// A yield on [0, 1] by mode and 90 % interval; a Beta distribution is fitted to them.
struct Yield {
  double mode = 1.0;
  double low = 1.0;   ///< 5 %
  double high = 1.0;  ///< 95 %
  std::string source;
  std::string evidence = "MEMORY";  ///< MEASURED, DERIVED, ESTIMATED, MEMORY
};

/// Yields of one mineral (or "*" for any other) through one route.
struct MineralRoute {
  std::string mineral;
  Yield beneficiation, cracking, leaching;
};
struct Route {
  std::string name;
  std::vector<MineralRoute> minerals;
  Yield impurity_removal;  ///< kept fraction, 1 - loss
  Yield separation;        ///< default where the cascade does not speak for an element
  Yield precipitation;
  std::vector<std::string> cerium_held_back;  ///< notes for the report
};

/// Phases and elements after reconciliation. Arrays [phases], [elements]; covariances row-major.
struct Reconciled {
  std::vector<std::string> phases, elements;
  std::vector<double> weight_fraction, weight_covariance;
  std::vector<double> element_mass_fraction, element_covariance;
  std::vector<double> element_measured, element_predicted,
      element_residual_sigma;         ///< NaN-free; see state
  std::vector<int> element_compared;  ///< 1 if both XRD and assay speak
  double unmodelled_fraction = 0.0;   ///< amorphous or missed, with u
  double u_unmodelled_fraction = 0.0;
  double chi_square = 0.0;
  int degrees_of_freedom = 0;
  double p_value = 1.0;
  bool conflict = false;  ///< p below the stated alpha: nothing was averaged away
  std::string conflict_text;
};

struct Interval {
  double p05 = 0.0, p50 = 0.0, p95 = 0.0, mean = 0.0;
};

struct LossStep {
  std::string step;        ///< "beneficiation", "cracking", "leaching", ...
  Interval lost_kg_per_t;  ///< of oxide per tonne of feed
};

struct ElementRecovery {
  std::string element, oxide;
  Interval contained_kg_per_t;  ///< oxide per tonne of feed
  Interval recoverable_kg_per_t;
  Interval recovery_fraction;
  std::vector<LossStep> losses;   ///< contained = recoverable + sum of losses, per draw
  double closure_relative = 0.0;  ///< largest over the draws
};

struct RecoveryResult {
  std::string id;
  std::string route;
  Reconciled reconciled;
  std::vector<ElementRecovery> elements;  ///< rare earths in the table's order
  Interval treo_contained_kg_per_t, treo_recoverable_kg_per_t;
  std::uint64_t seed = 0;
  int draws = 0;
  std::string worst_evidence;
  std::string basis;  ///< which elements are in TREO, dry or as received
  std::vector<Warning> warnings;
};

}  // namespace gadolin::recovery
