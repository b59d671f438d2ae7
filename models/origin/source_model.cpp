#include "models/origin/source_model.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include <Eigen/Dense>

#include "kernels/numeric/special_functions.hpp"

namespace gadolin::origin {

namespace {

constexpr int rounds = 15;              // of expectation-maximisation; C moves by < 1 % after 10
constexpr double radius_length = 0.06;  // angstrom: about five neighbours
constexpr double target_element_sd = 0.05;

using Matrix = Eigen::Matrix<double, pattern_size, pattern_size, Eigen::RowMajor>;
using Vector = Eigen::Matrix<double, pattern_size, 1>;
using Dynamic = Eigen::MatrixXd;

Eigen::Map<const Matrix> matrix(const std::array<double, pattern_size * pattern_size>& a) {
  return Eigen::Map<const Matrix>(a.data());
}

std::array<double, pattern_size * pattern_size> stored(const Matrix& m) {
  std::array<double, pattern_size * pattern_size> a{};
  Eigen::Map<Matrix>(a.data()) = m;
  return a;
}

Matrix smooth_kernel() {
  Matrix k;
  for (int i = 0; i < pattern_size; ++i) {
    for (int j = 0; j < pattern_size; ++j) {
      const double step = (radius_angstrom[static_cast<std::size_t>(i)] -
                           radius_angstrom[static_cast<std::size_t>(j)]) /
                          radius_length;
      k(i, j) = std::exp(-0.5 * step * step);
    }
  }
  return k;
}

struct Posterior {
  Vector mean;
  Matrix covariance;
};

/// Posterior of mu given one printed pattern, prior N(mean, covariance).
Posterior update(const Vector& prior_mean, const Matrix& prior_covariance, const LogPattern& p,
                 const Matrix& within, double laboratory_variance) {
  Posterior post{prior_mean, prior_covariance};
  const auto n = static_cast<Eigen::Index>(p.measured.size());
  if (n < 2) return post;
  const std::vector<double> rows = contrasts(static_cast<int>(n));
  const Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> v(
      rows.data(), n - 1, n);
  Dynamic a = Dynamic::Zero(n - 1, pattern_size);
  Eigen::VectorXd y(n), noise(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto at = static_cast<std::size_t>(i);
    a.col(p.measured[at]) = v.col(i);
    y(i) = p.log_value[at];
    noise(i) = laboratory_variance + p.u_log[at] * p.u_log[at];
  }
  const Dynamic r = a * within * a.transpose() + v * noise.asDiagonal() * v.transpose();
  const Dynamic ac = a * prior_covariance;
  const Eigen::LLT<Dynamic> llt(ac * a.transpose() + r);
  post.mean += ac.transpose() * llt.solve(v * y - a * prior_mean);
  post.covariance -= ac.transpose() * llt.solve(ac);

  // Bounds: one truncated-normal moment match each (assumed density filtering).
  double mean_log = y.mean();
  for (std::size_t b = 0; b < p.bounded.size(); ++b) {
    Vector c = Vector::Zero();
    for (const int place : p.measured) c(place) -= 1.0 / static_cast<double>(n);
    c(p.bounded[b]) += 1.0;
    const Vector vc = post.covariance * c;
    const double s2 = c.dot(vc) + within(p.bounded[b], p.bounded[b]) + laboratory_variance;
    const double s = std::sqrt(s2);
    const double side = -p.side[b];  // -1 below: t < bound
    const double alpha = side * (p.log_bound[b] - mean_log - c.dot(post.mean)) / s;
    const double lambda =
        std::exp(-0.5 * alpha * alpha - 0.91893853320467274178 - log_normal_distribution(alpha));
    post.mean -= side * (lambda / s) * vc;
    post.covariance -= (lambda * (lambda + alpha) / s2) * (vc * vc.transpose());
  }
  return post;
}

void check(const Options& o) {
  const auto refuse = [](const std::string& what) {
    throw Error("E-ORG-004", what, "origin options", "see docs/theory/origin.md for the ranges",
                ExitCode::usage);
  };
  if (!(o.prior_unknown > 0.0 && o.prior_unknown < 1.0)) {
    refuse("prior_unknown = " + std::to_string(o.prior_unknown) + " is not between 0 and 1");
  }
  if (!(o.typicality_alpha > 0.0 && o.typicality_alpha < 1.0)) {
    refuse("typicality_alpha = " + std::to_string(o.typicality_alpha) + " is not between 0 and 1");
  }
  if (!(o.within_sd > 0.0) || !(o.within_element_sd > 0.0) || !(o.laboratory_sd >= 0.0) ||
      !(o.process_sd >= 0.0) || !(o.default_u_fraction >= 0.0) || !(o.background_bandwidth > 0.0) ||
      !(o.background_prior_count > 0.0)) {
    refuse("a spread of the origin model is not positive");
  }
  if (!(o.background_broad_share > 0.0 && o.background_broad_share < 1.0)) {
    refuse("background_broad_share is not between 0 and 1");
  }
  if (o.draws < 100 || o.draws > 1000000) refuse("draws is not between 100 and 1000000");
  if (o.least_common_elements < 3) refuse("least_common_elements below 3 leaves no pattern");
}

}  // namespace

std::array<double, pattern_size * pattern_size> within_covariance(const Options& o) {
  return stored(o.within_sd * o.within_sd * smooth_kernel() +
                o.within_element_sd * o.within_element_sd * Matrix::Identity());
}

std::array<double, pattern_size * pattern_size> process_covariance(const Options& o) {
  std::array<int, pattern_size> order{};
  for (int i = 0; i < pattern_size; ++i) order[static_cast<std::size_t>(i)] = i;
  std::stable_sort(order.begin(), order.end(), [](int a, int b) {
    return radius_angstrom[static_cast<std::size_t>(a)] >
           radius_angstrom[static_cast<std::size_t>(b)];
  });
  Matrix p;
  for (int i = 0; i < pattern_size; ++i) {
    for (int j = 0; j < pattern_size; ++j) {
      p(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(j)]) =
          o.process_sd * o.process_sd * std::min(i, j);
    }
  }
  return stored(p);
}

