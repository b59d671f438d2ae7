#include "models/diffraction/reflections.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdio>
#include <map>
#include <set>

#include "models/diffraction/atomic.hpp"

namespace gadolin::diffraction {

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr double avogadro_cm3 = 0.602214076;  // N_A times 1e-24: g/mol per angstrom^3 to g/cm^3

using Hkl = std::array<int, 3>;

double element_of(const Metric& m, int i, int j) {
  if (i == j) return m[static_cast<std::size_t>(i)];
  return m[static_cast<std::size_t>(6 - i - j)];
}

Metric inverse(const Metric& m) {
  const double a = m[0], b = m[1], c = m[2], d = m[3], e = m[4], f = m[5];
  const double det = a * (b * c - d * d) - f * (f * c - d * e) + e * (f * d - b * e);
  if (!(det > 0.0)) return {};
  return {(b * c - d * d) / det, (a * c - e * e) / det, (a * b - f * f) / det,
          (e * f - a * d) / det, (f * d - b * e) / det, (d * e - f * c) / det};
}

/// The six numbers q with h' M h = sum q_i M_i.
std::array<double, 6> quadratic(const std::array<double, 3>& h) {
  return {h[0] * h[0],       h[1] * h[1],       h[2] * h[2],
          2.0 * h[1] * h[2], 2.0 * h[0] * h[2], 2.0 * h[0] * h[1]};
}

/// Mean of R M R' over the point group: the projection of a reciprocal metric on what is allowed.
Metric symmetrised(const Metric& m, const std::vector<Rotation>& rotations) {
  Metric mean{};
  for (const auto& r : rotations) {
    for (int i = 0; i < 3; ++i) {
      for (int j = i; j < 3; ++j) {
        double sum = 0.0;
        for (int k = 0; k < 3; ++k) {
          for (int l = 0; l < 3; ++l) {
            sum += r[static_cast<std::size_t>(i)][static_cast<std::size_t>(k)] *
                   element_of(m, k, l) *
                   r[static_cast<std::size_t>(j)][static_cast<std::size_t>(l)];
          }
        }
        mean[static_cast<std::size_t>(i == j ? i : 6 - i - j)] +=
            sum / static_cast<double>(rotations.size());
      }
    }
  }
  return mean;
}

struct LineFactors {  // f' + i f'' per site at one wavelength
  std::vector<std::complex<double>> dispersion;
};

LineFactors line_factors(const CrystalStructure& structure, const AtomicTables& tables,
                         double wavelength_angstrom) {
  LineFactors factors;
  for (const auto& site : structure.sites) {
    const auto d = dispersion(tables, site.element, photon_energy_ev(wavelength_angstrom));
    factors.dispersion.emplace_back(d.f_prime, d.f_double_prime);
  }
  return factors;
}

/// |F|^2, Friedel mean, per set of line factors.
void add_structure_factor(const CrystalStructure& structure, const AtomicTables& tables,
                          const std::vector<CellAtom>& atoms,
                          const std::vector<LineFactors>& factors, const Hkl& hkl, double s2,
                          double weight, std::vector<double>& f2) {
  std::vector<std::complex<double>> geometry(structure.sites.size());
  for (const auto& atom : atoms) {
    const double phase =
        2.0 * pi * (hkl[0] * atom.fract[0] + hkl[1] * atom.fract[1] + hkl[2] * atom.fract[2]);
    geometry[static_cast<std::size_t>(atom.site)] +=
        std::complex<double>(std::cos(phase), std::sin(phase));
  }
  std::vector<double> f0(structure.sites.size()), damping(structure.sites.size());
  for (std::size_t j = 0; j < structure.sites.size(); ++j) {
    const auto& site = structure.sites[j];
    f0[j] = form_factor(tables, site.element, scattering_charge(structure, site), s2);
    damping[j] = site.occupancy * std::exp(-site.b_iso_angstrom2 * s2);
  }
  for (std::size_t l = 0; l < factors.size(); ++l) {
    std::complex<double> plus = 0.0, minus = 0.0;
    for (std::size_t j = 0; j < structure.sites.size(); ++j) {
      const auto f = damping[j] * (f0[j] + factors[l].dispersion[j]);
      plus += f * geometry[j];
      minus += f * std::conj(geometry[j]);
    }
    f2[l] += weight * 0.5 * (std::norm(plus) + std::norm(minus));
  }
}

bool absent(const CrystalStructure& structure, const Hkl& hkl) {
  for (const auto& op : structure.operations) {
    if (times(hkl, op.rotation) != hkl) continue;
    const double shift =
        hkl[0] * op.translation[0] + hkl[1] * op.translation[1] + hkl[2] * op.translation[2];
    if (std::fabs(shift - std::round(shift)) > 0.01) return true;
  }
  return false;
}

}  // namespace

