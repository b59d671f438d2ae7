#include "models/separation/chemistry.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <deque>

#include <Eigen/Dense>

#include "models/separation/stage_chemistry.hpp"

namespace gadolin::separation {

namespace {

constexpr double goal = 1e-10;  // of ln D
constexpr std::size_t memory = 4;

/// Everything inert that enters each stage with the aqueous, mol/h.
template <class Value>
std::vector<double> fed_with_aqueous(const Bank& bank, Value&& value) {
  std::vector<double> in(static_cast<std::size_t>(bank.stages), 0.0);
  if (bank.aqueous_in.flow_l_per_h > 0.0) {
    in.back() += bank.aqueous_in.flow_l_per_h * value(bank.aqueous_in);
  }
  for (const StageFeed& f : bank.feeds) {
    if (!(f.aqueous.flow_l_per_h > 0.0)) continue;
    in[static_cast<std::size_t>(f.stage - 1)] += f.aqueous.flow_l_per_h * value(f.aqueous);
  }
  return in;
}

/// One bank on its way to a correction that agrees with its own stages.
struct Run {
  const BankTask* source = nullptr;
  BankTask task;  ///< with the present correction; filled where there is one
  StageChemistry chemistry;
  BankSolution solution;
  std::vector<double> salt, sulfate, fluoride;  // [stages]
  std::vector<AqueousAnswer> answers;           // [stages]
  std::deque<Eigen::VectorXd> points, images;
  int passes = 0;
  double change = 0.0;
  bool done = false;
};

/// The correction of the mixed aqueous inlets: the start for every stage.
std::vector<double> start_shift(const Run& run) {
  const Bank& bank = run.source->bank;
  const std::size_t c = run.source->circuit->species.size();
  std::vector<double> molar(c, 0.0);
  double flow = 0.0, h = 0.0, salt = 0.0, sulfate = 0.0, fluoride = 0.0;
  const auto add = [&](const AqueousStream& s) {
    if (!(s.flow_l_per_h > 0.0)) return;
    flow += s.flow_l_per_h;
    for (std::size_t k = 0; k < c; ++k) molar[k] += s.flow_l_per_h * s.molar[k];
    h += s.flow_l_per_h * std::max(s.h_molar, 0.0);
    salt += s.flow_l_per_h * s.salt_molar;
    sulfate += s.flow_l_per_h * s.sulfate_molar;
    fluoride += s.flow_l_per_h * s.fluoride_molar;
  };
  add(bank.aqueous_in);
  for (const StageFeed& f : bank.feeds) add(f.aqueous);
  if (flow > 0.0) {
    for (double& m : molar) m /= flow;
    const auto answer = run.chemistry.evaluate(
        {molar.data(), std::max(h / flow, 1e-3), salt / flow, sulfate / flow, fluoride / flow});
    if (answer.status == ItemStatus::ok) {
      std::vector<double> shift;
      for (int i = 0; i < bank.stages; ++i) {
        shift.insert(shift.end(), answer.ln_d_shift.begin(), answer.ln_d_shift.end());
      }
      return shift;
    }
  }
  return std::vector<double>(c * static_cast<std::size_t>(bank.stages), 0.0);
}

Run begin(const BankTask& task) {
  Run run;
  run.source = &task;
  const Circuit& circuit = *task.circuit;
  run.chemistry = StageChemistry(circuit.chemistry, circuit.species, circuit.ionic_product,
                                 std::pow(10.0, circuit.log10_ka_hso4));
  if (run.chemistry.active()) {
    run.task = task;
    if (task.ln_d_shift.empty()) run.task.ln_d_shift = start_shift(run);
  }
  return run;
}

/// What stays in the aqueous, per stage.
void inert_profiles(Run& run) {
  const BankResult& r = run.solution.result;
  const Bank& bank = run.source->bank;
  run.salt = inert_profile(
      bank, r, fed_with_aqueous(bank, [](const AqueousStream& s) { return s.salt_molar; }));
  run.sulfate = inert_profile(
      bank, r, fed_with_aqueous(bank, [](const AqueousStream& s) { return s.sulfate_molar; }));
  run.fluoride = inert_profile(
      bank, r, fed_with_aqueous(bank, [](const AqueousStream& s) { return s.fluoride_molar; }));
}

/// The chemistry of every stage as the banks left it.
void evaluate(Run& run) {
  const BankResult& r = run.solution.result;
  const std::size_t n = r.ph.size(), c = r.species.size();
  if (run.salt.empty()) inert_profiles(run);
  run.answers.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    run.answers[i] =
        run.chemistry.evaluate({r.aqueous_molar.data() + i * c, std::exp(run.solution.ln_h[i]),
                                run.salt[i], run.sulfate[i], run.fluoride[i]});
  }
}

/// Compares the correction with the one used, and chooses the next.
void advance(Run& run) {
  ++run.passes;
  const std::size_t n = run.answers.size();
  const std::size_t c = n > 0 ? run.answers.front().ln_d_shift.size() : 0;
  const auto size = static_cast<Eigen::Index>(n * c);
  const Eigen::VectorXd before = Eigen::Map<Eigen::VectorXd>(run.task.ln_d_shift.data(), size);
  Eigen::VectorXd after(size);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < c; ++k) {
      after[static_cast<Eigen::Index>(i * c + k)] = run.answers[i].ln_d_shift[k];
    }
  }
  const double change_before = run.change;
  run.change = size > 0 ? (after - before).cwiseAbs().maxCoeff() : 0.0;
  std::vector<double>& held = run.task.bound_sulfate_molar;  // used by the solve just done
  std::vector<double> bound;
  held.resize(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    bound.push_back(run.answers[i].bound_sulfate_molar);
    if (!(run.sulfate[i] > 0.0)) continue;
    run.change = std::max(run.change, std::fabs(bound[i] - held[i]) / run.sulfate[i]);
  }
  if (run.change <= goal || run.passes >= run.source->circuit->chemistry.most_passes) {
    run.done = true;
    return;
  }
  if (run.passes > 1 && run.change > 2.0 * change_before) {  // astray: begin the memory anew
    run.points.clear();
    run.images.clear();
  }
  run.points.push_back(before);
  run.images.push_back(after);
  if (run.points.size() > memory) {
    run.points.pop_front();
    run.images.pop_front();
  }
  Eigen::VectorXd next = after;
  const std::size_t m = run.points.size() - 1;
  if (m > 0) {
    Eigen::MatrixXd residual(size, static_cast<Eigen::Index>(m)), image = residual;
    for (std::size_t j = 0; j < m; ++j) {
      const auto col = static_cast<Eigen::Index>(j);
      image.col(col) = run.images[j + 1] - run.images[j];
      residual.col(col) = image.col(col) - (run.points[j + 1] - run.points[j]);
    }
    const Eigen::VectorXd mixed =
        after - image * residual.colPivHouseholderQr().solve(after - before);
    if (mixed.allFinite() && (mixed - after).cwiseAbs().maxCoeff() <= 4.0) next = mixed;
  }
  // Never by more than a factor of 50 in D at once.
  const Eigen::VectorXd step = (next - before).cwiseMax(-4.0).cwiseMin(4.0);
  run.task.ln_d_shift.resize(n * c);
  Eigen::Map<Eigen::VectorXd>(run.task.ln_d_shift.data(), size) = before + step;
  run.task.start_ln_h = run.solution.ln_h;
  run.task.start_ln_x = run.solution.ln_x;
  held = bound;
}

