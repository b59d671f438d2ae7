#include "models/recovery/reconcile.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

#include <Eigen/Dense>

#include "kernels/exec/team.hpp"
#include "kernels/numeric/nnls.hpp"
#include "kernels/numeric/special_functions.hpp"
#include "models/core/element.hpp"
#include "models/recovery/check_inputs.hpp"
#include "models/recovery/phase_chemistry.hpp"
#include "models/recovery/rare_earth_gaps.hpp"

namespace gadolin::recovery {

namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

constexpr int most_unknowns = 64;
constexpr int most_rounds = 30;
// sum w = 1 when the unmodelled part would be negative. Tighter rows drown the rest: at 1e-6 the
// normal equations jitter by 3e-8 from round to round.
constexpr double full_row_sd = 1e-5;
constexpr double settled = 1e-8;  // largest step of the last round, in units of each unknown

double amount_unit(const Quantity& q, double default_u_fraction) {
  return q.u_known && q.u_value > 0.0 ? q.u_value : default_u_fraction * std::fabs(q.value);
}

/// One content both sides speak of: an element, or a rare-earth site in mol/kg.
struct Link {
  std::string name;                   // "Fe", "light rare earths"
  std::vector<std::size_t> elements;  // places in the input
  std::vector<double> factor;         // content = sum factor * c_j
  Vector per_phase;                   // content per unit of w_p
  int one_sided = 0;                  // -1 below LOD, +1 above range, 0 measured
  double limit = 0.0, u_limit = 0.0;
  const RareEarthSum* site = nullptr;  // of a rare-earth site: its elements without a number
};

struct Problem {
  std::vector<PhaseInput> phases;
  std::vector<ElementInput> elements;
  ReconcileOptions options;
  std::vector<PhaseChemistry> chemistry;
  Matrix xrd_weight;  // inverse of the XRD covariance
  std::vector<Link> links;
  std::map<RareEarthSite, RareEarthSum> sites;
  std::vector<std::size_t> unknown_elements;      // measured elements of two-sided links
  std::vector<const RareEarthSum*> unknown_gaps;  // what the elements without a number hold, summed
};

void add_links(Problem& problem) {
  const auto phases = static_cast<Eigen::Index>(problem.phases.size());
  std::set<std::string> on_site;  // spoken of by a site's link
  for (const auto& [site, sum] : problem.sites) {
    Link link;
    link.site = &sum;
    for (const auto& gap : sum.gaps) on_site.insert(gap.element);
    link.name = site == RareEarthSite::light ? "light rare earths" : "heavy rare earths";
    link.per_phase = Vector::Zero(phases);
    for (Eigen::Index p = 0; p < phases; ++p) {
      const auto& chemistry = problem.chemistry[static_cast<std::size_t>(p)];
      if (chemistry.site == site) link.per_phase(p) = chemistry.site_mol_per_kg;
    }
    for (std::size_t j = 0; j < problem.elements.size(); ++j) {
      if (!sum.measured.contains(problem.elements[j].element)) continue;
      link.elements.push_back(j);
      link.factor.push_back(1000.0 / atomic_weight_g_per_mol(problem.elements[j].element));
    }
    problem.links.push_back(std::move(link));
  }
  for (std::size_t j = 0; j < problem.elements.size(); ++j) {
    const auto& [element, q] = problem.elements[j];
    if (q.state == ValueState::not_measured) continue;
    if (q.state == ValueState::measured && site_class(element) != RareEarthSite::none) continue;
    if (on_site.contains(element)) continue;
    if (q.state == ValueState::measured &&
        !(amount_unit(q, problem.options.default_u_fraction) > 0.0)) {
      continue;  // a zero of unknown uncertainty says nothing
    }
    Link link;
    link.name = element;
    link.elements = {j};
    link.factor = {1.0};
    link.per_phase = Vector::Zero(phases);
    for (Eigen::Index p = 0; p < phases; ++p) {
      const auto& content = problem.chemistry[static_cast<std::size_t>(p)].mass_fraction;
      const auto it = content.find(element);
      if (it != content.end()) link.per_phase(p) = it->second;
    }
    if (link.per_phase.maxCoeff() <= 0.0) continue;
    if (q.state == ValueState::below_lod) {
      if (!(q.lod > 0.0)) continue;
      link.one_sided = -1;
      link.limit = q.lod;
      link.u_limit = q.lod / 3.3;
    } else if (q.state == ValueState::above_range) {
      if (!(q.value > 0.0)) continue;
      link.one_sided = 1;
      link.limit = q.value;
      link.u_limit = problem.options.default_u_fraction * q.value;
    }
    problem.links.push_back(std::move(link));
  }
}

struct Solution {
  Vector x;  // [phases + unknown elements + unknown gaps]
  Matrix covariance;
  double chi_square = 0.0;
  int links_in_force = 0;
  double unmodelled_limit = 0.0;  // 95 %, set where the unmodelled part would be negative
  bool converged = false;
  std::string why_not = "the joint least squares did not settle in 30 rounds";
};

/// 95 % upper limit of a quantity that cannot be negative, known as a normal N(mean, u) with
/// mean <= 0: the normal is cut at 0. Source: truncated normal distribution, by bisection.
double upper_limit_at_zero(double mean, double u) {
  if (!(u > 0.0)) return 0.0;
  const auto tail = [&](double x) { return std::erfc((x - mean) / (u * std::sqrt(2.0))); };
  const double above = 0.05 * tail(0.0);
  double low = 0.0, high = 10.0 * u;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (tail(middle) > above ? low : high) = middle;
  }
  return high;
}

