#include "models/diffraction/identify.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <numeric>
#include <set>
#include <thread>

#include "models/diffraction/identify_residual.hpp"
#include "models/diffraction/identify_search.hpp"
#include "models/diffraction/refine.hpp"

namespace gadolin::diffraction {

namespace {

constexpr double undetermined_bic = 6.0;
/// Of a phase with two lines of its own alone, or a rare-earth phase without an element list.
constexpr double clear_bic = 20.0;
constexpr double very_strong_bic = 10.0;  ///< Kass & Raftery (1995) J. Am. Stat. Assoc. 90, 773
/// Largest share of the intensity a fit may leave where it claims a rare earth without a list of
/// elements. RRUFF: bastnasite, xenotime and thorianite leave 0.5 to 1.3 %, tetrahedrite taken for
/// zirconia 9.5 %.
constexpr double most_unexplained = 0.05;

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
          const IdentifyOptions& options, SearchOptions search, bool after_fit = false)
      : data_(data),
        candidates_(candidates),
        options_(options),
        after_fit_(after_fit),
        search_(data, candidates, instrument, screened, search) {}

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
        // Bands speak for layers without register, beside the one basal line; lines do not.
        const bool bands = candidates_[set.members[m].candidate].turbostratic && !claim;
        bool stands = lines.resolved >= (claim ? 3 : bands ? 1 : 2) && lines.absent == 0;
        // Two lines fall on what is left over by chance, and so do lines of a large library.
        if (stands && (claim || lines.resolved <= 2)) {
          stands = search_.without(set, m).bic - set.bic >= (bands ? very_strong_bic : clear_bic);
        }
        // A cell at the end of what is searched is a chance match, and a rare-earth phase is not
        // claimed from a pattern that is mostly something else.
        const auto& shape = set.members[m].shape;
        const Candidate& candidate = candidates_[set.members[m].candidate];
        if (std::fabs(mean_strain(candidate, shape)) > 0.95 * candidate.cell_tolerance) {
          stands = false;
        }
        if (stands && claim && !after_fit_) {
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
      // From here on it would have been named: by the rule of accept, not by its noise alone.
      const double three =
          search_.named_from(top, c, 3, options_.elements.empty() ? clear_bic : 0.0);
      const double two =
          options_.elements.empty() ? INFINITY : search_.named_from(top, c, 2, clear_bic);
      const double seen = weight_of(candidate, std::min(two, three));
      if (weight > 0.0 && std::isfinite(seen)) {
        absent.lod_weight_fraction = seen / (weight + seen);
      }
      result.absent_rare_earth.push_back(std::move(absent));
    }
  }

  const PreparedPattern& data_;
  const std::vector<Candidate>& candidates_;
  const IdentifyOptions& options_;
  bool after_fit_;  ///< the data are what a refinement left over
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

/// Everything the search of a batch shares.
struct Bench {
  std::vector<PreparedPattern> prepared;
  std::vector<Candidate> candidates;
  std::vector<ScreenOutcome> screened;
};

Bench set_up(const std::vector<Pattern>& patterns, const PhaseLibrary& library,
             const Instrument& instrument, const AtomicTables& tables,
             const IdentifyOptions& options, const Engine& engine) {
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
  Bench bench;
  bench.prepared.resize(patterns.size());
  for_each_item(patterns.size(), engine.threads, [&](std::size_t i) {
    bench.prepared[i] =
        prepare_search(patterns[i], lines_of(patterns[i], instrument), peak_options);
  });
  bench.candidates.resize(allowed.size());
  for_each_item(allowed.size(), engine.threads, [&](std::size_t k) {
    bench.candidates[k] = make_candidate(library.phases[allowed[k]], allowed[k], instrument, tables,
                                         peak_options.two_theta_max_deg + 1.0);
  });
  bench.screened = screen(bench.prepared, bench.candidates, instrument, ScreenOptions{}, engine);
  return bench;
}

std::vector<Identification> first_answers(const Bench& bench, const Instrument& instrument,
                                          const IdentifyOptions& options, const Engine& engine) {
  std::vector<Identification> results(bench.prepared.size());
  for_each_item(results.size(), engine.threads, [&](std::size_t i) {
    if (!bench.prepared[i].refusal.empty()) {
      results[i].text = bench.prepared[i].refusal;
      return;
    }
    SearchOptions search;
    search.max_phases = options.max_phases;
    results[i] =
        Verdict(bench.prepared[i], bench.candidates, instrument, bench.screened[i], options, search)
            .run();
  });
  return results;
}