std::string stages_text(const std::vector<std::size_t>& stages, std::size_t n) {
  std::string text = stages.size() == 1 ? "stage " : "stages ";
  text += std::to_string(stages.front() + 1);
  if (stages.size() > 1) text += ".." + std::to_string(stages.back() + 1);
  return text + " (" + std::to_string(stages.size()) + " of " + std::to_string(n) + ")";
}

std::string digits(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", v);
  return text;
}

/// Stages where a mass-action constant is used outside the conditions it was measured at.
void check_windows(Run& run) {
  BankResult& r = run.solution.result;
  const Circuit& circuit = *run.source->circuit;
  const std::size_t n = r.ph.size(), c = circuit.species.size();
  if (r.out_of_window.size() != n) return;
  struct Quantity {
    const char* name;
    std::vector<std::size_t> stages;
    double worst = 0.0, excess = 0.0, limit = 0.0;
    std::string species;
  };
  Quantity quantities[] = {{"H (mol/L)", {}, 0, 0, 0, ""},
                           {"free extractant (mol/L)", {}, 0, 0, 0, ""},
                           {"ionic strength (mol/L)", {}, 0, 0, 0, ""},
                           {"loading of capacity", {}, 0, 0, 0, ""}};
  for (std::size_t i = 0; i < n; ++i) {
    const double values[] = {std::exp(-2.302585092994045684 * r.ph[i]), r.free_dimer_molar[i],
                             run.answers.empty() ? 0.0 : run.answers[i].ionic_strength_molar,
                             r.loading_fraction[i]};
    int outside = 0;
    for (std::size_t k = 0; k < c; ++k) {
      const Species& s = circuit.species[k];
      if (s.law != DistributionLaw::mass_action) continue;
      if (!(r.aqueous_molar[i * c + k] + r.organic_molar[i * c + k] > 0.0)) continue;
      const ValidityWindow& w = s.window;
      const double low[] = {w.h_min_molar, w.extractant_min_molar, 0.0, 0.0};
      const double high[] = {w.h_max_molar, w.extractant_max_molar, w.ionic_strength_max_molar,
                             w.loading_max_fraction};
      bool bad = false;
      for (int q = 0; q < 4; ++q) {
        // a window is a range of experiments, not a wall: a thousandth beyond it is inside
        const bool below = values[q]<low[q] * 0.999, above = values[q]> high[q] * 1.001;
        if (!below && !above) continue;
        bad = true;
        Quantity& x = quantities[q];
        if (x.stages.empty() || x.stages.back() != i) x.stages.push_back(i);
        const double excess =
            below ? std::log(low[q] / std::max(values[q], 1e-300)) : std::log(values[q] / high[q]);
        if (excess > x.excess) {
          x.excess = excess;
          x.worst = values[q];
          x.limit = below ? low[q] : high[q];
          x.species = s.name;
        }
      }
      outside += bad ? 1 : 0;
    }
    r.out_of_window[i] += outside;
  }
  for (const Quantity& q : quantities) {
    if (q.stages.empty()) continue;
    r.warnings.push_back(
        {"W-SEP-044", "bank " + r.name + ", " + stages_text(q.stages, n) + ": " + q.name + " " +
                          (q.worst < q.limit ? "falls to " : "reaches ") + digits(q.worst) +
                          ", the constant of " + q.species + " was measured " +
                          (q.worst < q.limit ? "down to " : "up to ") + digits(q.limit) +
                          " - extrapolated"});
  }
}

