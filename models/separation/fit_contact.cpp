#include "models/separation/fit_contact.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/separation/stage.hpp"
#include "models/separation/species_law.hpp"

namespace gadolin::separation {

namespace {

constexpr double ln10 = 2.302585092994045684;
constexpr double tracer_molar = 1e-12;

}  // namespace

FitContact::FitContact(const FitTask& task, const EquilibriumExperiment& experiment)
    : experiment_(&experiment), kw_(task.ionic_product) {
  std::vector<Species> own;
  for (const EquilibriumMetal& m : experiment.metals) own.push_back(task.species[m.species]);
  chemistry_ = StageChemistry(task.chemistry, own, kw_, 0.010232929922807542);
  for (const Species& s : own) {
    laws_.push_back(law_of(s, task.extractant));
    reference_.push_back(std::log(s.reference_extractant_molar));
  }
  const std::size_t c = own.size();
  shift_.assign(c, 0.0);
  molar_.assign(c, 0.0);
  total_.assign(c, 0.0);
  for (std::size_t k = 0; k < c; ++k) {
    total_[k] = std::max(experiment.metals[k].feed_molar, tracer_molar);
  }
  acid_ = experiment.feed_acid_molar;
  fresh_ = true;
}

bool FitContact::solve(const double* log10_k, const double* exponent, double* log10_d) {
  const std::size_t c = size();
  for (std::size_t k = 0; k < c; ++k) {
    if (exponent != nullptr) laws_[k].n = *exponent;
    laws_[k].c0 = ln10 * log10_k[k] + (laws_[k].dimers - laws_[k].n) * reference_[k];
  }
  double damping = 1.0, before = 1e300;
  for (int pass = 0; pass < 200; ++pass) {
    if (!balance()) return false;
    if (!chemistry_.active()) break;
    const AqueousAnswer answer =
        chemistry_.evaluate({molar_.data(), std::exp(ln_h_), experiment_->salt_molar, 0.0, 0.0});
    if (answer.status != ItemStatus::ok) return false;
    double change = 0.0;
    for (std::size_t k = 0; k < c; ++k) {
      const double step = answer.ln_d_shift[k] - shift_[k];
      change = std::max(change, std::fabs(step));
      shift_[k] += damping * step;
    }
    ionic_ = answer.ionic_strength_molar;
    if (change <= 1e-11) break;
    if (pass > 4 && change > 0.7 * before) damping = 0.5;
    before = change;
    if (pass == 199) return false;
  }
  for (std::size_t k = 0; k < c; ++k) {
    log10_d[k] = (ln_distribution(laws_[k], ln_x_, ln_h_, std::exp(ln_x_)) + shift_[k]) / ln10;
  }
  return true;
}

/// H and X at the present ln D; aqueous concentrations to molar_.
bool FitContact::balance() {
  const double ratio = experiment_->phase_ratio, extractant = experiment_->extractant_molar;
  const std::size_t c = size();
  if (experiment_->ph) {
    // H is known: the extractant alone, rising in ln X.
    ln_h_ = -ln10 * *experiment_->ph;
    double low = std::log(extractant) - 60.0, high = std::log(extractant);
    for (int it = 0; it < 200 && high - low > 1e-15 * std::fabs(low); ++it) {
      const double mid = 0.5 * (low + high);
      double held = std::exp(mid);
      for (std::size_t k = 0; k < c; ++k) {
        const double d = std::exp(ln_distribution(laws_[k], mid, ln_h_, std::exp(mid)) + shift_[k]);
        held += laws_[k].dimers * total_[k] * d / (1.0 + ratio * d);
      }
      (held > extractant ? high : low) = mid;
    }
    ln_x_ = 0.5 * (low + high);
  } else {
    StageProblem s;
    s.law = laws_.data();
    s.ln_d_shift = shift_.data();
    s.total = total_.data();
    s.species = static_cast<int>(c);
    s.aqueous = 1.0;
    s.organic = s.organic_pool = ratio;
    s.from_proton = true;
    s.proton = acid_;
    s.extractant = extractant;
    s.acid.kw = kw_;
    for (const SpeciesLaw& law : laws_) s.convex = s.convex && is_stoichiometric(law);
    StageState state;
    if (fresh_) {
      start_stage(s, state);
    } else {
      state.ln_h = ln_h_;
      state.ln_x = ln_x_;
    }
    solve_stage(s, state);
    if (state.status != ItemStatus::ok) return false;
    ln_h_ = state.ln_h;
    ln_x_ = state.ln_x;
    fresh_ = false;
  }
  for (std::size_t k = 0; k < c; ++k) {
    const double d = std::exp(ln_distribution(laws_[k], ln_x_, ln_h_, std::exp(ln_x_)) + shift_[k]);
    molar_[k] = total_[k] / (1.0 + ratio * d);
  }
  return true;
}

}  // namespace gadolin::separation
