#pragma once

#include <string>
#include <utility>
#include <vector>

#include "kernels/exec/engine.hpp"
#include "models/separation/types_plant.hpp"

/// One unit of a plant at steady state, its inputs known.
namespace gadolin::separation {

struct UnitInput {
  std::string name;
  const PlantStream* stream = nullptr;
  const PlantFeed* feed = nullptr;  ///< where it is one: carriers of the rare earths
};

struct UnitOutcome {
  std::vector<std::pair<std::string, PlantStream>> outlets;  ///< port, stream; all ports, in order
  std::vector<std::pair<std::string, PlantStream>> bought;   ///< name, stream of a reagent or feed
  std::vector<ReagentUse> reagents;
  UnitResult result;
  std::vector<std::pair<EvidenceClass, std::string>> evidence;
  std::vector<Warning> warnings;
};

/// Ports of a unit in order; known without its inputs.
std::vector<std::string> unit_ports(const PlantUnit& unit);
/// Streams a unit takes, circuits' inlets included.
std::vector<std::string> unit_inputs(const PlantUnit& unit);

/// Runs one unit. Every balance of components, acid, water and extractant closes by construction
/// but a circuit's, which closes as its solver does.
/// fails  result.status names bank, stage and element of a circuit that did not converge
/// throws Error E-PLANT-004 (no yield for a component), -005 (wrong phase), -006 (component without
///        constants in a circuit), -007 (loop without make-up), -008 (charge of a species), E-SEP-*
UnitOutcome run_unit(const Plant& plant, const PlantUnit& unit,
                     const std::vector<Component>& components, const std::vector<UnitInput>& inputs,
                     const Engine& engine);

/// What one kind of unit does (unit_circuit.cpp, unit_solids.cpp, unit_liquors.cpp).
struct UnitContext {
  const Plant& plant;
  const PlantUnit& unit;
  const std::vector<Component>& components;
  const std::vector<UnitInput>& inputs;
  const Engine& engine;

  /// All inputs of one phase in one; throws E-PLANT-005 for any other phase. What is empty (a
  /// torn stream at its first pass) is passed over.
  PlantStream mixed(StreamPhase phase) const;
  PlantStream empty(StreamPhase phase) const;
  StreamPhase first_phase() const;  ///< of the first input that holds anything
  double acid(const PlantStream& stream) const;
  /// A reagent as a stream of `amount` mol/h; entered among what is bought.
  PlantStream buy(const Reagent& reagent, double amount_mol_per_h, UnitOutcome& outcome) const;
  PlantStream buy_water(double l_per_h, UnitOutcome& outcome) const;
  /// The yield that speaks for a component: by mineral and name before "*".
  const PlantYield* yield_of(const std::vector<PlantYield>& yields, const std::string& mineral,
                             const std::string& component) const;
  void rest_on(const PlantYield& yield, const std::string& component, UnitOutcome& outcome) const;
};
UnitOutcome run(const CircuitUnit& settings, const UnitContext& context);
/// The circuit with what its inlets bring as feeds of its own, without the species that ride along.
Circuit fed_circuit(const CircuitUnit& settings, const UnitContext& context);
UnitOutcome run(const LeachUnit& settings, const UnitContext& context);
UnitOutcome run(const ImpurityUnit& settings, const UnitContext& context);
UnitOutcome run(const OxidationUnit& settings, const UnitContext& context);
UnitOutcome run(const PrecipitationUnit& settings, const UnitContext& context);
UnitOutcome run(const CalcinationUnit& settings, const UnitContext& context);
UnitOutcome run(const SplitterUnit& settings, const UnitContext& context);
UnitOutcome run(const MixerUnit& settings, const UnitContext& context);
UnitOutcome run(const ConcentrationUnit& settings, const UnitContext& context);

/// Proton total of a liquor at a pH [mol/L], HSO4- included.
double acid_at_ph(double ph, double sulfate_molar);
/// pH of a liquor of that proton total.
double ph_of_acid(double acid_molar, double sulfate_molar);

/// Raffinate and draw ports of a bank.
std::string raffinate_port(const Bank& bank);
std::string draw_port(const Bank& bank, const StageDraw& draw, bool organic);

}  // namespace gadolin::separation
