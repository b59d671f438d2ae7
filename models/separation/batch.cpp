#include "models/separation/batch.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <limits>
#include <mutex>
#include <numeric>
#include <thread>

#include "models/core/element.hpp"
#include "models/core/error.hpp"
#include "models/separation/check_circuit.hpp"
#include "models/separation/simulate.hpp"
#include "models/separation/solve_banks.hpp"

namespace gadolin::separation {

namespace {

constexpr std::size_t block_designs = 4096;
/// In memory in full, per thread; few, so that threads end together.
constexpr std::size_t portion_designs = 16;
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// Every variable must name something the template has.
void check_variables(const DesignProblem& problem) {
  const Circuit& circuit = problem.circuit;
  for (std::size_t v = 0; v < problem.variables.size(); ++v) {
    const DesignVariable& variable = problem.variables[v];
    const std::string who = "design variable " + std::to_string(v + 1);
    const auto within = [&](int value, std::size_t size, const char* what) {
      if (value >= 0 && static_cast<std::size_t>(value) < size) return;
      throw Error(
          "E-SEP-090",
          who + " names " + what + " " + std::to_string(value) + " of " + std::to_string(size),
          circuit.source_file, "count from 0 among those of the template", ExitCode::usage);
    };
    within(variable.bank, circuit.banks.size(), "bank");
    const Bank& bank = circuit.banks[static_cast<std::size_t>(variable.bank)];
    switch (variable.quantity) {
      case DesignQuantity::feed_molar:
        within(variable.species, circuit.species.size(), "species");
        [[fallthrough]];
      case DesignQuantity::feed_stage:
      case DesignQuantity::feed_flow:
      case DesignQuantity::feed_acid:
      case DesignQuantity::feed_grade:
        within(variable.index, bank.feeds.size(), "feed");
        break;
      case DesignQuantity::draw_stage:
      case DesignQuantity::draw_aqueous_fraction:
      case DesignQuantity::draw_organic_fraction:
        within(variable.index, bank.draws.size(), "draw");
        break;
      case DesignQuantity::return_fraction:
        within(variable.index, circuit.returns.size(), "return");
        break;
      case DesignQuantity::aqueous_molar:
      case DesignQuantity::log10_k:
        within(variable.species, circuit.species.size(), "species");
        break;
      case DesignQuantity::log10_k_shift:
        if (variable.species != -1) within(variable.species, circuit.species.size(), "species");
        break;
      default:
        break;
    }
  }
}

void resize(DesignBlock& block, const DesignProblem& problem, std::size_t first,
            std::size_t count) {
  block.first = first;
  block.count = count;
  block.products = design_products(problem.circuit).size();
  block.species = problem.circuit.species.size();
  const std::size_t streams = count * block.products;
  block.status.assign(count, ItemStatus::out_of_range);
  block.flags.assign(count, 0u);
  block.iterations.assign(count, 0);
  block.passes.assign(count, 0);
  for (auto* numbers : {&block.closure_relative, &block.loading_max, &block.phase_ratio_min,
                        &block.phase_ratio_max, &block.base_mol_per_h, &block.acid_mol_per_h}) {
    numbers->assign(count, unknown);
  }
  for (auto* numbers :
       {&block.amount_mol_per_h, &block.recovery_fraction, &block.purity_fraction}) {
    numbers->assign(streams * block.species, unknown);
  }
  block.product_flow_l_per_h.assign(streams, unknown);
  block.profiles.clear();
  if (problem.profiles) block.profiles.resize(count * problem.circuit.banks.size());
}

/// One answer of simulate() into its row.
void take_over(const DesignProblem& problem, const Circuit& circuit, const CircuitResult& result,
               std::size_t row, DesignBlock& block) {
  block.status[row] = result.status;
  block.passes[row] = result.loop_iterations;
  for (const BankResult& bank : result.banks) {
    block.iterations[row] += bank.iterations;
    if (bank.retried) block.flags[row] |= flag_retried;
  }
  if (result.status != ItemStatus::ok) return;
  double closure = 0.0, loading = 0.0, low = 1e300, high = 0.0;
  for (double c : result.closure_relative) closure = std::max(closure, c);
  for (std::size_t b = 0; b < result.banks.size(); ++b) {
    const BankResult& bank = result.banks[b];
    for (double c : bank.closure_relative) closure = std::max(closure, c);
    for (std::size_t i = 0; i < bank.ph.size(); ++i) {
      const double ratio = bank.organic_flow_l_per_h[i] / bank.aqueous_flow_l_per_h[i];
      loading = std::max(loading, bank.loading_fraction[i]);
      low = std::min(low, ratio);
      high = std::max(high, ratio);
      if (bank.out_of_window[i] > 0) block.flags[row] |= flag_window;
    }
    if (problem.profiles) {
      block.profiles[row * result.banks.size() + b] = {bank.aqueous_molar, bank.organic_molar,
                                                       bank.ph, bank.free_dimer_molar};
    }
  }
  if (loading > circuit.extractant.gel_fraction) block.flags[row] |= flag_gel;
  if (low < credible_phase_ratio_min || high > credible_phase_ratio_max)
    block.flags[row] |= flag_phase_ratio;
  for (const Warning& w : result.warnings) {
    if (w.code == "W-SEP-005") block.flags[row] |= flag_no_separation;
  }
  block.closure_relative[row] = closure;
  block.loading_max[row] = loading;
  block.phase_ratio_min[row] = low;
  block.phase_ratio_max[row] = high;
  block.base_mol_per_h[row] = result.base_mol_per_h;
  block.acid_mol_per_h[row] = result.acid_mol_per_h;
  const auto columns = design_products(circuit);
  std::size_t next = 0;
  for (std::size_t p = 0; p < columns.size(); ++p) {
    const std::size_t at = block.at(row, p, 0);
    const bool here = next < result.products.size() &&
                      result.products[next].bank == columns[p].bank &&
                      result.products[next].phase == columns[p].phase &&
                      result.products[next].name == columns[p].name;
    block.product_flow_l_per_h[row * block.products + p] =
        here ? result.products[next].flow_l_per_h : 0.0;
    for (std::size_t k = 0; k < block.species; ++k) {
      block.amount_mol_per_h[at + k] = here ? result.products[next].molar_flow_mol_per_h[k] : 0.0;
      block.recovery_fraction[at + k] = here ? result.products[next].recovery_fraction[k] : 0.0;
      block.purity_fraction[at + k] = here ? result.products[next].purity_fraction[k] : 0.0;
    }
    if (here) ++next;
  }
}

/// The rows `rows` of a block.
void solve_rows(const DesignProblem& problem, const double* values,
                const std::vector<std::size_t>& rows, DesignBlock& block, const Engine& engine) {
  std::vector<Circuit> circuits;
  std::vector<std::size_t> sound;
  for (std::size_t row : rows) {
    Circuit circuit = design_circuit(problem, values + row * problem.variables.size());
    for (Bank& bank : circuit.banks) {
      for (std::size_t d = 0; d < bank.draws.size(); ++d) {
        StageDraw& draw = bank.draws[d];
        if (draw.name.empty()) draw.name = bank.name + " draw " + std::to_string(d + 1);
      }
    }
    try {
      check_circuit(circuit);
    } catch (const Error&) {
      continue;  // stays out_of_range
    }
    circuits.push_back(std::move(circuit));
    sound.push_back(row);
  }
  const auto results = simulate_checked(circuits, engine);
  for (std::size_t i = 0; i < sound.size(); ++i) {
    take_over(problem, circuits[i], results[i], sound[i], block);
  }
}

/// Portions go to threads as these come free, the longest banks first, so that no thread ends late.
void solve_block(const DesignProblem& problem, const double* values, DesignBlock& block,
                 const Engine& engine) {
  const std::size_t width = problem.variables.size();
  std::vector<std::size_t> order(block.count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t v = width; v-- > 0;) {
    if (problem.variables[v].quantity != DesignQuantity::stages) continue;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return values[a * width + v] > values[b * width + v];
    });
  }
  const bool on_host = engine.kind == EngineKind::serial || engine.kind == EngineKind::openmp ||
                       engine.kind == EngineKind::kokkos;
  if (!on_host) {
    solve_rows(problem, values, order, block, engine);
    return;
  }
  const std::size_t portions = (order.size() + portion_designs - 1) / portion_designs;
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex guard;
  const auto work = [&] {
    try {
      for (std::size_t p = next++; p < portions; p = next++) {
        const auto begin = order.begin() + static_cast<std::ptrdiff_t>(p * portion_designs);
        const auto end = order.begin() + static_cast<std::ptrdiff_t>(
                                             std::min((p + 1) * portion_designs, order.size()));
        solve_rows(problem, values, {begin, end}, block, Engine{});
      }
    } catch (...) {
      const std::lock_guard<std::mutex> lock(guard);
      if (!failure) failure = std::current_exception();
      next = portions;
    }
  };
  const std::size_t threads =
      std::min<std::size_t>(portions, static_cast<std::size_t>(std::max(engine.threads, 1)));
  std::vector<std::thread> helpers;
  for (std::size_t t = 1; t < threads; ++t) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

void solve_designs(const DesignProblem& problem, std::size_t designs, const DesignSource& source,
                   const DesignSink& sink, const Engine& engine) {
  check_circuit(problem.circuit);
  check_variables(problem);
  std::vector<double> values;
  DesignBlock block;
  for (std::size_t first = 0; first < designs; first += block_designs) {
    const std::size_t count = std::min(block_designs, designs - first);
    values.resize(count * problem.variables.size());
    source(first, count, values.data());
    resize(block, problem, first, count);
    solve_block(problem, values.data(), block, engine);
    sink(block);
  }
}

DesignBlock solve_designs(const DesignProblem& problem, const std::vector<double>& values,
                          const Engine& engine) {
  check_circuit(problem.circuit);
  check_variables(problem);
  const std::size_t width = problem.variables.size();
  DesignBlock block;
  resize(block, problem, 0, width == 0 ? 1 : values.size() / width);
  solve_block(problem, values.data(), block, engine);
  return block;
}

}  // namespace gadolin::separation
