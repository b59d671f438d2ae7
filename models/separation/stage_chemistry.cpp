#include "models/separation/stage_chemistry.hpp"

#include <algorithm>
#include <cmath>

namespace gadolin::separation {

namespace {

constexpr double ln10 = 2.302585092994045684;

double charge_of(const Species& s) {
  if (s.charge) return *s.charge;
  if (s.is_acid) return 1.0;
  return s.protons > 0.0 ? s.protons : 3.0;
}

/// Index of a ligand in the balances of (S35); the medium's anion is 0.
int ligand_index(const std::string& ligand, const std::string& medium) {
  if (ligand == medium) return 0;
  if (ligand == "sulfate") return 1;
  if (ligand == "fluoride") return 2;
  if (ligand == "hydroxide") return 3;
  return -1;  // another medium's anion: not in this liquor
}

}  // namespace

bool has_chemistry(const Circuit& circuit) {
  if (circuit.chemistry.activity != ActivityChoice::none || circuit.chemistry.complexes)
    return true;
  return std::any_of(circuit.species.begin(), circuit.species.end(),
                     [](const Species& s) { return s.ligand_exponent != 0.0; });
}

EvidenceClass aqueous_evidence(const Circuit& circuit, const Species& species) {
  const Chemistry& chemistry = circuit.chemistry;
  EvidenceClass worst = EvidenceClass::measured;
  if (chemistry.activity == ActivityChoice::sit || chemistry.activity == ActivityChoice::pitzer) {
    for (const IonInteraction& i : chemistry.interactions) {
      if (i.cation == species.name) worst = std::max(worst, i.evidence);
    }
  }
  for (const AqueousComplex& x : chemistry.aqueous_complexes) {
    if (chemistry.complexes && x.metal == species.name) worst = std::max(worst, x.evidence);
  }
  return worst;
}

StageChemistry::StageChemistry(const Chemistry& chemistry, const std::vector<Species>& species,
                               double kw, double ka_hso4)
    : model_(static_cast<ActivityModel>(chemistry.activity)),
      kw_(kw),
      ka_hso4_(ka_hso4),
      ka_hf_(std::pow(10.0, chemistry.log10_ka_hf)) {
  active_ = model_ != ActivityModel::none || chemistry.complexes;
  for (const Species& s : species) {
    active_ = active_ || s.ligand_exponent != 0.0;
    if (s.is_acid) acid_ = static_cast<int>(&s - species.data());
    protons_.push_back(s.protons);
    charge_.push_back(charge_of(s));
    ligand_exponent_.push_back(s.ligand_exponent);
  }
  h_at_ = static_cast<int>(species.size());
  salt_at_ = h_at_ + 1;
  const auto pair = [&](const std::string& cation, double charge, bool needed) {
    IonPair p;
    p.charge = charge;
    const auto found = std::find_if(chemistry.interactions.begin(), chemistry.interactions.end(),
                                    [&](const IonInteraction& i) { return i.cation == cation; });
    const bool have = found != chemistry.interactions.end();
    const bool sit = model_ == ActivityModel::sit, pitzer = model_ == ActivityModel::pitzer;
    if (needed &&
        ((sit && !(have && found->has_sit)) || (pitzer && !(have && found->has_pitzer)))) {
      throw Error("E-SEP-042",
                  "no " + std::string(sit ? "SIT" : "Pitzer") + " parameter of " + cation +
                      " with the anion of " + chemistry.medium,
                  "[chemistry]",
                  "add an [[interaction]] of " + cation + " or choose another activity model",
                  ExitCode::usage);
    }
    if (have) {
      p.eps = found->eps;
      p.beta0 = found->beta0;
      p.beta1 = found->beta1;
      p.cphi = found->cphi;
    }
    return p;
  };
  for (std::size_t k = 0; k < species.size(); ++k) {
    pairs_.push_back(species[k].is_acid ? pair("H", 1.0, true)
                                        : pair(species[k].name, charge_[k], charge_[k] > 0.0));
  }
  pairs_.push_back(pair("H", 1.0, true));
  pairs_.push_back(pair("salt", 1.0, false));
  if (!chemistry.complexes) return;
  for (const AqueousComplex& c : chemistry.aqueous_complexes) {
    const auto metal = std::find_if(species.begin(), species.end(),
                                    [&](const Species& s) { return s.name == c.metal; });
    const int ligand = ligand_index(c.ligand, chemistry.medium);
    if (metal == species.end() || ligand < 0) continue;
    if (model_ == ActivityModel::pitzer && ligand == 0) {
      throw Error("E-SEP-041",
                  "complexes with the medium's anion (" + c.ligand +
                      ") and Pitzer's equations would count the same attraction twice",
                  "[chemistry]", "use sit or davies with complexes, or pitzer without",
                  ExitCode::usage);
    }
    const auto k = static_cast<std::size_t>(metal - species.begin());
    terms_.push_back({static_cast<int>(k), ligand, c.n, ln10 * c.log10_beta});
    complex_charge_.push_back(charge_[k] + c.n * ligand_charge_[ligand]);
  }
}

AqueousAnswer StageChemistry::evaluate(const AqueousState& state) const {
  const std::size_t c = protons_.size();
  AqueousAnswer out;
  out.ln_d_shift.assign(c, 0.0);
  out.ln_alpha.assign(c, 0.0);
  std::vector<double> m(c + 2, 0.0), metal(c, 0.0);
  double h = state.h_molar;
  double metal_charge = 0.0;
  for (std::size_t k = 0; k < c; ++k) {
    if (static_cast<int>(k) == acid_) {
      h = std::max(state.molar[k], 1e-12);
      continue;
    }
    m[k] = metal[k] = std::max(state.molar[k], 0.0);
    metal_charge += charge_[k] * metal[k];
  }
  m[c] = h;
  m[c + 1] = state.salt_molar;
  double free[3] = {0.0, state.sulfate_molar * ka_hso4_ / (ka_hso4_ + h),
                    state.fluoride_molar * ka_hf_ / (ka_hf_ + h)};
  const auto anion = [&] {  // electroneutrality; protons held by HSO4- and HF count
    return h * (1.0 + free[1] / ka_hso4_ + free[2] / ka_hf_) - kw_ / h + metal_charge +
           state.salt_molar - 2.0 * state.sulfate_molar - state.fluoride_molar;
  };
  double total[3] = {std::max(anion(), 1e-12), state.sulfate_molar, state.fluoride_molar};
  free[0] = total[0];
  // Complexes change the ionic strength, which changes their constants: a short loop.
  std::vector<ComplexTerm> terms = terms_;
  Liquor liquor{pairs_.data(), m.data(), static_cast<int>(c + 2), free[0], 0.0};
  LiquorTerms shared;
  double before = 0.0;
  for (int pass = 0; pass < 60; ++pass) {
    liquor.anion = free[0];
    liquor.other_ionic = 0.5 * (4.0 * free[1] + free[1] * h / ka_hso4_ + free[2]);
    for (std::size_t j = 0; j < terms.size(); ++j) {
      const double z = complex_charge_[j];
      const double bound =
          std::exp(terms[j].ln_beta +
                   terms[j].n *
                       std::log(std::max(terms[j].ligand < 3 ? free[terms[j].ligand] : kw_ / h,
                                         1e-300)) -
                   out.ln_alpha[static_cast<std::size_t>(terms[j].metal)]) *
          metal[static_cast<std::size_t>(terms[j].metal)];
      if (pass > 0) liquor.other_ionic += 0.5 * z * z * bound;
    }
    if (pass > 0) {
      for (std::size_t k = 0; k < c; ++k) m[k] = metal[k] * std::exp(-out.ln_alpha[k]);
    }
    shared = liquor_terms(model_, liquor);
    if (terms.empty()) break;
    for (std::size_t j = 0; j < terms.size(); ++j) {
      const int ligand = terms[j].ligand;
      const double z = complex_charge_[j];
      const std::size_t k = static_cast<std::size_t>(terms[j].metal);
      const double ligand_gamma = ligand == 0
                                      ? anion_log10_gamma(model_, liquor, shared)
                                      : plain_log10_gamma(model_, shared, ligand_charge_[ligand]);
      terms[j].ln_beta = terms_[j].ln_beta +
                         ln10 * (cation_log10_gamma(model_, liquor, shared, pairs_[k]) +
                                 terms[j].n * ligand_gamma - plain_log10_gamma(model_, shared, z));
    }
    Speciation s;
    s.term = terms.data();
    s.terms = static_cast<int>(terms.size());
    s.metal = metal.data();
    s.metals = static_cast<int>(c);
    for (int a = 0; a < 3; ++a) s.total[a] = total[a];
    s.protonated[1] = h / ka_hso4_;
    s.protonated[2] = h / ka_hf_;
    s.hydroxide = kw_ / h;
    out.status = solve_speciation(s, free, out.ln_alpha.data());
    if (out.status != ItemStatus::ok) return out;
    const double change = std::fabs(shared.ionic - before) / shared.ionic;
    const double anion_before = total[0];
    before = shared.ionic;
    total[0] = std::max(anion(), 1e-12);
    const bool same = std::fabs(total[0] - anion_before) <= 1e-13 * shared.ionic;
    if (pass > 0 && same && (change <= 1e-13 || model_ == ActivityModel::none)) break;
  }
  out.missing_anion_molar = std::max(0.0, -anion());
  out.ionic_strength_molar = shared.ionic;
  out.clamped = shared.scale < 1.0;
  out.free_anion_molar = free[0];
  const double lg_h = cation_log10_gamma(model_, liquor, shared, pairs_[c]);
  const double lg_a = anion_log10_gamma(model_, liquor, shared);
  out.ph_activity = -std::log10(h) - lg_h;
  for (std::size_t k = 0; k < c; ++k) {
    const double l = ligand_exponent_[k];
    double lg =
        cation_log10_gamma(model_, liquor, shared, pairs_[k]) - protons_[k] * lg_h + l * lg_a;
    if (charge_[k] == 0.0) lg = -protons_[k] * lg_h + l * lg_a;
    out.ln_d_shift[k] = ln10 * lg - out.ln_alpha[k] + (l != 0.0 ? l * std::log(free[0]) : 0.0);
  }
  for (std::size_t j = 0; j < terms.size(); ++j) {
    const std::size_t k = static_cast<std::size_t>(terms[j].metal);
    const int ligand = terms[j].ligand;
    const double l = ligand < 3 ? free[ligand] : kw_ / h;
    if (!(l > 0.0)) continue;
    const double bound = terms[j].n * metal[k] *
                         std::exp(terms[j].ln_beta + terms[j].n * std::log(l) - out.ln_alpha[k]);
    if (ligand == 1) out.bound_sulfate_molar += bound;
    if (ligand == 3) out.missing_proton_molar += bound;
  }
  out.missing_proton_molar += free[2] * h / ka_hf_;
  return out;
}

}  // namespace gadolin::separation
