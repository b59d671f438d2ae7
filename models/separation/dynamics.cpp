#include "models/separation/dynamics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "kernels/separation/stage.hpp"
#include "models/core/element.hpp"
#include "models/core/error.hpp"
#include "models/separation/check_circuit.hpp"
#include "models/separation/circuit_equations.hpp"
#include "models/separation/dynamics_plan.hpp"
#include "models/separation/dynamics_verdicts.hpp"
#include "models/separation/dynamics_vessels.hpp"
#include "models/separation/esdirk.hpp"
#include "models/separation/simulate.hpp"
#include "models/separation/solve_banks.hpp"
#include "models/separation/stage_chemistry.hpp"

namespace gadolin::separation {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The integration of one plan.
class Run {
 public:
  Run(const DynamicsPlan& plan, const Engine& engine)
      : plan_(plan),
        engine_(engine),
        circuit_(plan.circuit),
        equations_(network_of(circuit_)),
        vessels_(plan, equations_.network()),
        c_(circuit_.species.size()) {}

  DynamicsResult all() {
    head();
    if (!begin()) {
      result_.status = ItemStatus::not_converged;
      result_.status_text = "the equilibrium at the start was not found";
      return result_;
    }
    double from = 0.0;
    std::string cause = plan_.start == DynamicStart::steady ? "steady state" : "start-up";
    bool good = true;
    for (std::size_t next = 0; good; ++next) {
      const bool last = next == plan_.steps.size();
      const double until = last ? from + plan_.duration_h : plan_.steps[next].at_h;
      if (until > from || last) good = phase(cause, from, until);
      if (last) break;
      apply_step(plan_.steps[next], circuit_);
      cause = step_words(plan_.steps[next]);
      while (next + 1 < plan_.steps.size() &&
             plan_.steps[next + 1].at_h == plan_.steps[next].at_h) {
        apply_step(plan_.steps[++next], circuit_);
        cause += "; " + step_words(plan_.steps[next]);
      }
      from = plan_.steps[next].at_h;
      check_circuit(circuit_);
      equations_ = CircuitEquations(network_of(circuit_));
      stepped_ = true;
    }
    result_.status = good ? ItemStatus::ok : ItemStatus::not_converged;
    return result_;
  }

 private:
  const DynamicsPlan& plan_;
  const Engine& engine_;
  Circuit circuit_;
  CircuitEquations equations_;
  Vessels vessels_;
  std::size_t c_;
  std::vector<Specification> specifications_;
  DynamicsResult result_;
  std::vector<double> z_, u_, z_start_;
  std::vector<double> rates_[esdirk::stages];
  StepTerms terms_;
  double newton_tolerance_ = 1e-9, factored_weight_ = 0.0;
  bool stepped_ = false;  ///< the circuit is no longer that of the start

  void head() {
    const CircuitNetwork& net = equations_.network();
    result_.name = plan_.name;
    for (const Species& s : circuit_.species) {
      result_.species.push_back(s.name);
      result_.worst_evidence =
          std::max({result_.worst_evidence, s.evidence, aqueous_evidence(circuit_, s)});
    }
    result_.products = net.products;
    result_.product_phases = net.product_phases;
    for (const Bank& bank : circuit_.banks) result_.banks.push_back(bank.name);
    specifications_ = resolve_specifications(plan_, net.products, result_);
    for (double v : vessels_.mixer_aqueous()) result_.mixer_l += v;
    for (double v : vessels_.mixer_organic()) {
      result_.mixer_l += v;
      result_.solvent_l += v;
    }
    result_.settler_l = vessels_.settler_volume(false) + vessels_.settler_volume(true);
    result_.tank_l = vessels_.tank_volume();
    result_.solvent_l += vessels_.settler_volume(true) + result_.tank_l;
    if (result_.worst_evidence >= EvidenceClass::estimated) {
      result_.warnings.push_back({"W-SEP-004",
                                  "the result rests on constants not measured: worst "
                                  "class " +
                                      std::string(to_string(result_.worst_evidence))});
    }
  }

