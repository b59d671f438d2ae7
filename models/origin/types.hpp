#pragma once

#include <string>
#include <vector>

#include "models/core/error.hpp"
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
  std::string material;  ///< "bastnaesite concentrate", "in-situ resource average", ...
  std::string
      material_kind;  ///< ore, concentrate, mixed_product, resource_average, mineral, unknown
  std::string basis;  ///< as printed
  std::string oxide_convention;  ///< "CeO2, Pr6O11, Tb4O7" or "Ce2O3, ...", stored per set
  EvidenceGrade grade = EvidenceGrade::c;
  std::string source;
  std::string note;
  std::vector<std::string> elements;
  std::vector<Quantity> element_share;  ///< share of total rare-earth ELEMENT mass, states kept
};

struct Deposit {
  std::string deposit_id, name, country, deposit_type;
  bool in_china = false;
};

struct Library {
  std::string name, version, sha256;
  std::vector<Deposit> deposits;
  std::vector<ReferenceSet> sets;
};

struct Options {
  double prior_unknown = 0.2;
  double typicality_alpha = 0.01;
  double within_sd = 0.25;      ///< log units, pooled within-source spread
  double laboratory_sd = 0.05;  ///< log units
  double process_sd = 0.02;     ///< log units per neighbour step
  EvidenceGrade worst_grade = EvidenceGrade::b;
  int draws = 2000;  ///< for censored values
};

struct SourceScore {
  std::string deposit_id, name;
  double posterior = 0.0;
  double log10_likelihood = 0.0;
  double typicality_p = 0.0;
  double log10_lr = 0.0;  ///< against the average of the alternatives, clamped
  int sets = 0;
  bool mean_only = true;
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
  double posterior_in_china = 0.0;
  std::vector<std::string> elements_used;
  Quantity eu_anomaly, ce_anomaly, y_ho_ratio, la_yb_n;
  std::string library_name, library_version, library_sha256;
  std::vector<Warning> warnings;
};

}  // namespace gadolin::origin
