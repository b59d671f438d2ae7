#include "models/separation/plant.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "models/core/element.hpp"
#include "models/separation/anderson.hpp"
#include "models/separation/plant_balance.hpp"
#include "models/separation/plant_components.hpp"
#include "models/separation/plant_graph.hpp"
#include "models/separation/unit_operations.hpp"

namespace gadolin::separation {

namespace {

constexpr double tear_goal = 1e-12;
constexpr int most_passes = 200;

class PlantRun {
 public:
  PlantRun(const Plant& plant, const Engine& engine)
      : plant_(plant),
        engine_(engine),
        graph_(plant_graph(plant)),
        components_(plant_components(plant)),
        streams_(graph_.edges.size(), empty_stream(StreamPhase::aqueous, components_.size())),
        outcomes_(plant.units.size()) {
    for (std::size_t e = 0; e < graph_.edges.size(); ++e) {
      for (const PlantFeed& feed : plant.feeds) {
        if (feed.name == graph_.edges[e].stream) streams_[e] = feed_stream(feed, components_);
      }
    }
  }

  PlantResult run() {
    bool converged = true;
    for (const auto& group : graph_.groups) converged = solve(group) && converged;
    PlantResult result;
    result.name = plant_.name;
    result.description = plant_.description;
    result.hours_per_year = plant_.hours_per_year;
    result.components = components_;
    result.torn = graph_.torn;
    result.passes = passes_;
    result.loop_change = change_;
    result.status = ItemStatus::ok;
    if (!converged) {
      char text[200];
      std::snprintf(text, sizeof text,
                    "the recycle still changes by %.2g of what enters after %d passes, most in ",
                    change_, passes_);
      result.status = ItemStatus::not_converged;
      result.status_text = text + worst_;
    }
    for (const auto& group : graph_.groups) {
      for (int u : group) gather(static_cast<std::size_t>(u), result);
    }
    name_streams(result);
    for (NamedStream& s : result.streams) describe(s);
    plant_balances(result);
    plant_products(plant_, result);
    feed_gaps(result);
    return result;
  }

  /// After run().
  Circuit fed_circuit(const PlantUnit& unit) const {
    const std::vector<UnitInput> inputs = inputs_of(unit);
    const UnitContext context{plant_, unit, components_, inputs, engine_};
    return separation::fed_circuit(std::get<CircuitUnit>(unit.settings), context);
  }

 private:
  const Plant& plant_;
  const Engine& engine_;
  PlantGraph graph_;
  std::vector<Component> components_;
  std::vector<PlantStream> streams_;  // [edges]
  std::vector<UnitOutcome> outcomes_;
  int passes_ = 0;
  double change_ = 0.0;
  std::set<std::size_t> resting_[4];  ///< units by the evidence classes they rest on
  std::string worst_;

  std::size_t edge_of(const std::string& stream) const {
    for (std::size_t e = 0; e < graph_.edges.size(); ++e) {
      if (graph_.edges[e].stream == stream) return e;
    }
    return 0;
  }
  std::string stream_name(const PlantUnit& unit, const std::string& port) const {
    const auto renamed = unit.outputs.find(port);
    return renamed == unit.outputs.end() ? unit.name + "." + port : renamed->second;
  }

  std::vector<UnitInput> inputs_of(const PlantUnit& unit) const {
    std::vector<UnitInput> inputs;
    for (const std::string& name : unit_inputs(unit)) {
      UnitInput input{name, &streams_[edge_of(name)], nullptr};
      for (const PlantFeed& feed : plant_.feeds) {
        if (feed.name == name) input.feed = &feed;
      }
      inputs.push_back(input);
    }
    return inputs;
  }