/// What the refinement of `present` leaves over, searched again; nothing where nothing stands out.
Identification second_answer(const Bench& bench, std::size_t i, const PatternResult& fit,
                             const std::vector<std::string>& present, double displacement_deg,
                             const Instrument& instrument, const IdentifyOptions& options) {
  const auto fitted = on_search_grid(bench.prepared[i], fit);
  if (!fitted.usable) return {};
  const auto rest = without_fitted(bench.prepared[i], fitted);
  if (residual_peaks(rest).empty()) return {};
  SearchOptions search;
  search.beam = 2;
  search.branches = 5;
  search.polished = 2;
  search.max_phases = std::clamp(options.max_phases - static_cast<int>(present.size()), 0, 4);
  if (search.max_phases == 0) return {};
  search.barred.assign(bench.candidates.size(), 0);
  for (std::size_t c = 0; c < bench.candidates.size(); ++c) {
    search.barred[c] =
        std::find(present.begin(), present.end(), bench.candidates[c].name) != present.end() ? 1
                                                                                             : 0;
  }
  ScreenOutcome start;
  start.best_shift_deg = displacement_deg;
  return Verdict(rest, bench.candidates, instrument, start, options, search, true).run();
}

/// BIC of a refinement up to a constant of the data, with as many observations as the residuals
/// leave independent (first-order correlation, by Durbin and Watson).
double bic_change(const PatternResult& before, const PatternResult& after) {
  const double rho = std::clamp(1.0 - 0.5 * before.durbin_watson, 0.0, 0.98);
  const double n = static_cast<double>(before.points) * (1.0 - rho) / (1.0 + rho);
  const auto chi2 = [](const PatternResult& r) {
    return r.gof * r.gof * static_cast<double>(r.points - r.parameters);
  };
  return n * std::log(chi2(after) / chi2(before)) +
         static_cast<double>(after.parameters - before.parameters) * std::log(std::max(2.0, n));
}

