#include "models/origin/wording.hpp"

#include <cstdio>
#include <string>

namespace gadolin::origin {

namespace {

std::string number(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string name_of(const OriginResult& result, const std::string& deposit_id) {
  for (const auto& score : result.sources) {
    if (score.deposit_id == deposit_id) return score.name;
  }
  return deposit_id;
}

/// "score log10 LR 1.84 (uncalibrated, reported up to 2.03)"
std::string score_text(const OriginResult& result, const std::string& deposit_id) {
  for (const auto& score : result.sources) {
    if (score.deposit_id != deposit_id) continue;
    return "score log10 LR " + number("%.2f", score.log10_lr) + " (uncalibrated, reported up to " +
           number("%.2f", result.log10_lr_clamp) + ")";
  }
  return "";
}

}  // namespace

void conclude(const Options& options, OriginResult& result) {
  const SourceGroup& first = result.groups.front();
  if (result.largest_typicality_p < options.typicality_alpha) {
    result.conclusion = "none of these";
    result.conclusion_text =
        "The findings are typical of no source in the library (largest p " +
        (result.largest_typicality_p < 1e-3 ? std::string("below 0.001")
                                            : "= " + number("%.2g", result.largest_typicality_p)) +
        ", limit " + number("%g", options.typicality_alpha) + ").";
  } else if (result.posterior_unknown >= first.posterior) {
    result.conclusion = "none of these";
    result.conclusion_text =
        "The findings are explained better by a deposit that the library does not hold than by any "
        "source or group in it.";
  } else if (first.posterior < options.posterior_to_name) {
    result.conclusion = "no conclusion";
    result.conclusion_text =
        "Several sources explain the findings about as well, and none holds a posterior of " +
        number("%g", options.posterior_to_name) + ".";
  } else if (first.deposit_ids.size() == 1) {
    const std::string& id = first.deposit_ids.front();
    result.conclusion = "source";
    result.conclusion_text =
        "The findings are what one would expect if the material came from " + name_of(result, id) +
        ", and no other listed source explains them as well: " + score_text(result, id) + ".";
  } else {
    result.conclusion = "group";
    std::string names;
    for (const auto& id : first.deposit_ids) {
      names += (names.empty() ? "" : ", ") + name_of(result, id);
    }
    result.conclusion_text =
        "The findings are what one would expect if the material came from one of a group that this "
        "pattern cannot tell apart: " +
        names + ".";
  }
}

void conclude_without_evidence(bool separated, int measured, const Options& options,
                               OriginResult& result) {
  result.conclusion = "no conclusion";
  if (separated) {
    result.conclusion_text =
        "Pattern evidence is not applicable: separation has set the rare-earth pattern of these "
        "goods.";
    result.warnings.push_back({"W-ORG-004", result.id +
                                                ": separated goods; isotopes or the impurity "
                                                "profile may speak, the pattern does not"});
  } else {
    result.conclusion_text =
        "Only " + std::to_string(measured) + " rare earths are measured and usable; at least " +
        std::to_string(options.least_common_elements) + " in common with a source are needed.";
    result.warnings.push_back(
        {"W-ORG-005", result.id + ": too few measured rare earths for a comparison"});
  }
}

}  // namespace gadolin::origin