Hkl times(const Hkl& h, const Rotation& r) {
  Hkl out{};
  for (std::size_t j = 0; j < 3; ++j) out[j] = h[0] * r[0][j] + h[1] * r[1][j] + h[2] * r[2][j];
  return out;
}

std::vector<Rotation> point_group(const CrystalStructure& structure) {
  std::set<Rotation> seen;
  for (const auto& op : structure.operations) seen.insert(op.rotation);
  if (seen.empty()) seen.insert(Rotation{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}});
  return {seen.begin(), seen.end()};
}

Metric reciprocal_metric(const std::array<double, 6>& cell) {
  const double ca = std::cos(cell[3] * pi / 180.0), cb = std::cos(cell[4] * pi / 180.0),
               cg = std::cos(cell[5] * pi / 180.0);
  const Metric direct{cell[0] * cell[0],      cell[1] * cell[1],      cell[2] * cell[2],
                      cell[1] * cell[2] * ca, cell[0] * cell[2] * cb, cell[0] * cell[1] * cg};
  const Metric reciprocal = inverse(direct);
  if (!(reciprocal[0] > 0.0) || !(cell[0] > 0.0) || !(cell[1] > 0.0) || !(cell[2] > 0.0)) {
    throw Error("E-XRD-121", "the unit cell has no volume", "",
                "check cell lengths and angles of the structure file");
  }
  return reciprocal;
}

std::array<double, 6> cell_of(const Metric& reciprocal) {
  const Metric direct = inverse(reciprocal);
  if (!(direct[0] > 0.0) || !(direct[1] > 0.0) || !(direct[2] > 0.0)) return {};
  const double a = std::sqrt(direct[0]), b = std::sqrt(direct[1]), c = std::sqrt(direct[2]);
  const auto angle = [](double cosine) {
    return std::acos(std::clamp(cosine, -1.0, 1.0)) * 180.0 / pi;
  };
  return {
      a, b, c, angle(direct[3] / (b * c)), angle(direct[4] / (a * c)), angle(direct[5] / (a * b))};
}

double cell_volume_angstrom3(const Metric& m) {
  const double det = m[0] * (m[1] * m[2] - m[3] * m[3]) - m[5] * (m[5] * m[2] - m[3] * m[4]) +
                     m[4] * (m[5] * m[3] - m[1] * m[4]);
  return det > 0.0 ? 1.0 / std::sqrt(det) : 0.0;
}

double inverse_d_squared(const Metric& m, const std::array<double, 3>& hkl) {
  const auto q = quadratic(hkl);
  double sum = 0.0;
  for (std::size_t i = 0; i < 6; ++i) sum += q[i] * m[i];
  return sum;
}

