#include "models/diffraction/candidates.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace gadolin::diffraction {

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr double degree = pi / 180.0;
constexpr double weakest_ring = 1e-3;  ///< of the strongest
constexpr double table_step = 0.01, table_end = 15.0;

double lorentz_polarisation_at(double theta, double k) {
  const double s = std::sin(theta), c2 = std::cos(2.0 * theta);
  return (k + (1.0 - k) * c2 * c2) / (s * s * std::cos(theta));
}

}  // namespace

bool always_allowed(const std::string& element) {
  return element == "H" || element == "D" || element == "C" || element == "O";
}

bool elements_allow(const CrystalStructure& structure, const std::vector<std::string>& elements,
                    const std::vector<std::string>& excluded) {
  const auto among = [](const std::vector<std::string>& list, const std::string& element) {
    return std::find(list.begin(), list.end(), element) != list.end();
  };
  for (const auto& site : structure.sites) {
    if (always_allowed(site.element)) continue;
    if (!elements.empty() && !among(elements, site.element)) return false;
    if (among(excluded, site.element)) return false;
  }
  return true;
}

void set_tolerance(const CrystalStructure& structure, Candidate& candidate) {
  std::set<std::string> elements;
  bool mixed = false;
  for (const auto& site : structure.sites) {
    candidate.rare_earth = candidate.rare_earth || is_rare_earth(site.element);
    mixed = mixed || site.occupancy < 0.999;
    if (!always_allowed(site.element)) elements.insert(site.element);
  }
  if (structure.turbostratic > 0) {  // water between the layers comes and goes
    candidate.cell_tolerance = 0.015;
    candidate.cell_sigma = 0.008;
    candidate.first_width = 3.5;
    candidate.turbostratic = true;
  } else if (candidate.rare_earth) {
    candidate.cell_tolerance = 0.015;
    candidate.cell_sigma = 0.005;
  } else if (elements.size() >= 3 || mixed) {
    candidate.cell_tolerance = 0.010;
    candidate.cell_sigma = 0.003;
  } else {
    candidate.cell_tolerance = 0.006;
    candidate.cell_sigma = 0.0015;
  }
}

Candidate make_candidate(const LibraryPhase& phase, std::size_t index, const Instrument& instrument,
                         const AtomicTables& tables, double two_theta_max_deg) {
  Candidate candidate;
  candidate.library = index;
  candidate.name = phase.structure.name;
  candidate.group = phase.group.empty() ? phase.structure.name : phase.group;
  set_tolerance(phase.structure, candidate);
  candidate.model = make_phase(phase.structure, instrument, tables);
  double shortest = instrument.lines.front().wavelength_angstrom;
  for (const auto& line : instrument.lines) shortest = std::min(shortest, line.wavelength_angstrom);
  const double d_min = (1.0 - candidate.cell_tolerance) * shortest /
                       (2.0 * std::sin(0.5 * std::min(179.0, two_theta_max_deg) * degree));
  if (!too_many_reflections(phase.structure, d_min).empty()) return candidate;
  auto rings = make_rings(phase.structure, tables, instrument.lines, d_min, {0, 0, 0});
  const double wavelength = instrument.lines.front().wavelength_angstrom;
  const auto area = [&](const Ring& ring) {
    const double sine = 0.5 * wavelength * std::sqrt(ring.inverse_d2);
    return sine < 1.0 ? ring.f2_sum[0] *
                            lorentz_polarisation_at(std::asin(sine), instrument.polarisation_k)
                      : 0.0;
  };
  double strongest = 0.0;
  for (const auto& ring : rings) strongest = std::max(strongest, area(ring));
  for (auto& ring : rings) {
    if (area(ring) > weakest_ring * strongest) candidate.rings.push_back(std::move(ring));
  }
  candidate.scale = strongest > 0.0 ? strongest : 1.0;
  // One axis of each set of equivalents; a cubic structure gains nothing from the first three.
  for (const std::array<int, 3>& axis :
       {std::array<int, 3>{0, 0, 1}, {0, 1, 0}, {1, 0, 0}, {1, 1, 0}, {1, 0, 4}, {1, 1, 1}}) {
    auto members = equivalents(phase.structure, axis);
    bool known = false;
    for (const auto& other : candidate.axes) known = known || other.front() == members.front();
    if (!known) candidate.axes.push_back(std::move(members));
  }
  return candidate;
}

