#include "models/diffraction/identify.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <numeric>
#include <set>
#include <thread>

#include "models/diffraction/identify_search.hpp"
#include "models/diffraction/refine.hpp"

namespace gadolin::diffraction {

namespace {

constexpr double undetermined_bic = 6.0;
constexpr double rare_earth_bic = 20.0;  ///< without an element list
constexpr double lod_factor = 3.3;

/// f(i) for 0 <= i < n on the threads of the engine. Items share nothing.
void for_each_item(std::size_t n, int threads, const std::function<void(std::size_t)>& f) {
  const auto workers = std::min<std::size_t>(n, static_cast<std::size_t>(std::max(1, threads)));
  if (workers <= 1) {
    for (std::size_t i = 0; i < n; ++i) f(i);
    return;
  }
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex guard;
  {
    std::vector<std::jthread> pool;
    for (std::size_t w = 0; w < workers; ++w) {
      pool.emplace_back([&] {
        for (std::size_t i = next++; i < n; i = next++) {
          try {
            f(i);
          } catch (...) {
            const std::lock_guard lock(guard);
            if (!failure) failure = std::current_exception();
          }
        }
      });
    }
  }
  if (failure) std::rethrow_exception(failure);
}

/// The lines of a pattern: those its file states where they are the instrument's within 0.1 %.
std::vector<EmissionLine> lines_of(const Pattern& pattern, const Instrument& instrument) {
  auto lines = instrument.lines;
  if (pattern.wavelength_angstrom.empty()) return lines;
  const double factor = pattern.wavelength_angstrom.front() / lines.front().wavelength_angstrom;
  if (std::fabs(factor - 1.0) > 1e-3) return lines;
  for (auto& line : lines) line.wavelength_angstrom *= factor;
  return lines;
}

class Verdict {
 public:
  Verdict(const PreparedPattern& data, const std::vector<Candidate>& candidates,
          const Instrument& instrument, const ScreenOutcome& screened,
          const IdentifyOptions& options)
      : data_(data),
        candidates_(candidates),
        options_(options),
        search_(data, candidates, instrument, screened, search_options(options)) {}

