#include "models/recovery/recover.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>

#include <Eigen/Dense>

#include "kernels/numeric/random.hpp"
#include "models/core/element.hpp"
#include "models/core/item_key.hpp"
#include "models/recovery/phase_chemistry.hpp"
#include "models/recovery/yield.hpp"

namespace gadolin::recovery {

namespace {

constexpr std::uint32_t purpose_contents = 0x4EC0;
constexpr std::uint32_t purpose_yield = 0x4EC1;

enum Step {
  unmodelled,
  beneficiation,
  cracking,
  leaching,
  impurity_removal,
  separation_step,
  precipitation,
  calcination,
  step_count
};
constexpr std::array<const char*, step_count> step_names = {
    unmodelled_carrier, "beneficiation", "cracking",      "leaching",
    "impurity removal", "separation",    "precipitation", "calcination"};

/// All draws of one yield. Yields of one name are one and the same quantity.
class YieldDraws {
 public:
  YieldDraws(std::uint64_t seed, std::string id, int draws)
      : seed_(seed), id_(std::move(id)), draws_(draws) {}

  const std::vector<double>& of(const std::string& name, const Yield& yield) {
    worst_ = std::max(worst_, evidence_rank(yield.evidence));
    const auto known = drawn_.find(name);
    if (known != drawn_.end()) return known->second;
    const YieldDistribution distribution = fit_yield(yield, name);
    if (!distribution.fixed) {
      const double low = beta_quantile(distribution.a, distribution.b, 0.05);
      const double high = beta_quantile(distribution.a, distribution.b, 0.95);
      const double allowed = std::max(0.01, 0.1 * (yield.high - yield.low));
      if (std::fabs(low - yield.low) > allowed || std::fabs(high - yield.high) > allowed) {
        std::array<char, 200> numbers{};
        std::snprintf(
            numbers.data(), numbers.size(),
            "\": mode %.3f with 5-95 %% %.3f to %.3f is no Beta distribution; used %.3f to "
            "%.3f",
            yield.mode, yield.low, yield.high, low, high);
        warnings_.push_back({"W-REC-013", "yield \"" + name + numbers.data()});
      }
    }
    RandomStream random(seed_, item_key(id_ + "|" + name), purpose_yield);
    std::vector<double> values(static_cast<std::size_t>(draws_));
    for (auto& value : values) value = distribution.draw(random);
    return drawn_.emplace(name, std::move(values)).first->second;
  }

  const std::vector<Warning>& warnings() const { return warnings_; }

  std::string worst() const {
    constexpr std::array<const char*, 4> words = {"MEASURED", "DERIVED", "ESTIMATED", "MEMORY"};
    return words[static_cast<std::size_t>(worst_)];
  }

