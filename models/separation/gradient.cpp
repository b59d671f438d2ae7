#include "models/separation/gradient.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/core/element.hpp"
#include "models/core/error.hpp"
#include "models/separation/check_circuit.hpp"
#include "models/separation/simulate.hpp"

namespace gadolin::separation {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double ln10 = 2.302585092994045684;

bool is_whole(DesignQuantity q) {
  return q == DesignQuantity::stages || q == DesignQuantity::feed_stage ||
         q == DesignQuantity::draw_stage;
}
/// Cannot go below 0 (and is a flow or a share, so that equations are linear in it near 0).
bool is_share(DesignQuantity q) {
  return q == DesignQuantity::draw_aqueous_fraction || q == DesignQuantity::draw_organic_fraction ||
         q == DesignQuantity::entrained_aqueous_fraction ||
         q == DesignQuantity::entrained_organic_fraction || q == DesignQuantity::return_fraction ||
         q == DesignQuantity::bleed_fraction || q == DesignQuantity::feed_flow ||
         q == DesignQuantity::aqueous_flow;
}

/// Sums an output is made of, and their slopes by the amounts of its product [species].
struct Sums {
  double value = 0.0;
  std::vector<double> by_amount;
};
Sums output_of(const CircuitOutput& out, const std::vector<bool>& rare_earth,
               const std::vector<double>& amount, const std::vector<double>& fed) {
  Sums s;
  s.by_amount.assign(amount.size(), 0.0);
  if (out.quantity == OutputQuantity::log10_impurity) {
    double all = 0.0, other = 0.0;
    std::vector<bool> wanted(amount.size(), false);
    for (std::size_t k : out.species) wanted[k] = true;
    for (std::size_t k = 0; k < amount.size(); ++k) {
      if (!rare_earth[k]) continue;
      all += amount[k];
      if (!wanted[k]) other += amount[k];
    }
    s.value = std::log10(other / all);
    for (std::size_t k = 0; k < amount.size(); ++k) {
      if (!rare_earth[k]) continue;
      s.by_amount[k] = ((wanted[k] ? 0.0 : 1.0 / other) - 1.0 / all) / ln10;
    }
    return s;
  }
  double size = 1.0;
  if (out.quantity == OutputQuantity::recovery) {
    size = 0.0;
    for (std::size_t k : out.species) size += fed[k];
  }
  for (std::size_t k : out.species) {
    s.value += amount[k] / size;
    s.by_amount[k] = 1.0 / size;
  }
  return s;
}

bool is_product(const CircuitNetwork& net, std::size_t p, const CircuitOutput& out) {
  return net.products[p] == out.product &&
         (out.phase.empty() || net.product_phases[p] == out.phase);
}

/// Amounts of an output's product at u [species].
std::vector<double> amounts(const CircuitNetwork& net, const CircuitOutput& out,
                            const std::vector<double>& u) {
  const std::size_t c = net.species;
  std::vector<double> amount(c, 0.0);
  for (const Outlet& o : net.outlets) {
    if (!is_product(net, o.product, out)) continue;
    const double* row = &u[o.from * StagePlaces{c}.width() + (o.organic ? c : 0)];
    for (std::size_t k = 0; k < c; ++k) amount[k] += o.flow_l_per_h * row[k];
  }
  return amount;
}

}  // namespace

