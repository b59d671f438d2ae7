#include "models/diffraction/atomic.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace gadolin::diffraction {

namespace {

std::string ion_name(const std::string& element, int charge) {
  if (charge == 0) return element;
  return element + std::to_string(std::abs(charge)) + (charge > 0 ? "+" : "-");
}

std::string table_element(const std::string& element) {
  return element == "D" || element == "T" ? "H" : element;
}

/// Index i with energy[i] <= e < energy[i + 1], or -1 outside.
std::ptrdiff_t interval(const AtomicTables::EnergyTable& table, double energy_ev) {
  const auto& grid = table.energy_ev;
  if (grid.size() < 2 || energy_ev < grid.front() || energy_ev > grid.back()) return -1;
  const auto above = std::upper_bound(grid.begin(), grid.end(), energy_ev);
  return std::min<std::ptrdiff_t>(above - grid.begin(),
                                  static_cast<std::ptrdiff_t>(grid.size()) - 1) -
         1;
}

}  // namespace

double photon_energy_ev(double wavelength_angstrom) { return 12398.42 / wavelength_angstrom; }

double form_factor(const AtomicTables& tables, const std::string& element, int charge, double s2) {
  const std::string name = table_element(element);
  auto found = tables.form_factors.find(ion_name(name, charge));
  if (found == tables.form_factors.end()) found = tables.form_factors.find(name);
  if (found == tables.form_factors.end()) {
    throw Error("E-XRD-120", "no atomic form factor for element '" + element + "'", "",
                "check the atom types of the structure file");
  }
  double f = found->second.c;
  for (std::size_t i = 0; i < 5; ++i) f += found->second.a[i] * std::exp(-found->second.b[i] * s2);
  return f;
}

Dispersion dispersion(const AtomicTables& tables, const std::string& element, double energy_ev) {
  Dispersion result;
  result.edge_distance_ev = 1e9;
  const std::string name = table_element(element);
  const auto found = tables.dispersion.find(name);
  if (found == tables.dispersion.end()) {
    result.known = name == "H" || name == "He";
    return result;
  }
  const auto& table = found->second;
  const auto i = interval(table, energy_ev);
  if (i < 0) {
    result.known = false;
    return result;
  }
  const auto k = static_cast<std::size_t>(i);
  const double t = (energy_ev - table.energy_ev[k]) / (table.energy_ev[k + 1] - table.energy_ev[k]);
  result.f_prime = table.first[k] + t * (table.first[k + 1] - table.first[k]);
  result.f_double_prime = table.second[k] + t * (table.second[k + 1] - table.second[k]);
  // f'' falls smoothly with energy except where it jumps up: an edge.
  for (std::size_t j = 0; j + 1 < table.energy_ev.size(); ++j) {
    if (table.second[j + 1] > 1.05 * table.second[j] + 0.05) {
      const double low = table.energy_ev[j], high = table.energy_ev[j + 1];
      const double distance = energy_ev < low    ? low - energy_ev
                              : energy_ev > high ? energy_ev - high
                                                 : 0.0;
      result.edge_distance_ev = std::min(result.edge_distance_ev, distance);
    }
  }
  return result;
}

double attenuation_barn(const AtomicTables& tables, const std::string& element, double energy_ev) {
  const auto found = tables.attenuation.find(table_element(element));
  if (found == tables.attenuation.end()) return 0.0;
  const auto& table = found->second;
  const auto i = interval(table, energy_ev);
  if (i < 0) return 0.0;
  const auto k = static_cast<std::size_t>(i);
  const double t = std::log(energy_ev / table.energy_ev[k]) /
                   std::log(table.energy_ev[k + 1] / table.energy_ev[k]);
  return table.second[k] * std::pow(table.second[k + 1] / table.second[k], t);
}

}  // namespace gadolin::diffraction
