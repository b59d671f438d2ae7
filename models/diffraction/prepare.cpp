#include "models/diffraction/prepare.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "kernels/diffraction/pattern_model.hpp"
#include "models/diffraction/intensity_factor.hpp"

namespace gadolin::diffraction {

namespace {

constexpr double pi = 3.14159265358979323846;

std::string number(double value, const char* format = "%.6g") {
  char text[40];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// Emission lines of one pattern: the file's where it states them and they agree with the
/// instrument's main line.
std::vector<EmissionLine> resolve_lines(const Pattern& pattern, const Instrument& instrument,
                                        PatternState& state) {
  auto lines = instrument.lines;
  if (pattern.wavelength_angstrom.empty()) return lines;
  const double stated = pattern.wavelength_angstrom.front();
  const double expected = lines.front().wavelength_angstrom;
  const double off = std::fabs(stated / expected - 1.0);
  if (off > 5e-3) {
    state.status = ItemStatus::out_of_range;
    state.status_text = "E-WAVE-001: the file states " + number(stated, "%.5f") +
                        " angstrom, instrument " + instrument.name + " has " +
                        number(expected, "%.5f") +
                        " - choose the instrument with the anode of the measurement";
    return lines;
  }
  if (off > 1e-3) {
    state.warnings.push_back(
        {"W-XRD-115", "the file states a wavelength of " + number(stated, "%.5f") +
                          " angstrom (a mean of the doublet?); the lines of instrument " +
                          instrument.name + " are used"});
    return lines;
  }
  if (lines.size() > 2) return lines;  // a set on one scale, finer than what files state
  if (pattern.wavelength_angstrom.size() >= 2 && lines.size() == 2) {
    const double ratio = pattern.kalpha2_ratio > 0.0
                             ? pattern.kalpha2_ratio
                             : lines[1].relative_intensity / lines[0].relative_intensity;
    if (std::fabs(pattern.wavelength_angstrom[1] / lines[1].wavelength_angstrom - 1.0) < 1e-3) {
      lines[1].wavelength_angstrom = pattern.wavelength_angstrom[1];
      lines[0].relative_intensity = 1.0 / (1.0 + ratio);
      lines[1].relative_intensity = ratio / (1.0 + ratio);
    }
  } else if (lines.size() == 2) {
    lines[1].wavelength_angstrom *= stated / expected;  // one scale for both
  }
  lines.front().wavelength_angstrom = stated;
  return lines;
}

/// Variance per count of data whose scale is unknown, from the scatter about local straight lines.
double counts_scale(const std::vector<double>& counts) {
  std::vector<double> ratio;
  for (std::size_t i = 1; i + 1 < counts.size(); ++i) {
    const double d = counts[i] - 0.5 * (counts[i - 1] + counts[i + 1]);
    if (counts[i] > 0.0) ratio.push_back(d * d / (1.5 * counts[i]));
  }
  if (ratio.empty()) return 1.0;
  std::nth_element(ratio.begin(), ratio.begin() + static_cast<std::ptrdiff_t>(ratio.size() / 2),
                   ratio.end());
  const double median = ratio[ratio.size() / 2] / 0.4549;  // median of chi2 with one degree
  return median > 0.0 ? median : 1.0;
}

}  // namespace

void take_points(const Pattern& pattern, const RefinementOptions& options, PatternState& state) {
  const std::size_t n = pattern.two_theta_deg.size();
  const auto refuse = [&](const std::string& text) {
    state.status = ItemStatus::out_of_range;
    state.status_text = text;
  };
  if (pattern.counts.size() != n || (!pattern.sigma.empty() && pattern.sigma.size() != n)) {
    return refuse("E-XRD-112: two_theta, counts and sigma differ in length");
  }
  const bool esd = !pattern.sigma.empty();
  double sum = 0.0;
  std::size_t masked = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double x = pattern.two_theta_deg[i], y = pattern.counts[i];
    if (!std::isfinite(x) || !std::isfinite(y) || (esd && !std::isfinite(pattern.sigma[i]))) {
      return refuse("E-XRD-113: point " + std::to_string(i + 1) + " is not a number");
    }
    if (i > 0 && x <= pattern.two_theta_deg[i - 1]) {
      return refuse("E-XRD-107: two_theta_deg not increasing at point " + std::to_string(i + 1));
    }
    if (x < std::max(0.5, options.two_theta_min_deg)) continue;
    if (x > (options.two_theta_max_deg > 0.0 ? options.two_theta_max_deg : 179.0)) continue;
    if (esd && !(pattern.sigma[i] > 0.0)) {
      ++masked;
      continue;
    }
    state.two_theta_deg.push_back(x);
    state.counts.push_back(y);
    if (esd) state.variance.push_back(pattern.sigma[i] * pattern.sigma[i]);
    sum += std::fabs(y);
  }
  if (masked > 0) {
    state.warnings.push_back(
        {"W-XRD-117", std::to_string(masked) + " points without a positive sigma left out"});
  }
  if (state.counts.size() < 50) {
    return refuse("E-XRD-114: " + std::to_string(state.counts.size()) +
                  " points in the range, at least 50 are needed");
  }
  if (sum == 0.0) return refuse("E-XRD-116: all counts are zero");
  if (esd) {
    state.poisson = false;
    return;
  }
  // Start variances: a running mean of the counts, so that zeros do not rule.
  const double scale = pattern.counts_are_poisson ? 1.0 : counts_scale(state.counts);
  state.poisson = pattern.counts_are_poisson;
  if (!state.poisson) {
    state.warnings.push_back(
        {"W-XRD-118", "counts are scaled and come without sigma: variance taken as " +
                          number(scale, "%.3g") + " times the counts, from their scatter"});
  }
  const std::size_t m = state.counts.size();
  state.variance.resize(m);
  for (std::size_t i = 0; i < m; ++i) {
    const std::size_t low = i > 2 ? i - 2 : 0, high = std::min(m, i + 3);
    double mean = 0.0;
    for (std::size_t k = low; k < high; ++k) mean += state.counts[k];
    mean /= static_cast<double>(high - low);
    state.variance[i] = std::max(mean * scale, state.poisson ? 1.0 : 1e-6 * scale * sum / m);
  }
}

namespace {

/// Rings that patterns of the same lines and the same range share. They depend on nothing else, so
/// that a pattern's result does not depend on its company.
struct RingSet {
  std::vector<double> wavelengths_angstrom;
  double two_theta_end_deg = 0.0;
  std::vector<std::vector<Ring>> rings;  ///< [phase]
  std::string refusal;                   ///< not empty: too many, and rings are empty
};

/// How far the rings of a pattern reach: 1.5 degrees past its end, so that rings may move in at
/// the upper end, and on to an even degree, so that patterns of about the same range share them.
double ring_end_deg(double two_theta_max_deg) {
  return std::min(178.0, 2.0 * std::ceil((two_theta_max_deg + 1.5) / 2.0));
}

std::vector<double> wavelengths_of(const std::vector<EmissionLine>& lines) {
  std::vector<double> wavelengths;
  for (const auto& line : lines) wavelengths.push_back(line.wavelength_angstrom);
  return wavelengths;
}

/// Most peaks (rings times lines, all phases) of one pattern: bounds the time of a fit.
constexpr std::size_t max_pattern_peaks = 40000;
/// Most entries (peaks times tiles of the pattern) of a kernel's work list: 128 MB.
constexpr std::size_t max_tile_entries = std::size_t{1} << 25;

RingSet make_ring_set(const std::vector<CrystalStructure>& structures, const BatchModel& model,
                      const AtomicTables& tables, const std::vector<EmissionLine>& lines,
                      double two_theta_end_deg) {
  RingSet set;
  set.wavelengths_angstrom = wavelengths_of(lines);
  set.two_theta_end_deg = two_theta_end_deg;
  const double shortest =
      *std::min_element(set.wavelengths_angstrom.begin(), set.wavelengths_angstrom.end());
  // With 1 % of cell, the most that it may change.
  const double d_min = 0.99 * shortest / (2.0 * std::sin(0.5 * two_theta_end_deg * pi / 180.0));
  const auto refuse = [&](const std::string& what) {
    set.refusal = "E-XRD-122: " + what + " - lower two_theta_max, or check the wavelength";
    set.rings.assign(structures.size(), {});
  };
  std::size_t peaks = 0;
  for (std::size_t p = 0; p < structures.size() && set.refusal.empty(); ++p) {
    const std::string too_many = too_many_reflections(structures[p], d_min);
    if (!too_many.empty()) {
      refuse(too_many + ", up to " + number(two_theta_end_deg) + " degrees");
      break;
    }
    set.rings.push_back(
        make_rings(structures[p], tables, lines, d_min, model.phases[p].texture_axis));
    apply_intensity_factors(model.instrument, lines, set.rings.back());
    if (model.phases[p].strain_terms > 0) {
      split_families(set.rings.back());
      set_texture_axis(structures[p], model.phases[p].texture_axis, set.rings.back());
    }
    if (!model.phases[p].harmonics.empty()) {
      set_harmonics(structures[p], model.phases[p].harmonics, set.rings.back());
    }
    // Every phase has the places of the one that needs most.
    const auto places =
        static_cast<std::size_t>(std::max(model.layout.harmonics, model.layout.strains));
    for (auto& ring : set.rings.back()) ring.terms.resize(places, 0.0);
    peaks += set.rings.back().size() * lines.size();
    if (peaks > max_pattern_peaks) {
      refuse(structures[p].name + ": " + std::to_string(peaks) +
             " peaks with this phase and those before it, at most " +
             std::to_string(max_pattern_peaks) + ", up to " + number(two_theta_end_deg) +
             " degrees");
    }
  }
  return set;
}

std::size_t peaks_of(const RingSet& set) {
  std::size_t peaks = 0;
  for (const auto& rings : set.rings) peaks += rings.size() * set.wavelengths_angstrom.size();
  return peaks;
}

}  // namespace

namespace {

/// The blank on the pattern's grid, by straight lines; beyond its ends the end values.
void take_blank(const MeasuredBlank& blank, PatternState& state) {
  if (blank.two_theta_deg.empty()) return;
  const auto& x = blank.two_theta_deg;
  const auto& y = blank.counts;
  if (state.two_theta_deg.front() < x.front() - 0.5 ||
      state.two_theta_deg.back() > x.back() + 0.5) {
    state.warnings.push_back(
        {"W-XRD-145", "the blank " + blank.file + " covers " + number(x.front(), "%.4g") + " to " +
                          number(x.back(), "%.4g") + " degrees: beyond, its end values are used"});
  }
  std::size_t k = 0;
  for (const double at : state.two_theta_deg) {
    while (k + 2 < x.size() && x[k + 1] < at) ++k;
    const double t = std::clamp((at - x[k]) / (x[k + 1] - x[k]), 0.0, 1.0);
    state.blank.push_back(y[k] + t * (y[k + 1] - y[k]));
  }
}

}  // namespace

namespace {

/// The harmonics that the options ask for of one phase: as many orders as there are places for.
void ask_for_harmonics(const CrystalStructure& structure, const RefinementOptions& options,
                       PhaseModel& phase) {
  int order = 0;
  for (const auto& asked : options.harmonics) {
    if (asked.phase.empty() || asked.phase == phase.name) order = asked.order;
  }
  const auto& strained = options.anisotropic_strain;
  const bool strain = std::any_of(strained.begin(), strained.end(), [&](const std::string& name) {
    return name.empty() || name == phase.name;
  });
  if (order == 0 && !strain) return;
  phase.rotations = point_group(structure);
  phase.harmonics = symmetrised_harmonics(structure, std::max(order, strain ? 4 : 0));
  const auto up_to = [&](int l) {
    return static_cast<int>(std::count_if(phase.harmonics.begin(), phase.harmonics.end(),
                                          [&](const Harmonic& h) { return h.l <= l; }));
  };
  while (order > 0 && up_to(order) > max_harmonics) order -= 2;
  phase.texture_terms = order > 0 ? up_to(order) : 0;
  phase.strain_terms = strain ? up_to(4) : 0;
  phase.harmonics.resize(
      static_cast<std::size_t>(std::max(phase.texture_terms, phase.strain_terms)));
}

}  // namespace

BatchModel prepare(const std::vector<Pattern>& patterns,
                   const std::vector<CrystalStructure>& structures, const Instrument& instrument,
                   const AtomicTables& tables, const RefinementOptions& options,
                   std::vector<PatternState>& states) {
  if (structures.empty()) {
    throw Error("E-XRD-110", "no phases to refine", "", "name at least one phase", ExitCode::usage);
  }
  if (structures.size() > 24) {
    throw Error("E-XRD-111", std::to_string(structures.size()) + " phases, at most 24", "",
                "leave out phases that are not in the sample", ExitCode::usage);
  }
  if (options.quantify.humps.size() > max_humps) {
    throw Error("E-XRD-143", std::to_string(options.quantify.humps.size()) + " humps, at most 3",
                "", "leave the others to the background", ExitCode::usage);
  }
  if (instrument.lines.empty() || instrument.lines.size() > max_lines ||
      !(instrument.lines.front().wavelength_angstrom > 0.0)) {
    throw Error("E-WAVE-001", "instrument " + instrument.name + " has no usable emission line", "",
                "give its wavelengths in the instrument file", ExitCode::usage);
  }
  BatchModel model;
  model.instrument = instrument;
  model.layout.chebyshev_terms = std::max(reserved_chebyshev_terms, options.background_terms);
  model.layout.phases = static_cast<int>(structures.size());
  for (const auto& structure : structures) {
    model.phases.push_back(make_phase(structure, instrument, tables));
    PhaseModel& phase = model.phases.back();
    ask_for_harmonics(structure, options, phase);
    model.layout.harmonics = std::max(model.layout.harmonics, phase.texture_terms);
    model.layout.strains = std::max(model.layout.strains, phase.strain_terms);
  }
  model.lines = static_cast<int>(instrument.lines.size());
  if (instrument.s_over_l > 0.0) model.axial_rules = axial_rules(h_over_s(instrument));

  states.assign(patterns.size(), PatternState{});
  std::vector<RingSet> sets;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    PatternState& state = states[i];
    state.lines = resolve_lines(patterns[i], instrument, state);
    if (state.usable()) take_points(patterns[i], options, state);
    if (!state.usable()) continue;
    const double end = ring_end_deg(state.two_theta_deg.back());
    std::size_t s = 0;
    while (s < sets.size() && !(sets[s].two_theta_end_deg == end &&
                                sets[s].wavelengths_angstrom == wavelengths_of(state.lines))) {
      ++s;
    }
    if (s == sets.size()) {
      sets.push_back(make_ring_set(structures, model, tables, state.lines, end));
    }
    state.ring_set = static_cast<int>(s);
    const std::size_t tiles = state.counts.size() / (2 * leaf_points) + 1;
    if (!sets[s].refusal.empty()) {
      state.status = ItemStatus::out_of_range;
      state.status_text = sets[s].refusal;
    } else if (peaks_of(sets[s]) * tiles > max_tile_entries) {
      state.status = ItemStatus::out_of_range;
      state.status_text = "E-XRD-122: " + std::to_string(peaks_of(sets[s])) + " peaks on " +
                          std::to_string(state.counts.size()) + " points, at most " +
                          std::to_string(max_tile_entries / tiles) +
                          " - lower two_theta_max, or leave out phases";
    }
  }
  if (sets.empty()) {
    sets.emplace_back();
    sets.back().rings.resize(structures.size());
  }
  std::vector<std::array<int, 3>> axes;
  for (const auto& phase : model.phases) axes.push_back(phase.texture_axis);
  for (auto& set : sets) {
    model.ring_sets.push_back(std::move(set.rings));
    model.axes.push_back(axes);
  }
  for (auto& state : states) {
    auto& parameters = state.parameters;
    parameters.assign(static_cast<std::size_t>(model.layout.size()), 0.0);
    parameters[Layout::zero] = instrument.zero_deg;
    parameters[Layout::u] = instrument.u_deg2;
    parameters[Layout::v] = instrument.v_deg2;
    parameters[Layout::w] = instrument.w_deg2;
    parameters[Layout::gauss_p] = instrument.p_deg2;
    parameters[Layout::s_over_l] = instrument.s_over_l;
    parameters[Layout::transparency] = instrument.transparency;
    parameters[Layout::capillary_a] = instrument.capillary_a_mm;
    parameters[Layout::capillary_b] = instrument.capillary_b_mm;
    const auto& humps = options.quantify.humps;
    for (std::size_t h = 0; h < humps.size(); ++h) {
      double* own = parameters.data() + Layout::hump + h * Layout::hump_stride;
      own[Layout::hump_centre] = humps[h].centre_deg;
      own[Layout::hump_fwhm] = humps[h].fwhm_deg;
    }
    if (state.usable()) take_blank(options.quantify.blank, state);
    for (int p = 0; p < model.layout.phases; ++p) {
      double* own = parameters.data() + model.layout.phase(p);
      own[Layout::x] = instrument.x_deg;
      own[Layout::y] = instrument.y_deg;
      own[Layout::march_r] = 1.0;
    }
  }
  return model;
}

}  // namespace gadolin::diffraction
