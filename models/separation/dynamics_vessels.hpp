#pragma once

#include <deque>
#include <vector>

#include "models/separation/circuit_equations.hpp"
#include "models/separation/types_dynamics.hpp"

/// What a circuit holds, as one vector of amounts [mol], and how it changes.
namespace gadolin::separation {

/// Mixers, settlers and the solvent tank. Amounts, in this order: mixers [stages,
/// StagePlaces::amounts()], settlers vessel by vessel, then what left as each product [products,
/// species] and what entered [species].
class Vessels {
 public:
  /// Volumes from the flows of `network`. throws Error E-SEP-071
  Vessels(const DynamicsPlan& plan, const CircuitNetwork& network);

  std::size_t size() const { return size_; }
  std::size_t produced_at() const { return produced_; }
  std::size_t entered_at() const { return entered_; }
  const std::vector<double>& mixer_aqueous() const { return mixer_a_; }
  const std::vector<double>& mixer_organic() const { return mixer_o_; }
  double settler_volume(bool organic) const;
  double tank_volume() const { return tank_ < 0 ? 0.0 : settlers_[index(tank_)].volume; }

  /// Every vessel filled with these: aqueous [stages, aqueous_amounts()], organic [stages, species
  /// + 1] mol/L, tank [species + 1]. The mixers' two phases are not at equilibrium yet.
  std::vector<double> filled(const CircuitNetwork& network, const std::vector<double>& aqueous,
                             const std::vector<double>& organic, const std::vector<double>& tank);
  /// Every vessel at the steady state u.
  std::vector<double> filled_steady(const CircuitEquations& equations,
                                    const std::vector<double>& u);

  /// Equations of an implicit stage: amounts = base + weight * rates. `place` is where in the step
  /// (0..1) the stage stands; only plug flow looks at it.
  void terms(const CircuitNetwork& network, const std::vector<double>& base, double weight,
             double place, StepTerms& t) const;
  /// rates [mol/h] of all amounts at u, for the same base, weight and terms
  void rates(const CircuitEquations& equations, const StepTerms& t, const std::vector<double>& base,
             const std::vector<double>& u, std::vector<double>& rates) const;

  /// Plug flow remembers what entered: called when a step of length h begins, and when it was kept,
  /// with u at its end. longest_step(): no settler may be emptied of what it already holds.
  void begin_step(const CircuitNetwork& network, double h);
  void keep_step(const CircuitNetwork& network, const std::vector<double>& amounts,
                 const std::vector<double>& u);
  void forget_inlets(const std::vector<double>& u);  ///< the inlets jumped (start, change of flow)
  double longest_step(const CircuitNetwork& network) const;
  /// Moments at which a first jump leaves a plug-flow settler [h].
  std::vector<double> first_exits(const CircuitNetwork& network) const;

  /// Amounts of one species in the plant [mol].
  double inventory(const std::vector<double>& amounts, std::size_t k) const;
  /// Floors of the local error of every amount; 0 = not looked at.
  std::vector<double> floors(const CircuitEquations& equations,
                             const std::vector<double>& amounts) const;

 private:
  struct Node {  ///< of the inlet of a plug-flow settler: volume passed, amounts passed, mol/L
                 ///< there
    double passed = 0.0;
    std::vector<double> amount, before, after;
  };
  struct Settler {
    bool organic = false, plug = false;
    std::size_t stage = 0, components = 0, tanks = 1, at = 0;
    double volume = 0.0;  ///< in all
    double passed = 0.0;  ///< volume that went in, plug flow
    std::deque<Node> inlet;
    std::vector<double> first, mean, last;  ///< outlet over the present step
  };
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }
  double flow(const CircuitNetwork& network, const Settler& s) const;
  void inlet(const Settler& s, const std::vector<double>& u, std::vector<double>& c) const;
  void at_volume(const Settler& s, double v, bool after, std::vector<double>& amount,
                 std::vector<double>& c) const;
  void begin_plug(Settler& s, const std::vector<double>& c);

  std::size_t species_ = 0, stages_ = 0, size_ = 0, produced_ = 0, entered_ = 0, mixers_ = 0;
  std::vector<double> mixer_a_, mixer_o_;
  std::vector<Settler> settlers_;
  std::vector<int> of_aqueous_, of_organic_;  ///< [stages] into settlers_, -1 = none
  int tank_ = -1;                             ///< solvent tank, the same kind of vessel
  double step_h_ = 0.0;                       ///< length of the present step
};

}  // namespace gadolin::separation
