#include <algorithm>
#include <cmath>

#include "models/core/error.hpp"
#include "models/separation/circuit_equations.hpp"
#include "models/separation/solve_banks.hpp"
#include "models/separation/species_law.hpp"
#include "models/separation/stage_chemistry.hpp"

/// Volumes, feeds and passages of a whole circuit.
namespace gadolin::separation {

namespace {

/// Main phase volumes leaving every stage, and what is entrained with the other phase.
struct Volumes {
  std::vector<double> organic, aqueous, entrained_up, entrained_down;
  std::vector<double> draw_organic, draw_aqueous;
  std::vector<double> organic_in;  ///< [stages] from outside or another bank
};

std::size_t bank_of(const Circuit& circuit, const std::string& name) {
  std::size_t b = 0;
  while (b + 1 < circuit.banks.size() && circuit.banks[b].name != name) ++b;
  return b;
}

bool from_loop(const Circuit& circuit, std::size_t b) {
  return b == 0 && circuit.organic_loop_closed;
}

Volumes solve_volumes(const Circuit& circuit, const std::vector<std::size_t>& first) {
  const std::size_t n = first.back();
  Volumes v;
  for (auto* field : {&v.organic, &v.aqueous, &v.entrained_up, &v.entrained_down, &v.draw_organic,
                      &v.draw_aqueous, &v.organic_in}) {
    field->assign(n, 0.0);
  }
  std::vector<double> fixed_a(n, 0.0), fixed_o(n, 0.0);
  for (std::size_t b = 0; b < circuit.banks.size(); ++b) {
    const Bank& bank = circuit.banks[b];
    if (bank.aqueous_in.flow_l_per_h > 0.0)
      fixed_a[first[b + 1] - 1] += bank.aqueous_in.flow_l_per_h;
    if (!bank.organic_from_previous && bank.organic_in.flow_l_per_h > 0.0) {
      fixed_o[first[b]] += bank.organic_in.flow_l_per_h;
    }
    for (const StageFeed& feed : bank.feeds) {
      const std::size_t i = first[b] + static_cast<std::size_t>(feed.stage) - 1;
      if (feed.aqueous.flow_l_per_h > 0.0) fixed_a[i] += feed.aqueous.flow_l_per_h;
      if (feed.organic.flow_l_per_h > 0.0) fixed_o[i] += feed.organic.flow_l_per_h;
    }
    for (const StageDraw& draw : bank.draws) {
      const std::size_t i = first[b] + static_cast<std::size_t>(draw.stage) - 1;
      v.draw_aqueous[i] += draw.aqueous_fraction;
      v.draw_organic[i] += draw.organic_fraction;
    }
  }
  for (int sweep = 0; sweep < 20000; ++sweep) {
    double change = 0.0;
    const auto moved = [&](double& slot, double value) {
      change = std::max(change, std::fabs(value - slot) / std::max(std::fabs(value), 1e-300));
      slot = value;
    };
    for (std::size_t b = 0; b < circuit.banks.size(); ++b) {
      const Bank& bank = circuit.banks[b];
      for (std::size_t i = first[b]; i < first[b + 1]; ++i) {
        const bool bottom = i == first[b];
        double below = 0.0;
        if (!bottom || bank.organic_from_previous) {
          below = (1.0 - v.draw_organic[i - 1]) * v.organic[i - 1];
        }
        v.organic_in[i] = fixed_o[i] + below;
        const double from_above = i + 1 < first[b + 1] ? v.entrained_down[i + 1] : 0.0;
        moved(v.organic[i], v.organic_in[i] + from_above - v.entrained_down[i]);
        v.entrained_up[i] =
            bank.entrained_aqueous_fraction * (1.0 - v.draw_organic[i]) * v.organic[i];
      }
    }
    for (std::size_t b = circuit.banks.size(); b-- > 0;) {
      const Bank& bank = circuit.banks[b];
      for (std::size_t i = first[b + 1]; i-- > first[b];) {
        double in = fixed_a[i];
        if (i + 1 < first[b + 1]) in += (1.0 - v.draw_aqueous[i + 1]) * v.aqueous[i + 1];
        if (i > first[b] || bank.organic_from_previous) in += v.entrained_up[i - 1];
        for (const AqueousReturn& r : circuit.returns) {
          if (r.to_bank != bank.name || first[b] + static_cast<std::size_t>(r.to_stage) - 1 != i) {
            continue;
          }
          const std::size_t from = first[bank_of(circuit, r.from_bank)];
          in += r.fraction * (1.0 - v.draw_aqueous[from]) * v.aqueous[from];
        }
        moved(v.aqueous[i], in - v.entrained_up[i]);
        v.entrained_down[i] =
            bank.entrained_organic_fraction * (1.0 - v.draw_aqueous[i]) * v.aqueous[i];
      }
    }
    if (change < 1e-15) break;
    if (!(change < 1e300) || sweep + 1 == 20000) {
      throw Error("E-SEP-070", "the volumes of circuit " + circuit.name + " find no balance",
                  circuit.source_file, "return less of a raffinate than all of it",
                  ExitCode::usage);
    }
  }
  return v;
}

}  // namespace

CircuitNetwork network_of(const Circuit& circuit) {
  CircuitNetwork net;
  const std::size_t c = circuit.species.size();
  net.species = c;
  net.first_stage.push_back(0);
  for (const Bank& bank : circuit.banks) {
    net.first_stage.push_back(net.first_stage.back() + static_cast<std::size_t>(bank.stages));
  }
  const auto& first = net.first_stage;
  const std::size_t n = net.stages = first.back();
  const Volumes v = solve_volumes(circuit, first);
  for (const Species& s : circuit.species) net.laws.push_back(law_of(s, circuit.extractant));
  net.acid.kw = circuit.ionic_product;
  net.acid.ka2 = std::pow(10.0, circuit.log10_ka_hso4);
  net.chemistry = StageChemistry(circuit.chemistry, circuit.species, net.acid.kw, net.acid.ka2);
  for (auto* field : {&net.feed_aqueous, &net.feed_organic, &net.pool, &net.bypass}) {
    field->assign(n * c, 0.0);
  }
  net.tracers_in.assign(n * StagePlaces::aqueous_tracers, 0.0);
  for (auto* field : {&net.extractant_in, &net.aqueous, &net.organic}) field->assign(n, 0.0);
  net.fed.assign(c, 0.0);
  const auto add_aqueous = [&](std::size_t i, const AqueousStream& s) {
    if (!(s.flow_l_per_h > 0.0)) return;
    double charge = s.h_molar;
    for (std::size_t k = 0; k < c; ++k) {
      net.feed_aqueous[i * c + k] += s.flow_l_per_h * s.molar[k];
      net.fed[k] += s.flow_l_per_h * s.molar[k];
      charge += circuit.species[k].protons * s.molar[k];
    }
    const double tracers[] = {charge, s.sulfate_molar, s.salt_molar, s.fluoride_molar};
    for (std::size_t m = 0; m < StagePlaces::aqueous_tracers; ++m) {
      net.tracers_in[i * StagePlaces::aqueous_tracers + m] += s.flow_l_per_h * tracers[m];
    }
  };
  const auto add_organic = [&](std::size_t i, const OrganicStream& s) {
    if (!(s.flow_l_per_h > 0.0)) return;
    for (std::size_t k = 0; k < c; ++k) {
      net.feed_organic[i * c + k] += s.flow_l_per_h * s.molar[k];
      net.fed[k] += s.flow_l_per_h * s.molar[k];
    }
    net.extractant_in[i] += s.flow_l_per_h * total_extractant_molar(s, circuit.species);
  };
  const auto product = [&](const std::string& name, std::size_t b, const char* phase) {
    net.products.push_back(name);
    net.product_banks.push_back(circuit.banks[b].name);
    net.product_phases.push_back(phase);
    return net.products.size() - 1;
  };
  for (std::size_t b = 0; b < circuit.banks.size(); ++b) {
    const Bank& bank = circuit.banks[b];
    add_aqueous(first[b + 1] - 1, bank.aqueous_in);
    if (!bank.organic_from_previous && !from_loop(circuit, b))
      add_organic(first[b], bank.organic_in);
    for (const StageFeed& feed : bank.feeds) {
      const std::size_t i = first[b] + static_cast<std::size_t>(feed.stage) - 1;
      add_aqueous(i, feed.aqueous);
      add_organic(i, feed.organic);
    }
    for (std::size_t i = first[b]; i < first[b + 1]; ++i) {
      net.aqueous[i] = v.aqueous[i] + v.entrained_up[i];
      net.organic[i] = v.organic[i] + v.entrained_down[i];
      const double down = (1.0 - v.draw_aqueous[i]) * v.aqueous[i];
      const double up = (1.0 - v.draw_organic[i]) * v.organic[i];
      for (std::size_t k = 0; k < c; ++k) {
        net.bypass[i * c + k] = 1.0 - species_efficiency(circuit.species[k], bank);
        net.pool[i * c + k] = net.organic[i] - net.bypass[i * c + k] * v.organic_in[i];
      }
      if (i > first[b]) {
        net.aqueous_passages.push_back({i, i - 1, down, false, false});
        net.organic_passages.push_back({i, i - 1, v.entrained_down[i], false, false});
      }
      if (i + 1 < first[b + 1]) {
        net.organic_passages.push_back({i, i + 1, up, true, false});
        net.aqueous_passages.push_back({i, i + 1, v.entrained_up[i], false, false});
      }
    }
    const std::size_t low = first[b], high = first[b + 1] - 1;
    const double raffinate = (1.0 - v.draw_aqueous[low]) * v.aqueous[low];
    double returned = 0.0;
    for (const AqueousReturn& r : circuit.returns) {
      if (r.from_bank != bank.name) continue;
      returned += r.fraction;
      const std::size_t to =
          first[bank_of(circuit, r.to_bank)] + static_cast<std::size_t>(r.to_stage) - 1;
      net.aqueous_passages.push_back({low, to, r.fraction * raffinate, false, false});
    }
    const std::size_t p = product(
        bank.raffinate_name.empty() ? bank.name + " raffinate" : bank.raffinate_name, b, "aqueous");
    net.outlets.push_back({low, false, (1.0 - returned) * raffinate, p, true});
    if (v.entrained_down[low] > 0.0) {
      net.outlets.push_back({low, true, v.entrained_down[low], p, false});
    }
    for (const StageDraw& draw : bank.draws) {
      const std::size_t i = low + static_cast<std::size_t>(draw.stage) - 1;
      const std::string name =
          draw.name.empty() ? bank.name + " draw " + std::to_string(draw.stage) : draw.name;
      if (draw.aqueous_fraction > 0.0) {
        net.outlets.push_back(
            {i, false, draw.aqueous_fraction * v.aqueous[i], product(name, b, "aqueous"), true});
      }
      if (draw.organic_fraction > 0.0) {
        net.outlets.push_back(
            {i, true, draw.organic_fraction * v.organic[i], product(name, b, "organic"), true});
      }
    }
    const double up = (1.0 - v.draw_organic[high]) * v.organic[high];
    if (b + 1 < circuit.banks.size() && circuit.banks[b + 1].organic_from_previous) {
      net.organic_passages.push_back({high, high + 1, up, true, false});
      net.aqueous_passages.push_back({high, high + 1, v.entrained_up[high], false, false});
      continue;
    }
    const bool recycled = b + 1 == circuit.banks.size() && circuit.organic_loop_closed;
    const double leaving = up * (recycled ? circuit.regeneration.bleed_fraction : 1.0);
    if (leaving > 0.0) {
      net.outlets.push_back(
          {high, true, leaving,
           product(recycled ? "solvent bleed" : bank.name + " extract", b, "organic"), true});
    }
    if (recycled) {
      net.organic_passages.push_back({high, 0, up - leaving, true, true});
      const OrganicStream& design = circuit.banks.front().organic_in;
      const double total = total_extractant_molar(design, circuit.species);
      const double make_up = design.flow_l_per_h - (up - leaving);
      net.extractant_in[0] += make_up * total;
      const Regeneration& g = circuit.regeneration;
      for (std::size_t k = 0; k < c; ++k) {
        const Species& s = circuit.species[k];
        if (s.name != g.saponified_species || !(s.dimers > 0.0)) continue;
        net.saponified = static_cast<int>(k);
        net.saponified_per_extractant = g.saponified_fraction / s.dimers;
        net.feed_organic[k] += net.saponified_per_extractant * make_up * total;
        net.saponified_molar = net.saponified_per_extractant * total;
      }
    }
    if (v.entrained_up[high] > 0.0) {
      net.outlets.push_back({high, false, v.entrained_up[high],
                             product(bank.name + " entrained aqueous", b, "aqueous"), true});
    }
  }
  return net;
}

}  // namespace gadolin::separation
