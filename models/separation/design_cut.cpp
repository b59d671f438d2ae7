#include "models/separation/design_cut.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "models/core/element.hpp"
#include "models/separation/batch.hpp"
#include "models/separation/design_strip.hpp"
#include "models/separation/simulate.hpp"
#include "models/separation/solve_banks.hpp"
#include "models/separation/species_law.hpp"
#include "models/separation/xu.hpp"

namespace gadolin::separation {

namespace {

constexpr double hopeless = 1e6;  // excess of a point that could not be solved

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

/// A bank of extraction and scrub, what it was given and what it lost.
struct Point {
  int extraction = 1, scrub = 1;
  double organic = 0.0;  ///< L/h
  double acid = 0.0;     ///< mol/h of the scrub
  double up = 0.0, down = 0.0, loading = 0.0;
  bool solved = false;

  int stages() const { return extraction + scrub; }
};

class CutSearch {
 public:
  CutSearch(const CutTask& task, const Engine& engine, double extractant_molar, double saponified)
      : task_(task), targets_(*task.targets), engine_(engine) {
    problem_.circuit = targets_.chemistry;
    problem_.circuit.name = task.name;
    problem_.circuit.banks = {bank(extractant_molar, saponified)};
    problem_.circuit.organic_loop_closed = false;
    problem_.variables = {{DesignQuantity::stages, 0, 0, -1},
                          {DesignQuantity::feed_stage, 0, 0, -1},
                          {DesignQuantity::organic_flow, 0, 0, -1},
                          {DesignQuantity::aqueous_flow, 0, 0, -1},
                          {DesignQuantity::aqueous_acid, 0, 0, -1}};
    const auto columns = design_products(problem_.circuit);
    for (std::size_t p = 0; p < columns.size(); ++p) {
      (columns[p].phase == "organic" || p > 0 ? above_ : below_).push_back(p);
    }
  }

  std::size_t solves() const { return solves_; }
  double up_limit = 0.0, down_limit = 0.0;

  double excess_up(const Point& p) const { return std::log(std::max(p.up, 1e-300) / up_limit); }
  double excess_down(const Point& p) const {
    return std::log(std::max(p.down, 1e-300) / down_limit);
  }
  /// Both losses against their limits, in ln; <= 0 is what is wanted once they are balanced.
  double excess(const Point& p) const {
    return p.solved ? 0.5 * (excess_up(p) + excess_down(p)) : hopeless;
  }
  double imbalance(const Point& p) const { return excess_down(p) - excess_up(p); }
  double worst(const Point& p) const {
    return p.solved ? std::max(excess_up(p), excess_down(p)) : hopeless;
  }

  double scrub_flow(const Point& p) const {
    return std::max(p.acid / targets_.scrub_acid_molar,
                    p.organic / (0.98 * targets_.limits.phase_ratio_max));
  }

  void solve(std::vector<Point*>& points) {
    std::vector<double> values;
    for (const Point* p : points) {
      const double flow = scrub_flow(*p);
      values.insert(values.end(),
                    {static_cast<double>(p->stages()), static_cast<double>(p->extraction),
                     p->organic, flow, p->acid / flow});
    }
    const DesignBlock block = solve_designs(problem_, values, engine_);
    solves_ += points.size();
    for (std::size_t i = 0; i < points.size(); ++i) {
      Point& p = *points[i];
      p.solved = block.status[i] == ItemStatus::ok;
      p.up = p.down = 0.0;
      if (!p.solved) continue;
      p.loading = block.loading_max[i];
      for (std::size_t k = 0; k < task_.heavy.size(); ++k) {
        if (task_.carrier[k] != 0) continue;
        const auto& from = task_.heavy[k] != 0 ? below_ : above_;
        double& lost = task_.heavy[k] != 0 ? p.down : p.up;
        for (std::size_t product : from) lost += block.amount_mol_per_h[block.at(i, product, k)];
      }
    }
  }

