#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

/// Fronts of several objectives under constraints, all minimised. Rows of plain arrays; host only.
/// source docs/theory/numeric.md#fronts
namespace gadolin {

/// A number an optimiser chooses.
struct SearchVariable {
  double low = 0.0, high = 1.0;
  bool whole = false;  ///< whole numbers low..high
};

/// Front of every row, 0 the best. A row with violation > 0 comes after all rows without, by its
/// violation alone (Deb's rules). NaN in a row is a violation without end. in    objectives [rows,
/// m] row-major; violation [rows], 0 = none; empty = none anywhere cost  m = 2: n log n; else up to
/// m n^2/2 comparisons source Zhang, Tian, Cheng and Jin, IEEE Trans. Evol. Comput. 19 (2015) 201
/// (efficient sort)
std::vector<int> pareto_ranks(const std::vector<double>& objectives, std::size_t m,
                              const std::vector<double>& violation);

/// Crowding distance within each front; infinite at its ends.
/// source Deb, Pratap, Agarwal and Meyarivan, IEEE Trans. Evol. Comput. 6 (2002) 182
std::vector<double> crowding_distances(const std::vector<double>& objectives, std::size_t m,
                                       const std::vector<int>& rank);

/// Volume that the rows dominate below a reference point; rows beyond it count for nothing.
/// cost  m = 2: n log n; by slicing in the last objective else
double hypervolume(const std::vector<double>& objectives, std::size_t m,
                   const std::vector<double>& reference);

/// Evaluates rows: x [count, variables] -> objectives [count, m], violation [count].
using FrontEvaluation =
    std::function<void(const std::vector<double>& x, std::size_t count,
                       std::vector<double>& objectives, std::vector<double>& violation)>;

struct Nsga2Settings {
  std::size_t population = 100;  ///< rounded up to even
  std::size_t generations = 100;
  double crossover_probability = 0.9, crossover_index = 15.0;
  double mutation_probability = 0.0;  ///< per variable; 0 = 1/variables
  double mutation_index = 20.0;
  std::uint64_t seed = 1;
};

struct FrontPopulation {
  std::size_t count = 0, variables = 0, objectives = 0, evaluations = 0;
  std::vector<double> x;          ///< [count, variables]
  std::vector<double> f;          ///< [count, objectives]
  std::vector<double> violation;  ///< [count]
  std::vector<int> rank;          ///< [count]
};

/// NSGA-II: binary tournaments by rank and crowding, simulated binary crossover and polynomial
/// mutation inside the bounds, the best half of parents and children goes on. Equal seed, equal
/// answer, whatever the evaluation's threads. in    start: rows to begin with, the rest is drawn;
/// after_generation may return false to stop source as above; Deb and Agrawal, Complex Systems 9
/// (1995) 115 (crossover)
FrontPopulation nsga2(const std::vector<SearchVariable>& variables, std::size_t objectives,
                      const Nsga2Settings& settings, const FrontEvaluation& evaluate,
                      const std::vector<double>& start = {},
                      const std::function<bool(std::size_t generation)>& after_generation = {});

}  // namespace gadolin