/// Rows of the least-squares problem, linearised at w.
struct Rows {
  Matrix a;
  Vector b;
  Eigen::Index used = 0;
  explicit Rows(Eigen::Index unknowns, Eigen::Index most)
      : a(Matrix::Zero(most, unknowns)), b(Vector::Zero(most)) {}
  void add(const Vector& row, double target, double sd) {
    a.row(used) = row.transpose() / sd;
    b(used) = target / sd;
    ++used;
  }
};

Solution solve(const Problem& problem) {
  const auto phases = static_cast<Eigen::Index>(problem.phases.size());
  const auto first_gap = phases + static_cast<Eigen::Index>(problem.unknown_elements.size());
  const auto unknowns = first_gap + static_cast<Eigen::Index>(problem.unknown_gaps.size());
  const auto& options = problem.options;
  Vector xrd(phases);
  for (Eigen::Index p = 0; p < phases; ++p) {
    xrd(p) = problem.phases[static_cast<std::size_t>(p)].weight_fraction;
  }
  Vector unit = Vector::Ones(unknowns);  // scale of each unknown
  std::map<std::size_t, Eigen::Index> column;
  for (std::size_t k = 0; k < problem.unknown_elements.size(); ++k) {
    const std::size_t j = problem.unknown_elements[k];
    column[j] = phases + static_cast<Eigen::Index>(k);
    unit(column[j]) = std::max(problem.elements[j].mass_fraction.value, 1e-12);
  }
  std::map<const RareEarthSum*, Eigen::Index> gap_column;
  for (std::size_t k = 0; k < problem.unknown_gaps.size(); ++k) {
    const Eigen::Index at = first_gap + static_cast<Eigen::Index>(k);
    gap_column[problem.unknown_gaps[k]] = at;
    unit(at) = std::max(problem.unknown_gaps[k]->u_excess(), 1e-12);
  }
  Solution s;
  const Eigen::LLT<Matrix> xrd_llt(problem.xrd_weight);
  if (xrd_llt.info() != Eigen::Success || !problem.xrd_weight.allFinite()) {
    s.x = Vector::Zero(unknowns);
    s.covariance = Matrix::Zero(unknowns, unknowns);
    s.why_not = "the covariance of the phase fractions is not positive definite";
    return s;
  }
  const Matrix whitening = xrd_llt.matrixU();
  s.x = Vector::Zero(unknowns);
  s.x.head(phases) = xrd;
  bool full = false;  // sum w held at 1
  for (int round = 0; round < most_rounds; ++round) {
    const Vector before = s.x;
    Rows rows(unknowns, phases + 2 + unknowns + static_cast<Eigen::Index>(problem.links.size()));
    // XRD speaks of ratios: w - xrd * sum(w).
    const Matrix ratio =
        whitening * (Matrix::Identity(phases, phases) - xrd * Vector::Ones(phases).transpose());
    const double total = std::max(s.x.head(phases).sum(), 1e-6);
    for (Eigen::Index p = 0; p < phases; ++p) {
      Vector row = Vector::Zero(unknowns);
      row.head(phases) = ratio.row(p).transpose();
      rows.add(row, 0.0, total);
    }
    Vector ones = Vector::Zero(unknowns);
    ones.head(phases).setOnes();
    rows.add(ones, 1.0, full ? full_row_sd : options.unmodelled_sd);
    for (const std::size_t j : problem.unknown_elements) {
      const Quantity& q = problem.elements[j].mass_fraction;
      Vector row = Vector::Zero(unknowns);
      row(column[j]) = 1.0;
      rows.add(row, q.value, amount_unit(q, options.default_u_fraction));
    }
    for (const RareEarthSum* sum : problem.unknown_gaps) {
      const Eigen::Index at = gap_column[sum];
      Vector row = Vector::Zero(unknowns);
      row(at) = 1.0;
      rows.add(row, sum->excess(), unit(at));
    }
    s.links_in_force = 0;
    for (const auto& link : problem.links) {
      const double predicted = link.per_phase.dot(s.x.head(phases));
      Vector row = Vector::Zero(unknowns);
      row.head(phases) = -link.per_phase;
      double measured = 0.0;
      for (std::size_t k = 0; k < link.elements.size() && link.one_sided == 0; ++k) {
        row(column[link.elements[k]]) += link.factor[k];
        measured += link.factor[k] * problem.elements[link.elements[k]].mass_fraction.value;
      }
      double target = 0.0;
      if (link.site != nullptr && !link.site->gaps.empty()) {
        const Eigen::Index at = gap_column[link.site];
        row(at) = 1.0;
        target = -link.site->least();
        measured += link.site->least() + (round > 0 ? s.x(at) : link.site->excess());
      }
      const double scale = std::max(predicted, link.one_sided == 0 ? 0.5 * measured : link.limit);
      double sd = options.formula_u_fraction * scale;
      if (link.one_sided != 0) {
        if (link.one_sided < 0 ? predicted <= link.limit : predicted >= link.limit) continue;
        target = -link.limit;
        sd = std::hypot(sd, link.u_limit);
      }
      ++s.links_in_force;
      rows.add(row, target, sd);
    }
    const Matrix a = rows.a.topRows(rows.used) * unit.asDiagonal();
    const Vector b = rows.b.head(rows.used);
    const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> gram =
        a.transpose() * a;
    const Vector rhs = a.transpose() * b;
    Vector y(unknowns);
    std::vector<double> scratch(nnls_scratch_doubles(static_cast<int>(unknowns)));
    const ItemStatus status = nnls(SingleLane{}, static_cast<int>(unknowns), gram.data(),
                                   rhs.data(), y.data(), scratch.data());
    s.x = unit.asDiagonal() * y;
    s.chi_square = (a * y - b).squaredNorm();
    if (!std::isfinite(s.chi_square) || !s.x.allFinite()) {
      s.why_not = "the joint least squares met a number that is not finite";
      return s;
    }
    std::vector<Eigen::Index> free;
    for (Eigen::Index i = 0; i < unknowns; ++i) {
      if (y(i) > 0.0) free.push_back(i);
    }
    Matrix part(static_cast<Eigen::Index>(free.size()), static_cast<Eigen::Index>(free.size()));
    for (std::size_t i = 0; i < free.size(); ++i) {
      for (std::size_t j = 0; j < free.size(); ++j) {
        part(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = gram(free[i], free[j]);
      }
    }
    const Matrix inverse = part.ldlt().solve(Matrix::Identity(part.rows(), part.cols()));
    s.covariance = Matrix::Zero(unknowns, unknowns);
    for (std::size_t i = 0; i < free.size(); ++i) {
      for (std::size_t j = 0; j < free.size(); ++j) {
        s.covariance(free[i], free[j]) =
            inverse(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) * unit(free[i]) *
            unit(free[j]);
      }
    }
    if (!full && s.x.head(phases).sum() > 1.0) {
      full = true;  // an unmodelled part cannot be negative
      s.unmodelled_limit = upper_limit_at_zero(
          1.0 - s.x.head(phases).sum(),
          std::sqrt(std::max(0.0, s.covariance.topLeftCorner(phases, phases).sum())));
      continue;
    }
    const double moved = (s.x - before).cwiseAbs().cwiseQuotient(unit).maxCoeff();
    if (round > 0 && moved < settled) {
      s.converged = status == ItemStatus::ok;
      break;
    }
  }
  return s;
}

/// Chemistry of the phases, each site's gaps holding the amount given in `excess`.
void set_chemistry(Problem& problem, const std::map<RareEarthSite, double>& excess) {
  problem.chemistry.clear();
  for (const auto& phase : problem.phases) {
    const RareEarthSite site = site_of_formula(phase.formula);
    const auto it = problem.sites.find(site);
    problem.chemistry.push_back(phase_chemistry(
        phase.formula,
        it == problem.sites.end() ? SiteSplit{} : it->second.split(excess.at(site))));
  }
}

void fill_chemistry(const Problem& problem, Reconciled& r) {
  const std::size_t phases = problem.phases.size(), elements = problem.elements.size();
  r.phase_chemistry.assign(phases * elements, 0.0);
  for (std::size_t p = 0; p < phases; ++p) {
    for (std::size_t j = 0; j < elements; ++j) {
      const auto& content = problem.chemistry[p].mass_fraction;
      const auto it = content.find(problem.elements[j].element);
      if (it != content.end()) r.phase_chemistry[p * elements + j] = it->second;
    }
  }
}

void fill_inputs(const Problem& problem, Reconciled& r) {
  const std::size_t phases = problem.phases.size(), elements = problem.elements.size();
  for (std::size_t p = 0; p < phases; ++p) {
    r.phases.push_back(problem.phases[p].name);
    r.formulas.push_back(problem.phases[p].formula);
    r.xrd_weight_fraction.push_back(problem.phases[p].weight_fraction);
  }
  for (std::size_t j = 0; j < elements; ++j) {
    const auto& [element, q] = problem.elements[j];
    const bool measured = q.state == ValueState::measured;
    r.elements.push_back(element);
    r.element_state.push_back(q.state);
    r.element_measured.push_back(measured ? q.value : 0.0);
    r.u_element_measured.push_back(measured ? amount_unit(q, problem.options.default_u_fraction)
                                            : 0.0);
    r.element_lod.push_back(q.state == ValueState::below_lod     ? q.lod
                            : q.state == ValueState::above_range ? q.value
                                                                 : 0.0);
  }
  fill_chemistry(problem, r);
  r.element_compared.assign(elements, 0);
  for (const auto& link : problem.links) {
    for (const std::size_t j : link.elements) r.element_compared[j] = 1;
  }
  r.element_predicted.assign(elements, 0.0);
  r.element_residual_sigma.assign(elements, 0.0);
}

/// What the phases w hold of each element, and how far the measurement stands off. u_share:
/// relative uncertainty of the shares of each site's measured elements, from its elements without a
/// number.
void fill_residuals(const Problem& problem, const Vector& w, const Matrix& w_covariance,
                    const std::map<RareEarthSite, double>& u_share, Reconciled& r) {
  const std::size_t phases = problem.phases.size(), elements = problem.elements.size();
  r.element_predicted.assign(elements, 0.0);
  for (std::size_t j = 0; j < elements; ++j) {
    Vector q(w.size());
    for (std::size_t p = 0; p < phases; ++p) {
      q(static_cast<Eigen::Index>(p)) = r.phase_chemistry[p * elements + j];
    }
    const double predicted = q.dot(w);
    r.element_predicted[j] = predicted;
    if (r.element_compared[j] == 0) continue;
    const double model = problem.options.formula_u_fraction * predicted;
    double variance = q.dot(w_covariance * q) + model * model;
    for (const auto& [site, u] : u_share) {
      if (!problem.sites.at(site).measured.contains(r.elements[j])) continue;
      variance += u * u * predicted * predicted;
    }
    const Quantity& given = problem.elements[j].mass_fraction;
    if (given.state == ValueState::measured) {
      r.element_residual_sigma[j] =
          (given.value - predicted) / std::hypot(r.u_element_measured[j], std::sqrt(variance));
    } else if (given.state == ValueState::below_lod && predicted > given.lod) {
      r.element_residual_sigma[j] =
          (given.lod - predicted) / std::hypot(given.lod / 3.3, std::sqrt(variance));
    } else if (given.state == ValueState::above_range && predicted < given.value) {
      r.element_residual_sigma[j] =
          (given.value - predicted) /
          std::hypot(problem.options.default_u_fraction * given.value, std::sqrt(variance));
    }
  }
}

/// The elements of a site without a number that matter: 2 % of what it is expected to hold, or
/// more.
std::string gaps_that_matter(const RareEarthSum& sum) {
  double total = sum.least() + sum.excess();
  for (const auto& [element, mol] : sum.measured) total += mol;
  std::string names;
  for (const auto& gap : sum.gaps) {
    if (gap.least + gap.excess < 0.02 * total) continue;
    names += (names.empty() ? "" : " ") + gap.element;
  }
  return names;
}

std::string conflict_sentence(const Problem& problem, const std::map<RareEarthSite, double>& excess,
                              const Reconciled& r) {
  double worst = 0.0;
  std::string worst_name = "none";
  for (std::size_t j = 0; j < r.elements.size(); ++j) {
    if (std::fabs(r.element_residual_sigma[j]) > std::fabs(worst)) {
      worst = r.element_residual_sigma[j];
      worst_name = r.elements[j];
    }
  }
  for (const auto& [site, sum] : problem.sites) {
    if (!(sum.u_excess() > 0.0)) continue;
    const double pull = (sum.excess() - excess.at(site)) / sum.u_excess();
    const std::string names = gaps_that_matter(sum);
    if (std::fabs(pull) <= std::fabs(worst)) continue;
    worst = pull;
    worst_name = "rare earths without a number" + (names.empty() ? "" : " (" + names + ")");
  }
  char text[400];
  std::snprintf(text, sizeof text,
                "XRD and assay disagree (chi-square %.1f for %d comparisons, p = %.2g): the assay "
                "finds %s %s than the phases hold by %.1f sigma. Both are reported as given.",
                r.chi_square, r.degrees_of_freedom, r.p_value, worst > 0.0 ? "more" : "less",
                worst_name.c_str(), std::fabs(worst));
  return text;
}

void warn(const Problem& problem, Reconciled& r) {
  bool any_rare_earth = false;
  double homeless_oxide = 0.0;  // rare earths no phase of the list can carry, kg/kg
  std::string homeless;
  for (std::size_t j = 0; j < r.elements.size(); ++j) {
    const bool measured = r.element_state[j] == ValueState::measured;
    if (measured && site_class(r.elements[j]) != RareEarthSite::none) any_rare_earth = true;
    if (measured && r.element_compared[j] == 0 && is_rare_earth(r.elements[j])) {
      homeless_oxide += r.element_measured[j] *
                        element_to_oxide_factor(r.elements[j], default_oxide(r.elements[j]));
      homeless += (homeless.empty() ? "" : " ") + r.elements[j];
      continue;
    }
    if (measured && r.element_compared[j] == 0 && r.elements[j] != "O" &&
        r.element_measured[j] >= 0.005) {
      char text[160];
      std::snprintf(text, sizeof text,
                    "%s (%.2f wt%%) is in no phase of the list: amorphous or missed carrier",
                    r.elements[j].c_str(), 100.0 * r.element_measured[j]);
      r.warnings.push_back({"W-REC-002", text});
    }
  }
  if (homeless_oxide >= 0.001) {
    char text[240];
    std::snprintf(text, sizeof text,
                  "%s (together %.2f wt%% oxide) are in no phase of the list: amorphous or missed "
                  "carrier of rare earths",
                  homeless.c_str(), 100.0 * homeless_oxide);
    r.warnings.push_back({"W-REC-002", text});
  }
  const bool site =
      std::any_of(problem.chemistry.begin(), problem.chemistry.end(),
                  [](const PhaseChemistry& c) { return c.site != RareEarthSite::none; });
  for (const auto& [kind, sum] : problem.sites) {
    const std::string names = gaps_that_matter(sum);
    if (names.empty()) continue;
    r.warnings.push_back(
        {"W-REC-004", "no number for " + names +
                          ", which the rare-earth site is expected to hold: estimated from the "
                          "limit or the neighbours, the comparison with XRD is that much looser"});
  }
  if (site && !any_rare_earth) {
    r.warnings.push_back({"W-REC-001",
                          "no rare earth is measured: the phases' ideal formulas stand for the "
                          "rare-earth split, which they cannot know"});
  }
}

}  // namespace

