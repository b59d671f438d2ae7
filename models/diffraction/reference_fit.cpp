#include "models/diffraction/reference_fit.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <Eigen/Dense>

#include "kernels/exec/team.hpp"
#include "kernels/numeric/nnls.hpp"

namespace gadolin::diffraction {

namespace {

Eigen::Map<const Eigen::VectorXd> map_of(const std::vector<double>& values) {
  return {values.data(), static_cast<Eigen::Index>(values.size())};
}

Eigen::MatrixXd weighted_background(const SummationData& data) {
  const Eigen::Map<const Eigen::MatrixXd> background(
      data.background.data(), static_cast<Eigen::Index>(data.x.size()), data.terms);
  return map_of(data.weight).cwiseSqrt().asDiagonal() * background;
}

}  // namespace

ReferenceShapes::ReferenceShapes(const PatternLibrary& library) : library_(library) {
  const auto& x = library.two_theta_deg;
  const std::size_t n = x.size();
  for (const auto& phase : library.phases) {
    const auto& y = phase.intensity;
    std::vector<double> tangent(n, 0.0);
    for (std::size_t i = 0; i < n && n > 1; ++i) {
      const std::size_t low = i > 0 ? i - 1 : i, high = std::min(n - 1, i + 1);
      tangent[i] = (y[high] - y[low]) / (x[high] - x[low]);
    }
    tangent_.push_back(std::move(tangent));
  }
}

void ReferenceShapes::draw(std::size_t r, const std::vector<double>& x, double shift, double* value,
                           double* slope) const {
  const auto& grid = library_.two_theta_deg;
  const auto& y = library_.phases[r].intensity;
  const auto& m = tangent_[r];
  std::size_t k = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double at = std::clamp(x[i] - shift, grid.front(), grid.back());
    while (k + 2 < grid.size() && grid[k + 1] < at) ++k;
    const double h = grid[k + 1] - grid[k], t = (at - grid[k]) / h;
    const double rise = y[k + 1] - y[k];
    const double a = h * m[k] - rise, b = rise - h * m[k + 1];
    value[i] = y[k] + t * rise + t * (1.0 - t) * ((1.0 - t) * a + t * b);
    if (slope != nullptr) {
      slope[i] = (rise + (1.0 - 2.0 * t) * ((1.0 - t) * a + t * b) + t * (1.0 - t) * (b - a)) / h;
    }
  }
}

ReferenceNormals::ReferenceNormals(const SummationData& data, const ReferenceShapes& shapes,
                                   const std::vector<std::size_t>& references,
                                   const std::vector<double>& shift_deg) {
  const auto n = static_cast<Eigen::Index>(data.x.size());
  const auto m = static_cast<Eigen::Index>(references.size());
  const Eigen::VectorXd root = map_of(data.weight).cwiseSqrt();
  Eigen::MatrixXd columns(n, m);
  for (Eigen::Index r = 0; r < m; ++r) {
    const auto at = static_cast<std::size_t>(r);
    shapes.draw(references[at], data.x, shift_deg[at], columns.col(r).data(), nullptr);
  }
  columns = root.asDiagonal() * columns;
  Eigen::VectorXd y = root.cwiseProduct(map_of(data.y));
  // What the background explains is taken out of both sides.
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(weighted_background(data));
  const Eigen::MatrixXd basis = qr.householderQ() * Eigen::MatrixXd::Identity(n, data.terms);
  columns -= basis * (basis.transpose() * columns);
  y -= basis * (basis.transpose() * y);
  gram_.assign(static_cast<std::size_t>(m * m), 0.0);
  Eigen::Map<Eigen::MatrixXd> gram(gram_.data(), m, m);
  gram.selfadjointView<Eigen::Lower>().rankUpdate(columns.transpose());
  gram.triangularView<Eigen::StrictlyUpper>() = gram.transpose();
  const Eigen::VectorXd rhs = columns.transpose() * y;
  rhs_.assign(rhs.begin(), rhs.end());
  square_ = y.squaredNorm();
}

