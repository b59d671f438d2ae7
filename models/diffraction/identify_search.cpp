#include "models/diffraction/identify_search.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <Eigen/Dense>

#include "kernels/exec/team.hpp"
#include "kernels/numeric/nnls.hpp"

namespace gadolin::diffraction {

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr double degree = pi / 180.0;
constexpr double strain_step = 0.0025;
constexpr std::size_t background_terms = 9;
constexpr double one_sided_95 = 1.6448536269514722;  ///< as in limits.hpp

double dot(const std::vector<double>& a, const std::vector<double>& b,
           const std::vector<double>& w) {
  double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0;
  std::size_t k = 0;
  for (; k + 4 <= a.size(); k += 4) {
    s0 += a[k] * b[k] * w[k];
    s1 += a[k + 1] * b[k + 1] * w[k + 1];
    s2 += a[k + 2] * b[k + 2] * w[k + 2];
    s3 += a[k + 3] * b[k + 3] * w[k + 3];
  }
  for (; k < a.size(); ++k) s0 += a[k] * b[k] * w[k];
  return (s0 + s1) + (s2 + s3);
}

}  // namespace

std::vector<std::size_t> PhaseSet::key() const {
  std::vector<std::size_t> names;
  for (const auto& member : members) names.push_back(member.candidate);
  std::sort(names.begin(), names.end());
  return names;
}

SetSearch::SetSearch(const PreparedPattern& data, const std::vector<Candidate>& candidates,
                     const Instrument& instrument, const ScreenOutcome& screened,
                     const SearchOptions& options)
    : data_(data),
      candidates_(candidates),
      instrument_(instrument),
      screened_(screened),
      options_(options),
      grid_{data.two_theta_deg.front(), data.step_deg, data.counts.size()},
      fine_(data, instrument, data.eta, 0.0),
      blurred_(data, instrument, data.eta, options.blur_deg),
      cache_(candidates.size()) {
  const double last = std::min(80.0, data.two_theta_deg.back());
  coarse_.first_deg = grid_.first_deg;
  coarse_.step_deg = options.blur_deg / 3.5;
  coarse_.points = static_cast<std::size_t>((last - coarse_.first_deg) / coarse_.step_deg) + 1;
  for (const double v : data.variance) weight_.push_back(1.0 / v);
  for (const double v : smooth_onto(data.variance, grid_, coarse_, options.blur_deg)) {
    coarse_weight_.push_back(v > 0.0 ? 1.0 / v : 0.0);
  }
  // The clipped background times hat functions: factors about 1, which the fit finds.
  const double span = data.two_theta_deg.back() - data.two_theta_deg.front();
  double noise = 0.0;
  for (const double v : data.noise_variance) noise += v;
  noise = std::sqrt(noise / static_cast<double>(data.counts.size()));
  for (std::size_t k = 0; k < background_terms; ++k) {
    std::vector<double> column(grid_.points, 0.0);
    for (std::size_t i = 0; i < grid_.points; ++i) {
      const double t = (data.two_theta_deg[i] - data.two_theta_deg.front()) / span *
                       static_cast<double>(background_terms - 1);
      const double hat = std::max(0.0, 1.0 - std::fabs(t - static_cast<double>(k)));
      column[i] = hat * std::max(data.background[i], noise);
    }
    background_.push_back(std::move(column));
  }
  double width = 0.0;
  for (const double x : data.two_theta_deg) width += data.fwhm_at(x);
  width /= static_cast<double>(grid_.points);
  correlation_ = std::max(1.0, width / data.step_deg);
  independent_ = static_cast<double>(grid_.points) / correlation_;
}

double SetSearch::score(const PhaseSet& set) const {
  // The variance is known up to what the model itself lacks: below one per point nothing is gained
  // by going on, above it only the ratio counts.
  const double q = set.chi2 / correlation_ / independent_;
  const double misfit = q < 1.0 ? independent_ * q : independent_ * (1.0 + std::log(q));
  double penalty = 0.0;
  const double each = std::log(independent_);
  for (const auto& member : set.members) {
    penalty += each + member.occam;
    if (member.shape.march_r != 1.0) penalty += 1.5 * each;
    if (member.shape.width != 1.0) penalty += 0.5 * each;
  }
  return misfit + penalty;
}

