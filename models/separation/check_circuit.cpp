#include "models/separation/check_circuit.hpp"

#include <algorithm>
#include <cmath>

#include "models/core/number_text.hpp"

namespace gadolin::separation {

namespace {

/// Above every neat extractant (TBP 0.973 kg/L over 266.3 g/mol = 3.65 mol/L is among the densest),
/// with a margin for light ones.
constexpr double densest_extractant_molar = 10.0;

class Check {
 public:
  explicit Check(const Circuit& circuit) : circuit_(circuit) {
    place_ = circuit.source_file.empty() ? "circuit " + circuit.name : circuit.source_file;
  }

  [[noreturn]] void fail(const char* code, const std::string& what,
                         const std::string& remedy) const {
    throw Error(code, what, place_, remedy, ExitCode::usage);
  }

  void run() const {
    species();
    for (std::size_t b = 0; b < circuit_.banks.size(); ++b) bank(circuit_.banks[b], b);
    loop();
  }

 private:
  const Circuit& circuit_;
  std::string place_;

  void require(bool good, const char* code, const std::string& what,
               const std::string& remedy) const {
    if (!good) fail(code, what, remedy);
  }
  static bool amount(double v) { return std::isfinite(v) && v >= 0.0; }

  void species() const {
    require(!circuit_.banks.empty(), "E-SEP-001", "the circuit has no bank", "add a [[bank]]");
    require(!circuit_.species.empty(), "E-SEP-001", "the circuit has no species",
            "name species in [species]");
    const Extractant& extractant = circuit_.extractant;
    require(std::isfinite(circuit_.ionic_product) && circuit_.ionic_product > 0.0, "E-SEP-003",
            "ionic product " + number_text(circuit_.ionic_product, 6) + " is not positive",
            "1e-14 holds at 25 C");
    for (std::size_t k = 0; k < circuit_.species.size(); ++k) {
      const Species& s = circuit_.species[k];
      for (std::size_t j = 0; j < k; ++j) {
        require(circuit_.species[j].name != s.name, "E-SEP-001",
                "species " + s.name + " is named twice", "name each species once");
      }
      require(s.basis == extractant.basis, "E-SEP-006",
              "species " + s.name + " is stated for the " + to_string(s.basis) +
                  " basis, the extractant for the " + to_string(extractant.basis) + " basis",
              "convert: 1.0 M formal monomer = 0.5 M dimer");
      require(std::isfinite(s.protons) && s.protons >= 0.0 && amount(s.dimers), "E-SEP-003",
              "species " + s.name + " has " + number_text(s.protons, 6) + " protons and " +
                  number_text(s.dimers, 6) + " extractants per metal",
              "give finite numbers, 0 or more");
      if (s.law == DistributionLaw::mass_action) {
        require(std::isfinite(s.log10_k), "E-SEP-003",
                "species " + s.name + " has a log10 K that is not a number", "give log10_k");
        require(!s.exponent || (std::isfinite(*s.exponent) && *s.exponent >= 0.0 &&
                                s.reference_extractant_molar > 0.0),
                "E-SEP-012", "species " + s.name + " has an exponent without a reference",
                "give an exponent >= 0 and reference_extractant_molar > 0");
      } else {
        const EmpiricalLine& line = s.line;
        const bool doses = line.dosage_ph_slope != 0.0 || line.log10_dosage_slope != 0.0;
        require(!doses || extractant.dosage_percent_per_molar > 0.0, "E-SEP-012",
                "species " + s.name + " uses the dosage, but the extractant has none",
                "give dosage_percent_per_molar of the extractant");
        require(std::isfinite(line.intercept) && std::isfinite(line.ph_slope) &&
                    std::isfinite(line.ph_quadratic) && std::isfinite(line.dosage_ph_slope) &&
                    std::isfinite(line.log10_dosage_slope),
                "E-SEP-003", "species " + s.name + " has a line coefficient that is not a number",
                "give finite coefficients");
      }
    }
  }

