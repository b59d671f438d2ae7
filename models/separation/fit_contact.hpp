#pragma once

#include <cstddef>
#include <vector>

#include "kernels/separation/distribution.hpp"
#include "models/separation/stage_chemistry.hpp"
#include "models/separation/types_fit.hpp"

namespace gadolin::separation {

/// One equilibrium experiment as the solver sees it; remembers where it was, so that constants
/// moved a little are solved in a few iterations. in    the task's chemistry, ionic product and
/// extractant; metals fed with 0 count as tracers
class FitContact {
 public:
  FitContact(const FitTask& task, const EquilibriumExperiment& experiment);

  std::size_t size() const { return laws_.size(); }

  /// log10 D [size] at these constants [size] and, if not null, this exponent of the extractant;
  /// false if the equilibrium was not found.
  bool solve(const double* log10_k, const double* exponent, double* log10_d);

  double ln_h() const { return ln_h_; }
  double ln_x() const { return ln_x_; }
  double ionic() const { return ionic_; }

 private:
  bool balance();

  const EquilibriumExperiment* experiment_;
  StageChemistry chemistry_;
  std::vector<SpeciesLaw> laws_;
  std::vector<double> reference_, shift_, molar_, total_;
  double kw_, acid_ = 0.0, ln_h_ = 0.0, ln_x_ = 0.0, ionic_ = 0.0;
  bool fresh_ = true;
};

}  // namespace gadolin::separation