void SetSearch::repaint(SetMember& member, double displacement_deg) const {
  fine_.paint(candidates_[member.candidate], member.shape, displacement_deg, grid_, member.column);
}

/// Non-negative least squares of background factors and members; fills chi2, bic, calculated.
void SetSearch::fit(PhaseSet& set) const {
  const std::size_t phases = set.members.size(), n = phases + background_.size();
  const auto column = [&](std::size_t k) -> const std::vector<double>& {
    return k < phases ? set.members[k].column : background_[k - phases];
  };
  std::vector<double> gram(n * n), rhs(n), x(n), scratch(nnls_scratch_doubles(static_cast<int>(n)));
  std::vector<double> weighted(grid_.points);
  for (std::size_t i = 0; i < n; ++i) {
    rhs[i] = dot(column(i), data_.counts, weight_);
    for (std::size_t j = 0; j <= i; ++j) {
      gram[i * n + j] = gram[j * n + i] = dot(column(i), column(j), weight_);
    }
  }
  nnls(SingleLane{}, static_cast<int>(n), gram.data(), rhs.data(), x.data(), scratch.data());
  set.background.assign(grid_.points, 0.0);
  for (std::size_t k = phases; k < n; ++k) {
    if (x[k] == 0.0) continue;
    for (std::size_t i = 0; i < grid_.points; ++i) set.background[i] += x[k] * column(k)[i];
  }
  set.calculated = set.background;
  for (std::size_t k = 0; k < phases; ++k) {
    set.members[k].coefficient = x[k];
    if (x[k] == 0.0) continue;
    for (std::size_t i = 0; i < grid_.points; ++i) set.calculated[i] += x[k] * column(k)[i];
  }
  set.chi2 = 0.0;
  for (std::size_t i = 0; i < grid_.points; ++i) {
    const double d = data_.counts[i] - set.calculated[i];
    set.chi2 += d * d * weight_[i];
  }
  set.bic = score(set);
}

std::vector<double> SetSearch::residual_of(const PhaseSet& set) const {
  std::vector<double> residual(grid_.points);
  for (std::size_t i = 0; i < grid_.points; ++i) residual[i] = data_.counts[i] - set.calculated[i];
  return residual;
}

std::vector<double> SetSearch::strains(const Candidate& candidate) const {
  std::vector<double> list{0.0};
  const int most = static_cast<int>(std::floor(candidate.cell_tolerance / strain_step + 1e-9));
  for (int k = 1; k <= most; ++k) {
    list.push_back(k * strain_step);
    list.push_back(-k * strain_step);
  }
  return list;
}

const std::vector<float>& SetSearch::coarse_column(std::size_t candidate,
                                                   std::size_t strain) const {
  auto& columns = cache_[candidate];
  if (columns.empty()) {
    std::vector<double> column;
    for (const double value : strains(candidates_[candidate])) {
      PhaseShape shape;
      shape.cell = isotropic_cell(candidates_[candidate], value);
      shape.width = candidates_[candidate].first_width;
      blurred_.paint(candidates_[candidate], shape, cached_displacement_, coarse_, column);
      columns.emplace_back(column.begin(), column.end());
    }
  }
  return columns[strain];
}

