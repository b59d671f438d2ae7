#include "models/diffraction/check_structure.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "models/diffraction/reflections.hpp"

namespace gadolin::diffraction {

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr double gram_per_cm3 = 1.66053907;  // of 1 g/mol in 1 angstrom^3
constexpr double merge = 0.0012;             // relative in d

template <typename... Args>
std::string text_of(const char* format, Args... args) {
  char text[240];
  std::snprintf(text, sizeof text, format, args...);
  return text;
}

bool is_anion(const std::string& element) {
  return element == "O" || element == "F" || element == "Cl";
}

/// Least distance [angstrom] two atoms may have.
double least_distance(const std::string& one, const std::string& other, bool metal) {
  if (one == "H" || other == "H") return 0.70;
  if (metal) return 1.55;
  if (is_anion(one) && is_anion(other)) return 2.10;
  if (is_anion(one) || is_anion(other)) {
    static const std::map<std::string, double> shortest = {{"C", 1.20},  {"P", 1.42}, {"Si", 1.53},
                                                           {"S", 1.40},  {"B", 1.30}, {"N", 1.15},
                                                           {"Al", 1.57}, {"V", 1.55}};
    const auto found = shortest.find(is_anion(one) ? other : one);
    return found == shortest.end() ? 1.65 : found->second;
  }
  return one == "S" && other == "S" ? 2.00 : 2.20;
}

/// Cartesian from fractional, upper triangular.
struct Axes {
  explicit Axes(const std::array<double, 6>& cell) {
    const double ca = std::cos(cell[3] * pi / 180.0), cb = std::cos(cell[4] * pi / 180.0),
                 cg = std::cos(cell[5] * pi / 180.0), sg = std::sin(cell[5] * pi / 180.0);
    a = cell[0];
    bx = cell[1] * cg;
    by = cell[1] * sg;
    cx = cell[2] * cb;
    cy = cell[2] * (ca - cb * cg) / sg;
    cz = std::sqrt(std::max(0.0, cell[2] * cell[2] - cx * cx - cy * cy));
  }
  double length(double x, double y, double z) const {
    return std::hypot(a * x + bx * y + cx * z, by * y + cy * z, cz * z);
  }
  double a, bx, by, cx, cy, cz;
};

void check_distances(const CrystalStructure& structure, const std::vector<CellAtom>& atoms,
                     StructureCheck& check) {
  const Axes axes(structure.cell);
  const bool metal =
      std::none_of(structure.sites.begin(), structure.sites.end(),
                   [](const auto& s) { return is_anion(s.element) || s.element == "S"; });
  std::map<std::pair<std::string, std::string>, SiteDistance> shortest;
  std::map<std::string, SiteDistance> too_short;
  std::vector<bool> done(structure.sites.size(), false);
  for (const auto& centre : atoms) {
    const auto site = static_cast<std::size_t>(centre.site);
    if (done[site]) continue;  // one copy of a site sees what every copy sees
    done[site] = true;
    const auto& one = structure.sites[site];
    for (const auto& atom : atoms) {
      const auto& other = structure.sites[static_cast<std::size_t>(atom.site)];
      for (int cell = 0; cell < 27; ++cell) {
        const double length = axes.length(atom.fract[0] + cell / 9 - 1 - centre.fract[0],
                                          atom.fract[1] + cell / 3 % 3 - 1 - centre.fract[1],
                                          atom.fract[2] + cell % 3 - 1 - centre.fract[2]);
        if (length < 0.02 || length > 4.0) continue;
        if (one.occupancy + other.occupancy <= 1.05) continue;  // never there together
        const SiteDistance distance{one.label, other.label, length};
        const auto pair = std::minmax(one.element, other.element);
        const auto [at, fresh] = shortest.emplace(
            std::pair<std::string, std::string>(pair.first, pair.second), distance);
        if (!fresh && length < at->second.angstrom) at->second = distance;
        if (length < least_distance(one.element, other.element, metal)) {
          const auto key = std::min(one.label + "-" + other.label, other.label + "-" + one.label);
          const auto [slot, first] = too_short.emplace(key, distance);
          if (!first && length < slot->second.angstrom) slot->second = distance;
        }
      }
    }
  }
  for (const auto& [pair, distance] : shortest) check.shortest.push_back(distance);
  std::stable_sort(check.shortest.begin(), check.shortest.end(),
                   [](const auto& a, const auto& b) { return a.angstrom < b.angstrom; });
  for (const auto& [key, distance] : too_short) {
    check.faults.push_back(text_of("%s and %s are %.2f angstrom apart", distance.one.c_str(),
                                   distance.other.c_str(), distance.angstrom));
  }
}

double count_of(const std::vector<FormulaTerm>& terms, const std::string& element) {
  double count = 0.0;
  for (const auto& term : terms) {
    if (term.element == element) count += term.count;
  }
  return count;
}

void check_content(const CrystalStructure& structure, const std::vector<CellAtom>& atoms,
                   double stated_units, StructureCheck& check) {
  for (const auto& site : structure.sites) {
    if (count_of(check.content, site.element) == 0.0 &&
        std::none_of(check.content.begin(), check.content.end(),
                     [&](const auto& term) { return term.element == site.element; })) {
      check.content.push_back({site.element, 0.0});
    }
  }
  for (const auto& atom : atoms) {
    const auto& site = structure.sites[static_cast<std::size_t>(atom.site)];
    for (auto& term : check.content) {
      if (term.element == site.element) term.count += site.occupancy;
    }
  }
  std::vector<FormulaTerm> formula;
  try {
    formula = parse_formula(structure.formula);
  } catch (const Error& error) {
    check.faults.push_back("formula not understood: " + error.text());
    return;
  }
  double cell_mass = 0.0, formula_mass = 0.0;
  for (const auto& term : check.content) {
    if (term.element != "H") cell_mass += term.count * atomic_weight_g_per_mol(term.element);
  }
  for (const auto& term : formula) {
    if (term.element != "H" && term.element != "D") {
      formula_mass += term.count * atomic_weight_g_per_mol(term.element);
    }
  }
  if (!(formula_mass > 0.0)) return;
  check.formula_units = stated_units > 0.0 ? stated_units : cell_mass / formula_mass;
  if (stated_units <= 0.0) {  // content and formula alike up to a whole number of formulas
    const double whole = std::round(check.formula_units);
    if (whole >= 1.0 && std::fabs(check.formula_units - whole) < 0.05 * whole) {
      check.formula_units = whole;
    }
  }
  std::vector<std::string> elements;
  for (const auto& term : check.content) elements.push_back(term.element);
  for (const auto& term : formula) elements.push_back(term.element);
  std::sort(elements.begin(), elements.end());
  elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
  for (const auto& element : elements) {
    if (element == "H" || element == "D") continue;
    const double have = count_of(check.content, element);
    const double want = check.formula_units * count_of(formula, element);
    if (std::fabs(have - want) > std::max(0.06 * want, 0.06)) {
      check.faults.push_back(text_of("%.2f %s in the cell, but %g x %s has %.2f", have,
                                     element.c_str(), check.formula_units,
                                     structure.formula.substr(0, 80).c_str(), want));
    }
  }
}

}  // namespace