  /// Scrub acid of each point, so that both losses stand to their limits alike: more acid sends
  /// more of everything down. Bracketed false position in ln acid, all points in one batch.
  void balance(std::vector<Point>& points, double tolerance) {
    struct State {
      double u_low = 0.0, r_low = 0.0, u_high = 0.0, r_high = 0.0, step = 0.04, last_good = 0.0;
      bool has_low = false, has_high = false, has_good = false, done = false;
      int side = 0;
    };
    std::vector<State> states(points.size());
    for (int it = 0; it < 30; ++it) {
      std::vector<Point*> active;
      std::vector<std::size_t> index;
      for (std::size_t i = 0; i < points.size(); ++i) {
        if (states[i].done) continue;
        active.push_back(&points[i]);
        index.push_back(i);
      }
      if (active.empty()) return;
      solve(active);
      for (std::size_t a = 0; a < active.size(); ++a) {
        Point& p = *active[a];
        State& s = states[index[a]];
        const double u = std::log(p.acid);
        if (!p.solved) {
          if (!s.has_good || it > 20) {
            s.done = true;  // stays unsolved
          } else {
            p.acid = std::exp(0.5 * (u + s.last_good));
          }
          continue;
        }
        s.has_good = true;
        s.last_good = u;
        const double r = imbalance(p);
        if (std::fabs(r) <= tolerance) {
          s.done = true;
          continue;
        }
        if (r < 0.0) {
          if (s.side == -1) s.r_high *= 0.5;
          s.u_low = u, s.r_low = r, s.has_low = true, s.side = -1;
        } else {
          if (s.side == 1) s.r_low *= 0.5;
          s.u_high = u, s.r_high = r, s.has_high = true, s.side = 1;
        }
        double next;
        if (s.has_low && s.has_high) {
          if (std::fabs(s.u_high - s.u_low) < 1e-12) {
            s.done = true;
            continue;
          }
          next = s.u_low + (s.u_high - s.u_low) * s.r_low / (s.r_low - s.r_high);
        } else {
          next = u + (r < 0.0 ? s.step : -s.step);
          s.step *= 2.0;
          if (s.step > 12.0) {  // no acid balances it: the limits lie far apart from the feed
            s.done = true;
            continue;
          }
        }
        p.acid = std::exp(next);
      }
    }
  }

  const Circuit& circuit() const { return problem_.circuit; }

 private:
  Bank bank(double extractant_molar, double saponified) const {
    const auto& species = targets_.chemistry.species;
    Bank b;
    b.name = "extraction-scrub";
    b.raffinate_name = "raffinate";
    b.stages = 2;
    b.murphree_efficiency = targets_.murphree_efficiency;
    b.entrained_aqueous_fraction = targets_.entrained_aqueous_fraction;
    b.entrained_organic_fraction = targets_.entrained_organic_fraction;
    b.organic_in.flow_l_per_h = 1.0;
    b.organic_in.molar.assign(species.size(), 0.0);
    b.organic_in.free_dimer_molar = (1.0 - saponified) * extractant_molar;
    for (std::size_t k = 0; k < species.size(); ++k) {
      if (species[k].name == targets_.saponified_species) {
        b.organic_in.molar[k] = saponified * extractant_molar / species[k].dimers;
      }
    }
    StageFeed feed;
    feed.name = "feed";
    feed.stage = 1;
    feed.aqueous = task_.feed;
    b.feeds.push_back(feed);
    b.aqueous_in.flow_l_per_h = 1.0;
    b.aqueous_in.molar.assign(species.size(), 0.0);
    b.aqueous_in.h_molar = 1.0;
    return b;
  }

