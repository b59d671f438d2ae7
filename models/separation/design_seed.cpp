#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "models/core/element.hpp"
#include "models/separation/design_search.hpp"
#include "models/separation/species_law.hpp"
#include "models/separation/xu.hpp"

/// What is known of a cut before anything is solved: order, deciding pair, Xu's numbers.
namespace gadolin::separation {

namespace {

/// ln H at which the sum of ln D of the species is zero.
double ln_h_where_balanced(const std::vector<SpeciesLaw>& laws, double x_free) {
  double low = -40.0, high = 5.0;
  for (int it = 0; it < 100; ++it) {
    const double mid = 0.5 * (low + high);
    double sum = 0.0;
    for (const SpeciesLaw& law : laws) sum += ln_distribution(law, std::log(x_free), mid, x_free);
    (sum > 0.0 ? low : high) = mid;
  }
  return 0.5 * (low + high);
}

}  // namespace

double separation_factor(const Circuit& chemistry, double extractant_molar, double loading_fraction,
                         std::size_t heavy, std::size_t light) {
  const double x = std::max(1.0 - loading_fraction, 0.01) * extractant_molar;
  const SpeciesLaw h = law_of(chemistry.species[heavy], chemistry.extractant);
  const SpeciesLaw l = law_of(chemistry.species[light], chemistry.extractant);
  const double eta = ln_h_where_balanced({h, l}, x);
  return std::exp(ln_distribution(h, std::log(x), eta, x) -
                  ln_distribution(l, std::log(x), eta, x));
}

std::vector<std::size_t> extraction_order(const DesignTargets& targets, const AqueousStream& feed) {
  const auto& chemistry = targets.chemistry;
  std::vector<std::size_t> order;
  std::vector<SpeciesLaw> rare_earth_laws;
  for (std::size_t k = 0; k < chemistry.species.size(); ++k) {
    if (chemistry.species[k].name == targets.saponified_species) continue;
    if (!(feed.molar[k] > 0.0)) continue;
    order.push_back(k);
    if (is_rare_earth(chemistry.species[k].name)) {
      rare_earth_laws.push_back(law_of(chemistry.species[k], chemistry.extractant));
    }
  }
  if (rare_earth_laws.empty()) return order;
  const double x = 0.3 * targets.extractant_molar;
  const double eta = ln_h_where_balanced(rare_earth_laws, x);
  std::vector<double> ln_d(chemistry.species.size(), 0.0);
  for (std::size_t k : order) {
    ln_d[k] =
        ln_distribution(law_of(chemistry.species[k], chemistry.extractant), std::log(x), eta, x);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return ln_d[a] < ln_d[b]; });
  return order;
}

CutKeys cut_keys(const CutTask& task) {
  const DesignTargets& targets = *task.targets;
  const auto order = extraction_order(targets, task.feed);
  std::vector<std::size_t> light, heavy;  // nearest to the cut first
  for (std::size_t k : order) {
    if (task.carrier[k] != 0) continue;
    if (task.heavy[k] != 0) heavy.push_back(k);
  }
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    if (task.carrier[*it] == 0 && task.heavy[*it] == 0) light.push_back(*it);
  }
  // An element of which less is there than half the limit may go where it likes.
  const auto pick = [&](const std::vector<std::size_t>& side, double limit) {
    double sum = 0.0;
    for (std::size_t k : side) {
      sum += task.feed.flow_l_per_h * task.feed.molar[k];
      if (sum > 0.5 * limit) return k;
    }
    return side.back();
  };
  CutKeys keys;
  keys.light = pick(light, task.light_up_limit_mol_per_h);
  keys.heavy = pick(heavy, task.heavy_down_limit_mol_per_h);
  keys.separation_factor =
      separation_factor(targets.chemistry, targets.extractant_molar,
                        2.0 * targets.saponified_fraction, keys.heavy, keys.light);
  return keys;
}

