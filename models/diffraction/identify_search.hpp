#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/diffraction/candidates.hpp"
#include "models/diffraction/identify_evidence.hpp"
#include "models/diffraction/peak_search.hpp"
#include "models/diffraction/screen.hpp"

/// Which set of phases describes one pattern: a beam search over sets, each fitted on the whole
/// pattern and compared by BIC.
namespace gadolin::diffraction {

/// One phase of a set, as it fits.
struct SetMember {
  std::size_t candidate = 0;
  PhaseShape shape;
  double coefficient = 0.0;    ///< area of its strongest line [counts deg]
  double occam = 0.0;          ///< -2 ln of the Occam factor of its cell, prior penalty included
  std::vector<double> column;  ///< unit pattern on the data's grid
};

/// A set of phases with its fit.
struct PhaseSet {
  std::vector<SetMember> members;
  double displacement_deg = 0.0;
  double chi2 = 0.0, bic = 0.0;
  std::vector<double> calculated;  ///< background included
  std::vector<double> background;

  std::vector<std::size_t> key() const;  ///< candidates, sorted
};

struct SearchOptions {
  int beam = 3;      ///< sets carried on
  int branches = 6;  ///< additions tried for each
  int max_phases = 12;
  int polished = 4;  ///< sets that get the full treatment at the end
  double blur_deg = 0.25;
  std::vector<char> barred;  ///< [candidates] not to be added; empty: none
};

class SetSearch {
 public:
  SetSearch(const PreparedPattern& data, const std::vector<Candidate>& candidates,
            const Instrument& instrument, const ScreenOutcome& screened,
            const SearchOptions& options);

  /// All sets that were compared in the end, least BIC first.
  std::vector<PhaseSet> run();

  /// Sets like `set` with member m exchanged for each other candidate that covers the same lines.
  std::vector<PhaseSet> exchanges(const PhaseSet& set, std::size_t m) const;
  /// `set` without member m, refitted.
  PhaseSet without(const PhaseSet& set, std::size_t m) const;

  /// What leaving member m out costs in BIC; cautious: Evidence::cautious_misfit.
  double gain(const PhaseSet& set, std::size_t m, bool cautious) const;

  struct LineCheck {
    int resolved = 0;  ///< lines mostly the phase's own and above 3 sigma
    int absent = 0;    ///< strong lines that are expected and not there
  };
  LineCheck check_lines(const PhaseSet& set, std::size_t m) const;
  /// Share of the peak area that the set leaves unexplained; marks the peaks.
  double unexplained(const PhaseSet& set, std::vector<FoundPeak>& peaks) const;
  /// 1 / variance of the coefficient of a candidate that is added to `set` [1/(counts deg)^2].
  double information(const PhaseSet& set, std::size_t candidate) const;

  /// How far [sigma] the lines of member m stand out together, the one that speaks loudest left
  /// out: what is said for a phase must not hang on one line.
  double without_strongest_line(const PhaseSet& set, std::size_t m) const;

  /// When a phase is named: a gain of `bic`, all its lines but the best `sigma` together, and
  /// `lines` of them `sigma` each.
  struct NamingRule {
    double bic = 6.0, sigma = 3.0;
    int lines = 0;
    bool cautious = false;  ///< the gain as Evidence::cautious_misfit counts it
  };
  /// Coefficient [counts deg] from which on a candidate that is added to `set` is named in 95 % of
  /// repetitions. Infinite where too few of its lines stand clear of the set's.
  double named_from(const PhaseSet& set, std::size_t candidate, const NamingRule& rule) const;

  /// The same for a refinement that is asked for this one phase: 3 standard uncertainties.
  double found_from(const PhaseSet& set, std::size_t candidate) const;

  /// Penalty in BIC for every phase: odds_against the number of candidates.
  double look_elsewhere() const;

 private:
  struct Addition {
    std::size_t candidate;
    double strain, gain;
  };

  void fit(PhaseSet& set) const;
  void repaint(SetMember& member, double displacement_deg) const;
  /// A stretch of the pattern with one or more lines of a phase that cannot be told apart.
  struct LineWindow {
    double unit = 0.0;    ///< expected of a coefficient of 1
    double rest = 0.0;    ///< counts above background and the other phases
    double others = 0.0;  ///< counts of the other phases
    double sigma = 0.0;   ///< of rest
  };
  std::vector<LineWindow> windows_of(const PhaseSet& set, const SetMember& member,
                                     bool is_member) const;
  enum class CellFreedom { own, alike };  ///< all free lengths, or all changed alike
  void refine_cell(PhaseSet& set, std::size_t m, CellFreedom freedom, bool blurred) const;
  void settle_cell(PhaseSet& set, std::size_t m, bool blurred) const;
  void refine_displacement(PhaseSet& set) const;
  /// Width of the lines of a set's strongest phase: weak ones are taken to be as wide.
  double common_width(const PhaseSet& set) const;
  double start_width(const PhaseSet& set, std::size_t candidate) const;
  void try_widths(PhaseSet& set, std::size_t m) const;
  void try_textures(PhaseSet& set, std::size_t m) const;
  void polish(PhaseSet& set) const;
  void eliminate(PhaseSet& set) const;
  bool extend(PhaseSet& set) const;
  std::vector<Addition> additions(const PhaseSet& set, std::size_t most,
                                  const std::vector<double>& residual) const;
  std::vector<double> residual_of(const PhaseSet& set) const;
  const std::vector<float>& coarse_column(std::size_t candidate, std::size_t strain) const;
  std::vector<double> strains(const Candidate& candidate) const;
  double score(const PhaseSet& set) const;

  const PreparedPattern& data_;
  const std::vector<Candidate>& candidates_;
  const Instrument& instrument_;
  const ScreenOutcome& screened_;
  SearchOptions options_;
  SearchGrid grid_, coarse_;
  PatternPainter fine_, blurred_;
  Evidence evidence_;
  std::vector<double> weight_, coarse_weight_;
  std::vector<std::vector<double>> background_;  ///< columns
  mutable double cached_displacement_ = 1e9;
  mutable std::vector<std::vector<std::vector<float>>> cache_;
};

}  // namespace gadolin::diffraction
