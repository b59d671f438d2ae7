#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "models/separation/types.hpp"

/// Circuits the separation tests share.
namespace gadolin::test {

/// One bank whose D does not depend on anything: empirical lines without slope; aqueous feed of
/// 1e-3 mol/L each at stage N, clean solvent at stage 1.
inline separation::Circuit constant_d_circuit(const std::vector<double>& d, int stages,
                                              double aqueous, double organic,
                                              std::vector<std::string> names = {}) {
  using namespace separation;
  Circuit circuit;
  circuit.name = "constant D";
  for (std::size_t k = 0; k < d.size(); ++k) {
    Species s;
    s.name = names.empty() ? "M" + std::to_string(k) : names[k];
    s.law = DistributionLaw::empirical_line;
    s.line.intercept = std::log10(d[k]);
    s.evidence = EvidenceClass::derived;
    circuit.species.push_back(s);
  }
  Bank bank;
  bank.name = "bank";
  bank.stages = stages;
  bank.aqueous_in = {aqueous, std::vector<double>(d.size(), 1e-3), 0.1, 0.0};
  bank.organic_in = {organic, std::vector<double>(d.size(), 0.0), 0.5};
  circuit.banks.push_back(bank);
  return circuit;
}

/// A binary pair with K ratio beta in one bank of equal flows, both metals in both inlets. Charge
/// and extractant totals are the same in both inlets of each phase: Q = 0.3, C = 0.5 mol/L.
inline separation::Circuit binary_circuit(double beta, int stages, double aqueous_a,
                                          double aqueous_b, double organic_a, double organic_b) {
  using namespace separation;
  Circuit circuit;
  circuit.name = "binary";
  for (int k = 0; k < 2; ++k) {
    Species s;
    s.name = k == 0 ? "Nd" : "Pr";
    s.log10_k = (k == 0 ? 0.5 : -0.5) * std::log10(beta) - 1.0;
    circuit.species.push_back(s);
  }
  Bank bank;
  bank.name = "bank";
  bank.stages = stages;
  bank.aqueous_in = {1.0, {aqueous_a, aqueous_b}, 0.3 - 3.0 * (aqueous_a + aqueous_b), 0.0};
  bank.organic_in = {1.0, {organic_a, organic_b}, 0.5 - 3.0 * (organic_a + organic_b)};
  circuit.banks.push_back(bank);
  return circuit;
}

}  // namespace gadolin::test
