#include "models/separation/fit_constants.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <numeric>

#include <Eigen/Dense>

#include "kernels/numeric/random.hpp"
#include "kernels/numeric/special_functions.hpp"
#include "models/separation/fit_contact.hpp"

namespace gadolin::separation {

namespace {

constexpr double difference = 1e-4;   // of log10 K, for the sensitivities
constexpr double least_scale = 0.02;  // log10 D: no laboratory measures better
constexpr double huber = 1.345;
constexpr double prior_rows = 5.0;  // weight of the pooled scatter in that of a species
constexpr std::uint32_t fold_purpose = 0x464f4c44;

double median(std::vector<double> v) {
  if (v.empty()) return 0.0;
  std::sort(v.begin(), v.end());
  const std::size_t n = v.size();
  return n % 2 == 1 ? v[n / 2] : 0.5 * (v[n / 2 - 1] + v[n / 2]);
}

/// Quantile of Student's t, two-sided confidence; bisection on the incomplete beta function.
double student_quantile(double confidence, double dof) {
  double low = 0.0, high = 1e3;
  for (int it = 0; it < 200; ++it) {
    const double t = 0.5 * (low + high);
    const double tail = incomplete_beta(0.5 * dof, 0.5, dof / (dof + t * t));
    (tail > 1.0 - confidence ? low : high) = t;
  }
  return 0.5 * (low + high);
}

/// One measured value among those of the fit.
struct Point {
  std::size_t experiment, metal, species, row;
};

/// Constants, scales and uncertainties from a set of experiments.
struct Estimate {
  bool ok = false;
  std::string why;
  Eigen::VectorXd theta;  // log10 K per species, then the exponent
  Eigen::MatrixXd covariance;
  std::vector<double> scale, scatter, dof;            // per species
  std::vector<char> known;                            // species with rows
  std::vector<double> residual, weight, sensitivity;  // per point
  int iterations = 0;
};

class Fitter {
 public:
  explicit Fitter(const FitTask& task) : task_(task) {
    for (const EquilibriumExperiment& e : task.experiments) contacts_.emplace_back(task, e);
    for (std::size_t i = 0; i < task.experiments.size(); ++i) {
      for (std::size_t m = 0; m < task.experiments[i].metals.size(); ++m) {
        points_.push_back({i, m, task.experiments[i].metals[m].species, points_.size()});
      }
    }
    species_ = task.species.size();
    parameters_ = species_ + (task.fit_exponent ? 1 : 0);
  }

  const std::vector<Point>& points() const { return points_; }
  FitContact& contact(std::size_t i) { return contacts_[i]; }

  Eigen::VectorXd start() const {
    Eigen::VectorXd theta(static_cast<Eigen::Index>(parameters_));
    for (std::size_t k = 0; k < species_; ++k) {
      theta[static_cast<Eigen::Index>(k)] = task_.species[k].log10_k;
    }
    if (task_.fit_exponent) {
      theta[static_cast<Eigen::Index>(species_)] =
          task_.species.front().exponent.value_or(task_.species.front().dimers);
    }
    return theta;
  }

  /// log10 D of the metals of one experiment, and d log10 D / d theta of each if wanted.
  bool predict(std::size_t i, const Eigen::VectorXd& theta, std::vector<double>& log10_d,
               Eigen::MatrixXd* jacobian) {
    FitContact& contact = contacts_[i];
    const auto& metals = task_.experiments[i].metals;
    const std::size_t c = metals.size();
    std::vector<double> k(c), moved(c);
    for (std::size_t m = 0; m < c; ++m) k[m] = theta[static_cast<Eigen::Index>(metals[m].species)];
    double n = task_.fit_exponent ? theta[static_cast<Eigen::Index>(species_)] : 0.0;
    const auto exponent = [&]() -> const double* { return task_.fit_exponent ? &n : nullptr; };
    log10_d.resize(c);
    if (!contact.solve(k.data(), exponent(), log10_d.data())) return false;
    if (jacobian == nullptr) return true;
    jacobian->setZero(static_cast<Eigen::Index>(c), static_cast<Eigen::Index>(parameters_));
    const auto column = [&](Eigen::Index at) {
      if (!contact.solve(k.data(), exponent(), moved.data())) return false;
      for (std::size_t m = 0; m < c; ++m) {
        (*jacobian)(static_cast<Eigen::Index>(m), at) += (moved[m] - log10_d[m]) / difference;
      }
      return true;
    };
    for (std::size_t m = 0; m < c; ++m) {
      k[m] += difference;
      if (!column(static_cast<Eigen::Index>(metals[m].species))) return false;
      k[m] -= difference;
    }
    if (task_.fit_exponent) {
      n += difference;
      if (!column(static_cast<Eigen::Index>(species_))) return false;
      n -= difference;
    }
    return true;
  }

