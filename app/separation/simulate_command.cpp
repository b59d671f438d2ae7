#include <iostream>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/result_json.hpp"
#include "app/separation/plant_command.hpp"
#include "app/separation/verbs.hpp"
#include "io/config/circuit.hpp"
#include "io/config/plant.hpp"
#include "io/store/result_file.hpp"
#include "models/separation/plant.hpp"
#include "models/separation/simulate.hpp"

namespace gadolin::app {

namespace {

void print_products(const separation::CircuitResult& result) {
  std::cout << fmt::format("{}: {}  (constants: worst class {})\n", result.name,
                           result.status == ItemStatus::ok ? "ok" : result.status_text,
                           separation::to_string(result.worst_evidence));
  for (const auto& product : result.products) {
    std::cout << fmt::format("  {} ({}, {:.4g} L/h)\n", product.name, product.phase,
                             product.flow_l_per_h);
    for (std::size_t k = 0; k < result.species.size(); ++k) {
      if (product.molar_flow_mol_per_h[k] < 1e-12 * std::max(1.0, result.fed_mol_per_h[k]))
        continue;
      std::cout << fmt::format(
          "    {:4} {:12.5g} mol/h  recovery {:8.4f} %  share of rare earths {:8.4f} %\n",
          result.species[k], product.molar_flow_mol_per_h[k], 100.0 * product.recovery_fraction[k],
          100.0 * product.purity_fraction[k]);
    }
  }
  double worst = 0.0;
  for (double closure : result.closure_relative) worst = std::max(worst, std::abs(closure));
  std::cout << fmt::format("  balance closed to {:.1e} of what was fed\n", worst);
}

}  // namespace

int simulate_separation(const std::vector<std::string>& files, const CommonOptions& options) {
  const RunSettings settings = resolve_settings(options);
  if (options.print_config) {
    print_settings(settings);
    return 0;
  }
  if (files.empty()) {
    throw Error("E-CLI-001", "no file given", "gadolin separation simulate", "name a DESIGN.toml",
                ExitCode::usage);
  }
  if (!options.out.empty()) io::refuse_input_as_output(options.out, files);
  RunRecord run = begin_run(options, settings, "");
  std::vector<separation::Circuit> circuits;
  std::vector<separation::Plant> plants;
  UniqueIds names;
  for (const auto& file : files) {
    if (config::is_plant(file)) {
      plants.push_back(config::read_plant(file, &run.inputs));
      plants.back().name = names(plants.back().name);
      continue;
    }
    circuits.push_back(config::read_circuit(file, &run.inputs));
    circuits.back().name = names(circuits.back().name);
  }
  std::optional<io::ResultFile> store;
  if (!options.out.empty()) {
    store.emplace(io::ResultFile::create(options.out, options.force));
    store->write_run(run);
  }
  const auto results = separation::simulate(circuits, settings.engine);
  nlohmann::ordered_json document;
  std::size_t bad = 0;
  for (const auto& plant : plants) {
    const auto result = separation::simulate_plant(plant, settings.engine);
    if (result.status != ItemStatus::ok) ++bad;
    if (!options.json) print_plant(result);
    print_warnings(result.warnings, options);
  }
  for (const auto& result : results) {
    if (result.status != ItemStatus::ok) ++bad;
    if (store) store->write_circuit(result.name, result);
    document["circuits"].push_back(to_json(result));
    if (!options.json) print_products(result);
    print_warnings(result.warnings, options);
  }
  if (store) {
    run.end_time = now_iso8601();
    store->write_run(run);
    store->close();
    say(options, "result: " + options.out);
  }
  if (options.json) std::cout << to_text(document) << '\n';
  return static_cast<int>(bad == 0 ? ExitCode::done : ExitCode::partial);
}

Action add_separation_simulate(CLI::App& separation, CommonOptions& options) {
  auto* verb = separation.add_subcommand("simulate", "steady state of circuits");
  auto files = std::make_shared<std::vector<std::string>>();
  verb->add_option("files", *files, "DESIGN.toml (docs/formats/design.md)")->required();
  add_common_options(*verb, options);
  return [&options, files] { return simulate_separation(*files, options); };
}

}  // namespace gadolin::app