  void aqueous(const AqueousStream& s, const std::string& who) const {
    require(amount(s.flow_l_per_h), "E-SEP-003",
            who + ": aqueous flow " + number_text(s.flow_l_per_h, 6) + " L/h is negative",
            "flows are 0 or more");
    if (s.flow_l_per_h == 0.0) return;
    require(s.molar.size() == circuit_.species.size(), "E-SEP-002",
            who + ": aqueous stream has " + std::to_string(s.molar.size()) +
                " concentrations for " + std::to_string(circuit_.species.size()) + " species",
            "give one per species");
    for (std::size_t k = 0; k < s.molar.size(); ++k) {
      require(amount(s.molar[k]), "E-SEP-003",
              who + ": aqueous " + circuit_.species[k].name + " = " + number_text(s.molar[k], 6) +
                  " mol/L is negative",
              "concentrations are 0 or more");
    }
    require(std::isfinite(s.h_molar) && amount(s.sulfate_molar), "E-SEP-003",
            who + ": acid " + number_text(s.h_molar, 6) + " or sulfate " +
                number_text(s.sulfate_molar, 6) + " mol/L is not usable",
            "acid may be negative (a base), sulfate not");
  }

  void organic(const OrganicStream& s, const std::string& who) const {
    require(amount(s.flow_l_per_h), "E-SEP-003",
            who + ": organic flow " + number_text(s.flow_l_per_h, 6) + " L/h is negative",
            "flows are 0 or more");
    if (s.flow_l_per_h == 0.0) return;
    require(s.molar.size() == circuit_.species.size(), "E-SEP-002",
            who + ": organic stream has " + std::to_string(s.molar.size()) +
                " concentrations for " + std::to_string(circuit_.species.size()) + " species",
            "give one per species");
    double bound = 0.0;
    std::size_t most = 0;
    for (std::size_t k = 0; k < s.molar.size(); ++k) {
      require(amount(s.molar[k]), "E-SEP-003",
              who + ": organic " + circuit_.species[k].name + " = " + number_text(s.molar[k], 6) +
                  " mol/L is negative",
              "concentrations are 0 or more");
      bound += circuit_.species[k].dimers * s.molar[k];
      if (circuit_.species[k].dimers * s.molar[k] > circuit_.species[most].dimers * s.molar[most]) {
        most = k;
      }
    }
    require(std::isfinite(s.free_dimer_molar) && s.free_dimer_molar > 0.0, "E-SEP-007",
            who + ": organic is loaded above capacity: " + number_text(bound, 6) +
                " mol/L extractant bound (most by " + circuit_.species[most].name + "), " +
                number_text(s.free_dimer_molar, 6) + " left free",
            "lower the loading or raise the extractant");
    require(bound + s.free_dimer_molar <= densest_extractant_molar, "E-SEP-013",
            who + ": " + number_text(bound + s.free_dimer_molar, 6) +
                " mol/L extractant is more than any neat extractant holds",
            "check the unit (mol/L) and the decimal point; neat TBP holds 3.65, neat HDEHP 3.0");
  }

