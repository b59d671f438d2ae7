#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/core/error.hpp"
#include "models/core/quantity.hpp"

/// Plain data of the recovery domain: phases and elements joined, then followed to the product.
namespace gadolin::recovery {

/// A phase as XRD saw it.
struct PhaseInput {
  std::string name;              ///< "monazite-Ce"
  std::string formula;           ///< "CePO4"; a rare earth in it stands for the rare-earth site
  double weight_fraction = 0.0;  ///< of the crystalline part
};

/// A content as the laboratory gives it.
struct ElementInput {
  std::string element;
  Quantity mass_fraction;  ///< kg/kg of the element, states kept
};

/// A yield on [0, 1] by mode and 90 % interval; a Beta distribution is fitted to them.
struct Yield {
  double mode = 1.0;
  double low = 1.0;   ///< 5 %
  double high = 1.0;  ///< 95 %
  std::string source;
  std::string evidence = "MEMORY";  ///< MEASURED, DERIVED, ESTIMATED, MEMORY
};

/// A yield of one element that differs from its mineral's ("Ce" held back by a roast).
struct ElementYield {
  std::string element;
  Yield yield;
};

/// Yields of one mineral (or "*" for any other) through one route.
struct MineralRoute {
  std::string mineral;  ///< library name, or a prefix before "-": "monazite" serves "monazite-Ce"
  Yield beneficiation, cracking, leaching;
  std::vector<ElementYield> leaching_of;  ///< elements whose leaching differs
};
struct Route {
  std::string name;
  std::string note;
  std::vector<MineralRoute> minerals;
  Yield impurity_removal;  ///< kept fraction, 1 - loss
  Yield separation;        ///< default where the cascade does not speak for an element
  Yield precipitation;
  Yield calcination;
  std::vector<std::string> cerium_held_back;  ///< notes for the report
};

/// Phases and elements after reconciliation. Arrays [phases], [elements]; covariances row-major.
/// When `conflict` holds nothing was averaged: weight_fraction repeats the XRD input and
/// element_mass_fraction the assay input.
struct Reconciled {
  std::vector<std::string> phases, elements;
  std::vector<std::string> formulas;  ///< [phases]
  std::vector<double> weight_fraction, weight_covariance;
  std::vector<double> element_mass_fraction, element_covariance;
  std::vector<double> xrd_weight_fraction, u_xrd_weight_fraction;  ///< as given
  std::vector<ValueState> element_state;                           ///< as given
  /// As measured (0 unless measured: see element_state), its u, what the reconciled phases hold,
  /// and (measured - predicted)/sigma for compared elements. element_lod: the LOD, or for
  /// above_range the limit exceeded. Never NaN.
  std::vector<double> element_measured, u_element_measured, element_lod, element_predicted,
      element_residual_sigma;
  std::vector<int> element_compared;  ///< 1 if both XRD and assay speak
  /// [phases * elements] mass fraction of element in phase, rare-earth split filled in.
  std::vector<double> phase_chemistry;
  double unmodelled_fraction = 0.0;  ///< amorphous or missed, with u
  double u_unmodelled_fraction = 0.0;
  /// 95 % upper limit where the best value is 0 (the fraction cannot be negative); 0 elsewhere.
  double unmodelled_fraction_limit = 0.0;
  bool unmodelled_fraction_known = false;  ///< false: no compared element told it
  double chi_square = 0.0;
  int degrees_of_freedom = 0;
  double p_value = 1.0;
  double alpha = 0.0;     ///< threshold the p-value is compared with
  bool conflict = false;  ///< p below the stated alpha: nothing was averaged away
  std::string conflict_text;
  bool converged = false;
  std::string status_text;  ///< why not, in words
  std::vector<Warning> warnings;
};

struct Interval {
  double p05 = 0.0, p50 = 0.0, p95 = 0.0, mean = 0.0;
};

struct LossStep {
  std::string step;        ///< "not in a modelled phase", "beneficiation", "cracking", ...
  Interval lost_kg_per_t;  ///< of oxide per tonne of feed
};

/// What one mineral carries of one element.
struct Carrier {
  std::string phase;  ///< "not in a modelled phase" for the remainder
  Interval contained_kg_per_t;
};

struct ElementRecovery {
  std::string element, oxide;
  ValueState state = ValueState::not_measured;  ///< of the assay
  Interval contained_kg_per_t;                  ///< oxide per tonne of feed
  Interval recoverable_kg_per_t;
  Interval recovery_fraction;
  std::vector<Carrier> carriers;
  std::vector<LossStep> losses;   ///< contained = recoverable + sum of losses, per draw
  double closure_relative = 0.0;  ///< largest over the draws
};

struct RecoveryResult {
  std::string id;
  std::string route;
  Reconciled reconciled;
  std::vector<ElementRecovery> elements;  ///< rare earths in the table's order
  Interval treo_contained_kg_per_t, treo_recoverable_kg_per_t, treo_recovery_fraction;
  std::uint64_t seed = 0;
  int draws = 0;
  std::string worst_evidence;
  std::string basis;              ///< which elements are in TREO, dry or as received
  std::string separation_source;  ///< "cascade NAME" or "route default"
  std::vector<Warning> warnings;
};

}  // namespace gadolin::recovery