CircuitGradients gradients_at(const DesignProblem& problem, const std::vector<double>& values,
                              const std::vector<CircuitOutput>& outputs,
                              CircuitEquations& equations, const std::vector<double>& u) {
  const CircuitNetwork& net = equations.network();
  const std::size_t c = net.species, variables = problem.variables.size();
  std::vector<bool> rare_earth;
  for (const Species& s : problem.circuit.species) rare_earth.push_back(is_rare_earth(s.name));
  for (const CircuitOutput& out : outputs) {
    bool found = false, known = !out.species.empty();
    for (std::size_t p = 0; p < net.products.size(); ++p) found = found || is_product(net, p, out);
    for (std::size_t k : out.species) known = known && k < c;
    if (!found || !known) {
      throw Error("E-SEP-075", "no product \"" + out.product + "\", or no species of the circuit",
                  problem.circuit.source_file, "name a product of the circuit", ExitCode::usage);
    }
  }
  CircuitGradients r;
  r.value.assign(outputs.size(), nan);
  r.gradient.assign(outputs.size() * variables, nan);
  if (!equations.factor(steady_terms(net), u)) {
    r.status = ItemStatus::singular;
    r.status_text = "the equations of the steady state are singular";
    return r;
  }
  std::vector<std::vector<double>> adjoint;
  for (std::size_t j = 0; j < outputs.size(); ++j) {
    const Sums s = output_of(outputs[j], rare_earth, amounts(net, outputs[j], u), net.fed);
    r.value[j] = s.value;
    std::vector<double> slope(u.size(), 0.0);
    for (const Outlet& o : net.outlets) {
      if (!is_product(net, o.product, outputs[j])) continue;
      for (std::size_t k = 0; k < c; ++k) {
        slope[o.from * StagePlaces{c}.width() + (o.organic ? c : 0) + k] +=
            o.flow_l_per_h * s.by_amount[k];
      }
    }
    equations.solve_transposed(slope);
    adjoint.push_back(std::move(slope));
  }
  // Differences of J and of lambda' F in p at fixed u.
  std::vector<double> moved = values, f;
  const auto at = [&](std::size_t v, double p) {
    moved = values;
    moved[v] = p;
    const CircuitEquations there(network_of(design_circuit(problem, moved.data())));
    std::vector<double> j(outputs.size());
    there.residual(steady_terms(there.network()), u, f);
    for (std::size_t o = 0; o < outputs.size(); ++o) {
      j[o] = output_of(outputs[o], rare_earth, amounts(there.network(), outputs[o], u),
                       there.network().fed)
                 .value;
      for (std::size_t e = 0; e < f.size(); ++e) j[o] -= adjoint[o][e] * f[e];
    }
    return j;
  };
  for (std::size_t v = 0; v < variables; ++v) {
    const DesignQuantity q = problem.variables[v].quantity;
    if (is_whole(q)) continue;
    const double p = values[v];
    if (is_share(q) && p == 0.0) {
      const double d = 1e-6;
      const auto zero = at(v, 0.0), one = at(v, d), two = at(v, 2.0 * d);
      for (std::size_t o = 0; o < outputs.size(); ++o) {
        r.gradient[o * variables + v] = (4.0 * one[o] - 3.0 * zero[o] - two[o]) / (2.0 * d);
      }
      continue;
    }
    const double d = 1e-3 * (p != 0.0 ? std::fabs(p) : 1.0);
    const auto low2 = at(v, p - 2.0 * d), low = at(v, p - d), high = at(v, p + d),
               high2 = at(v, p + 2.0 * d);
    for (std::size_t o = 0; o < outputs.size(); ++o) {
      r.gradient[o * variables + v] =
          (8.0 * (high[o] - low[o]) - (high2[o] - low2[o])) / (12.0 * d);
    }
  }
  r.status = ItemStatus::ok;
  return r;
}

CircuitGradients gradients(const DesignProblem& problem, const std::vector<double>& values,
                           const std::vector<CircuitOutput>& outputs, const Engine& engine) {
  const Circuit circuit = design_circuit(problem, values.data());
  const CircuitResult result = simulate({circuit}, engine).front();
  CircuitGradients r;
  r.value.assign(outputs.size(), nan);
  r.gradient.assign(outputs.size() * problem.variables.size(), nan);
  r.status = result.status;
  r.status_text = result.status_text;
  if (result.status != ItemStatus::ok) return r;
  CircuitEquations equations(network_of(circuit));
  const SteadyState steady = steady_state(equations, result);
  if (!steady.converged) {
    r.status = ItemStatus::not_converged;
    r.status_text = "Newton on the whole circuit did not converge";
    return r;
  }
  r = gradients_at(problem, values, outputs, equations, steady.u);
  r.polish = steady.largest_change;
  return r;
}

}  // namespace gadolin::separation