SourceModel fit_sources(const Library& library, const Options& options) {
  check(options);
  SourceModel model;
  model.options = options;
  model.within = within_covariance(options);
  model.process = process_covariance(options);
  model.laboratory_variance = options.laboratory_sd * options.laboratory_sd;

  std::vector<std::string> names;
  for (const auto& normaliser : library.normalisers) {
    if (normaliser.name == options.normaliser) model.normaliser = normaliser;
    names.push_back(normaliser.name);
  }
  if (model.normaliser.name.empty()) {
    std::string all;
    for (const auto& name : names) all += (all.empty() ? "" : ", ") + name;
    throw Error("E-ORG-002", "normaliser \"" + options.normaliser + "\" is not in the library",
                library.name, "take one of " + all, ExitCode::usage);
  }
  std::vector<std::string> ids;
  for (const auto& deposit : library.deposits) ids.push_back(deposit.deposit_id);
  for (const auto& left_out : options.left_out_deposits) {
    if (std::find(ids.begin(), ids.end(), left_out) == ids.end()) {
      const std::string near = nearest_word(left_out, ids);
      throw Error("E-ORG-003", "deposit \"" + left_out + "\" to be left out is not in the library",
                  library.name,
                  near.empty() ? "name a deposit_id of the library's deposits.csv"
                               : "did you mean \"" + near + "\"?",
                  ExitCode::usage);
    }
  }

  for (const auto& set : library.sets) {
    const auto& out = options.left_out_deposits;
    if (static_cast<int>(set.grade) > static_cast<int>(options.worst_grade)) continue;
    if (std::find(out.begin(), out.end(), set.deposit_id) != out.end()) continue;
    LogPattern pattern = log_pattern(set.elements, set.element_share, 0.0);
    if (pattern.measured.size() < 2) continue;
    model.sets.push_back({set.deposit_id,
                          set.set_id,
                          set.material_kind,
                          1.0,
                          {},
                          std::move(pattern),
                          set.grade,
                          set.mean_only});
  }
  if (model.sets.empty()) {
    throw Error("E-ORG-001", "no set of the library is left to compare with", library.name,
                "allow a worse evidence grade or leave fewer deposits out", ExitCode::usage);
  }
  std::sort(model.sets.begin(), model.sets.end(), [](const auto& a, const auto& b) {
    return std::tie(a.deposit_id, a.set_id) < std::tie(b.deposit_id, b.set_id);
  });
  std::map<std::string, int> count;
  for (const auto& set : model.sets) ++count[set.deposit_id];
  for (auto& set : model.sets) set.share = 1.0 / count[set.deposit_id];
  for (const auto& [id, sets] : count) model.deposit_ids.push_back(id);

  const Matrix centring =
      Matrix::Identity() - Matrix::Constant(1.0 / static_cast<double>(pattern_size));
  const Matrix within = matrix(model.within);
  const Matrix target =
      centring * (smooth_kernel() + target_element_sd * target_element_sd * Matrix::Identity()) *
      centring;
  Vector mu = Vector::Zero();
  Matrix c = 4.0 * target;
  const double deposits = static_cast<double>(count.size());
  for (int round = 0; round < rounds; ++round) {
    std::vector<Posterior> posteriors;
    Vector sum = Vector::Zero();
    for (const auto& set : model.sets) {
      posteriors.push_back(update(mu, c, set.pattern, within, model.laboratory_variance));
      sum += set.share * posteriors.back().mean;
    }
    mu = centring * sum / deposits;
    Matrix scatter = Matrix::Zero();
    for (std::size_t i = 0; i < posteriors.size(); ++i) {
      const Vector d = posteriors[i].mean - mu;
      scatter += model.sets[i].share * (posteriors[i].covariance + d * d.transpose());
    }
    c = centring *
        ((scatter + options.background_prior_count * target) /
         (deposits + options.background_prior_count)) *
        centring;
  }
  Eigen::Map<Vector>(model.background.mean.data()) = mu;
  model.background.covariance = stored(c);
  for (auto& set : model.sets) {
    const Posterior post = update(mu, c, set.pattern, within, model.laboratory_variance);
    Eigen::Map<Vector>(set.mu.mean.data()) = post.mean;
    set.mu.covariance = stored(post.covariance);
  }
  return model;
}

}  // namespace gadolin::origin
