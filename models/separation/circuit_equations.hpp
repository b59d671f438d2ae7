#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "kernels/separation/distribution.hpp"
#include "models/separation/stage_chemistry.hpp"
#include "models/separation/types.hpp"

/// All equations of a circuit as one sparse system, stages of every bank counted through: what the
/// dynamics integrate and what gradients transpose. simulate() solves the same equations bank by
/// bank; docs/theory/separation.md#circuit-equations.
namespace gadolin::separation {

/// Where the unknowns of a stage stand: x [species], y [species] (organic leaving the mixer), ln H,
/// ln X, then the tracers: charge Q, sulfate, salt, fluoride of the aqueous, extractant C.
struct StagePlaces {
  static constexpr std::size_t aqueous_tracers = 4;
  std::size_t c = 0;  ///< species
  std::size_t width() const { return 2 * c + 2 + aqueous_tracers + 1; }
  /// Amounts a mixer holds: species, aqueous tracers, extractant. The first c + 4 are also what an
  /// aqueous liquid carries; an organic one carries c + 1: species, extractant.
  std::size_t amounts() const { return c + aqueous_tracers + 1; }
  std::size_t aqueous_amounts() const { return c + aqueous_tracers; }
  std::size_t extractant_amount() const { return c + aqueous_tracers; }
  std::size_t x(std::size_t i, std::size_t k) const { return i * width() + k; }
  std::size_t y(std::size_t i, std::size_t k) const { return i * width() + c + k; }
  std::size_t eta(std::size_t i) const { return i * width() + 2 * c; }
  std::size_t xi(std::size_t i) const { return i * width() + 2 * c + 1; }
  std::size_t tracer(std::size_t i, std::size_t t) const { return i * width() + 2 * c + 2 + t; }
  std::size_t charge(std::size_t i) const { return tracer(i, 0); }
  std::size_t sulfate(std::size_t i) const { return tracer(i, 1); }
  std::size_t salt(std::size_t i) const { return tracer(i, 2); }
  std::size_t fluoride(std::size_t i) const { return tracer(i, 3); }
  std::size_t extractant(std::size_t i) const { return tracer(i, aqueous_tracers); }
};

/// A liquid that goes on from one stage to another.
struct Passage {
  std::size_t from = 0, to = 0;
  double flow_l_per_h = 0.0;
  bool main = false;         ///< organic of which the share 1 - E passes the mixer by
  bool regenerated = false;  ///< the closed loop: bleed, make-up, saponification on the way
};

/// A liquid that leaves the circuit as (part of) a product.
struct Outlet {
  std::size_t from = 0;
  bool organic = false;
  double flow_l_per_h = 0.0;
  std::size_t product = 0;
  bool counts_as_flow = true;  ///< entrained organic in a raffinate does not
};

/// Volumes and feeds of a whole circuit; arrays [stages] or [stages, species], stage 1 of the first
/// bank first.
struct CircuitNetwork {
  std::size_t stages = 0, species = 0;
  std::vector<std::size_t> first_stage;  ///< [banks + 1]
  std::vector<double> aqueous, organic;  ///< all that leaves a stage, L/h
  std::vector<double> pool;              ///< [stages, species] organic in contact, L/h
  std::vector<double> bypass;            ///< [stages, species] 1 - E
  std::vector<Passage> aqueous_passages, organic_passages;
  std::vector<double> feed_aqueous, feed_organic;  ///< [stages, species] mol/h
  std::vector<double> tracers_in;  ///< [stages, aqueous tracers] mol/h: Q, sulfate, salt, fluoride
  std::vector<double> extractant_in;  ///< [stages] mol/h
  std::vector<Outlet> outlets;
  std::vector<std::string> products, product_banks, product_phases;
  std::vector<double> fed;                 ///< [species] mol/h, as simulate() counts
  int saponified = -1;                     ///< species index; -1 = loop not saponified
  double saponified_per_extractant = 0.0;  ///< mol of it per mol of extractant in the loop
  double saponified_molar = 0.0;           ///< of it in the regenerated solvent, by design
  std::vector<SpeciesLaw> laws;
  AcidBalance acid;
  StageChemistry chemistry;  ///< of the aqueous phase; corrects every ln D where active
};
/// throws Error E-SEP-070 if returned liquors grow without bound, -041 and -042 (StageChemistry)
CircuitNetwork network_of(const Circuit& circuit);

/// How far the equations are from the steady ones. Default: steady. For an implicit step of weight
/// w: content = hold - w (out - in), and what leaves a settler is pass c + rest.
struct StepTerms {
  double weight = 1.0;
  std::vector<double> hold_aqueous, hold_organic;  ///< [stages] mixer, L
  std::vector<double> content;                     ///< [stages, StagePlaces::amounts()] mol
  std::vector<double> pass_aqueous, pass_organic;  ///< [stages]
  std::vector<double> rest_aqueous;                ///< [stages, aqueous_amounts()] mol/L
  std::vector<double> rest_organic;                ///< [stages, species + 1] mol/L
  double pass_loop = 1.0;                          ///< solvent tank on the closed loop
  std::vector<double> rest_loop;                   ///< [species + 1] mol/L
};
StepTerms steady_terms(const CircuitNetwork& network);

/// The equations; unknowns as StagePlaces says.
class CircuitEquations {
 public:
  explicit CircuitEquations(CircuitNetwork network);
  ~CircuitEquations();
  CircuitEquations(CircuitEquations&&) noexcept;
  CircuitEquations& operator=(CircuitEquations&&) noexcept;

