#include "models/separation/plant_graph.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "models/separation/unit_operations.hpp"

namespace gadolin::separation {

namespace {

Error fault(const Plant& plant, const std::string& code, const std::string& what,
            const std::string& remedy) {
  return Error(code, what, plant.source_file, remedy, ExitCode::usage);
}

/// Strong components by Tarjan's algorithm, sources first.
struct Components {
  const std::vector<std::vector<int>>& next;
  std::vector<int> index, low, stack;
  std::vector<bool> on_stack;
  std::vector<std::vector<int>> found;
  int counter = 0;

  explicit Components(const std::vector<std::vector<int>>& edges)
      : next(edges), index(edges.size(), -1), low(edges.size(), 0), on_stack(edges.size(), false) {
    // From the last unit back: the groups, reversed below, keep the order of the file.
    for (int v = static_cast<int>(edges.size()); v-- > 0;) {
      if (index[static_cast<std::size_t>(v)] < 0) visit(v);
    }
    std::reverse(found.begin(), found.end());
  }

  void visit(int v) {
    const auto at = static_cast<std::size_t>(v);
    index[at] = low[at] = counter++;
    stack.push_back(v);
    on_stack[at] = true;
    for (int w : next[at]) {
      const auto to = static_cast<std::size_t>(w);
      if (index[to] < 0) {
        visit(w);
        low[at] = std::min(low[at], low[to]);
      } else if (on_stack[to]) {
        low[at] = std::min(low[at], index[to]);
      }
    }
    if (low[at] != index[at]) return;
    std::vector<int> group;
    int w = -1;
    do {
      w = stack.back();
      stack.pop_back();
      on_stack[static_cast<std::size_t>(w)] = false;
      group.push_back(w);
    } while (w != v);
    std::sort(group.begin(), group.end());
    found.push_back(group);
  }
};

}  // namespace

PlantGraph plant_graph(const Plant& plant) {
  PlantGraph graph;
  std::map<std::string, std::size_t> edge_of;
  const auto make = [&](const std::string& stream, int from) {
    if (edge_of.count(stream) > 0) {
      throw fault(plant, "E-PLANT-013", "two units or feeds make the stream \"" + stream + "\"",
                  "rename one in outputs");
    }
    edge_of[stream] = graph.edges.size();
    graph.edges.push_back({stream, from, -1});
  };
  std::set<std::string> names;
  for (const PlantFeed& feed : plant.feeds) make(feed.name, -1);
  for (std::size_t u = 0; u < plant.units.size(); ++u) {
    const PlantUnit& unit = plant.units[u];
    if (!names.insert(unit.name).second) {
      throw fault(plant, "E-PLANT-014", "unit \"" + unit.name + "\" is named twice",
                  "name each unit once");
    }
    const std::vector<std::string> ports = unit_ports(unit);
    for (const auto& [port, stream] : unit.outputs) {
      if (std::find(ports.begin(), ports.end(), port) != ports.end()) continue;
      const std::string near = nearest_word(port, ports);
      std::string all;
      for (const std::string& p : ports) all += (all.empty() ? "" : ", ") + p;
      throw fault(plant, "E-PLANT-012",
                  "unit " + unit.name + " has no outlet \"" + port + "\" (it has " + all + ")",
                  near.empty() ? "name one of these" : "did you mean \"" + near + "\"?");
    }
    for (const std::string& port : ports) {
      const auto renamed = unit.outputs.find(port);
      make(renamed == unit.outputs.end() ? unit.name + "." + port : renamed->second,
           static_cast<int>(u));
    }
  }
  std::vector<std::string> known;
  for (const PlantEdge& edge : graph.edges) known.push_back(edge.stream);
  const auto find = [&](const std::string& stream, const std::string& who) -> PlantEdge& {
    const auto found = edge_of.find(stream);
    if (found != edge_of.end()) return graph.edges[found->second];
    const std::string near = nearest_word(stream, known);
    throw fault(plant, "E-PLANT-012", who + " takes the unknown stream \"" + stream + "\"",
                near.empty() ? "name a feed or UNIT.OUTLET" : "did you mean \"" + near + "\"?");
  };
  for (std::size_t u = 0; u < plant.units.size(); ++u) {
    const PlantUnit& unit = plant.units[u];
    const auto taken = unit_inputs(unit);
    if (taken.empty() && !std::holds_alternative<CircuitUnit>(unit.settings)) {
      throw fault(plant, "E-PLANT-014", "unit " + unit.name + " has no input", "name its inputs");
    }
    for (const std::string& stream : taken) {
      PlantEdge& edge = find(stream, "unit " + unit.name);
      if (edge.to >= 0) {
        throw fault(plant, "E-PLANT-013",
                    "units " + plant.units[static_cast<std::size_t>(edge.to)].name + " and " +
                        unit.name + " both take the stream \"" + stream + "\"",
                    "put a splitter between them");
      }
      edge.to = static_cast<int>(u);
    }
  }
  for (const PlantProduct& product : plant.products) {
    const PlantEdge& edge = find(product.stream, "product " + product.name);
    if (edge.to >= 0) {
      throw fault(plant, "E-PLANT-013",
                  "product " + product.name + " is the stream \"" + product.stream +
                      "\", which unit " + plant.units[static_cast<std::size_t>(edge.to)].name +
                      " takes",
                  "put a splitter between them");
    }
  }
  std::vector<std::vector<int>> next(plant.units.size());
  for (const PlantEdge& edge : graph.edges) {
    if (edge.from >= 0 && edge.to >= 0)
      next[static_cast<std::size_t>(edge.from)].push_back(edge.to);
  }
  graph.groups = Components(next).found;
  for (const auto& group : graph.groups) {
    for (const PlantEdge& edge : graph.edges) {
      const auto inside = [&](int u) {
        return std::find(group.begin(), group.end(), u) != group.end();
      };
      if (edge.from >= edge.to && inside(edge.from) && inside(edge.to)) {
        graph.torn.push_back(edge.stream);
      }
    }
  }
  return graph;
}

}  // namespace gadolin::separation
