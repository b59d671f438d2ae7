#include "models/separation/solve_banks.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/exec/batch_memory.hpp"
#include "kernels/exec/launch.hpp"
#include "kernels/separation/bank_kernel.hpp"
#include "models/core/number_text.hpp"
#include "models/separation/species_law.hpp"

namespace gadolin::separation {

namespace {

constexpr double ln10 = 2.302585092994045684;

/// Volumes and the two conserved totals of one bank.
struct Assembled {
  std::vector<StageFlows> flows;
  std::vector<double> feed_a, feed_o;  // [stages, species] mol/h
  std::vector<double> acid_in;         // [stages] proton total of the aqueous feeds, mol/h
  std::vector<double> extractant_in;   // [stages] mol/h
  std::vector<double> sulfate;         // [stages] total, mol/L
};

/// out_i z_i - up_(i-1) z_(i-1) - down_(i+1) z_(i+1) = in_i
std::vector<double> carry_inert(const std::vector<double>& out, const std::vector<double>& up,
                                const std::vector<double>& down, const std::vector<double>& in) {
  const std::size_t n = out.size();
  std::vector<double> pivot(n), right(n), z(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double back = i == 0 ? 0.0 : up[i - 1] / pivot[i - 1];
    pivot[i] = out[i] - (i == 0 ? 0.0 : back * down[i]);
    right[i] = in[i] + (i == 0 ? 0.0 : back * right[i - 1]);
  }
  for (std::size_t i = n; i-- > 0;) {
    z[i] = (right[i] + (i + 1 < n ? down[i + 1] * z[i + 1] : 0.0)) / pivot[i];
  }
  return z;
}

Assembled assemble(const BankTask& task) {
  const Bank& bank = task.bank;
  const auto& species = task.circuit->species;
  const std::size_t n = static_cast<std::size_t>(bank.stages), c = species.size();
  Assembled a;
  a.flows.resize(n);
  a.feed_a.assign(n * c, 0.0);
  a.feed_o.assign(n * c, 0.0);
  a.acid_in.assign(n, 0.0);
  a.extractant_in.assign(n, 0.0);
  std::vector<double> in_a(n, 0.0), in_o(n, 0.0), charge_in(n, 0.0), sulfate_in(n, 0.0);
  std::vector<double> draw_a(n, 0.0), draw_o(n, 0.0);
  const auto add_aqueous = [&](std::size_t i, const AqueousStream& s) {
    if (!(s.flow_l_per_h > 0.0)) return;
    in_a[i] += s.flow_l_per_h;
    double charge = s.h_molar;
    for (std::size_t k = 0; k < c; ++k) {
      a.feed_a[i * c + k] += s.flow_l_per_h * s.molar[k];
      charge += species[k].protons * s.molar[k];
    }
    a.acid_in[i] += s.flow_l_per_h * s.h_molar;
    charge_in[i] += s.flow_l_per_h * charge;
    sulfate_in[i] += s.flow_l_per_h * s.sulfate_molar;
  };
  const auto add_organic = [&](std::size_t i, const OrganicStream& s) {
    if (!(s.flow_l_per_h > 0.0)) return;
    in_o[i] += s.flow_l_per_h;
    for (std::size_t k = 0; k < c; ++k) a.feed_o[i * c + k] += s.flow_l_per_h * s.molar[k];
    a.extractant_in[i] += s.flow_l_per_h * total_extractant_molar(s, species);
  };
  add_aqueous(n - 1, bank.aqueous_in);
  add_organic(0, bank.organic_in);
  for (const StageFeed& feed : bank.feeds) {
    add_aqueous(static_cast<std::size_t>(feed.stage - 1), feed.aqueous);
    add_organic(static_cast<std::size_t>(feed.stage - 1), feed.organic);
  }
  for (const StageDraw& draw : bank.draws) {
    draw_a[static_cast<std::size_t>(draw.stage - 1)] += draw.aqueous_fraction;
    draw_o[static_cast<std::size_t>(draw.stage - 1)] += draw.organic_fraction;
  }
  // Main phase volumes leaving each stage; entrained volumes couple the two sweeps weakly.
  std::vector<double> organic(n, 0.0), aqueous(n, 0.0), up_a(n, 0.0), down_o(n, 0.0);
  for (int sweep = 0; sweep < 500; ++sweep) {
    double change = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      const double below = i == 0 ? 0.0 : (1.0 - draw_o[i - 1]) * organic[i - 1];
      const double value = below + in_o[i] + (i + 1 < n ? down_o[i + 1] : 0.0) - down_o[i];
      change = std::max(change, std::fabs(value - organic[i]) / std::max(value, 1e-300));
      organic[i] = value;
      up_a[i] = bank.entrained_aqueous_fraction * (1.0 - draw_o[i]) * value;
    }
    for (std::size_t i = n; i-- > 0;) {
      const double above = i + 1 == n ? 0.0 : (1.0 - draw_a[i + 1]) * aqueous[i + 1];
      const double value = above + in_a[i] + (i == 0 ? 0.0 : up_a[i - 1]) - up_a[i];
      change = std::max(change, std::fabs(value - aqueous[i]) / std::max(value, 1e-300));
      aqueous[i] = value;
      down_o[i] = bank.entrained_organic_fraction * (1.0 - draw_a[i]) * value;
    }
    if (change < 1e-15) break;
  }
  std::vector<double> out_a(n), down_a(n), out_o(n), up_o(n);
  for (std::size_t i = 0; i < n; ++i) {
    StageFlows& w = a.flows[i];
    w.aqueous_drawn = draw_a[i] * aqueous[i];
    w.aqueous_down = aqueous[i] - w.aqueous_drawn;
    w.aqueous_up = up_a[i];
    w.organic = organic[i] + down_o[i];
    w.share_down = down_o[i] / w.organic;
    w.share_drawn = draw_o[i] * organic[i] / w.organic;
    w.share_up = (1.0 - draw_o[i]) * organic[i] / w.organic;
    w.bypass = 1.0 - bank.murphree_efficiency;
    const double main = (i == 0 ? 0.0 : (1.0 - draw_o[i - 1]) * organic[i - 1]) + in_o[i];
    w.organic_main = main;
    w.organic_pool = w.organic - w.bypass * main;
    out_a[i] = w.aqueous();
    down_a[i] = w.aqueous_down;
    out_o[i] = w.organic;
    up_o[i] = w.share_up * w.organic;
  }
  const auto charge = carry_inert(out_a, up_a, down_a, charge_in);
  const auto sulfate = carry_inert(out_a, up_a, down_a, sulfate_in);
  a.sulfate = sulfate;
  const auto extractant = carry_inert(out_o, up_o, down_o, a.extractant_in);
  for (std::size_t i = 0; i < n; ++i) {
    a.flows[i].charge = charge[i];
    const bool held = i < task.bound_sulfate_molar.size();
    a.flows[i].sulfate = std::max(0.0, sulfate[i] - (held ? task.bound_sulfate_molar[i] : 0.0));
    a.flows[i].extractant = extractant[i];
  }
  return a;
}

void add_warnings(const BankTask& task, BankResult& r) {
  const Bank& bank = task.bank;
  const auto n = static_cast<std::size_t>(bank.stages);
  const auto range = [&](const std::vector<std::size_t>& stages) {
    std::string text = stages.size() == 1 ? "stage " : "stages ";
    text += std::to_string(stages.front() + 1);
    if (stages.size() > 1) text += ".." + std::to_string(stages.back() + 1);
    return text + " (" + std::to_string(stages.size()) + " of " + std::to_string(n) + ")";
  };
  std::vector<std::size_t> ratio, gel, window;
  double worst_ratio = 1.0, worst_loading = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    const double oa = r.organic_flow_l_per_h[i] / r.aqueous_flow_l_per_h[i];
    if (oa < credible_phase_ratio_min || oa > credible_phase_ratio_max) {
      ratio.push_back(i);
      if (std::fabs(std::log(oa)) > std::fabs(std::log(worst_ratio))) worst_ratio = oa;
    }
    if (r.loading_fraction[i] > task.circuit->extractant.gel_fraction) {
      gel.push_back(i);
      worst_loading = std::max(worst_loading, r.loading_fraction[i]);
    }
    if (r.out_of_window[i] > 0) window.push_back(i);
  }
  if (!ratio.empty()) {
    r.warnings.push_back({"W-SEP-001", "bank " + bank.name + ", " + range(ratio) +
                                           ": O/A = " + number_text(worst_ratio, 3) +
                                           ", outside 1:10-10:1 - result kept, not credible"});
  }
  if (!gel.empty()) {
    r.warnings.push_back({"W-SEP-002", "bank " + bank.name + ", " + range(gel) +
                                           ": loading up to " + number_text(worst_loading, 3) +
                                           " of capacity, above the gel limit " +
                                           number_text(task.circuit->extractant.gel_fraction, 3) +
                                           " - a third phase is likely"});
  }
  if (!window.empty()) {
    r.warnings.push_back({"W-SEP-003", "bank " + bank.name + ", " + range(window) +
                                           ": a distribution line is used outside its window of pH "
                                           "or dosage - extrapolated"});
  }
}

