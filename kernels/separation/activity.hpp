#pragma once

#include <cmath>

#include "kernels/exec/host_device.hpp"

namespace gadolin::separation {

/// Single-ion activity coefficients of a chloride, nitrate or perchlorate liquor at 25 C, in
/// numbers only. Molalities are taken equal to mol/L (3 % low at 1 M, 10 % at 3 M).
enum class ActivityModel : int { none = 0, davies = 1, sit = 2, pitzer = 3 };

/// Debye-Hueckel slope at 25 C, decadic (kg/mol)^1/2, and the osmotic one of Pitzer's equations.
constexpr double debye_hueckel_a = 0.509;
constexpr double debye_hueckel_a_phi = 0.3915;

/// Ionic strength above which a model is not evaluated: the composition is scaled back to it.
///   Davies 0.5 M (its bracket changes sign at 1.940363884733 M), SIT 3.5 M, Pitzer 6 M
GADOLIN_INLINE double activity_limit(ActivityModel model) {
  return model == ActivityModel::davies ? 0.5 : model == ActivityModel::sit ? 3.5 : 6.0;
}

/// Davies: log10 gamma = -A z^2 (sqrt I/(1 + sqrt I) - 0.3 I)                                (S30)
/// source Davies 1962; docs/theory/separation.md#activity
GADOLIN_INLINE double davies_log10_gamma(double z, double ionic) {
  const double root = std::sqrt(ionic);
  return -debye_hueckel_a * z * z * (root / (1.0 + root) - 0.3 * ionic);
}

/// The long-range part of SIT, to which sum eps m is added: -A z^2 sqrt I/(1 + 1.5 sqrt I)    (S31)
GADOLIN_INLINE double sit_log10_gamma(double z, double ionic, double eps_m) {
  const double root = std::sqrt(ionic);
  return -debye_hueckel_a * z * z * root / (1.0 + 1.5 * root) + eps_m;
}

/// How one cation interacts with the anion of the medium.
struct IonPair {
  double charge = 1.0;
  double eps = 0.0;                             ///< SIT, kg/mol
  double beta0 = 0.0, beta1 = 0.0, cphi = 0.0;  ///< Pitzer, as beta0, beta1, C^phi; alpha = 2
};

/// One liquor: `cations` kinds at molality m (stride apart) with one anion (charge -1), and charged
/// ligands besides (sulfate, bisulfate, fluoride), which count for the ionic strength alone.
struct Liquor {
  const IonPair* pair = nullptr;  ///< [cations]
  const double* m = nullptr;      ///< [cations]
  int cations = 0;
  double anion = 0.0;        ///< molality of the medium's anion
  double other_ionic = 0.0;  ///< 1/2 sum m z^2 of everything else
};

struct LiquorTerms {
  double ionic = 0.0;    ///< mol/kg, of the true composition
  double scale = 1.0;    ///< < 1: clamped, composition shrunk to the limit of the model
  double f = 0.0;        ///< Pitzer's F
  double z_sum = 0.0;    ///< Pitzer's Z = sum m |z|
  double c_sum = 0.0;    ///< Pitzer's sum m_c m_a C_ca
  double eps_sum = 0.0;  ///< SIT: sum eps m over the cations
};

namespace activity_detail {
/// g(x) = 2 [1 - (1 + x) e^-x]/x^2 and x/2 times its derivative, both to rounding near 0.
GADOLIN_INLINE double pitzer_g(double x) {
  if (x < 1e-3) return 1.0 - x * (2.0 / 3.0 - x * (0.25 - x / 15.0));
  return 2.0 * (1.0 - (1.0 + x) * std::exp(-x)) / (x * x);
}
/// e^-x - g(x), which B' holds as beta1 (e^-x - g)/I
GADOLIN_INLINE double pitzer_g_prime(double x) {
  if (x < 1e-3) return -x * (1.0 / 3.0 - x * (0.25 - x * 0.1));
  return std::exp(-x) - pitzer_g(x);
}
}  // namespace activity_detail

/// What all ions share. The true ionic strength is reported, the model sees the clamped liquor.
GADOLIN_HD inline LiquorTerms liquor_terms(ActivityModel model, const Liquor& q) {
  LiquorTerms t;
  double twice = q.anion + 2.0 * q.other_ionic;
  for (int c = 0; c < q.cations; ++c) twice += q.m[c] * q.pair[c].charge * q.pair[c].charge;
  t.ionic = 0.5 * twice;
  const double limit = activity_limit(model);
  if (model != ActivityModel::none && t.ionic > limit) t.scale = limit / t.ionic;
  if (model == ActivityModel::sit) {
    for (int c = 0; c < q.cations; ++c) t.eps_sum += q.pair[c].eps * q.m[c];
    t.eps_sum *= t.scale;
  }
  if (model != ActivityModel::pitzer) return t;
  const double ionic = t.ionic * t.scale, root = std::sqrt(ionic);
  const double anion = q.anion * t.scale;
  // F = -A [sqrt I/(1 + 1.2 sqrt I) + (2/1.2) ln(1 + 1.2 sqrt I)] + sum m_c m_a B'_ca         (S32)
  t.f = -debye_hueckel_a_phi * (root / (1.0 + 1.2 * root) + 2.0 / 1.2 * std::log1p(1.2 * root));
  const double slope = ionic > 0.0 ? activity_detail::pitzer_g_prime(2.0 * root) / ionic : 0.0;
  t.z_sum = anion;
  for (int c = 0; c < q.cations; ++c) {
    const IonPair& p = q.pair[c];
    const double m = q.m[c] * t.scale;
    t.f += m * anion * p.beta1 * slope;
    t.z_sum += m * p.charge;
    t.c_sum += m * anion * p.cphi / (2.0 * std::sqrt(p.charge));
  }
  return t;
}

/// log10 gamma of a cation that may or may not be among those of the liquor.
///   Pitzer: ln gamma = z^2 F + m_a (2 B + Z C) + z sum m_c m_a C,
///           B = beta0 + beta1 g(2 sqrt I), C = C^phi/(2 sqrt z)                              (S33)
/// source Pitzer 1991, binary terms only (no theta, psi); docs/theory/separation.md#activity
GADOLIN_HD inline double cation_log10_gamma(ActivityModel model, const Liquor& q,
                                            const LiquorTerms& t, const IonPair& ion) {
  const double ionic = t.ionic * t.scale, anion = q.anion * t.scale;
  switch (model) {
    case ActivityModel::none:
      return 0.0;
    case ActivityModel::davies:
      return davies_log10_gamma(ion.charge, ionic);
    case ActivityModel::sit:
      return sit_log10_gamma(ion.charge, ionic, ion.eps * anion);
    case ActivityModel::pitzer:
      break;
  }
  const double z = ion.charge;
  const double b = ion.beta0 + ion.beta1 * activity_detail::pitzer_g(2.0 * std::sqrt(ionic));
  const double c = ion.cphi / (2.0 * std::sqrt(z));
  return (z * z * t.f + anion * (2.0 * b + t.z_sum * c) + z * t.c_sum) * 0.43429448190325183;
}

/// log10 gamma of the medium's anion (charge -1).
GADOLIN_HD inline double anion_log10_gamma(ActivityModel model, const Liquor& q,
                                           const LiquorTerms& t) {
  const double ionic = t.ionic * t.scale;
  switch (model) {
    case ActivityModel::none:
      return 0.0;
    case ActivityModel::davies:
      return davies_log10_gamma(1.0, ionic);
    case ActivityModel::sit:
      return sit_log10_gamma(1.0, ionic, t.eps_sum);
    case ActivityModel::pitzer:
      break;
  }
  const double g = activity_detail::pitzer_g(2.0 * std::sqrt(ionic));
  double sum = t.f + t.c_sum;
  for (int i = 0; i < q.cations; ++i) {
    const IonPair& p = q.pair[i];
    sum += q.m[i] * t.scale *
           (2.0 * (p.beta0 + p.beta1 * g) + t.z_sum * p.cphi / (2.0 * std::sqrt(p.charge)));
  }
  return sum * 0.43429448190325183;
}

/// log10 gamma of an ion of any charge without a specific term (complexes, sulfate): the long-range
/// part alone; 0 for Pitzer, whose parameters hold the association already.
GADOLIN_HD inline double plain_log10_gamma(ActivityModel model, const LiquorTerms& t, double z) {
  const double ionic = t.ionic * t.scale;
  if (model == ActivityModel::davies) return davies_log10_gamma(z, ionic);
  if (model == ActivityModel::sit) return sit_log10_gamma(z, ionic, 0.0);
  return 0.0;
}

}  // namespace gadolin::separation