 private:
  std::uint64_t seed_;
  std::string id_;
  int draws_;
  int worst_ = 0;
  std::vector<Warning> warnings_;
  std::map<std::string, std::vector<double>> drawn_;
};

/// Draws of a non-negative vector from N(mean, covariance): [draws * n]. The normal numbers are
/// dealt out in the order of the names, so the order of the table does not matter.
std::vector<double> draw_contents(const std::vector<std::string>& names,
                                  const std::vector<double>& mean,
                                  const std::vector<double>& covariance, RandomStream random,
                                  int draws) {
  if (mean.empty()) return {};  // Eigen cannot decompose a 0 x 0 matrix
  const auto n = static_cast<Eigen::Index>(mean.size());
  std::vector<Eigen::Index> order(mean.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Eigen::Index>(i);
  std::sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) {
    return names[static_cast<std::size_t>(a)] < names[static_cast<std::size_t>(b)];
  });
  Eigen::PermutationMatrix<Eigen::Dynamic> sorted(n);  // column i of the sorted: order[i]
  for (Eigen::Index i = 0; i < n; ++i) {
    sorted.indices()(i) = static_cast<int>(order[static_cast<std::size_t>(i)]);
  }
  const Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> s(
      covariance.data(), n, n);
  // Symmetric root: unlike a triangular one it does not depend on the order of the rest.
  const Eigen::MatrixXd in_order = sorted.transpose() * s * sorted;
  const Eigen::VectorXd scale = in_order.diagonal().cwiseMax(1e-300).cwiseSqrt();
  const Eigen::MatrixXd correlation =
      scale.cwiseInverse().asDiagonal() * in_order * scale.cwiseInverse().asDiagonal();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(correlation);
  const Eigen::MatrixXd root =
      sorted * (scale.asDiagonal() * eigen.eigenvectors() *
                eigen.eigenvalues().cwiseMax(0.0).cwiseSqrt().asDiagonal() *
                eigen.eigenvectors().transpose());
  std::vector<double> values(static_cast<std::size_t>(draws) * mean.size());
  Eigen::VectorXd z(n);
  for (int d = 0; d < draws; ++d) {
    for (Eigen::Index i = 0; i < n; ++i) z(i) = random.normal();
    const Eigen::VectorXd x = Eigen::Map<const Eigen::VectorXd>(mean.data(), n) + root * z;
    for (Eigen::Index i = 0; i < n; ++i) {
      values[static_cast<std::size_t>(d) * mean.size() + static_cast<std::size_t>(i)] =
          std::max(0.0, x(i));
    }
  }
  return values;
}

std::string lower(std::string text) {
  for (auto& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return text;
}

/// Everything one element needs over all draws.
struct Flow {
  std::vector<double> contained, recoverable;
  std::array<std::vector<double>, step_count> lost;
  std::vector<std::vector<double>> carried;  // [phases + 1][draws]
};

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text.empty() ? "none" : text;
}

}  // namespace

const MineralRoute* find_mineral(const Route& route, const std::string& phase) {
  const std::string name = lower(phase);
  const MineralRoute* best = nullptr;
  std::size_t length = 0;
  for (const auto& mineral : route.minerals) {
    const std::string entry = lower(mineral.mineral);
    const bool whole = entry == name;
    const bool prefix = name.size() > entry.size() && name.compare(0, entry.size(), entry) == 0 &&
                        (name[entry.size()] == '-' || name[entry.size()] == '_');
    if ((whole || prefix) && entry.size() >= length) {
      best = &mineral;
      length = entry.size();
    }
  }
  if (best != nullptr) return best;
  for (const auto& mineral : route.minerals) {
    if (mineral.mineral == "*") return &mineral;
  }
  return nullptr;
}

Interval interval_of(std::vector<double>& values) {
  Interval interval;
  if (values.empty()) return interval;
  std::sort(values.begin(), values.end());
  const auto quantile = [&](double p) {
    const double at = p * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
  };
  interval.p05 = quantile(0.05);
  interval.p50 = quantile(0.50);
  interval.p95 = quantile(0.95);
  for (const double value : values) interval.mean += value;
  interval.mean /= static_cast<double>(values.size());
  return interval;
}