  const CutTask& task_;
  const DesignTargets& targets_;
  const Engine& engine_;
  DesignProblem problem_;
  std::vector<std::size_t> below_, above_;  ///< product columns of raffinate and of what goes up
  std::size_t solves_ = 0;
};

double amount_on_side(const CutTask& task, bool heavy) {
  double sum = 0.0;
  for (std::size_t k = 0; k < task.heavy.size(); ++k) {
    if (task.carrier[k] == 0 && (task.heavy[k] != 0) == heavy) {
      sum += task.feed.flow_l_per_h * task.feed.molar[k];
    }
  }
  return sum;
}

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

double cost_of(DesignObjective objective, const Point& p, double seed_solvent) {
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

/// Stage numbers at one solvent flow: added where they help most until both losses are within their
/// limits, then taken away again. Several flows are searched side by side, since the banks are
/// solved in batches.
struct Climb {
  Point at;
  double excess = hopeless, slope = 0.3;
  bool began = false, done = false, reached = false, trimming = false, full = false;
};

void climb(CutSearch& search, std::vector<Climb>& climbs, const DesignLimits& limits) {
  for (int round = 0; round < 60; ++round) {
    std::vector<Point> tries;
    struct Owner {
      std::size_t climb;
      int added;
    };
    std::vector<Owner> owners;
    const auto propose = [&](std::size_t i, int extraction, int scrub) {
      Point p = climbs[i].at;
      p.extraction += extraction;
      p.scrub += scrub;
      if (p.extraction < 1 || p.scrub < 1) return;
      if (p.extraction > limits.extraction_stages || p.scrub > limits.scrub_stages) return;
      tries.push_back(p);
      owners.push_back({i, extraction + scrub});
    };
    for (std::size_t i = 0; i < climbs.size(); ++i) {
      Climb& c = climbs[i];
      if (c.done) continue;
      if (!c.began) {
        propose(i, 0, 0);
      } else if (!c.trimming) {
        const int add = std::clamp(static_cast<int>(std::ceil(0.6 * c.excess / c.slope)), 1, 8);
        propose(i, std::min(add, std::max(1, limits.extraction_stages - c.at.extraction)), 0);
        propose(i, 0, std::min(add, std::max(1, limits.scrub_stages - c.at.scrub)));
      } else {
        const int cut = c.excess < -3.0 * c.slope ? 2 : 1;
        propose(i, -cut, 0);
        propose(i, 0, -cut);
        propose(i, 1, -2);
        propose(i, -2, 1);
      }
    }
    if (tries.empty()) break;
    search.balance(tries, 0.15);
    for (std::size_t i = 0; i < climbs.size(); ++i) {
      Climb& c = climbs[i];
      if (c.done) continue;
      int best = -1;
      bool any = false;
      for (std::size_t t = 0; t < tries.size(); ++t) {
        if (owners[t].climb != i) continue;
        any = true;
        const double e = search.excess(tries[t]);
        if (c.trimming && e > 0.0) continue;
        if (best < 0 || e < search.excess(tries[static_cast<std::size_t>(best)])) {
          best = static_cast<int>(t);
        }
      }
      if (!c.began) {
        c.began = true;
        if (best >= 0) {
          c.at = tries[static_cast<std::size_t>(best)];
          c.excess = search.excess(c.at);
        }
        if (c.excess >= hopeless) c.done = true;
        c.reached = c.trimming = c.excess <= 0.0;
        continue;
      }
      if (best < 0) {  // nothing left to add, or to take away
        c.done = true;
        c.full = !any && !c.trimming;
        continue;
      }
      const auto chosen = static_cast<std::size_t>(best);
      const double e = search.excess(tries[chosen]);
      const int added = owners[chosen].added;
      if (!c.trimming) {
        const double gain = (c.excess - e) / std::max(added, 1);
        if (gain < 0.01 && e > 0.0) {  // the pinch: stages no longer help
          c.done = true;
          if (e < c.excess) c.at = tries[chosen], c.excess = e;
          continue;
        }
        c.slope = std::max(gain, 0.02);
      }
      c.at = tries[chosen];
      c.excess = e;
      if (c.excess <= 0.0) c.reached = c.trimming = true;
    }
  }
}

double share(double part, double rest) { return part + rest > 0.0 ? part / (part + rest) : 0.0; }

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

  Point best;
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
        const Point& p = nearest->at;
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
    std::vector<Point> one = {best};
    search.balance(one, 0.01);
    double low = std::log(one[0].organic), e_low = search.excess(one[0]), high = low,
           e_high = e_low;
    Point good = one[0];
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
      best = Point{};
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
    if (attempt == 3) best = Point{};  // more stages after all
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
