#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "kernels/exec/item_status.hpp"
#include "models/core/error.hpp"

/// Plain data of the separation domain. Stage 1 is where the organic enters and the aqueous leaves;
/// stage N is where the aqueous enters and the organic leaves (docs/theory/separation.md).
/// Concentrations in mol/L, flows in L/h, amounts in mol/h.
namespace gadolin::separation {

/// Where a constant comes from; a result states the worst class it rests on.
enum class EvidenceClass { measured, derived, estimated, memory };

enum class DistributionLaw {
  mass_action,     ///< D = K X^n Xref^(q-n) / H^p, equation (1)
  empirical_line,  ///< log10 D = b0 + b1 pH + b2 pH^2 + dosage (b3 pH) + b4 log10 dosage
};

/// What one mole of extractant means. Never mixed inside a circuit: 1 M formal = 0.5 M dimer.
enum class ExtractantBasis { dimer, formal_monomer };

/// Activity coefficients of the aqueous ions (docs/theory/separation.md#activity).
enum class ActivityChoice { none, davies, sit, pitzer };

/// M L_n in water, overall constant at 25 C and zero ionic strength.
struct AqueousComplex {
  std::string metal;   ///< name of a species
  std::string ligand;  ///< chloride, nitrate, sulfate, fluoride or hydroxide
  double n = 1.0;
  double log10_beta = 0.0;
  EvidenceClass evidence = EvidenceClass::derived;
  std::string source;
};

/// How a cation ("H", "salt" or a species) interacts with the anion of the medium.
struct IonInteraction {
  std::string cation;
  double eps = 0.0;                             ///< SIT, kg/mol
  double beta0 = 0.0, beta1 = 0.0, cphi = 0.0;  ///< Pitzer, alpha = 2
  bool has_sit = false, has_pitzer = false;
  EvidenceClass evidence = EvidenceClass::derived;
  std::string source;
};

/// Side reactions and activities of the aqueous phase; all off by default, so that K is a
/// conditional constant at the ionic strength of its experiments.
struct Chemistry {
  ActivityChoice activity = ActivityChoice::none;
  bool complexes = false;
  std::string medium = "chloride";  ///< anion that makes the liquor neutral: chloride, nitrate,
                                    ///< perchlorate
  std::vector<AqueousComplex> aqueous_complexes;
  std::vector<IonInteraction> interactions;
  double log10_ka_hf = -3.18;  ///< HF = H+ + F-
  int most_passes = 60;        ///< of the fixed point over a bank
  /// Activity model the constants were fitted with; a circuit that uses another is warned of.
  ActivityChoice constants_activity = ActivityChoice::none;
  bool constants_complexes = false;
};

/// Where a constant was measured; outside it is computed and flagged.
struct ValidityWindow {
  double h_min_molar = 0.0, h_max_molar = 1e9;
  double extractant_min_molar = 0.0, extractant_max_molar = 1e9;  ///< free, in the circuit's basis
  double ionic_strength_max_molar = 1e9;
  double loading_max_fraction = 1.0;
};

/// The extractant all organic streams of a circuit hold.
struct Extractant {
  std::string name;     ///< "PC88A"
  std::string diluent;  ///< "kerosene"
  ExtractantBasis basis = ExtractantBasis::dimer;
  double dosage_percent_per_molar = 0.0;  ///< volume % per mol/L (basis above); lines only
  double gel_fraction = 0.8;              ///< of capacity; above it a stage is not credible
};

/// Coefficients of the empirical line; pH on the concentration scale, dosage in volume %.
struct EmpiricalLine {
  double intercept = 0.0;           ///< b0
  double ph_slope = 0.0;            ///< b1
  double ph_quadratic = 0.0;        ///< b2
  double dosage_ph_slope = 0.0;     ///< b3
  double log10_dosage_slope = 0.0;  ///< b4
  double ph_min = -99.0;            ///< validity window: outside it computed, but flagged
  double ph_max = 99.0;
  double dosage_min_percent = 0.0;
  double dosage_max_percent = 1e9;
};

/// How well the log10 K of a circuit are known together; constant_covariance() makes the matrix.
///   cov = u_common^2 (all pairs) + own part: `fitted` among fitted_species, else u^2 on the
///   diagonal
/// so that a separation factor is known much better than its two D.
struct ConstantCovariance {
  double u_common = 0.15;  ///< shared by all species: solvent, basis, acid scale, laboratory
  double u_pair = 0.05;    ///< a species' own part where Species::u_log10_k gives none
  std::vector<std::string> fitted_species;
  std::vector<double> fitted;  ///< row-major [fitted_species^2], log10 squared; empty = not fitted
  EvidenceClass evidence = EvidenceClass::memory;  ///< of the two parts
  std::string source;
};

/// One species that distributes between the phases.
struct Species {
  std::string name;  ///< "Nd", "Fe", "Na"
  double molar_mass_g_per_mol = 0.0;
  double protons = 3.0;  ///< p: H+ released per metal
  double dimers = 3.0;   ///< q: extractant (circuit's basis) bound per metal
  DistributionLaw law = DistributionLaw::mass_action;
  double log10_k = 0.0;            ///< mass action, in the circuit's basis
  std::optional<double> exponent;  ///< n of D; q when absent. Never enters the extractant balance
  double reference_extractant_molar = 1.0;  ///< Xref, used only where n differs from q
  EmpiricalLine line;
  ExtractantBasis basis = ExtractantBasis::dimer;  ///< basis log10_k, q and Xref are stated in
  double mixer_rate_per_s = 0.0;  ///< k of transfer in the mixer, first order; 0 = immediate
  EvidenceClass evidence = EvidenceClass::estimated;
  std::string source;
  std::optional<double> charge;  ///< in water; protons where absent, 3 for a solvated metal
  double ligand_exponent = 0.0;  ///< l: D holds [anion]^l (neutral and ion-pair extractants, p = 0)
  bool is_acid = false;          ///< HNO3 or HCl taken up by a neutral extractant: x is free acid
  ValidityWindow window;         ///< of a mass-action constant
  std::optional<double> u_log10_k;  ///< own part of its standard uncertainty, log10 units
};

/// A table of constants: what a measurement or a paper says about one extractant in one medium.
struct ConstantsTable {
  std::string title, validity, licence;
  Extractant extractant;
  std::vector<Species> species;
  ConstantCovariance uncertainty;
  Chemistry chemistry;
};

/// A liquid entering somewhere. One of the two phases.
struct AqueousStream {
  double flow_l_per_h = 0.0;
  std::vector<double> molar;    ///< [species] mol/L
  double h_molar = 0.0;         ///< proton total: H - OH + HSO4, mol/L; negative for a base
  double sulfate_molar = 0.0;   ///< total sulfate, for the HSO4- balance; 0 = none
  double salt_molar = 0.0;      ///< inert salt of the medium (NaCl, NaNO3), counted by its anion
  double fluoride_molar = 0.0;  ///< total fluoride
};
struct OrganicStream {
  double flow_l_per_h = 0.0;
  std::vector<double> molar;      ///< [species] mol/L
  double free_dimer_molar = 0.0;  ///< X, in the circuit's basis
};

struct StageFeed {
  std::string name;       ///< "feed", "scrub", ...; used in messages
  int stage = 0;          ///< 1..N
  bool is_feed = true;    ///< counts as input when recoveries are stated
  AqueousStream aqueous;  ///< flow 0 = none
  OrganicStream organic;
};
struct StageDraw {
  std::string name;  ///< product name; "<bank> draw <stage>" when empty
  int stage = 0;
  double aqueous_fraction = 0.0;  ///< of the leaving phase
  double organic_fraction = 0.0;
};

/// One counter-current bank.
struct Bank {
  std::string name;
  int stages = 0;
  AqueousStream aqueous_in;  ///< enters stage N
  OrganicStream organic_in;  ///< enters stage 1; replaced where organic_from names another bank
  bool organic_from_previous = false;  ///< organic_in is the extract of the bank before
  std::vector<StageFeed> feeds;
  std::vector<StageDraw> draws;
  double murphree_efficiency = 1.0;         ///< organic phase, 0 < E <= 1
  double mixer_residence_s = 0.0;           ///< tau; with a species' k: E = k tau/(1 + k tau)
  bool mixer_plug_flow = false;             ///< E = 1 - exp(-k tau) instead
  double entrained_aqueous_fraction = 0.0;  ///< m3 aqueous per m3 organic leaving a stage
  double entrained_organic_fraction = 0.0;  ///< m3 organic per m3 aqueous leaving a stage
  std::string raffinate_name;               ///< product name; "<bank> raffinate" when empty
};

struct BankResult {
  std::string name;
  ItemStatus status = ItemStatus::not_converged;
  std::string status_text;  ///< empty when ok, else the worst stage and balance
  int iterations = 0;       ///< Newton iterations of the last solve
  bool retried = false;     ///< the fast way failed, a slower one was used
  AqueousStream raffinate;  ///< aqueous leaving stage 1
  OrganicStream extract;    ///< organic leaving stage N
  std::vector<std::string> species;
  /// Profiles, row-major [stages * species]; stage 1 first.
  std::vector<double> aqueous_molar, organic_molar, distribution_coefficient;
  std::vector<double> ph, free_dimer_molar;                        ///< [stages]
  std::vector<double> loading_fraction;                            ///< [stages] of capacity
  std::vector<double> aqueous_flow_l_per_h, organic_flow_l_per_h;  ///< [stages] leaving the stage
  std::vector<int> out_of_window;        ///< [stages] species whose line is used outside its window
  std::vector<double> closure_relative;  ///< [species + 2]: species, proton, extractant
  double largest_residual = 0.0;         ///< of all scaled equations
  double last_h_molar = 0.0;             ///< proton total of the aqueous in stage N
  double last_sulfate_molar = 0.0;       ///< its sulfate
  double last_salt_molar = 0.0, last_fluoride_molar = 0.0;
  std::vector<double> h_total_molar;  ///< [stages] proton total of the aqueous: H - OH + HSO4
  /// What leaves with the other phase: aqueous with the extract, organic with the raffinate.
  double entrained_aqueous_l_per_h = 0.0, entrained_organic_l_per_h = 0.0;
  /// Filled where the circuit has a chemistry (activity, complexes, neutral extractant); [stages].
  std::vector<double> ionic_strength_molar, ph_activity, free_anion_molar;
  std::vector<double> ln_d_shift;           ///< [stages * species] added to ln D of the law
  std::vector<double> bound_sulfate_molar;  ///< [stages] held by metals
  int chemistry_passes = 0;                 ///< of the fixed point
  double chemistry_change = 0.0;            ///< its last change of ln D
  std::vector<Warning> warnings;
};

/// A product of a circuit: a stream leaving it for good.
struct Product {
  std::string name;   ///< "raffinate", "strip liquor", "solvent out", ...
  std::string bank;   ///< where it leaves
  std::string phase;  ///< "aqueous" or "organic"
  double flow_l_per_h = 0.0;
  std::vector<double> molar_flow_mol_per_h;  ///< [species]
  std::vector<double> recovery_fraction;     ///< [species] of what entered with the feed; 0 if none
  std::vector<double> purity_fraction;       ///< [species] molar share among the rare earths
};

/// Part of an aqueous product sent back into a bank (reflux, hyperlink).
struct AqueousReturn {
  std::string from_bank;  ///< its raffinate
  std::string to_bank;
  int to_stage = 0;       ///< 1..N of to_bank
  double fraction = 0.0;  ///< of the raffinate
};

/// What happens to the organic between the last bank and the first when the loop is closed.
struct Regeneration {
  double bleed_fraction = 0.0;       ///< of the solvent leaving, replaced by fresh solvent
  double saponified_fraction = 0.0;  ///< s: monovalent form made, 2 s C_T as dimer
  std::string saponified_species;    ///< "Na"; empty = not saponified
};

/// Banks in the order the organic meets them; the organic loop may be closed.
struct Circuit {
  std::string name;
  std::string description;
  Extractant extractant;
  std::vector<Species> species;
  ConstantCovariance uncertainty;  ///< of the species' constants
  Chemistry chemistry;             ///< of the aqueous phase
  std::vector<Bank> banks;
  std::vector<AqueousReturn> returns;
  bool organic_loop_closed = false;
  Regeneration regeneration;
  double ionic_product = 1e-14;  ///< Kw, mol2/L2
  double log10_ka_hso4 = -1.99;  ///< HSO4- = H+ + SO4--, used where sulfate is given
  std::string source_file;       ///< for messages; empty if built in memory
};

struct CircuitResult {
  std::string name;
  ItemStatus status = ItemStatus::not_converged;
  std::string status_text;
  std::string extractant;
  std::vector<std::string> species;
  std::vector<BankResult> banks;
  std::vector<Product> products;
  std::vector<double> fed_mol_per_h;          ///< [species] with everything that counts as feed
  std::vector<double> closure_relative;       ///< [species] over the whole circuit
  double base_mol_per_h = 0.0;                ///< saponification and alkaline streams
  double acid_mol_per_h = 0.0;                ///< proton total of all aqueous streams but the feeds
  double saponified_mol_per_h = 0.0;          ///< base of the regeneration alone
  double make_up_l_per_h = 0.0;               ///< fresh solvent a closed loop takes
  double make_up_extractant_mol_per_h = 0.0;  ///< in it
  int loop_iterations = 0;                    ///< passes of the organic loop and the returns
  double loop_change = 0.0;                   ///< last relative change of the torn streams
  EvidenceClass worst_evidence = EvidenceClass::memory;
  std::vector<std::string> evidence;  ///< [species] "Nd: MEASURED, source"
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

constexpr const char* to_string(ActivityChoice choice) {
  switch (choice) {
    case ActivityChoice::none:
      return "none";
    case ActivityChoice::davies:
      return "davies";
    case ActivityChoice::sit:
      return "sit";
    case ActivityChoice::pitzer:
      return "pitzer";
  }
  return "unknown";
}

constexpr const char* to_string(ExtractantBasis basis) {
  return basis == ExtractantBasis::dimer ? "dimer" : "formal_monomer";
}

}  // namespace gadolin::separation
