#include "models/origin/densities.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <Eigen/Dense>

#include "kernels/numeric/random.hpp"
#include "kernels/numeric/special_functions.hpp"
#include "models/core/item_key.hpp"

namespace gadolin::origin {

namespace {

constexpr std::uint32_t purpose_bounded = 0x0B0D;
constexpr double log_two_pi = 1.83787706640934548356;

using Dynamic = Eigen::MatrixXd;
using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::Map<const RowMatrix> square(const std::array<double, pattern_size * pattern_size>& a) {
  return {a.data(), pattern_size, pattern_size};
}

Eigen::VectorXd vector(const std::array<double, pattern_size>& a) {
  return Eigen::Map<const Eigen::VectorXd>(a.data(), pattern_size);
}

/// The sample's contrasts, and for each bounded element its log content over the mean of the
/// measured ones: rows of one matrix applied to the 15 logs.
struct Projection {
  RowMatrix rows;            // [(m - 1) + b, 15]
  Eigen::VectorXd observed;  // [m - 1]
  Eigen::VectorXd bound;     // [b]
  std::vector<int> side;
  Dynamic noise;  // [15, 15] W + P + laboratory + measurement
  Eigen::Index contrasts = 0;
};

Projection project(const SourceModel& model, const LogPattern& s) {
  const auto m = static_cast<Eigen::Index>(s.measured.size());
  const auto b = static_cast<Eigen::Index>(s.bounded.size());
  Projection p;
  p.contrasts = m - 1;
  p.rows = RowMatrix::Zero(m - 1 + b, pattern_size);
  const std::vector<double> basis = contrasts(static_cast<int>(m));
  const Eigen::Map<const RowMatrix> v(basis.data(), m - 1, m);
  const Eigen::Map<const Eigen::VectorXd> y(s.log_value.data(), m);
  p.noise = square(model.within) + square(model.process);
  for (Eigen::Index i = 0; i < m; ++i) {
    const int place = s.measured[static_cast<std::size_t>(i)];
    const double u = s.u_log[static_cast<std::size_t>(i)];
    p.rows.block(0, place, m - 1, 1) = v.col(i);
    p.rows.block(m - 1, place, b, 1).array() -= 1.0 / static_cast<double>(m);
    p.noise(place, place) += model.laboratory_variance + u * u;
  }
  p.observed = v * y;
  p.bound = Eigen::VectorXd(b);
  for (Eigen::Index j = 0; j < b; ++j) {
    const int place = s.bounded[static_cast<std::size_t>(j)];
    p.rows(m - 1 + j, place) += 1.0;
    p.noise(place, place) += model.laboratory_variance;
    p.bound(j) = s.log_bound[static_cast<std::size_t>(j)] - y.mean();
    p.side.push_back(s.side[static_cast<std::size_t>(j)]);
  }
  return p;
}

struct Uniforms {
  int draws = 0, columns = 0;
  std::vector<double> value;  // [draws * columns]
};

/// ln P(all bounded elements on their side), t ~ N(mean, covariance).
double log_probability(const Eigen::VectorXd& mean, const Dynamic& covariance, const Projection& p,
                       const Uniforms& uniforms, double* effective) {
  const Eigen::Index b = mean.size();
  const Dynamic l = covariance.llt().matrixL();
  double largest = -std::numeric_limits<double>::infinity();
  std::vector<double> log_weight(static_cast<std::size_t>(uniforms.draws));
  Eigen::VectorXd z(b);
  for (int d = 0; d < uniforms.draws; ++d) {
    double sum = 0.0;
    for (Eigen::Index j = 0; j < b; ++j) {
      // side * t > side * bound for "above"; mirrored so that both read z < limit.
      const double mirror = p.side[static_cast<std::size_t>(j)] < 0 ? 1.0 : -1.0;
      const double shift = mean(j) + l.row(j).head(j).dot(z.head(j));
      const double limit = mirror * (p.bound(j) - shift) / l(j, j);
      const double log_share = log_normal_distribution(limit);
      sum += log_share;
      if (j + 1 == b) break;
      const double u =
          uniforms.value[static_cast<std::size_t>(d * uniforms.columns + static_cast<int>(j))];
      const double mass = u * std::exp(log_share);
      const double inside = mass > 1e-300 ? normal_quantile(mass) : limit;
      z(j) = mirror * std::min(inside, limit);
    }
    log_weight[static_cast<std::size_t>(d)] = sum;
    largest = std::max(largest, sum);
  }
  double sum = 0.0, squares = 0.0;
  for (const double w : log_weight) {
    const double weight = std::exp(w - largest);
    sum += weight;
    squares += weight * weight;
  }
  if (effective != nullptr) *effective = sum * sum / squares;
  return largest + std::log(sum / uniforms.draws);
}

struct Density {
  double log_value = 0.0, effective = 0.0;
};

Density density(const Projection& p, const Eigen::VectorXd& mean, const Dynamic& covariance,
                const Uniforms& uniforms) {
  const Eigen::Index n = p.contrasts, b = p.bound.size();
  const Eigen::VectorXd centre = p.rows * mean;
  const Dynamic total = p.rows * (covariance + p.noise) * p.rows.transpose();
  const Eigen::LLT<Dynamic> llt(total.topLeftCorner(n, n));
  const Eigen::VectorXd d = p.observed - centre.head(n);
  const Eigen::VectorXd white = llt.matrixL().solve(d);
  Density out;
  out.log_value = -0.5 * white.squaredNorm() - 0.5 * static_cast<double>(n) * log_two_pi -
                  Dynamic(llt.matrixL()).diagonal().array().log().sum();
  if (b > 0) {
    const Dynamic cross = total.bottomLeftCorner(b, n);
    const Eigen::VectorXd t = centre.tail(b) + cross * llt.solve(d);
    const Dynamic rest =
        total.bottomRightCorner(b, b) - cross * llt.solve(Dynamic(cross.transpose()));
    out.log_value += log_probability(t, rest, p, uniforms, &out.effective);
  }
  return out;
}

/// Squared distance between a sample and a printed set, on the elements measured in both:
///   d' (2 W + P + 2 B + Sigma_sample + Sigma_set)^-1 d,  d in contrasts
std::pair<double, int> distance_to_set(const SourceModel& model, const LogPattern& sample,
                                       const LogPattern& set) {
  std::vector<int> places;
  std::vector<double> difference, variance;
  for (std::size_t i = 0; i < sample.measured.size(); ++i) {
    const auto it = std::find(set.measured.begin(), set.measured.end(), sample.measured[i]);
    if (it == set.measured.end()) continue;
    const auto j = static_cast<std::size_t>(it - set.measured.begin());
    places.push_back(sample.measured[i]);
    difference.push_back(sample.log_value[i] - set.log_value[j]);
    variance.push_back(sample.u_log[i] * sample.u_log[i] + set.u_log[j] * set.u_log[j] +
                       2.0 * model.laboratory_variance);
  }
  const auto n = static_cast<Eigen::Index>(places.size());
  if (n < 2) return {0.0, 0};
  const std::vector<double> basis = contrasts(static_cast<int>(n));
  const Eigen::Map<const RowMatrix> v(basis.data(), n - 1, n);
  Dynamic covariance = Eigen::Map<const Eigen::VectorXd>(variance.data(), n).asDiagonal();
  const auto within = square(model.within), process = square(model.process);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < n; ++j) {
      const int a = places[static_cast<std::size_t>(i)], b = places[static_cast<std::size_t>(j)];
      covariance(i, j) += 2.0 * within(a, b) + process(a, b);
    }
  }
  const Eigen::VectorXd d = v * Eigen::Map<const Eigen::VectorXd>(difference.data(), n);
  const Dynamic total = v * covariance * v.transpose();
  return {d.dot(total.llt().solve(d)), static_cast<int>(n - 1)};
}

}  // namespace

