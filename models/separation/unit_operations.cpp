#include "models/separation/unit_operations.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/separation/distribution.hpp"
#include "models/core/element.hpp"
#include "models/separation/plant_components.hpp"

namespace gadolin::separation {

namespace {

AcidBalance balance_of(double sulfate_molar) {
  AcidBalance balance;
  balance.sulfate = std::max(sulfate_molar, 0.0);
  return balance;
}

}  // namespace

double acid_at_ph(double ph, double sulfate_molar) {
  return balance_of(sulfate_molar).total(std::pow(10.0, -ph));
}

double ph_of_acid(double acid_molar, double sulfate_molar) {
  const AcidBalance balance = balance_of(sulfate_molar);
  double low = -3.0, high = 17.0;  // pH
  for (int i = 0; i < 200; ++i) {
    const double middle = 0.5 * (low + high);
    (balance.total(std::pow(10.0, -middle)) > acid_molar ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

PlantStream UnitContext::empty(StreamPhase phase) const {
  return empty_stream(phase, components.size());
}

PlantStream UnitContext::mixed(StreamPhase phase) const {
  PlantStream all = empty(phase);
  for (const UnitInput& input : inputs) {
    if (is_empty(*input.stream)) continue;
    if (input.stream->phase != phase) {
      throw Error("E-PLANT-005",
                  "unit " + unit.name + " takes " + to_string(phase) + " streams, " + input.name +
                      " is " + to_string(input.stream->phase),
                  plant.source_file, "join a stream of that phase", ExitCode::usage);
    }
    add_stream(all, *input.stream);
  }
  return all;
}

StreamPhase UnitContext::first_phase() const {
  for (const UnitInput& input : inputs) {
    if (!is_empty(*input.stream)) return input.stream->phase;
  }
  return StreamPhase::aqueous;
}

double UnitContext::acid(const PlantStream& stream) const {
  return acid_mol_per_h(stream, components);
}

PlantStream UnitContext::buy(const Reagent& reagent, double amount, UnitOutcome& outcome) const {
  const ReagentContent& content = reagent_content(reagent.name);
  PlantStream s = empty(StreamPhase::aqueous);
  if (!(reagent.strength_molar > 0.0)) {
    s.phase = content.components.empty() ? StreamPhase::gas : StreamPhase::solid;
  }
  if (reagent.strength_molar > 0.0) s.volume_l_per_h = amount / reagent.strength_molar;
  for (const auto& [name, count] : content.components) {
    s.mol_per_h[static_cast<std::size_t>(component_index(components, name))] += count * amount;
  }
  s.oxidant_mol_per_h = content.electrons * amount;
  outcome.bought.emplace_back(unit.name + "." + reagent.name, s);
  outcome.reagents.push_back({unit.name, reagent.name, amount, "mol/h"});
  return s;
}

PlantStream UnitContext::buy_water(double l_per_h, UnitOutcome& outcome) const {
  PlantStream s = empty(StreamPhase::aqueous);
  s.volume_l_per_h = l_per_h;
  outcome.bought.emplace_back(unit.name + ".water", s);
  outcome.reagents.push_back({unit.name, "water", l_per_h, "L/h"});
  return s;
}

const PlantYield* UnitContext::yield_of(const std::vector<PlantYield>& yields,
                                        const std::string& mineral,
                                        const std::string& component) const {
  const PlantYield* best = nullptr;
  int best_rank = -1;
  for (const PlantYield& y : yields) {
    const bool same =
        y.mineral == mineral || (y.mineral != "*" && mineral.rfind(y.mineral + "-", 0) == 0);
    if (!same && y.mineral != "*") continue;
    const bool named =
        std::find(y.elements.begin(), y.elements.end(), component) != y.elements.end();
    if (!named && !y.elements.empty()) continue;
    const int rank = (named ? 2 : 0) + (same && y.mineral != "*" ? 4 : 0);
    if (rank > best_rank) {
      best_rank = rank;
      best = &y;
    }
  }
  return best;
}

void UnitContext::rest_on(const PlantYield& yield, const std::string& component,
                          UnitOutcome& outcome) const {
  const std::string text = "unit " + unit.name + ", " + component + ": " +
                           to_string(yield.evidence) +
                           (yield.source.empty() ? "" : ", " + yield.source);
  for (const auto& [evidence, known] : outcome.evidence) {
    if (known == text) return;
  }
  outcome.evidence.emplace_back(yield.evidence, text);
}

std::string raffinate_port(const Bank& bank) {
  return bank.raffinate_name.empty() ? bank.name + " raffinate" : bank.raffinate_name;
}

std::string draw_port(const Bank& bank, const StageDraw& draw, bool organic) {
  const std::string name =
      draw.name.empty() ? bank.name + " draw " + std::to_string(draw.stage) : draw.name;
  return organic && draw.aqueous_fraction > 0.0 ? name + " organic" : name;
}

std::vector<std::string> unit_ports(const PlantUnit& unit) {
  struct Ports {
    std::vector<std::string> operator()(const CircuitUnit& u) const {
      std::vector<std::string> ports;
      const Circuit& c = u.circuit;
      for (std::size_t b = 0; b < c.banks.size(); ++b) {
        const Bank& bank = c.banks[b];
        ports.push_back(raffinate_port(bank));
        for (const StageDraw& draw : bank.draws) {
          if (draw.aqueous_fraction > 0.0) ports.push_back(draw_port(bank, draw, false));
          if (draw.organic_fraction > 0.0) ports.push_back(draw_port(bank, draw, true));
        }
        if (bank.entrained_organic_fraction > 0.0) {
          ports.push_back(bank.name + " entrained organic");
        }
        const bool goes_on = b + 1 < c.banks.size() && c.banks[b + 1].organic_from_previous;
        if (goes_on) continue;
        const bool recycled = b + 1 == c.banks.size() && c.organic_loop_closed;
        if (!recycled) ports.push_back(bank.name + " extract");
        if (recycled && c.regeneration.bleed_fraction > 0.0) ports.push_back("solvent bleed");
        if (bank.entrained_aqueous_fraction > 0.0) {
          ports.push_back(bank.name + " entrained aqueous");
        }
      }
      if (c.organic_loop_closed && c.regeneration.saponified_fraction > 0.0) {
        ports.push_back("saponifier water");
      }
      if (u.soluble_extractant_mg_per_l > 0.0) ports.push_back("dissolved extractant");
      return ports;
    }
    std::vector<std::string> operator()(const LeachUnit&) const { return {"liquor", "residue"}; }
    std::vector<std::string> operator()(const ImpurityUnit& u) const {
      if (u.base.name == "Na2CO3" || u.base.name == "CaCO3" || u.base.name == "NH4HCO3") {
        return {"liquor", "cake", "gas"};
      }
      return {"liquor", "cake"};
    }
    std::vector<std::string> operator()(const OxidationUnit&) const { return {"liquor"}; }
    std::vector<std::string> operator()(const PrecipitationUnit& u) const {
      if (u.precipitant.name == "Na2CO3" || u.precipitant.name == "NH4HCO3") {
        return {"precipitate", "mother liquor", "gas"};
      }
      return {"precipitate", "mother liquor"};
    }
    std::vector<std::string> operator()(const CalcinationUnit&) const { return {"oxide", "gas"}; }
    std::vector<std::string> operator()(const SplitterUnit& u) const {
      std::vector<std::string> ports;
      for (const auto& [name, fraction] : u.fractions) ports.push_back(name);
      return ports;
    }
    std::vector<std::string> operator()(const MixerUnit&) const { return {"mixed"}; }
    std::vector<std::string> operator()(const ConcentrationUnit&) const {
      return {"liquor", "vapour"};
    }
  };
  return std::visit(Ports{}, unit.settings);
}

std::vector<std::string> unit_inputs(const PlantUnit& unit) {
  std::vector<std::string> names = unit.inputs;
  if (const auto* circuit = std::get_if<CircuitUnit>(&unit.settings)) {
    for (const CircuitInlet& inlet : circuit->inlets) names.push_back(inlet.stream);
  }
  return names;
}

UnitOutcome run_unit(const Plant& plant, const PlantUnit& unit,
                     const std::vector<Component>& components, const std::vector<UnitInput>& inputs,
                     const Engine& engine) {
  const UnitContext context{plant, unit, components, inputs, engine};
  UnitOutcome outcome =
      std::visit([&](const auto& settings) { return run(settings, context); }, unit.settings);
  outcome.result.name = unit.name;
  outcome.result.kind = unit_kind_names[unit.settings.index()];
  return outcome;
}

}  // namespace gadolin::separation