std::vector<Metric> cell_directions(const CrystalStructure& structure) {
  const auto rotations = point_group(structure);
  const Metric own = reciprocal_metric(structure.cell);
  // Layers turned at random: their net as a whole, and their distance.
  if (structure.turbostratic > 0) {
    return {{own[0], own[1], 0.0, 0.0, 0.0, own[5]}, {0.0, 0.0, own[2], 0.0, 0.0, 0.0}};
  }
  std::vector<Metric> directions;
  std::vector<Metric> orthogonal;  // of the directions kept, for the independence test
  for (std::size_t i = 0; i < 6; ++i) {
    Metric unit{};
    unit[i] = 1.0;
    // R' acts on reciprocal vectors as a row: h' = h R, so G* is invariant under R G* R'.
    Metric candidate = symmetrised(unit, rotations);
    Metric rest = candidate;
    for (const auto& o : orthogonal) {
      double dot = 0.0, norm = 0.0;
      for (std::size_t k = 0; k < 6; ++k) {
        dot += rest[k] * o[k];
        norm += o[k] * o[k];
      }
      for (std::size_t k = 0; k < 6; ++k) rest[k] -= dot / norm * o[k];
    }
    double size = 0.0;
    for (double v : rest) size += v * v;
    if (size < 1e-6) continue;
    orthogonal.push_back(rest);
    // Scale so that p = 0.01 changes the elements it moves by 1 % of their natural size.
    double scale = 0.0;
    for (int a = 0; a < 3; ++a) {
      for (int b = a; b < 3; ++b) {
        const double part = std::fabs(element_of(candidate, a, b));
        if (part < 1e-9) continue;
        const double natural = std::sqrt(element_of(own, a, a) * element_of(own, b, b));
        scale = scale == 0.0 ? natural / part : std::min(scale, natural / part);
      }
    }
    for (double& v : candidate) v *= scale;
    directions.push_back(candidate);
  }
  return directions;
}

std::vector<CellAtom> cell_atoms(const CrystalStructure& structure) {
  const Metric direct = inverse(reciprocal_metric(structure.cell));
  std::vector<CellAtom> atoms;
  for (std::size_t s = 0; s < structure.sites.size(); ++s) {
    const std::size_t first = atoms.size();
    auto operations = structure.operations;
    if (operations.empty()) {
      SymmetryOperation identity;
      identity.rotation = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
      operations.push_back(identity);
    }
    for (const auto& op : operations) {
      CellAtom atom{static_cast<int>(s), {}};
      for (std::size_t i = 0; i < 3; ++i) {
        double x = op.translation[i];
        for (std::size_t j = 0; j < 3; ++j) x += op.rotation[i][j] * structure.sites[s].fract[j];
        atom.fract[i] = x - std::floor(x);
      }
      const bool known = std::any_of(atoms.begin() + static_cast<std::ptrdiff_t>(first),
                                     atoms.end(), [&](const CellAtom& other) {
                                       std::array<double, 3> d{};
                                       for (std::size_t i = 0; i < 3; ++i) {
                                         d[i] = atom.fract[i] - other.fract[i];
                                         d[i] -= std::round(d[i]);
                                       }
                                       return inverse_d_squared(direct, d) < 0.05 * 0.05;
                                     });
      if (!known) atoms.push_back(atom);
    }
  }
  return atoms;
}

double cell_mass_g_per_mol(const CrystalStructure& structure) {
  double heavy = 0.0, hydrogen = 0.0;
  for (const auto& atom : cell_atoms(structure)) {
    const auto& site = structure.sites[static_cast<std::size_t>(atom.site)];
    const double mass = site.occupancy * atomic_weight_g_per_mol(site.element);
    (site.element == "H" || site.element == "D" ? hydrogen : heavy) += mass;
  }
  std::string formula;
  for (char c : structure.formula) {
    if (c != ' ' && c != '\'' && c != '"') formula += c;
  }
  if (!formula.empty() && heavy > 0.0) {
    try {
      double formula_heavy = 0.0, formula_hydrogen = 0.0;
      for (const auto& term : parse_formula(formula)) {
        const double mass = term.count * atomic_weight_g_per_mol(term.element);
        (term.element == "H" || term.element == "D" ? formula_hydrogen : formula_heavy) += mass;
      }
      if (formula_heavy > 0.0) {
        hydrogen = std::max(hydrogen, formula_hydrogen * heavy / formula_heavy);
      }
    } catch (const Error&) {
      // A formula nobody can parse says nothing about hydrogen; the sites stand.
    }
  }
  return heavy + hydrogen;
}

