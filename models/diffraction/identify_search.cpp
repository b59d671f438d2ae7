#include "models/diffraction/identify_search.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <Eigen/Dense>

#include "models/diffraction/identify_sums.hpp"

namespace gadolin::diffraction {

namespace {

constexpr double strain_step = 0.0025;
constexpr std::size_t background_terms = 9;

}  // namespace

std::vector<std::size_t> PhaseSet::key() const {
  std::vector<std::size_t> names;
  for (const auto& member : members) names.push_back(member.candidate);
  std::sort(names.begin(), names.end());
  return names;
}

SetSearch::SetSearch(const PreparedPattern& data, const std::vector<Candidate>& candidates,
                     const Instrument& instrument, const ScreenOutcome& screened,
                     const SearchOptions& options)
    : data_(data),
      candidates_(candidates),
      instrument_(instrument),
      screened_(screened),
      options_(options),
      grid_{data.two_theta_deg.front(), data.step_deg, data.counts.size()},
      fine_(data, instrument, data.eta, 0.0),
      blurred_(data, instrument, data.eta, options.blur_deg),
      evidence_(data),
      weight_(evidence_.weight()),
      cache_(candidates.size()) {
  const double last = std::min(80.0, data.two_theta_deg.back());
  coarse_.first_deg = grid_.first_deg;
  coarse_.step_deg = options.blur_deg / 3.5;
  coarse_.points = static_cast<std::size_t>((last - coarse_.first_deg) / coarse_.step_deg) + 1;
  // The mean over the blur has the noise of that many points, and all of what the model lacks.
  std::vector<double> blurred_variance(grid_.points);
  const double blurred_points = std::max(1.0, options.blur_deg / grid_.step_deg);
  for (std::size_t i = 0; i < grid_.points; ++i) {
    const double noise = data.noise_variance[i];
    blurred_variance[i] = noise / blurred_points + std::max(0.0, data.variance[i] - noise);
  }
  for (const double v : smooth_onto(blurred_variance, grid_, coarse_, options.blur_deg)) {
    coarse_weight_.push_back(v > 0.0 ? 1.0 / v : 0.0);
  }
  // The clipped background times hat functions: factors about 1, which the fit finds.
  const double span = data.two_theta_deg.back() - data.two_theta_deg.front();
  double noise = 0.0;
  for (const double v : data.noise_variance) noise += v;
  noise = std::sqrt(noise / static_cast<double>(data.counts.size()));
  for (std::size_t k = 0; k < background_terms; ++k) {
    std::vector<double> column(grid_.points, 0.0);
    for (std::size_t i = 0; i < grid_.points; ++i) {
      const double t = (data.two_theta_deg[i] - data.two_theta_deg.front()) / span *
                       static_cast<double>(background_terms - 1);
      const double hat = std::max(0.0, 1.0 - std::fabs(t - static_cast<double>(k)));
      column[i] = hat * std::max(data.background[i], noise);
    }
    background_.push_back(std::move(column));
  }
}

std::vector<double> SetSearch::residual_of(const PhaseSet& set) const {
  std::vector<double> residual(grid_.points);
  for (std::size_t i = 0; i < grid_.points; ++i) residual[i] = data_.counts[i] - set.calculated[i];
  return residual;
}

std::vector<double> SetSearch::strains(const Candidate& candidate) const {
  std::vector<double> list{0.0};
  const int most = static_cast<int>(std::floor(candidate.cell_tolerance / strain_step + 1e-9));
  for (int k = 1; k <= most; ++k) {
    list.push_back(k * strain_step);
    list.push_back(-k * strain_step);
  }
  return list;
}

const std::vector<float>& SetSearch::coarse_column(std::size_t candidate,
                                                   std::size_t strain) const {
  auto& columns = cache_[candidate];
  if (columns.empty()) {
    std::vector<double> column;
    for (const double value : strains(candidates_[candidate])) {
      PhaseShape shape;
      shape.cell = isotropic_cell(candidates_[candidate], value);
      shape.width = candidates_[candidate].first_width;
      blurred_.paint(candidates_[candidate], shape, cached_displacement_, coarse_, column);
      columns.emplace_back(column.begin(), column.end());
    }
  }
  return columns[strain];
}

/// Candidates that would lower chi2 most, each at its best cell, on the smoothed residual.
std::vector<SetSearch::Addition> SetSearch::additions(const PhaseSet& set, std::size_t most,
                                                      const std::vector<double>& residual) const {
  if (std::fabs(set.displacement_deg - cached_displacement_) > 0.02) {
    cached_displacement_ = set.displacement_deg;
    cache_.assign(candidates_.size(), {});
  }
  auto smooth = smooth_onto(residual, grid_, coarse_, options_.blur_deg);
  std::vector<double> weighted(coarse_.points);
  for (std::size_t i = 0; i < coarse_.points; ++i) weighted[i] = smooth[i] * coarse_weight_[i];
  // The part of an addition that the members could take over counts for little.
  std::vector<std::vector<double>> members;
  for (const auto& member : set.members) {
    std::vector<double> column;
    blurred_.paint(candidates_[member.candidate], member.shape, set.displacement_deg, coarse_,
                   column);
    members.push_back(std::move(column));
  }
  const auto n = static_cast<Eigen::Index>(members.size());
  Eigen::MatrixXd gram(n, n);
  for (Eigen::Index a = 0; a < n; ++a) {
    for (Eigen::Index b = 0; b <= a; ++b) {
      gram(a, b) = gram(b, a) = dot(members[static_cast<std::size_t>(a)],
                                    members[static_cast<std::size_t>(b)], coarse_weight_);
    }
    gram(a, a) *= 1.0 + 1e-9;
    gram(a, a) += 1e-300;
  }
  const Eigen::LDLT<Eigen::MatrixXd> solver(gram);
  std::vector<Addition> list;
  for (std::size_t c = 0; c < candidates_.size(); ++c) {
    bool inside =
        candidates_[c].rings.empty() || (!options_.barred.empty() && options_.barred[c] != 0);
    for (const auto& member : set.members) inside = inside || member.candidate == c;
    if (inside) continue;
    Addition best{c, 0.0, 0.0};
    const auto own = strains(candidates_[c]);
    for (std::size_t s = 0; s < own.size(); ++s) {
      const auto& column = coarse_column(c, s);
      double product = 0.0, length = 0.0;
      for (std::size_t i = 0; i < coarse_.points; ++i) {
        const double value = column[i];
        product += value * weighted[i];
        length += value * value * coarse_weight_[i];
      }
      if (product <= 0.0 || length <= 0.0) continue;
      double rest = length;
      if (n > 0) {
        Eigen::VectorXd overlap(n);
        for (Eigen::Index a = 0; a < n; ++a) {
          double sum = 0.0;
          for (std::size_t i = 0; i < coarse_.points; ++i) {
            sum += static_cast<double>(column[i]) * members[static_cast<std::size_t>(a)][i] *
                   coarse_weight_[i];
          }
          overlap(a) = sum;
        }
        rest = std::max(0.2 * length, length - overlap.dot(solver.solve(overlap)));
      }
      const double prior = own[s] / candidates_[c].cell_sigma;
      const double gain =
          product * product / rest / (options_.blur_deg / coarse_.step_deg) - prior * prior;
      if (gain > best.gain) best = {c, own[s], gain};
    }
    if (best.gain > 0.0) list.push_back(best);
  }
  std::stable_sort(list.begin(), list.end(),
                   [](const Addition& a, const Addition& b) { return a.gain > b.gain; });
  if (list.size() > most) list.resize(most);
  return list;
}

PhaseSet SetSearch::without(const PhaseSet& set, std::size_t m) const {
  PhaseSet trial = set;
  trial.members.erase(trial.members.begin() + static_cast<std::ptrdiff_t>(m));
  fit(trial);
  return trial;
}

double SetSearch::gain(const PhaseSet& set, std::size_t m, bool cautious) const {
  const PhaseSet rest = without(set, m);
  if (!cautious) return rest.bic - set.bic;
  const double penalty = set.bic - evidence_.misfit(set.chi2);
  const double rest_penalty = rest.bic - evidence_.misfit(rest.chi2);
  return evidence_.cautious_misfit(data_, rest.calculated) + rest_penalty -
         evidence_.cautious_misfit(data_, set.calculated) - penalty;
}

void SetSearch::eliminate(PhaseSet& set) const {
  while (set.members.size() > 1) {
    std::size_t worst = set.members.size();
    PhaseSet best = set;
    for (std::size_t m = 0; m < set.members.size(); ++m) {
      PhaseSet trial = without(set, m);
      if (trial.bic <= best.bic) {
        best = std::move(trial);
        worst = m;
      }
    }
    if (worst == set.members.size()) return;
    set = std::move(best);
  }
}

/// Adds the best further phase if the BIC falls.
bool SetSearch::extend(PhaseSet& set) const {
  if (set.members.size() >= static_cast<std::size_t>(options_.max_phases)) return false;
  PhaseSet best = set;
  for (const auto& addition :
       additions(set, static_cast<std::size_t>(options_.branches), residual_of(set))) {
    PhaseSet trial = set;
    SetMember member;
    member.candidate = addition.candidate;
    member.shape.width = start_width(set, addition.candidate);
    member.shape.cell = isotropic_cell(candidates_[addition.candidate], addition.strain);
    repaint(member, trial.displacement_deg);
    trial.members.push_back(std::move(member));
    fit(trial);
    settle_cell(trial, trial.members.size() - 1, true);
    try_widths(trial, trial.members.size() - 1);
    if (trial.bic < best.bic) best = std::move(trial);
  }
  if (best.members.size() == set.members.size()) return false;
  set = std::move(best);
  return true;
}

std::vector<PhaseSet> SetSearch::run() {
  PhaseSet empty;
  empty.displacement_deg = screened_.best_shift_deg;
  fit(empty);
  std::map<std::vector<std::size_t>, PhaseSet> archive;
  const auto keep = [&](const PhaseSet& set) {
    const auto key = set.key();
    const auto found = archive.find(key);
    if (found == archive.end() || set.bic < found->second.bic) archive[key] = set;
  };
  keep(empty);
  std::vector<PhaseSet> beam{empty};
  double best = empty.bic;
  for (int depth = 0; depth < options_.max_phases; ++depth) {
    std::map<std::vector<std::size_t>, PhaseSet> next;
    for (const auto& set : beam) {
      for (const auto& addition :
           additions(set, static_cast<std::size_t>(options_.branches), residual_of(set))) {
        PhaseSet trial = set;
        SetMember member;
        member.candidate = addition.candidate;
        member.shape.width = start_width(set, addition.candidate);
        member.shape.cell = isotropic_cell(candidates_[addition.candidate], addition.strain);
        repaint(member, trial.displacement_deg);
        trial.members.push_back(std::move(member));
        const auto key = trial.key();
        if (archive.count(key) != 0 || next.count(key) != 0) continue;
        const std::size_t m = trial.members.size() - 1;
        fit(trial);
        settle_cell(trial, m, true);
        if (depth == 0) {
          refine_displacement(trial);
          settle_cell(trial, m, false);
        }
        try_widths(trial, m);
        next.emplace(key, std::move(trial));
      }
    }
    if (next.empty()) break;
    beam.clear();
    for (auto& [key, set] : next) {
      keep(set);
      beam.push_back(std::move(set));
    }
    std::stable_sort(beam.begin(), beam.end(),
                     [](const PhaseSet& a, const PhaseSet& b) { return a.bic < b.bic; });
    if (beam.size() > static_cast<std::size_t>(options_.beam)) {
      beam.resize(static_cast<std::size_t>(options_.beam));
    }
    if (beam.front().bic > best) break;
    best = beam.front().bic;
  }
  const auto sorted = [&] {
    std::vector<PhaseSet> all;
    for (const auto& [key, set] : archive) all.push_back(set);
    std::stable_sort(all.begin(), all.end(),
                     [](const PhaseSet& a, const PhaseSet& b) { return a.bic < b.bic; });
    return all;
  };
  auto ranked = sorted();
  const std::size_t some = std::min(ranked.size(), static_cast<std::size_t>(options_.polished));
  for (std::size_t k = 0; k < some; ++k) {
    PhaseSet set = ranked[k];
    if (set.members.empty()) continue;
    polish(set);
    eliminate(set);
    // What the accurate fit uncovers: weaker phases.
    for (int more = 0; more < 4 && extend(set); ++more) {
      polish(set);
      eliminate(set);
      keep(set);
    }
    keep(set);
  }
  return sorted();
}

std::vector<PhaseSet> SetSearch::exchanges(const PhaseSet& set, std::size_t m) const {
  std::vector<double> target = residual_of(set);
  const SetMember& old = set.members[m];
  for (std::size_t i = 0; i < grid_.points; ++i) target[i] += old.coefficient * old.column[i];
  PhaseSet base = set;
  base.members.erase(base.members.begin() + static_cast<std::ptrdiff_t>(m));
  std::vector<PhaseSet> list;
  for (const auto& addition : additions(base, 10, target)) {
    if (addition.candidate == old.candidate) continue;
    PhaseSet trial = set;
    SetMember& member = trial.members[m];
    member.candidate = addition.candidate;
    member.shape = {};
    member.shape.width = std::max(old.shape.width, candidates_[addition.candidate].first_width);
    member.shape.cell = isotropic_cell(candidates_[addition.candidate], addition.strain);
    // The isotype may have the old texture: axes mean the same where the structures do.
    if (candidates_[addition.candidate].group == candidates_[old.candidate].group) {
      member.shape.texture_axis = old.shape.texture_axis;
      member.shape.march_r = old.shape.march_r;
    }
    repaint(member, trial.displacement_deg);
    fit(trial);
    settle_cell(trial, m, true);
    settle_cell(trial, m, false);
    if (trial.bic < set.bic + 60.0) {
      try_widths(trial, m);
      try_textures(trial, m);
    }
    list.push_back(std::move(trial));
  }
  return list;
}

}  // namespace gadolin::diffraction