/// The refinements of a batch of patterns, each with phases of its own.
class Confirmation {
 public:
  Confirmation(const std::vector<Pattern>& patterns, const PhaseLibrary& library,
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

  const LibraryPhase& entry(const std::string& name) const {
    std::size_t i = 0;
    while (library_.phases[i].structure.name != name) ++i;
    return library_.phases[i];
  }

  /// Refines patterns whose list is not empty; what does not stand is taken out and the rest
  /// refined again, twice at most. Patterns with equal lists are one batch.
  void run(std::vector<std::vector<std::string>> wanted,
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

  static std::vector<std::string> found_in(const PatternResult& result) {
    std::vector<std::string> names;
    for (const auto& phase : result.phases) {
      if (has_numbers(result) && is_found(phase)) names.push_back(phase.name);
    }
    return names;
  }

 private:
  const std::vector<Pattern>& patterns_;
  const PhaseLibrary& library_;
  const Instrument& instrument_;
  const AtomicTables& tables_;
  RefinementOptions options_;
  const Engine& engine_;
};

/// What the refinement does not bear out is no part of the answer; the warning keeps its name.
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

/// Phases the second search named and the refinement bore out join the answer.
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

}  // namespace

std::vector<Identification> identify(const std::vector<Pattern>& patterns,
                                     const PhaseLibrary& library, const Instrument& instrument,
                                     const AtomicTables& tables, const IdentifyOptions& options,
                                     const Engine& engine) {
  const Bench bench = set_up(patterns, library, instrument, tables, options, engine);
  return first_answers(bench, instrument, options, engine);
}

std::vector<PatternResult> analyse_unknown(const std::vector<Pattern>& patterns,
                                           const PhaseLibrary& library,
                                           const Instrument& instrument, const AtomicTables& tables,
                                           const IdentifyOptions& options,
                                           const RefinementOptions& refinement,
                                           const Engine& engine) {
  const Bench bench = set_up(patterns, library, instrument, tables, options, engine);
  auto found = first_answers(bench, instrument, options, engine);
  const Confirmation confirmation(patterns, library, instrument, tables, refinement, engine);
  const std::size_t n = patterns.size();
  std::vector<PatternResult> results(n);
  std::vector<std::vector<std::string>> wanted(n);
  for (std::size_t i = 0; i < n; ++i) {
    for (const auto& phase : found[i].phases) wanted[i].push_back(phase.name);
  }
  confirmation.run(wanted, results);
  // What the fit uncovers: phases too weak, or too much under others, for the search.
  std::vector<char> open(n, 1);
  for (int round = 0; round < 2; ++round) {
    std::vector<Identification> more(n);
    for_each_item(n, engine.threads, [&](std::size_t i) {
      if (open[i] == 0 || !has_numbers(results[i])) return;
      more[i] = second_answer(bench, i, results[i], Confirmation::found_in(results[i]),
                              found[i].displacement_deg, instrument, options);
    });
    std::vector<std::vector<std::string>> wider(n);
    for (std::size_t i = 0; i < n; ++i) {
      if (more[i].phases.empty()) {
        open[i] = 0;
        continue;
      }
      wider[i] = Confirmation::found_in(results[i]);
      for (const auto& phase : more[i].phases) wider[i].push_back(phase.name);
    }
    std::vector<PatternResult> trial(n);
    confirmation.run(wider, trial);
    for (std::size_t i = 0; i < n; ++i) {
      if (wider[i].empty()) continue;
      const auto old = Confirmation::found_in(results[i]), now = Confirmation::found_in(trial[i]);
      const bool all = std::all_of(old.begin(), old.end(), [&](const std::string& name) {
        return std::find(now.begin(), now.end(), name) != now.end();
      });
      if (!all || now.size() <= old.size() ||
          !(bic_change(results[i], trial[i]) < -undetermined_bic)) {
        open[i] = 0;
        continue;
      }
      results[i] = std::move(trial[i]);
      join(std::move(more[i]), now, found[i]);
    }
  }
  // A rare earth is not claimed, without a list of elements, from a pattern that its phases leave
  // in good part unexplained: minerals the library lacks look like rare-earth oxides.
  std::vector<std::vector<std::string>> innocent(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto fitted = on_search_grid(bench.prepared[i], results[i]);
    if (!fitted.usable || !has_numbers(results[i])) continue;
    found[i].unexplained_share = mark_unexplained(
        bench.prepared[i], without_fitted(bench.prepared[i], fitted), found[i].peaks);
    const auto claim = [](const FoundPhase& phase) { return phase.rare_earth; };
    if (!options.elements.empty() || found[i].unexplained_share <= most_unexplained ||
        std::none_of(found[i].phases.begin(), found[i].phases.end(), claim)) {
      continue;
    }
    for (const auto& phase : found[i].phases) {
      if (phase.rare_earth) {
        found[i].absent_rare_earth.push_back({phase.name, 1.0});
      } else {
        innocent[i].push_back(phase.name);
      }
    }
    std::erase_if(found[i].phases, claim);
    found[i].undetermined = true;
    if (!innocent[i].empty()) continue;
    wanted[i].clear();
    found[i].text =
        "what fits best holds rare earths and leaves too much of the pattern "
        "unexplained to be claimed: give the elements, or the phase's CIF";
    results[i] = {};
  }
  confirmation.run(innocent, results);
  for (std::size_t i = 0; i < n; ++i) {
    PatternResult& result = results[i];
    if (wanted[i].empty()) {
      result.id = patterns[i].id;
      result.file = patterns[i].file;
      result.warnings = patterns[i].warnings;
      result.points = static_cast<int>(patterns[i].counts.size());
      result.status = ItemStatus::out_of_range;
      result.status_text = "E-XRD-161: nothing identified: " + found[i].text;
    }
    const auto fitted = on_search_grid(bench.prepared[i], result);
    if (!innocent[i].empty() && fitted.usable && has_numbers(result)) {
      found[i].unexplained_share = mark_unexplained(
          bench.prepared[i], without_fitted(bench.prepared[i], fitted), found[i].peaks);
    }
    for (auto& phase : found[i].phases) {
      for (const auto& refined : result.phases) {
        if (refined.name != phase.name || !has_numbers(result)) continue;
        phase.confirmed = is_found(refined);
        if (!phase.confirmed) continue;
        const auto& entry = confirmation.entry(phase.name);
        read_composition(library, entry.structure, entry.group, refined, phase);
      }
    }
    withdraw_unconfirmed(result, found[i]);
    if (found[i].undetermined) {
      result.warnings.push_back({"W-XRD-160",
                                 "the set of phases is undetermined: another describes the "
                                 "pattern as well (BIC within 6)"});
    }
    std::size_t left = 0;
    double strongest = 0.0, where = 0.0;
    for (const auto& peak : found[i].peaks) {
      if (peak.explained) continue;
      ++left;
      if (peak.area <= strongest) continue;
      strongest = peak.area;
      where = peak.two_theta_deg;
    }
    if (left > 0 && !wanted[i].empty()) {
      char text[240];
      std::snprintf(text, sizeof text,
                    "the fit of the phases found leaves %zu peaks with %.1f %% of the Bragg "
                    "intensity, the strongest at %.2f deg: a phase may be missing from the "
                    "library, excluded by the elements, or too weak to be named",
                    left, 100.0 * found[i].unexplained_share, where);
      result.warnings.push_back({"W-XRD-161", text});
    }
    result.identification = std::move(found[i]);
    if (!refinement.keep_profiles) {
      for (auto* profile : {&result.two_theta_deg, &result.observed, &result.calculated,
                            &result.background, &result.sigma}) {
        *profile = {};
      }
    }
  }
  return results;
}

}  // namespace gadolin::diffraction