/// Candidates that would lower chi2 most, each at its best cell, on the smoothed residual.
std::vector<SetSearch::Addition> SetSearch::additions(const PhaseSet& set, std::size_t most,
                                                      const std::vector<double>& residual) const {
  if (std::fabs(set.displacement_deg - cached_displacement_) > 0.02) {
    cached_displacement_ = set.displacement_deg;
    cache_.assign(candidates_.size(), {});
  }
  auto smooth = smooth_onto(residual, grid_, coarse_, options_.blur_deg);
  std::vector<double> weighted(coarse_.points);
  for (std::size_t i = 0; i < coarse_.points; ++i) weighted[i] = smooth[i] * coarse_weight_[i];
  // The part of an addition that the members could take over counts for little.
  std::vector<std::vector<double>> members;
  for (const auto& member : set.members) {
    std::vector<double> column;
    blurred_.paint(candidates_[member.candidate], member.shape, set.displacement_deg, coarse_,
                   column);
    members.push_back(std::move(column));
  }
  const auto n = static_cast<Eigen::Index>(members.size());
  Eigen::MatrixXd gram(n, n);
  for (Eigen::Index a = 0; a < n; ++a) {
    for (Eigen::Index b = 0; b <= a; ++b) {
      gram(a, b) = gram(b, a) = dot(members[static_cast<std::size_t>(a)],
                                    members[static_cast<std::size_t>(b)], coarse_weight_);
    }
    gram(a, a) *= 1.0 + 1e-9;
    gram(a, a) += 1e-300;
  }
  const Eigen::LDLT<Eigen::MatrixXd> solver(gram);
  std::vector<Addition> list;
  for (std::size_t c = 0; c < candidates_.size(); ++c) {
    bool inside =
        candidates_[c].rings.empty() || (!options_.barred.empty() && options_.barred[c] != 0);
    for (const auto& member : set.members) inside = inside || member.candidate == c;
    if (inside) continue;
    Addition best{c, 0.0, 0.0};
    const auto own = strains(candidates_[c]);
    for (std::size_t s = 0; s < own.size(); ++s) {
      const auto& column = coarse_column(c, s);
      double product = 0.0, length = 0.0;
      for (std::size_t i = 0; i < coarse_.points; ++i) {
        const double value = column[i];
        product += value * weighted[i];
        length += value * value * coarse_weight_[i];
      }
      if (product <= 0.0 || length <= 0.0) continue;
      double rest = length;
      if (n > 0) {
        Eigen::VectorXd overlap(n);
        for (Eigen::Index a = 0; a < n; ++a) {
          double sum = 0.0;
          for (std::size_t i = 0; i < coarse_.points; ++i) {
            sum += static_cast<double>(column[i]) * members[static_cast<std::size_t>(a)][i] *
                   coarse_weight_[i];
          }
          overlap(a) = sum;
        }
        rest = std::max(0.2 * length, length - overlap.dot(solver.solve(overlap)));
      }
      const double prior = own[s] / candidates_[c].cell_sigma;
      const double gain =
          product * product / rest / (options_.blur_deg / coarse_.step_deg) - prior * prior;
      if (gain > best.gain) best = {c, own[s], gain};
    }
    if (best.gain > 0.0) list.push_back(best);
  }
  std::stable_sort(list.begin(), list.end(),
                   [](const Addition& a, const Addition& b) { return a.gain > b.gain; });
  if (list.size() > most) list.resize(most);
  return list;
}

