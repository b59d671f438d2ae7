#include "models/diffraction/refine_batch.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/diffraction/refine.hpp"
#include "kernels/exec/batch_memory.hpp"
#include "models/diffraction/atomic.hpp"
#include "models/diffraction/peak_setting.hpp"

namespace gadolin::diffraction {

Metric PhaseModel::metric_at(const double* p) const {
  Metric m = reciprocal;
  for (std::size_t k = 0; k < directions.size(); ++k) {
    for (std::size_t i = 0; i < 6; ++i) m[i] += p[k] * directions[k][i];
  }
  return m;
}

PhaseModel make_phase(const CrystalStructure& structure, const Instrument& instrument,
                      const AtomicTables& tables) {
  PhaseModel phase;
  phase.name = structure.name;
  phase.reciprocal = reciprocal_metric(structure.cell);
  phase.directions = cell_directions(structure);
  phase.texture_axis = obvious_texture_axis(structure);
  phase.cell_mass_g_per_mol = cell_mass_g_per_mol(structure);
  phase.volume_angstrom3 = cell_volume_angstrom3(phase.reciprocal);
  phase.layers_per_cell = layers_per_cell(structure);
  const double wavelength = instrument.lines.front().wavelength_angstrom;
  phase.mu_per_cm = absorption_per_cm(structure, tables, wavelength);
  for (const auto& site : structure.sites) {
    const auto d = dispersion(tables, site.element, photon_energy_ev(wavelength));
    if (d.known && d.edge_distance_ev >= 50.0) continue;
    auto& list = d.known ? phase.near_edge : phase.no_dispersion;
    if (std::find(list.begin(), list.end(), site.element) == list.end()) {
      list.push_back(site.element);
    }
  }
  return phase;
}

HarmonicFloor harmonic_floor(const BatchModel& model, const PatternState& state, int phase) {
  HarmonicFloor least;
  const Layout& layout = model.layout;
  const double* own = state.parameters.data() + layout.phase(phase);
  for (const auto& ring :
       model.ring_sets[static_cast<std::size_t>(state.ring_set)][static_cast<std::size_t>(phase)]) {
    const auto factor = [&](int first, int count) {
      double sum = 1.0;
      for (int k = 0; k < count && k < static_cast<int>(ring.terms.size()); ++k) {
        sum += own[first + k] * ring.terms[static_cast<std::size_t>(k)];
      }
      return sum;
    };
    least.texture = std::min(least.texture, factor(layout.harmonic(0), layout.harmonics));
    least.strain = std::min(least.strain, factor(layout.strain(0), layout.strains));
  }
  return least;
}

std::array<double, 2> parameter_bounds(const BatchModel& model, int parameter) {
  constexpr double far = 1e300;
  switch (parameter) {
    case Layout::displacement:
      return {-1.5, 1.5};
    case Layout::zero:
      return {-0.5, 0.5};
    case Layout::u:
      return {-0.05, 0.3};
    case Layout::v:
      return {-0.1, 0.1};
    case Layout::w:
      return {0.0, 0.25};
    case Layout::gauss_p:
      return {0.0, 0.1};
    case Layout::s_over_l:
      return {1e-4, 0.15};
    case Layout::transparency:
      return {0.0, 0.02};
    case Layout::capillary_a:
    case Layout::capillary_b:
      return {-1.5, 1.5};
    case Layout::overflow:
      return {0.0, 0.9};
    case Layout::blank:
      return {0.0, far};
    default:
      break;
  }
  if (parameter >= Layout::hump && parameter < Layout::background) {
    switch ((parameter - Layout::hump) % Layout::hump_stride) {
      case Layout::hump_area:
        return {0.0, far};
      case Layout::hump_centre:
        return {0.5, 179.0};
      default:
        return {narrowest_hump_deg, 40.0};
    }
  }
  if (parameter <= model.layout.inverse_x()) return {-far, far};
  const int within = (parameter - model.layout.phase(0)) % model.layout.phase_stride();
  switch (within) {
    case Layout::scale:
      return {0.0, far};
    case Layout::x:
      return {0.0, 1.8};  // 5 nm with Cu
    case Layout::y:
      return {0.0, 2.0};
    case Layout::march_r:
      return {0.3, 2.5};
    case Layout::b_iso:
      return {-1.0, 3.0};
    default:
      if (within >= Layout::cell_end) return {-5.0, 5.0};
      return {-0.02, 0.02};  // 1 % in cell length
  }
}

void launch_stage(const BatchModel& model, std::vector<PatternState>& patterns,
                  const std::vector<char>& run, const LaunchOptions& options,
                  const Engine& engine) {
  std::vector<std::size_t> items;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (run[i] != 0 && patterns[i].usable()) items.push_back(i);
  }
  if (items.empty()) return;
  const std::size_t n = items.size();
  const auto size = static_cast<std::size_t>(model.layout.size());
  const std::size_t phases = model.phases.size();

