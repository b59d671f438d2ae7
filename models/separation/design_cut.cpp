#include "models/separation/design_cut.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "models/separation/design_search.hpp"
#include "models/separation/design_strip.hpp"
#include "models/separation/simulate.hpp"

namespace gadolin::separation {

namespace {

const Species* saponifier(const DesignTargets& t) {
  for (const Species& s : t.chemistry.species) {
    if (s.name == t.saponified_species) return &s;
  }
  throw Error("E-SEP-061", "no species \"" + t.saponified_species + "\" to saponify with",
              t.source_file, "add it to the species, or name another with saponified_species",
              ExitCode::usage);
}

/// Rare earth a litre of saponified solvent takes up [mol/L].
double carried_molar(const DesignTargets& t, double extractant_molar, double saponified) {
  const Species* s = saponifier(t);
  return saponified * extractant_molar * s->protons / (3.0 * s->dimers);
}

double cost_of(DesignObjective objective, const CutPoint& p, double seed_solvent) {
  const double stages = p.stages(), flow = p.organic / seed_solvent;
  switch (objective) {
    case DesignObjective::stages:
      return stages * (1.0 + 0.01 * flow);
    case DesignObjective::solvent:
      return flow * (1.0 + 0.001 * stages);
    default:
      return stages * flow;
  }
}

}  // namespace

bool design_cut(const CutTask& task, const Engine& engine, DesignedCut& cut,
                std::vector<DesignReason>* reasons) {
  const DesignTargets& t = *task.targets;
  const auto& species = t.chemistry.species;
  const double light = amount_on_side(task, false), heavy = amount_on_side(task, true);
  const double total = light + heavy;
  cut.name = task.name;
  cut.feed_mol_per_h.clear();
  cut.light.clear();
  cut.heavy.clear();
  for (std::size_t k = 0; k < species.size(); ++k) {
    cut.feed_mol_per_h.push_back(task.feed.flow_l_per_h * task.feed.molar[k]);
    if (task.carrier[k] == 0 && task.feed.molar[k] > 0.0) {
      (task.heavy[k] != 0 ? cut.heavy : cut.light).push_back(species[k].name);
    }
  }
  const CutKeys keys = cut_keys(task);
  cut.light_key = species[keys.light].name;
  cut.heavy_key = species[keys.heavy].name;
  const std::size_t reasons_before = reasons->size();
  cut.seed = seed_cut(task, keys, reasons);
  if (reasons->size() > reasons_before) return false;
  cut.light_up_limit = std::min(task.light_up_limit_mol_per_h, 0.4 * light);
  cut.heavy_down_limit = std::min(task.heavy_down_limit_mol_per_h, 0.4 * heavy);

  // Solvent strength: O/A of the extraction section not below its limit.
  double extractant = t.extractant_molar, saponified = t.saponified_fraction;
  const double seed_acid = 3.0 * cut.seed.scrub * total;
  {
    const double flow = cut.seed.solvent * total / carried_molar(t, extractant, saponified);
    const double aqueous = task.feed.flow_l_per_h + seed_acid / t.scrub_acid_molar;
    const double weak = flow / (1.3 * t.limits.phase_ratio_min * aqueous);
    if (weak < 1.0) extractant = std::max(extractant * weak, 0.02 * extractant);
  }

  CutPoint best;
  double carried = 0.0;
  std::vector<Climb> climbs;
  double tighten = 1.0;
  for (int attempt = 0; attempt < 6; ++attempt) {
    CutSearch search(task, engine, extractant, saponified);
    search.up_limit = tighten * cut.light_up_limit;
    search.down_limit = tighten * cut.heavy_down_limit;
    carried = carried_molar(t, extractant, saponified);
    const double seed_flow = cut.seed.solvent * total / carried;
    const double most = t.limits.solvent_l_per_h > 0.0 ? t.limits.solvent_l_per_h : 1e300;
    bool found = best.solved;
    if (!found) {
      climbs.clear();
      for (double factor : {0.6, 0.85, 1.2, 1.8}) {
        Climb c;
        c.at.organic = std::min(factor * seed_flow, most);
        const auto start = [](double stages, int limit) {
          return std::clamp(static_cast<int>(std::ceil(1.1 * stages)), 1, limit);
        };
        c.at.extraction = start(cut.seed.extraction_stages, t.limits.extraction_stages);
        c.at.scrub = start(cut.seed.scrub_stages, t.limits.scrub_stages);
        const double product = cut.seed.solvent - cut.seed.scrub;
        c.at.acid =
            3.0 * std::max(c.at.organic * carried - product * total, 0.05 * product * total);
        climbs.push_back(c);
        if (c.at.organic >= most) break;
      }
      climb(search, climbs, t.limits);
      double best_cost = 0.0;
      for (const Climb& c : climbs) {
        if (!c.reached) continue;
        const double cost = cost_of(t.objective, c.at, seed_flow);
        if (!found || cost < best_cost) best = c.at, best_cost = cost, found = true;
      }
      if (!found) {
        cut.solves += search.solves();
        const Climb* nearest = &climbs.front();
        for (const Climb& c : climbs) {
          if (c.excess < nearest->excess) nearest = &c;
        }
        DesignReason r;
        r.cut = task.name;
        r.light = cut.light_key;
        r.heavy = cut.heavy_key;
        r.separation_factor = cut.seed.separation_factor;
        const CutPoint& p = nearest->at;
        if (p.solved) {
          r.best_purity_light = share(light - p.up, p.down);
          r.best_purity_heavy = share(heavy - p.down, p.up);
        }
        const double least_flow = cut.seed.solvent_min * total / carried;
        const std::string best_text = fmt::format(
            "best found: {} + {} stages, {:.5g} L/h solvent, {:.6g} % and {:.6g} %, losses {:.3g} "
            "times what is allowed",
            p.extraction, p.scrub, p.organic, 100.0 * r.best_purity_light,
            100.0 * r.best_purity_heavy, std::exp(std::min(nearest->excess, 700.0)));
        if (nearest->excess >= hopeless) {
          r.code = "E-SEP-066";
          r.quantity = "converged banks";
          r.unit = "1";
          r.text = task.name + ": none of the trial banks could be solved - look at feed and acids";
        } else if (most < 1e300 && most < 1.3 * least_flow) {
          r.code = "E-SEP-064";
          r.quantity = "solvent flow";
          r.unit = "L/h";
          r.needed = least_flow;
          r.available = most;
          r.text = fmt::format(
              "{}: {} | {} (separation factor {:.3f}) lies beyond the pinch: lumped into two "
              "components "
              "it needs {:.5g} L/h of solvent with any number of stages, {:.5g} are allowed; {} - "
              "raise "
              "limits.solvent_l_per_h or the extractant",
              task.name, r.light, r.heavy, r.separation_factor, least_flow, most, best_text);
        } else {
          r.code = "E-SEP-065";
          r.quantity = "stages";
          r.unit = "1";
          r.available = t.limits.extraction_stages + t.limits.scrub_stages;
          // ln of what is missing over what a stage still gains
          r.needed = p.stages() + std::ceil(nearest->excess / std::max(nearest->slope, 0.01));
          r.text = fmt::format(
              "{}: {} | {} (separation factor {:.3f}) is not parted within {} + {} stages; {}; "
              "about {:.0f} stages would do - raise limits.extraction_stages and scrub_stages, or "
              "lower the target",
              task.name, r.light, r.heavy, r.separation_factor, t.limits.extraction_stages,
              t.limits.scrub_stages, best_text, r.needed);
        }
        reasons->push_back(r);
        return false;
      }
    }
    // The least solvent at these stages, both losses just within their limits.
    std::vector<CutPoint> one = {best};
    search.balance(one, 0.01);
    double low = std::log(one[0].organic), e_low = search.excess(one[0]), high = low,
           e_high = e_low;
    CutPoint good = one[0];
    bool has_good = e_low <= 0.0;
    for (int it = 0; it < 14; ++it) {
      double next;
      if (!has_good) {
        next = high + 0.04;
      } else if (e_low <= 0.0) {
        next = low - 0.04;
        if (it > 6) break;
      } else {
        next = low + (high - low) * std::clamp((e_low + 0.01) / (e_low - e_high), 0.1, 0.95);
      }
      one[0] = good;
      one[0].organic = std::min(std::exp(next), most);
      one[0].acid = good.acid * one[0].organic / good.organic;
      search.balance(one, 0.01);
      const double e = search.excess(one[0]);
      if (e <= 0.0) {
        high = next, e_high = e;
        good = one[0];
        has_good = true;
        if (e > -0.02) break;
        if (e_low <= 0.0) low = next, e_low = e;
      } else {
        if (!has_good) good = one[0], high = next, e_high = e;
        low = next, e_low = e;
      }
      if (has_good && e_low > 0.0 && high - low < 0.002) break;
    }
    cut.solves += search.solves();
    best = good;
    if (best.loading > t.chemistry.extractant.gel_fraction && saponified > 0.05) {
      saponified *= 0.97 * t.chemistry.extractant.gel_fraction / best.loading;
      best = CutPoint{};
      continue;
    }
    cut.extraction_stages = best.extraction;
    cut.scrub_stages = best.scrub;
    cut.solvent_l_per_h = best.organic;
    cut.scrub_l_per_h = search.scrub_flow(best);
    cut.scrub_acid_molar = best.acid / cut.scrub_l_per_h;
    cut.extractant_molar = extractant;
    cut.saponified_fraction = saponified;
    cut.circuit = search.circuit();
    Bank& bank = cut.circuit.banks.front();
    bank.stages = best.stages();
    bank.feeds.front().stage = best.extraction;
    bank.organic_in.flow_l_per_h = best.organic;
    bank.aqueous_in.flow_l_per_h = cut.scrub_l_per_h;
    bank.aqueous_in.h_molar = cut.scrub_acid_molar;
    if (!design_strip(task, engine, cut, reasons)) return false;
    // The closed circuit: what the strip leaves behind comes round.
    cut.result = simulate({cut.circuit}, engine).front();
    ++cut.solves;
    if (cut.result.status != ItemStatus::ok) {
      DesignReason r;
      r.code = "E-SEP-066";
      r.cut = task.name;
      r.light = cut.light_key;
      r.heavy = cut.heavy_key;
      r.separation_factor = cut.seed.separation_factor;
      r.quantity = "converged circuits";
      r.unit = "1";
      r.text = task.name + ": the closed circuit did not converge: " + cut.result.status_text;
      reasons->push_back(r);
      return false;
    }
    judge_circuit(task, keys, cut);
    const double over = std::max(cut.light_up_mol_per_h / cut.light_up_limit,
                                 cut.heavy_down_mol_per_h / cut.heavy_down_limit);
    if (over <= 1.0) return true;
    tighten *= 0.97 / over;
    if (attempt == 3) best = CutPoint{};  // more stages after all
  }
  DesignReason r;
  r.code = "E-SEP-065";
  r.cut = task.name;
  r.light = cut.light_key;
  r.heavy = cut.heavy_key;
  r.separation_factor = cut.seed.separation_factor;
  r.quantity = "loss over limit";
  r.unit = "1";
  r.needed = 1.0;
  r.available = std::max(cut.light_up_mol_per_h / cut.light_up_limit,
                         cut.heavy_down_mol_per_h / cut.heavy_down_limit);
  r.text =
      fmt::format("{}: the closed loop loses {:.3g} times what is allowed", task.name, r.available);
  reasons->push_back(r);
  return false;
}

}  // namespace gadolin::separation