SampleDensities evaluate_densities(const SourceModel& model, const LogPattern& sample,
                                   const std::string& id, std::uint64_t seed) {
  if (sample.measured.size() < 2) {
    throw Error("E-ORG-005", "sample \"" + id + "\" has fewer than 2 measured rare earths", id,
                "report it as \"no conclusion\"");
  }
  const Projection p = project(model, sample);
  Uniforms uniforms;
  uniforms.columns = static_cast<int>(sample.bounded.size()) - 1;
  uniforms.draws = uniforms.columns > 0 ? model.options.draws : 1;
  RandomStream random(seed, item_key(id), purpose_bounded);
  for (int i = 0; i < uniforms.draws * uniforms.columns; ++i) {
    uniforms.value.push_back(random.uniform());
  }

  SampleDensities out;
  out.draws = uniforms.columns > 0 ? uniforms.draws : 0;
  const Dynamic c = square(model.background.covariance);
  const double h2 = model.options.background_bandwidth * model.options.background_bandwidth;
  double best = -std::numeric_limits<double>::infinity();
  for (const auto& set : model.sets) {
    const Eigen::VectorXd mean = vector(set.mu.mean);
    const Dynamic v = square(set.mu.covariance);
    const Density source = density(p, mean, v, uniforms);
    out.log_source.push_back(source.log_value);
    const auto [distance2, dimensions] = distance_to_set(model, sample, set.pattern);
    out.distance2.push_back(distance2);
    out.dimensions.push_back(dimensions);
    out.log_kernel.push_back(density(p, mean, v + h2 * c, uniforms).log_value);
    if (source.log_value > best) {
      best = source.log_value;
      if (out.draws > 0) out.effective_sample_size = source.effective;
    }
  }
  out.log_broad = density(p, vector(model.background.mean), c, uniforms).log_value;
  return out;
}

