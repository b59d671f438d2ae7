#include "models/separation/design_strip.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "models/separation/batch.hpp"
#include "models/separation/simulate.hpp"

namespace gadolin::separation {

bool design_strip(const CutTask& task, const Engine& engine, DesignedCut& cut,
                  std::vector<DesignReason>* reasons) {
  const DesignTargets& t = *task.targets;
  Circuit& circuit = cut.circuit;
  circuit.banks.resize(1);
  circuit.organic_loop_closed = false;
  const CircuitResult open = simulate({circuit}, engine).front();
  ++cut.solves;
  const OrganicStream& loaded = open.banks.front().extract;

  DesignProblem problem;
  problem.circuit = circuit;
  Bank bank;
  bank.name = "strip";
  bank.raffinate_name = "strip liquor";
  bank.stages = 3;
  bank.murphree_efficiency = t.murphree_efficiency;
  bank.entrained_aqueous_fraction = t.entrained_aqueous_fraction;
  bank.entrained_organic_fraction = t.entrained_organic_fraction;
  bank.aqueous_in.flow_l_per_h = 1.0;
  bank.aqueous_in.molar.assign(circuit.species.size(), 0.0);
  bank.aqueous_in.h_molar = t.strip_acid_molar;
  Bank alone = bank;
  alone.organic_in = loaded;
  problem.circuit.banks = {alone};
  problem.variables = {{DesignQuantity::stages, 0, 0, -1},
                       {DesignQuantity::aqueous_flow, 0, 0, -1},
                       {DesignQuantity::aqueous_acid, 0, 0, -1}};
  const double least_flow = 1.03 * loaded.flow_l_per_h / t.limits.phase_ratio_max;
  const double most_flow = loaded.flow_l_per_h / (1.03 * t.limits.phase_ratio_min);
  struct Trial {
    int stages;
    double flow, acid;
  };
  std::vector<Trial> trials;
  std::vector<double> values;
  for (int stages : {3, 4, 5, 6, 8, 10, 12, 16, 20}) {
    if (stages > t.limits.strip_stages) break;
    for (double more : {1.0, 1.5, 2.2, 3.3, 5.0, 8.0}) {
      const double flow = least_flow * more;
      if (flow > most_flow) break;
      for (double acid : {0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0}) {
        if (acid > t.strip_acid_molar * (1.0 + 1e-9)) break;
        trials.push_back({stages, flow, acid});
        values.insert(values.end(), {static_cast<double>(stages), flow, acid});
      }
    }
  }
  const DesignBlock block = solve_designs(problem, values, engine);
  cut.solves += trials.size();
  const auto columns = design_products(problem.circuit);
  const double allowed = 0.1 * cut.heavy_down_limit;
  std::size_t best = trials.size();
  double best_cost = 0.0, least_left = 1e300;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (block.status[i] != ItemStatus::ok) continue;
    double left = 0.0;
    for (std::size_t p = 1; p < columns.size(); ++p) {
      for (std::size_t k = 0; k < task.heavy.size(); ++k) {
        if (task.heavy[k] != 0 && task.carrier[k] == 0) {
          left += block.amount_mol_per_h[block.at(i, p, k)];
        }
      }
    }
    least_left = std::min(least_left, left);
    if (left > allowed) continue;
    const double cost = trials[i].flow * trials[i].acid * (1.0 + 0.03 * trials[i].stages);
    if (best == trials.size() || cost < best_cost) best = i, best_cost = cost;
  }
  if (best == trials.size()) {
    DesignReason r;
    r.code = "E-SEP-067";
    r.cut = task.name;
    r.light = cut.light_key;
    r.heavy = cut.heavy_key;
    r.separation_factor = cut.seed.separation_factor;
    r.quantity = "metal left in the stripped solvent";
    r.unit = "mol/h";
    r.needed = allowed;
    r.available = least_left;
    r.text = fmt::format(
        "{}: {} stages with {:.3g} mol/L acid leave {:.3g} mol/h of the heavy side in the solvent, "
        "{:.3g} may stay - raise limits.strip_stages or strip_acid_molar",
        task.name, t.limits.strip_stages, t.strip_acid_molar, least_left, allowed);
    reasons->push_back(r);
    return false;
  }
  bank.stages = trials[best].stages;
  bank.aqueous_in.flow_l_per_h = trials[best].flow;
  bank.aqueous_in.h_molar = trials[best].acid;
  bank.organic_from_previous = true;
  circuit.banks.push_back(bank);
  circuit.organic_loop_closed = true;
  circuit.regeneration.bleed_fraction = t.bleed_fraction;
  circuit.regeneration.saponified_fraction = cut.saponified_fraction;
  circuit.regeneration.saponified_species = t.saponified_species;
  cut.strip_stages = bank.stages;
  cut.strip_l_per_h = bank.aqueous_in.flow_l_per_h;
  cut.strip_acid_molar = bank.aqueous_in.h_molar;
  return true;
}

void judge_circuit(const CutTask& task, const CutKeys& keys, DesignedCut& cut) {
  double pair[2][2] = {};  // [light, heavy][raffinate, strip liquor]
  cut.light_up_mol_per_h = cut.heavy_down_mol_per_h = 0.0;
  for (std::size_t k = 0; k < task.heavy.size(); ++k) {
    if (task.carrier[k] != 0) continue;
    const double in = task.feed.flow_l_per_h * task.feed.molar[k];
    double down = 0.0, strip = 0.0;
    for (const Product& p : cut.result.products) {
      if (p.name == "raffinate") down += p.molar_flow_mol_per_h[k];
      if (p.name == "strip liquor") strip += p.molar_flow_mol_per_h[k];
    }
    if (k == keys.light) pair[0][0] = down, pair[0][1] = strip;
    if (k == keys.heavy) pair[1][0] = down, pair[1][1] = strip;
    // what leaves neither way (bleed) is lost by the side it belongs to
    if (task.heavy[k] != 0) {
      cut.heavy_down_mol_per_h += std::max(in - strip, down);
    } else {
      cut.light_up_mol_per_h += std::max(in - down, strip);
    }
  }
  cut.fenske_stages = (std::log(pair[1][1] / pair[0][1]) + std::log(pair[0][0] / pair[1][0])) /
                      std::log(cut.seed.separation_factor);
  cut.loading_max = 0.0;
  cut.phase_ratio_min = 1e300;
  cut.phase_ratio_max = 0.0;
  for (const BankResult& bank : cut.result.banks) {
    for (std::size_t i = 0; i < bank.ph.size(); ++i) {
      const double ratio = bank.organic_flow_l_per_h[i] / bank.aqueous_flow_l_per_h[i];
      cut.loading_max = std::max(cut.loading_max, bank.loading_fraction[i]);
      cut.phase_ratio_min = std::min(cut.phase_ratio_min, ratio);
      cut.phase_ratio_max = std::max(cut.phase_ratio_max, ratio);
    }
  }
}

}  // namespace gadolin::separation
