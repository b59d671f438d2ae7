#include <algorithm>
#include <cmath>
#include <limits>

#include "models/core/element.hpp"
#include "models/core/error.hpp"
#include "models/separation/sweep.hpp"

namespace gadolin::separation {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

double oxide_g_per_mol(const Species& species) {
  const std::string oxide = default_oxide(species.name);
  if (oxide.empty() || !atomic_number(species.name)) return species.molar_mass_g_per_mol;
  return atomic_weight_g_per_mol(species.name) * element_to_oxide_factor(species.name, oxide);
}

bool named(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool needs_product(MetricKind kind) {
  return kind <= MetricKind::flow || kind == MetricKind::cost_per_kg;
}
bool needs_elements(MetricKind kind) {
  return kind <= MetricKind::amount || kind == MetricKind::cost_per_kg;
}

/// Both phases through every stage: organic from its entry upwards, aqueous downwards.
double stage_throughput(const Circuit& circuit) {
  double sum = 0.0, organic = 0.0;
  for (const Bank& bank : circuit.banks) {
    if (!bank.organic_from_previous) organic = bank.organic_in.flow_l_per_h;
    sum += bank.stages * (organic + bank.aqueous_in.flow_l_per_h);
    for (const StageFeed& feed : bank.feeds) {
      sum += feed.stage * feed.aqueous.flow_l_per_h;
      sum += (bank.stages - feed.stage + 1) * feed.organic.flow_l_per_h;
      organic += feed.organic.flow_l_per_h;
    }
  }
  return sum;
}

/// Rare-earth oxides the feeds of a circuit bring [kg/h].
double oxide_fed_kg_per_h(const Circuit& circuit) {
  double sum = 0.0;
  for (const Bank& bank : circuit.banks) {
    for (const StageFeed& feed : bank.feeds) {
      if (!feed.is_feed) continue;
      for (std::size_t k = 0; k < circuit.species.size(); ++k) {
        if (!is_rare_earth(circuit.species[k].name)) continue;
        double mol = 0.0;
        if (k < feed.aqueous.molar.size()) {
          mol += feed.aqueous.flow_l_per_h * feed.aqueous.molar[k];
        }
        if (k < feed.organic.molar.size()) {
          mol += feed.organic.flow_l_per_h * feed.organic.molar[k];
        }
        sum += 1e-3 * mol * oxide_g_per_mol(circuit.species[k]);
      }
    }
  }
  return sum;
}

/// Organic flow into a bank: its own, or what the banks before it were fed with.
double organic_flow(const Circuit& circuit, std::size_t b) {
  double flow = 0.0;
  for (std::size_t i = 0; i <= b; ++i) {
    const Bank& bank = circuit.banks[i];
    if (!bank.organic_from_previous) flow = bank.organic_in.flow_l_per_h;
    for (const StageFeed& feed : bank.feeds) flow += feed.organic.flow_l_per_h;
  }
  return flow;
}

double plain_value(MetricKind kind, const Circuit& circuit, const DesignBlock& block,
                   std::size_t row) {
  double sum = 0.0;
  switch (kind) {
    case MetricKind::base:
      return block.base_mol_per_h[row];
    case MetricKind::acid:
      return block.acid_mol_per_h[row];
    case MetricKind::stages:
      for (const Bank& bank : circuit.banks) sum += bank.stages;
      return sum;
    case MetricKind::solvent:
      return organic_flow(circuit, 0);
    case MetricKind::stage_flow:
      for (std::size_t b = 0; b < circuit.banks.size(); ++b) {
        sum += circuit.banks[b].stages * organic_flow(circuit, b);
      }
      return sum;
    case MetricKind::stage_throughput:
      return stage_throughput(circuit);
    case MetricKind::loading_max:
      return block.loading_max[row];
    case MetricKind::phase_ratio_min:
      return block.phase_ratio_min[row];
    case MetricKind::phase_ratio_max:
      return block.phase_ratio_max[row];
    default:
      return unknown;
  }
}

}  // namespace

void check_metrics(const std::vector<Metric>& metrics, const Circuit& circuit,
                   const std::string& where) {
  const auto columns = design_products(circuit);
  std::vector<std::string> products, species;
  for (const auto& column : columns) products.push_back(column.name);
  for (const Species& s : circuit.species) species.push_back(s.name);
  const auto require = [&](const Metric& metric, const std::string& word, const char* what,
                           const std::vector<std::string>& known) {
    if (named(known, word)) return;
    const std::string near = nearest_word(word, known);
    std::string all;
    for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
    throw Error("E-SEP-113",
                "metric " + metric.name + " names the unknown " + what + " \"" + word + "\"", where,
                near.empty() ? "there are: " + all : "did you mean " + near + "?", ExitCode::usage);
  };
  for (const Metric& metric : metrics) {
    if (metric.kind == MetricKind::cost_per_kg && !metric.money.priced) {
      throw Error("E-SEP-113", "metric " + metric.name + " has no prices", where,
                  "add [economics] with price_date", ExitCode::usage);
    }
    if (needs_product(metric.kind)) require(metric, metric.product, "product", products);
    if (!needs_elements(metric.kind)) continue;
    if (metric.elements.empty()) {
      throw Error("E-SEP-113", "metric " + metric.name + " names no element", where,
                  "add elements = [\"Nd\"]", ExitCode::usage);
    }
    for (const std::string& element : metric.elements) require(metric, element, "element", species);
  }
}

double metric_value(const Metric& metric, const Circuit& circuit, const DesignBlock& block,
                    std::size_t row) {
  if (block.status[row] != ItemStatus::ok) return unknown;
  if (metric.kind == MetricKind::cost) {
    double sum = 0.0;
    for (const MetricWeight& w : metric.weights) {
      sum += w.weight * plain_value(w.kind, circuit, block, row);
    }
    return sum;
  }
  if (!needs_product(metric.kind)) return plain_value(metric.kind, circuit, block, row);
  const auto columns = design_products(circuit);
  double wanted = 0.0, all = 0.0, moles = 0.0, everywhere = 0.0, flow = 0.0;
  for (std::size_t p = 0; p < columns.size(); ++p) {
    const bool here = columns[p].name == metric.product;
    if (here) flow += block.product_flow_l_per_h[row * block.products + p];
    for (std::size_t k = 0; k < circuit.species.size(); ++k) {
      const double amount = block.amount_mol_per_h[block.at(row, p, k)];
      const bool mine = named(metric.elements, circuit.species[k].name);
      if (mine) everywhere += amount;
      if (!here) continue;
      if (mine) moles += amount;
      if (!is_rare_earth(circuit.species[k].name)) continue;
      const double mass = amount * oxide_g_per_mol(circuit.species[k]);
      all += mass;
      if (mine) wanted += mass;
    }
  }
  switch (metric.kind) {
    case MetricKind::purity:
      return all > 0.0 ? wanted / all : 0.0;
    case MetricKind::impurity_log10:
      // what is foreign is summed by itself, so that 1 - purity keeps its digits
      return all > 0.0 ? std::min(-std::log10(std::max((all - wanted) / all, 1e-300)), 15.0) : 0.0;
    case MetricKind::recovery:
      return everywhere > 0.0 ? moles / everywhere : 0.0;
    case MetricKind::amount:
      return moles;
    case MetricKind::cost_per_kg: {
      const MetricMoney& m = metric.money;
      double stages = 0.0;
      for (const Bank& bank : circuit.banks) stages += bank.stages;
      const double per_h = m.per_mol_base * std::max(block.base_mol_per_h[row], 0.0) +
                           m.per_mol_acid * std::max(block.acid_mol_per_h[row], 0.0) +
                           m.per_stage_l * stage_throughput(circuit) +
                           m.per_stage_kg06 * stages * std::pow(oxide_fed_kg_per_h(circuit), 0.6);
      return per_h / std::max(1e-3 * wanted, 1e-300);
    }
    default:
      return flow;
  }
}

}  // namespace gadolin::separation