void fill(const BankTask& task, const Assembled& a, const double* x, const double* y,
          const double* ln_h, const double* ln_x, const BankOutcome& outcome, BankSolution& out) {
  const Bank& bank = task.bank;
  const auto& species = task.circuit->species;
  const Extractant& extractant = task.circuit->extractant;
  const std::size_t n = static_cast<std::size_t>(bank.stages), c = species.size();
  BankResult& r = out.result;
  r.name = bank.name;
  r.status = outcome.status;
  r.iterations = outcome.newton;
  r.largest_residual = outcome.residual;
  if (outcome.status == ItemStatus::not_converged) {
    r.status_text = "bank " + bank.name + " did not converge: stage " +
                    std::to_string(outcome.worst_stage + 1) + " of " + std::to_string(n) + ", " +
                    (outcome.worst_balance == 0 ? "proton" : "extractant") + " balance " +
                    number_text(outcome.residual, 3);
    if (outcome.worst_balance == 0 || outcome.worst_balance == 1) {
      const std::size_t row = static_cast<std::size_t>(outcome.worst_stage) * c;
      std::size_t most = 0;
      for (std::size_t k = 1; k < c; ++k) {
        const double here = outcome.worst_balance == 0 ? species[k].protons * x[row + k]
                                                       : species[k].dimers * y[row + k];
        const double top = outcome.worst_balance == 0 ? species[most].protons * x[row + most]
                                                      : species[most].dimers * y[row + most];
        if (here > top) most = k;
      }
      if (c > 0) r.status_text += ", carried mostly by " + species[most].name;
    }
  } else if (outcome.status != ItemStatus::ok) {
    r.status_text = "bank " + bank.name + ": a stage has no aqueous, no organic or no extractant";
  }
  r.species.reserve(c);
  for (const Species& s : species) r.species.push_back(s.name);
  r.aqueous_molar.assign(x, x + n * c);
  r.organic_molar.assign(y, y + n * c);
  r.distribution_coefficient.assign(n * c, 0.0);
  out.ln_h.assign(ln_h, ln_h + n);
  out.ln_x.assign(ln_x, ln_x + n);
  std::vector<double> acid(n);
  for (std::size_t i = 0; i < n; ++i) {
    const StageFlows& w = a.flows[i];
    const double h = std::exp(ln_h[i]), free = std::exp(ln_x[i]);
    AcidBalance balance;
    balance.kw = task.circuit->ionic_product;
    balance.ka2 = std::pow(10.0, task.circuit->log10_ka_hso4);
    balance.sulfate = w.sulfate;
    acid[i] = balance.total(h);
    r.ph.push_back(-ln_h[i] / ln10);
    r.free_dimer_molar.push_back(free);
    r.loading_fraction.push_back(w.extractant > 0.0 ? 1.0 - free / w.extractant : 0.0);
    r.aqueous_flow_l_per_h.push_back(w.aqueous_down + w.aqueous_drawn);
    r.organic_flow_l_per_h.push_back((w.share_up + w.share_drawn) * w.organic);
    int outside = 0;
    for (std::size_t k = 0; k < c; ++k) {
      const SpeciesLaw law = law_of(species[k], extractant);
      const double shift = task.ln_d_shift.empty() ? 0.0 : task.ln_d_shift[i * c + k];
      r.distribution_coefficient[i * c + k] =
          std::exp(ln_distribution(law, ln_x[i], ln_h[i], free) + shift);
      if (species[k].law != DistributionLaw::empirical_line) continue;
      const EmpiricalLine& line = species[k].line;
      const double ph = r.ph.back(), dosage = extractant.dosage_percent_per_molar * free;
      if (ph < line.ph_min || ph > line.ph_max || dosage < line.dosage_min_percent ||
          dosage > line.dosage_max_percent) {
        ++outside;
      }
    }
    r.out_of_window.push_back(outside);
  }
  const StageFlows& first = a.flows.front();
  const StageFlows& last = a.flows.back();
  r.raffinate.flow_l_per_h = first.aqueous_down;
  r.raffinate.molar.assign(x, x + c);
  r.raffinate.h_molar = acid.front();
  r.raffinate.sulfate_molar = a.sulfate.front();
  r.last_h_molar = acid.back();
  r.h_total_molar = acid;
  r.last_sulfate_molar = a.sulfate.back();
  r.extract.flow_l_per_h = last.share_up * last.organic;
  r.extract.molar.assign(y + (n - 1) * c, y + n * c);
  r.extract.free_dimer_molar = std::exp(ln_x[n - 1]);
  out.entrained_aqueous_l_per_h = last.aqueous_up;
  out.entrained_organic_l_per_h = first.share_down * first.organic;
  r.entrained_aqueous_l_per_h = out.entrained_aqueous_l_per_h;
  r.entrained_organic_l_per_h = out.entrained_organic_l_per_h;

  // Closure: what went in against what came out, over the larger of the two.
  double proton_in = 0.0, proton_out = 0.0, proton_size = 0.0;
  for (std::size_t k = 0; k < c; ++k) {
    double in = 0.0, went_out = 0.0, organic_in = 0.0, organic_out = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      const StageFlows& w = a.flows[i];
      in += a.feed_a[i * c + k] + a.feed_o[i * c + k];
      organic_in += a.feed_o[i * c + k];
      double v_a = w.aqueous_drawn, v_o = w.share_drawn * w.organic;
      if (i == 0) v_a += w.aqueous_down;
      if (i == 0) v_o += w.share_down * w.organic;
      if (i + 1 == n) v_a += w.aqueous_up;
      if (i + 1 == n) v_o += w.share_up * w.organic;
      went_out += v_a * x[i * c + k] + v_o * y[i * c + k];
      organic_out += v_o * y[i * c + k];
    }
    const double size = std::max(in, went_out);
    r.closure_relative.push_back(size > 0.0 ? std::fabs(in - went_out) / size : 0.0);
    proton_in -= species[k].protons * organic_in;
    proton_out -= species[k].protons * organic_out;
    proton_size =
        std::max({proton_size, species[k].protons * organic_in, species[k].protons * organic_out});
  }
  double dimer_in = 0.0, dimer_out = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    const StageFlows& w = a.flows[i];
    double v_a = w.aqueous_drawn, v_o = w.share_drawn * w.organic;
    if (i == 0) v_a += w.aqueous_down;
    if (i == 0) v_o += w.share_down * w.organic;
    if (i + 1 == n) v_a += w.aqueous_up;
    if (i + 1 == n) v_o += w.share_up * w.organic;
    proton_in += a.acid_in[i];
    proton_out += v_a * acid[i];
    proton_size = std::max({proton_size, std::fabs(a.acid_in[i]), std::fabs(v_a * acid[i])});
    double bound = 0.0;
    for (std::size_t k = 0; k < c; ++k) bound += species[k].dimers * y[i * c + k];
    dimer_in += a.extractant_in[i];
    dimer_out += v_o * (std::exp(ln_x[i]) + bound);
  }
  r.closure_relative.push_back(proton_size > 0.0 ? std::fabs(proton_in - proton_out) / proton_size
                                                 : 0.0);
  r.closure_relative.push_back(std::fabs(dimer_in - dimer_out) / std::max(dimer_in, 1e-300));
  add_warnings(task, r);
}

}  // namespace

