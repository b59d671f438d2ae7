#include "models/separation/simulate.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <deque>

#include <Eigen/Dense>

#include "models/core/element.hpp"
#include "models/separation/check_circuit.hpp"
#include "models/separation/chemistry.hpp"
#include "models/separation/solve_banks.hpp"
#include "models/separation/stage_chemistry.hpp"

namespace gadolin::separation {

namespace {

constexpr double loop_goal = 1e-13;  // of what is fed
constexpr int most_passes = 300;

/// One circuit on its way to the steady state.
struct Run {
  const Circuit* circuit = nullptr;
  std::vector<BankSolution> banks;
  OrganicStream loop;                   ///< organic entering the first bank
  std::vector<AqueousStream> returned;  ///< per circuit.returns
  std::vector<double> fed;              ///< [species] mol/h
  double saponified_mol_per_h = 0.0;    ///< base of the regeneration
  double make_up_l_per_h = 0.0;
  std::deque<Eigen::VectorXd> points, images;  ///< Anderson's memory
  int passes = 0;
  double change = 0.0;
  bool done = false;

  std::size_t species() const { return circuit->species.size(); }
  bool torn() const { return circuit->organic_loop_closed || !circuit->returns.empty(); }
};

std::size_t bank_index(const Circuit& circuit, const std::string& name) {
  for (std::size_t b = 0; b < circuit.banks.size(); ++b) {
    if (circuit.banks[b].name == name) return b;
  }
  return 0;
}

template <class F>
void for_each_aqueous(const Bank& bank, F&& f) {
  f(bank.aqueous_in, true);
  for (const StageFeed& feed : bank.feeds) f(feed.aqueous, feed.is_feed);
}

double rare_earth_molar(const Circuit& circuit, const std::vector<double>& molar) {
  double sum = 0.0;
  for (std::size_t k = 0; k < molar.size(); ++k) {
    if (is_rare_earth(circuit.species[k].name)) sum += molar[k];
  }
  return sum;
}

Run begin(const Circuit& circuit) {
  Run run;
  run.circuit = &circuit;
  const std::size_t c = circuit.species.size();
  run.banks.resize(circuit.banks.size());
  run.fed.assign(c, 0.0);
  run.loop = circuit.banks.front().organic_in;
  for (std::size_t b = 0; b < circuit.banks.size(); ++b) {
    const Bank& bank = circuit.banks[b];
    for_each_aqueous(bank, [&](const AqueousStream& s, bool) {
      if (!(s.flow_l_per_h > 0.0)) return;
      for (std::size_t k = 0; k < c; ++k) run.fed[k] += s.flow_l_per_h * s.molar[k];
    });
    const auto add = [&](const OrganicStream& s) {
      if (!(s.flow_l_per_h > 0.0)) return;
      for (std::size_t k = 0; k < c; ++k) run.fed[k] += s.flow_l_per_h * s.molar[k];
    };
    for (const StageFeed& feed : bank.feeds) add(feed.organic);
    const bool from_loop = b == 0 && circuit.organic_loop_closed;
    if (!bank.organic_from_previous && !from_loop) add(bank.organic_in);
  }
  for (const AqueousReturn& r : circuit.returns) {
    const Bank& from = circuit.banks[bank_index(circuit, r.from_bank)];
    AqueousStream s;
    for_each_aqueous(from,
                     [&](const AqueousStream& in, bool) { s.flow_l_per_h += in.flow_l_per_h; });
    s.flow_l_per_h *= r.fraction;
    s.molar.assign(c, 0.0);
    s.h_molar = from.aqueous_in.h_molar;
    run.returned.push_back(s);
  }
  return run;
}

BankTask task_of(const Run& run, std::size_t b) {
  const Circuit& circuit = *run.circuit;
  BankTask task;
  task.circuit = &circuit;
  task.bank = circuit.banks[b];
  if (b == 0 && circuit.organic_loop_closed) task.bank.organic_in = run.loop;
  if (task.bank.organic_from_previous) {
    const BankSolution& before = run.banks[b - 1];
    task.bank.organic_in = before.result.extract;
    if (before.entrained_aqueous_l_per_h > 0.0) {
      const BankResult& r = before.result;
      const std::size_t c = run.species(), last = (r.ph.size() - 1);
      StageFeed feed;
      feed.name = "entrained";
      feed.stage = 1;
      feed.aqueous.flow_l_per_h = before.entrained_aqueous_l_per_h;
      feed.aqueous.molar.assign(r.aqueous_molar.begin() + static_cast<std::ptrdiff_t>(last * c),
                                r.aqueous_molar.end());
      feed.aqueous.h_molar = r.last_h_molar;
      feed.aqueous.sulfate_molar = r.last_sulfate_molar;
      feed.aqueous.salt_molar = r.last_salt_molar;
      feed.aqueous.fluoride_molar = r.last_fluoride_molar;
      task.bank.feeds.push_back(feed);
    }
  }
  for (std::size_t i = 0; i < circuit.returns.size(); ++i) {
    const AqueousReturn& r = circuit.returns[i];
    if (r.to_bank != task.bank.name) continue;
    StageFeed feed;
    feed.name = "return from " + r.from_bank;
    feed.stage = r.to_stage;
    feed.aqueous = run.returned[i];
    task.bank.feeds.push_back(feed);
  }
  task.start_ln_h = run.banks[b].ln_h;
  task.start_ln_x = run.banks[b].ln_x;
  task.ln_d_shift = run.banks[b].result.ln_d_shift;
  task.bound_sulfate_molar = run.banks[b].result.bound_sulfate_molar;
  return task;
}

/// Bleed, make-up and saponification: the solvent that enters the first bank next.
OrganicStream regenerate(Run& run) {
  const Circuit& circuit = *run.circuit;
  const Regeneration& g = circuit.regeneration;
  const OrganicStream& design = circuit.banks.front().organic_in;
  const OrganicStream& spent = run.banks.back().result.extract;
  const double design_total = total_extractant_molar(design, circuit.species);
  OrganicStream next;
  next.flow_l_per_h = design.flow_l_per_h;
  const double kept = (1.0 - g.bleed_fraction) * spent.flow_l_per_h;
  run.make_up_l_per_h = next.flow_l_per_h - kept;
  next.molar.resize(run.species());
  for (std::size_t k = 0; k < next.molar.size(); ++k) {
    next.molar[k] = kept * spent.molar[k] / next.flow_l_per_h;
  }
  const double total =
      (kept * total_extractant_molar(spent, circuit.species) + run.make_up_l_per_h * design_total) /
      next.flow_l_per_h;
  run.saponified_mol_per_h = 0.0;
  for (std::size_t k = 0; k < next.molar.size(); ++k) {
    const Species& s = circuit.species[k];
    if (s.name != g.saponified_species || !(s.dimers > 0.0)) continue;
    const double wanted = g.saponified_fraction * total / s.dimers;
    run.saponified_mol_per_h = (wanted - next.molar[k]) * next.flow_l_per_h;
    next.molar[k] = wanted;
  }
  double bound = 0.0;
  for (std::size_t k = 0; k < next.molar.size(); ++k) {
    bound += circuit.species[k].dimers * next.molar[k];
  }
  next.free_dimer_molar = total - bound;
  return next;
}

Eigen::VectorXd pack(const Run& run, const OrganicStream& loop,
                     const std::vector<AqueousStream>& returned) {
  std::vector<double> v;
  if (run.circuit->organic_loop_closed) {
    v.insert(v.end(), loop.molar.begin(), loop.molar.end());
    v.push_back(loop.free_dimer_molar);
  }
  for (const AqueousStream& s : returned) {
    v.push_back(s.flow_l_per_h);
    v.insert(v.end(), s.molar.begin(), s.molar.end());
    v.push_back(s.h_molar);
    v.push_back(s.sulfate_molar);
    v.push_back(s.salt_molar);
    v.push_back(s.fluoride_molar);
  }
  return Eigen::Map<Eigen::VectorXd>(v.data(), static_cast<Eigen::Index>(v.size()));
}

void unpack(Run& run, const Eigen::VectorXd& v) {
  Eigen::Index at = 0;
  if (run.circuit->organic_loop_closed) {
    for (double& m : run.loop.molar) m = v[at++];
    run.loop.free_dimer_molar = v[at++];
  }
  for (AqueousStream& s : run.returned) {
    s.flow_l_per_h = v[at++];
    for (double& m : s.molar) m = v[at++];
    s.h_molar = v[at++];
    s.sulfate_molar = v[at++];
    s.salt_molar = v[at++];
    s.fluoride_molar = v[at++];
  }
}

/// What one mol/L (or L/h) of each torn number means: its flow over what is fed.
Eigen::VectorXd weights(const Run& run, const Eigen::VectorXd& v) {
  Eigen::VectorXd w(v.size());
  Eigen::Index at = 0;
  const auto relative = [&](double size) { return 1.0 / std::max(size, 1e-300); };
  const auto metal = [&](std::size_t k, double flow) {
    return run.fed[k] > 0.0 ? flow / run.fed[k] : relative(std::fabs(v[at]));
  };
  if (run.circuit->organic_loop_closed) {
    for (std::size_t k = 0; k < run.species(); ++k, ++at) w[at] = metal(k, run.loop.flow_l_per_h);
    w[at] = relative(std::fabs(v[at]));
    ++at;
  }
  for (const AqueousStream& s : run.returned) {
    w[at] = relative(std::fabs(v[at]));
    ++at;
    for (std::size_t k = 0; k < run.species(); ++k, ++at) w[at] = metal(k, s.flow_l_per_h);
    for (int i = 0; i < 4; ++i, ++at) w[at] = relative(std::max(std::fabs(v[at]), 1e-3));
  }
  return w;
}

bool usable(const Run& run, const Eigen::VectorXd& v) {
  Run trial;
  trial.circuit = run.circuit;
  trial.loop = run.loop;
  trial.returned = run.returned;
  unpack(trial, v);
  bool good = v.allFinite();
  if (run.circuit->organic_loop_closed) {
    good = good && trial.loop.free_dimer_molar > 0.0;
    for (double m : trial.loop.molar) good = good && m >= 0.0;
  }
  for (const AqueousStream& s : trial.returned) {
    good = good && s.flow_l_per_h > 0.0 && s.sulfate_molar >= 0.0 && s.salt_molar >= 0.0 &&
           s.fluoride_molar >= 0.0;
    for (double m : s.molar) good = good && m >= 0.0;
  }
  return good;
}

/// Compares the torn streams with what came round, and chooses the next start.
void advance(Run& run) {
  ++run.passes;
  if (!run.torn()) {
    run.done = true;
    return;
  }
  const Circuit& circuit = *run.circuit;
  for (const BankSolution& bank : run.banks) {
    if (bank.result.status == ItemStatus::out_of_range) run.done = true;
  }
  if (run.done) return;
  const Eigen::VectorXd before = pack(run, run.loop, run.returned);
  const OrganicStream loop = circuit.organic_loop_closed ? regenerate(run) : run.loop;
  std::vector<AqueousStream> returned;
  for (const AqueousReturn& r : circuit.returns) {
    AqueousStream s = run.banks[bank_index(circuit, r.from_bank)].result.raffinate;
    s.flow_l_per_h *= r.fraction;
    returned.push_back(s);
  }
  const Eigen::VectorXd after = pack(run, loop, returned);
  const Eigen::VectorXd w = weights(run, after);
  run.change = (after - before).cwiseProduct(w).cwiseAbs().maxCoeff();
  if (run.change <= loop_goal) {
    run.done = true;  // the torn streams stay what the banks were solved with
    return;
  }
  run.points.push_back(before);
  run.images.push_back(after);
  if (run.points.size() > 6) {
    run.points.pop_front();
    run.images.pop_front();
  }
  Eigen::VectorXd next = after;
  const std::size_t m = run.points.size() - 1;
  if (m > 0) {
    Eigen::MatrixXd d_residual(after.size(), static_cast<Eigen::Index>(m));
    Eigen::MatrixXd d_image(after.size(), static_cast<Eigen::Index>(m));
    for (std::size_t j = 0; j < m; ++j) {
      const auto col = static_cast<Eigen::Index>(j);
      d_image.col(col) = run.images[j + 1] - run.images[j];
      d_residual.col(col) =
          (d_image.col(col) - (run.points[j + 1] - run.points[j])).cwiseProduct(w);
    }
    const Eigen::VectorXd gamma =
        d_residual.colPivHouseholderQr().solve((after - before).cwiseProduct(w));
    const Eigen::VectorXd mixed = after - d_image * gamma;
    if (usable(run, mixed)) next = mixed;
  }
  unpack(run, next);
}

Product product(const Run& run, const std::string& name, const std::string& bank,
                const std::string& phase, double flow, std::vector<double> amounts) {
  Product p;
  p.name = name;
  p.bank = bank;
  p.phase = phase;
  p.flow_l_per_h = flow;
  double rare_earths_total = 0.0;
  for (std::size_t k = 0; k < amounts.size(); ++k) {
    if (is_rare_earth(run.circuit->species[k].name)) rare_earths_total += amounts[k];
  }
  for (std::size_t k = 0; k < amounts.size(); ++k) {
    p.recovery_fraction.push_back(run.fed[k] > 0.0 ? amounts[k] / run.fed[k] : 0.0);
    const bool counts = is_rare_earth(run.circuit->species[k].name) && rare_earths_total > 0.0;
    p.purity_fraction.push_back(counts ? amounts[k] / rare_earths_total : 0.0);
  }
  p.molar_flow_mol_per_h = std::move(amounts);
  return p;
}

void collect_products(const Run& run, CircuitResult& result) {
  const Circuit& circuit = *run.circuit;
  const std::size_t c = run.species();
  const auto scaled = [&](const double* molar, double flow) {
    std::vector<double> amounts(c);
    for (std::size_t k = 0; k < c; ++k) amounts[k] = flow * molar[k];
    return amounts;
  };
  for (std::size_t b = 0; b < circuit.banks.size(); ++b) {
    const Bank& bank = circuit.banks[b];
    const BankSolution& solution = run.banks[b];
    const BankResult& r = solution.result;
    if (r.status == ItemStatus::out_of_range) continue;
    double returned = 0.0;
    for (const AqueousReturn& ret : circuit.returns) {
      if (ret.from_bank == bank.name) returned += ret.fraction;
    }
    const double flow = r.raffinate.flow_l_per_h * (1.0 - returned);
    auto amounts = scaled(r.aqueous_molar.data(), flow);
    for (std::size_t k = 0; k < c; ++k) {
      amounts[k] += solution.entrained_organic_l_per_h * r.organic_molar[k];
    }
    result.products.push_back(
        product(run, bank.raffinate_name.empty() ? bank.name + " raffinate" : bank.raffinate_name,
                bank.name, "aqueous", flow, std::move(amounts)));
    for (const StageDraw& draw : bank.draws) {
      const std::size_t i = static_cast<std::size_t>(draw.stage - 1);
      const std::string name =
          draw.name.empty() ? bank.name + " draw " + std::to_string(draw.stage) : draw.name;
      if (draw.aqueous_fraction > 0.0) {
        const double f = draw.aqueous_fraction * r.aqueous_flow_l_per_h[i];
        result.products.push_back(
            product(run, name, bank.name, "aqueous", f, scaled(&r.aqueous_molar[i * c], f)));
      }
      if (draw.organic_fraction > 0.0) {
        const double f = draw.organic_fraction * r.organic_flow_l_per_h[i];
        result.products.push_back(
            product(run, name, bank.name, "organic", f, scaled(&r.organic_molar[i * c], f)));
      }
    }
    const std::size_t last = (r.ph.size() - 1) * c;
    const bool goes_on = b + 1 < circuit.banks.size() && circuit.banks[b + 1].organic_from_previous;
    if (!goes_on) {
      const bool recycled = b + 1 == circuit.banks.size() && circuit.organic_loop_closed;
      const double f =
          r.extract.flow_l_per_h * (recycled ? circuit.regeneration.bleed_fraction : 1.0);
      if (f > 0.0) {
        result.products.push_back(product(run, recycled ? "solvent bleed" : bank.name + " extract",
                                          bank.name, "organic", f,
                                          scaled(&r.organic_molar[last], f)));
      }
      if (solution.entrained_aqueous_l_per_h > 0.0) {
        const double a = solution.entrained_aqueous_l_per_h;
        result.products.push_back(product(run, bank.name + " entrained aqueous", bank.name,
                                          "aqueous", a, scaled(&r.aqueous_molar[last], a)));
      }
    }
  }
}

/// W-SEP-005 where nearly all rare earths fed leave in one of several products.
void warn_of_no_separation(const Run& run, CircuitResult& result) {
  double fed = 0.0;
  int kinds = 0;
  for (std::size_t k = 0; k < run.species(); ++k) {
    if (!is_rare_earth(run.circuit->species[k].name) || !(run.fed[k] > 0.0)) continue;
    fed += run.fed[k];
    ++kinds;
  }
  if (kinds < 2 || result.products.size() < 2) return;
  for (const Product& p : result.products) {
    double here = 0.0;
    for (std::size_t k = 0; k < run.species(); ++k) {
      if (is_rare_earth(run.circuit->species[k].name)) here += p.molar_flow_mol_per_h[k];
    }
    if (here < 0.999 * fed) continue;
    char share[32];
    std::snprintf(share, sizeof share, "%.2f", 100.0 * here / fed);
    result.warnings.push_back(
        {"W-SEP-005", std::string(share) + " % of all rare earths fed leave in " + p.name +
                          ": the circuit separates nothing; look at the solvent flow, its "
                          "capacity and the acid"});
  }
}

/// W-SEP-048 where constants meet another aqueous chemistry than they were fitted with.
void warn_of_chemistry(const Circuit& circuit, CircuitResult& result) {
  const Chemistry& c = circuit.chemistry;
  const bool mass_action = std::any_of(circuit.species.begin(), circuit.species.end(), [](auto& s) {
    return s.law == DistributionLaw::mass_action;
  });
  if (!mass_action ||
      (c.activity == c.constants_activity && c.complexes == c.constants_complexes)) {
    return;
  }
  const auto words = [](ActivityChoice activity, bool complexes) {
    return std::string("activity ") + to_string(activity) + (complexes ? " with" : " without") +
           " complexes";
  };
  result.warnings.push_back(
      {"W-SEP-048", "the constants hold for " + words(c.constants_activity, c.constants_complexes) +
                        ", the circuit uses " + words(c.activity, c.complexes) +
                        ": K is conditional, refit it"});
}

CircuitResult finish(Run& run) {
  const Circuit& circuit = *run.circuit;
  const std::size_t c = run.species();
  CircuitResult result;
  result.name = circuit.name;
  result.extractant = circuit.extractant.name;
  result.fed_mol_per_h = run.fed;
  result.loop_iterations = run.passes;
  result.loop_change = run.change;
  result.status = ItemStatus::ok;
  for (const BankSolution& bank : run.banks) {
    if (bank.result.status != ItemStatus::ok && result.status == ItemStatus::ok) {
      result.status = bank.result.status;
      result.status_text = bank.result.status_text;
    }
  }
  if (result.status == ItemStatus::ok && run.torn() && !(run.change <= loop_goal)) {
    char text[160];
    std::snprintf(text, sizeof text,
                  "the organic loop or a return still changes by %.2g of the feed after %d passes",
                  run.change, run.passes);
    result.status = ItemStatus::not_converged;
    result.status_text = text;
  }
  collect_products(run, result);
  // Closure over the circuit, and the reagents.
  std::vector<double> in = run.fed, out(c, 0.0);
  for (std::size_t k = 0; k < c; ++k) {
    result.species.push_back(circuit.species[k].name);
    if (circuit.organic_loop_closed &&
        circuit.species[k].name == circuit.regeneration.saponified_species) {
      in[k] += run.saponified_mol_per_h;
    }
    for (const Product& p : result.products) out[k] += p.molar_flow_mol_per_h[k];
    const double size = std::max(in[k], out[k]);
    result.closure_relative.push_back(size > 0.0 ? std::fabs(in[k] - out[k]) / size : 0.0);
  }
  result.base_mol_per_h = std::max(run.saponified_mol_per_h, 0.0);
  result.saponified_mol_per_h = run.saponified_mol_per_h;
  result.make_up_l_per_h = run.make_up_l_per_h;
  result.make_up_extractant_mol_per_h =
      run.make_up_l_per_h *
      total_extractant_molar(circuit.banks.front().organic_in, circuit.species);
  for (std::size_t b = 0; b < circuit.banks.size(); ++b) {
    const Bank& bank = circuit.banks[b];
    for_each_aqueous(bank, [&](const AqueousStream& s, bool is_feed) {
      if (!(s.flow_l_per_h > 0.0)) return;
      const double h = s.flow_l_per_h * s.h_molar;
      if (h < 0.0) result.base_mol_per_h -= h;
      if (h > 0.0 && (!is_feed || rare_earth_molar(circuit, s.molar) == 0.0)) {
        result.acid_mol_per_h += h;
      }
    });
    const bool inside = bank.organic_from_previous || (b == 0 && circuit.organic_loop_closed);
    if (inside || !(bank.organic_in.flow_l_per_h > 0.0)) continue;
    for (std::size_t k = 0; k < c; ++k) {
      if (circuit.species[k].protons == 1.0) {
        result.base_mol_per_h += bank.organic_in.flow_l_per_h * bank.organic_in.molar[k];
      }
    }
  }
  if (result.status == ItemStatus::ok) warn_of_no_separation(run, result);
  result.worst_evidence = EvidenceClass::measured;
  std::string resting[4];
  for (std::size_t k = 0; k < c; ++k) {
    const Species& s = circuit.species[k];
    result.evidence.push_back(s.name + ": " + to_string(s.evidence) +
                              (s.source.empty() ? "" : ", " + s.source));
    if (!(in[k] > 0.0)) continue;
    result.worst_evidence = std::max(result.worst_evidence, s.evidence);
    resting[static_cast<int>(s.evidence)] += " " + s.name;
    // and on what corrects them
    const EvidenceClass aqueous = aqueous_evidence(circuit, s);
    result.worst_evidence = std::max(result.worst_evidence, aqueous);
    if (aqueous > s.evidence) resting[static_cast<int>(aqueous)] += " " + s.name + " (aqueous)";
  }
  for (BankSolution& bank : run.banks) {
    for (const Warning& w : bank.result.warnings) result.warnings.push_back(w);
    result.banks.push_back(std::move(bank.result));
  }
  warn_of_chemistry(circuit, result);
  if (result.worst_evidence >= EvidenceClass::estimated) {
    std::string text = "the result rests on constants not measured:";
    for (EvidenceClass e : {EvidenceClass::memory, EvidenceClass::estimated}) {
      const std::string& names = resting[static_cast<int>(e)];
      if (!names.empty()) text += std::string(" ") + to_string(e) + names + ";";
    }
    text.pop_back();
    result.warnings.push_back({"W-SEP-004", text});
  }
  return result;
}

}  // namespace

std::vector<CircuitResult> simulate(const std::vector<Circuit>& circuits, const Engine& engine) {
  for (const Circuit& circuit : circuits) check_circuit(circuit);
  return simulate_checked(circuits, engine);
}

std::vector<CircuitResult> simulate_checked(const std::vector<Circuit>& circuits,
                                            const Engine& engine) {
  std::vector<Run> runs;
  std::size_t most_banks = 0;
  for (const Circuit& circuit : circuits) {
    runs.push_back(begin(circuit));
    most_banks = std::max(most_banks, circuit.banks.size());
  }
  for (int pass = 0; pass < most_passes; ++pass) {
    bool busy = false;
    for (std::size_t b = 0; b < most_banks; ++b) {
      std::vector<BankTask> tasks;
      std::vector<Run*> owners;
      for (Run& run : runs) {
        if (run.done || b >= run.circuit->banks.size()) continue;
        tasks.push_back(task_of(run, b));
        owners.push_back(&run);
      }
      auto solutions = solve_with_chemistry(tasks, engine);
      for (std::size_t i = 0; i < owners.size(); ++i) owners[i]->banks[b] = std::move(solutions[i]);
      busy = busy || !owners.empty();
    }
    if (!busy) break;
    for (Run& run : runs) {
      if (!run.done) advance(run);
    }
  }
  std::vector<CircuitResult> results;
  for (Run& run : runs) results.push_back(finish(run));
  return results;
}

}  // namespace gadolin::separation