RecoveryResult recover(const std::string& id, const Reconciled& reconciled, const Route& route,
                       const std::map<std::string, Yield>& separation,
                       const std::string& separation_source, std::uint64_t seed, int draws,
                       const std::string& mass_basis) {
  if (draws < 100 || draws > 10'000'000) {
    throw Error("E-REC-012", "draws = " + std::to_string(draws) + " is not in 100 to 10000000",
                "recovery", "take 10000", ExitCode::usage);
  }
  RecoveryResult result;
  result.id = id;
  result.route = route.name;
  result.reconciled = reconciled;
  result.seed = seed;
  result.draws = draws;
  result.separation_source = separation_source.empty() ? "route default" : separation_source;

  const std::size_t phases = reconciled.phases.size(), elements = reconciled.elements.size();
  const auto n = static_cast<std::size_t>(draws);
  YieldDraws yields(seed, id, draws);
  const auto w =
      draw_contents(reconciled.phases, reconciled.weight_fraction, reconciled.weight_covariance,
                    RandomStream(seed, item_key(id + "|phases"), purpose_contents), draws);
  const auto c = draw_contents(
      reconciled.elements, reconciled.element_mass_fraction, reconciled.element_covariance,
      RandomStream(seed, item_key(id + "|elements"), purpose_contents), draws);
  std::vector<double> site(phases, 0.0);
  std::vector<RareEarthSite> site_kind(phases, RareEarthSite::none);
  for (std::size_t p = 0; p < phases; ++p) site_kind[p] = site_of_formula(reconciled.formulas[p]);

  std::vector<double> treo_contained(n, 0.0), treo_recoverable(n, 0.0);
  std::vector<std::string> in_treo, below, absent;
  bool scandium_apart = false;  // as in the assay's TREO: La..Lu and Y
  std::set<std::string> without_route;
  for (const char* name : rare_earths) {
    const std::string element = name;
    const auto it = std::find(reconciled.elements.begin(), reconciled.elements.end(), element);
    const auto j = static_cast<std::size_t>(it - reconciled.elements.begin());
    const ValueState state = j < elements ? reconciled.element_state[j] : ValueState::not_measured;
    if (state == ValueState::not_measured) {
      absent.push_back(element);
      continue;
    }
    const std::string oxide = default_oxide(element);
    const double per_tonne = 1000.0 * element_to_oxide_factor(element, oxide);

    Flow flow;
    flow.contained.assign(n, 0.0);
    flow.recoverable.assign(n, 0.0);
    for (auto& lost : flow.lost) lost.assign(n, 0.0);
    flow.carried.assign(phases + 1, std::vector<double>(n, 0.0));
    RandomStream random(seed, item_key(id + "|below LOD|" + element), purpose_contents);
    for (std::size_t d = 0; d < n; ++d) {
      if (state == ValueState::measured) {
        flow.contained[d] = per_tonne * c[d * elements + j];
      } else if (state == ValueState::below_lod) {
        flow.contained[d] = per_tonne * reconciled.element_lod[j] * random.uniform();
      } else {
        flow.contained[d] = per_tonne * reconciled.element_lod[j];  // a lower bound
      }
    }
    // Who carries it: each phase in the proportion of what it holds of this element.
    for (std::size_t d = 0; d < n; ++d) {
      double total = 0.0;
      for (std::size_t p = 0; p < phases; ++p) {
        site[p] = w[d * phases + p] * reconciled.phase_chemistry[p * elements + j];
        if (state != ValueState::measured && site_kind[p] != RareEarthSite::none) {
          site[p] = w[d * phases + p];  // below LOD: the split does not know it
        }
        total += site[p];
      }
      const double held = total > 0.0 ? (reconciled.conflict && state == ValueState::measured
                                             ? std::min(flow.contained[d], per_tonne * total)
                                             : flow.contained[d])
                                      : 0.0;
      for (std::size_t p = 0; p < phases && total > 0.0; ++p) {
        flow.carried[p][d] = held * site[p] / total;
      }
      flow.carried[phases][d] = flow.contained[d] - held;
    }

    const auto from_cascade = separation.find(element);
    const auto& s = from_cascade != separation.end()
                        ? yields.of("separation|" + element, from_cascade->second)
                        : yields.of("separation", route.separation);
    const auto& kept = yields.of("impurity removal", route.impurity_removal);
    const auto& precipitated = yields.of("precipitation", route.precipitation);
    const auto& calcined = yields.of("calcination", route.calcination);
    for (std::size_t p = 0; p <= phases; ++p) {
      const auto& carried = flow.carried[p];
      if (*std::max_element(carried.begin(), carried.end()) <= 0.0) continue;
      const std::string carrier = p < phases ? reconciled.phases[p] : unmodelled_carrier;
      const MineralRoute* mineral = find_mineral(route, carrier);
      if (mineral == nullptr) {
        without_route.insert(carrier);
        for (std::size_t d = 0; d < n; ++d) flow.lost[unmodelled][d] += carried[d];
        continue;
      }
      const std::string entry = mineral->mineral;
      const auto& b = yields.of("beneficiation|" + entry, mineral->beneficiation);
      const auto& e = yields.of("cracking|" + entry, mineral->cracking);
      const auto own = std::find_if(mineral->leaching_of.begin(), mineral->leaching_of.end(),
                                    [&](const ElementYield& y) { return y.element == element; });
      const auto& l = own != mineral->leaching_of.end()
                          ? yields.of("leaching|" + entry + "|" + element, own->yield)
                          : yields.of("leaching|" + entry, mineral->leaching);
      const std::array<const std::vector<double>*, 7> chain = {
          &b, &e, &l, &kept, &s, &precipitated, &calcined};
      for (std::size_t d = 0; d < n; ++d) {
        double amount = carried[d];
        for (std::size_t k = 0; k < chain.size(); ++k) {
          const double yield = (*chain[k])[d];
          flow.lost[k + 1][d] += amount * (1.0 - yield);
          amount *= yield;
        }
        flow.recoverable[d] += amount;
      }
    }

    ElementRecovery row;
    row.element = element;
    row.oxide = oxide;
    row.state = state;
    std::vector<double> fraction(n, 0.0);
    for (std::size_t d = 0; d < n; ++d) {
      double out = flow.recoverable[d];
      for (const auto& lost : flow.lost) out += lost[d];
      if (flow.contained[d] > 0.0) {
        row.closure_relative =
            std::max(row.closure_relative, std::fabs(flow.contained[d] - out) / flow.contained[d]);
        fraction[d] = std::min(1.0, flow.recoverable[d] / flow.contained[d]);
      }
      if (state == ValueState::measured && element != "Sc") {
        treo_contained[d] += flow.contained[d];
        treo_recoverable[d] += flow.recoverable[d];
      }
    }
    for (std::size_t k = 0; k < step_count; ++k) {
      row.losses.push_back({step_names[k], interval_of(flow.lost[k])});
    }
    for (std::size_t p = 0; p <= phases; ++p) {
      const std::string carrier = p < phases ? reconciled.phases[p] : unmodelled_carrier;
      const Interval carried = interval_of(flow.carried[p]);
      if (carried.p95 > 0.0) row.carriers.push_back({carrier, carried});
    }
    row.contained_kg_per_t = interval_of(flow.contained);
    row.recoverable_kg_per_t = interval_of(flow.recoverable);
    row.recovery_fraction = interval_of(fraction);
    result.elements.push_back(std::move(row));
    if (state != ValueState::measured) {
      below.push_back(element);
    } else if (element != "Sc") {
      in_treo.push_back(element);
    } else {
      scandium_apart = true;
    }
  }

  std::vector<double> fraction(n, 0.0);
  for (std::size_t d = 0; d < n; ++d) {
    if (treo_contained[d] > 0.0)
      fraction[d] = std::min(1.0, treo_recoverable[d] / treo_contained[d]);
  }
  result.treo_contained_kg_per_t = interval_of(treo_contained);
  result.treo_recoverable_kg_per_t = interval_of(treo_recoverable);
  result.treo_recovery_fraction = interval_of(fraction);
  result.worst_evidence = yields.worst();
  result.basis = "TREO of " + join(in_treo) + " as default oxides; mass basis " + mass_basis +
                 "; beyond a limit, not in TREO: " + join(below) +
                 "; not measured: " + join(absent) +
                 (scandium_apart ? "; Sc has its own row and is not in TREO" : "");
  result.warnings = yields.warnings();
  for (const auto& carrier : without_route) {
    result.warnings.push_back({"W-REC-010", "the route has no yields for \"" + carrier +
                                                "\": what it carries is counted as lost in \"" +
                                                unmodelled_carrier + "\""});
  }
  if (reconciled.conflict) {
    result.warnings.push_back({"W-REC-011",
                               "XRD and assay disagree: contents are the assay's, unreconciled; "
                               "what the XRD phases cannot hold is in no modelled phase"});
  }
  if (in_treo.empty()) {
    result.warnings.push_back({"W-REC-012",
                               "no rare earth is measured: nothing to recover can be "
                               "stated"});
  }
  return result;
}

}  // namespace gadolin::recovery