double ReferenceNormals::solve(const std::vector<std::size_t>& subset,
                               std::vector<double>& coefficient) const {
  // A working set that takes in the steepest of those left out keeps the systems small.
  constexpr std::size_t most_at_once = 24;
  const std::size_t n = subset.size();
  coefficient.assign(n, 0.0);
  std::vector<std::size_t> working;  // places in the subset
  double chi2 = square_;
  for (int round = 0; round < 60; ++round) {
    std::vector<std::pair<double, std::size_t>> entering;
    for (std::size_t k = 0; k < n; ++k) {
      if (std::find(working.begin(), working.end(), k) != working.end()) continue;
      const double length = gram(subset[k], subset[k]);
      if (!(length > 0.0)) continue;
      double slope = rhs_[subset[k]];
      for (const std::size_t j : working) slope -= gram(subset[k], subset[j]) * coefficient[j];
      if (slope > 1e-10 * std::sqrt(length * square_)) {
        entering.emplace_back(-slope / std::sqrt(length), k);
      }
    }
    if (entering.empty()) break;
    std::sort(entering.begin(), entering.end());
    for (std::size_t k = 0; k < entering.size() && k < most_at_once; ++k) {
      working.push_back(entering[k].second);
    }
    const std::size_t size = working.size();
    std::vector<double> own(size * size), rhs(size), x(size);
    for (std::size_t a = 0; a < size; ++a) {
      rhs[a] = rhs_[subset[working[a]]];
      for (std::size_t b = 0; b < size; ++b) {
        own[a * size + b] = gram(subset[working[a]], subset[working[b]]);
      }
    }
    std::vector<double> scratch(nnls_scratch_doubles(static_cast<int>(size)));
    nnls(SingleLane{}, static_cast<int>(size), own.data(), rhs.data(), x.data(), scratch.data());
    double now = square_;
    coefficient.assign(n, 0.0);
    std::vector<std::size_t> kept;
    for (std::size_t a = 0; a < size; ++a) {
      if (!(x[a] > 0.0)) continue;
      kept.push_back(working[a]);
      coefficient[working[a]] = x[a];
      now -= 2.0 * rhs[a] * x[a];
      for (std::size_t b = 0; b < size; ++b) now += x[a] * own[a * size + b] * x[b];
    }
    working = std::move(kept);
    const bool stands = now > chi2 * (1.0 - 1e-10);
    chi2 = std::min(chi2, now);
    if (stands) break;
  }
  return chi2;
}

double ReferenceNormals::variance(std::size_t p, const std::vector<std::size_t>& others) const {
  const auto n = static_cast<Eigen::Index>(others.size());
  Eigen::MatrixXd matrix(n, n);
  Eigen::VectorXd cross(n);
  for (Eigen::Index a = 0; a < n; ++a) {
    const std::size_t wa = others[static_cast<std::size_t>(a)];
    cross[a] = gram(wa, p);
    for (Eigen::Index b = 0; b < n; ++b) {
      matrix(a, b) = gram(wa, others[static_cast<std::size_t>(b)]);
    }
  }
  double left = gram(p, p);
  if (n > 0) left -= cross.dot(matrix.ldlt().solve(cross));
  return left > 1e-12 * gram(p, p) ? 1.0 / left : 0.0;
}

SummationCurve curve_of(const SummationData& data, const ReferenceShapes& shapes,
                        const ReferenceFit& fit) {
  const std::size_t n = data.x.size();
  SummationCurve curve;
  curve.calculated.assign(n, 0.0);
  std::vector<double> column(n);
  for (std::size_t r = 0; r < fit.references.size(); ++r) {
    const double c = fit.coefficient[r];
    if (!(c > 0.0)) continue;
    shapes.draw(fit.references[r], data.x, fit.shift_deg[r], column.data(), nullptr);
    for (std::size_t i = 0; i < n; ++i) curve.calculated[i] += c * column[i];
  }
  const Eigen::MatrixXd weighted = weighted_background(data);
  const Eigen::VectorXd rest =
      map_of(data.weight).cwiseSqrt().cwiseProduct(map_of(data.y) - map_of(curve.calculated));
  const Eigen::VectorXd terms = weighted.householderQr().solve(rest);
  curve.background.assign(n, 0.0);
  for (int k = 0; k < data.terms; ++k) {
    for (std::size_t i = 0; i < n; ++i) {
      curve.background[i] += terms[k] * data.background[static_cast<std::size_t>(k) * n + i];
    }
  }
  for (std::size_t i = 0; i < n; ++i) curve.calculated[i] += curve.background[i];
  return curve;
}

}  // namespace gadolin::diffraction
