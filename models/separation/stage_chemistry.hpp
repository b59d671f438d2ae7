#pragma once

#include <vector>

#include "kernels/exec/item_status.hpp"
#include "kernels/separation/activity.hpp"
#include "kernels/separation/speciation.hpp"
#include "models/separation/types.hpp"

namespace gadolin::separation {

/// One aqueous solution in equilibrium, as the balances of a stage know it.
struct AqueousState {
  const double* molar = nullptr;                                       ///< [species] totals, mol/L
  double h_molar = 0.0;                                                ///< free H+
  double salt_molar = 0.0, sulfate_molar = 0.0, fluoride_molar = 0.0;  ///< totals
};

/// What its chemistry does to the distribution.
struct AqueousAnswer {
  ItemStatus status = ItemStatus::ok;
  std::vector<double> ln_d_shift;  ///< [species]: ln G + l ln[anion] - ln alpha
  std::vector<double> ln_alpha;    ///< [species]
  double ionic_strength_molar = 0.0;
  bool clamped = false;  ///< ionic strength above the limit of the activity model
  double ph_activity = 0.0;
  double free_anion_molar = 0.0;
  double bound_sulfate_molar = 0.0;   ///< held by metals
  double missing_anion_molar = 0.0;   ///< > 0: the liquor is short of this much anion
  double missing_proton_molar = 0.0;  ///< HF and hydroxide complexes, not in the proton balance
};

/// The correction of ln D of a liquor: activity coefficients, aqueous complexes, anion of a neutral
/// extractant.
///   ln D = ln D(law) + ln G - ln alpha + l ln[A],  ln G = ln gamma_M - p ln gamma_H + l ln gamma_A
///                                                                                            (S37)
/// [A] from electroneutrality: A = H - OH + HSO4 + sum z x + salt - 2 S - F + HF, less what is
/// bound. source docs/theory/separation.md#activity, #aqueous-complexes
class StageChemistry {
 public:
  StageChemistry() = default;
  /// throws Error E-SEP-041: Pitzer together with complexes of the medium (its parameters hold
  ///        them), E-SEP-042: an ion without the parameters the activity model needs
  StageChemistry(const Chemistry& chemistry, const std::vector<Species>& species, double kw,
                 double ka_hso4);

  /// False: nothing corrects D, and no pass is needed.
  bool active() const { return active_; }
  /// The species that is the acid itself, or -1.
  int acid() const { return acid_; }
  AqueousAnswer evaluate(const AqueousState& state) const;

 private:
  bool active_ = false;
  int acid_ = -1;
  ActivityModel model_ = ActivityModel::none;
  double kw_ = 1e-14, ka_hso4_ = 0.01, ka_hf_ = 1e-3;
  int salt_at_ = 0, h_at_ = 0;
  std::vector<double> protons_, charge_, ligand_exponent_;
  std::vector<IonPair> pairs_;  ///< [species], then H+ and the salt's cation
  std::vector<ComplexTerm> terms_;
  std::vector<double> complex_charge_;  ///< [terms] of M L_n
  double ligand_charge_[4] = {-1.0, -2.0, -1.0, -1.0};
};

/// True where a circuit's aqueous chemistry changes D.
bool has_chemistry(const Circuit& circuit);

/// Worst class of the activity parameters and complexes that correct a species; measured if none
/// does.
EvidenceClass aqueous_evidence(const Circuit& circuit, const Species& species);

}  // namespace gadolin::separation