double layers_per_cell(const CrystalStructure& structure) {
  return std::max(1, structure.turbostratic);
}

double absorption_per_cm(const CrystalStructure& structure, const AtomicTables& tables,
                         double wavelength_angstrom) {
  double barn = 0.0;
  for (const auto& atom : cell_atoms(structure)) {
    const auto& site = structure.sites[static_cast<std::size_t>(atom.site)];
    barn += site.occupancy *
            attenuation_barn(tables, site.element, photon_energy_ev(wavelength_angstrom));
  }
  return barn * layers_per_cell(structure) /
         cell_volume_angstrom3(reciprocal_metric(structure.cell));
}

std::string too_many_reflections(const CrystalStructure& structure, double d_min_angstrom) {
  const double cubed = d_min_angstrom * d_min_angstrom * d_min_angstrom;
  const double sphere =
      4.0 / 3.0 * pi * cell_volume_angstrom3(reciprocal_metric(structure.cell)) / cubed;
  // A very oblique cell has few reflections in a large box of indices; walking it costs too.
  const double box = 8.0 * structure.cell[0] * structure.cell[1] * structure.cell[2] / cubed;
  const double count = std::max(sphere, box / 500.0);
  if (count <= static_cast<double>(max_reflections)) return "";
  char text[160];
  std::snprintf(text, sizeof text,
                ": about %.3g reflections with d above %.4g angstrom, at most %ld", count,
                d_min_angstrom, max_reflections);
  return structure.name + text;
}

std::vector<Ring> make_rings(const CrystalStructure& structure, const AtomicTables& tables,
                             const std::vector<EmissionLine>& lines, double d_min_angstrom,
                             const std::array<int, 3>& texture_axis) {
  const Metric own = reciprocal_metric(structure.cell);
  const std::string refusal = too_many_reflections(structure, d_min_angstrom);
  if (!refusal.empty()) {
    throw Error("E-XRD-122", refusal, structure.file,
                "lower two_theta_max, or check the wavelength", ExitCode::usage);
  }
  const auto rotations = point_group(structure);
  const auto directions = cell_directions(structure);
  const auto atoms = cell_atoms(structure);
  std::vector<LineFactors> factors;
  for (const auto& line : lines) {
    factors.push_back(line_factors(structure, tables, line.wavelength_angstrom));
  }
  const double limit = 1.0 / (d_min_angstrom * d_min_angstrom);
  Hkl most{};
  for (std::size_t i = 0; i < 3; ++i) {
    most[i] = static_cast<int>(std::ceil(structure.cell[i] / d_min_angstrom));
  }

  std::set<Hkl> done;
  std::map<std::array<long, 6>, Ring> rings;  // keyed by how 1/d^2 depends on the free parameters
  for (int h = -most[0]; h <= most[0]; ++h) {
    for (int k = -most[1]; k <= most[1]; ++k) {
      for (int l = -most[2]; l <= most[2]; ++l) {
        const Hkl hkl{h, k, l};
        const std::array<double, 3> real{static_cast<double>(h), static_cast<double>(k),
                                         static_cast<double>(l)};
        const double q = inverse_d_squared(own, real);
        if (hkl == Hkl{0, 0, 0} || q > limit || done.count(hkl) != 0) continue;
        // Of the basal rod the layers leave its orders alone; the others stay whole rods.
        const bool basal = structure.turbostratic > 0 && h == 0 && k == 0;
        if (basal && l % structure.turbostratic != 0) continue;
        std::set<Hkl> orbit;
        for (const auto& r : rotations) {
          const Hkl mate = times(hkl, r);
          orbit.insert(mate);
          orbit.insert({-mate[0], -mate[1], -mate[2]});
        }
        done.insert(orbit.begin(), orbit.end());
        if (absent(structure, hkl)) continue;
        const auto quad = quadratic(real);
        std::array<double, 6> slope{};
        std::array<long, 6> key{};
        for (std::size_t d = 0; d < directions.size(); ++d) {
          for (std::size_t i = 0; i < 6; ++i) slope[d] += quad[i] * directions[d][i];
          key[d] = std::lround(slope[d] / own[0] * 1e7);
        }
        Ring& ring = rings[key];
        if (ring.f2_sum.empty()) {
          ring.hkl = *orbit.rbegin();
          ring.inverse_d2 = q;
          ring.slope = slope;
          ring.f2_sum.assign(lines.size(), 0.0);
        }
        std::vector<double> f2(lines.size(), 0.0);
        const auto count = static_cast<double>(orbit.size());
        add_structure_factor(structure, tables, atoms, factors, hkl, q / 4.0,
                             basal ? count * structure.turbostratic : count, f2);
        ring.multiplicity += count;
        for (std::size_t i = 0; i < lines.size(); ++i) ring.f2_sum[i] += f2[i];
        if (f2[0] > 0.0) {
          ring.family.push_back(*orbit.rbegin());
          ring.family_share.push_back(f2[0]);
        }
      }
    }
  }
  double strongest = 0.0;
  for (const auto& [key, ring] : rings) strongest = std::max(strongest, ring.f2_sum[0]);
  std::vector<Ring> kept;
  for (auto& [key, ring] : rings) {
    if (ring.f2_sum[0] < 1e-7 * strongest) continue;
    double total = 0.0;
    for (double w : ring.family_share) total += w;
    for (double& w : ring.family_share) w /= total;
    kept.push_back(std::move(ring));
  }
  std::sort(kept.begin(), kept.end(),
            [](const Ring& a, const Ring& b) { return a.inverse_d2 < b.inverse_d2; });
  set_texture_axis(structure, texture_axis, kept);
  return kept;
}

