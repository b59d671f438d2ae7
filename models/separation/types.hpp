#pragma once

#include <string>
#include <vector>

#include "kernels/exec/item_status.hpp"
#include "models/core/error.hpp"

/// Plain data of the separation domain. Stage 1 is where the organic enters and the aqueous leaves;
/// stage N is where the aqueous enters and the organic leaves (docs/theory/separation.md).
/// Concentrations in mol/L, flows in L/h, amounts in mol/h. Extractant always as DIMER.
namespace gadolin::separation {

/// Where a constant comes from; a result states the worst class it rests on.
enum class EvidenceClass { measured, derived, estimated, memory };

enum class DistributionLaw {
  mass_action,     ///< D = K X^q / H^p, equation (1)
  empirical_line,  ///< log10 D = a + b pH + c pH^2 + (a1 + b1 pH) ln(dosage percent): PrOMMiS form
};

/// One species that distributes between the phases.
struct Species {
  std::string name;  ///< "Nd", "Fe", "Na"
  double molar_mass_g_per_mol = 0.0;
  double protons = 3.0;  ///< p: H+ released per metal
  double dimers = 3.0;   ///< q: extractant dimers bound per metal
  DistributionLaw law = DistributionLaw::mass_action;
  double log10_k = 0.0;                  ///< mass action, dimer basis
  std::vector<double> line;              ///< empirical line coefficients
  double ph_min = -99.0, ph_max = 99.0;  ///< validity window of the line
  EvidenceClass evidence = EvidenceClass::estimated;
  std::string source;
};

/// A liquid entering somewhere. One of the two phases.
struct AqueousStream {
  double flow_l_per_h = 0.0;
  std::vector<double> molar;   ///< [species] mol/L
  double h_molar = 0.0;        ///< proton minus hydroxide, may be negative (base)
  double sulfate_molar = 0.0;  ///< total sulfate, for the HSO4- balance; 0 = none
};
struct OrganicStream {
  double flow_l_per_h = 0.0;
  std::vector<double> molar;      ///< [species] mol/L
  double free_dimer_molar = 0.0;  ///< X, dimer
};

struct StageFeed {
  int stage = 0;          ///< 1..N
  AqueousStream aqueous;  ///< flow 0 = none
  OrganicStream organic;
};
struct StageDraw {
  int stage = 0;
  double aqueous_fraction = 0.0;  ///< of the leaving phase
  double organic_fraction = 0.0;
};

/// One counter-current bank.
struct Bank {
  std::string name;
  int stages = 0;
  AqueousStream aqueous_in;  ///< enters stage N
  OrganicStream organic_in;  ///< enters stage 1
  std::vector<StageFeed> feeds;
  std::vector<StageDraw> draws;
  double murphree_efficiency = 1.0;  ///< organic phase
};

struct BankResult {
  std::string name;
  ItemStatus status = ItemStatus::not_converged;
  std::string status_text;
  int iterations = 0;
  AqueousStream raffinate;  ///< aqueous leaving stage 1
  OrganicStream extract;    ///< organic leaving stage N
  std::vector<std::string> species;
  /// Profiles, row-major [stages * species].
  std::vector<double> aqueous_molar, organic_molar;
  std::vector<double> ph, free_dimer_molar;                        ///< [stages]
  std::vector<double> aqueous_flow_l_per_h, organic_flow_l_per_h;  ///< [stages] leaving the stage
  std::vector<double> closure_relative;  ///< [species + 2]: species, proton, dimer
  double largest_residual = 0.0;         ///< of all scaled equations
  std::vector<Warning> warnings;
};

/// A product of a circuit: a stream leaving it for good.
struct Product {
  std::string name;   ///< "raffinate", "strip liquor", "solvent out", ...
  std::string phase;  ///< "aqueous" or "organic"
  double flow_l_per_h = 0.0;
  std::vector<double> molar_flow_mol_per_h;  ///< [species]
  std::vector<double> recovery_fraction;     ///< [species] of what entered with the feed
  std::vector<double> purity_fraction;       ///< [species] molar share among the rare earths
};

/// Banks joined by streams; the organic loop may be closed.
struct Connection {
  std::string from_bank, to_bank;  ///< organic of from enters stage 1 of to
};
struct Circuit {
  std::string name;
  std::vector<Species> species;
  std::vector<Bank> banks;  ///< in the order the organic meets them
  bool organic_loop_closed = false;
  double bleed_fraction = 0.0;
  EvidenceClass worst_evidence = EvidenceClass::memory;
};

struct CircuitResult {
  std::string name;
  ItemStatus status = ItemStatus::not_converged;
  std::string status_text;
  std::vector<std::string> species;
  std::vector<BankResult> banks;
  std::vector<Product> products;
  std::vector<double> closure_relative;  ///< [species] over the whole circuit
  EvidenceClass worst_evidence = EvidenceClass::memory;
  std::vector<Warning> warnings;
};

constexpr const char* to_string(EvidenceClass evidence) {
  switch (evidence) {
    case EvidenceClass::measured:
      return "MEASURED";
    case EvidenceClass::derived:
      return "DERIVED";
    case EvidenceClass::estimated:
      return "ESTIMATED";
    case EvidenceClass::memory:
      return "MEMORY";
  }
  return "unknown";
}

}  // namespace gadolin::separation
