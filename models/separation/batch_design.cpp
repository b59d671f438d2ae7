#include <cmath>

#include "models/separation/batch.hpp"
#include "models/separation/solve_banks.hpp"

namespace gadolin::separation {

namespace {

int whole(double value) {
  return std::fabs(value) < 1e6 ? static_cast<int>(std::lround(value)) : -1;
}

/// y of the saponifying species = s C/q, everything else as it is, X the rest.
void saponify(OrganicStream& stream, const Circuit& circuit, double fraction) {
  const double total = total_extractant_molar(stream, circuit.species);
  for (std::size_t k = 0; k < circuit.species.size(); ++k) {
    const Species& s = circuit.species[k];
    const bool named = circuit.regeneration.saponified_species.empty()
                           ? s.protons == 1.0
                           : s.name == circuit.regeneration.saponified_species;
    if (!named || !(s.dimers > 0.0)) continue;
    stream.molar[k] = fraction * total / s.dimers;
    break;
  }
  double bound = 0.0;
  for (std::size_t k = 0; k < circuit.species.size(); ++k) {
    bound += circuit.species[k].dimers * stream.molar[k];
  }
  stream.free_dimer_molar = total - bound;
}

void apply(Circuit& circuit, const DesignVariable& v, double value) {
  Bank& bank = circuit.banks[static_cast<std::size_t>(v.bank)];
  const auto index = static_cast<std::size_t>(v.index);
  const auto species = static_cast<std::size_t>(v.species < 0 ? 0 : v.species);
  switch (v.quantity) {
    case DesignQuantity::stages:
      bank.stages = whole(value);
      break;
    case DesignQuantity::feed_stage:
      bank.feeds[index].stage = whole(value);
      break;
    case DesignQuantity::feed_flow:
      bank.feeds[index].aqueous.flow_l_per_h = value;
      break;
    case DesignQuantity::feed_acid:
      bank.feeds[index].aqueous.h_molar = value;
      break;
    case DesignQuantity::feed_molar:
      bank.feeds[index].aqueous.molar[species] = value;
      break;
    case DesignQuantity::feed_grade:
      for (double& m : bank.feeds[index].aqueous.molar) m *= value;
      break;
    case DesignQuantity::aqueous_flow:
      bank.aqueous_in.flow_l_per_h = value;
      break;
    case DesignQuantity::aqueous_acid:
      bank.aqueous_in.h_molar = value;
      break;
    case DesignQuantity::aqueous_molar:
      bank.aqueous_in.molar[species] = value;
      break;
    case DesignQuantity::organic_flow:
      bank.organic_in.flow_l_per_h = value;
      break;
    case DesignQuantity::extractant: {
      const double factor = value / total_extractant_molar(bank.organic_in, circuit.species);
      for (double& m : bank.organic_in.molar) m *= factor;
      bank.organic_in.free_dimer_molar *= factor;
      break;
    }
    case DesignQuantity::saponified_fraction:
      saponify(bank.organic_in, circuit, value);
      if (v.bank == 0 && circuit.organic_loop_closed) {
        circuit.regeneration.saponified_fraction = value;
      }
      break;
    case DesignQuantity::draw_stage:
      bank.draws[index].stage = whole(value);
      break;
    case DesignQuantity::draw_aqueous_fraction:
      bank.draws[index].aqueous_fraction = value;
      break;
    case DesignQuantity::draw_organic_fraction:
      bank.draws[index].organic_fraction = value;
      break;
    case DesignQuantity::murphree_efficiency:
      bank.murphree_efficiency = value;
      break;
    case DesignQuantity::entrained_aqueous_fraction:
      bank.entrained_aqueous_fraction = value;
      break;
    case DesignQuantity::entrained_organic_fraction:
      bank.entrained_organic_fraction = value;
      break;
    case DesignQuantity::mixer_residence:
      bank.mixer_residence_s = value;
      break;
    case DesignQuantity::bleed_fraction:
      circuit.regeneration.bleed_fraction = value;
      break;
    case DesignQuantity::return_fraction:
      circuit.returns[index].fraction = value;
      break;
    case DesignQuantity::log10_k:
      circuit.species[species].log10_k = value;
      break;
    case DesignQuantity::log10_k_shift:
      for (std::size_t k = 0; k < circuit.species.size(); ++k) {
        if (v.species >= 0 && k != species) continue;
        circuit.species[k].log10_k += value;
        circuit.species[k].line.intercept += value;
      }
      break;
  }
}

}  // namespace

Circuit design_circuit(const DesignProblem& problem, const double* values) {
  Circuit circuit = problem.circuit;
  for (std::size_t v = 0; v < problem.variables.size(); ++v) {
    apply(circuit, problem.variables[v], values[v]);
  }
  return circuit;
}

std::vector<DesignProduct> design_products(const Circuit& circuit) {
  std::vector<DesignProduct> products;
  for (std::size_t b = 0; b < circuit.banks.size(); ++b) {
    const Bank& bank = circuit.banks[b];
    const std::string raffinate =
        bank.raffinate_name.empty() ? bank.name + " raffinate" : bank.raffinate_name;
    products.push_back({raffinate, bank.name, "aqueous"});
    for (std::size_t d = 0; d < bank.draws.size(); ++d) {
      const std::string name = bank.draws[d].name.empty()
                                   ? bank.name + " draw " + std::to_string(d + 1)
                                   : bank.draws[d].name;
      products.push_back({name, bank.name, "aqueous"});
      products.push_back({name, bank.name, "organic"});
    }
    if (b + 1 < circuit.banks.size() && circuit.banks[b + 1].organic_from_previous) continue;
    const bool recycled = b + 1 == circuit.banks.size() && circuit.organic_loop_closed;
    products.push_back({recycled ? "solvent bleed" : bank.name + " extract", bank.name, "organic"});
    products.push_back({bank.name + " entrained aqueous", bank.name, "aqueous"});
  }
  return products;
}

}  // namespace gadolin::separation