  std::size_t total = 0, max_points = 0, max_free = phases;
  bool axial = false, blanks = false;
  for (std::size_t i : items) {
    axial = axial || patterns[i].parameters[Layout::s_over_l] > 0.0;
    blanks = blanks || !patterns[i].blank.empty();
    total += patterns[i].counts.size();
    max_points = std::max(max_points, patterns[i].counts.size());
    max_free = std::max(max_free, patterns[i].free.size());
  }
  std::size_t n_rings = 0, n_texture = 0, max_peaks = 1;
  for (const auto& set : model.ring_sets) {
    std::size_t in_set = 0;
    for (const auto& rings : set) {
      in_set += rings.size();
      for (const auto& ring : rings) n_texture += ring.cos2.size();
    }
    n_rings += in_set;
    max_peaks = std::max(max_peaks, in_set * static_cast<std::size_t>(model.lines));
  }

  BatchMemory memory(engine);
  const auto directions = memory.input<int>(phases);
  const auto rings = memory.input<RingData>(std::max<std::size_t>(1, n_rings));
  const auto ring_begin = memory.input<int>(model.ring_sets.size() * (phases + 1));
  const auto texture = memory.input<double>(2 * n_texture + 2);
  const auto row = static_cast<std::size_t>(std::max(model.layout.harmonics, model.layout.strains));
  const auto ring_terms = memory.input<double>(std::max<std::size_t>(1, n_rings * row));
  const auto point_begin = memory.input<std::int64_t>(n + 1);
  const auto two_theta = memory.input<double>(total);
  const auto counts = memory.input<double>(total);
  const auto variance = memory.input<double>(total);
  const auto blank = memory.input<double>(blanks ? total : 1);
  const auto rules = axial && model.axial_rules.empty() ? axial_rules(h_over_s(model.instrument))
                                                        : model.axial_rules;
  const auto axial_nodes = memory.input<double>(rules.size() + 1);
  const auto poisson = memory.input<int>(n);
  const auto ring_set = memory.input<int>(n);
  const auto wavelength = memory.input<double>(n * max_lines);
  const auto intensity = memory.input<double>(n * max_lines);
  bool wide_lines = false;
  for (std::size_t i : items)
    wide_lines = wide_lines || !line_widths_deg(patterns[i].lines).empty();
  const auto line_width = memory.input<double>(wide_lines ? n * max_lines : 1);
  const auto active = memory.input<int>(n);
  const auto free_count = memory.input<int>(n);
  const auto free_index = memory.input<int>(n * max_free);
  const auto lower = memory.input<double>(n * max_free);
  const auto upper = memory.input<double>(n * max_free);
  const auto start = memory.input<double>(n * size);
  const auto grid_s = memory.input<double>(options.grid_displacement_mm.size() + 1);
  const auto grid_w = memory.input<double>(2 * options.grid_width.size() + 2);
  const auto parameters = memory.output<double>(n * size);
  const auto covariance = memory.output<double>(n * max_free * max_free);
  const auto state = memory.output<double>(n * max_free);
  const auto summary = memory.output<double>(n * Summary::size);
  const auto phase_summary = memory.output<double>(n * phases * PhaseSummary::size);
  const auto calculated = memory.output<double>(total);
  const auto background = memory.output<double>(total);
  const auto used_variance = memory.output<double>(total);
  const auto status = memory.output<ItemStatus>(n);
  memory.allocate();

