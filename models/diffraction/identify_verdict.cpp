#include "models/diffraction/identify_verdict.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

namespace gadolin::diffraction {

namespace {

constexpr double naming_sigma = 3.0;

}  // namespace

Verdict::Verdict(const PreparedPattern& data, const std::vector<Candidate>& candidates,
                 const Instrument& instrument, const ScreenOutcome& screened,
                 const IdentifyOptions& options, const SearchOptions& search, bool after_fit)
    : data_(data),
      candidates_(candidates),
      options_(options),
      after_fit_(after_fit),
      search_(data, candidates, instrument, screened, search) {}

Identification Verdict::run() {
  Identification result;
  result.candidates = static_cast<int>(candidates_.size());
  result.peaks = data_.peaks;
  std::size_t looked = 0;
  for (auto& set : search_.run()) {
    if (++looked > 8) break;
    accept(std::move(set));
  }
  if (accepted_.empty() || best().members.empty()) {
    result.text = "no phase of the library describes the pattern";
    result.unexplained_share = 1.0;
    return result;
  }
  // Each phase against what could stand in its place; a better set starts this again.
  for (int round = 0; round < 3; ++round) {
    const auto key = best().key();
    const PhaseSet start = best();
    for (std::size_t m = 0; m < start.members.size(); ++m) {
      for (auto& other : search_.exchanges(start, m)) accept(std::move(other));
      accept(search_.without(start, m));
    }
    if (best().key() == key) break;
  }
  fill(result);
  return result;
}

std::vector<PhaseSet> Verdict::ranked() const {
  std::vector<PhaseSet> all;
  for (const auto& [key, set] : accepted_) all.push_back(set);
  std::stable_sort(all.begin(), all.end(),
                   [](const PhaseSet& a, const PhaseSet& b) { return a.bic < b.bic; });
  return all;
}

const PhaseSet& Verdict::best() const {
  const PhaseSet* least = &accepted_.begin()->second;
  for (const auto& [key, set] : accepted_) {
    if (set.bic < least->bic) least = &set;
  }
  return *least;
}

bool Verdict::stands(const PhaseSet& set, std::size_t m) const {
  const auto lines = search_.check_lines(set, m);
  const Candidate& candidate = candidates_[set.members[m].candidate];
  if (lines.absent > 0) return false;
  // A cell at the end of what is searched is a chance match.
  const double strain = mean_strain(candidate, set.members[m].shape);
  if (std::fabs(strain) > 0.95 * candidate.cell_tolerance) return false;
  if (candidate.rare_earth && options_.elements.empty()) {
    if (lines.resolved < 3 || search_.without_strongest_line(set, m) < naming_sigma ||
        search_.gain(set, m, true) < clear_bic) {
      return false;
    }
    // Nor is it claimed from a pattern that is mostly something else.
    auto peaks = data_.peaks;
    return after_fit_ || search_.unexplained(set, peaks) < 0.5;
  }
  // Bands speak for layers without register, beside the one basal line; lines do not.
  if (candidate.turbostratic) {
    return lines.resolved >= 1 && search_.gain(set, m, false) >= very_strong_bic;
  }
  return search_.without_strongest_line(set, m) >= naming_sigma &&
         search_.gain(set, m, false) >= undetermined_bic;
}

void Verdict::accept(PhaseSet set) {
  while (!set.members.empty()) {
    std::size_t worst = 0;
    while (worst < set.members.size() && stands(set, worst)) ++worst;
    if (worst == set.members.size()) break;
    set = search_.without(set, worst);
  }
  const auto key = set.key();
  const auto found = accepted_.find(key);
  if (found == accepted_.end() || set.bic < found->second.bic) {
    accepted_.insert_or_assign(key, std::move(set));
  }
}

std::vector<std::string> Verdict::groups_of(const PhaseSet& set) const {
  std::vector<std::string> groups;
  for (const auto& member : set.members) groups.push_back(candidates_[member.candidate].group);
  std::sort(groups.begin(), groups.end());
  return groups;
}

double Verdict::weight_of(const Candidate& candidate, double coefficient) const {
  return coefficient / candidate.scale * candidate.model.cell_mass_g_per_mol *
         candidate.model.volume_angstrom3;
}

void Verdict::fill(Identification& result) const {
  const auto all = ranked();
  const PhaseSet& top = all.front();
  result.displacement_deg = top.displacement_deg;
  result.unexplained_share = search_.unexplained(top, result.peaks);

  double total = 0.0;
  std::vector<double> probability;
  for (const auto& set : all) {
    probability.push_back(std::exp(-0.5 * std::min(1400.0, set.bic - top.bic)));
    total += probability.back();
  }
  for (double& p : probability) p /= total;
  const auto own_groups = groups_of(top);
  for (std::size_t k = 0; k < all.size(); ++k) {
    if (k > 0 && all[k].bic - top.bic < undetermined_bic && groups_of(all[k]) != own_groups) {
      result.undetermined = true;
    }
    if (k >= 10) continue;
    PhaseHypothesis hypothesis;
    for (const auto& member : all[k].members) {
      hypothesis.phases.push_back(candidates_[member.candidate].name);
    }
    hypothesis.bic = all[k].bic - top.bic;
    hypothesis.probability = probability[k];
    result.hypotheses.push_back(std::move(hypothesis));
  }
  fill_phases(all, probability, result);
  fill_absent(top, result);
}

void Verdict::fill_phases(const std::vector<PhaseSet>& all, const std::vector<double>& probability,
                          Identification& result) const {
  const PhaseSet& top = all.front();
  std::vector<std::size_t> order(top.members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return top.members[a].coefficient > top.members[b].coefficient;
  });
  for (const std::size_t m : order) {
    const SetMember& member = top.members[m];
    const Candidate& candidate = candidates_[member.candidate];
    FoundPhase phase;
    phase.name = candidate.name;
    phase.group = candidate.group;
    phase.rare_earth = candidate.rare_earth;
    phase.resolved_lines = search_.check_lines(top, m).resolved;
    phase.cell_strain = mean_strain(candidate, member.shape);
    phase.delta_bic = search_.without(top, m).bic - top.bic;
    for (std::size_t k = 0; k < all.size(); ++k) {
      bool holds = false;
      for (const auto& other : all[k].members) {
        holds = holds || candidates_[other.candidate].group == candidate.group;
      }
      if (holds) phase.probability += probability[k];
      if (k == 0 || all[k].bic - top.bic >= undetermined_bic ||
          all[k].members.size() != top.members.size()) {
        continue;
      }
      // The same set but for this phase: what stands in its place cannot be told from it.
      auto rest = top.key(), theirs = all[k].key();
      std::vector<std::size_t> mine, other;
      std::set_difference(rest.begin(), rest.end(), theirs.begin(), theirs.end(),
                          std::back_inserter(mine));
      std::set_difference(theirs.begin(), theirs.end(), rest.begin(), rest.end(),
                          std::back_inserter(other));
      if (mine.size() == 1 && mine.front() == member.candidate && other.size() == 1) {
        phase.not_told_apart.push_back(candidates_[other.front()].name);
      }
    }
    result.phases.push_back(std::move(phase));
  }
}

