#include "models/separation/design_search.hpp"

namespace gadolin::separation {

CutSearch::CutSearch(const CutTask& task, const Engine& engine, double extractant_molar,
                     double saponified)
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

void CutSearch::solve(std::vector<CutPoint*>& points) {
  std::vector<double> values;
  for (const CutPoint* p : points) {
    const double flow = scrub_flow(*p);
    values.insert(values.end(),
                  {static_cast<double>(p->stages()), static_cast<double>(p->extraction), p->organic,
                   flow, p->acid / flow});
  }
  const DesignBlock block = solve_designs(problem_, values, engine_);
  solves_ += points.size();
  for (std::size_t i = 0; i < points.size(); ++i) {
    CutPoint& p = *points[i];
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

void CutSearch::balance(std::vector<CutPoint>& points, double tolerance) {
  struct State {
    double u_low = 0.0, r_low = 0.0, u_high = 0.0, r_high = 0.0, step = 0.04, last_good = 0.0;
    bool has_low = false, has_high = false, has_good = false, done = false;
    int side = 0;
  };
  std::vector<State> states(points.size());
  for (int it = 0; it < 30; ++it) {
    std::vector<CutPoint*> active;
    std::vector<std::size_t> index;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (states[i].done) continue;
      active.push_back(&points[i]);
      index.push_back(i);
    }
    if (active.empty()) return;
    solve(active);
    for (std::size_t a = 0; a < active.size(); ++a) {
      CutPoint& p = *active[a];
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

Bank CutSearch::bank(double extractant_molar, double saponified) const {
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

void climb(CutSearch& search, std::vector<Climb>& climbs, const DesignLimits& limits) {
  for (int round = 0; round < 60; ++round) {
    std::vector<CutPoint> tries;
    struct Owner {
      std::size_t climb;
      int added;
    };
    std::vector<Owner> owners;
    const auto propose = [&](std::size_t i, int extraction, int scrub) {
      CutPoint p = climbs[i].at;
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

double amount_on_side(const CutTask& task, bool heavy) {
  double sum = 0.0;
  for (std::size_t k = 0; k < task.heavy.size(); ++k) {
    if (task.carrier[k] == 0 && (task.heavy[k] != 0) == heavy) {
      sum += task.feed.flow_l_per_h * task.feed.molar[k];
    }
  }
  return sum;
}

}  // namespace gadolin::separation