Reconciled reconcile(const std::vector<PhaseInput>& phases, const std::vector<double>& covariance,
                     const std::vector<ElementInput>& elements, const ReconcileOptions& options) {
  check_inputs(phases, covariance, elements);
  Problem problem;
  problem.phases = phases;
  problem.elements = elements;
  problem.options = options;
  problem.sites = rare_earth_sums(phases, elements);
  std::map<RareEarthSite, double> excess, u_share;
  for (const auto& [site, sum] : problem.sites) {
    excess[site] = sum.excess();
    if (sum.u_excess() > 0.0) problem.unknown_gaps.push_back(&sum);
  }
  set_chemistry(problem, excess);
  const auto count = static_cast<Eigen::Index>(phases.size());
  Matrix xrd_covariance = Matrix::Zero(count, count);
  for (Eigen::Index p = 0; p < count; ++p) {
    for (Eigen::Index q = 0; q < count && !covariance.empty(); ++q) {
      xrd_covariance(p, q) = covariance[static_cast<std::size_t>(p * count + q)];
    }
    xrd_covariance(p, p) += options.least_u_weight * options.least_u_weight;
  }
  problem.xrd_weight = xrd_covariance.inverse();
  Reconciled r;
  r.alpha = options.alpha;
  if (!phases.empty()) add_links(problem);
  for (const auto& link : problem.links) {
    if (link.one_sided != 0) continue;
    for (const std::size_t j : link.elements) problem.unknown_elements.push_back(j);
  }
  std::sort(problem.unknown_elements.begin(), problem.unknown_elements.end());
  const std::size_t unknowns =
      phases.size() + problem.unknown_elements.size() + problem.unknown_gaps.size();
  if (unknowns > most_unknowns) {
    throw Error("E-REC-004", std::to_string(unknowns) + " unknowns, at most 64 can be joined", "",
                "leave out phases below their limit of detection");
  }
  fill_inputs(problem, r);
  for (Eigen::Index p = 0; p < count; ++p) {
    r.u_xrd_weight_fraction.push_back(std::sqrt(xrd_covariance(p, p)));
  }
  const std::size_t n = elements.size();
  r.element_mass_fraction = r.element_measured;
  r.element_covariance.assign(n * n, 0.0);
  for (std::size_t j = 0; j < n; ++j) {
    r.element_covariance[j * n + j] = r.u_element_measured[j] * r.u_element_measured[j];
  }
  Vector w(count);
  for (Eigen::Index p = 0; p < count; ++p) {
    w(p) = phases[static_cast<std::size_t>(p)].weight_fraction;
  }
  Matrix w_covariance = xrd_covariance;
  r.converged = true;
  if (!phases.empty()) {
    const Solution s = solve(problem);
    r.converged = s.converged;
    if (!s.converged) r.status_text = s.why_not + ": phases and assay are as given";
    if (s.converged) {
      r.chi_square = s.chi_square;
      r.degrees_of_freedom = s.links_in_force;
      r.p_value = chi_square_upper_tail(s.chi_square, s.links_in_force);
    }
    r.conflict = r.degrees_of_freedom > 0 && r.p_value < options.alpha;
    r.unmodelled_fraction_known = r.degrees_of_freedom > 0 && !r.conflict;
    Eigen::Index at = count + static_cast<Eigen::Index>(problem.unknown_elements.size());
    for (const auto& [site, sum] : problem.sites) {
      if (!s.converged || !(sum.u_excess() > 0.0)) continue;
      double total = sum.least() + s.x(at);
      for (const auto& [element, mol] : sum.measured) total += mol;
      excess[site] = s.x(at);
      u_share[site] = std::sqrt(std::max(0.0, s.covariance(at, at))) / total;
      ++at;
    }
    set_chemistry(problem, excess);
    fill_chemistry(problem, r);
    if (s.converged && !r.conflict) {
      w = s.x.head(count);
      w_covariance = s.covariance.topLeftCorner(count, count);
      r.unmodelled_fraction = std::max(0.0, 1.0 - w.sum());
      r.u_unmodelled_fraction = std::sqrt(std::max(0.0, w_covariance.sum()));
      r.unmodelled_fraction_limit = s.unmodelled_limit;
      for (std::size_t a = 0; a < problem.unknown_elements.size(); ++a) {
        const std::size_t j = problem.unknown_elements[a];
        const Eigen::Index ja = count + static_cast<Eigen::Index>(a);
        r.element_mass_fraction[j] = s.x(ja);
        for (std::size_t b = 0; b < problem.unknown_elements.size(); ++b) {
          r.element_covariance[j * n + problem.unknown_elements[b]] =
              s.covariance(ja, count + static_cast<Eigen::Index>(b));
        }
      }
    }
  }
  r.weight_fraction.assign(w.data(), w.data() + w.size());
  r.weight_covariance.assign(phases.size() * phases.size(), 0.0);
  for (Eigen::Index p = 0; p < count; ++p) {
    for (Eigen::Index q = 0; q < count; ++q) {
      r.weight_covariance[static_cast<std::size_t>(p * count + q)] = w_covariance(p, q);
    }
  }
  fill_residuals(problem, w, w_covariance, u_share, r);
  if (r.conflict) r.conflict_text = conflict_sentence(problem, excess, r);
  warn(problem, r);
  return r;
}

}  // namespace gadolin::recovery
