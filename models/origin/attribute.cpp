#include "models/origin/attribute.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <tuple>

#include "kernels/numeric/special_functions.hpp"
#include "models/core/pattern_index.hpp"
#include "models/origin/densities.hpp"
#include "models/origin/wording.hpp"

namespace gadolin::origin {

namespace {

constexpr double negligible_posterior = 1e-3;
constexpr double ln10 = 2.30258509299404568402;

double log_sum(const std::vector<double>& logs) {
  if (logs.empty()) return -std::numeric_limits<double>::infinity();
  const double largest = *std::max_element(logs.begin(), logs.end());
  if (!std::isfinite(largest)) return largest;
  double sum = 0.0;
  for (const double value : logs) sum += std::exp(value - largest);
  return largest + std::log(sum);
}

/// Which sets speak for a source: those of the stated kind of material if it has any, else all.
std::vector<std::size_t> speaking_sets(const SourceModel& model, const std::string& deposit_id,
                                       const std::string& kind) {
  std::vector<std::size_t> all, of_kind;
  for (std::size_t i = 0; i < model.sets.size(); ++i) {
    if (model.sets[i].deposit_id != deposit_id) continue;
    all.push_back(i);
    if (!kind.empty() && model.sets[i].material_kind == kind) of_kind.push_back(i);
  }
  return of_kind.empty() ? all : of_kind;
}

int common_elements(const LogPattern& sample, const LogPattern& set) {
  int common = 0;
  for (const int place : sample.measured) {
    common += std::count(set.measured.begin(), set.measured.end(), place) > 0 ? 1 : 0;
  }
  return common;
}

void fill_indices(const SampleInput& sample, const Normaliser& normaliser, OriginResult& result) {
  const auto of = [&](const char* element) {
    for (std::size_t i = 0; i < sample.elements.size() && i < sample.mass_fraction.size(); ++i) {
      if (sample.elements[i] == element) return sample.mass_fraction[i];
    }
    return Quantity{};
  };
  const auto norm = [&](const char* element) { return normaliser.content(element); };
  result.normaliser = normaliser.name;
  result.eu_anomaly =
      anomaly_index(of("Eu"), of("Sm"), of("Gd"), norm("Eu"), norm("Sm"), norm("Gd"));
  result.ce_anomaly =
      anomaly_index(of("Ce"), of("La"), of("Pr"), norm("Ce"), norm("La"), norm("Pr"));
  result.y_ho_ratio = ratio_index(of("Y"), of("Ho"));
  const double yb = norm("Yb");
  result.la_yb_n = ratio_index(of("La"), of("Yb"), yb > 0.0 ? norm("La") / yb : 0.0);
}

/// Connected groups of sources that the sample could hardly tell apart.
std::vector<SourceGroup> find_groups(const std::vector<SourceScore>& scores,
                                     const SourceModel& model, const LogPattern& pattern) {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (scores[i].comparable && (scores[i].posterior >= negligible_posterior ||
                                 scores[i].typicality_p >= model.options.typicality_alpha)) {
      open.push_back(i);
    }
  }
  std::vector<std::size_t> parent(scores.size());
  for (std::size_t i = 0; i < parent.size(); ++i) parent[i] = i;
  const auto root = [&](std::size_t i) {
    while (parent[i] != i) i = parent[i];
    return i;
  };
  const auto place = [&](std::size_t i) {
    const auto it =
        std::find(model.deposit_ids.begin(), model.deposit_ids.end(), scores[i].deposit_id);
    return static_cast<int>(it - model.deposit_ids.begin());
  };
  for (std::size_t a = 0; a < open.size(); ++a) {
    for (std::size_t b = a + 1; b < open.size(); ++b) {
      if (root(open[a]) == root(open[b])) continue;
      if (expected_log10_lr(model, pattern, place(open[a]), place(open[b])) <
          model.options.group_log10_lr) {
        parent[root(open[b])] = root(open[a]);
      }
    }
  }
  std::map<std::size_t, SourceGroup> by_root;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    SourceGroup& group = by_root[root(i)];
    group.deposit_ids.push_back(scores[i].deposit_id);
    group.posterior += scores[i].posterior;
  }
  std::vector<SourceGroup> groups;
  for (auto& [at, group] : by_root) {
    std::sort(group.deposit_ids.begin(), group.deposit_ids.end());
    groups.push_back(std::move(group));
  }
  std::sort(groups.begin(), groups.end(), [](const SourceGroup& a, const SourceGroup& b) {
    return std::tie(b.posterior, a.deposit_ids) < std::tie(a.posterior, b.deposit_ids);
  });
  return groups;
}

