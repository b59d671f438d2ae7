#pragma once

#include <string>

#include "models/diffraction/types.hpp"

/// Scattering and absorption of one atom, looked up in AtomicTables.
namespace gadolin::diffraction {

/// Photon energy [eV] of a wavelength [angstrom]: 12398.42 / lambda.
double photon_energy_ev(double wavelength_angstrom);

/// f0 [electrons] at s2 = (sin(theta)/lambda)^2 [1/angstrom^2]; an ion the table lacks falls back
/// to its neutral atom, deuterium to H. throws Error E-XRD-120 if the element is not in the table
double form_factor(const AtomicTables& tables, const std::string& element, int charge, double s2);

struct Dispersion {
  double f_prime = 0.0, f_double_prime = 0.0;  ///< electrons
  bool known = true;        ///< false: outside the table, 0 was taken (always so for H and He)
  double edge_distance_ev;  ///< to the nearest absorption edge in the table; 1e9 if none
};
/// Linear interpolation in energy. Within 50 eV of an edge the value is not usable to better than
/// several electrons; edge_distance_ev tells.
Dispersion dispersion(const AtomicTables& tables, const std::string& element, double energy_ev);

/// Total cross section [barn per atom], log-log interpolation; 0 if the table lacks it.
double attenuation_barn(const AtomicTables& tables, const std::string& element, double energy_ev);

}  // namespace gadolin::diffraction
