#include "models/separation/design.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "models/core/element.hpp"
#include "models/separation/design_cut.hpp"
#include "models/separation/solve_banks.hpp"

namespace gadolin::separation {

namespace {

/// g of oxide per mole of element, as purities are stated; the element where it has no oxide.
double oxide_g_per_mol(const Species& species) {
  const std::string oxide = default_oxide(species.name);
  if (oxide.empty() || !atomic_number(species.name)) return species.molar_mass_g_per_mol;
  return atomic_weight_g_per_mol(species.name) * element_to_oxide_factor(species.name, oxide);
}

/// Groups of the targets in order of extraction, what they hold and what each cut may lose.
struct Plan {
  const DesignTargets* targets = nullptr;
  std::vector<std::size_t> order;     ///< species
  std::vector<int> product_of_group;  ///< index in targets.products
  std::vector<int> group_of_species;  ///< [species], -1 carrier or absent
  std::vector<char> carrier;
  std::vector<double> amount;                      ///< [groups] mol/h
  std::vector<double> mass;                        ///< [groups] g/h of oxides
  std::vector<double> feed;                        ///< [species] mol/h
  std::vector<double> beta;                        ///< [groups - 1] between neighbours
  std::vector<double> up, down;                    ///< [groups - 1] limits, mol/h
  std::vector<double> impurity_share, loss_share;  ///< [groups] of the budget, shrinks on failure
  bool counts(std::size_t k) const {
    return targets->purity_basis == PurityBasis::metals ||
           is_rare_earth(targets->chemistry.species[k].name);
  }
  int groups() const { return static_cast<int>(amount.size()); }
};

[[noreturn]] void refuse(const DesignTargets& t, const char* code, const std::string& what,
                         const std::string& remedy) {
  throw Error(code, what, t.source_file.empty() ? t.name : t.source_file, remedy, ExitCode::usage);
}

Plan make_plan(const DesignTargets& t) {
  Plan plan;
  plan.targets = &t;
  const auto& species = t.chemistry.species;
  const std::size_t c = species.size();
  plan.order = extraction_order(t, t.feed);
  plan.group_of_species.assign(c, -1);
  plan.carrier.assign(c, 0);
  std::vector<std::string> names;
  for (std::size_t k = 0; k < c; ++k) {
    names.push_back(species[k].name);
    if (species[k].name == t.saponified_species) plan.carrier[k] = 1;
    plan.feed.push_back(t.feed.flow_l_per_h * t.feed.molar[k]);
  }
  if (!(t.feed.flow_l_per_h > 0.0) || plan.order.empty()) {
    refuse(t, "E-SEP-061", "the feed holds nothing to separate", "give its flow and contents");
  }
  std::vector<int> product_of(c, -1);
  for (std::size_t p = 0; p < t.products.size(); ++p) {
    const ProductTarget& product = t.products[p];
    for (std::size_t q = 0; q < p; ++q) {
      if (t.products[q].name != product.name) continue;
      refuse(t, "E-SEP-061", "two products are called " + product.name, "rename one");
    }
    const bool sane = product.purity_fraction >= 0.0 && product.purity_fraction < 1.0 &&
                      product.recovery_fraction >= 0.0 && product.recovery_fraction < 1.0;
    if (!sane) {
      refuse(t, "E-SEP-068",
             fmt::format("product {}: purity {} and recovery {} must lie from 0 to below 1",
                         product.name, product.purity_fraction, product.recovery_fraction),
             "0 asks for nothing; 1 cannot be reached");
    }
    for (const std::string& element : product.elements) {
      const auto found = std::find(names.begin(), names.end(), element);
      if (found == names.end()) {
        const std::string near = nearest_word(element, names);
        refuse(t, "E-SEP-061", "product " + product.name + " names the unknown element " + element,
               near.empty() ? "add a [[species]] table for it" : "did you mean " + near + "?");
      }
      const auto k = static_cast<std::size_t>(found - names.begin());
      if (product_of[k] >= 0) {
        refuse(t, "E-SEP-061", "element " + element + " stands in two products",
               "name each element once");
      }
      product_of[k] = static_cast<int>(p);
    }
  }
  for (std::size_t k : plan.order) {
    if (product_of[k] < 0) {
      refuse(t, "E-SEP-061", "element " + names[k] + " of the feed belongs to no product",
             "add it to the elements of a [[product]], of impurities for instance");
    }
    if (plan.product_of_group.empty() || plan.product_of_group.back() != product_of[k]) {
      for (int earlier : plan.product_of_group) {
        if (earlier != product_of[k]) continue;
        std::string order;
        for (std::size_t j : plan.order) order += (order.empty() ? "" : " < ") + names[j];
        refuse(t, "E-SEP-061",
               "the elements of product " + t.products[static_cast<std::size_t>(earlier)].name +
                   " are no neighbours in the order of extraction (" + order + ")",
               "put only neighbours into one product");
      }
      plan.product_of_group.push_back(product_of[k]);
      plan.amount.push_back(0.0);
      plan.mass.push_back(0.0);
    }
    plan.group_of_species[k] = plan.groups() - 1;
    plan.amount.back() += plan.feed[k];
    if (plan.counts(k)) plan.mass.back() += plan.feed[k] * oxide_g_per_mol(species[k]);
  }
  if (plan.groups() < 2) {
    refuse(t, "E-SEP-061", "all elements of the feed go into one product: nothing to separate",
           "give at least two products");
  }
  for (int g = 0; g + 1 < plan.groups(); ++g) {
    std::size_t light = 0, heavy = 0;
    for (std::size_t k : plan.order) {
      if (plan.group_of_species[k] == g) light = k;
    }
    for (auto it = plan.order.rbegin(); it != plan.order.rend(); ++it) {
      if (plan.group_of_species[*it] == g + 1) heavy = *it;
    }
    plan.beta.push_back(std::max(separation_factor(t.chemistry, t.extractant_molar,
                                                   2.0 * t.saponified_fraction, heavy, light),
                                 1.0 + 1e-9));
  }
  plan.impurity_share.assign(plan.amount.size(), 0.97);
  plan.loss_share.assign(plan.amount.size(), 0.97);
  return plan;
}

/// What may go wrong at each cut. A group's budgets are dealt out to its cuts by 1/ln beta, which
/// needs the fewest stages in all: a cut's stages grow by 1/ln beta for each factor e of its share.
void deal_limits(Plan& plan) {
  const DesignTargets& t = *plan.targets;
  const auto& species = t.chemistry.species;
  const int groups = plan.groups();
  const auto weight = [&](int cut) {
    return cut < 0 || cut + 1 >= groups ? 0.0
                                        : 1.0 / std::log(plan.beta[static_cast<std::size_t>(cut)]);
  };
  const auto share = [&](int group, int cut) {
    return weight(cut) / (weight(group - 1) + weight(group));
  };
  // g of foreign oxide a group may take, mol of its own it may lose; negative = any amount
  const auto impurity = [&](int group) {
    const auto& target = t.products[static_cast<std::size_t>(
        plan.product_of_group[static_cast<std::size_t>(group)])];
    const auto g = static_cast<std::size_t>(group);
    if (!(target.purity_fraction > 0.0)) return -1.0;
    const double kept = target.recovery_fraction > 0.0 ? target.recovery_fraction : 0.98;
    return plan.impurity_share[g] * plan.mass[g] * kept * (1.0 - target.purity_fraction) /
           target.purity_fraction;
  };
  const auto loss = [&](int group) {
    const auto& target = t.products[static_cast<std::size_t>(
        plan.product_of_group[static_cast<std::size_t>(group)])];
    const auto g = static_cast<std::size_t>(group);
    if (!(target.recovery_fraction > 0.0)) return -1.0;
    return plan.loss_share[g] * plan.amount[g] * (1.0 - target.recovery_fraction);
  };
  // heaviest oxide of a group, so that moles dealt out never weigh more than allowed
  const auto oxide = [&](int group) {
    double most = 0.0;
    for (std::size_t k : plan.order) {
      if (plan.group_of_species[k] == group && plan.counts(k)) {
        most = std::max(most, oxide_g_per_mol(species[k]));
      }
    }
    return most;
  };
  plan.up.clear();
  plan.down.clear();
  for (int cut = 0; cut + 1 < groups; ++cut) {
    const auto limit = [&](int from, int to) {
      double best = 0.05 * plan.amount[static_cast<std::size_t>(from)];
      const double dirt = impurity(to), lost = loss(from), weighs = oxide(from);
      if (dirt >= 0.0 && weighs > 0.0) best = std::min(best, share(to, cut) * dirt / weighs);
      if (lost >= 0.0) best = std::min(best, share(from, cut) * lost);
      return best;
    };
    plan.up.push_back(limit(cut, cut + 1));
    plan.down.push_back(limit(cut + 1, cut));
  }
}

std::string name_of(const Plan& plan, int first, int last) {
  std::string text;
  for (int g = first; g <= last; ++g) {
    const auto product =
        static_cast<std::size_t>(plan.product_of_group[static_cast<std::size_t>(g)]);
    text += (text.empty() ? "" : "+") + plan.targets->products[product].name;
  }
  return text;
}

CutTask make_task(const Plan& plan, int first, int last, int cut, int number,
                  const AqueousStream& feed) {
  CutTask task;
  task.targets = plan.targets;
  task.name = fmt::format("cut {}: {} | {}", number, name_of(plan, first, cut),
                          name_of(plan, cut + 1, last));
  task.feed = feed;
  task.carrier = plan.carrier;
  for (std::size_t k = 0; k < plan.feed.size(); ++k) {
    task.heavy.push_back(plan.group_of_species[k] > cut ? 1 : 0);
    if (plan.group_of_species[k] < 0) task.carrier[k] = 1;
  }
  task.light_up_limit_mol_per_h = plan.up[static_cast<std::size_t>(cut)];
  task.heavy_down_limit_mol_per_h = plan.down[static_cast<std::size_t>(cut)];
  return task;
}

/// The stream of groups first..last as if earlier cuts were perfect.
AqueousStream ideal_stream(const Plan& plan, int first, int last) {
  AqueousStream s = plan.targets->feed;
  for (std::size_t k = 0; k < s.molar.size(); ++k) {
    const int g = plan.group_of_species[k];
    if (g >= 0 && (g < first || g > last)) s.molar[k] = 0.0;
  }
  return s;
}

double price_of_cut(const void* context, int first, int last, int cut) {
  const Plan& plan = *static_cast<const Plan*>(context);
  const CutTask task = make_task(plan, first, last, cut, 0, ideal_stream(plan, first, last));
  const CutKeys keys = cut_keys(task);
  if (!(keys.separation_factor > 1.02)) return 1e12;
  const CutSeed seed = seed_cut(task, keys, nullptr);
  double total = 0.0;
  for (int g = first; g <= last; ++g) total += plan.amount[static_cast<std::size_t>(g)];
  const double stages = seed.extraction_stages + seed.scrub_stages;
  switch (plan.targets->objective) {
    case DesignObjective::stages:
      return stages;
    case DesignObjective::solvent:
      return seed.solvent * total;
    default:
      return stages * seed.solvent * total;
  }
}

std::string order_text(const Plan& plan, const CutTree& tree, int first, int last) {
  if (first == last) return name_of(plan, first, first);
  for (std::size_t i = 0; i < tree.cut.size(); ++i) {
    if (tree.first[i] != first || tree.last[i] != last) continue;
    return "(" + order_text(plan, tree, first, tree.cut[i]) + " | " +
           order_text(plan, tree, tree.cut[i] + 1, last) + ")";
  }
  return "?";
}

/// Base until the acid is what the next circuit takes; nothing is done to a liquor weaker than
/// that.
void prepare(const DesignTargets& t, DesignOutlet& outlet) {
  outlet.next = outlet.liquor;
  outlet.base_mol_per_h = 0.0;
  const double surplus = outlet.liquor.h_molar - t.liquor_acid_molar;
  if (!(surplus > 0.0)) return;
  const double volume = outlet.liquor.flow_l_per_h * surplus / (t.base_molar + t.liquor_acid_molar);
  outlet.base_mol_per_h = volume * t.base_molar;
  AqueousStream& next = outlet.next;
  next.flow_l_per_h += volume;
  const double dilution = outlet.liquor.flow_l_per_h / next.flow_l_per_h;
  for (double& m : next.molar) m *= dilution;
  next.sulfate_molar *= dilution;
  next.h_molar = t.liquor_acid_molar;
  for (std::size_t k = 0; k < next.molar.size(); ++k) {
    if (t.chemistry.species[k].name == t.saponified_species) {
      next.molar[k] += outlet.base_mol_per_h / t.chemistry.species[k].protons / next.flow_l_per_h;
    }
  }
}

DesignedProduct judge_product(const Plan& plan, int group, const std::string& stream,
                              const AqueousStream& liquor) {
  const DesignTargets& t = *plan.targets;
  const auto g = static_cast<std::size_t>(group);
  const ProductTarget& target = t.products[static_cast<std::size_t>(plan.product_of_group[g])];
  DesignedProduct p;
  p.name = target.name;
  p.elements = target.elements;
  p.target_purity = target.purity_fraction;
  p.target_recovery = target.recovery_fraction;
  p.stream = stream;
  p.flow_l_per_h = liquor.flow_l_per_h;
  double wanted = 0.0, all = 0.0, every = 0.0, wanted_every = 0.0, moles = 0.0;
  for (std::size_t k = 0; k < liquor.molar.size(); ++k) {
    const double amount = liquor.flow_l_per_h * liquor.molar[k];
    p.mol_per_h.push_back(amount);
    if (plan.carrier[k] != 0) continue;
    const double mass = amount * oxide_g_per_mol(t.chemistry.species[k]);
    const bool mine = plan.group_of_species[k] == group;
    if (plan.counts(k)) {
      all += mass;
      if (mine) wanted += mass;
    }
    every += mass;
    if (mine) wanted_every += mass, moles += amount;
  }
  p.purity_fraction = all > 0.0 ? wanted / all : 0.0;
  p.purity_of_all_fraction = every > 0.0 ? wanted_every / every : 0.0;
  p.recovery_fraction = moles / plan.amount[g];
  p.meets_target = p.purity_fraction >= p.target_purity && p.recovery_fraction >= p.target_recovery;
  return p;
}

/// Designs every cut of the tree; false where one cannot be done.
bool run_tree(const Plan& plan, const CutTree& tree, const Engine& engine, DesignResult& result) {
  const DesignTargets& t = *plan.targets;
  result.cuts.clear();
  result.products.assign(t.products.size(), {});
  struct Source {
    int first, last, from_cut;
    bool from_strip;
    std::string name;
    AqueousStream stream;
  };
  std::vector<Source> open = {{0, plan.groups() - 1, -1, false, t.feed_name, t.feed}};
  for (std::size_t i = 0; i < tree.cut.size(); ++i) {
    const auto source = std::find_if(open.begin(), open.end(), [&](const Source& s) {
      return s.first == tree.first[i] && s.last == tree.last[i];
    });
    const int number = static_cast<int>(i) + 1;
    const CutTask task =
        make_task(plan, tree.first[i], tree.last[i], tree.cut[i], number, source->stream);
    DesignedCut cut;
    cut.feed = source->name;
    cut.from_cut = source->from_cut;
    cut.from_strip = source->from_strip;
    const bool good = design_cut(task, engine, cut, &result.reasons);
    if (!good) {
      result.cuts.push_back(std::move(cut));
      return false;
    }
    if (source->from_cut >= 0) {
      DesignedCut& parent = result.cuts[static_cast<std::size_t>(source->from_cut)];
      (source->from_strip ? parent.strip : parent.raffinate).cut = static_cast<int>(i);
    }
    cut.raffinate.stream = fmt::format("cut {} raffinate", number);
    cut.raffinate.liquor = cut.result.banks[0].raffinate;
    cut.strip.stream = fmt::format("cut {} strip liquor", number);
    cut.strip.liquor = cut.result.banks[1].raffinate;
    for (DesignOutlet* outlet : {&cut.raffinate, &cut.strip}) {
      const bool heavy = outlet == &cut.strip;
      const int first = heavy ? tree.cut[i] + 1 : tree.first[i];
      const int last = heavy ? tree.last[i] : tree.cut[i];
      prepare(t, *outlet);
      if (first == last) {
        outlet->product = plan.product_of_group[static_cast<std::size_t>(first)];
        outlet->base_mol_per_h = 0.0;
        outlet->next = {};
        result.products[static_cast<std::size_t>(outlet->product)] =
            judge_product(plan, first, outlet->stream, outlet->liquor);
      } else {
        open.push_back({first, last, static_cast<int>(i), heavy, outlet->stream, outlet->next});
      }
    }
    result.cuts.push_back(std::move(cut));
  }
  return true;
}

void sum_up(const Plan& plan, DesignResult& result) {
  const DesignTargets& t = *plan.targets;
  const std::size_t c = plan.feed.size();
  std::vector<double> in = plan.feed, out(c, 0.0);
  result.worst_evidence = EvidenceClass::measured;
  result.stages = result.solvent_l_per_h = result.stage_flow_l_per_h = 0.0;
  result.base_mol_per_h = result.acid_mol_per_h = 0.0;
  result.warnings.clear();
  for (const DesignedCut& cut : result.cuts) {
    const int stages = cut.extraction_stages + cut.scrub_stages + cut.strip_stages;
    result.stages += stages;
    result.solvent_l_per_h += cut.solvent_l_per_h;
    result.stage_flow_l_per_h += stages * cut.solvent_l_per_h;
    result.base_mol_per_h += cut.result.saponified_mol_per_h;
    result.acid_mol_per_h += cut.result.acid_mol_per_h;
    result.worst_evidence = std::max(result.worst_evidence, cut.result.worst_evidence);
    if (result.evidence.empty()) result.evidence = cut.result.evidence;
    for (std::size_t k = 0; k < c; ++k) {
      if (plan.carrier[k] != 0) in[k] += cut.result.saponified_mol_per_h;
    }
    for (const Product& p : cut.result.products) {
      for (std::size_t k = 0; k < c; ++k) out[k] += p.molar_flow_mol_per_h[k];
    }
    for (const DesignOutlet* outlet : {&cut.raffinate, &cut.strip}) {
      if (outlet->cut < 0) continue;
      result.base_mol_per_h += outlet->base_mol_per_h;
      for (std::size_t k = 0; k < c; ++k) {
        if (plan.carrier[k] != 0) {
          in[k] += outlet->base_mol_per_h / t.chemistry.species[k].protons;
        }
        out[k] -= outlet->liquor.flow_l_per_h * outlet->liquor.molar[k];
      }
    }
    for (const Warning& w : cut.result.warnings) {
      if (w.code == "W-SEP-004" && cut.name != result.cuts.front().name) continue;
      result.warnings.push_back({w.code, cut.name + ": " + w.text});
    }
    if (cut.phase_ratio_min < t.limits.phase_ratio_min ||
        cut.phase_ratio_max > t.limits.phase_ratio_max) {
      result.warnings.push_back(
          {"W-SEP-060", fmt::format("{}: O/A from {:.3g} to {:.3g}, outside {:.3g} to {:.3g} - "
                                    "change the strength of the solvent or of the acids",
                                    cut.name, cut.phase_ratio_min, cut.phase_ratio_max,
                                    t.limits.phase_ratio_min, t.limits.phase_ratio_max)});
    }
  }
  result.closure_relative.clear();
  for (std::size_t k = 0; k < c; ++k) {
    const double size = std::max(in[k], std::fabs(out[k]));
    result.closure_relative.push_back(size > 0.0 ? std::fabs(in[k] - out[k]) / size : 0.0);
  }
}

}  // namespace

DesignResult design(const DesignTargets& targets, const Engine& engine) {
  DesignResult result;
  result.name = targets.name;
  result.description = targets.description;
  Plan plan = make_plan(targets);
  deal_limits(plan);
  result.fed_mol_per_h = plan.feed;
  for (const Species& s : targets.chemistry.species) result.species.push_back(s.name);
  for (std::size_t k : plan.order) result.order.push_back(targets.chemistry.species[k].name);

  const CutTree tree = cheapest_order(plan.groups(), price_of_cut, &plan);
  if (plan.groups() <= 10) {
    for (const CutTree& order : all_orders(plan.groups(), price_of_cut, &plan)) {
      if (result.orders.size() == 10) break;
      result.orders.push_back({order_text(plan, order, 0, plan.groups() - 1), order.cost});
    }
  } else {
    result.orders.push_back({order_text(plan, tree, 0, plan.groups() - 1), tree.cost});
  }
  // What no cascade can do is said before anything is solved, of every cut.
  for (std::size_t i = 0; i < tree.cut.size(); ++i) {
    const CutTask task =
        make_task(plan, tree.first[i], tree.last[i], tree.cut[i], static_cast<int>(i) + 1,
                  ideal_stream(plan, tree.first[i], tree.last[i]));
    seed_cut(task, cut_keys(task), &result.reasons);
  }
  if (!result.reasons.empty()) return result;
  for (int round = 0; round < 4; ++round) {
    if (!run_tree(plan, tree, engine, result)) return result;
    bool good = true;
    for (int g = 0; g < plan.groups(); ++g) {
      const auto i = static_cast<std::size_t>(g);
      const DesignedProduct& p =
          result.products[static_cast<std::size_t>(plan.product_of_group[i])];
      if (p.meets_target) continue;
      good = false;
      if (p.purity_fraction < p.target_purity) {
        const double allowed = 1.0 / p.target_purity - 1.0, found = 1.0 / p.purity_fraction - 1.0;
        plan.impurity_share[i] *= 0.95 * allowed / found;
      }
      if (p.recovery_fraction < p.target_recovery) {
        plan.loss_share[i] *= 0.95 * (1.0 - p.target_recovery) / (1.0 - p.recovery_fraction);
      }
    }
    if (good) {
      result.feasible = true;
      break;
    }
    deal_limits(plan);
  }
  sum_up(plan, result);
  if (!result.feasible) {
    for (const DesignedProduct& p : result.products) {
      if (p.meets_target) continue;
      DesignReason r;
      r.code = "E-SEP-065";
      r.cut = p.name;
      r.quantity = p.purity_fraction < p.target_purity ? "purity" : "recovery";
      r.unit = "1";
      r.needed = p.purity_fraction < p.target_purity ? p.target_purity : p.target_recovery;
      r.available = p.purity_fraction < p.target_purity ? p.purity_fraction : p.recovery_fraction;
      r.text = fmt::format("product {}: {} {:.6g} % of {:.6g} % after four rounds", p.name,
                           r.quantity, 100.0 * r.available, 100.0 * r.needed);
      result.reasons.push_back(r);
    }
  }
  return result;
}

}  // namespace gadolin::separation
