#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/separation/types.hpp"

/// Plain data of fitting extraction constants to equilibrium measurements.
namespace gadolin::separation {

/// One metal of one batch contact.
struct EquilibriumMetal {
  std::size_t species = 0;  ///< index into FitTask::species
  double feed_molar = 0.0;  ///< aqueous, before contact; 0 = tracer
  double log10_d = 0.0;     ///< measured, organic over aqueous at equilibrium
};

/// One batch contact of fresh solvent with an aqueous solution.
struct EquilibriumExperiment {
  std::string id;
  std::string source;             ///< whose measurement; rows of a source may share an error
  double extractant_molar = 0.0;  ///< total, in the basis of the constants
  double phase_ratio = 1.0;       ///< organic over aqueous volume
  double feed_acid_molar = 0.0;   ///< H+ of the aqueous before contact
  std::optional<double> ph;       ///< measured at equilibrium, concentration scale
  double salt_molar = 0.0;        ///< inert salt of the medium
  std::vector<EquilibriumMetal> metals;
  bool fitted = true;  ///< false: predicted only, as a check
};

struct FitTask {
  std::string name, title, source;
  Extractant extractant;
  std::vector<Species> species;  ///< log10_k is the start; exponent where it is given
  bool fit_exponent = false;     ///< one n for all species
  Chemistry chemistry;
  double ionic_product = 1e-14;
  std::vector<EquilibriumExperiment> experiments;
  int folds = 5;
  std::uint64_t seed = 1;
  double rejection = 4.685;  ///< Tukey's constant: a row beyond so many scales has no weight
  double confidence = 0.95;  ///< of the predicted intervals
};

/// One measured value against the model.
struct FitRow {
  std::string experiment, source, species;
  bool fitted = true;
  double log10_d = 0.0;
  double predicted = 0.0;            ///< equilibrium solved from the feed, not from the measured D
  double sensitivity = 0.0;          ///< d log10 D / d log10 K of the solved equilibrium
  double weight = 0.0;               ///< 0..1 of the robust fit; 0 = rejected
  std::optional<double> left_out;    ///< prediction by the fit that did not see the experiment
  std::optional<double> half_width;  ///< of the interval of that prediction
  double ionic_strength_molar = 0.0;
  double loading_fraction = 0.0;
  double h_molar = 0.0;
  double free_extractant_molar = 0.0;
};

struct FitSpecies {
  std::string name;
  int rows = 0, rejected = 0, sources = 0;
  double log10_k = 0.0, u_log10_k = 0.0;  ///< own part: statistical, robust to unequal scatter
  double scatter = 0.0;  ///< of log10 D, rejected rows included, shrunk to the pool
  double rms = 0.0;      ///< of log10 D over all its rows
  double checked_rms = 0.0, checked_mean = 0.0;  ///< rows not fitted: rms, mean of measured - model
  int checked_rows = 0;
};

struct FitResult {
  std::string name;
  ItemStatus status = ItemStatus::not_converged;
  std::string status_text;
  std::vector<FitSpecies> species;
  std::vector<double> covariance;  ///< [species (+1 if the exponent is fitted)] row-major, own part
  std::optional<double> exponent, u_exponent;
  double u_common = 0.15;          ///< between sources, in log10 K
  bool u_common_measured = false;  ///< false: no element has two sources, default
  int iterations = 0;
  std::vector<FitRow> rows;
  double rms = 0.0, median_abs = 0.0;  ///< log10 D of all fitted rows, rejected included
  double rms_kept = 0.0;               ///< without the rejected
  double rms_left_out = 0.0, median_left_out = 0.0;  ///< k-fold
  int folds = 0, not_predicted = 0;                  ///< rows whose species a fold never saw
  double coverage = 0.0;  ///< share of left-out rows inside their interval
  double coverage_goal = 0.95;
  ValidityWindow window;  ///< spanned by the rows kept
  std::vector<Warning> warnings;
};

}  // namespace gadolin::separation