  /// Solves one unit; its outlets go to streams_ except those in `hold`, which go to `held`.
  void solve_unit(std::size_t u, const std::vector<std::size_t>& hold,
                  std::vector<PlantStream>& held) {
    const PlantUnit& unit = plant_.units[u];
    const std::vector<UnitInput> inputs = inputs_of(unit);
    outcomes_[u] = run_unit(plant_, unit, components_, inputs, engine_);
    outcomes_[u].result.balances = unit_balances(components_, inputs, outcomes_[u]);
    for (const auto& [port, stream] : outcomes_[u].outlets) {
      const std::size_t e = edge_of(stream_name(unit, port));
      const auto torn = std::find(hold.begin(), hold.end(), e);
      if (torn == hold.end()) {
        streams_[e] = stream;
      } else {
        held[static_cast<std::size_t>(torn - hold.begin())] = stream;
      }
    }
  }

  std::vector<double> pack(const std::vector<PlantStream>& streams) const {
    std::vector<double> v;
    for (const PlantStream& s : streams) {
      v.push_back(s.volume_l_per_h);
      v.push_back(s.extractant_mol_per_h);
      v.push_back(s.other_kg_per_h);
      v.insert(v.end(), s.mol_per_h.begin(), s.mol_per_h.end());
    }
    return v;
  }
  void unpack(const std::vector<double>& v, std::vector<PlantStream>& streams) const {
    std::size_t at = 0;
    for (PlantStream& s : streams) {
      s.volume_l_per_h = v[at++];
      s.extractant_mol_per_h = v[at++];
      s.other_kg_per_h = v[at++];
      for (double& n : s.mol_per_h) n = v[at++];
    }
  }

  /// 1 over what enters the group: of each component, of water, of solvent.
  std::vector<double> weights(const std::vector<int>& group,
                              const std::vector<PlantStream>& torn) const {
    PlantStream in = empty_stream(StreamPhase::aqueous, components_.size());
    const auto add = [&](const PlantStream& s) {
      in.volume_l_per_h += s.volume_l_per_h;
      in.extractant_mol_per_h += s.extractant_mol_per_h;
      in.other_kg_per_h += s.other_kg_per_h;
      for (std::size_t k = 0; k < components_.size(); ++k) in.mol_per_h[k] += s.mol_per_h[k];
    };
    const auto inside = [&](int u) {
      return std::find(group.begin(), group.end(), u) != group.end();
    };
    for (std::size_t e = 0; e < graph_.edges.size(); ++e) {
      if (inside(graph_.edges[e].to) && !inside(graph_.edges[e].from)) add(streams_[e]);
    }
    for (int u : group) {
      for (const auto& [name, s] : outcomes_[static_cast<std::size_t>(u)].bought) add(s);
    }
    for (const PlantStream& s : torn) add(s);
    const auto over = [](double x) { return 1.0 / std::max(std::fabs(x), 1e-12); };
    std::vector<double> w;
    for (std::size_t i = 0; i < torn.size(); ++i) {
      w.push_back(over(in.volume_l_per_h));
      w.push_back(over(in.extractant_mol_per_h));
      w.push_back(over(in.other_kg_per_h));
      for (double n : in.mol_per_h) w.push_back(over(n));
    }
    return w;
  }

  bool solve(const std::vector<int>& group) {
    std::vector<std::size_t> hold;
    for (const std::string& name : graph_.torn) {
      const PlantEdge& edge = graph_.edges[edge_of(name)];
      if (std::find(group.begin(), group.end(), edge.from) != group.end()) {
        hold.push_back(edge_of(name));
      }
    }
    std::vector<PlantStream> held(hold.size());
    if (hold.empty()) {
      for (int u : group) solve_unit(static_cast<std::size_t>(u), hold, held);
      return true;
    }
    Anderson anderson;
    for (int pass = 0; pass < most_passes; ++pass) {
      ++passes_;
      for (int u : group) solve_unit(static_cast<std::size_t>(u), hold, held);
      std::vector<PlantStream> before;
      for (std::size_t e : hold) before.push_back(streams_[e]);
      if (pass == 0) {  // the first round found out what flows; take it as it came
        for (std::size_t i = 0; i < hold.size(); ++i) streams_[hold[i]] = held[i];
        continue;
      }
      const auto x = pack(before), image = pack(held), w = weights(group, held);
      change_ = 0.0;
      const std::size_t width = 3 + components_.size();
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double d = std::fabs(image[i] - x[i]) * w[i];
        if (!(d > change_)) continue;
        change_ = d;
        worst_ = "stream " + graph_.edges[hold[i / width]].stream;
        if (i % width >= 3) worst_ += ", " + components_[i % width - 3].name;
      }
      if (change_ <= tear_goal) return true;
      for (int u : group) {
        const UnitResult& r = outcomes_[static_cast<std::size_t>(u)].result;
        if (r.status == ItemStatus::out_of_range || r.status == ItemStatus::singular) return false;
      }
      const auto usable = [](const std::vector<double>& v) {
        return std::all_of(v.begin(), v.end(),
                           [](double value) { return std::isfinite(value) && value >= 0.0; });
      };
      unpack(anderson.next(x, image, w, usable), before);
      for (std::size_t i = 0; i < hold.size(); ++i) {
        before[i].phase = held[i].phase;
        before[i].extractant = held[i].extractant;
        before[i].metal = held[i].metal;
        streams_[hold[i]] = before[i];
      }
    }
    return change_ <= 1e3 * tear_goal;  // rounding of the circuits inside
  }

