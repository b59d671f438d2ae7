#include "models/separation/uncertainty_inputs.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "kernels/numeric/random.hpp"
#include "models/core/error.hpp"
#include "models/separation/constant_covariance.hpp"
#include "models/separation/uncertainty.hpp"

namespace gadolin::separation {

namespace {

using Q = DesignQuantity;

/// Quantities that may be uncertain, and what the template says of them.
struct Named {
  const char* name;
  Q quantity;
};
const Named quantities[] = {{"feed_flow", Q::feed_flow},
                            {"feed_acid", Q::feed_acid},
                            {"feed_molar", Q::feed_molar},
                            {"feed_grade", Q::feed_grade},
                            {"aqueous_flow", Q::aqueous_flow},
                            {"aqueous_acid", Q::aqueous_acid},
                            {"aqueous_molar", Q::aqueous_molar},
                            {"organic_flow", Q::organic_flow},
                            {"extractant", Q::extractant},
                            {"saponified_fraction", Q::saponified_fraction},
                            {"draw_aqueous_fraction", Q::draw_aqueous_fraction},
                            {"draw_organic_fraction", Q::draw_organic_fraction},
                            {"murphree_efficiency", Q::murphree_efficiency},
                            {"entrained_aqueous_fraction", Q::entrained_aqueous_fraction},
                            {"entrained_organic_fraction", Q::entrained_organic_fraction},
                            {"mixer_residence", Q::mixer_residence},
                            {"bleed_fraction", Q::bleed_fraction},
                            {"return_fraction", Q::return_fraction}};

double organic_total(const Circuit& circuit, const OrganicStream& s) {
  double total = s.free_dimer_molar;
  for (std::size_t k = 0; k < s.molar.size(); ++k) total += circuit.species[k].dimers * s.molar[k];
  return total;
}

double template_value(const Circuit& circuit, const DesignVariable& v) {
  const Bank& bank = circuit.banks[static_cast<std::size_t>(v.bank)];
  const auto index = static_cast<std::size_t>(v.index);
  const auto species = static_cast<std::size_t>(std::max(v.species, 0));
  const AqueousStream* feed = index < bank.feeds.size() ? &bank.feeds[index].aqueous : nullptr;
  switch (v.quantity) {
    case Q::feed_flow:
      return feed->flow_l_per_h;
    case Q::feed_acid:
      return feed->h_molar;
    case Q::feed_molar:
      return feed->molar[species];
    case Q::feed_grade:
      return 1.0;
    case Q::aqueous_flow:
      return bank.aqueous_in.flow_l_per_h;
    case Q::aqueous_acid:
      return bank.aqueous_in.h_molar;
    case Q::aqueous_molar:
      return bank.aqueous_in.molar[species];
    case Q::organic_flow:
      return bank.organic_in.flow_l_per_h;
    case Q::extractant:
      return organic_total(circuit, bank.organic_in);
    case Q::saponified_fraction: {
      if (circuit.regeneration.saponified_fraction > 0.0) {
        return circuit.regeneration.saponified_fraction;
      }
      double bound = 0.0;
      for (std::size_t k = 0; k < circuit.species.size(); ++k) {
        if (circuit.species[k].protons == 1.0 && !bank.organic_in.molar.empty()) {
          bound += circuit.species[k].dimers * bank.organic_in.molar[k];
        }
      }
      return bound / organic_total(circuit, bank.organic_in);
    }
    case Q::draw_aqueous_fraction:
      return bank.draws[index].aqueous_fraction;
    case Q::draw_organic_fraction:
      return bank.draws[index].organic_fraction;
    case Q::murphree_efficiency:
      return bank.murphree_efficiency;
    case Q::entrained_aqueous_fraction:
      return bank.entrained_aqueous_fraction;
    case Q::entrained_organic_fraction:
      return bank.entrained_organic_fraction;
    case Q::mixer_residence:
      return bank.mixer_residence_s;
    case Q::bleed_fraction:
      return circuit.regeneration.bleed_fraction;
    case Q::return_fraction:
      return circuit.returns[index].fraction;
    default:
      return 0.0;
  }
}

/// The variable's place in the circuit. throws E-SEP-077
DesignVariable place_of(const Circuit& circuit, const UncertainVariable& v) {
  const auto missing = [&](const std::string& what, const std::string& known) {
    return Error("E-SEP-077", "uncertain variable " + v.quantity + ": " + what, circuit.source_file,
                 known.empty() ? "name what the design has" : "known: " + known, ExitCode::usage);
  };
  const auto listed = [](const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
  };
  DesignVariable d;
  const auto* q = std::find_if(std::begin(quantities), std::end(quantities),
                               [&](const Named& n) { return v.quantity == n.name; });
  if (q == std::end(quantities)) throw missing("no such quantity", listed(uncertain_quantities()));
  d.quantity = q->quantity;
  std::vector<std::string> banks;
  for (const Bank& bank : circuit.banks) banks.push_back(bank.name);
  const auto b = std::find(banks.begin(), banks.end(), v.bank);
  if (!v.bank.empty() && b == banks.end()) throw missing("no bank " + v.bank, listed(banks));
  d.bank = v.bank.empty() ? 0 : static_cast<int>(b - banks.begin());
  const Bank& bank = circuit.banks[static_cast<std::size_t>(d.bank)];
  std::vector<std::string> places;
  bool indexed = true;
  switch (d.quantity) {
    case Q::feed_flow:
    case Q::feed_acid:
    case Q::feed_molar:
    case Q::feed_grade:
      for (const StageFeed& feed : bank.feeds) places.push_back(feed.name);
      break;
    case Q::draw_aqueous_fraction:
    case Q::draw_organic_fraction:
      for (const StageDraw& draw : bank.draws) {
        places.push_back(draw.name.empty() ? std::to_string(places.size() + 1) : draw.name);
      }
      break;
    case Q::return_fraction:
      for (const AqueousReturn& r : circuit.returns) places.push_back(r.from_bank);
      break;
    default:
      indexed = false;
  }
  if (indexed) {
    const auto at = std::find(places.begin(), places.end(), v.feed);
    if (places.empty() || (!v.feed.empty() && at == places.end())) {
      throw missing("no feed, draw or return \"" + v.feed + "\" in bank " + bank.name,
                    listed(places));
    }
    d.index = v.feed.empty() ? 0 : static_cast<int>(at - places.begin());
  }
  if (d.quantity == Q::feed_molar || d.quantity == Q::aqueous_molar) {
    for (std::size_t k = 0; k < circuit.species.size(); ++k) {
      if (circuit.species[k].name == v.species) d.species = static_cast<int>(k);
    }
    if (d.species < 0) throw missing("no species " + v.species, "");
  }
  if (d.quantity == Q::aqueous_molar && bank.aqueous_in.molar.empty()) {
    throw missing("bank " + bank.name + " has no aqueous_in", "");
  }
  return d;
}

}  // namespace

std::vector<std::string> uncertain_quantities() {
  std::vector<std::string> names;
  for (const Named& n : quantities) names.push_back(n.name);
  return names;
}

UncertainInputs inputs_of(const UncertaintyPlan& plan) {
  const Circuit& circuit = plan.circuit;
  const std::size_t c = circuit.species.size();
  UncertainInputs in;
  in.problem.circuit = circuit;
  for (std::size_t k = 0; k < c; ++k) {
    in.problem.variables.push_back({Q::log10_k_shift, 0, 0, static_cast<int>(k)});
    in.columns.push_back("log10 K shift " + circuit.species[k].name);
  }
  if (plan.constants) {
    const ConstantCovariance& known = circuit.uncertainty;
    Circuit own = circuit;
    own.uncertainty.u_common = 0.0;
    const std::vector<double> root = covariance_root(constant_covariance(own), c);
    std::vector<std::vector<double>> parts;  // [constants][species]
    const auto add = [&](const std::string& name, std::vector<double> part) {
      double squares = 0.0;
      for (double p : part) squares += p * p;
      if (!(squares > 0.0)) return;
      in.names.push_back(name);
      double largest = 0.0;
      for (double p : part) largest = std::max(largest, std::fabs(p));
      char words[64];
      std::snprintf(words, sizeof words, "normal, u %.4g in log10 K", largest);
      in.words.push_back(words);
      parts.push_back(std::move(part));
    };
    add("log10 K, common", std::vector<double>(c, known.u_common));
    for (std::size_t j = 0; j < c; ++j) {
      std::vector<double> part(c);
      bool others = false;
      for (std::size_t k = 0; k < c; ++k) {
        part[k] = root[k * c + j];
        others = others || (k != j && part[k] != 0.0);
      }
      add("log10 K " + circuit.species[j].name + (others ? ", beyond those before" : ""),
          std::move(part));
    }
    in.constants = parts.size();
    in.loading.assign(c * in.constants, 0.0);
    for (std::size_t j = 0; j < in.constants; ++j) {
      for (std::size_t k = 0; k < c; ++k) in.loading[k * in.constants + j] = parts[j][k];
    }
  }
  for (const UncertainVariable& v : plan.variables) {
    const DesignVariable place = place_of(circuit, v);
    UncertainValue value = v.value;
    if (v.about_template) {
      const double here = template_value(circuit, place);
      value.mean *= here;
      if (value.shape == DistributionShape::normal) value.u *= std::fabs(here);
      value.low *= here;
      value.high *= here;
    }
    in.problem.variables.push_back(place);
    in.columns.push_back(v.name);
    in.variables.push_back(ready(value, v.name, circuit.source_file));
    in.names.push_back(v.name);
    in.words.push_back(in.variables.back().words());
  }
  in.of_circuit = in.names.size();
  for (const UncertainFactor& f : plan.factors) {
    in.factors.push_back(ready(f.value, f.name, circuit.source_file));
    in.names.push_back(f.name);
    in.words.push_back(in.factors.back().words());
  }
  if (in.names.empty()) {
    throw Error("E-SEP-077", "nothing is uncertain in " + plan.name, circuit.source_file,
                "keep the constants, or add a variable", ExitCode::usage);
  }
  return in;
}

void UncertainInputs::design(const double* u, double* values) const {
  const std::size_t c = problem.circuit.species.size();
  for (std::size_t k = 0; k < c; ++k) {
    double shift = 0.0;
    for (std::size_t j = 0; j < constants; ++j) {
      shift += loading[k * constants + j] * normal_quantile(u[j]);
    }
    values[k] = shift;
  }
  for (std::size_t v = 0; v < variables.size(); ++v) {
    values[c + v] = variables[v].at(u[constants + v]);
  }
}

double UncertainInputs::factor(const double* u) const {
  double product = 1.0;
  for (std::size_t f = 0; f < factors.size(); ++f) product *= factors[f].at(u[of_circuit + f]);
  return product;
}

std::vector<double> UncertainInputs::nominal() const {
  const std::size_t c = problem.circuit.species.size();
  std::vector<double> values(c + variables.size(), 0.0);
  for (std::size_t v = 0; v < variables.size(); ++v) values[c + v] = variables[v].mean();
  return values;
}

}  // namespace gadolin::separation
