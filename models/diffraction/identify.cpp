#include "models/diffraction/identify.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "models/diffraction/identify_confirm.hpp"
#include "models/diffraction/identify_residual.hpp"
#include "models/diffraction/identify_verdict.hpp"

namespace gadolin::diffraction {

namespace {

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
    // Misfit accuses nobody: without an element list no rare earth is read from what a fit leaves.
    const bool claim = bench.candidates[c].rare_earth && options.elements.empty();
    const auto& name = bench.candidates[c].name;
    search.barred[c] =
        claim || std::find(present.begin(), present.end(), name) != present.end() ? 1 : 0;
  }
  ScreenOutcome start;
  start.best_shift_deg = displacement_deg;
  return Verdict(rest, bench.candidates, instrument, start, options, search, true).run();
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
      // As much as the search asks of each, the odds against any one of so many phases included.
      const double needed = static_cast<double>(now.size() - std::min(now.size(), old.size())) *
                            (undetermined_bic + odds_against(bench.candidates.size()));
      if (!all || now.size() <= old.size() || !(bic_change(results[i], trial[i]) < -needed)) {
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