/// Cell of one member by damped Gauss-Newton against what the others leave, with a Gaussian prior
/// about the library's cell; blurred first where the start may be several widths off.
void SetSearch::refine_cell(PhaseSet& set, std::size_t m, bool blurred) const {
  SetMember& member = set.members[m];
  const Candidate& candidate = candidates_[member.candidate];
  const std::size_t n = candidate.model.directions.size();
  const double sigma = 2.0 * candidate.cell_sigma, most = 2.0 * candidate.cell_tolerance;
  std::vector<double> target = residual_of(set);
  for (std::size_t i = 0; i < grid_.points; ++i) {
    target[i] += member.coefficient * member.column[i];
  }
  const SearchGrid& grid = blurred ? coarse_ : grid_;
  const PatternPainter& painter = blurred ? blurred_ : fine_;
  const std::vector<double>& weight = blurred ? coarse_weight_ : weight_;
  if (blurred) target = smooth_onto(target, grid_, coarse_, options_.blur_deg);
  const double correlation = blurred ? options_.blur_deg / coarse_.step_deg : correlation_;

  std::vector<double> column, moved, jacobian_column;
  const auto coefficient = [&](const std::vector<double>& g) {
    const double length = dot(g, g, weight);
    return length > 0.0 ? std::max(0.0, dot(g, target, weight) / length) : 0.0;
  };
  const auto cost = [&](const std::vector<double>& g, double a, const PhaseShape& shape) {
    double sum = 0.0;
    for (std::size_t i = 0; i < grid.points; ++i) {
      const double d = target[i] - a * g[i];
      sum += d * d * weight[i];
    }
    for (std::size_t k = 0; k < n; ++k) {
      const double z = shape.cell[k] / sigma;
      sum += correlation * z * z;
    }
    return sum;
  };
  painter.paint(candidate, member.shape, set.displacement_deg, grid, column);
  double a = coefficient(column);
  double now = cost(column, a, member.shape);
  Eigen::VectorXd curvature = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(n));
  for (int iteration = 0; iteration < (blurred ? 3 : 2) && a > 0.0; ++iteration) {
    Eigen::MatrixXd jacobian(static_cast<Eigen::Index>(grid.points),
                             static_cast<Eigen::Index>(n) + 1);
    for (std::size_t i = 0; i < grid.points; ++i) {
      jacobian(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(n)) =
          column[i] * std::sqrt(weight[i]);
    }
    for (std::size_t k = 0; k < n; ++k) {
      PhaseShape other = member.shape;
      const double step = blurred ? 6e-4 : 2e-4;
      other.cell[k] += step;
      painter.paint(candidate, other, set.displacement_deg, grid, moved);
      for (std::size_t i = 0; i < grid.points; ++i) {
        jacobian(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) =
            a * (moved[i] - column[i]) / step * std::sqrt(weight[i]);
      }
    }
    Eigen::VectorXd residual(static_cast<Eigen::Index>(grid.points));
    for (std::size_t i = 0; i < grid.points; ++i) {
      residual(static_cast<Eigen::Index>(i)) = (target[i] - a * column[i]) * std::sqrt(weight[i]);
    }
    Eigen::MatrixXd normal = jacobian.transpose() * jacobian;
    Eigen::VectorXd gradient = jacobian.transpose() * residual;
    for (std::size_t k = 0; k < n; ++k) {
      const auto at = static_cast<Eigen::Index>(k);
      curvature(at) = normal(at, at) / correlation;
      normal(at, at) += correlation / (sigma * sigma);
      gradient(at) -= correlation * member.shape.cell[k] / (sigma * sigma);
      normal(at, at) *= 1.0001;
    }
    normal(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(n)) *= 1.0001;
    const Eigen::VectorXd step = normal.ldlt().solve(gradient);
    bool better = false;
    double share = 1.0;
    for (int attempt = 0; attempt < 3 && !better; ++attempt, share *= 0.4) {
      PhaseShape trial = member.shape;
      for (std::size_t k = 0; k < n; ++k) {
        trial.cell[k] =
            std::clamp(trial.cell[k] + share * step(static_cast<Eigen::Index>(k)), -most, most);
      }
      painter.paint(candidate, trial, set.displacement_deg, grid, moved);
      const double b = coefficient(moved);
      const double value = cost(moved, b, trial);
      if (value < now) {
        better = true;
        now = value;
        a = b;
        member.shape = trial;
        column.swap(moved);
      }
    }
    if (!better) break;
  }
  member.occam = 0.0;
  for (std::size_t k = 0; k < n; ++k) {
    const double z = member.shape.cell[k] / sigma;
    member.occam +=
        std::log1p(sigma * sigma * std::max(0.0, curvature(static_cast<Eigen::Index>(k)))) + z * z;
  }
  repaint(member, set.displacement_deg);
}