  Identification run() {
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

 private:
  static SearchOptions search_options(const IdentifyOptions& options) {
    SearchOptions search;
    search.max_phases = options.max_phases;
    return search;
  }

  std::vector<PhaseSet> ranked() const {
    std::vector<PhaseSet> all;
    for (const auto& [key, set] : accepted_) all.push_back(set);
    std::stable_sort(all.begin(), all.end(),
                     [](const PhaseSet& a, const PhaseSet& b) { return a.bic < b.bic; });
    return all;
  }
  const PhaseSet& best() const {
    const PhaseSet* least = &accepted_.begin()->second;
    for (const auto& [key, set] : accepted_) {
      if (set.bic < least->bic) least = &set;
    }
    return *least;
  }

  /// Keeps a set, phases whose lines do not bear them out left out of it.
  void accept(PhaseSet set) {
    while (!set.members.empty()) {
      std::size_t worst = set.members.size();
      for (std::size_t m = 0; m < set.members.size() && worst == set.members.size(); ++m) {
        const auto lines = search_.check_lines(set, m);
        const bool claim =
            candidates_[set.members[m].candidate].rare_earth && options_.elements.empty();
        bool stands = lines.resolved >= (claim ? 3 : 2) && lines.absent == 0;
        if (stands && claim) stands = search_.without(set, m).bic - set.bic >= rare_earth_bic;
        // A cell at the end of what is searched is a chance match, and a rare-earth phase is not
        // claimed from a pattern that is mostly something else.
        const auto& shape = set.members[m].shape;
        const Candidate& candidate = candidates_[set.members[m].candidate];
        if (std::fabs(mean_strain(candidate, shape)) > 0.95 * candidate.cell_tolerance) {
          stands = false;
        }
        if (stands && claim) {
          auto peaks = data_.peaks;
          stands = search_.unexplained(set, peaks) < 0.5;
        }
        if (!stands) worst = m;
      }
      if (worst == set.members.size()) break;
      set = search_.without(set, worst);
    }
    const auto key = set.key();
    const auto found = accepted_.find(key);
    if (found == accepted_.end() || set.bic < found->second.bic) {
      accepted_.insert_or_assign(key, std::move(set));
    }
  }

  std::vector<std::string> groups_of(const PhaseSet& set) const {
    std::vector<std::string> groups;
    for (const auto& member : set.members) groups.push_back(candidates_[member.candidate].group);
    std::sort(groups.begin(), groups.end());
    return groups;
  }

  /// Scale times mass and volume of the cell: proportional to the weight.
  double weight_of(const Candidate& candidate, double coefficient) const {
    return coefficient / candidate.scale * candidate.model.cell_mass_g_per_mol *
           candidate.model.volume_angstrom3;
  }

  void fill(Identification& result) const {
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

    double weight = 0.0;
    std::vector<std::size_t> order(top.members.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (const auto& member : top.members) {
      weight += weight_of(candidates_[member.candidate], member.coefficient);
    }
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

    for (std::size_t c = 0; c < candidates_.size(); ++c) {
      const Candidate& candidate = candidates_[c];
      if (!candidate.rare_earth || candidate.rings.empty()) continue;
      bool found = false;
      for (const auto& phase : result.phases) {
        found = found || phase.name == candidate.name ||
                std::find(phase.not_told_apart.begin(), phase.not_told_apart.end(),
                          candidate.name) != phase.not_told_apart.end();
      }
      if (found) continue;
      AbsentPhase absent;
      absent.name = candidate.name;
      const double information = search_.information(top, c);
      if (information > 0.0 && weight > 0.0) {
        const double seen = weight_of(candidate, lod_factor / std::sqrt(information));
        absent.lod_weight_fraction = std::min(1.0, seen / weight);
      }
      result.absent_rare_earth.push_back(std::move(absent));
    }
  }

  const PreparedPattern& data_;
  const std::vector<Candidate>& candidates_;
  const IdentifyOptions& options_;
  SetSearch search_;
  std::map<std::vector<std::size_t>, PhaseSet> accepted_;
};

/// Where the refined cell lies between two members of the phase's series.
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

}  // namespace

std::vector<Identification> identify(const std::vector<Pattern>& patterns,
                                     const PhaseLibrary& library, const Instrument& instrument,
                                     const AtomicTables& tables, const IdentifyOptions& options,
                                     const Engine& engine) {
  if (instrument.lines.empty() || instrument.lines.size() > max_lines) {
    throw Error("E-WAVE-001", "instrument " + instrument.name + " has no usable emission line", "",
                "give its wavelengths in the instrument file", ExitCode::usage);
  }
  std::vector<std::size_t> allowed;
  for (std::size_t i = 0; i < library.phases.size(); ++i) {
    if (elements_allow(library.phases[i].structure, options.elements, options.excluded_elements)) {
      allowed.push_back(i);
    }
  }
  if (allowed.empty()) {
    throw Error("E-XRD-160", "no phase of the library consists of the elements given", "--elements",
                "name every element the sample may hold (H, C and O are always allowed)",
                ExitCode::usage);
  }
  PeakSearchOptions peak_options;
  peak_options.two_theta_min_deg = options.two_theta_min_deg;
  if (options.two_theta_max_deg > 0.0) {
    peak_options.two_theta_max_deg =
        std::min(peak_options.two_theta_max_deg, options.two_theta_max_deg);
  }
  std::vector<PreparedPattern> prepared(patterns.size());
  for_each_item(patterns.size(), engine.threads, [&](std::size_t i) {
    prepared[i] = prepare_search(patterns[i], lines_of(patterns[i], instrument), peak_options);
  });
  std::vector<Candidate> candidates(allowed.size());
  for_each_item(allowed.size(), engine.threads, [&](std::size_t k) {
    candidates[k] = make_candidate(library.phases[allowed[k]], allowed[k], instrument, tables,
                                   peak_options.two_theta_max_deg + 1.0);
  });
  const auto screened = screen(prepared, candidates, instrument, ScreenOptions{}, engine);
  std::vector<Identification> results(patterns.size());
  for_each_item(patterns.size(), engine.threads, [&](std::size_t i) {
    if (!prepared[i].refusal.empty()) {
      results[i].text = prepared[i].refusal;
      return;
    }
    results[i] = Verdict(prepared[i], candidates, instrument, screened[i], options).run();
  });
  return results;
}

std::vector<PatternResult> analyse_unknown(const std::vector<Pattern>& patterns,
                                           const PhaseLibrary& library,
                                           const Instrument& instrument, const AtomicTables& tables,
                                           const IdentifyOptions& options,
                                           const RefinementOptions& refinement,
                                           const Engine& engine) {
  auto found = identify(patterns, library, instrument, tables, options, engine);
  const auto entry_of = [&](const std::string& name) {
    std::size_t i = 0;
    while (library.phases[i].structure.name != name) ++i;
    return i;
  };
  std::vector<PatternResult> results(patterns.size());
  std::vector<std::vector<std::string>> wanted(patterns.size());
  std::vector<char> open(patterns.size(), 1);
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    for (const auto& phase : found[i].phases) wanted[i].push_back(phase.name);
  }
  for (int round = 0; round < 3; ++round) {
    std::map<std::vector<std::string>, std::vector<std::size_t>> batches;
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      if (open[i] != 0 && !wanted[i].empty()) batches[wanted[i]].push_back(i);
    }
    for (const auto& [names, items] : batches) {
      std::vector<CrystalStructure> structures;
      for (const auto& name : names) structures.push_back(library.phases[entry_of(name)].structure);
      std::vector<Pattern> batch;
      for (const std::size_t i : items) batch.push_back(patterns[i]);
      auto refined = refine(batch, structures, instrument, tables, refinement, engine);
      for (std::size_t k = 0; k < items.size(); ++k) {
        const std::size_t i = items[k];
        results[i] = std::move(refined[k]);
        open[i] = 0;
        if (!has_numbers(results[i]) || round == 2) continue;
        // What does not stand in the refinement is taken out, and the rest refined again.
        std::vector<std::string> kept;
        for (const auto& phase : results[i].phases) {
          if (is_found(phase)) kept.push_back(phase.name);
        }
        if (!kept.empty() && kept.size() < wanted[i].size()) {
          wanted[i] = kept;
          open[i] = 1;
        }
      }
    }
  }
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    PatternResult& result = results[i];
    if (wanted[i].empty()) {
      result.id = patterns[i].id;
      result.file = patterns[i].file;
      result.warnings = patterns[i].warnings;
      result.points = static_cast<int>(patterns[i].counts.size());
      result.status = ItemStatus::out_of_range;
      result.status_text = "E-XRD-161: nothing identified: " + found[i].text;
    }
    for (auto& phase : found[i].phases) {
      for (const auto& refined : result.phases) {
        if (refined.name != phase.name || !has_numbers(result)) continue;
        phase.confirmed = is_found(refined);
        if (!phase.confirmed) continue;
        const auto& entry = library.phases[entry_of(phase.name)];
        read_composition(library, entry.structure, entry.group, refined, phase);
      }
    }
    if (found[i].undetermined) {
      result.warnings.push_back({"W-XRD-160",
                                 "the set of phases is undetermined: another describes the "
                                 "pattern as well (BIC within 6)"});
    }
    if (found[i].unexplained_share > 0.1 && !wanted[i].empty()) {
      result.warnings.push_back(
          {"W-XRD-161", "peaks with " +
                            std::to_string(std::lround(100.0 * found[i].unexplained_share)) +
                            " % of the peak area belong to none of the phases found: a phase is "
                            "missing from the library, or excluded by the elements"});
    }
    result.identification = std::move(found[i]);
  }
  return results;
}

}  // namespace gadolin::diffraction
