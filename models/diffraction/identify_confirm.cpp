#include "models/diffraction/identify_confirm.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "models/diffraction/refine.hpp"

namespace gadolin::diffraction {

void read_composition(const PhaseLibrary& library, const CrystalStructure& structure,
                      const std::string& group, const PhaseResult& refined, FoundPhase& phase) {
  // Only rare-earth series: groups of other phases hold structures of one type, not mixtures.
  if (!(refined.u_cell[0] > 0.0) || !phase.rare_earth) return;
  struct Member {
    double volume;
    const CrystalStructure* structure;
  };
  std::vector<Member> members;
  for (const auto& entry : library.phases) {
    const auto& other = entry.structure;
    if (entry.group != group || entry.group.empty() || other.space_group != structure.space_group ||
        other.sites.size() != structure.sites.size()) {
      continue;
    }
    members.push_back({cell_volume_angstrom3(reciprocal_metric(other.cell)), &other});
  }
  if (members.size() < 2) return;
  std::stable_sort(members.begin(), members.end(),
                   [](const Member& a, const Member& b) { return a.volume < b.volume; });
  const double volume = cell_volume_angstrom3(reciprocal_metric(refined.cell));
  double u_relative = 0.0;
  for (std::size_t i = 0; i < 3; ++i) {
    const double u = refined.cell[i] > 0.0 ? refined.u_cell[i] / refined.cell[i] : 0.0;
    u_relative += u * u;
  }
  std::size_t k = 1;
  while (k + 1 < members.size() && members[k].volume < volume) ++k;
  const double low = members[k - 1].volume, high = members[k].volume;
  if (high - low < 1e-3 * low) return;  // the two cells say nothing
  // Cells of end members are known to about a thousandth in length.
  constexpr double u_library = 0.003;
  phase.member_low = members[k - 1].structure->name;
  phase.member_high = members[k].structure->name;
  phase.member_share = (volume - low) / (high - low);
  phase.u_member_share = std::sqrt(u_relative + u_library * u_library) * volume / (high - low);
}

double bic_change(const PatternResult& before, const PatternResult& after) {
  const double rho = std::clamp(1.0 - 0.5 * before.durbin_watson, 0.0, 0.98);
  const double n = static_cast<double>(before.points) * (1.0 - rho) / (1.0 + rho);
  const auto chi2 = [](const PatternResult& r) {
    return r.gof * r.gof * static_cast<double>(r.points - r.parameters);
  };
  return n * std::log(chi2(after) / chi2(before)) +
         static_cast<double>(after.parameters - before.parameters) * std::log(std::max(2.0, n));
}

Confirmation::Confirmation(const std::vector<Pattern>& patterns, const PhaseLibrary& library,
                           const Instrument& instrument, const AtomicTables& tables,
                           const RefinementOptions& refinement, const Engine& engine)
    : patterns_(patterns),
      library_(library),
      instrument_(instrument),
      tables_(tables),
      options_(refinement),
      engine_(engine) {
  options_.keep_profiles = true;  // the guard rests on them
}

const LibraryPhase& Confirmation::entry(const std::string& name) const {
  std::size_t i = 0;
  while (library_.phases[i].structure.name != name) ++i;
  return library_.phases[i];
}

void Confirmation::run(std::vector<std::vector<std::string>> wanted,
                       std::vector<PatternResult>& results) const {
  for (int round = 0; round < 3; ++round) {
    std::map<std::vector<std::string>, std::vector<std::size_t>> batches;
    for (std::size_t i = 0; i < patterns_.size(); ++i) {
      if (!wanted[i].empty()) batches[wanted[i]].push_back(i);
    }
    for (auto& list : wanted) list.clear();
    for (const auto& [names, items] : batches) {
      std::vector<CrystalStructure> structures;
      for (const auto& name : names) structures.push_back(entry(name).structure);
      std::vector<Pattern> batch;
      for (const std::size_t i : items) batch.push_back(patterns_[i]);
      auto refined = refine(batch, structures, instrument_, tables_, options_, engine_);
      for (std::size_t k = 0; k < items.size(); ++k) {
        const std::size_t i = items[k];
        results[i] = std::move(refined[k]);
        if (!has_numbers(results[i]) || round == 2) continue;
        const auto kept = found_in(results[i]);
        if (!kept.empty() && kept.size() < names.size()) wanted[i] = kept;
      }
    }
  }
}

std::vector<std::string> Confirmation::found_in(const PatternResult& result) {
  std::vector<std::string> names;
  for (const auto& phase : result.phases) {
    if (has_numbers(result) && is_found(phase)) names.push_back(phase.name);
  }
  return names;
}

void withdraw_unconfirmed(PatternResult& result, Identification& found) {
  const auto stands = [](const FoundPhase& phase) { return phase.confirmed; };
  if (!has_numbers(result) || std::none_of(found.phases.begin(), found.phases.end(), stands))
    return;
  std::string names;
  for (const auto& phase : found.phases) {
    if (phase.confirmed) continue;
    names += (names.empty() ? "" : ", ") + phase.name;
    if (phase.rare_earth) found.absent_rare_earth.push_back({phase.name, 1.0});
  }
  if (names.empty()) return;
  std::erase_if(found.phases, [](const FoundPhase& phase) { return !phase.confirmed; });
  result.warnings.push_back({"W-XRD-163",
                             "named by the search and not borne out by the "
                             "refinement (below 3 standard uncertainties): " +
                                 names});
}

void join(Identification&& more, const std::vector<std::string>& confirmed,
          Identification& answer) {
  for (auto& phase : more.phases) {
    if (std::find(confirmed.begin(), confirmed.end(), phase.name) == confirmed.end()) continue;
    std::erase_if(answer.phases, [&](const FoundPhase& old) { return old.name == phase.name; });
    std::erase_if(answer.absent_rare_earth,
                  [&](const AbsentPhase& old) { return old.name == phase.name; });
    for (auto& hypothesis : answer.hypotheses) hypothesis.phases.push_back(phase.name);
    answer.phases.push_back(std::move(phase));
  }
  answer.undetermined = answer.undetermined || more.undetermined;
}

}  // namespace gadolin::diffraction