/// Common displacement by parabolas through three points, twice.
void SetSearch::refine_displacement(PhaseSet& set) const {
  double step = 0.03;
  for (int round = 0; round < 3; ++round, step *= 0.35) {
    std::array<double, 3> value{};
    std::array<PhaseSet, 3> trial;
    for (int k = -1; k <= 1; ++k) {
      auto& one = trial[static_cast<std::size_t>(k + 1)];
      one = set;
      if (k != 0) {
        one.displacement_deg += k * step;
        for (auto& member : one.members) repaint(member, one.displacement_deg);
        fit(one);
      }
      value[static_cast<std::size_t>(k + 1)] = one.chi2;
    }
    const double bend = value[0] - 2.0 * value[1] + value[2];
    double move = bend > 0.0            ? 0.5 * (value[0] - value[2]) / bend
                  : value[0] < value[2] ? -1.0
                                        : 1.0;
    move = std::clamp(move, -1.5, 1.5);
    PhaseSet there = set;
    there.displacement_deg = std::clamp(set.displacement_deg + move * step, -0.5, 0.5);
    for (auto& member : there.members) repaint(member, there.displacement_deg);
    fit(there);
    for (auto* one : {&trial[0], &trial[2], &there}) {
      if (one->chi2 < set.chi2) set = *one;
    }
  }
}

void SetSearch::try_widths(PhaseSet& set, std::size_t m) const {
  for (const double width : {0.7, 1.0, 1.5, 2.3, 3.5, 6.0}) {
    if (width == set.members[m].shape.width) continue;
    PhaseSet trial = set;
    trial.members[m].shape.width = width;
    repaint(trial.members[m], trial.displacement_deg);
    fit(trial);
    if (trial.bic < set.bic) set = std::move(trial);
  }
}

void SetSearch::try_textures(PhaseSet& set, std::size_t m) const {
  const Candidate& candidate = candidates_[set.members[m].candidate];
  const PhaseSet before = set;
  for (const auto& members : candidate.axes) {
    for (const double r : {0.4, 0.55, 0.7, 0.85, 1.25}) {
      PhaseSet trial = before;
      trial.members[m].shape.texture_axis = members.back();
      trial.members[m].shape.march_r = r;
      repaint(trial.members[m], trial.displacement_deg);
      fit(trial);
      if (trial.bic < set.bic) set = std::move(trial);
    }
  }
}

void SetSearch::polish(PhaseSet& set) const {
  for (int round = 0; round < 2; ++round) {
    refine_displacement(set);
    for (std::size_t m = 0; m < set.members.size(); ++m) {
      PhaseSet trial = set;
      refine_cell(trial, m, false);
      fit(trial);
      if (trial.bic < set.bic || round == 0) set = std::move(trial);
      try_widths(set, m);
      if (set.members[m].coefficient > 0.0) try_textures(set, m);
    }
  }
}

PhaseSet SetSearch::without(const PhaseSet& set, std::size_t m) const {
  PhaseSet trial = set;
  trial.members.erase(trial.members.begin() + static_cast<std::ptrdiff_t>(m));
  fit(trial);
  return trial;
}

void SetSearch::eliminate(PhaseSet& set) const {
  while (set.members.size() > 1) {
    std::size_t worst = set.members.size();
    PhaseSet best = set;
    for (std::size_t m = 0; m < set.members.size(); ++m) {
      PhaseSet trial = without(set, m);
      if (trial.bic <= best.bic) {
        best = std::move(trial);
        worst = m;
      }
    }
    if (worst == set.members.size()) return;
    set = std::move(best);
  }
}

/// Adds the best further phase if the BIC falls.
bool SetSearch::extend(PhaseSet& set) const {
  if (set.members.size() >= static_cast<std::size_t>(options_.max_phases)) return false;
  PhaseSet best = set;
  for (const auto& addition :
       additions(set, static_cast<std::size_t>(options_.branches), residual_of(set))) {
    PhaseSet trial = set;
    SetMember member;
    member.candidate = addition.candidate;
    member.shape.width = candidates_[addition.candidate].first_width;
    member.shape.cell = isotropic_cell(candidates_[addition.candidate], addition.strain);
    repaint(member, trial.displacement_deg);
    trial.members.push_back(std::move(member));
    fit(trial);
    refine_cell(trial, trial.members.size() - 1, true);
    fit(trial);
    refine_cell(trial, trial.members.size() - 1, false);
    fit(trial);
    try_widths(trial, trial.members.size() - 1);
    if (trial.bic < best.bic) best = std::move(trial);
  }
  if (best.members.size() == set.members.size()) return false;
  set = std::move(best);
  return true;
}

