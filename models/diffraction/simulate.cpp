#include "models/diffraction/simulate.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "kernels/diffraction/peak_sum.hpp"
#include "kernels/numeric/random.hpp"
#include "models/diffraction/harmonics.hpp"
#include "models/diffraction/peak_setting.hpp"
#include "models/diffraction/reflections.hpp"

namespace gadolin::diffraction {

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr std::uint32_t purpose_counts = 0x58524431u;    // "XRD1"
constexpr std::uint32_t purpose_specimen = 0x58524432u;  // "XRD2"

void check(const std::vector<CrystalStructure>& structures, const Instrument& instrument,
           const SimulationRecipe& recipe) {
  const auto refuse = [](const std::string& what) {
    throw Error("E-XRD-130", what, "", "correct the recipe", ExitCode::usage);
  };
  double sum = 0.0;
  for (const auto& phase : recipe.phases) sum += phase.weight_fraction;
  if (recipe.phases.size() != structures.size()) {
    refuse(std::to_string(recipe.phases.size()) + " phases in the recipe, " +
           std::to_string(structures.size()) + " structures");
  }
  if (std::fabs(sum - 1.0) > 1e-6) refuse("weight fractions sum to " + std::to_string(sum));
  bool broad = false;
  for (const auto& hump : recipe.humps) {
    if (!(hump.fwhm_deg > 0.0) || hump.share < 0.0) refuse("a hump without a width");
    broad = broad || hump.share > 0.0;
  }
  if (recipe.amorphous_fraction < 0.0 || recipe.amorphous_fraction >= 1.0 ||
      (recipe.amorphous_fraction > 0.0 && !broad)) {
    refuse("an amorphous fraction of " + std::to_string(recipe.amorphous_fraction) +
           ": it needs 0 to below 1, and a hump");
  }
  if (!(recipe.step_deg > 0.0) || recipe.two_theta_max_deg <= recipe.two_theta_min_deg ||
      recipe.two_theta_min_deg <= 0.0 || recipe.two_theta_max_deg >= 180.0) {
    refuse("the 2theta grid is empty or outside 0..180 degrees");
  }
  if (instrument.lines.empty() || instrument.lines.size() > max_lines) {
    refuse("the instrument has no emission line, or more than " + std::to_string(max_lines));
  }
}

/// Pattern of one phase at unit scale.
std::vector<double> phase_pattern(const CrystalStructure& structure, const Instrument& instrument,
                                  const AtomicTables& tables, const SimulationRecipe& recipe,
                                  const SimulatedPhase& phase,
                                  const std::vector<double>& two_theta_deg) {
  const double wavelength = instrument.lines.front().wavelength_angstrom;
  double shortest = wavelength;
  for (const auto& line : instrument.lines) {
    shortest = std::min(shortest, line.wavelength_angstrom);
  }
  const double theta = std::min(89.5, 0.5 * recipe.two_theta_max_deg + 2.0) * pi / 180.0;
  CrystalStructure strained = structure;
  for (std::size_t i = 0; i < 3; ++i) strained.cell[i] *= 1.0 + phase.cell_strain;
  const auto axis = obvious_texture_axis(structure);
  auto rings =
      make_rings(strained, tables, instrument.lines, shortest / (2.0 * std::sin(theta)), axis);

  apply_intensity_factors(instrument, instrument.lines, rings);

  const std::size_t harmonic = phase.harmonics.size(), strain = phase.strain_anisotropy.size();
  const Layout layout{0, 1, static_cast<int>(harmonic), static_cast<int>(strain)};
  if (harmonic + strain > 0) {
    auto basis = symmetrised_harmonics(structure, 8);
    if (std::max(harmonic, strain) > std::min<std::size_t>(basis.size(), max_harmonics)) {
      throw Error("E-XRD-130",
                  std::to_string(std::max(harmonic, strain)) + " harmonics, " + structure.name +
                      " has " + std::to_string(std::min<std::size_t>(basis.size(), max_harmonics)),
                  "", "correct the recipe", ExitCode::usage);
    }
    basis.resize(std::max(harmonic, strain));
    if (strain > 0) {
      split_families(rings);
      set_texture_axis(structure, axis, rings);
    }
    set_harmonics(structure, basis, rings);
  }
  std::vector<double> parameters(static_cast<std::size_t>(layout.size()), 0.0);
  parameters[Layout::displacement] = recipe.displacement_mm;
  parameters[Layout::zero] = recipe.zero_deg;
  parameters[Layout::u] = instrument.u_deg2;
  parameters[Layout::v] = instrument.v_deg2;
  parameters[Layout::w] = instrument.w_deg2;
  parameters[Layout::gauss_p] = instrument.p_deg2;
  parameters[Layout::s_over_l] = instrument.s_over_l;
  parameters[Layout::transparency] = instrument.transparency;
  parameters[Layout::capillary_a] = instrument.capillary_a_mm;
  parameters[Layout::capillary_b] = instrument.capillary_b_mm;
  double* own = parameters.data() + layout.phase(0);
  const double size_angstrom = 10.0 * phase.size_nm;
  own[Layout::x] = instrument.x_deg +
                   (phase.size_nm > 0.0 ? 0.9 * wavelength / size_angstrom * 180.0 / pi : 0.0);
  own[Layout::y] = instrument.y_deg + 4.0 * phase.strain * 180.0 / pi;
  own[Layout::march_r] = phase.march_r;
  own[Layout::b_iso] = phase.b_extra_angstrom2;
  std::copy(phase.harmonics.begin(), phase.harmonics.end(), own + layout.harmonic(0));
  std::copy(phase.strain_anisotropy.begin(), phase.strain_anisotropy.end(), own + layout.strain(0));

  const std::vector<double> rules =
      instrument.s_over_l > 0.0 ? axial_rules(h_over_s(instrument)) : std::vector<double>{};
  std::vector<AxialNode> nodes(
      instrument.s_over_l > 0.0 ? rings.size() * instrument.lines.size() * max_axial_nodes : 0);
  std::vector<Peak> peaks;
  const std::vector<double> widths = line_widths_deg(instrument.lines);
  for (const auto& ring : rings) {
    RingData data;
    data.inverse_d2 = ring.inverse_d2;
    std::copy(ring.f2_sum.begin(), ring.f2_sum.end(), data.f2_sum);
    data.texture_count = static_cast<int>(ring.cos2.size());
    std::vector<double> texture;
    for (std::size_t k = 0; k < ring.cos2.size(); ++k) {
      texture.push_back(ring.cos2[k]);
      texture.push_back(ring.weight[k]);
    }
    PeakSetting setting = peak_setting(instrument);
    setting.texture = texture.data();
    setting.axial_rules = rules.data();
    if (!ring.terms.empty()) setting.ring_terms = ring.terms.data();
    if (!widths.empty()) setting.line_width_deg = widths.data();
    for (std::size_t l = 0; l < instrument.lines.size(); ++l) {
      Peak peak;
      if (make_peak(data, static_cast<int>(l), instrument.lines[l].wavelength_angstrom,
                    instrument.lines[l].relative_intensity, layout, 0, 0, setting,
                    parameters.data(), peak)) {
        if (instrument.s_over_l > 0.0) {
          const double smear = smear_deg(setting, parameters.data(), peak) * peak.inverse_fwhm;
          smear_peak(setting, parameters.data(),
                     axial_node_count(std::fabs(smear), max_axial_nodes),
                     nodes.data() + peaks.size() * max_axial_nodes, peak);
        }
        peaks.push_back(peak);
      }
    }
  }
  std::vector<int> all(peaks.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int>(i);
  std::vector<double> y(two_theta_deg.size(), 0.0);
  for (std::size_t i = 0; i < y.size(); ++i) {
    y[i] = sum_of_peaks(peaks.data(), all.data(), static_cast<int>(all.size()), two_theta_deg[i]);
  }
  return y;
}

/// Pattern without noise: grid, background, expected counts.
SimulatedPattern expected(const std::vector<CrystalStructure>& structures,
                          const Instrument& instrument, const AtomicTables& tables,
                          const SimulationRecipe& recipe) {
  check(structures, instrument, recipe);
  SimulatedPattern result;
  result.truth = recipe;
  auto& pattern = result.pattern;
  pattern.id = recipe.id;
  pattern.reader = "simulated";
  const auto n =
      static_cast<std::size_t>(std::floor(
          (recipe.two_theta_max_deg - recipe.two_theta_min_deg) / recipe.step_deg + 1e-9)) +
      1;
  for (std::size_t i = 0; i < n; ++i) {
    pattern.two_theta_deg.push_back(recipe.two_theta_min_deg +
                                    static_cast<double>(i) * recipe.step_deg);
  }
  for (const auto& line : instrument.lines) {
    pattern.wavelength_angstrom.push_back(line.wavelength_angstrom);
  }
  if (instrument.lines.size() > 1) {
    pattern.kalpha2_ratio =
        instrument.lines[1].relative_intensity / instrument.lines[0].relative_intensity;
  }

  std::vector<double> bragg(n, 0.0);
  for (std::size_t p = 0; p < structures.size(); ++p) {
    const auto& phase = recipe.phases[p];
    result.weight_fraction.push_back(phase.weight_fraction);
    if (phase.weight_fraction <= 0.0) continue;
    const auto y =
        phase_pattern(structures[p], instrument, tables, recipe, phase, pattern.two_theta_deg);
    // Hill and Howard read backwards: the scale is the weight fraction over Z M V.
    const double stretch = std::pow(1.0 + phase.cell_strain, 3);
    const double scale =
        phase.weight_fraction / (cell_mass_g_per_mol(structures[p]) * stretch *
                                 cell_volume_angstrom3(reciprocal_metric(structures[p].cell)));
    for (std::size_t i = 0; i < n; ++i) bragg[i] += scale * y[i];
  }
  const double highest = *std::max_element(bragg.begin(), bragg.end());
  const double counts = highest > 0.0 ? recipe.strongest_counts / highest : 0.0;
  std::vector<double> halo(n, 0.0);
  if (recipe.amorphous_fraction > 0.0) {
    double crystalline = 0.0, amorphous = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      for (const auto& hump : recipe.humps) {
        const double u = (pattern.two_theta_deg[i] - hump.centre_deg) / hump.fwhm_deg;
        halo[i] += hump.share / hump.fwhm_deg * std::exp(-4.0 * std::log(2.0) * u * u);
      }
      crystalline += bragg[i];
      amorphous += halo[i];
    }
    const double share = recipe.amorphous_fraction / (1.0 - recipe.amorphous_fraction);
    const double height =
        amorphous > 0.0 ? recipe.amorphous_intensity * share * crystalline / amorphous : 0.0;
    for (double& y : halo) y *= height;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const double x = pattern.two_theta_deg[i];
    const double t = (2.0 * x - recipe.two_theta_min_deg - pattern.two_theta_deg.back()) /
                     (pattern.two_theta_deg.back() - recipe.two_theta_min_deg);
    double background = recipe.background_inverse_counts * recipe.two_theta_min_deg / x;
    for (std::size_t k = 0; k < recipe.background_counts.size(); ++k) {
      background += recipe.background_counts[k] *
                    std::cos(static_cast<double>(k) * std::acos(std::clamp(t, -1.0, 1.0)));
    }
    background = std::max(0.0, background) + counts * halo[i];
    result.background_counts.push_back(background);
    result.expected_counts.push_back(background + counts * bragg[i]);
  }
  return result;
}

void count(const SimulationRecipe& recipe, SimulatedPattern& result) {
  RandomStream random(recipe.seed, recipe.item, purpose_counts);
  auto& counts = result.pattern.counts;
  counts.clear();
  for (const double mean : result.expected_counts) {
    counts.push_back(recipe.counting_noise ? random.poisson(mean) : mean);
  }
}

}  // namespace

