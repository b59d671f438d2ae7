#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/core/error.hpp"
#include "models/core/normaliser.hpp"
#include "models/core/quantity.hpp"

/// Plain data of the origin domain.
namespace gadolin::origin {

/// A: read in a primary public source; B: secondary or confirmed by siblings; C: recalled,
/// unverified.
enum class EvidenceGrade { a, b, c };
constexpr const char* to_string(EvidenceGrade grade) {
  return grade == EvidenceGrade::a ? "A" : grade == EvidenceGrade::b ? "B" : "C";
}

/// One published set of rare-earth contents: a pattern with its states.
struct ReferenceSet {
  std::string set_id;
  std::string deposit_id;
  std::string material;          ///< "bastnaesite concentrate", "in-situ resource average", ...
  std::string material_kind;     ///< ore, concentrate, mixed_product, resource_average, mineral
  std::string basis;             ///< as printed
  std::string oxide_convention;  ///< "La2O3 Ce2O3 Pr6O11 ...": stored per set, applied on reading
  EvidenceGrade grade = EvidenceGrade::c;
  std::string source;
  std::string note;
  bool mean_only = true;  ///< a published mean: no spread is known
  std::vector<std::string> elements;
  /// Element mass per 100 of total rare-earth OXIDE as printed, taken to element mass by the set's
  /// convention; one common factor of a set is free. States kept; lod for below_lod.
  std::vector<Quantity> element_share;
  std::vector<std::string> qualifier;  ///< as in the table: value, zero_as_printed, trace, ...
  std::vector<std::string> printed;    ///< the cell as printed, "" if none
};

struct Deposit {
  std::string deposit_id, name, country, deposit_type;
  bool in_china = false;
  std::string complex_id;  ///< deposits of one geological complex share it; default: deposit_id
};

struct Library {
  std::string name, version;
  std::string sha256;  ///< of the whole content: see docs/formats/origin_library.md
  std::vector<Deposit> deposits;
  std::vector<ReferenceSet> sets;
  std::vector<Normaliser> normalisers;
};

/// A sample as the origin model sees it; app fills it from an assay.
struct SampleInput {
  std::string id;
  std::vector<std::string> elements;    ///< any; only rare earths without Sc are used
  std::vector<Quantity> mass_fraction;  ///< [elements] kg/kg of the element, states kept
  std::string material_kind;            ///< empty: not stated, every kind of a source is considered
  /// What was done to the goods: "mined", "concentrate", "leached", "roasted", "separated". The
  /// rare-earth pattern speaks for the first three, without Ce for "roasted", never for
  /// "separated". Empty: not stated, taken as mined or concentrated, with a warning.
  std::string process_level;
};

struct Options {
  double prior_unknown = 0.2;
  double typicality_alpha = 0.01;
  double within_sd = 0.03;           ///< log units, pooled within-source spread, smooth in radius
  double within_element_sd = 0.02;   ///< log units, pooled within-source spread per element
  double laboratory_sd = 0.01;       ///< log units per element
  double process_sd = 0.02;          ///< log units per neighbour step in radius
  double default_u_fraction = 0.05;  ///< relative u of a value without a stated one
  double background_prior_count = 8.0;  ///< deposits the shrinkage target of C is worth
  double background_bandwidth = 0.2;    ///< of the kernels of the background, in units of C
  double background_broad_share = 0.1;  ///< of one broad normal in the background
  double group_log10_lr = 1.0;          ///< sources below this expected log10 LR form a group
  double posterior_to_name = 0.5;  ///< a source or group is named from this posterior on, else none
  int least_common_elements = 4;
  bool leave_out_irregular = true;  ///< values off the line through their neighbours are not used
  EvidenceGrade worst_grade = EvidenceGrade::b;
  std::vector<std::string> left_out_deposits;    ///< not in the library of this run
  std::string normaliser = "CH_REE_ONeill2016";  ///< for indices and the regularity check only
  int draws = 2000;                              ///< for censored values
};

struct SourceScore {
  std::string deposit_id, name;
  double posterior = 0.0;
  double log10_likelihood = 0.0;  ///< predictive density, common reference measure of the sample
  double typicality_p = 0.0;
  double log10_lr = 0.0;  ///< against the average of the alternatives, clamped
  int sets = 0;
  bool mean_only = true;
  /// false: fewer than the least common elements; posterior 0, or the prior if nothing was compared
  bool comparable = true;
  int common_elements = 0;
  bool in_china = false;
  EvidenceGrade worst_grade = EvidenceGrade::c;  ///< of the sets used
};

struct SourceGroup {
  std::vector<std::string> deposit_ids;
  double posterior = 0.0;
};

/// Answer for one sample.
struct OriginResult {
  std::string id;
  std::string conclusion;            ///< "source", "group", "none of these", "no conclusion"
  std::string conclusion_text;       ///< one sentence, never a source attribution
  std::vector<SourceScore> sources;  ///< all, largest posterior first
  std::vector<SourceGroup> groups;   ///< cannot be told apart; largest posterior first
  double posterior_unknown = 0.0;
  double prior_unknown = 0.0;
  double posterior_in_china = 0.0;  ///< sum over the sources there, never a classifier of its own
  double log10_likelihood_unknown = 0.0;
  double log10_lr_clamp = 0.0;             ///< |log10_lr| is never reported above this
  double largest_typicality_p = 0.0;       ///< over the comparable sources
  std::vector<std::string> elements_used;  ///< measured
  std::vector<std::string> elements_censored;
  std::vector<std::string> elements_left_out;  ///< "Gd: 2.9 times the line through its neighbours"
  std::string process_level;
  Quantity eu_anomaly, ce_anomaly, y_ho_ratio, la_yb_n;
  std::string normaliser;
  std::string library_name, library_version, library_sha256;
  std::string calibration_id = "none";  ///< no calibration set: scores, no words of support
  std::uint64_t seed = 0;
  int draws = 0;                       ///< 0: nothing was censored
  double effective_sample_size = 0.0;  ///< of the draws; 0 if none
  std::vector<Warning> warnings;
};

}  // namespace gadolin::origin