std::vector<PhaseSet> SetSearch::run() {
  PhaseSet empty;
  empty.displacement_deg = screened_.best_shift_deg;
  fit(empty);
  std::map<std::vector<std::size_t>, PhaseSet> archive;
  const auto keep = [&](const PhaseSet& set) {
    const auto key = set.key();
    const auto found = archive.find(key);
    if (found == archive.end() || set.bic < found->second.bic) archive[key] = set;
  };
  keep(empty);
  std::vector<PhaseSet> beam{empty};
  double best = empty.bic;
  for (int depth = 0; depth < options_.max_phases; ++depth) {
    std::map<std::vector<std::size_t>, PhaseSet> next;
    for (const auto& set : beam) {
      for (const auto& addition :
           additions(set, static_cast<std::size_t>(options_.branches), residual_of(set))) {
        PhaseSet trial = set;
        SetMember member;
        member.candidate = addition.candidate;
        member.shape.width = candidates_[addition.candidate].first_width;
        member.shape.cell = isotropic_cell(candidates_[addition.candidate], addition.strain);
        repaint(member, trial.displacement_deg);
        trial.members.push_back(std::move(member));
        const auto key = trial.key();
        if (archive.count(key) != 0 || next.count(key) != 0) continue;
        const std::size_t m = trial.members.size() - 1;
        fit(trial);
        refine_cell(trial, m, true);
        fit(trial);
        refine_cell(trial, m, false);
        fit(trial);
        if (depth == 0) {
          refine_displacement(trial);
          refine_cell(trial, m, false);
          fit(trial);
        }
        try_widths(trial, m);
        next.emplace(key, std::move(trial));
      }
    }
    if (next.empty()) break;
    beam.clear();
    for (auto& [key, set] : next) {
      keep(set);
      beam.push_back(std::move(set));
    }
    std::stable_sort(beam.begin(), beam.end(),
                     [](const PhaseSet& a, const PhaseSet& b) { return a.bic < b.bic; });
    if (beam.size() > static_cast<std::size_t>(options_.beam)) {
      beam.resize(static_cast<std::size_t>(options_.beam));
    }
    if (beam.front().bic > best) break;
    best = beam.front().bic;
  }
  const auto sorted = [&] {
    std::vector<PhaseSet> all;
    for (const auto& [key, set] : archive) all.push_back(set);
    std::stable_sort(all.begin(), all.end(),
                     [](const PhaseSet& a, const PhaseSet& b) { return a.bic < b.bic; });
    return all;
  };
  auto ranked = sorted();
  const std::size_t some = std::min(ranked.size(), static_cast<std::size_t>(options_.polished));
  for (std::size_t k = 0; k < some; ++k) {
    PhaseSet set = ranked[k];
    if (set.members.empty()) continue;
    polish(set);
    eliminate(set);
    // What the accurate fit uncovers: weaker phases.
    for (int more = 0; more < 4 && extend(set); ++more) {
      polish(set);
      eliminate(set);
      keep(set);
    }
    keep(set);
  }
  return sorted();
}

std::vector<PhaseSet> SetSearch::exchanges(const PhaseSet& set, std::size_t m) const {
  std::vector<double> target = residual_of(set);
  const SetMember& old = set.members[m];
  for (std::size_t i = 0; i < grid_.points; ++i) target[i] += old.coefficient * old.column[i];
  PhaseSet base = set;
  base.members.erase(base.members.begin() + static_cast<std::ptrdiff_t>(m));
  std::vector<PhaseSet> list;
  for (const auto& addition : additions(base, 10, target)) {
    if (addition.candidate == old.candidate) continue;
    PhaseSet trial = set;
    SetMember& member = trial.members[m];
    member.candidate = addition.candidate;
    member.shape = {};
    member.shape.width = std::max(old.shape.width, candidates_[addition.candidate].first_width);
    member.shape.cell = isotropic_cell(candidates_[addition.candidate], addition.strain);
    // The isotype may have the old texture: axes mean the same where the structures do.
    if (candidates_[addition.candidate].group == candidates_[old.candidate].group) {
      member.shape.texture_axis = old.shape.texture_axis;
      member.shape.march_r = old.shape.march_r;
    }
    repaint(member, trial.displacement_deg);
    fit(trial);
    refine_cell(trial, m, true);
    fit(trial);
    refine_cell(trial, m, false);
    fit(trial);
    refine_cell(trial, m, false);
    fit(trial);
    if (trial.bic < set.bic + 60.0) {
      try_widths(trial, m);
      try_textures(trial, m);
    }
    list.push_back(std::move(trial));
  }
  return list;
}