void set_texture_axis(const CrystalStructure& structure, const std::array<int, 3>& texture_axis,
                      std::vector<Ring>& rings) {
  const bool has_axis = texture_axis != Hkl{0, 0, 0};
  const Metric own = reciprocal_metric(structure.cell);
  const auto rotations = point_group(structure);
  const std::array<double, 3> axis{static_cast<double>(texture_axis[0]),
                                   static_cast<double>(texture_axis[1]),
                                   static_cast<double>(texture_axis[2])};
  const double axis2 = has_axis ? inverse_d_squared(own, axis) : 1.0;
  for (auto& ring : rings) {
    ring.cos2.clear();
    ring.weight.clear();
    for (std::size_t f = 0; has_axis && f < ring.family.size(); ++f) {
      std::set<Hkl> orbit;
      for (const auto& r : rotations) {
        const Hkl mate = times(ring.family[f], r);
        orbit.insert(std::max(mate, Hkl{-mate[0], -mate[1], -mate[2]}));  // one of a Friedel pair
      }
      for (const auto& mate : orbit) {
        const std::array<double, 3> m{static_cast<double>(mate[0]), static_cast<double>(mate[1]),
                                      static_cast<double>(mate[2])};
        // Polarised form of h' G* a: (|h+a|^2 - |h-a|^2) / 4.
        std::array<double, 3> sum{}, difference{};
        for (std::size_t i = 0; i < 3; ++i) {
          sum[i] = m[i] + axis[i];
          difference[i] = m[i] - axis[i];
        }
        const double dot = (inverse_d_squared(own, sum) - inverse_d_squared(own, difference)) / 4.0;
        const double cos2 = std::clamp(dot * dot / (inverse_d_squared(own, m) * axis2), 0.0, 1.0);
        const double weight = ring.family_share[f] / static_cast<double>(orbit.size());
        std::size_t at = 0;
        while (at < ring.cos2.size() && std::fabs(ring.cos2[at] - cos2) > 1e-9) ++at;
        if (at == ring.cos2.size()) {
          ring.cos2.push_back(cos2);
          ring.weight.push_back(0.0);
        }
        ring.weight[at] += weight;
      }
    }
  }
}