  Estimate fit(const std::vector<char>& used, const Eigen::VectorXd& from) {
    Estimate e;
    e.theta = from;
    e.known.assign(species_, 0);
    e.scale.assign(species_, 0.0);
    e.scatter.assign(species_, 0.0);
    e.dof.assign(species_, 0.0);
    e.residual.assign(points_.size(), 0.0);
    e.weight.assign(points_.size(), 0.0);
    e.sensitivity.assign(points_.size(), 0.0);
    std::vector<Point> mine;
    for (const Point& p : points_) {
      if (used[p.experiment] == 0) continue;
      mine.push_back(p);
      e.known[p.species] = 1;
    }
    const Eigen::Index np = static_cast<Eigen::Index>(parameters_);
    Eigen::MatrixXd rows(static_cast<Eigen::Index>(mine.size()), np), jacobian;
    std::vector<double> predicted;
    const auto evaluate = [&](bool slopes) {
      std::size_t at = 0;
      while (at < mine.size()) {
        const std::size_t i = mine[at].experiment;
        if (!predict(i, e.theta, predicted, slopes ? &jacobian : nullptr)) {
          e.why = "experiment " + task_.experiments[i].id + ": no equilibrium found";
          return false;
        }
        for (std::size_t m = 0; m < predicted.size(); ++m, ++at) {
          e.residual[mine[at].row] = task_.experiments[i].metals[m].log10_d - predicted[m];
          if (!slopes) continue;
          rows.row(static_cast<Eigen::Index>(at)) = jacobian.row(static_cast<Eigen::Index>(m));
          e.sensitivity[mine[at].row] =
              jacobian(static_cast<Eigen::Index>(m), static_cast<Eigen::Index>(mine[at].species));
        }
      }
      return true;
    };
    bool tukey = false;
    int calm = 0;
    Eigen::MatrixXd normal;
    for (e.iterations = 1; e.iterations <= 80; ++e.iterations) {
      if (!evaluate(true)) return e;
      if (calm == 0) scales(mine, e);  // held in the end, so that the iteration has a fixed point
      normal.setZero(np, np);
      Eigen::VectorXd right = Eigen::VectorXd::Zero(np);
      for (std::size_t at = 0; at < mine.size(); ++at) {
        const Point& p = mine[at];
        const double u = e.residual[p.row] / e.scale[p.species];
        const double c = task_.rejection;
        double w = std::fabs(u) <= huber ? 1.0 : huber / std::fabs(u);
        if (tukey) w = std::fabs(u) >= c ? 0.0 : (1 - u * u / (c * c)) * (1 - u * u / (c * c));
        e.weight[p.row] = w;
        const double q = w / (e.scale[p.species] * e.scale[p.species]);
        const auto j = rows.row(static_cast<Eigen::Index>(at));
        normal += q * j.transpose() * j;
        right += q * e.residual[p.row] * j.transpose();
      }
      for (std::size_t k = 0; k < species_; ++k) {
        const auto at = static_cast<Eigen::Index>(k);
        if (normal(at, at) <= 0.0) normal(at, at) = 1.0;  // no row speaks for it: it stays
      }
      Eigen::VectorXd step = normal.ldlt().solve(right);
      const double longest = step.cwiseAbs().maxCoeff();
      if (longest > 0.5) step *= 0.5 / longest;
      e.theta += step;
      if (longest < 1e-9) {
        if (tukey) break;
        tukey = true;
        calm = 0;
      } else if (longest < 1e-3) {
        ++calm;
      }
    }
    if (e.iterations > 80) {
      e.why = "constants still move after 80 iterations";
      return e;
    }
    // Sandwich: says how well the constants are known without believing the scales. The bread holds
    // the slope of psi, the filling psi itself, raised by the leverage of its row.
    Eigen::MatrixXd bread = Eigen::MatrixXd::Zero(np, np), meat = bread;
    for (std::size_t at = 0; at < mine.size(); ++at) {
      const Point& p = mine[at];
      const double scale = e.scale[p.species], v = e.residual[p.row] / (scale * task_.rejection);
      const auto j = rows.row(static_cast<Eigen::Index>(at));
      if (std::fabs(v) < 1.0) {
        bread += (1 - v * v) * (1 - 5 * v * v) / (scale * scale) * j.transpose() * j;
      }
    }
    for (std::size_t k = 0; k < species_; ++k) {
      const auto at = static_cast<Eigen::Index>(k);
      if (e.known[k] == 0) bread(at, at) = 1.0;
    }
    const Eigen::MatrixXd inverse = bread.ldlt().solve(Eigen::MatrixXd::Identity(np, np));
    for (std::size_t at = 0; at < mine.size(); ++at) {
      const Point& p = mine[at];
      const double scale2 = e.scale[p.species] * e.scale[p.species];
      const auto j = rows.row(static_cast<Eigen::Index>(at));
      const double leverage = e.weight[p.row] / scale2 * (j * inverse * j.transpose())(0, 0);
      const double q = e.weight[p.row] * e.residual[p.row] / scale2 /
                       std::max(0.1, 1.0 - std::min(leverage, 0.9));
      meat += q * q * j.transpose() * j;
    }
    e.covariance = inverse * meat * inverse;
    e.covariance = (0.5 * (e.covariance + e.covariance.transpose())).eval();
    spread(mine, e);
    e.ok = true;
    return e;
  }

