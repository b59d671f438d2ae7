#include <cmath>
#include <iostream>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/result_json.hpp"
#include "app/separation/metric_money.hpp"
#include "app/separation/verbs.hpp"
#include "app/stored_run.hpp"
#include "io/config/optimise.hpp"
#include "io/config/sweep.hpp"
#include "models/separation/optimise.hpp"

namespace gadolin::app {

namespace {

nlohmann::ordered_json number(double value) {
  if (std::isfinite(value)) return value;
  return nullptr;
}

nlohmann::ordered_json document_of(const separation::OptimiseResult& r) {
  nlohmann::ordered_json document;
  document["name"] = r.name;
  document["method"] = r.method;
  document["worst_evidence"] = to_string(r.worst_evidence);
  document["evaluations"] = r.evaluations;
  document["not_converged"] = r.not_converged;
  document["out_of_range"] = r.out_of_range;
  document["infeasible"] = r.infeasible;
  for (const auto& design : r.front) {
    nlohmann::ordered_json row;
    for (std::size_t a = 0; a < r.axes.size(); ++a) row["design"][r.axes[a]] = design.x[a];
    for (std::size_t k = 0; k < r.objectives.size(); ++k) {
      row["objectives"][r.objectives[k]] = number(design.objectives[k]);
    }
    for (std::size_t k = 0; k < r.constraints.size(); ++k) {
      row["constraints"][r.constraints[k]] = number(design.constraints[k]);
    }
    row["credibility"] = design.flags;
    row["found_by"] = design.found_by;
    document["front"].push_back(row);
  }
  document["balanced"] = r.balanced;
  document["hypervolume"] = r.hypervolume;
  for (const auto& t : r.tornado) {
    nlohmann::ordered_json row = {{"axis", t.axis}, {"low", t.low}, {"high", t.high}};
    for (std::size_t k = 0; k < r.objectives.size(); ++k) {
      row["at_low"].push_back(number(t.at_low[k]));
      row["at_high"].push_back(number(t.at_high[k]));
    }
    document["tornado"].push_back(row);
  }
  return document;
}

void print_front(const separation::OptimiseResult& r) {
  std::cout << fmt::format(
      "{}: {}, {} designs solved, {} on the front ({} broke a constraint, {} out of range, {} not "
      "converged; constants: worst class {})\n",
      r.name, r.method, r.evaluations, r.front.size(), r.infeasible, r.out_of_range,
      r.not_converged, to_string(r.worst_evidence));
  const std::size_t rows = r.front.size(), most = 12;
  for (std::size_t i = 0; i < std::min(rows, most); ++i) {
    const std::size_t at = rows > most ? i * (rows - 1) / (most - 1) : i;
    const auto& design = r.front[at];
    std::string line = at == r.balanced ? "* " : "  ";
    for (std::size_t k = 0; k < r.objectives.size(); ++k) {
      line += fmt::format("{} {:.6g} {}  ", r.objectives[k], design.objectives[k],
                          r.objective_units[k] == "1" ? "" : r.objective_units[k]);
    }
    line += "at";
    for (std::size_t a = 0; a < r.axes.size(); ++a) {
      line += fmt::format("  {} = {:.5g}", r.axes[a], design.x[a]);
    }
    std::cout << line << '\n';
  }
}

int run_optimise(const std::string& file, const CommonOptions& options) {
  const RunSettings settings = resolve_settings(options);
  if (options.print_config) {
    print_settings(settings);
    return 0;
  }
  RunRecord run = begin_run(options, settings, "");
  auto wanted = config::read_optimise(file, &run.inputs);
  std::vector<separation::Metric*> metrics;
  for (auto& objective : wanted.objectives) metrics.push_back(&objective.metric);
  for (auto& constraint : wanted.constraints) metrics.push_back(&constraint.metric);
  price_money(file, metrics, run.inputs);
  const config::BaseDesign base(wanted.base_file, &run.inputs);
  StoredRun store(options, run);
  separation::OptimiseResult result;
  {
    std::optional<Progress> progress;
    result = separation::optimise(
        wanted, base.circuit(), [&](const auto& numbers) { return base.with(numbers); },
        settings.seed, settings.engine,
        [&](std::size_t done, std::size_t total) {
          if (!progress) progress.emplace("designs", total, options);
          progress->advance_to(std::min(done, total));
          return true;
        });
  }
  run.warnings = result.warnings;
  if (store) store->write_optimisation(result);
  store.finish();
  if (options.json) {
    std::cout << to_text(document_of(result)) << '\n';
  } else {
    print_front(result);
    for (const auto* metric : metrics) {
      if (!metric->money.priced) continue;
      std::cout << "  " << metric->name << ": " << metric->source << '\n';
    }
  }
  print_warnings(result.warnings, options);
  return static_cast<int>(result.front.empty() ? ExitCode::partial : ExitCode::done);
}

}  // namespace

Action add_separation_optimise(CLI::App& separation, CommonOptions& options) {
  auto* verb = separation.add_subcommand(
      "optimise", "designs of one circuit that nothing beats in every objective");
  auto file = std::make_shared<std::string>();
  verb->add_option("optimise", *file, "OPTIMISE.toml (docs/formats/optimise.md)")->required();
  add_common_options(*verb, options);
  return [&options, file] { return run_optimise(*file, options); };
}

}  // namespace gadolin::app