void finish(Run& run) {
  BankResult& r = run.solution.result;
  const std::size_t n = r.ph.size(), c = r.species.size();
  if (r.status == ItemStatus::out_of_range) return;
  if (run.chemistry.active()) {
    r.chemistry_passes = run.passes;
    r.chemistry_change = run.change;
    r.ln_d_shift = run.task.ln_d_shift;
    r.bound_sulfate_molar = run.task.bound_sulfate_molar;
    std::vector<std::size_t> clamped, unbalanced, protons;
    double ionic = 0.0, missing = 0.0, held = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      const AqueousAnswer& a = run.answers[i];
      r.ionic_strength_molar.push_back(a.ionic_strength_molar);
      r.ph_activity.push_back(a.ph_activity);
      r.free_anion_molar.push_back(a.free_anion_molar);
      if (run.chemistry.acid() >= 0) {
        const double h = r.aqueous_molar[i * c + static_cast<std::size_t>(run.chemistry.acid())];
        r.ph[i] = -std::log10(std::max(h, 1e-12));
      }
      if (a.clamped) {
        clamped.push_back(i);
        ionic = std::max(ionic, a.ionic_strength_molar);
      }
      if (a.missing_anion_molar > 1e-6 + 1e-3 * a.ionic_strength_molar) {
        unbalanced.push_back(i);
        missing = std::max(missing, a.missing_anion_molar);
      }
      if (a.missing_proton_molar > 0.01 * std::exp(run.solution.ln_h[i])) {
        protons.push_back(i);
        held = std::max(held, a.missing_proton_molar);
      }
      if (a.status != ItemStatus::ok && r.status == ItemStatus::ok) {
        r.status = ItemStatus::not_converged;
        r.status_text = "bank " + r.name + ", stage " + std::to_string(i + 1) +
                        ": the free ligands were not found";
      }
    }
    if (r.status == ItemStatus::ok && !(run.change <= goal)) {
      r.status = ItemStatus::not_converged;
      r.status_text = "bank " + r.name + ": activities and complexes still change ln D by " +
                      digits(run.change) + " after " + std::to_string(run.passes) + " passes";
    }
    const Chemistry& chemistry = run.source->circuit->chemistry;
    if (!clamped.empty()) {
      r.warnings.push_back(
          {"W-SEP-045", "bank " + r.name + ", " + stages_text(clamped, n) +
                            ": ionic strength up to " + digits(ionic) + " mol/L, above the " +
                            digits(activity_limit(static_cast<ActivityModel>(chemistry.activity))) +
                            " where " + to_string(chemistry.activity) + " ends - clamped there"});
    }
    if (!unbalanced.empty()) {
      r.warnings.push_back({"W-SEP-046", "bank " + r.name + ", " + stages_text(unbalanced, n) +
                                             ": the liquor is not neutral, " + digits(missing) +
                                             " mol/L of anion too many - check acid and sulfate"});
    }
    if (!protons.empty()) {
      r.warnings.push_back({"W-SEP-047", "bank " + r.name + ", " + stages_text(protons, n) +
                                             ": up to " + digits(held) +
                                             " mol/L of protons in HF and hydroxide complexes are "
                                             "not in the acid balance - pH approximate"});
    }
  }
  check_windows(run);
  if (run.salt.empty()) inert_profiles(run);
  r.raffinate.salt_molar = run.salt.front();
  r.raffinate.fluoride_molar = run.fluoride.front();
  r.last_salt_molar = run.salt.back();
  r.last_fluoride_molar = run.fluoride.back();
}

}  // namespace