SimulatedPattern simulate(const std::vector<CrystalStructure>& structures,
                          const Instrument& instrument, const AtomicTables& tables,
                          const SimulationRecipe& recipe) {
  auto result = expected(structures, instrument, tables, recipe);
  count(recipe, result);
  return result;
}

SimulationRecipe draw_specimen(const SimulationRecipe& recipe, std::uint64_t item) {
  SimulationRecipe drawn = recipe;
  drawn.item = item;
  const auto& spread = recipe.spread;
  if (spread.none()) return drawn;
  RandomStream random(recipe.seed, item, purpose_specimen);
  // Every number is drawn whether used or not: switching one spread on moves no other.
  const auto factor = [&](double relative) { return std::exp(relative * random.normal()); };
  double total = 0.0;
  for (auto& phase : drawn.phases) {
    const double any = random.exponential();
    const double own = factor(spread.weight_relative);
    phase.weight_fraction = spread.any_mineralogy ? any : phase.weight_fraction * own;
    total += phase.weight_fraction;
    phase.size_nm *= factor(spread.size_relative);
    phase.march_r *= factor(spread.march_relative);
    phase.cell_strain += spread.cell_relative * random.normal();
  }
  for (auto& phase : drawn.phases) phase.weight_fraction /= total;
  drawn.amorphous_fraction =
      std::clamp(recipe.amorphous_fraction + spread.amorphous * random.normal(), 0.0, 0.95);
  drawn.displacement_mm += spread.displacement_mm * random.normal();
  drawn.strongest_counts *= factor(spread.counts_relative);
  return drawn;
}

std::vector<SimulatedPattern> simulate_many(const std::vector<CrystalStructure>& structures,
                                            const Instrument& instrument,
                                            const AtomicTables& tables,
                                            const SimulationRecipe& recipe, std::size_t count_of) {
  std::vector<SimulatedPattern> drawn;
  drawn.reserve(count_of);
  for (std::size_t k = 0; k < count_of; ++k) {
    SimulationRecipe own = draw_specimen(recipe, recipe.item + k);
    char number[24];
    std::snprintf(number, sizeof number, "_%04llu", static_cast<unsigned long long>(own.item));
    own.id += number;
    if (recipe.spread.none() && k > 0) {
      drawn.push_back(drawn.front());
      drawn.back().pattern.id = own.id;
      drawn.back().truth = own;
    } else {
      drawn.push_back(expected(structures, instrument, tables, own));
    }
    count(own, drawn.back());
  }
  return drawn;
}

}  // namespace gadolin::diffraction
