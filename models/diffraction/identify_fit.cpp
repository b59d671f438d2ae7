#include <algorithm>
#include <array>
#include <cmath>

#include <Eigen/Dense>

#include "kernels/exec/team.hpp"
#include "kernels/numeric/nnls.hpp"
#include "models/diffraction/identify_search.hpp"
#include "models/diffraction/identify_sums.hpp"

/// How one set of phases is fitted: scales, cells, displacement, widths, textures.
namespace gadolin::diffraction {

namespace {

constexpr double strong_enough = 60.0;  ///< gain in BIC beyond which a cell is free anyway

}  // namespace

double SetSearch::score(const PhaseSet& set) const {
  double penalty = 0.0;
  // ln N for the scale, and the odds against any one of so many phases being there.
  const double each = std::log(evidence_.observations());
  const double odds = look_elsewhere();
  const double usual_width = common_width(set);
  for (const auto& member : set.members) {
    penalty += each + odds + member.occam;
    if (member.shape.march_r != 1.0) penalty += 1.5 * each;
    const bool usual = member.shape.width == 1.0 || member.shape.width == usual_width;
    if (!usual) penalty += 0.5 * each;
  }
  return evidence_.misfit(set.chi2) + penalty;
}

double SetSearch::common_width(const PhaseSet& set) const {
  double strongest = 0.0, width = 1.0;
  for (const auto& member : set.members) {
    if (candidates_[member.candidate].turbostratic || member.shape.width > 1.5) continue;
    if (member.coefficient <= strongest) continue;
    strongest = member.coefficient;
    width = member.shape.width;
  }
  return width;
}

double SetSearch::start_width(const PhaseSet& set, std::size_t candidate) const {
  const double own = candidates_[candidate].first_width;
  return own == 1.0 ? common_width(set) : own;
}

double SetSearch::look_elsewhere() const { return odds_against(candidates_.size()); }

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

/// Cell of one member by damped Gauss-Newton against what the others leave, with a Gaussian prior
/// about the library's cell; blurred first where the start may be several widths off.
void SetSearch::refine_cell(PhaseSet& set, std::size_t m, CellFreedom freedom, bool blurred) const {
  SetMember& member = set.members[m];
  const Candidate& candidate = candidates_[member.candidate];
  const bool alike = freedom == CellFreedom::alike;
  const std::size_t n = alike ? 1 : candidate.model.directions.size();
  // The metric goes with the square of the lengths.
  const double sigma = (alike ? 1.0 : 2.0) * candidate.cell_sigma;
  const double most = (alike ? 1.0 : 2.0) * candidate.cell_tolerance;
  std::vector<double> now_at(n);
  if (alike) {
    now_at[0] = std::clamp(mean_strain(candidate, member.shape), -most, most);
  } else {
    for (std::size_t k = 0; k < n; ++k) now_at[k] = member.shape.cell[k];
  }
  const auto shape_at = [&](const std::vector<double>& place) {
    PhaseShape shape = member.shape;
    if (alike) {
      shape.cell = isotropic_cell(candidate, place[0]);
    } else {
      for (std::size_t k = 0; k < n; ++k) shape.cell[k] = place[k];
    }
    return shape;
  };
  std::vector<double> target = residual_of(set);
  for (std::size_t i = 0; i < grid_.points; ++i) {
    target[i] += member.coefficient * member.column[i];
  }
  const SearchGrid& grid = blurred ? coarse_ : grid_;
  const PatternPainter& painter = blurred ? blurred_ : fine_;
  const std::vector<double>& weight = blurred ? coarse_weight_ : weight_;
  if (blurred) target = smooth_onto(target, grid_, coarse_, options_.blur_deg);
  const double correlation =
      evidence_.derating(set.chi2) * (blurred ? options_.blur_deg / coarse_.step_deg : 1.0);

  std::vector<double> column, moved;
  const auto coefficient = [&](const std::vector<double>& g) {
    const double length = dot(g, g, weight);
    return length > 0.0 ? std::max(0.0, dot(g, target, weight) / length) : 0.0;
  };
  const auto cost = [&](const std::vector<double>& g, double a, const std::vector<double>& place) {
    double sum = 0.0;
    for (std::size_t i = 0; i < grid.points; ++i) {
      const double d = target[i] - a * g[i];
      sum += d * d * weight[i];
    }
    for (const double value : place) sum += correlation * value * value / (sigma * sigma);
    return sum;
  };
  painter.paint(candidate, shape_at(now_at), set.displacement_deg, grid, column);
  double a = coefficient(column);
  double now = cost(column, a, now_at);
  Eigen::VectorXd curvature = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(n));
  for (int iteration = 0; iteration < (blurred ? 3 : 2) && a > 0.0; ++iteration) {
    Eigen::MatrixXd jacobian(static_cast<Eigen::Index>(grid.points),
                             static_cast<Eigen::Index>(n) + 1);
    for (std::size_t i = 0; i < grid.points; ++i) {
      jacobian(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(n)) =
          column[i] * std::sqrt(weight[i]);
    }
    for (std::size_t k = 0; k < n; ++k) {
      auto other = now_at;
      const double step = (blurred ? 6e-4 : 2e-4) * (alike ? 0.5 : 1.0);
      other[k] += step;
      painter.paint(candidate, shape_at(other), set.displacement_deg, grid, moved);
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
      gradient(at) -= correlation * now_at[k] / (sigma * sigma);
      normal(at, at) *= 1.0001;
    }
    normal(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(n)) *= 1.0001;
    const Eigen::VectorXd step = normal.ldlt().solve(gradient);
    bool better = false;
    double share = 1.0;
    for (int attempt = 0; attempt < 3 && !better; ++attempt, share *= 0.4) {
      auto trial = now_at;
      for (std::size_t k = 0; k < n; ++k) {
        trial[k] = std::clamp(trial[k] + share * step(static_cast<Eigen::Index>(k)), -most, most);
      }
      painter.paint(candidate, shape_at(trial), set.displacement_deg, grid, moved);
      const double b = coefficient(moved);
      const double value = cost(moved, b, trial);
      if (value < now) {
        better = true;
        now = value;
        a = b;
        now_at = trial;
        column.swap(moved);
      }
    }
    if (!better) break;
  }
  member.shape = shape_at(now_at);
  member.occam = 0.0;
  for (std::size_t k = 0; k < n; ++k) {
    const double z = now_at[k] / sigma;
    member.occam +=
        std::log1p(sigma * sigma * std::max(0.0, curvature(static_cast<Eigen::Index>(k)))) + z * z;
  }
  repaint(member, set.displacement_deg);
}

/// Cell of one member from where it stands: all its lengths free, or for a weak phase, which could
/// not determine them, all lengths changed alike; whichever costs less.
void SetSearch::settle_cell(PhaseSet& set, std::size_t m, bool blurred) const {
  const PhaseSet start = set;
  if (blurred) {
    refine_cell(set, m, CellFreedom::own, true);
    fit(set);
  }
  refine_cell(set, m, CellFreedom::own, false);
  fit(set);
  if (candidates_[set.members[m].candidate].model.directions.size() < 2) return;
  if (without(set, m).bic - set.bic > strong_enough) return;
  PhaseSet trial = start;
  if (blurred) {
    refine_cell(trial, m, CellFreedom::alike, true);
    fit(trial);
  }
  refine_cell(trial, m, CellFreedom::alike, false);
  fit(trial);
  if (trial.bic < set.bic) set = std::move(trial);
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
  for (const double width : {0.7, 1.0, 1.25, 1.5, 2.3, 3.5, 6.0}) {
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
      settle_cell(trial, m, false);
      if (trial.bic < set.bic || round == 0) set = std::move(trial);
      try_widths(set, m);
      if (set.members[m].coefficient > 0.0) try_textures(set, m);
    }
  }
}

}  // namespace gadolin::diffraction
