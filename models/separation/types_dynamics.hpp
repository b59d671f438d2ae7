#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "models/separation/types.hpp"

/// Plain data of the dynamics: what is asked of a circuit in time, and what it answered. Time in h,
/// volumes in L, amounts in mol.
namespace gadolin::separation {

/// How a phase moves through a settler.
enum class SettlerFlow { tanks, plug };

/// What the stages of one bank hold. Volumes follow from residence times and the flows at the start
/// and stay: weirs hold levels, a step of flow changes residence times instead.
struct HoldUp {
  double mixer_residence_min = 3.0;  ///< volume = (A + O) tau
  std::optional<double> mixer_volume_l;
  std::optional<double> mixer_aqueous_fraction;  ///< absent: A/(A + O)
  double settler_aqueous_residence_min = 0.0;    ///< 0 = no settler
  double settler_organic_residence_min = 0.0;
  SettlerFlow settler = SettlerFlow::tanks;
  int settler_tanks = 2;  ///< in series, each phase
};

/// What the stages hold at t = 0: fresh solvent, and as aqueous the feeds that pass a stage, or
/// water.
enum class DynamicStart { feed, water, steady };

/// Something changes at a moment and stays so. Absent = unchanged.
struct DynamicStep {
  double at_h = 0.0;
  std::string bank, stream;  ///< "aqueous_in", "organic_in" or the name of a feed
  std::optional<double> flow_factor, grade_factor, acid_molar;
};

/// A product meets its specification while these species make up purity_min of its rare earths.
struct ProductSpecification {
  std::string product;
  std::vector<std::string> species;
  double purity_min = 0.0;
};

struct DynamicsPlan {
  std::string name;
  Circuit circuit;
  std::vector<HoldUp> banks;      ///< per bank
  double solvent_tank_min = 0.0;  ///< mixed tank on the closed loop, at the solvent's flow
  DynamicStart start = DynamicStart::feed;
  double duration_h = 0.0;         ///< after the last step; the most
  bool until_steady = true;        ///< stop a phase when nothing moves any more
  double tolerance = 1e-6;         ///< of the local error, relative
  std::vector<DynamicStep> steps;  ///< in order of time
  std::vector<ProductSpecification> specifications;
};

/// From one change to the next.
struct DynamicsPhase {
  std::string cause;  ///< "start-up", "step at 40 h: ..."
  double start_h = 0.0, end_h = 0.0;
  bool steady_known = false;  ///< simulate() solved the circuit of this phase
  bool steady_reached = false;
  double steady_mismatch = 0.0;  ///< largest relative difference to it, species above 1e-12 mol/L
  /// [products * species] h after start_h until a product's concentration stays within 1 % of the
  /// steady one (start-up) or of its change (step); NaN: not within this phase; absent metal: 0
  std::vector<double> time_to_99_h;
  std::vector<double> steady_molar;  ///< [products * species] mol/h over L/h
  std::vector<double>
      off_spec_kg;  ///< per specification: rare-earth metal below it; NaN: never met
  std::vector<double> on_spec_at_h;  ///< per specification: last time it came to be met; NaN
};

struct DynamicsResult {
  std::string name;
  ItemStatus status = ItemStatus::not_converged;
  std::string status_text;
  std::vector<std::string> species, products, product_phases, banks;
  std::vector<std::string> specifications;   ///< in words
  std::vector<double> time_h;                ///< [t] accepted steps, both ends of every phase
  std::vector<double> product_molar;         ///< [t, products, species] mol/L of the product's flow
  std::vector<double> product_flow_l_per_h;  ///< [t, products]
  std::vector<double> purity_fraction;       ///< [t, products, species] among rare earths
  std::vector<double> produced_mol;          ///< [t, products, species] since t = 0
  std::vector<double> inventory_mol;         ///< [t, species] in mixers, settlers, solvent tank
  std::vector<double> balance_relative;   ///< [t, species] in - out - accumulation, of throughput
  std::vector<double> ph_first, ph_last;  ///< [t, banks] stage 1 and stage N
  std::vector<DynamicsPhase> phases;
  double mixer_l = 0.0, settler_l = 0.0, tank_l = 0.0;  ///< hold-up in all
  double solvent_l = 0.0;                               ///< organic part of it
  int steps = 0, rejected = 0, newton_iterations = 0, factorisations = 0;
  EvidenceClass worst_evidence = EvidenceClass::measured;
  std::vector<Warning> warnings;
};

}  // namespace gadolin::separation