SetSearch::LineCheck SetSearch::check_lines(const PhaseSet& set, std::size_t m) const {
  LineCheck check;
  const SetMember& member = set.members[m];
  const auto lines = fine_.lines(candidates_[member.candidate], member.shape, set.displacement_deg);
  double strongest = 0.0;
  for (const auto& line : lines) strongest = std::max(strongest, line.area);
  double last = -1.0;
  for (const auto& line : lines) {
    const double width = data_.fwhm_at(line.two_theta_deg) * member.shape.width;
    if (line.area < 0.02 * strongest) continue;
    const double half = std::max(0.7 * width, 1.5 * data_.step_deg);
    const auto low = static_cast<std::ptrdiff_t>(
        std::ceil((line.two_theta_deg - half - grid_.first_deg) / grid_.step_deg));
    const auto high = static_cast<std::ptrdiff_t>(
        std::floor((line.two_theta_deg + half - grid_.first_deg) / grid_.step_deg));
    if (low < 0 || high >= static_cast<std::ptrdiff_t>(grid_.points)) continue;
    double own = 0.0, others = 0.0, seen = 0.0, variance = 0.0;
    for (auto i = low; i <= high; ++i) {
      const auto k = static_cast<std::size_t>(i);
      const double mine = member.coefficient * member.column[k];
      own += mine;
      others += set.calculated[k] - set.background[k] - mine;
      seen += data_.counts[k] - set.background[k];
      variance += data_.noise_variance[k];
    }
    const double sigma = std::sqrt(variance + 0.04 * others * others);
    const double rest = seen - others;
    if (own > others && own > 3.0 * sigma && rest > 3.0 * sigma && rest > 0.3 * own &&
        line.two_theta_deg - last > width) {
      ++check.resolved;
      last = line.two_theta_deg;
    }
    if (line.area > 0.3 * strongest && own > 6.0 * sigma && rest < 0.2 * own) ++check.absent;
  }
  return check;
}

double SetSearch::unexplained(const PhaseSet& set, std::vector<FoundPeak>& peaks) const {
  double total = 0.0, left = 0.0;
  for (auto& peak : peaks) {
    const double half = std::max(0.6 * peak.fwhm_deg, 1.5 * data_.step_deg);
    double seen = 0.0, model = 0.0;
    for (std::size_t i = 0; i < grid_.points; ++i) {
      if (std::fabs(data_.two_theta_deg[i] - peak.two_theta_deg) > half) continue;
      seen += data_.counts[i] - set.background[i];
      model += set.calculated[i] - set.background[i];
    }
    peak.explained = model > 0.4 * seen;
    total += peak.area;
    if (!peak.explained) left += peak.area;
  }
  return total > 0.0 ? left / total : 0.0;
}

double SetSearch::information(const PhaseSet& set, std::size_t candidate) const {
  SetMember added;
  added.candidate = candidate;
  repaint(added, set.displacement_deg);
  // Noise of every point for itself; what the model leaves is alike over a line's width.
  std::vector<double> weight(grid_.points);
  for (std::size_t i = 0; i < grid_.points; ++i) {
    const double model = data_.variance[i] - data_.noise_variance[i];
    weight[i] = 1.0 / (data_.noise_variance[i] + correlation_ * model);
  }
  std::vector<const std::vector<double>*> columns;
  for (const auto& member : set.members) columns.push_back(&member.column);
  for (const auto& column : background_) columns.push_back(&column);
  const auto n = static_cast<Eigen::Index>(columns.size());
  Eigen::MatrixXd gram(n, n);
  Eigen::VectorXd overlap(n);
  for (Eigen::Index a = 0; a < n; ++a) {
    const auto& column = *columns[static_cast<std::size_t>(a)];
    for (Eigen::Index b = 0; b <= a; ++b) {
      gram(a, b) = gram(b, a) = dot(column, *columns[static_cast<std::size_t>(b)], weight);
    }
    overlap(a) = dot(column, added.column, weight);
    gram(a, a) = gram(a, a) * (1.0 + 1e-9) + 1e-300;
  }
  const double length = dot(added.column, added.column, weight);
  return std::max(1e-6 * length, length - overlap.dot(gram.ldlt().solve(overlap)));
}