std::vector<PatternLine> pattern_lines(const CrystalStructure& structure,
                                       const AtomicTables& tables, double wavelength_angstrom,
                                       double two_theta_max_deg, double polarisation_k) {
  const double least = wavelength_angstrom / 2.0 / std::sin(two_theta_max_deg * pi / 360.0);
  const auto rings =
      make_rings(structure, tables, {{wavelength_angstrom, 1.0}}, least, std::array<int, 3>{});
  struct Single {
    double d, intensity;
  };
  std::vector<Single> singles;
  for (const auto& ring : rings) {
    const double d = 1.0 / std::sqrt(ring.inverse_d2);
    const double theta = std::asin(std::min(1.0, wavelength_angstrom / 2.0 / d));
    const double cosine = std::cos(2.0 * theta);
    const double polarisation = (1.0 - polarisation_k) + polarisation_k * cosine * cosine;
    singles.push_back(
        {d, ring.f2_sum[0] * polarisation / (std::sin(theta) * std::sin(theta) * std::cos(theta))});
  }
  std::vector<PatternLine> lines;
  double strongest = 0.0;
  for (std::size_t i = 0; i < rings.size();) {
    PatternLine line;
    double weighted = 0.0, best = -1.0;
    std::size_t j = i;
    for (; j < rings.size() && (j == i || singles[j - 1].d - singles[j].d < merge * singles[j].d);
         ++j) {
      line.relative_intensity += singles[j].intensity;
      line.multiplicity += rings[j].multiplicity;
      weighted += singles[j].d * singles[j].intensity;
      if (singles[j].intensity > best) {
        best = singles[j].intensity;
        line.hkl = rings[j].hkl;
      }
    }
    if (line.relative_intensity > 0.0) {
      line.d_angstrom = weighted / line.relative_intensity;
      line.two_theta_deg =
          360.0 / pi * std::asin(std::min(1.0, wavelength_angstrom / 2.0 / line.d_angstrom));
      strongest = std::max(strongest, line.relative_intensity);
      lines.push_back(line);
    }
    i = j;
  }
  for (auto& line : lines) line.relative_intensity *= 100.0 / strongest;
  return lines;
}

StructureCheck check_structure(const CrystalStructure& structure, const AtomicTables& tables,
                               const StructureStatement& stated) {
  StructureCheck check;
  const auto atoms = cell_atoms(structure);
  check.volume_angstrom3 = cell_volume_angstrom3(reciprocal_metric(structure.cell));
  check_content(structure, atoms, stated.formula_units, check);
  check.density_g_per_cm3 = cell_mass_g_per_mol(structure) * layers_per_cell(structure) *
                            gram_per_cm3 / check.volume_angstrom3;
  check_distances(structure, atoms, check);
  if (stated.density_g_per_cm3 > 0.0 &&
      std::fabs(check.density_g_per_cm3 - stated.density_g_per_cm3) >
          0.035 * stated.density_g_per_cm3) {
    check.faults.push_back(text_of("density %.3f g/cm3, stated %.3f", check.density_g_per_cm3,
                                   stated.density_g_per_cm3));
  }
  check.lines_stated = static_cast<int>(stated.line_d_angstrom.size());
  if (check.lines_stated > 0) {
    const double least =
        *std::min_element(stated.line_d_angstrom.begin(), stated.line_d_angstrom.end());
    const double sine = std::min(0.98, stated.line_wavelength_angstrom / 2.0 / (0.99 * least));
    const auto lines = pattern_lines(structure, tables, stated.line_wavelength_angstrom,
                                     360.0 / pi * std::asin(sine));
    for (const double d : stated.line_d_angstrom) {
      const bool there = std::any_of(lines.begin(), lines.end(), [&](const PatternLine& line) {
        return std::fabs(line.d_angstrom - d) < 2e-3 * d && line.relative_intensity > 1.0;
      });
      check.lines_found += there;
      if (!there) check.faults.push_back(text_of("no line at d = %.4f angstrom", d));
    }
  }
  return check;
}

}  // namespace gadolin::diffraction
