#include "models/diffraction/summation.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <map>
#include <numeric>
#include <thread>

#include <fmt/format.h>

#include "models/diffraction/absolute.hpp"
#include "models/diffraction/limits.hpp"
#include "models/diffraction/summation_fit.hpp"

namespace gadolin::diffraction {

namespace {

/// One pattern on its way from counts to a result.
class Summation : private SummationFit {
 public:
  using SummationFit::SummationFit;

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
  void settle() {
    const std::size_t m = fit_.references.size();
    const auto points = static_cast<double>(data_.x.size());
    const auto curve = curve_of(data_, shapes_, fit_);
    const Residuals residual = residuals(curve);
    double square = 0.0, all = 0.0;
    for (std::size_t i = 0; i < data_.x.size(); ++i) {
      square += data_.weight[i] * data_.y[i] * data_.y[i];
      all += curve.calculated[i] - curve.background[i];
    }
    const auto fitted = active();
    result_.points = static_cast<int>(data_.x.size());
    result_.parameters = static_cast<int>(2 * fitted.size()) + data_.terms + 1;
    const double chi2 = residual.chi2;
    result_.rwp = std::sqrt(chi2 / square);
    result_.rexp = std::sqrt((points - result_.parameters) / square);
    result_.gof = result_.rwp / result_.rexp;
    result_.durbin_watson = residual.durbin_watson;
    const double reduced = chi2 / (points - result_.parameters);
    const bool misfit = reduced > 1.0 + 3.0 * std::sqrt(2.0 / (points - result_.parameters));
    const double inflation = misfit ? reduced * residual.correlation : 1.0;

    const ReferenceNormals normals(data_, shapes_, fit_.references, fit_.shift_deg);
    std::vector<double> scale(m), zmv(m, 0.0), covariance(m * m, 0.0), spread(m, 0.0);
    const auto joint = joint_covariance(fitted, inflation);
    for (std::size_t k = 0; k < fitted.size(); ++k) {
      for (std::size_t l = 0; l < fitted.size(); ++l) {
        covariance[fitted[k] * m + fitted[l]] = joint[k * fitted.size() + l];
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
