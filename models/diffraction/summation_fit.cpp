#include "models/diffraction/summation_fit.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <Eigen/Dense>
#include <fmt/format.h>

#include "models/diffraction/prepare.hpp"

namespace gadolin::diffraction {

namespace {

constexpr double undetermined_bic = 6.0;
constexpr int background_terms = 2;
/// Own shifts of references stay about so near the common one [deg].
constexpr double prior_own_shift_deg = 0.03;

/// 1 + 2 sum of the autocorrelations of the weighted residuals, summed until they drown in noise.
double correlation_of(const Eigen::VectorXd& residual) {
  const auto n = residual.size();
  const double square = residual.squaredNorm();
  double sum = 1.0;
  for (Eigen::Index lag = 1; lag < std::min<Eigen::Index>(n / 4, 200) && square > 0.0; ++lag) {
    const double rho = residual.head(n - lag).dot(residual.tail(n - lag)) / square;
    if (rho < 2.0 / std::sqrt(static_cast<double>(n))) break;
    sum += 2.0 * rho;
  }
  return sum;
}

/// Counts less the curve, times the weight or its root.
Eigen::VectorXd residual_of(const SummationData& data, const SummationCurve& curve, bool root) {
  Eigen::VectorXd out(static_cast<Eigen::Index>(data.x.size()));
  for (std::size_t i = 0; i < data.x.size(); ++i) {
    const double weight = root ? std::sqrt(data.weight[i]) : data.weight[i];
    out[static_cast<Eigen::Index>(i)] = weight * (data.y[i] - curve.calculated[i]);
  }
  return out;
}

/// Columns of the joint normal equations: coefficients and own shifts of the active references,
/// then the background.
Eigen::MatrixXd jacobian_of(const SummationData& data, const ReferenceShapes& shapes,
                            const ReferenceFit& fit, const std::vector<std::size_t>& active) {
  const auto n = static_cast<Eigen::Index>(data.x.size());
  const auto a = static_cast<Eigen::Index>(active.size());
  Eigen::MatrixXd jacobian(n, 2 * a + data.terms);
  for (Eigen::Index k = 0; k < a; ++k) {
    const std::size_t r = active[static_cast<std::size_t>(k)];
    shapes.draw(fit.references[r], data.x, fit.shift_deg[r], jacobian.col(k).data(),
                jacobian.col(a + k).data());
    jacobian.col(a + k) *= -fit.coefficient[r];
  }
  jacobian.rightCols(data.terms) =
      Eigen::Map<const Eigen::MatrixXd>(data.background.data(), n, data.terms);
  return jacobian;
}

Eigen::MatrixXd normal_of(const SummationData& data, const Eigen::MatrixXd& jacobian) {
  const Eigen::Map<const Eigen::VectorXd> weight(data.weight.data(),
                                                 static_cast<Eigen::Index>(data.x.size()));
  return jacobian.transpose() * weight.asDiagonal() * jacobian;
}

}  // namespace

bool SummationFit::take(const std::vector<std::size_t>& references) {
  PatternState state;
  RefinementOptions range = options_;
  const double margin = asked_.largest_shift_deg + asked_.largest_own_shift_deg;
  const bool clays = std::any_of(references.begin(), references.end(), [&](std::size_t r) {
    return library_.phases[r].kind == ReferenceKind::clay;
  });
  if (clays && !(range.two_theta_min_deg > 0.0)) {
    range.two_theta_min_deg = asked_.clay_two_theta_min_deg;
    warn("W-XRD-151",
         fmt::format("clay references: fitted from {:.3g} degrees up, the basal reflections below "
                     "depend on orientation and water; ask for another start to include them",
                     range.two_theta_min_deg));
  }
  range.two_theta_min_deg =
      std::max(range.two_theta_min_deg, library_.two_theta_deg.front() + margin);
  const double end = library_.two_theta_deg.back() - margin;
  range.two_theta_max_deg =
      range.two_theta_max_deg > 0.0 ? std::min(range.two_theta_max_deg, end) : end;
  const auto& own = pattern_.wavelength_angstrom;
  const auto& theirs = library_.wavelength_angstrom;
  if (!own.empty() && !theirs.empty() && std::fabs(own.front() / theirs.front() - 1.0) > 5e-3) {
    state.status = ItemStatus::out_of_range;
    state.status_text = fmt::format(
        "E-WAVE-001: the pattern was measured with {:.5f} angstrom, the library with {:.5f} - "
        "take a library of the same anode",
        own.front(), theirs.front());
  } else {
    take_points(pattern_, range, state);
  }
  result_.warnings.insert(result_.warnings.end(), state.warnings.begin(), state.warnings.end());
  for (const std::size_t r : references) {
    result_.phases.emplace_back();
    result_.phases.back().name = library_.phases[r].id;
  }
  if (!state.usable()) {
    result_.status = state.status;
    result_.status_text = state.status_text;
    return false;
  }
  data_.x = state.two_theta_deg;
  data_.y = state.counts;
  for (const double variance : state.variance) data_.weight.push_back(1.0 / variance);
  data_.terms = options_.background_terms > 0 ? options_.background_terms : background_terms;
  const double low = data_.x.front(), high = data_.x.back();
  for (int k = 0; k < data_.terms; ++k) {
    for (const double at : data_.x) {
      const double u = 2.0 * (at - low) / (high - low) - 1.0;
      data_.background.push_back(std::cos(k * std::acos(std::clamp(u, -1.0, 1.0))));
    }
  }
  return true;
}

void SummationFit::warn(const char* code, const std::string& text) {
  result_.warnings.push_back({code, text});
}

std::vector<std::size_t> SummationFit::all_of(std::size_t n) const {
  std::vector<std::size_t> list(n);
  std::iota(list.begin(), list.end(), std::size_t{0});
  return list;
}

double SummationFit::try_shift(double shift) {
  const std::vector<double> shifts(fit_.references.size(), shift);
  const ReferenceNormals normals(data_, shapes_, fit_.references, shifts);
  std::vector<double> c;
  const double chi2 = normals.solve(all_of(fit_.references.size()), c);
  if (fit_.shift_deg.empty() || chi2 < fit_.chi2) {
    fit_.shift_deg = shifts;
    fit_.coefficient = c;
    fit_.chi2 = chi2;
    common_shift_ = shift;
  }
  return chi2;
}

void SummationFit::align() {
  const int steps = static_cast<int>(std::lround(asked_.largest_shift_deg / 0.03));
  try_shift(0.0);
  for (int k = 1; k <= steps; ++k) {
    try_shift(0.03 * k);
    try_shift(-0.03 * k);
  }
  for (const double step : {0.015, 0.0075, 0.004}) {
    const double middle = common_shift_;
    for (const double off : {-step, step}) {
      if (std::fabs(middle + off) <= asked_.largest_shift_deg) try_shift(middle + off);
    }
  }
  if (std::fabs(common_shift_) > asked_.largest_shift_deg - 0.005) {
    warn("W-XRD-153", fmt::format("the common shift stands at its limit of {:.2f} degrees: the "
                                  "references may be of another instrument",
                                  asked_.largest_shift_deg));
  }
}

std::vector<std::size_t> SummationFit::active() const {
  std::vector<std::size_t> list;
  for (std::size_t r = 0; r < fit_.references.size(); ++r) {
    if (fit_.coefficient[r] > 0.0) list.push_back(r);
  }
  return list;
}

double SummationFit::effective_points(const ReferenceFit& fit) const {
  const Eigen::VectorXd residual = residual_of(data_, curve_of(data_, shapes_, fit), true);
  return std::max(50.0, static_cast<double>(data_.x.size()) / correlation_of(residual));
}

bool SummationFit::is_standard(std::size_t reference) const {
  return library_.phases[reference].id == options_.quantify.internal_standard.phase;
}

void SummationFit::choose() {
  const auto offered = fit_.references;
  const ReferenceNormals normals(data_, shapes_, offered,
                                 std::vector<double>(offered.size(), common_shift_));
  std::vector<std::size_t> in;
  for (std::size_t k = 0; k < offered.size(); ++k) {
    if (fit_.coefficient[k] > 0.0 || is_standard(offered[k])) {
      in.push_back(k);
    }
  }
  std::vector<double> c;
  const double n = effective_points(fit_);
  double chi2 = normals.solve(in, c);
  const auto bic = [&](double value) { return n * std::log(value / chi2); };
  while (in.size() > 1) {
    std::size_t worst = in.size();
    double least = std::log(n);  // what one coefficient is worth
    for (std::size_t k = 0; k < in.size(); ++k) {
      if (is_standard(offered[in[k]])) continue;
      auto rest = in;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(k));
      const double cost = bic(normals.solve(rest, c));
      if (cost < least) {
        least = cost;
        worst = k;
      }
    }
    if (worst == in.size()) break;
    in.erase(in.begin() + static_cast<std::ptrdiff_t>(worst));
    chi2 = normals.solve(in, c);
  }
  for (int round = 0; round < 8; ++round) {
    double best = chi2 * (1.0 - 1e-9);
    auto better = in;
    for (std::size_t k = 0; k < in.size(); ++k) {
      if (is_standard(offered[in[k]])) continue;
      for (std::size_t other = 0; other < offered.size(); ++other) {
        if (std::find(in.begin(), in.end(), other) != in.end()) continue;
        auto tried = in;
        tried[k] = other;
        const double value = normals.solve(tried, c);
        if (value < best) {
          best = value;
          better = tried;
        }
      }
    }
    if (better == in) break;
    in = better;
    chi2 = normals.solve(in, c);
  }
  std::sort(in.begin(), in.end());
  chi2 = normals.solve(in, c);
  not_told_apart_.assign(in.size(), {});
  for (std::size_t k = 0; k < in.size(); ++k) {
    for (std::size_t other = 0; other < offered.size(); ++other) {
      if (std::find(in.begin(), in.end(), other) != in.end()) continue;
      auto tried = in;
      tried[k] = other;
      std::vector<double> without;
      const double value = normals.solve(tried, without);
      if (!(without[k] > 0.0)) continue;
      if (bic(value) < undetermined_bic) {
        not_told_apart_[k].push_back(library_.phases[offered[other]].id);
      }
    }
  }
  fit_.references.clear();
  for (const std::size_t k : in) fit_.references.push_back(offered[k]);
  fit_.shift_deg.assign(in.size(), common_shift_);
  fit_.coefficient = c;
  fit_.chi2 = chi2;
  result_.phases.clear();
  for (const std::size_t r : fit_.references) {
    result_.phases.emplace_back();
    result_.phases.back().name = library_.phases[r].id;
  }
}