  for (std::size_t p = 0; p < phases; ++p) {
    memory.host(directions)[p] = static_cast<int>(model.phases[p].directions.size());
  }
  int ring_at = 0, texture_at = 0;
  for (std::size_t s = 0; s < model.ring_sets.size(); ++s) {
    for (std::size_t p = 0; p < phases; ++p) {
      memory.host(ring_begin)[s * (phases + 1) + p] = ring_at;
      for (const auto& ring : model.ring_sets[s][p]) {
        RingData data;
        data.inverse_d2 = ring.inverse_d2;
        std::copy(ring.slope.begin(), ring.slope.end(), data.slope);
        std::copy(ring.f2_sum.begin(), ring.f2_sum.end(), data.f2_sum);
        data.texture_begin = texture_at;
        data.texture_count = static_cast<int>(ring.cos2.size());
        for (std::size_t k = 0; k < ring.cos2.size(); ++k, ++texture_at) {
          memory.host(texture)[2 * texture_at] = ring.cos2[k];
          memory.host(texture)[2 * texture_at + 1] = ring.weight[k];
        }
        data.terms_begin = ring_at * static_cast<int>(row);
        std::fill_n(memory.host(ring_terms) + data.terms_begin, row, 0.0);
        std::copy_n(ring.terms.begin(), std::min(row, ring.terms.size()),
                    memory.host(ring_terms) + data.terms_begin);
        memory.host(rings)[ring_at++] = data;
      }
    }
    memory.host(ring_begin)[s * (phases + 1) + phases] = ring_at;
  }
  std::int64_t at = 0;
  for (std::size_t k = 0; k < n; ++k) {
    const PatternState& pattern = patterns[items[k]];
    memory.host(point_begin)[k] = at;
    std::copy(pattern.two_theta_deg.begin(), pattern.two_theta_deg.end(),
              memory.host(two_theta) + at);
    std::copy(pattern.counts.begin(), pattern.counts.end(), memory.host(counts) + at);
    std::copy(pattern.variance.begin(), pattern.variance.end(), memory.host(variance) + at);
    if (!pattern.blank.empty()) {
      std::copy(pattern.blank.begin(), pattern.blank.end(), memory.host(blank) + at);
    } else if (blanks) {
      std::fill_n(memory.host(blank) + at, pattern.counts.size(), 0.0);
    }
    at += static_cast<std::int64_t>(pattern.counts.size());
    memory.host(poisson)[k] = pattern.poisson ? 1 : 0;
    memory.host(ring_set)[k] = pattern.ring_set;
    for (std::size_t l = 0; l < pattern.lines.size(); ++l) {
      memory.host(wavelength)[k * max_lines + l] = pattern.lines[l].wavelength_angstrom;
      memory.host(intensity)[k * max_lines + l] = pattern.lines[l].relative_intensity;
    }
    for (std::size_t l = pattern.lines.size(); l < max_lines; ++l) {
      memory.host(wavelength)[k * max_lines + l] = pattern.lines.front().wavelength_angstrom;
    }
    if (wide_lines) {
      auto widths = line_widths_deg(pattern.lines);
      widths.resize(max_lines, 0.0);
      std::copy(widths.begin(), widths.end(), memory.host(line_width) + k * max_lines);
    }
    memory.host(active)[k] = 1;
    memory.host(free_count)[k] = static_cast<int>(pattern.free.size());
    for (std::size_t f = 0; f < pattern.free.size(); ++f) {
      memory.host(free_index)[k * max_free + f] = pattern.free[f];
      const auto bounds = parameter_bounds(model, pattern.free[f]);
      memory.host(lower)[k * max_free + f] = bounds[0];
      memory.host(upper)[k * max_free + f] = bounds[1];
    }
    std::copy(pattern.parameters.begin(), pattern.parameters.end(), memory.host(start) + k * size);
  }
  memory.host(point_begin)[n] = at;
  std::copy(rules.begin(), rules.end(), memory.host(axial_nodes));
  std::copy(options.grid_displacement_mm.begin(), options.grid_displacement_mm.end(),
            memory.host(grid_s));
  for (std::size_t k = 0; k < options.grid_width.size(); ++k) {
    memory.host(grid_w)[2 * k] = options.grid_width[k][0];
    memory.host(grid_w)[2 * k + 1] = options.grid_width[k][1];
  }
  memory.upload();

