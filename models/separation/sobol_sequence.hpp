#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gadolin::separation {

/// Sobol' sequence with Owen's nested uniform scrambling: the first 2^m points of every column fall
/// one into each of 2^m equal strata, of every pair of columns as evenly as the sequence allows,
/// and each point alone is uniform on (0, 1). A mean over n smooth values errs like n^-3/2 instead
/// of n^-1/2. Random access: point (row, column) is a pure function of seed, row and column. in
/// columns 1 to 3667, row below 2^32 throws Error E-SEP-079 for more columns than there are
/// direction numbers cost  building: 32 numbers a column; a point: 32 random words source
/// directions Joe & Kuo, SIAM J. Sci. Comput. 30 (2008) 2635, as tabled by Boost.Random;
///        scrambling Owen, SIAM J. Numer. Anal. 34 (1997) 1884; random words Philox4x32-10 keyed by
///        (seed, column, level and leading digits)
class ScrambledSobol {
 public:
  ScrambledSobol() = default;
  ScrambledSobol(std::uint64_t seed, std::size_t columns);
  std::size_t columns() const { return directions_.size() / 32; }
  double at(std::size_t row, std::size_t column) const;
  /// The same without scrambling; row 0 is the origin.
  std::uint32_t plain(std::size_t row, std::size_t column) const;

 private:
  std::uint64_t seed_ = 0;
  std::vector<std::uint32_t> directions_;  ///< [columns, 32]
};

}  // namespace gadolin::separation