  /// Contents, equilibrium and rates at t = 0.
  bool begin() {
    const CircuitNetwork& net = equations_.network();
    const std::size_t n = net.stages;
    u_.assign(equations_.unknowns(), 0.0);
    if (plan_.start == DynamicStart::steady) {
      const auto result = simulate({circuit_}, engine_);
      if (result.front().status != ItemStatus::ok) return false;
      const SteadyState s = steady_state(equations_, result.front());
      if (!s.converged) return false;
      u_ = s.u;
      z_ = vessels_.filled_steady(equations_, u_);
    } else {
      std::vector<double> aqueous(n * equations_.places().aqueous_amounts(), 0.0),
          organic(n * (c_ + 1), 0.0);
      if (plan_.start == DynamicStart::feed) inert_aqueous(aqueous);
      const OrganicStream* fresh = &circuit_.banks.front().organic_in;
      for (std::size_t b = 0; b < circuit_.banks.size(); ++b) {
        const Bank& bank = circuit_.banks[b];
        if (!bank.organic_from_previous && bank.organic_in.flow_l_per_h > 0.0) {
          fresh = &bank.organic_in;
        }
        for (std::size_t i = net.first_stage[b]; i < net.first_stage[b + 1]; ++i) {
          double* o = &organic[i * (c_ + 1)];
          for (std::size_t k = 0; k < fresh->molar.size(); ++k) o[k] = fresh->molar[k];
          o[c_] = total_extractant_molar(*fresh, circuit_.species);
        }
      }
      const std::vector<double> tank(organic.end() - static_cast<std::ptrdiff_t>(c_ + 1),
                                     organic.end());
      z_ = vessels_.filled(net, aqueous, organic, tank);
      mixer_equilibria();
    }
    z_start_ = z_;
    return restart();
  }