void Verdict::fill_absent(const PhaseSet& top, Identification& result) const {
  double weight = 0.0;
  for (const auto& member : top.members) {
    weight += weight_of(candidates_[member.candidate], member.coefficient);
  }
  for (std::size_t c = 0; c < candidates_.size(); ++c) {
    const Candidate& candidate = candidates_[c];
    if (!candidate.rare_earth || candidate.rings.empty()) continue;
    bool found = false;
    for (const auto& phase : result.phases) {
      found = found || phase.name == candidate.name ||
              std::find(phase.not_told_apart.begin(), phase.not_told_apart.end(), candidate.name) !=
                  phase.not_told_apart.end();
    }
    if (found) continue;
    AbsentPhase absent;
    absent.name = candidate.name;
    // From here on it would have been named: by the rule of accept, not by its noise alone.
    SetSearch::NamingRule rule;
    rule.bic = options_.elements.empty() ? clear_bic : undetermined_bic;
    rule.lines = options_.elements.empty() ? 3 : 0;
    rule.cautious = options_.elements.empty();
    const double seen = weight_of(candidate, search_.named_from(top, c, rule));
    if (weight > 0.0 && std::isfinite(seen)) {
      absent.lod_weight_fraction = seen / (weight + seen);
    }
    const double asked = weight_of(candidate, search_.found_from(top, c));
    if (weight > 0.0) absent.lod_if_asked = asked / (weight + asked);
    result.absent_rare_earth.push_back(std::move(absent));
  }
}

}  // namespace gadolin::diffraction