 private:
  const FitTask& task_;
  std::vector<FitContact> contacts_;
  std::vector<Point> points_;
  std::size_t species_, parameters_;

  /// Robust scale per species: median deviation, halfway to the pooled one where rows are few.
  void scales(const std::vector<Point>& mine, Estimate& e) const {
    std::vector<double> all;
    std::vector<std::vector<double>> by(species_);
    for (const Point& p : mine) {
      all.push_back(std::fabs(e.residual[p.row]));
      by[p.species].push_back(all.back());
    }
    const double pooled = std::max(1.4826 * median(all), least_scale);
    for (std::size_t k = 0; k < species_; ++k) {
      const double n = static_cast<double>(by[k].size());
      const double own = 1.4826 * median(by[k]);
      const double s2 = (n * own * own + prior_rows * pooled * pooled) / (n + prior_rows);
      e.scale[k] = std::max(std::sqrt(s2), least_scale);
    }
  }

  /// Scatter of log10 D with the rejected rows in it: what a row not seen may do.
  void spread(const std::vector<Point>& mine, Estimate& e) const {
    double sum = 0.0;
    std::vector<double> own(species_, 0.0), count(species_, 0.0);
    for (const Point& p : mine) {
      const double r2 = e.residual[p.row] * e.residual[p.row];
      sum += r2;
      own[p.species] += r2;
      count[p.species] += 1.0;
    }
    const double pooled = sum / std::max(1.0, static_cast<double>(mine.size()));
    for (std::size_t k = 0; k < species_; ++k) {
      e.dof[k] = std::max(1.0, count[k] - 1.0 + prior_rows);
      e.scatter[k] = std::max(std::sqrt((own[k] + prior_rows * pooled) / e.dof[k]), least_scale);
    }
  }
};

/// Variance between sources of log10 K (S42); count of (source, species) groups that could tell.
double between_sources(const FitTask& task, const Fitter& fitter, const Estimate& e,
                       const std::vector<char>& used, int& groups) {
  struct Group {
    double information = 0.0, shift = 0.0, square = 0.0;
  };
  std::map<std::pair<std::size_t, std::string>, Group> by;
  for (const Point& p : fitter.points()) {
    if (used[p.experiment] == 0) continue;
    Group& g = by[{p.species, task.experiments[p.experiment].source}];
    const double s = e.sensitivity[p.row], r = e.residual[p.row];
    g.information += s * s;
    g.shift += s * r;
    g.square += s * s * r * r;
  }
  std::map<std::size_t, int> sources;
  for (const auto& [key, g] : by) ++sources[key.first];
  double q = 0.0, c = 0.0, freedom = 0.0;
  groups = 0;
  for (const auto& [species, count] : sources) {
    if (count < 2) continue;
    double w_sum = 0.0, w2_sum = 0.0, mean = 0.0;
    std::vector<std::pair<double, double>> effects;  // weight, shift of log10 K
    for (const auto& [key, g] : by) {
      if (key.first != species || !(g.information > 0.0)) continue;
      const double shift = g.shift / g.information;
      const double variance = std::max(g.square / (g.information * g.information),
                                       least_scale * least_scale / g.information);
      effects.push_back({1.0 / variance, shift});
      w_sum += 1.0 / variance;
      w2_sum += 1.0 / (variance * variance);
      mean += shift / variance;
      ++groups;
    }
    mean /= w_sum;
    for (const auto& [w, shift] : effects) q += w * (shift - mean) * (shift - mean);
    freedom += static_cast<double>(effects.size()) - 1.0;
    c += w_sum - w2_sum / w_sum;
  }
  return c > 0.0 ? std::max(0.0, (q - freedom) / c) : 0.0;
}

double rms(const std::vector<double>& v) {
  double sum = 0.0;
  for (double r : v) sum += r * r;
  return v.empty() ? 0.0 : std::sqrt(sum / static_cast<double>(v.size()));
}

}  // namespace

PredictedContact predict_contact(const FitTask& task, const EquilibriumExperiment& experiment,
                                 const std::vector<Species>& species) {
  FitTask with = task;
  with.species = species;
  FitContact contact(with, experiment);
  std::vector<double> k;
  for (const EquilibriumMetal& m : experiment.metals) k.push_back(species[m.species].log10_k);
  PredictedContact out;
  out.log10_d.assign(k.size(), 0.0);
  if (!contact.solve(k.data(), nullptr, out.log10_d.data())) return out;
  out.status = ItemStatus::ok;
  out.ln_h = contact.ln_h();
  out.ln_x = contact.ln_x();
  out.ionic_strength_molar = contact.ionic();
  out.loading_fraction = 1.0 - std::exp(contact.ln_x()) / experiment.extractant_molar;
  return out;
}

FitResult fit_constants(const FitTask& task) {
  const auto refuse = [&](const char* code, const std::string& what, const std::string& remedy) {
    throw Error(code, what, task.source.empty() ? "fit " + task.name : task.source, remedy,
                ExitCode::usage);
  };
  std::vector<char> used;
  std::size_t fitted_rows = 0, fitted_experiments = 0;
  std::vector<int> rows_of(task.species.size(), 0);
  for (const EquilibriumExperiment& e : task.experiments) {
    used.push_back(e.fitted ? 1 : 0);
    if (!e.fitted) continue;
    ++fitted_experiments;
    fitted_rows += e.metals.size();
    for (const EquilibriumMetal& m : e.metals) ++rows_of[m.species];
  }
  if (fitted_rows == 0) {
    refuse("E-SEP-043", "no experiment of the table takes part in the fit",
           "check the columns, and which rows are excluded");
  }
  const auto unknowns = static_cast<std::size_t>(
      std::count_if(rows_of.begin(), rows_of.end(), [](int n) { return n > 0; }) +
      (task.fit_exponent ? 1 : 0));
  if (fitted_rows <= unknowns) {
    refuse("E-SEP-044",
           std::to_string(fitted_rows) + " measured values for " + std::to_string(unknowns) +
               " constants leave nothing to judge them by",
           "add measurements, or fix the exponent");
  }
  Fitter fitter(task);
  FitResult out;
  out.name = task.name;
  out.coverage_goal = task.confidence;
  const Estimate full = fitter.fit(used, fitter.start());
  out.iterations = full.iterations;
  if (!full.ok) {
    out.status_text = full.why;
    return out;
  }
  int groups = 0;
  const double tau2 = between_sources(task, fitter, full, used, groups);
  out.u_common_measured = groups > 1;
  if (out.u_common_measured) out.u_common = std::sqrt(tau2);

  // k-fold: experiments shuffled once, dealt in turn.
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i] != 0) order.push_back(i);
  }
  RandomStream random(task.seed, 0, fold_purpose);
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1],
              order[static_cast<std::size_t>(random.uniform() * static_cast<double>(i))]);
  }
  out.folds = std::max(0, std::min(task.folds, static_cast<int>(order.size())));
  std::vector<std::optional<double>> left_out(fitter.points().size()), half(left_out.size());
  std::vector<double> predicted;
  Eigen::MatrixXd jacobian;
  for (int f = 0; f < out.folds && out.folds > 1; ++f) {
    std::vector<char> seen = used;
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (static_cast<int>(i % static_cast<std::size_t>(out.folds)) == f) seen[order[i]] = 0;
    }
    const Estimate e = fitter.fit(seen, fitter.start());
    for (const Point& p : fitter.points()) {
      if (used[p.experiment] == 0 || seen[p.experiment] != 0) continue;
      if (!e.ok || e.known[p.species] == 0 ||
          !fitter.predict(p.experiment, e.theta, predicted, &jacobian)) {
        ++out.not_predicted;
        continue;
      }
      left_out[p.row] = predicted[p.metal];
      const Eigen::RowVectorXd j = jacobian.row(static_cast<Eigen::Index>(p.metal));
      const double of_constants = (j * e.covariance * j.transpose())(0, 0);
      half[p.row] = student_quantile(task.confidence, e.dof[p.species]) *
                    std::sqrt(e.scatter[p.species] * e.scatter[p.species] + of_constants);
    }
  }

  // Everything about every row, at the constants of all.
  std::vector<std::vector<double>> fitted_of(task.species.size()), checked_of(task.species.size());
  std::vector<double> all, kept, missed;
  ValidityWindow& window = out.window;
  window.h_min_molar = window.extractant_min_molar = 1e300;
  window.h_max_molar = window.extractant_max_molar = 0.0;
  window.ionic_strength_max_molar = window.loading_max_fraction = 0.0;
  double covered = 0.0, judged = 0.0;
  std::vector<int> rejected(task.species.size(), 0);
  std::size_t before = fitter.points().size();
  std::string named;
  for (const Point& p : fitter.points()) {
    const EquilibriumExperiment& experiment = task.experiments[p.experiment];
    if (p.experiment != before) {
      before = p.experiment;
      if (!fitter.predict(p.experiment, full.theta, predicted, &jacobian)) {
        out.status_text = "experiment " + experiment.id + ": no equilibrium found";
        return out;
      }
      // the slopes moved the contact: back to the constants themselves
      fitter.predict(p.experiment, full.theta, predicted, nullptr);
    }
    const FitContact& contact = fitter.contact(p.experiment);
    FitRow row;
    row.experiment = experiment.id;
    row.source = experiment.source;
    row.species = task.species[p.species].name;
    row.fitted = experiment.fitted;
    row.log10_d = experiment.metals[p.metal].log10_d;
    row.predicted = predicted[p.metal];
    row.sensitivity =
        jacobian(static_cast<Eigen::Index>(p.metal), static_cast<Eigen::Index>(p.species));
    row.h_molar = std::exp(contact.ln_h());
    row.free_extractant_molar = std::exp(contact.ln_x());
    row.ionic_strength_molar = contact.ionic();
    row.loading_fraction = 1.0 - row.free_extractant_molar / experiment.extractant_molar;
    const double residual = row.log10_d - row.predicted;
    if (experiment.fitted) {
      row.weight = full.weight[p.row];
      row.left_out = left_out[p.row];
      row.half_width = half[p.row];
      all.push_back(std::fabs(residual));
      fitted_of[p.species].push_back(residual);
      if (row.weight > 0.0) {
        kept.push_back(residual);
        window.h_min_molar = std::min(window.h_min_molar, row.h_molar);
        window.h_max_molar = std::max(window.h_max_molar, row.h_molar);
        window.extractant_min_molar =
            std::min(window.extractant_min_molar, row.free_extractant_molar);
        window.extractant_max_molar =
            std::max(window.extractant_max_molar, row.free_extractant_molar);
        window.ionic_strength_max_molar =
            std::max(window.ionic_strength_max_molar, row.ionic_strength_molar);
        window.loading_max_fraction = std::max(window.loading_max_fraction, row.loading_fraction);
      } else {
        ++rejected[p.species];
        char text[160];
        std::snprintf(text, sizeof text, "%s%s %s (%s, off by %+.2f)", named.empty() ? "" : ", ",
                      row.species.c_str(), row.experiment.c_str(), row.source.c_str(), residual);
        named += text;
      }
      if (row.left_out) {
        const double miss = row.log10_d - *row.left_out;
        missed.push_back(std::fabs(miss));
        judged += 1.0;
        if (std::fabs(miss) <= *row.half_width) covered += 1.0;
      }
    } else {
      checked_of[p.species].push_back(residual);
    }
    out.rows.push_back(row);
  }
  if (!(window.ionic_strength_max_molar > 0.0)) window.ionic_strength_max_molar = 1e9;
  out.rms = rms(all);
  out.median_abs = median(all);
  out.rms_kept = rms(kept);
  out.rms_left_out = rms(missed);
  out.median_left_out = median(missed);
  out.coverage = judged > 0.0 ? covered / judged : 0.0;
  const std::size_t np = static_cast<std::size_t>(full.covariance.rows());
  out.covariance.assign(full.covariance.data(), full.covariance.data() + np * np);
  for (std::size_t k = 0; k < task.species.size(); ++k) {
    FitSpecies s;
    s.name = task.species[k].name;
    s.rows = rows_of[k];
    s.rejected = rejected[k];
    std::vector<std::string> sources;
    for (const FitRow& row : out.rows) {
      if (row.fitted && row.species == s.name) sources.push_back(row.source);
    }
    std::sort(sources.begin(), sources.end());
    s.sources = static_cast<int>(std::unique(sources.begin(), sources.end()) - sources.begin());
    s.log10_k = full.theta[static_cast<Eigen::Index>(k)];
    s.u_log10_k =
        std::sqrt(full.covariance(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(k)));
    s.scatter = full.scatter[k];
    s.rms = rms(fitted_of[k]);
    s.checked_rows = static_cast<int>(checked_of[k].size());
    s.checked_rms = rms(checked_of[k]);
    for (double r : checked_of[k]) s.checked_mean += r / s.checked_rows;
    if (s.checked_rows > 0 && std::fabs(s.checked_mean) > 3.0 * s.scatter) {
      char text[200];
      std::snprintf(text, sizeof text,
                    "%s: %d values kept out of the fit lie %+.2f off in log10 D on average, beyond "
                    "three times the scatter %.2f - the sources, or the model, disagree",
                    s.name.c_str(), s.checked_rows, s.checked_mean, s.scatter);
      out.warnings.push_back({"W-SEP-043", text});
    }
    out.species.push_back(s);
  }
  if (task.fit_exponent) {
    const auto at = static_cast<Eigen::Index>(task.species.size());
    out.exponent = full.theta[at];
    out.u_exponent = std::sqrt(full.covariance(at, at));
  }
  if (!named.empty()) {
    out.warnings.push_back({"W-SEP-040", "rejected by the robust fit: " + named});
  }
  if (!out.u_common_measured) {
    out.warnings.push_back({"W-SEP-041",
                            "every species comes from one source: the part common to all "
                            "constants is the default 0.15, not measured"});
  }
  if (judged >= 40.0 && (out.coverage < 0.9 || out.coverage > 0.99)) {  // fewer cannot tell
    char text[120];
    std::snprintf(text, sizeof text, "%.0f %% of the left-out values lie in their %.0f %% interval",
                  100.0 * out.coverage, 100.0 * task.confidence);
    out.warnings.push_back({"W-SEP-042", text});
  }
  out.status = ItemStatus::ok;
  return out;
}

}  // namespace gadolin::separation
