#include "models/diffraction/summation.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <map>
#include <numeric>
#include <thread>

#include <Eigen/Dense>
#include <fmt/format.h>

#include "models/diffraction/absolute.hpp"
#include "models/diffraction/limits.hpp"
#include "models/diffraction/prepare.hpp"
#include "models/diffraction/reference_fit.hpp"

namespace gadolin::diffraction {

namespace {

constexpr double prior_own_shift_deg = 0.03;
constexpr double undetermined_bic = 6.0;
constexpr int background_terms = 2;

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

/// One pattern on its way from counts to a result.
class Summation {
 public:
  Summation(const Pattern& pattern, const PatternLibrary& library, const ReferenceShapes& shapes,
            const SummationOptions& summation, const RefinementOptions& options)
      : pattern_(pattern),
        library_(library),
        shapes_(shapes),
        asked_(summation),
        options_(options) {}

  PatternResult run(std::vector<std::size_t> references, bool search) {
    searched_ = search;
    library_order_ = references;
    result_.id = pattern_.id;
    result_.file = pattern_.file;
    result_.method = "full-pattern summation";
    result_.warnings = pattern_.warnings;
    if (!take(references)) return result_;
    fit_.references = std::move(references);
    align();
    if (search) choose();
    own_shifts();
    settle();
    return result_;
  }