double expected_log10_lr(const SourceModel& model, const LogPattern& sample, int a, int b) {
  LogPattern measured = sample;
  measured.bounded.clear();
  measured.side.clear();
  measured.log_bound.clear();
  const Projection p = project(model, measured);
  struct Normal {
    Eigen::VectorXd mean;
    Dynamic covariance;
    Eigen::LLT<Dynamic> llt;
    double log_determinant;
  };
  const auto normals_of = [&](int source) {
    std::vector<Normal> normals;
    for (const auto& set : model.sets) {
      if (set.deposit_id != model.deposit_ids[static_cast<std::size_t>(source)]) continue;
      const Dynamic s = p.rows * (square(set.mu.covariance) + p.noise) * p.rows.transpose();
      Eigen::LLT<Dynamic> llt(s);
      const double log_determinant = 2.0 * Dynamic(llt.matrixL()).diagonal().array().log().sum();
      normals.push_back({p.rows * vector(set.mu.mean), s, std::move(llt), log_determinant});
    }
    return normals;
  };
  const std::vector<Normal> first = normals_of(a), second = normals_of(b);
  const auto direction = [](const std::vector<Normal>& truth, const std::vector<Normal>& other) {
    double sum = 0.0;
    for (const auto& t : truth) {
      double smallest = std::numeric_limits<double>::infinity();
      for (const auto& o : other) {
        const Eigen::VectorXd d = t.mean - o.mean;
        const double kl =
            0.5 * (o.llt.solve(t.covariance).trace() + d.dot(o.llt.solve(d)) -
                   static_cast<double>(d.size()) + o.log_determinant - t.log_determinant);
        smallest = std::min(smallest, kl);
      }
      sum += smallest;
    }
    return sum / static_cast<double>(truth.size());
  };
  return std::min(direction(first, second), direction(second, first)) / std::log(10.0);
}

}  // namespace gadolin::origin