void SummationFit::own_shifts() {
  const std::size_t m = fit_.references.size();
  const double limit = asked_.largest_own_shift_deg;
  const auto points = static_cast<double>(data_.x.size());
  const double reduced = std::max(1.0, fit_.chi2 / points) * points / effective_points(fit_);
  const double stiffness = reduced / (prior_own_shift_deg * prior_own_shift_deg);
  const auto penalty = [&](const std::vector<double>& shift) {
    double sum = 0.0;
    for (const double s : shift) sum += stiffness * (s - common_shift_) * (s - common_shift_);
    return sum;
  };
  for (int iteration = 0; iteration < 25; ++iteration) {
    ++result_.iterations;
    const auto moving = active();
    if (moving.empty()) return;
    const auto a = static_cast<Eigen::Index>(moving.size());
    const Eigen::MatrixXd jacobian = jacobian_of(data_, shapes_, fit_, moving);
    Eigen::MatrixXd normal = normal_of(data_, jacobian);
    Eigen::VectorXd slope =
        jacobian.transpose() * residual_of(data_, curve_of(data_, shapes_, fit_), false);
    for (Eigen::Index k = 0; k < a; ++k) {
      const std::size_t r = moving[static_cast<std::size_t>(k)];
      normal(a + k, a + k) += stiffness;
      slope[a + k] -= stiffness * (fit_.shift_deg[r] - common_shift_);
    }
    const Eigen::VectorXd scale = normal.diagonal().cwiseMax(1e-300).cwiseSqrt().cwiseInverse();
    const Eigen::MatrixXd equal = scale.asDiagonal() * normal * scale.asDiagonal();
    const Eigen::VectorXd step =
        scale.cwiseProduct(equal.ldlt().solve(Eigen::VectorXd(scale.cwiseProduct(slope))));
    const double before = fit_.chi2 + penalty(fit_.shift_deg);
    double length = 1.0, moved = 0.0;
    bool accepted = false;
    for (int half = 0; half < 6 && !accepted; ++half, length *= 0.5) {
      ReferenceFit tried = fit_;
      moved = 0.0;
      for (Eigen::Index k = 0; k < a; ++k) {
        const std::size_t r = moving[static_cast<std::size_t>(k)];
        tried.shift_deg[r] = std::clamp(tried.shift_deg[r] + length * step[a + k],
                                        common_shift_ - limit, common_shift_ + limit);
        moved = std::max(moved, std::fabs(tried.shift_deg[r] - fit_.shift_deg[r]));
      }
      const ReferenceNormals normals(data_, shapes_, tried.references, tried.shift_deg);
      tried.chi2 = normals.solve(all_of(m), tried.coefficient);
      accepted = tried.chi2 + penalty(tried.shift_deg) < before;
      if (accepted) fit_ = std::move(tried);
    }
    if (!accepted || moved < 2e-4) return;
  }
}

