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

/// Extraction-scrub and strip, closed loop, saponified: La, Nd, Dy and Na.
inline separation::Circuit closed_saponified_circuit() {
  using namespace separation;
  Circuit circuit;
  circuit.name = "closed";
  const char* names[] = {"La", "Nd", "Dy"};
  const double log10_k[] = {-3.2, -1.6, 0.9};
  for (int k = 0; k < 3; ++k) {
    Species s;
    s.name = names[k];
    s.molar_mass_g_per_mol = 145.0;
    s.log10_k = log10_k[k];
    circuit.species.push_back(s);
  }
  Species na;
  na.name = "Na";
  na.protons = 1.0;
  na.dimers = 0.5;
  na.log10_k = -4.0;
  circuit.species.push_back(na);
  Bank extraction;
  extraction.name = "extraction-scrub";
  extraction.stages = 8;
  extraction.organic_in = {10.0, {0.0, 0.0, 0.0, 2.0 * 0.3 * 0.5}, 0.7 * 0.5};
  extraction.aqueous_in = {1.5, {0.0, 0.0, 0.0, 0.0}, 1.0, 0.0};
  StageFeed feed;
  feed.name = "feed";
  feed.stage = 5;
  feed.aqueous = {5.0, {0.1, 0.1, 0.02, 0.0}, 0.01, 0.0};
  extraction.feeds.push_back(feed);
  Bank strip;
  strip.name = "strip";
  strip.stages = 4;
  strip.organic_from_previous = true;
  strip.aqueous_in = {3.0, {0.0, 0.0, 0.0, 0.0}, 3.0, 0.0};
  circuit.banks = {extraction, strip};
  circuit.organic_loop_closed = true;
  circuit.regeneration = {0.001, 0.3, "Na"};
  return circuit;
}

/// The same with SIT activities, complexes of chloride, sulfate and fluoride and a salt in the
/// feed. The constants are of the right size and no more.
inline separation::Circuit with_chemistry(separation::Circuit circuit) {
  using namespace separation;
  circuit.chemistry.activity = ActivityChoice::sit;
  circuit.chemistry.complexes = true;
  const auto interacts = [&](const std::string& cation, double eps) {
    IonInteraction i;
    i.cation = cation;
    i.eps = eps;
    i.has_sit = true;
    circuit.chemistry.interactions.push_back(i);
  };
  interacts("H", 0.12);
  interacts("salt", 0.03);
  for (const Species& s : circuit.species) {
    interacts(s.name, s.protons > 1.0 ? 0.23 : 0.03);
    if (s.protons < 2.0) continue;
    circuit.chemistry.aqueous_complexes.push_back({s.name, "chloride", 1.0, 0.3, {}, ""});
    circuit.chemistry.aqueous_complexes.push_back({s.name, "sulfate", 1.0, 3.6, {}, ""});
    circuit.chemistry.aqueous_complexes.push_back({s.name, "fluoride", 1.0, 3.9, {}, ""});
  }
  AqueousStream& feed = circuit.banks.front().feeds.front().aqueous;
  feed.salt_molar = 0.3;
  feed.sulfate_molar = 0.05;
  feed.fluoride_molar = 1e-3;
  return circuit;
}

/// Praseodymium and neodymium with a solvating extractant from nitrate, whose acid is a species.
inline separation::Circuit solvating_circuit() {
  using namespace separation;
  Circuit circuit;
  circuit.name = "solvating";
  circuit.extractant.basis = ExtractantBasis::formal_monomer;
  circuit.chemistry.medium = "nitrate";
  const char* names[] = {"Pr", "Nd"};
  for (int k = 0; k < 2; ++k) {
    Species s;
    s.name = names[k];
    s.molar_mass_g_per_mol = 142.0;
    s.protons = 0.0;
    s.dimers = 3.0;
    s.basis = ExtractantBasis::formal_monomer;
    s.log10_k = -1.2 + 0.3 * k;
    s.ligand_exponent = 3.0;
    s.charge = 3.0;
    circuit.species.push_back(s);
  }
  Species acid;
  acid.name = "HNO3";
  acid.molar_mass_g_per_mol = 63.0;
  acid.protons = 0.0;
  acid.dimers = 1.0;
  acid.basis = ExtractantBasis::formal_monomer;
  acid.log10_k = -0.8;
  acid.ligand_exponent = 1.0;
  acid.is_acid = true;
  circuit.species.push_back(acid);
  Bank bank;
  bank.name = "extraction";
  bank.stages = 5;
  bank.organic_in = {3.0, {0.0, 0.0, 0.0}, 1.5};
  bank.aqueous_in = {1.0, {0.2, 0.3, 0.5}, 0.0, 0.0};
  bank.aqueous_in.salt_molar = 2.0;
  circuit.banks.push_back(bank);
  return circuit;
}

}  // namespace gadolin::test