std::array<double, max_cell_directions> isotropic_cell(const Candidate& candidate, double strain) {
  // G* (1 + strain)^-2 in the basis of the free directions: least squares, exact by symmetry.
  std::array<double, max_cell_directions> cell{};
  const auto& directions = candidate.model.directions;
  const double change = 1.0 / ((1.0 + strain) * (1.0 + strain)) - 1.0;
  const std::size_t n = directions.size();
  std::vector<double> a(n * n, 0.0), b(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t m = 0; m < 6; ++m) {
      b[i] += directions[i][m] * candidate.model.reciprocal[m] * change;
      for (std::size_t j = 0; j < n; ++j) a[i * n + j] += directions[i][m] * directions[j][m];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {  // Gauss without pivoting: a Gram matrix
    for (std::size_t r = i + 1; r < n; ++r) {
      const double f = a[i * n + i] != 0.0 ? a[r * n + i] / a[i * n + i] : 0.0;
      for (std::size_t c = i; c < n; ++c) a[r * n + c] -= f * a[i * n + c];
      b[r] -= f * b[i];
    }
  }
  for (std::size_t i = n; i-- > 0;) {
    double value = b[i];
    for (std::size_t c = i + 1; c < n; ++c) value -= a[i * n + c] * cell[c];
    cell[i] = a[i * n + i] != 0.0 ? value / a[i * n + i] : 0.0;
  }
  return cell;
}

const std::vector<std::array<int, 3>>* Candidate::axis_members(
    const std::array<int, 3>& axis) const {
  static const std::vector<std::array<int, 3>> none;
  for (const auto& members : axes) {
    if (std::find(members.begin(), members.end(), axis) != members.end()) return &members;
  }
  return &none;
}

double mean_strain(const Candidate& candidate, const PhaseShape& shape) {
  const double own = cell_volume_angstrom3(candidate.model.reciprocal);
  const double now = cell_volume_angstrom3(candidate.model.metric_at(shape.cell.data()));
  return own > 0.0 && now > 0.0 ? std::cbrt(now / own) - 1.0 : 0.0;
}

std::vector<std::array<int, 3>> equivalents(const CrystalStructure& structure,
                                            const std::array<int, 3>& hkl) {
  std::set<std::array<int, 3>> members;
  for (const auto& operation : structure.operations) {
    std::array<int, 3> mate{};
    for (std::size_t c = 0; c < 3; ++c) {
      for (std::size_t r = 0; r < 3; ++r) mate[c] += hkl[r] * operation.rotation[r][c];
    }
    members.insert(mate);
    members.insert({-mate[0], -mate[1], -mate[2]});
  }
  return {members.begin(), members.end()};
}

PatternPainter::PatternPainter(const PreparedPattern& data, const Instrument& instrument,
                               double eta, double blur_deg)
    : data_(data), instrument_(instrument), blur_deg_(blur_deg) {
  const auto n = static_cast<std::size_t>(table_end / table_step) + 2;
  for (std::size_t i = 0; i < n; ++i) {
    const double u = static_cast<double>(i) * table_step;
    table_.push_back(eta * 2.0 / pi / (1.0 + 4.0 * u * u) +
                     (1.0 - eta) * 2.0 * std::sqrt(std::log(2.0) / pi) *
                         std::exp(-4.0 * std::log(2.0) * u * u));
  }
}

double PatternPainter::lorentz_polarisation(double theta) const {
  return lorentz_polarisation_at(theta, instrument_.polarisation_k);
}

double PatternPainter::texture(const Candidate& candidate, const PhaseShape& shape,
                               const Ring& ring) const {
  if (shape.march_r == 1.0 || shape.texture_axis == std::array<int, 3>{0, 0, 0}) return 1.0;
  // The equivalents of the axis instead of those of the reflection: the same set of angles.
  const Metric& metric = candidate.model.reciprocal;
  const auto real = [](const std::array<int, 3>& v) {
    return std::array<double, 3>{static_cast<double>(v[0]), static_cast<double>(v[1]),
                                 static_cast<double>(v[2])};
  };
  const auto h = real(ring.hkl);
  const double hh = inverse_d_squared(metric, h);
  double sum = 0.0;
  const double r = shape.march_r;
  const auto* members = candidate.axis_members(shape.texture_axis);
  for (const auto& member : *members) {
    const auto a = real(member);
    std::array<double, 3> plus{}, minus{};
    for (std::size_t i = 0; i < 3; ++i) {
      plus[i] = h[i] + a[i];
      minus[i] = h[i] - a[i];
    }
    const double dot = (inverse_d_squared(metric, plus) - inverse_d_squared(metric, minus)) / 4.0;
    const double c2 = std::clamp(dot * dot / (hh * inverse_d_squared(metric, a)), 0.0, 1.0);
    sum += std::pow(r * r * c2 + (1.0 - c2) / r, -1.5);
  }
  return members->empty() ? 1.0 : sum / static_cast<double>(members->size());
}

void PatternPainter::paint(const Candidate& candidate, const PhaseShape& shape,
                           double displacement_deg, const SearchGrid& grid,
                           std::vector<double>& out) const {
  out.assign(grid.points, 0.0);
  const Metric metric = candidate.model.metric_at(shape.cell.data());
  const double last = grid.first_deg + grid.step_deg * static_cast<double>(grid.points - 1);
  for (const auto& ring : candidate.rings) {
    const double q = inverse_d_squared(
        metric, {static_cast<double>(ring.hkl[0]), static_cast<double>(ring.hkl[1]),
                 static_cast<double>(ring.hkl[2])});
    if (!(q > 0.0)) continue;
    const double preferred = texture(candidate, shape, ring);
    for (std::size_t l = 0; l < data_.lines.size() && l < ring.f2_sum.size(); ++l) {
      const double sine = 0.5 * data_.lines[l].wavelength_angstrom * std::sqrt(q);
      if (sine >= 0.9999) continue;
      const double theta = std::asin(sine);
      const double centre = 2.0 * theta / degree + displacement_deg * std::cos(theta);
      if (centre < grid.first_deg - 2.0 || centre > last + 2.0) continue;
      const double area = preferred * data_.lines[l].relative_intensity * ring.f2_sum[l] *
                          lorentz_polarisation(theta) / candidate.scale;
      const double own = data_.fwhm_at(centre) * shape.width;
      const double fwhm = std::sqrt(own * own + blur_deg_ * blur_deg_);
      const double height = area / fwhm;
      // As far as the tail is worth a ten-thousandth of the strongest line.
      const double reach = std::min(table_end, area < 0.01  ? 5.0
                                               : area < 0.1 ? 9.0
                                                            : table_end - 0.02) *
                           fwhm;
      const auto low = static_cast<std::ptrdiff_t>(
          std::ceil(std::max(0.0, (centre - reach - grid.first_deg) / grid.step_deg)));
      const auto high = static_cast<std::ptrdiff_t>(
          std::min(static_cast<double>(grid.points) - 1.0,
                   std::floor((centre + reach - grid.first_deg) / grid.step_deg)));
      const double scale = 1.0 / (fwhm * table_step);
      double x = grid.first_deg + static_cast<double>(low) * grid.step_deg - centre;
      for (std::ptrdiff_t i = low; i <= high; ++i, x += grid.step_deg) {
        const double u = std::fabs(x) * scale;
        const auto k = static_cast<std::size_t>(u);
        if (k + 1 >= table_.size()) continue;
        const double f = u - static_cast<double>(k);
        out[static_cast<std::size_t>(i)] += height * (table_[k] + f * (table_[k + 1] - table_[k]));
      }
    }
  }
}

std::vector<SearchLine> PatternPainter::lines(const Candidate& candidate, const PhaseShape& shape,
                                              double displacement_deg) const {
  std::vector<SearchLine> lines;
  const Metric metric = candidate.model.metric_at(shape.cell.data());
  for (const auto& ring : candidate.rings) {
    const double q = inverse_d_squared(
        metric, {static_cast<double>(ring.hkl[0]), static_cast<double>(ring.hkl[1]),
                 static_cast<double>(ring.hkl[2])});
    const double sine = 0.5 * data_.lines.front().wavelength_angstrom * std::sqrt(std::max(0.0, q));
    if (!(q > 0.0) || sine >= 0.9999) continue;
    const double theta = std::asin(sine);
    SearchLine line;
    line.two_theta_deg = 2.0 * theta / degree + displacement_deg * std::cos(theta);
    if (line.two_theta_deg < data_.two_theta_deg.front() ||
        line.two_theta_deg > data_.two_theta_deg.back()) {
      continue;
    }
    line.area = texture(candidate, shape, ring) * ring.f2_sum[0] * lorentz_polarisation(theta) /
                candidate.scale;
    lines.push_back(line);
  }
  return lines;
}

}  // namespace gadolin::diffraction