std::vector<double> inert_profile(const Bank& bank, const BankResult& result,
                                  const std::vector<double>& fed) {
  const std::size_t n = fed.size();
  std::vector<double> draw_a(n, 0.0), draw_o(n, 0.0);
  for (const StageDraw& d : bank.draws) {
    draw_a[static_cast<std::size_t>(d.stage - 1)] += d.aqueous_fraction;
    draw_o[static_cast<std::size_t>(d.stage - 1)] += d.organic_fraction;
  }
  // out_i z_i = fed_i + down_(i+1) z_(i+1) + up_(i-1) z_(i-1), eliminated from stage 1 upwards.
  std::vector<double> up(n), down(n), pivot(n), right(n), z(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    up[i] = bank.entrained_aqueous_fraction * (1.0 - draw_o[i]) * result.organic_flow_l_per_h[i];
    down[i] = (1.0 - draw_a[i]) * result.aqueous_flow_l_per_h[i];
  }
  for (std::size_t i = 0; i < n; ++i) {
    const double back = i == 0 ? 0.0 : up[i - 1] / pivot[i - 1];
    pivot[i] = result.aqueous_flow_l_per_h[i] + up[i] - (i == 0 ? 0.0 : back * down[i]);
    right[i] = fed[i] + (i == 0 ? 0.0 : back * right[i - 1]);
  }
  for (std::size_t i = n; i-- > 0;) {
    z[i] = (right[i] + (i + 1 < n ? down[i + 1] * z[i + 1] : 0.0)) / pivot[i];
  }
  return z;
}

std::vector<BankSolution> solve_with_chemistry(const std::vector<BankTask>& tasks,
                                               const Engine& engine) {
  std::vector<Run> runs;
  bool any = false;
  for (const BankTask& task : tasks) {
    runs.push_back(begin(task));
    any = any || runs.back().chemistry.active();
  }
  bool first = true;
  for (;;) {
    std::vector<BankTask> busy;
    std::vector<Run*> owners;
    for (Run& run : runs) {
      if (run.done) continue;
      owners.push_back(&run);
      if (any) busy.push_back(run.chemistry.active() ? run.task : *run.source);
    }
    if (owners.empty()) break;
    auto solutions = solve_banks(first && !any ? tasks : busy, engine);
    first = false;
    for (std::size_t i = 0; i < owners.size(); ++i) {
      Run& run = *owners[i];
      run.solution = std::move(solutions[i]);
      if (run.solution.result.status == ItemStatus::out_of_range) {
        run.done = true;
      } else if (run.chemistry.active()) {
        evaluate(run);
        advance(run);
      } else {
        const auto& species = run.source->circuit->species;
        const bool asked = std::any_of(species.begin(), species.end(), [](const Species& s) {
          return s.window.ionic_strength_max_molar < 1e9;
        });
        if (asked) evaluate(run);
        run.done = true;
      }
    }
  }
  std::vector<BankSolution> out;
  for (Run& run : runs) {
    finish(run);
    out.push_back(std::move(run.solution));
  }
  return out;
}

}  // namespace gadolin::separation