  void gather(std::size_t u, PlantResult& result) {
    UnitOutcome& outcome = outcomes_[u];
    if (outcome.result.status != ItemStatus::ok && result.status == ItemStatus::ok) {
      result.status = outcome.result.status;
      result.status_text = outcome.result.status_text;
    }
    for (const auto& [evidence, text] : outcome.evidence) {
      result.worst_evidence = std::max(result.worst_evidence, evidence);
      result.evidence.push_back(text);
      resting_[static_cast<int>(evidence)].insert(result.units.size());
    }
    for (const ReagentUse& use : outcome.reagents) {
      if (use.amount > 0.0) result.reagents.push_back(use);
    }
    for (const Warning& w : outcome.warnings) {
      if (w.code != "W-SEP-004") result.warnings.push_back(w);
    }
    result.units.push_back(std::move(outcome.result));
  }

  void name_streams(PlantResult& result) const {
    std::set<std::string> sold;
    for (const PlantProduct& product : plant_.products) sold.insert(product.stream);
    const auto unit_name = [&](int u) {
      return u < 0 ? std::string() : plant_.units[static_cast<std::size_t>(u)].name;
    };
    for (std::size_t e = 0; e < graph_.edges.size(); ++e) {
      const PlantEdge& edge = graph_.edges[e];
      if (edge.from >= 0) continue;
      result.streams.push_back(
          {edge.stream, "", unit_name(edge.to), StreamRole::feed, streams_[e]});
    }
    for (const auto& group : graph_.groups) {
      for (int u : group) {
        for (const auto& [name, s] : outcomes_[static_cast<std::size_t>(u)].bought) {
          const bool feeds =
              s.phase == StreamPhase::aqueous && rare_earth_mol_per_h(s, components_) > 0.0;
          result.streams.push_back(
              {name, "", unit_name(u), feeds ? StreamRole::feed : StreamRole::reagent, s});
        }
        for (std::size_t e = 0; e < graph_.edges.size(); ++e) {
          const PlantEdge& edge = graph_.edges[e];
          if (edge.from != u) continue;
          const StreamRole role = edge.to >= 0                  ? StreamRole::internal
                                  : sold.count(edge.stream) > 0 ? StreamRole::product
                                                                : StreamRole::discharge;
          result.streams.push_back(
              {edge.stream, unit_name(u), unit_name(edge.to), role, streams_[e]});
        }
      }
    }
  }

  void describe(NamedStream& s) const {
    s.rare_earth_mol_per_h = rare_earth_mol_per_h(s.stream, components_);
    if (s.stream.phase == StreamPhase::solid) {
      s.dry_mass_kg_per_h = dry_mass_kg_per_h(s.stream, components_);
    }
    if (!s.has_liquid()) return;
    const double volume = s.stream.volume_l_per_h;
    const int so4 = component_index(components_, "SO4");
    s.acid_molar = acid_mol_per_h(s.stream, components_) / volume;
    s.ph = ph_of_acid(s.acid_molar,
                      so4 < 0 ? 0.0 : s.stream.mol_per_h[static_cast<std::size_t>(so4)] / volume);
  }

