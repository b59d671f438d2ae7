#include "models/diffraction/closure.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <Eigen/Dense>

#include "kernels/numeric/special_functions.hpp"
#include "models/core/element.hpp"
#include "models/diffraction/atomic.hpp"
#include "models/diffraction/reflections.hpp"

namespace gadolin::diffraction {

namespace {

/// One lanthanide stands for another on its site, and yttrium for the heavy ones: a structure says
/// how many atoms of rare earths it holds, not which.
bool is_exchangeable(const std::string& element) {
  return is_rare_earth(element) && element != "Sc";
}

/// Sums the exchangeable rare earths by mole to one entry, as grams of the assay's own mixture.
void pool(std::vector<ElementContent>& list, double grams_per_mol) {
  ElementContent sum{"rare earths", 0.0, 0.0};
  std::vector<ElementContent> kept;
  for (const auto& part : list) {
    if (!is_exchangeable(part.element)) {
      kept.push_back(part);
      continue;
    }
    const double factor = grams_per_mol / atomic_weight_g_per_mol(part.element);
    sum.mass_fraction += factor * part.mass_fraction;
    sum.u = std::hypot(sum.u, factor * part.u);
  }
  if (sum.mass_fraction > 0.0 && grams_per_mol > 0.0) kept.push_back(sum);
  list = std::move(kept);
}

/// Mean molar mass of an assay's rare earths; 0 where La, Ce or Nd is missing, so that their sum is
/// not known.
double rare_earth_grams_per_mol(const std::vector<ElementContent>& assay) {
  double grams = 0.0, moles = 0.0;
  int light = 0;
  for (const auto& part : assay) {
    if (!is_exchangeable(part.element) || !(part.u > 0.0)) continue;
    light += part.element == "La" || part.element == "Ce" || part.element == "Nd" ? 1 : 0;
    grams += part.mass_fraction;
    moles += part.mass_fraction / atomic_weight_g_per_mol(part.element);
  }
  return light == 3 && moles > 0.0 ? grams / moles : 0.0;
}

}  // namespace

std::vector<ElementContent> composition(const CrystalStructure& structure) {
  std::map<std::string, double> mass;
  double total = 0.0;
  for (const auto& atom : cell_atoms(structure)) {
    const auto& site = structure.sites[static_cast<std::size_t>(atom.site)];
    const std::string element = site.element == "D" ? "H" : site.element;
    const double grams = site.occupancy * atomic_weight_g_per_mol(element);
    mass[element] += grams;
    total += grams;
  }
  const double cell = cell_mass_g_per_mol(structure);
  if (cell > total * (1.0 + 1e-9)) mass["H"] += cell - total;
  std::vector<ElementContent> list;
  for (const auto& [element, grams] : mass) {
    list.push_back({element, grams / std::max(cell, total), 0.0});
  }
  return list;
}

ElementContent mass_absorption(const std::vector<ElementContent>& assay, const AtomicTables& tables,
                               double wavelength_angstrom) {
  constexpr double avogadro_barn = 0.602214076;  // cm^2 per mol and barn
  const auto per_gram = [&](const std::string& element) {
    return avogadro_barn *
           attenuation_barn(tables, element, photon_energy_ev(wavelength_angstrom)) /
           atomic_weight_g_per_mol(element);
  };
  ElementContent out{"mass absorption", 0.0, 0.0};
  double stated = 0.0, variance = 0.0;
  const double oxygen = per_gram("O");
  bool has_oxygen = false;
  for (const auto& element : assay) {
    const double mu = per_gram(element.element);
    out.mass_fraction += element.mass_fraction * mu;
    stated += element.mass_fraction;
    has_oxygen = has_oxygen || element.element == "O";
    variance += std::pow((mu - oxygen) * element.u, 2);
  }
  if (!has_oxygen && stated < 1.0) out.mass_fraction += (1.0 - stated) * oxygen;
  out.u = std::sqrt(variance);
  return out;
}

ClosureResult close_against_assay(const PatternResult& result,
                                  std::vector<std::vector<ElementContent>> compositions,
                                  std::vector<ElementContent> assay) {
  ClosureResult out;
  if (!has_numbers(result) || compositions.size() != result.phases.size()) return out;
  const double rare_earth = rare_earth_grams_per_mol(assay);
  pool(assay, rare_earth);
  for (auto& phase : compositions) pool(phase, rare_earth);
  const auto n = static_cast<Eigen::Index>(result.phases.size());
  Eigen::VectorXd w(n);
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(n, n);
  const AbsoluteResult* absolute = nullptr;
  for (const auto& one : result.quantification.absolute) {
    if (!one.parts.empty() && absolute == nullptr) absolute = &one;
  }
  for (Eigen::Index p = 0; p < n; ++p) {
    const auto a = static_cast<std::size_t>(p);
    w[p] = absolute != nullptr ? 0.0 : result.phases[a].weight_fraction;
    for (Eigen::Index q = 0; q < n && absolute == nullptr; ++q) {
      covariance(p, q) =
          result.covariance_total[a * static_cast<std::size_t>(n) + static_cast<std::size_t>(q)];
    }
  }
  if (absolute != nullptr) {  // by name: the standard itself is no part of the sample
    const std::size_t m = absolute->parts.size();
    std::vector<Eigen::Index> place(m, -1);
    for (std::size_t k = 0; k < m; ++k) {
      for (Eigen::Index p = 0; p < n; ++p) {
        if (result.phases[static_cast<std::size_t>(p)].name == absolute->parts[k].name) {
          place[k] = p;
          w[p] = absolute->parts[k].weight_fraction;
        }
      }
    }
    for (std::size_t k = 0; k < m; ++k) {
      for (std::size_t l = 0; l < m; ++l) {
        if (place[k] >= 0 && place[l] >= 0) {
          covariance(place[k], place[l]) = absolute->covariance_total[k * m + l];
        }
      }
    }
  }
  std::vector<const ElementContent*> compared;
  for (const auto& element : assay) {
    bool any = false;
    for (const auto& phase : compositions) {
      for (const auto& part : phase) any = any || part.element == element.element;
    }
    if (element.u > 0.0 && any) compared.push_back(&element);
  }
  const auto m = static_cast<Eigen::Index>(compared.size());
  if (m == 0) return out;
  Eigen::MatrixXd c = Eigen::MatrixXd::Zero(m, n);
  Eigen::VectorXd stated(m), u2(m);
  for (Eigen::Index e = 0; e < m; ++e) {
    const auto& element = *compared[static_cast<std::size_t>(e)];
    stated[e] = element.mass_fraction;
    u2[e] = element.u * element.u;
    for (Eigen::Index p = 0; p < n; ++p) {
      for (const auto& part : compositions[static_cast<std::size_t>(p)]) {
        if (part.element == element.element) c(e, p) += part.mass_fraction;
      }
    }
  }
  const Eigen::VectorXd predicted = c * w;
  const Eigen::MatrixXd own = c * covariance * c.transpose();
  const Eigen::MatrixXd v = own + Eigen::MatrixXd(u2.asDiagonal());
  const Eigen::LDLT<Eigen::MatrixXd> solver(v);
  const Eigen::VectorXd difference = stated - predicted;
  out.chi_square = difference.dot(solver.solve(difference));
  out.degrees_of_freedom = static_cast<int>(m);
  out.p_value = chi_square_upper_tail(out.chi_square, static_cast<double>(m));
  for (Eigen::Index e = 0; e < m; ++e) {
    const auto& element = *compared[static_cast<std::size_t>(e)];
    out.elements.push_back({element.element, predicted[e], std::sqrt(std::max(0.0, own(e, e))),
                            element.mass_fraction, element.u});
  }
  const Eigen::MatrixXd gain =
      covariance * c.transpose() * solver.solve(Eigen::MatrixXd::Identity(m, m));
  const Eigen::VectorXd joint = w + gain * difference;
  const Eigen::MatrixXd left = covariance - gain * c * covariance;
  for (Eigen::Index p = 0; p < n; ++p) {
    out.joint_weight_fraction.push_back(joint[p]);
    out.u_joint.push_back(std::sqrt(std::max(0.0, left(p, p))));
  }
  return out;
}

}  // namespace gadolin::diffraction