  /// What the aqueous feeds bring, as if nothing were extracted.
  void inert_aqueous(std::vector<double>& aqueous) const {
    const CircuitNetwork& net = equations_.network();
    const StagePlaces at = equations_.places();
    const std::size_t n = net.stages, tracers = StagePlaces::aqueous_tracers;
    const StepTerms terms = steady_terms(net);
    std::vector<double> u(equations_.unknowns(), 0.0);
    equations_.solve_tracers(terms, u);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t m = 0; m < tracers; ++m) {
        aqueous[i * at.aqueous_amounts() + c_ + m] = u[at.tracer(i, m)];
      }
    }
    // Charge moves with the aqueous alone; so does an inert metal.
    for (std::size_t k = 0; k < c_; ++k) {
      CircuitNetwork inert = net;
      for (std::size_t i = 0; i < n; ++i) {
        inert.tracers_in[i * tracers] = net.feed_aqueous[i * c_ + k];
      }
      CircuitEquations(std::move(inert)).solve_tracers(terms, u);
      for (std::size_t i = 0; i < n; ++i) {
        aqueous[i * at.aqueous_amounts() + k] = u[at.charge(i)];
      }
    }
  }

  /// u of every mixer alone, for the amounts it holds. Chemistry by a few passes of its own: a
  /// start, which Newton on the whole makes exact.
  void mixer_equilibria() {
    const CircuitNetwork& net = equations_.network();
    const StagePlaces at = equations_.places();
    const std::size_t wide = at.amounts();
    bool convex = true;
    for (const SpeciesLaw& law : net.laws) convex = convex && is_stoichiometric(law);
    std::vector<double> shift(c_), ln_d;
    for (std::size_t i = 0; i < net.stages; ++i) {
      const double va = vessels_.mixer_aqueous()[i], vo = vessels_.mixer_organic()[i];
      const double* held = &z_[i * wide];
      for (std::size_t m = 0; m < StagePlaces::aqueous_tracers; ++m) {
        u_[at.tracer(i, m)] = held[c_ + m] / va;
      }
      StageProblem s;
      s.law = net.laws.data();
      s.ln_d_shift = shift.data();
      s.total = held;
      s.species = static_cast<int>(c_);
      s.aqueous = va;
      s.organic_pool = s.organic = vo;
      s.charge = held[c_] / va;
      s.extractant = held[at.extractant_amount()] / vo;
      s.acid = net.acid;
      s.acid.sulfate = held[c_ + 1] / va;
      s.convex = convex;
      StageState state;
      state.ln_h = std::log(s.charge > 0.0 ? 0.3 * s.charge + 1e-4 : 1e-8);
      state.ln_x = std::log(0.5 * s.extractant);
      std::fill(shift.begin(), shift.end(), 0.0);
      const int passes = net.chemistry.active() ? 30 : 1;
      for (int pass = 0; pass < passes; ++pass) {
        solve_stage(s, state);
        const double free = std::exp(state.ln_x);
        for (std::size_t k = 0; k < c_; ++k) {
          const double d =
              std::exp(ln_distribution(net.laws[k], state.ln_x, state.ln_h, free) + shift[k]);
          u_[at.x(i, k)] = held[k] / (va + vo * d);
          u_[at.y(i, k)] = d * u_[at.x(i, k)];
        }
        u_[at.eta(i)] = state.ln_h;
        u_[at.xi(i)] = state.ln_x;
        if (!net.chemistry.active()) break;
        equations_.ln_distribution_at(i, u_, ln_d);
        double change = 0.0;
        for (std::size_t k = 0; k < c_; ++k) {
          const double now = ln_d[k] - ln_distribution(net.laws[k], state.ln_x, state.ln_h, free);
          change = std::max(change, std::fabs(now - shift[k]));
          shift[k] += 0.7 * (now - shift[k]);
        }
        if (change < 1e-6) break;
      }
    }
  }

  /// u and the first rates for the present amounts.
  bool restart() {
    vessels_.begin_step(equations_.network(), 0.0);
    vessels_.terms(equations_.network(), z_, 0.0, 0.0, terms_);
    equations_.forget_factor();
    const auto outcome = equations_.newton(terms_, u_, 1e-12, 60, false);
    count(outcome);
    if (!outcome.converged) return false;
    vessels_.forget_inlets(u_);
    vessels_.rates(equations_, terms_, z_, u_, rates_[0]);
    equations_.forget_factor();
    factored_weight_ = 0.0;
    return true;
  }

  void count(const CircuitEquations::NewtonOutcome& outcome) {
    result_.newton_iterations += outcome.iterations;
    result_.factorisations += outcome.factors;
  }

  /// One step of length h from z_, u_; error relative to the tolerance, or -1 if Newton failed.
  double attempt(double h, const std::vector<double>& floors, std::vector<double>& z_new,
                 std::vector<double>& u_new) {
    const double w = h * esdirk::gamma;
    if (!(w < 1.3 * factored_weight_ && w > factored_weight_ / 1.3)) {
      equations_.forget_factor();
      factored_weight_ = w;
    }
    vessels_.begin_step(equations_.network(), h);
    u_new = u_;
    std::vector<double> base(z_.size());
    for (int s = 1; s < esdirk::stages; ++s) {
      base = z_;
      for (int j = 0; j < s; ++j) {
        const double weight = h * esdirk::a[s][j];
        if (weight == 0.0) continue;
        for (std::size_t e = 0; e < base.size(); ++e) base[e] += weight * rates_[j][e];
      }
      vessels_.terms(equations_.network(), base, w, esdirk::c[s], terms_);
      const auto outcome = equations_.newton(terms_, u_new, newton_tolerance_, 25, true);
      count(outcome);
      if (!outcome.converged) return -1.0;
      vessels_.rates(equations_, terms_, base, u_new, rates_[s]);
    }
    z_new.resize(z_.size());
    double worst = 0.0;
    for (std::size_t e = 0; e < z_.size(); ++e) {
      double change = 0.0, error = 0.0;
      for (int s = 0; s < esdirk::stages; ++s) {
        change += esdirk::b[s] * rates_[s][e];
        error += (esdirk::b[s] - esdirk::lower[s]) * rates_[s][e];
      }
      z_new[e] = z_[e] + h * change;
      if (floors[e] > 0.0) {
        const double size = std::max(std::fabs(z_[e]), std::fabs(z_new[e])) + floors[e];
        worst = std::max(worst, std::fabs(h * error) / size);
      }
    }
    return worst / plan_.tolerance;
  }

  /// How fast anything above 1e-12 mol/L still moves: mixers relative to what flows through,
  /// settlers per hour.
  double unrest() const {
    const CircuitNetwork& net = equations_.network();
    double most = 0.0;
    for (std::size_t i = 0; i < net.stages; ++i) {
      const double* row = &u_[i * equations_.places().width()];
      for (std::size_t k = 0; k < c_; ++k) {
        const double through = net.aqueous[i] * (std::fabs(row[k]) + 1e-12) +
                               net.organic[i] * (std::fabs(row[c_ + k]) + 1e-12);
        most =
            std::max(most, std::fabs(rates_[0][i * equations_.places().amounts() + k]) / through);
      }
    }
    const auto floors = vessels_.floors(equations_, z_);
    for (std::size_t e = net.stages * equations_.places().amounts(); e < vessels_.produced_at();
         ++e) {
      if (floors[e] > 0.0) {
        most = std::max(most, std::fabs(rates_[0][e]) / (std::fabs(z_[e]) + 1e-6 * floors[e]));
      }
    }
    return most;
  }

  void record(double t) {
    const CircuitNetwork& net = equations_.network();
    DynamicsResult& r = result_;
    r.time_h.push_back(t);
    double rare_earths_fed = 0.0;
    for (std::size_t k = 0; k < c_; ++k) {
      if (is_rare_earth(r.species[k])) rare_earths_fed += net.fed[k];
    }
    for (std::size_t p = 0; p < net.products.size(); ++p) {
      double flow = 0.0, rare_earths = 0.0;
      std::vector<double> amount(c_);
      for (const Outlet& out : net.outlets) {
        if (out.product == p && out.counts_as_flow) flow += out.flow_l_per_h;
      }
      for (std::size_t k = 0; k < c_; ++k) {
        amount[k] = rates_[0][vessels_.produced_at() + p * c_ + k];
        if (is_rare_earth(r.species[k])) rare_earths += std::max(amount[k], 0.0);
      }
      r.product_flow_l_per_h.push_back(flow);
      for (std::size_t k = 0; k < c_; ++k) {
        r.product_molar.push_back(flow > 0.0 ? amount[k] / flow : 0.0);
        // Before metal arrives there is nothing to be pure.
        const bool counts = is_rare_earth(r.species[k]) && rare_earths > 1e-9 * rare_earths_fed;
        r.purity_fraction.push_back(counts ? std::max(amount[k], 0.0) / rare_earths : 0.0);
        r.produced_mol.push_back(z_[vessels_.produced_at() + p * c_ + k]);
      }
    }
    for (std::size_t k = 0; k < c_; ++k) {
      const double held = vessels_.inventory(z_, k), before = vessels_.inventory(z_start_, k);
      double out = 0.0;
      for (std::size_t p = 0; p < net.products.size(); ++p) {
        out += z_[vessels_.produced_at() + p * c_ + k];
      }
      const double in = z_[vessels_.entered_at() + k];
      const double size = std::max({std::fabs(in), std::fabs(out), held, before, 1e-300});
      r.inventory_mol.push_back(held);
      r.balance_relative.push_back((in - out - (held - before)) / size);
    }
    constexpr double ln10 = 2.302585092994045684;
    for (std::size_t b = 0; b < circuit_.banks.size(); ++b) {
      const auto eta = [&](std::size_t i) { return u_[equations_.places().eta(i)]; };
      r.ph_first.push_back(-eta(net.first_stage[b]) / ln10);
      r.ph_last.push_back(-eta(net.first_stage[b + 1] - 1) / ln10);
    }
  }

  bool phase(const std::string& cause, double from, double until) {
    DynamicsPhase phase;
    phase.cause = cause;
    phase.start_h = from;
    const std::size_t first_row = result_.time_h.size();
    if (stepped_ && !restart()) return fail(from, phase);
    record(from);
    const CircuitNetwork& net = equations_.network();
    double shortest = 1e300;
    for (std::size_t i = 0; i < net.stages; ++i) {
      const double v = vessels_.mixer_aqueous()[i] + vessels_.mixer_organic()[i];
      shortest = std::min(shortest, v / (net.aqueous[i] + net.organic[i]));
    }
    std::vector<double> stops = first_row == 0 ? vessels_.first_exits(net) : std::vector<double>{};
    for (double& stop : stops) stop += from;
    double t = from, h = 0.01 * shortest;
    const double most = vessels_.longest_step(net);
    std::vector<double> z_new, u_new;
    int failures = 0;
    bool quiet = false;
    while (t < until) {
      while (!stops.empty() && stops.front() <= t * (1.0 + 1e-14)) stops.erase(stops.begin());
      const double wall = stops.empty() ? until : std::min(until, stops.front());
      double step = std::min(h, most);
      bool lands = false;
      if (t + 1.01 * step >= wall) {
        // A plug-flow settler may be crossed in one step but not overshot.
        step = wall - t;
        lands = step <= most;
        if (!lands) step = most;
      }
      const auto floors = vessels_.floors(equations_, z_);
      const double error = attempt(step, floors, z_new, u_new);
      if (!(error >= 0.0 && error <= 1.0)) {
        ++result_.rejected;
        const bool newton = !(error >= 0.0);
        h = step * (newton ? 0.25 : std::max(0.2, 0.9 * std::pow(error, -0.25)));
        equations_.forget_factor();
        factored_weight_ = 0.0;
        if (++failures > 25 || !(h > 1e-12 * shortest)) return fail(t, phase);
        continue;
      }
      failures = 0;
      ++result_.steps;
      z_ = z_new;
      u_ = u_new;
      std::swap(rates_[0], rates_[esdirk::stages - 1]);
      vessels_.keep_step(equations_.network(), z_, u_);
      t = lands ? wall : t + step;
      record(t);
      h = step * std::min(4.0, 0.9 * std::pow(std::max(error, 1e-10), -0.25));
      const double moving = unrest();
      newton_tolerance_ = std::clamp(1e-3 * moving, 3e-13, 1e-3 * plan_.tolerance);
      if (plan_.until_steady && moving < 1e-10) {
        quiet = true;
        break;
      }
    }
    phase.end_h = t;
    phase.steady_reached = quiet;
    close(phase, first_row);
    return true;
  }

  bool fail(double t, DynamicsPhase& phase) {
    phase.end_h = t;
    phase.time_to_99_h.assign(result_.products.size() * c_, nan);
    phase.steady_molar.assign(result_.products.size() * c_, nan);
    phase.off_spec_kg.assign(specifications_.size(), nan);
    phase.on_spec_at_h.assign(specifications_.size(), nan);
    result_.phases.push_back(phase);
    result_.status_text =
        "no step small enough at " + fmt::format("{:.4g}", t) + " h (" + phase.cause + ")";
    return false;
  }

  /// The phase against the steady state of its circuit.
  void close(DynamicsPhase& phase, std::size_t first_row) {
    const CircuitNetwork& net = equations_.network();
    const std::size_t products = net.products.size(), rows = result_.time_h.size();
    phase.time_to_99_h.assign(products * c_, nan);
    phase.steady_molar.assign(products * c_, nan);
    const CircuitResult steady = simulate({circuit_}, engine_).front();
    phase.steady_known = steady.status == ItemStatus::ok;
    if (phase.steady_known) {
      for (std::size_t b = 0; b < steady.banks.size(); ++b) {
        const BankResult& bank = steady.banks[b];
        for (std::size_t e = 0; e < bank.aqueous_molar.size(); ++e) {
          const double* row = &u_[(net.first_stage[b] + e / c_) * equations_.places().width()];
          const auto compare = [&](double mine, double theirs) {
            if (theirs > 1e-12) {
              phase.steady_mismatch =
                  std::max(phase.steady_mismatch, std::fabs(mine - theirs) / theirs);
            }
          };
          compare(row[e % c_], bank.aqueous_molar[e]);
          compare(row[c_ + e % c_], bank.organic_molar[e]);
        }
      }
      for (std::size_t p = 0; p < products && p < steady.products.size(); ++p) {
        for (std::size_t k = 0; k < c_; ++k) {
          const double flow = result_.product_flow_l_per_h.back() >= 0.0
                                  ? result_.product_flow_l_per_h[(rows - 1) * products + p]
                                  : 0.0;
          const double target =
              flow > 0.0 ? steady.products[p].molar_flow_mol_per_h[k] / flow : 0.0;
          phase.steady_molar[p * c_ + k] = target;
          phase.time_to_99_h[p * c_ + k] =
              settling_time_h(result_, first_row, p, k, target, stepped_);
        }
      }
    }
    for (const Specification& spec : specifications_) {
      judge_specification(circuit_, result_, first_row, spec, phase);
    }
    result_.phases.push_back(phase);
  }
};

}  // namespace

DynamicsResult simulate_dynamics(const DynamicsPlan& plan, const Engine& engine) {
  check_plan(plan);
  return Run(plan, engine).all();
}

}  // namespace gadolin::separation