 private:
  bool take(const std::vector<std::size_t>& references) {
    PatternState state;
    RefinementOptions range = options_;
    const double margin = asked_.largest_shift_deg + asked_.largest_own_shift_deg;
    const bool clays = std::any_of(references.begin(), references.end(), [&](std::size_t r) {
      return library_.phases[r].kind == ReferenceKind::clay;
    });
    if (clays && !(range.two_theta_min_deg > 0.0)) {
      range.two_theta_min_deg = asked_.clay_two_theta_min_deg;
      warn(
          "W-XRD-151",
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

  void warn(const char* code, const std::string& text) { result_.warnings.push_back({code, text}); }

  std::vector<std::size_t> all_of(std::size_t n) const {
    std::vector<std::size_t> list(n);
    std::iota(list.begin(), list.end(), std::size_t{0});
    return list;
  }

  /// chi2 of the best combination at a common shift; the fit keeps it if it is the best so far.
  double try_shift(double shift) {
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

  void align() {
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

  /// Counts less the curve, times the weight or its root.
  Eigen::VectorXd residual_of(const SummationCurve& curve, bool root) const {
    Eigen::VectorXd out(static_cast<Eigen::Index>(data_.x.size()));
    for (std::size_t i = 0; i < data_.x.size(); ++i) {
      const double weight = root ? std::sqrt(data_.weight[i]) : data_.weight[i];
      out[static_cast<Eigen::Index>(i)] = weight * (data_.y[i] - curve.calculated[i]);
    }
    return out;
  }

  /// Columns of the joint normal equations: coefficients and own shifts of the active references,
  /// then the background.
  Eigen::MatrixXd jacobian_of(const std::vector<std::size_t>& active) const {
    const auto n = static_cast<Eigen::Index>(data_.x.size());
    const auto a = static_cast<Eigen::Index>(active.size());
    Eigen::MatrixXd jacobian(n, 2 * a + data_.terms);
    for (Eigen::Index k = 0; k < a; ++k) {
      const std::size_t r = active[static_cast<std::size_t>(k)];
      shapes_.draw(fit_.references[r], data_.x, fit_.shift_deg[r], jacobian.col(k).data(),
                   jacobian.col(a + k).data());
      jacobian.col(a + k) *= -fit_.coefficient[r];
    }
    jacobian.rightCols(data_.terms) =
        Eigen::Map<const Eigen::MatrixXd>(data_.background.data(), n, data_.terms);
    return jacobian;
  }

  Eigen::MatrixXd normal_of(const Eigen::MatrixXd& jacobian) const {
    const Eigen::Map<const Eigen::VectorXd> weight(data_.weight.data(),
                                                   static_cast<Eigen::Index>(data_.x.size()));
    return jacobian.transpose() * weight.asDiagonal() * jacobian;
  }

  std::vector<std::size_t> active() const {
    std::vector<std::size_t> list;
    for (std::size_t r = 0; r < fit_.references.size(); ++r) {
      if (fit_.coefficient[r] > 0.0) list.push_back(r);
    }
    return list;
  }

  double effective_points(const ReferenceFit& fit) const {
    const Eigen::VectorXd residual = residual_of(curve_of(data_, shapes_, fit), true);
    return std::max(50.0, static_cast<double>(data_.x.size()) / correlation_of(residual));
  }

  bool is_standard(std::size_t reference) const {
    return library_.phases[reference].id == options_.quantify.internal_standard.phase;
  }

  /// Backward elimination, then exchanges against the whole library, by BIC.
  void choose() {
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

  /// Joint normal equations in coefficients and own shifts of the references with c > 0, then
  /// coefficients by NNLS again; a step that does not pay is halved.
  void own_shifts() {
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
      const Eigen::MatrixXd jacobian = jacobian_of(moving);
      Eigen::MatrixXd normal = normal_of(jacobian);
      Eigen::VectorXd slope =
          jacobian.transpose() * residual_of(curve_of(data_, shapes_, fit_), false);
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

  void settle() {
    const std::size_t m = fit_.references.size();
    const auto points = static_cast<double>(data_.x.size());
    const auto curve = curve_of(data_, shapes_, fit_);
    const Eigen::VectorXd residual = residual_of(curve, true);
    double square = 0.0, all = 0.0;
    for (std::size_t i = 0; i < data_.x.size(); ++i) {
      square += data_.weight[i] * data_.y[i] * data_.y[i];
      all += curve.calculated[i] - curve.background[i];
    }
    const auto fitted = active();
    result_.points = static_cast<int>(data_.x.size());
    result_.parameters = static_cast<int>(2 * fitted.size()) + data_.terms + 1;
    const double chi2 = residual.squaredNorm();
    result_.rwp = std::sqrt(chi2 / square);
    result_.rexp = std::sqrt((points - result_.parameters) / square);
    result_.gof = result_.rwp / result_.rexp;
    const auto n = residual.size();
    result_.durbin_watson = (residual.tail(n - 1) - residual.head(n - 1)).squaredNorm() / chi2;
    const double reduced = chi2 / (points - result_.parameters);
    const bool misfit = reduced > 1.0 + 3.0 * std::sqrt(2.0 / (points - result_.parameters));
    const double inflation = misfit ? reduced * correlation_of(residual) : 1.0;

    const ReferenceNormals normals(data_, shapes_, fit_.references, fit_.shift_deg);
    std::vector<double> scale(m), zmv(m, 0.0), covariance(m * m, 0.0), spread(m, 0.0);
    const Eigen::MatrixXd joint = joint_covariance(fitted, inflation);
    for (std::size_t k = 0; k < fitted.size(); ++k) {
      for (std::size_t l = 0; l < fitted.size(); ++l) {
        covariance[fitted[k] * m + fitted[l]] =
            joint(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(l));
      }
    }
    std::string without;
    std::vector<double> information(m);
    for (std::size_t r = 0; r < m; ++r) {
      const auto& reference = library_.phases[fit_.references[r]];
      scale[r] = fit_.coefficient[r];
      if (reference.rir > 0.0) {
        zmv[r] = 1.0 / reference.rir;
      } else {
        without += (without.empty() ? "" : ", ") + reference.id;
      }
      std::vector<std::size_t> others;
      for (const std::size_t k : fitted) {
        if (k != r) others.push_back(k);
      }
      information[r] = inflation * normals.variance(r, others);
      if (!(covariance[r * m + r] > 0.0)) covariance[r * m + r] = information[r];
    }
    if (!without.empty()) {
      warn("W-XRD-152", "no RIR in the library: " + without +
                            " are fitted but carry no mass; the fractions are of the others");
    }
    double mass = 0.0;
    for (std::size_t r = 0; r < m; ++r) mass += scale[r] * zmv[r];
    for (std::size_t r = 0; r < m; ++r) {
      const auto& reference = library_.phases[fit_.references[r]];
      if (!(reference.rir > 0.0)) continue;
      spread[r] =
          std::hypot(scale[r] * std::hypot(error_.relative, reference.u_rir / reference.rir),
                     exchange(reference) * mass * reference.rir);
    }
    const auto weights =
        weight_fractions(scale, covariance, zmv, ModelError{0.0, 0.0, 0.0}, {}, spread);
    result_.covariance_stat = weights.covariance_stat;
    result_.covariance_total = weights.covariance_total;
    std::vector<double> column(data_.x.size());
    SummationResult more;
    more.library = library_.title;
    more.references = static_cast<int>(library_order_.size());
    more.searched = searched_;
    more.shift_deg = common_shift_;
    more.not_told_apart = not_told_apart_;
    bool any = false;
    for (std::size_t r = 0; r < m; ++r) {
      auto& out = result_.phases[r];
      out.weight_fraction = weights.weight_fraction[r];
      out.u_stat = std::sqrt(std::max(0.0, weights.covariance_stat[r * m + r]));
      out.u_total = std::sqrt(std::max(0.0, weights.covariance_total[r * m + r]));
      out.scale = scale[r];
      out.u_scale = std::sqrt(covariance[r * m + r]);
      out.zmv = zmv[r];
      shapes_.draw(fit_.references[r], data_.x, fit_.shift_deg[r], column.data(), nullptr);
      out.intensity_share =
          all > 0.0 ? scale[r] * std::accumulate(column.begin(), column.end(), 0.0) / all : 0.0;
      double rest = 0.0;
      for (std::size_t q = 0; q < m; ++q) rest += q == r ? 0.0 : scale[q] * zmv[q];
      const double sigma = std::sqrt(information[r]);
      out.lod_weight_fraction =
          sigma > 0.0 && rest > 0.0 ? std::min(1.0, 3.3 * sigma * zmv[r] / rest) : 1.0;
      const bool found = is_found(out);
      any = any || found;
      if (!found) {
        out.upper_limit_95 =
            sigma > 0.0 ? upper_limit_95(scale[r], std::max(sigma, out.u_scale), zmv[r], rest)
                        : 1.0;
        warn("W-XRD-114", out.name + ": not found, below " +
                              fmt::format("{:.3g} wt% (95 %)", 100.0 * out.upper_limit_95));
      }
      more.own_shift_deg.push_back(fit_.shift_deg[r] - common_shift_);
    }
    if (searched_) absent(fitted, mass, inflation, more);
    if (options_.keep_profiles) {
      result_.two_theta_deg = data_.x;
      result_.observed = data_.y;
      result_.calculated = curve.calculated;
      result_.background = curve.background;
      for (const double weight : data_.weight) result_.sigma.push_back(1.0 / std::sqrt(weight));
    }
    if (!any) {
      result_.status = ItemStatus::out_of_range;
      result_.status_text =
          "E-XRD-117: no reference is found above its limit of detection - name those of the "
          "sample, or count longer";
      return;
    }
    result_.status = ItemStatus::ok;
    result_.quantification.summation.push_back(std::move(more));
    quantify_further(options_, result_);
    groups();
  }

  double exchange(const ReferencePhase& reference) const {
    if (reference.kind != ReferenceKind::clay) return 0.0;
    return searched_ ? error_.clay_exchange_searched : error_.clay_exchange;
  }

  /// 3.3 sigma of every reference searched and not found, the others as fitted.
  void absent(const std::vector<std::size_t>& fitted, double mass, double inflation,
              SummationResult& out) const {
    std::vector<std::size_t> list = fit_.references;
    std::vector<double> shift = fit_.shift_deg;
    for (const std::size_t r : library_order_) {
      if (std::find(fit_.references.begin(), fit_.references.end(), r) != fit_.references.end() ||
          !(library_.phases[r].rir > 0.0)) {
        continue;
      }
      list.push_back(r);
      shift.push_back(common_shift_);
    }
    const ReferenceNormals normals(data_, shapes_, list, shift);
    for (std::size_t k = fit_.references.size(); k < list.size(); ++k) {
      const auto& reference = library_.phases[list[k]];
      const double variance = inflation * normals.variance(k, fitted);
      const double stat = std::sqrt(variance) / reference.rir / mass;
      out.not_found.push_back(reference.id);
      out.not_found_lod.push_back(variance > 0.0 && mass > 0.0
                                      ? std::min(1.0, 3.3 * std::hypot(stat, exchange(reference)))
                                      : 1.0);
    }
  }

  /// Covariance of the coefficients with shifts and background free beside them.
  Eigen::MatrixXd joint_covariance(const std::vector<std::size_t>& fitted, double inflation) const {
    const auto a = static_cast<Eigen::Index>(fitted.size());
    Eigen::MatrixXd normal = normal_of(jacobian_of(fitted));
    for (Eigen::Index k = 0; k < a; ++k) {
      normal(a + k, a + k) += inflation / (prior_own_shift_deg * prior_own_shift_deg);
    }
    const Eigen::VectorXd scale = normal.diagonal().cwiseMax(1e-300).cwiseSqrt().cwiseInverse();
    const Eigen::MatrixXd equal = scale.asDiagonal() * normal * scale.asDiagonal();
    const Eigen::MatrixXd inverse =
        equal.ldlt().solve(Eigen::MatrixXd::Identity(normal.rows(), normal.cols()));
    const Eigen::MatrixXd full = scale.asDiagonal() * inverse * scale.asDiagonal();
    return inflation * full.topLeftCorner(a, a);
  }

  void groups() {
    const std::size_t m = result_.phases.size();
    std::vector<std::string> order;
    std::map<std::string, std::vector<std::size_t>> members;
    for (std::size_t r = 0; r < m; ++r) {
      const auto& reference = library_.phases[fit_.references[r]];
      const std::string name = reference.group.empty() ? reference.name : reference.group;
      if (!members.contains(name)) order.push_back(name);
      members[name].push_back(r);
    }
    const AbsoluteResult* absolute = nullptr;
    for (const auto& one : result_.quantification.absolute) {
      if (!one.parts.empty() && absolute == nullptr) absolute = &one;
    }
    for (const auto& name : order) {
      GroupFraction group;
      group.name = name;
      double stat = 0.0, total = 0.0, absolute_variance = 0.0;
      for (const std::size_t p : members[name]) {
        group.members.push_back(result_.phases[p].name);
        group.weight_fraction += result_.phases[p].weight_fraction;
        for (const std::size_t q : members[name]) {
          stat += result_.covariance_stat[p * m + q];
          total += result_.covariance_total[p * m + q];
        }
      }
      group.u_stat = std::sqrt(std::max(0.0, stat));
      group.u_total = std::sqrt(std::max(0.0, total));
      const std::size_t parts = absolute != nullptr ? absolute->parts.size() : 0;
      for (std::size_t a = 0; a + 1 < parts; ++a) {
        if (!is_member(group, absolute->parts[a].name)) continue;
        group.has_absolute = true;
        group.absolute_fraction += absolute->parts[a].weight_fraction;
        for (std::size_t b = 0; b + 1 < parts; ++b) {
          if (!is_member(group, absolute->parts[b].name)) continue;
          absolute_variance += absolute->covariance_total[a * parts + b];
        }
      }
      group.u_absolute = std::sqrt(std::max(0.0, absolute_variance));
      result_.quantification.groups.push_back(std::move(group));
    }
  }

  static bool is_member(const GroupFraction& group, const std::string& name) {
    return std::find(group.members.begin(), group.members.end(), name) != group.members.end();
  }

  const Pattern& pattern_;
  const PatternLibrary& library_;
  const ReferenceShapes& shapes_;
  const SummationOptions& asked_;
  const RefinementOptions& options_;
  SummationData data_;
  ReferenceFit fit_;
  double common_shift_ = 0.0;
  std::vector<std::size_t> library_order_;  ///< references offered
  SummationError error_;
  bool searched_ = false;
  std::vector<std::vector<std::string>> not_told_apart_;
  PatternResult result_;
};

}  // namespace

std::vector<PatternResult> sum_references(const std::vector<Pattern>& patterns,
                                          const PatternLibrary& library,
                                          const SummationOptions& summation,
                                          const RefinementOptions& options, const Engine& engine) {
  const bool search = summation.references.empty();
  std::vector<std::size_t> references;
  if (search) {
    const auto& out = summation.left_out;
    for (std::size_t r = 0; r < library.phases.size(); ++r) {
      const bool absent = std::find(out.begin(), out.end(), library.phases[r].id) != out.end();
      if (!absent && library.phases[r].kind != ReferenceKind::background) references.push_back(r);
    }
  } else {
    for (const auto& id : summation.references) {
      const int r = library.index_of(id);
      if (r < 0) {
        throw Error("E-XRD-150", "the library of reference patterns has no \"" + id + "\"", "",
                    "gadolin library list names none of them; see phases.csv of the library",
                    ExitCode::usage);
      }
      references.push_back(static_cast<std::size_t>(r));
    }
    if (references.size() > 64) {
      throw Error("E-XRD-151", std::to_string(references.size()) + " references named, at most 64",
                  "", "leave out those not in the sample, or search", ExitCode::usage);
    }
  }
  const ReferenceShapes shapes(library);
  std::vector<PatternResult> results(patterns.size());
  std::vector<std::exception_ptr> failures(patterns.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < patterns.size(); i = next++) {
      try {
        results[i] =
            Summation(patterns[i], library, shapes, summation, options).run(references, search);
      } catch (...) {
        failures[i] = std::current_exception();
      }
    }
  };
  const std::size_t threads =
      engine.kind == EngineKind::openmp && engine.threads > 1
          ? std::min(patterns.size(), static_cast<std::size_t>(engine.threads))
          : 1;
  {
    std::vector<std::jthread> others;
    for (std::size_t t = 1; t < threads; ++t) others.emplace_back(work);
    work();
  }
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  return results;
}

}  // namespace gadolin::diffraction