  const CircuitNetwork& network() const { return network_; }
  StagePlaces places() const { return {network_.species}; }
  std::size_t unknowns() const { return network_.stages * places().width(); }

  /// What enters each stage [mol/h]: species by aqueous and organic, then the tracers;
  /// out [stages, StagePlaces::amounts()].
  void inflow(const StepTerms& terms, const std::vector<double>& u, std::vector<double>& in) const;
  /// f [unknowns]; false where a stage has no positive charge or extractant side.
  bool residual(const StepTerms& terms, const std::vector<double>& u, std::vector<double>& f) const;
  /// The tracers of every stage: linear, exact.
  void solve_tracers(const StepTerms& terms, std::vector<double>& u) const;
  /// Sparse LU of the Jacobian at u; false if singular.
  bool factor(const StepTerms& terms, const std::vector<double>& u);
  void solve(std::vector<double>& right) const;
  void solve_transposed(std::vector<double>& right) const;

  struct NewtonOutcome {
    bool converged = false;
    int iterations = 0, factors = 0;
    double last_step = 0.0;  ///< scaled
  };
  /// Newton from u. Converged when the scaled correction is below `tolerance`; keeps an earlier
  /// factorisation as long as it contracts if `keep_factor`.
  NewtonOutcome newton(const StepTerms& terms, std::vector<double>& u, double tolerance,
                       int most_iterations, bool keep_factor);

  /// The factorisation no longer fits: newton() makes a new one.
  void forget_factor();
  /// Typical concentration of each species [mol/L], the floor of relative measures.
  const std::vector<double>& scale() const { return scale_; }

  /// ln D of every species in one stage at u [species], chemistry included.
  void ln_distribution_at(std::size_t stage, const std::vector<double>& u,
                          std::vector<double>& ln_d) const;

 private:
  struct Matrix;
  struct Correction;
  /// What the aqueous chemistry of a stage adds to ln D, and the sulfate its metals hold.
  void correction(std::size_t stage, const std::vector<double>& u, Correction& out) const;
  /// Its slopes by x, ln H, sulfate, salt and fluoride, by differences.
  void correction_slopes(std::size_t stage, const std::vector<double>& u, Correction& out) const;
  CircuitNetwork network_;
  std::vector<double> scale_;
  std::unique_ptr<Matrix> matrix_;
};

/// u of a solved circuit: from the profiles of simulate(), polished by Newton on the whole system.
/// largest_change: how much that moved ln H and ln X, a check of both codes.
struct SteadyState {
  std::vector<double> u;
  bool converged = false;
  double largest_change = 0.0;
};
SteadyState steady_state(CircuitEquations& equations, const CircuitResult& result);

}  // namespace gadolin::separation