int scattering_charge(const CrystalStructure& structure, const AtomSite& site) {
  if (site.charge != 0 || site.element != "O") return site.charge;
  static const std::set<std::string> covalent{"B", "C", "N", "Si", "P", "S", "Cl", "V", "As", "Se"};
  for (const auto& other : structure.sites) {
    if (covalent.count(other.element) != 0) return 0;
  }
  return -2;
}

double structure_factor_squared(const CrystalStructure& structure, const AtomicTables& tables,
                                double wavelength_angstrom, const std::array<int, 3>& hkl) {
  std::vector<double> f2(1, 0.0);
  const std::array<double, 3> real{static_cast<double>(hkl[0]), static_cast<double>(hkl[1]),
                                   static_cast<double>(hkl[2])};
  const double s2 = inverse_d_squared(reciprocal_metric(structure.cell), real) / 4.0;
  add_structure_factor(structure, tables, cell_atoms(structure),
                       {line_factors(structure, tables, wavelength_angstrom)}, hkl, s2, 1.0, f2);
  return f2[0];
}

std::array<int, 3> obvious_texture_axis(const CrystalStructure& structure) {
  // c is singled out when the metric ties a to b but not c to a: rotations of order 3, 4 or 6
  // about c, none of order 3 about a body diagonal.
  bool high_order_c = false;
  for (const auto& r : point_group(structure)) {
    const int trace = r[0][0] + r[1][1] + r[2][2];
    const bool about_c = r[0][2] == 0 && r[1][2] == 0 && r[2][0] == 0 && r[2][1] == 0;
    const int determinant = r[0][0] * (r[1][1] * r[2][2] - r[1][2] * r[2][1]) -
                            r[0][1] * (r[1][0] * r[2][2] - r[1][2] * r[2][0]) +
                            r[0][2] * (r[1][0] * r[2][1] - r[1][1] * r[2][0]);
    const int proper_trace = trace * determinant;  // 3, -1, 0, 1, 2 for orders 1, 2, 3, 4, 6
    const bool high_order = proper_trace == 0 || proper_trace == 1 || proper_trace == 2;
    if (high_order && !about_c) return {0, 0, 0};
    high_order_c = high_order_c || high_order;
  }
  return high_order_c ? std::array<int, 3>{0, 0, 1} : std::array<int, 3>{0, 0, 0};
}

std::vector<std::array<int, 3>> texture_axes(const CrystalStructure& structure) {
  if (obvious_texture_axis(structure) != Hkl{0, 0, 0}) {
    // Calcite and its kin: rhombohedral (centred), c/a near 3.4.
    const bool centred = std::any_of(
        structure.operations.begin(), structure.operations.end(), [](const SymmetryOperation& op) {
          const Rotation one{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
          return op.rotation == one && std::fabs(op.translation[2]) > 0.01;
        });
    const double ratio = structure.cell[2] / structure.cell[0];
    if (centred && ratio > 3.1 && ratio < 3.6) return {{0, 0, 1}, {1, 0, 4}};
    return {{0, 0, 1}};
  }
  const auto rotations = point_group(structure);
  std::set<Hkl> seen;
  std::vector<Hkl> axes;
  for (const Hkl& edge : {Hkl{0, 0, 1}, Hkl{0, 1, 0}, Hkl{1, 0, 0}}) {
    if (seen.count(edge) != 0) return {};  // edges that are equivalent: a cubic phase
    for (const auto& r : rotations) {
      const Hkl mate = times(edge, r);
      seen.insert(std::max(mate, Hkl{-mate[0], -mate[1], -mate[2]}));
    }
    axes.push_back(edge);
  }
  return axes;
}

}  // namespace gadolin::diffraction