  RefineArgs args{};
  args.chebyshev_terms = model.layout.chebyshev_terms;
  args.phases = static_cast<int>(phases);
  args.lines = model.lines;
  args.harmonics = model.layout.harmonics;
  args.strains = model.layout.strains;
  args.ring_terms = row > 0 ? memory.device(ring_terms) : nullptr;
  args.line_width_deg = wide_lines ? memory.device(line_width) : nullptr;
  args.y_deg = model.instrument.y_deg;
  args.flat = flat_specimen(model.instrument);
  args.radius_mm = model.instrument.radius_mm;
  args.polarisation_k = model.instrument.polarisation_k;
  args.cell_directions = memory.device(directions);
  args.rings = memory.device(rings);
  args.ring_begin = memory.device(ring_begin);
  args.texture = memory.device(texture);
  args.axial_rules = memory.device(axial_nodes);
  args.h_over_s = h_over_s(model.instrument);
  args.max_nodes = axial ? max_axial_nodes : 0;
  args.blank = blanks ? memory.device(blank) : nullptr;
  args.point_begin = memory.device(point_begin);
  args.two_theta_deg = memory.device(two_theta);
  args.counts = memory.device(counts);
  args.variance = memory.device(variance);
  args.poisson = memory.device(poisson);
  args.ring_set = memory.device(ring_set);
  args.wavelength_angstrom = memory.device(wavelength);
  args.relative_intensity = memory.device(intensity);
  args.active = memory.device(active);
  args.free_count = memory.device(free_count);
  args.free_index = memory.device(free_index);
  args.lower = memory.device(lower);
  args.upper = memory.device(upper);
  args.start = memory.device(start);
  args.max_free = static_cast<int>(max_free);
  args.max_points = static_cast<int>(max_points);
  args.max_peaks = static_cast<int>(max_peaks);
  args.reweights = options.reweights;
  args.lost_area = options.lost_area;
  args.options.max_iterations = options.max_iterations;
  args.grid_displacements = static_cast<int>(options.grid_displacement_mm.size());
  args.grid_widths = static_cast<int>(options.grid_width.size());
  args.grid_displacement_mm = memory.device(grid_s);
  args.grid_width = memory.device(grid_w);
  args.parameters = memory.device(parameters);
  args.covariance = memory.device(covariance);
  args.state = memory.device(state);
  args.summary = memory.device(summary);
  args.phase_summary = memory.device(phase_summary);
  args.calculated = memory.device(calculated);
  args.background = memory.device(background);
  args.used_variance = memory.device(used_variance);
  args.status = memory.device(status);
  if (options.start_grid) {
    launch<StartKernel>(engine, n, args);
  } else {
    launch<RefineKernel>(engine, n, args);
  }
  memory.download();

  for (std::size_t k = 0; k < n; ++k) {
    PatternState& pattern = patterns[items[k]];
    pattern.status = memory.host(status)[k];
    if (pattern.status == ItemStatus::out_of_range) continue;
    const auto slice = [&](const double* base, std::size_t first, std::size_t count) {
      return std::vector<double>(base + first, base + first + count);
    };
    pattern.parameters = slice(memory.host(parameters), k * size, size);
    pattern.summary = slice(memory.host(summary), k * Summary::size, Summary::size);
    pattern.chi2 = pattern.summary[Summary::chi2];
    if (options.start_grid) continue;
    const auto first = static_cast<std::size_t>(memory.host(point_begin)[k]);
    const std::size_t points = pattern.counts.size(), free = pattern.free.size();
    pattern.iterations += static_cast<int>(pattern.summary[Summary::iterations]);
    pattern.phase_summary = slice(memory.host(phase_summary), k * phases * PhaseSummary::size,
                                  phases * PhaseSummary::size);
    pattern.covariance = slice(memory.host(covariance), k * max_free * max_free, free * free);
    pattern.state = slice(memory.host(state), k * max_free, free);
    pattern.calculated = slice(memory.host(calculated), first, points);
    pattern.background = slice(memory.host(background), first, points);
    pattern.used_variance = slice(memory.host(used_variance), first, points);
  }
}

}  // namespace gadolin::diffraction