double SetSearch::named_from(const PhaseSet& set, std::size_t candidate, int lines,
                             double bic) const {
  SetMember added;
  added.candidate = candidate;
  added.shape.width = candidates_[candidate].first_width;
  repaint(added, set.displacement_deg);
  // Every line as check_lines will look at it.
  const auto own = fine_.lines(candidates_[candidate], added.shape, set.displacement_deg);
  double strongest = 0.0, last = -1.0;
  for (const auto& line : own) strongest = std::max(strongest, line.area);
  std::vector<double> needed;
  for (const auto& line : own) {
    const double width = data_.fwhm_at(line.two_theta_deg) * added.shape.width;
    if (line.area < 0.02 * strongest || line.two_theta_deg - last <= width) continue;
    const double half = std::max(0.7 * width, 1.5 * data_.step_deg);
    const auto low = static_cast<std::ptrdiff_t>(
        std::ceil((line.two_theta_deg - half - grid_.first_deg) / grid_.step_deg));
    const auto high = static_cast<std::ptrdiff_t>(
        std::floor((line.two_theta_deg + half - grid_.first_deg) / grid_.step_deg));
    if (low < 0 || high >= static_cast<std::ptrdiff_t>(grid_.points)) continue;
    double unit = 0.0, others = 0.0, variance = 0.0;
    for (auto i = low; i <= high; ++i) {
      const auto k = static_cast<std::size_t>(i);
      unit += added.column[k];
      others += set.calculated[k] - set.background[k];
      variance += data_.noise_variance[k];
    }
    if (!(unit > 0.0)) continue;
    last = line.two_theta_deg;
    const double sigma = std::sqrt(variance + 0.04 * others * others);
    needed.push_back(std::max((3.0 + one_sided_95) * sigma, others) / unit);
  }
  if (needed.size() < static_cast<std::size_t>(lines)) return INFINITY;
  std::sort(needed.begin(), needed.end());
  // The gain in chi2 as the score counts it, the share of the others taken off.
  std::vector<const std::vector<double>*> columns;
  for (const auto& member : set.members) columns.push_back(&member.column);
  for (const auto& column : background_) columns.push_back(&column);
  const auto n = static_cast<Eigen::Index>(columns.size());
  Eigen::MatrixXd gram(n, n);
  Eigen::VectorXd overlap(n);
  for (Eigen::Index a = 0; a < n; ++a) {
    const auto& column = *columns[static_cast<std::size_t>(a)];
    for (Eigen::Index b = 0; b <= a; ++b) {
      gram(a, b) = gram(b, a) = dot(column, *columns[static_cast<std::size_t>(b)], weight_);
    }
    overlap(a) = dot(column, added.column, weight_);
    gram(a, a) = gram(a, a) * (1.0 + 1e-9) + 1e-300;
  }
  const double length = dot(added.column, added.column, weight_);
  const double rest = std::max(1e-6 * length, length - overlap.dot(gram.ldlt().solve(overlap)));
  const double q = set.chi2 / correlation_ / independent_;
  const double gain = rest / correlation_ / std::max(1.0, q);
  // ln N for the scale, and about as much as two sigma for each free length of the cell.
  const double cost = std::log(independent_) +
                      2.0 * static_cast<double>(candidates_[candidate].model.directions.size());
  const double from_gain =
      std::sqrt(std::max(bic, cost) / gain) + one_sided_95 / std::sqrt(information(set, candidate));
  return std::max(needed[static_cast<std::size_t>(lines) - 1], from_gain);
}

}  // namespace gadolin::diffraction