  void feed_gaps(PlantResult& result) const {
    for (const PlantFeed& feed : plant_.feeds) {
      std::string listed;
      for (const std::string& element : feed.unknown) {
        listed += " " + element;
        if (std::find(result.unknown.begin(), result.unknown.end(), element) ==
            result.unknown.end()) {
          result.unknown.push_back(element);
        }
      }
      if (!listed.empty()) {
        result.warnings.push_back(
            {"W-PLANT-003", "feed " + feed.name + " does not state" + listed +
                                ": nothing is said about where they go, and purities leave "
                                "them out"});
      }
      if (feed.grade == "C") {
        result.not_for_report =
            "feed " + feed.name + " has no sourced assay of grade A or B (" + feed.source + ")";
        result.warnings.push_back(
            {"W-PLANT-004", result.not_for_report + ": no report is made of this plant"});
      }
    }
    if (result.worst_evidence >= EvidenceClass::estimated) {
      std::string text = "the plant rests on numbers not measured, worst class " +
                         std::string(to_string(result.worst_evidence)) + ".";
      for (EvidenceClass e : {EvidenceClass::memory, EvidenceClass::estimated}) {
        std::string names;
        for (std::size_t u : resting_[static_cast<int>(e)]) {
          names += (names.empty() ? "" : ", ") + result.units[u].name;
        }
        if (!names.empty()) text += std::string(" ") + to_string(e) + ": in " + names + ".";
      }
      text.pop_back();
      result.warnings.push_back({"W-SEP-004", text});
    }
  }
};

}  // namespace

PlantStream feed_stream(const PlantFeed& feed, const std::vector<Component>& components) {
  PlantStream s = empty_stream(feed.phase, components.size());
  s.volume_l_per_h = feed.volume_l_per_h;
  s.metal = feed.metal;
  for (const auto& [name, amount] : feed.mol_per_h) {
    s.mol_per_h[static_cast<std::size_t>(component_index(components, name))] += amount;
  }
  if (feed.phase == StreamPhase::aqueous) {
    const double missing = feed.acid_molar * feed.volume_l_per_h - acid_mol_per_h(s, components);
    const auto k = static_cast<std::size_t>(
        component_index(components, missing > 0.0 ? feed.anion : feed.cation));
    s.mol_per_h[k] += std::fabs(missing) / std::fabs(components[k].charge);
  } else if (feed.phase == StreamPhase::solid) {
    s.other_kg_per_h = feed.mass_kg_per_h - dry_mass_kg_per_h(s, components);
  }
  return s;
}

PlantResult simulate_plant(const Plant& plant, const Engine& engine) {
  return PlantRun(plant, engine).run();
}

Circuit fed_circuit(const Plant& plant, const std::string& unit, const Engine& engine) {
  std::string circuits;
  const PlantUnit* wanted = nullptr;
  for (const PlantUnit& u : plant.units) {
    if (!std::holds_alternative<CircuitUnit>(u.settings)) continue;
    if (u.name == unit) wanted = &u;
    circuits += (circuits.empty() ? "" : ", ") + u.name;
  }
  if (wanted == nullptr) {
    throw Error("E-PLANT-020", "no unit \"" + unit + "\" with a circuit", plant.source_file,
                circuits.empty() ? "the plant has no circuit" : "circuits are in: " + circuits,
                ExitCode::usage);
  }
  PlantRun run(plant, engine);
  const PlantResult result = run.run();
  if (result.status != ItemStatus::ok) {
    throw Error("E-PLANT-021",
                "what the plant sends unit " + unit + " is not known: " + result.status_text,
                plant.source_file, "mend the plant until simulate gives its steady state",
                ExitCode::partial);
  }
  Circuit circuit = run.fed_circuit(*wanted);
  circuit.name = plant.name + ", " + unit;
  return circuit;
}

}  // namespace gadolin::separation