/// The pattern that may speak: process mask and irregular values taken out.
LogPattern usable_pattern(const SampleInput& sample, const SourceModel& model,
                          OriginResult& result) {
  std::vector<std::string> refused;
  LogPattern pattern = log_pattern(sample.elements, sample.mass_fraction,
                                   model.options.default_u_fraction, &refused);
  for (const auto& element : refused) {
    result.elements_left_out.push_back(element + ": not a positive number");
  }
  if (sample.process_level == "roasted") {
    const int ce = pattern_index("Ce");
    pattern = without(pattern, {ce});
    for (std::size_t i = pattern.bounded.size(); i-- > 0;) {
      if (pattern.bounded[i] != ce) continue;
      pattern.bounded.erase(pattern.bounded.begin() + static_cast<std::ptrdiff_t>(i));
      pattern.side.erase(pattern.side.begin() + static_cast<std::ptrdiff_t>(i));
      pattern.log_bound.erase(pattern.log_bound.begin() + static_cast<std::ptrdiff_t>(i));
    }
    result.elements_left_out.push_back("Ce: roasted goods have lost their own");
  }
  if (model.options.leave_out_irregular) {
    std::vector<int> places;
    for (const auto& [place, factor] : irregular_values(pattern, model.normaliser)) {
      places.push_back(place);
      char text[96];
      std::snprintf(text, sizeof text, "%s: %.2f times the line through its neighbours",
                    pattern_elements[static_cast<std::size_t>(place)], factor);
      result.elements_left_out.push_back(text);
    }
    if (!places.empty()) {
      result.warnings.push_back(
          {"W-ORG-002", sample.id + ": " + std::to_string(places.size()) +
                            " value(s) stand off the line through their neighbours and are not "
                            "used: check the columns of the table"});
    }
    pattern = without(pattern, places);
  }
  for (const int place : pattern.measured) {
    result.elements_used.push_back(pattern_elements[static_cast<std::size_t>(place)]);
  }
  for (const int place : pattern.bounded) {
    result.elements_censored.push_back(pattern_elements[static_cast<std::size_t>(place)]);
  }
  return pattern;
}

}  // namespace

