#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/diffraction/identify.hpp"
#include "models/diffraction/identify_search.hpp"

/// From the sets a search compared to an answer: what counts as a phase, and how sure it is.
namespace gadolin::diffraction {

inline constexpr double undetermined_bic = 6.0;  ///< odds of 20 to 1
/// Of a rare-earth phase without an element list, counting noise taken to be correlated.
inline constexpr double clear_bic = 20.0;
/// Kass & Raftery (1995) J. Am. Stat. Assoc. 90, 773
inline constexpr double very_strong_bic = 10.0;

class Verdict {
 public:
  /// in  after_fit: the data are what a refinement left over
  Verdict(const PreparedPattern& data, const std::vector<Candidate>& candidates,
          const Instrument& instrument, const ScreenOutcome& screened,
          const IdentifyOptions& options, const SearchOptions& search, bool after_fit = false);

  Identification run();

 private:
  std::vector<PhaseSet> ranked() const;
  const PhaseSet& best() const;
  /// Whether what the pattern says of member m makes it a phase of the answer.
  bool stands(const PhaseSet& set, std::size_t m) const;
  /// Keeps a set, phases whose lines do not bear them out left out of it.
  void accept(PhaseSet set);
  std::vector<std::string> groups_of(const PhaseSet& set) const;
  /// Scale times mass and volume of the cell: proportional to the weight.
  double weight_of(const Candidate& candidate, double coefficient) const;
  void fill(Identification& result) const;
  void fill_phases(const std::vector<PhaseSet>& all, const std::vector<double>& probability,
                   Identification& result) const;
  void fill_absent(const PhaseSet& top, Identification& result) const;

  const PreparedPattern& data_;
  const std::vector<Candidate>& candidates_;
  const IdentifyOptions& options_;
  bool after_fit_;
  SetSearch search_;
  std::map<std::vector<std::size_t>, PhaseSet> accepted_;
};

}  // namespace gadolin::diffraction