double total_extractant_molar(const OrganicStream& stream, const std::vector<Species>& species) {
  double total = stream.free_dimer_molar;
  for (std::size_t k = 0; k < species.size(); ++k) total += species[k].dimers * stream.molar[k];
  return total;
}

double species_efficiency(const Species& species, const Bank& bank) {
  const double turns = species.mixer_rate_per_s * bank.mixer_residence_s;
  if (!(turns > 0.0)) return bank.murphree_efficiency;
  return bank.murphree_efficiency *
         (bank.mixer_plug_flow ? -std::expm1(-turns) : turns / (1.0 + turns));
}

std::vector<BankSolution> solve_banks(const std::vector<BankTask>& tasks, const Engine& engine) {
  std::vector<BankSolution> solutions(tasks.size());
  if (tasks.empty()) return solutions;
  std::vector<Assembled> assembled;
  std::vector<BankShape> shapes;
  std::size_t laws = 0, stages = 0, cells = 0, max_stages = 0, max_species = 0;
  bool shifted = false, kinetic = false;
  for (const BankTask& task : tasks) {
    assembled.push_back(assemble(task));
    const std::size_t n = static_cast<std::size_t>(task.bank.stages);
    const std::size_t c = task.circuit->species.size();
    BankShape shape;
    shape.stages = static_cast<std::int32_t>(n);
    shape.species = static_cast<std::int32_t>(c);
    shape.warm = task.start_ln_h.size() == n && task.start_ln_x.size() == n ? 1 : 0;
    shape.law_at = laws;
    shape.stage_at = stages;
    shape.cell_at = cells;
    shape.kw = task.circuit->ionic_product;
    shape.ka2 = std::pow(10.0, task.circuit->log10_ka_hso4);
    for (const Species& s : task.circuit->species) {
      if (!is_stoichiometric(law_of(s, task.circuit->extractant))) shape.convex = 0;
      kinetic = kinetic || s.mixer_rate_per_s * task.bank.mixer_residence_s > 0.0;
    }
    shifted = shifted || task.ln_d_shift.size() == n * c;
    shapes.push_back(shape);
    laws += c;
    stages += n;
    cells += n * c;
    max_stages = std::max(max_stages, n);
    max_species = std::max(max_species, c);
  }
  BatchMemory memory(engine);
  const auto shape = memory.input<BankShape>(tasks.size());
  const auto law = memory.input<SpeciesLaw>(laws);
  const auto flows = memory.input<StageFlows>(stages);
  const auto feed_a = memory.input<double>(cells);
  const auto feed_o = memory.input<double>(cells);
  const auto start_h = memory.input<double>(stages);
  const auto start_x = memory.input<double>(stages);
  const auto shift = memory.input<double>(shifted ? cells : 0);
  const auto bypass = memory.input<double>(kinetic ? cells : 0);
  const auto ln_h = memory.output<double>(stages);
  const auto ln_x = memory.output<double>(stages);
  const auto x = memory.output<double>(cells);
  const auto y = memory.output<double>(cells);
  const auto outcome = memory.output<BankOutcome>(tasks.size());
  memory.allocate();
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    const BankTask& task = tasks[t];
    const Assembled& a = assembled[t];
    memory.host(shape)[t] = shapes[t];
    for (std::size_t k = 0; k < task.circuit->species.size(); ++k) {
      memory.host(law)[shapes[t].law_at + k] =
          law_of(task.circuit->species[k], task.circuit->extractant);
    }
    std::copy(a.flows.begin(), a.flows.end(), memory.host(flows) + shapes[t].stage_at);
    std::copy(a.feed_a.begin(), a.feed_a.end(), memory.host(feed_a) + shapes[t].cell_at);
    std::copy(a.feed_o.begin(), a.feed_o.end(), memory.host(feed_o) + shapes[t].cell_at);
    const std::size_t own_species = task.circuit->species.size();
    const std::size_t own = static_cast<std::size_t>(task.bank.stages) * own_species;
    if (shifted) {
      double* to = memory.host(shift) + shapes[t].cell_at;
      if (task.ln_d_shift.size() == own) {
        std::copy(task.ln_d_shift.begin(), task.ln_d_shift.end(), to);
      } else {
        std::fill(to, to + own, 0.0);
      }
    }
    if (kinetic) {
      for (std::size_t e = 0; e < own; ++e) {
        memory.host(bypass)[shapes[t].cell_at + e] =
            1.0 - species_efficiency(task.circuit->species[e % own_species], task.bank);
      }
    }
    if (shapes[t].warm != 0) {
      std::copy(task.start_ln_h.begin(), task.start_ln_h.end(),
                memory.host(start_h) + shapes[t].stage_at);
      std::copy(task.start_ln_x.begin(), task.start_ln_x.end(),
                memory.host(start_x) + shapes[t].stage_at);
    }
  }
  memory.upload();
  BankArgs args;
  args.shape = memory.device(shape);
  args.law = memory.device(law);
  args.flows = memory.device(flows);
  args.aqueous_feed = memory.device(feed_a);
  args.organic_feed = memory.device(feed_o);
  args.start_ln_h = memory.device(start_h);
  args.start_ln_x = memory.device(start_x);
  args.ln_d_shift = shifted ? memory.device(shift) : nullptr;
  args.bypass = kinetic ? memory.device(bypass) : nullptr;
  args.ln_h = memory.device(ln_h);
  args.ln_x = memory.device(ln_x);
  args.x = memory.device(x);
  args.y = memory.device(y);
  args.outcome = memory.device(outcome);
  args.max_stages = static_cast<std::int32_t>(max_stages);
  args.max_species = static_cast<std::int32_t>(max_species);
  launch<BankKernel>(engine, tasks.size(), args);
  memory.download();
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    fill(tasks[t], assembled[t], memory.host(x) + shapes[t].cell_at,
         memory.host(y) + shapes[t].cell_at, memory.host(ln_h) + shapes[t].stage_at,
         memory.host(ln_x) + shapes[t].stage_at, memory.host(outcome)[t], solutions[t]);
    solutions[t].result.retried = memory.host(outcome)[t].fallbacks > 0;
  }
  return solutions;
}

}  // namespace gadolin::separation