  void bank(const Bank& b, std::size_t index) const {
    const std::string who = "bank " + (b.name.empty() ? std::to_string(index + 1) : b.name);
    for (std::size_t j = 0; j < index; ++j) {
      require(circuit_.banks[j].name != b.name, "E-SEP-001", who + " is named twice",
              "name each bank once");
    }
    require(b.stages >= 1 && b.stages <= 10000, "E-SEP-004",
            who + " has " + std::to_string(b.stages) + " stages", "give 1 to 10000");
    require(std::isfinite(b.murphree_efficiency) && b.murphree_efficiency > 0.0 &&
                b.murphree_efficiency <= 1.0,
            "E-SEP-010", who + ": Murphree efficiency " + number_text(b.murphree_efficiency, 6),
            "give more than 0, at most 1");
    for (double e : {b.entrained_aqueous_fraction, b.entrained_organic_fraction}) {
      require(amount(e) && e < 0.5, "E-SEP-010", who + ": entrained fraction " + number_text(e, 6),
              "give 0 to 0.5 m3 per m3");
    }
    aqueous(b.aqueous_in, who + ", aqueous_in (stage " + std::to_string(b.stages) + ")");
    if (b.organic_from_previous) {
      require(index > 0, "E-SEP-011",
              who + " takes the organic of a bank before it, it is the first",
              "give [bank.organic_in]");
    } else {
      organic(b.organic_in, who + ", organic_in (stage 1)");
    }
    const auto inside = [&](int stage, const char* what) {
      require(stage >= 1 && stage <= b.stages, "E-SEP-005",
              who + ": " + what + " at stage " + std::to_string(stage) + ", outside 1.." +
                  std::to_string(b.stages),
              "stage 1 is where the organic enters");
    };
    std::vector<double> out_a(static_cast<std::size_t>(b.stages), 0.0), out_o = out_a;
    std::vector<int> in_a(static_cast<std::size_t>(b.stages), 0), in_o = in_a;
    for (const StageFeed& f : b.feeds) {
      inside(f.stage, "feed");
      const std::string at = who + ", feed " + f.name + " at stage " + std::to_string(f.stage);
      aqueous(f.aqueous, at);
      organic(f.organic, at);
      if (f.aqueous.flow_l_per_h > 0.0) in_a[static_cast<std::size_t>(f.stage - 1)] = 1;
      if (f.organic.flow_l_per_h > 0.0) in_o[static_cast<std::size_t>(f.stage - 1)] = 1;
    }
    for (const AqueousReturn& r : circuit_.returns) {
      if (r.to_bank != b.name) continue;
      inside(r.to_stage, "return");
      if (r.fraction > 0.0) in_a[static_cast<std::size_t>(r.to_stage - 1)] = 1;
    }
    for (const StageDraw& d : b.draws) {
      inside(d.stage, "draw");
      const auto i = static_cast<std::size_t>(d.stage - 1);
      require(amount(d.aqueous_fraction) && amount(d.organic_fraction), "E-SEP-008",
              who + ": negative draw at stage " + std::to_string(d.stage), "give 0 to 1");
      out_a[i] += d.aqueous_fraction;
      out_o[i] += d.organic_fraction;
      require(out_a[i] <= 1.0 && out_o[i] <= 1.0, "E-SEP-008",
              who + ": draws at stage " + std::to_string(d.stage) + " take more than the phase",
              "together at most 1");
    }
    // Is there liquid everywhere?
    bool wet = b.aqueous_in.flow_l_per_h > 0.0;
    for (std::size_t i = static_cast<std::size_t>(b.stages); i-- > 0;) {
      wet = wet || in_a[i] > 0;
      require(wet, "E-SEP-009", who + ": no aqueous reaches stage " + std::to_string(i + 1),
              "feed aqueous at stage N or lower the draws");
      if (out_a[i] >= 1.0) wet = false;
    }
    wet = b.organic_from_previous || b.organic_in.flow_l_per_h > 0.0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(b.stages); ++i) {
      wet = wet || in_o[i] > 0;
      require(wet, "E-SEP-009", who + ": no organic reaches stage " + std::to_string(i + 1),
              "feed organic at stage 1 or lower the draws");
      if (out_o[i] >= 1.0) wet = false;
    }
  }

  void loop() const {
    std::vector<std::string> banks, names;
    for (const Bank& b : circuit_.banks) banks.push_back(b.name);
    for (const Species& s : circuit_.species) names.push_back(s.name);
    for (const AqueousReturn& r : circuit_.returns) {
      for (const std::string& bank : {r.from_bank, r.to_bank}) {
        const std::string near = nearest_word(bank, banks);
        require(std::find(banks.begin(), banks.end(), bank) != banks.end(), "E-SEP-011",
                "return names the unknown bank " + bank,
                near.empty() ? "name a bank of the circuit" : "did you mean " + near + "?");
      }
      require(amount(r.fraction) && r.fraction < 1.0, "E-SEP-010",
              "return from " + r.from_bank + " of the fraction " + number_text(r.fraction, 6),
              "give 0 up to, not including, 1");
    }
    const Regeneration& g = circuit_.regeneration;
    require(amount(g.bleed_fraction) && g.bleed_fraction <= 1.0, "E-SEP-010",
            "bleed fraction " + number_text(g.bleed_fraction, 6), "give 0 to 1");
    require(amount(g.saponified_fraction) && g.saponified_fraction < 1.0, "E-SEP-010",
            "saponified fraction " + number_text(g.saponified_fraction, 6), "give 0 to below 1");
    if (!g.saponified_species.empty()) {
      const auto it = std::find(names.begin(), names.end(), g.saponified_species);
      const std::string near = nearest_word(g.saponified_species, names);
      require(it != names.end(), "E-SEP-011",
              "saponification with the unknown species " + g.saponified_species,
              near.empty() ? "add it to the species" : "did you mean " + near + "?");
    }
  }
};

}  // namespace

void check_circuit(const Circuit& circuit) { Check(circuit).run(); }

}  // namespace gadolin::separation