CutSeed seed_cut(const CutTask& task, const CutKeys& keys, std::vector<DesignReason>* reasons) {
  const DesignTargets& t = *task.targets;
  const auto& species = t.chemistry.species;
  const double light = amount_on_side(task, false), heavy = amount_on_side(task, true);
  const double up = std::min(task.light_up_limit_mol_per_h, 0.4 * light);
  const double down = std::min(task.heavy_down_limit_mol_per_h, 0.4 * heavy);
  CutSeed seed;
  seed.separation_factor = keys.separation_factor;
  seed.feed_fraction_heavy = heavy / (light + heavy);
  seed.purity_heavy = share(heavy - down, up);
  seed.purity_light = share(light - up, down);
  DesignReason reason;
  reason.cut = task.name;
  reason.light = species[keys.light].name;
  reason.heavy = species[keys.heavy].name;
  reason.separation_factor = keys.separation_factor;
  const std::string pair = reason.light + " | " + reason.heavy;
  if (!(keys.separation_factor > 1.02)) {
    reason.code = "E-SEP-062";
    reason.quantity = "separation factor";
    reason.unit = "1";
    reason.needed = 1.02;
    reason.available = keys.separation_factor;
    reason.best_purity_light = share(light, heavy);
    reason.best_purity_heavy = share(heavy, light);
    reason.text = fmt::format(
        "{}: {} separation factor of {} is {:.4g}; below 1.02 no cascade of reasonable size parts "
        "them - put both into one product or choose another extractant",
        task.name, pair, t.chemistry.extractant.name, keys.separation_factor);
    if (reasons != nullptr) reasons->push_back(reason);
    return seed;
  }
  const double beta = keys.separation_factor;
  const XuDesign xu =
      xu_design({beta, 0.0, seed.feed_fraction_heavy, seed.purity_heavy, seed.purity_light});
  const MinimumFlows least = minimum_flows(beta, seed.feed_fraction_heavy, FeedPhase::aqueous);
  seed.solvent = xu.solvent;
  seed.scrub = xu.scrub;
  seed.solvent_min = least.solvent;
  seed.scrub_min = least.scrub;
  seed.extraction_stages = xu.extraction_stages;
  seed.scrub_stages = xu.scrub_stages;
  seed.extraction_controls = xu.extraction_controls;
  // The pair alone, all other elements left aside, is a bound for every cascade.
  const double own_light = task.feed.flow_l_per_h * task.feed.molar[keys.light];
  const double own_heavy = task.feed.flow_l_per_h * task.feed.molar[keys.heavy];
  const auto ln_pair_ratio = [&](double times) {
    const double lost_up = std::min(times * up, 0.5 * own_light);
    const double lost_down = std::min(times * down, 0.5 * own_heavy);
    return std::log((own_heavy - lost_down) / lost_up) +
           std::log((own_light - lost_up) / lost_down);
  };
  seed.fenske_stages = std::max(ln_pair_ratio(1.0) / std::log(beta), 0.0);
  const int allowed = t.limits.extraction_stages + t.limits.scrub_stages;
  if (seed.fenske_stages > allowed) {
    double low = 0.0, high = std::log(1e12);  // ln of the factor both losses grow by
    for (int it = 0; it < 100; ++it) {
      const double mid = 0.5 * (low + high);
      (ln_pair_ratio(std::exp(mid)) > allowed * std::log(beta) ? low : high) = mid;
    }
    const double times = std::exp(high);
    reason.code = "E-SEP-063";
    reason.quantity = "stages at total reflux";
    reason.unit = "1";
    reason.needed = seed.fenske_stages;
    reason.available = allowed;
    reason.best_purity_light =
        share(light - std::min(times * up, 0.5 * light), std::min(times * down, 0.5 * heavy));
    reason.best_purity_heavy =
        share(heavy - std::min(times * down, 0.5 * heavy), std::min(times * up, 0.5 * light));
    reason.text = fmt::format(
        "{}: {} (separation factor {:.3f}) to {:.6g} % and {:.6g} % needs {:.1f} stages even at "
        "total reflux (Fenske), {} are allowed; with these at best {:.6g} % and {:.6g} % - raise "
        "limits.extraction_stages and scrub_stages or lower the purity",
        task.name, pair, beta, 100.0 * seed.purity_light, 100.0 * seed.purity_heavy,
        seed.fenske_stages, allowed, 100.0 * reason.best_purity_light,
        100.0 * reason.best_purity_heavy);
    if (reasons != nullptr) reasons->push_back(reason);
  }
  return seed;
}

}  // namespace gadolin::separation