OriginResult attribute_one(const SampleInput& sample, const Library& library,
                           const SourceModel& model, std::uint64_t seed) {
  const std::vector<std::string> levels = {"mined", "concentrate", "leached", "roasted",
                                           "separated"};
  if (!sample.process_level.empty() &&
      std::find(levels.begin(), levels.end(), sample.process_level) == levels.end()) {
    const std::string near = nearest_word(sample.process_level, levels);
    throw Error("E-ORG-006", "process level \"" + sample.process_level + "\" is not known",
                sample.id,
                near.empty() ? "write mined, concentrate, leached, roasted or separated"
                             : "did you mean \"" + near + "\"?",
                ExitCode::usage);
  }
  const Options& options = model.options;
  OriginResult result;
  result.id = sample.id;
  result.prior_unknown = options.prior_unknown;
  result.library_name = library.name;
  result.library_version = library.version;
  result.library_sha256 = library.sha256;
  result.process_level = sample.process_level.empty() ? "not stated" : sample.process_level;
  result.seed = seed;
  result.posterior_unknown = options.prior_unknown;
  fill_indices(sample, model.normaliser, result);
  const LogPattern pattern = usable_pattern(sample, model, result);

  std::map<std::string, const Deposit*> deposits;
  for (const auto& deposit : library.deposits) deposits[deposit.deposit_id] = &deposit;
  for (const auto& id : model.deposit_ids) {
    SourceScore score;
    score.deposit_id = id;
    const auto it = deposits.find(id);
    score.name = it == deposits.end() ? id : it->second->name;
    score.in_china = it != deposits.end() && it->second->in_china;
    score.worst_grade = EvidenceGrade::a;
    for (const std::size_t i : speaking_sets(model, id, sample.material_kind)) {
      const SetPosterior& set = model.sets[i];
      ++score.sets;
      score.mean_only = score.mean_only && set.mean_only;
      if (static_cast<int>(set.grade) > static_cast<int>(score.worst_grade)) {
        score.worst_grade = set.grade;
      }
      score.common_elements =
          std::max(score.common_elements, common_elements(pattern, set.pattern));
    }
    score.comparable = score.common_elements >= options.least_common_elements;
    result.sources.push_back(std::move(score));
  }
  const auto comparable =
      static_cast<double>(std::count_if(result.sources.begin(), result.sources.end(),
                                        [](const SourceScore& score) { return score.comparable; }));

  const bool separated = sample.process_level == "separated";
  const int measured = static_cast<int>(pattern.measured.size());
  if (separated || measured < options.least_common_elements || comparable == 0.0) {
    // Nothing was learnt: the posterior repeats the prior.
    for (auto& score : result.sources) {
      score.posterior = (1.0 - options.prior_unknown) / static_cast<double>(result.sources.size());
      if (score.in_china) result.posterior_in_china += score.posterior;
    }
    conclude_without_evidence(separated, measured, options, result);
    return result;
  }
  if (sample.process_level.empty()) {
    result.warnings.push_back({"W-ORG-001", sample.id +
                                                ": process level not stated; read as mined or "
                                                "concentrated goods, not separated ones"});
  }

  const SampleDensities f = evaluate_densities(model, pattern, sample.id, seed);
  result.draws = f.draws;
  result.effective_sample_size = f.effective_sample_size;
  if (f.draws > 0 && f.effective_sample_size < 100.0) {
    result.warnings.push_back({"W-ORG-003", sample.id +
                                                ": fewer than 100 effective draws for the bounded "
                                                "elements - raise draws"});
  }
  std::vector<double> kernels;
  const double deposits_in_model = static_cast<double>(model.deposit_ids.size());
  for (std::size_t i = 0; i < model.sets.size(); ++i) {
    kernels.push_back(std::log(model.sets[i].share / deposits_in_model) + f.log_kernel[i]);
  }
  const double log_unknown =
      log_sum({std::log1p(-options.background_broad_share) + log_sum(kernels),
               std::log(options.background_broad_share) + f.log_broad});
  result.log10_likelihood_unknown = log_unknown / ln10;

  const double log_prior = std::log((1.0 - options.prior_unknown) / comparable);
  std::vector<double> log_source(result.sources.size(), -std::numeric_limits<double>::infinity());
  std::vector<double> terms{std::log(options.prior_unknown) + log_unknown};
  for (std::size_t k = 0; k < result.sources.size(); ++k) {
    SourceScore& score = result.sources[k];
    if (!score.comparable) continue;
    std::vector<double> logs;
    for (const std::size_t i : speaking_sets(model, score.deposit_id, sample.material_kind)) {
      if (common_elements(pattern, model.sets[i].pattern) < options.least_common_elements) continue;
      logs.push_back(f.log_source[i]);
      score.typicality_p =
          std::max(score.typicality_p, chi_square_upper_tail(f.distance2[i], f.dimensions[i]));
    }
    log_source[k] = log_sum(logs) - std::log(static_cast<double>(logs.size()));
    score.log10_likelihood = log_source[k] / ln10;
    terms.push_back(log_prior + log_source[k]);
    result.largest_typicality_p = std::max(result.largest_typicality_p, score.typicality_p);
  }
  const double log_total = log_sum(terms);
  result.posterior_unknown = std::exp(terms.front() - log_total);
  result.log10_lr_clamp = std::log10(deposits_in_model + 1.0);
  for (std::size_t k = 0; k < result.sources.size(); ++k) {
    SourceScore& score = result.sources[k];
    if (!score.comparable) continue;
    score.posterior = std::exp(log_prior + log_source[k] - log_total);
    std::vector<double> others{terms.front()};
    for (std::size_t j = 0; j < result.sources.size(); ++j) {
      if (j != k && result.sources[j].comparable) others.push_back(log_prior + log_source[j]);
    }
    const double log_lr = log_source[k] - (log_sum(others) - std::log1p(-std::exp(log_prior)));
    score.log10_lr = std::clamp(log_lr / ln10, -result.log10_lr_clamp, result.log10_lr_clamp);
    if (score.in_china) result.posterior_in_china += score.posterior;
  }
  std::sort(result.sources.begin(), result.sources.end(),
            [](const SourceScore& a, const SourceScore& b) {
              return std::tie(b.posterior, a.deposit_id) < std::tie(a.posterior, b.deposit_id);
            });
  result.groups = find_groups(result.sources, model, pattern);
  conclude(options, result);
  return result;
}

std::vector<OriginResult> attribute(const std::vector<SampleInput>& samples, const Library& library,
                                    const Options& options, std::uint64_t seed) {
  const SourceModel model = fit_sources(library, options);
  std::vector<OriginResult> results;
  results.reserve(samples.size());
  for (const auto& sample : samples) {
    results.push_back(attribute_one(sample, library, model, seed));
  }
  return results;
}

}  // namespace gadolin::origin