SummationFit::Residuals SummationFit::residuals(const SummationCurve& curve) const {
  const Eigen::VectorXd residual = residual_of(data_, curve, true);
  const auto n = residual.size();
  Residuals out;
  out.chi2 = residual.squaredNorm();
  out.durbin_watson = (residual.tail(n - 1) - residual.head(n - 1)).squaredNorm() / out.chi2;
  out.correlation = correlation_of(residual);
  return out;
}

std::vector<double> SummationFit::joint_covariance(const std::vector<std::size_t>& fitted,
                                                   double inflation) const {
  const auto a = static_cast<Eigen::Index>(fitted.size());
  Eigen::MatrixXd normal = normal_of(data_, jacobian_of(data_, shapes_, fit_, fitted));
  for (Eigen::Index k = 0; k < a; ++k) {
    normal(a + k, a + k) += inflation / (prior_own_shift_deg * prior_own_shift_deg);
  }
  const Eigen::VectorXd scale = normal.diagonal().cwiseMax(1e-300).cwiseSqrt().cwiseInverse();
  const Eigen::MatrixXd equal = scale.asDiagonal() * normal * scale.asDiagonal();
  const Eigen::MatrixXd inverse =
      equal.ldlt().solve(Eigen::MatrixXd::Identity(normal.rows(), normal.cols()));
  const Eigen::MatrixXd full = scale.asDiagonal() * inverse * scale.asDiagonal();
  std::vector<double> covariance;
  for (Eigen::Index k = 0; k < a; ++k) {
    for (Eigen::Index l = 0; l < a; ++l) covariance.push_back(inflation * full(k, l));
  }
  return covariance;
}

}  // namespace gadolin::diffraction
