#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "models/separation/batch.hpp"
#include "models/separation/design_cut.hpp"

/// The search behind one cut: banks of extraction and scrub tried in batches.
namespace gadolin::separation {

constexpr double hopeless = 1e6;  ///< excess of a point that could not be solved

/// A bank of extraction and scrub, what it was given and what it lost.
struct CutPoint {
  int extraction = 1, scrub = 1;
  double organic = 0.0;  ///< L/h
  double acid = 0.0;     ///< mol/h of the scrub
  double up = 0.0, down = 0.0, loading = 0.0;
  bool solved = false;

  int stages() const { return extraction + scrub; }
};

/// Banks of one cut with a given solvent, solved and judged by both losses against their limits.
class CutSearch {
 public:
  CutSearch(const CutTask& task, const Engine& engine, double extractant_molar, double saponified);

  std::size_t solves() const { return solves_; }
  double up_limit = 0.0, down_limit = 0.0;

  double excess_up(const CutPoint& p) const { return std::log(std::max(p.up, 1e-300) / up_limit); }
  double excess_down(const CutPoint& p) const {
    return std::log(std::max(p.down, 1e-300) / down_limit);
  }
  /// Both losses against their limits, in ln; <= 0 is what is wanted once they are balanced.
  double excess(const CutPoint& p) const {
    return p.solved ? 0.5 * (excess_up(p) + excess_down(p)) : hopeless;
  }
  double imbalance(const CutPoint& p) const { return excess_down(p) - excess_up(p); }
  double worst(const CutPoint& p) const {
    return p.solved ? std::max(excess_up(p), excess_down(p)) : hopeless;
  }

  double scrub_flow(const CutPoint& p) const {
    return std::max(p.acid / targets_.scrub_acid_molar,
                    p.organic / (0.98 * targets_.limits.phase_ratio_max));
  }

  void solve(std::vector<CutPoint*>& points);

  /// Scrub acid of each point, so that both losses stand to their limits alike: more acid sends
  /// more of everything down. Bracketed false position in ln acid, all points in one batch.
  void balance(std::vector<CutPoint>& points, double tolerance);

  const Circuit& circuit() const { return problem_.circuit; }

 private:
  Bank bank(double extractant_molar, double saponified) const;

  const CutTask& task_;
  const DesignTargets& targets_;
  const Engine& engine_;
  DesignProblem problem_;
  std::vector<std::size_t> below_, above_;  ///< product columns of raffinate and of what goes up
  std::size_t solves_ = 0;
};

/// Stage numbers at one solvent flow: added where they help most until both losses are within their
/// limits, then taken away again. Several flows are searched side by side, since the banks are
/// solved in batches.
struct Climb {
  CutPoint at;
  double excess = hopeless, slope = 0.3;
  bool began = false, done = false, reached = false, trimming = false, full = false;
};
/// fails  a climb that could not begin, found its pinch or ran out of stages says so in itself
void climb(CutSearch& search, std::vector<Climb>& climbs, const DesignLimits& limits);

/// What enters with the feed on one side of the cut [mol/h].
double amount_on_side(const CutTask& task, bool heavy);

inline double share(double part, double rest) {
  return part + rest > 0.0 ? part / (part + rest) : 0.0;
}

}  // namespace gadolin::separation
