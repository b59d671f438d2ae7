#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/output.hpp"
#include "app/report_runner.hpp"
#include "app/result_json.hpp"
#include "app/separation/plant_command.hpp"
#include "app/separation/verbs.hpp"
#include "app/stored_run.hpp"
#include "io/config/circuit.hpp"
#include "io/config/plant.hpp"
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

int simulate_separation(const std::vector<std::string>& files, const CommonOptions& options,
                        const PlantOutput& output) {
  const RunSettings settings = resolve_settings(options);
  if (options.print_config) {
    print_settings(settings);
    return 0;
  }
  if (files.empty()) {
    throw Error("E-CLI-001", "no file given", "gadolin separation simulate",
                "name a DESIGN.toml or PLANT.toml", ExitCode::usage);
  }
  RunRecord run = begin_run(options, settings, "");
  std::vector<separation::Circuit> circuits;
  std::vector<PlantJob> plants;
  UniqueIds names;
  for (const auto& file : files) {
    if (config::is_plant(file)) {
      plants.push_back(
          {config::read_plant(file, &run.inputs), config::read_economics(file, &run.inputs)});
      plants.back().plant.name = names(plants.back().plant.name);
      continue;
    }
    circuits.push_back(config::read_circuit(file, &run.inputs));
    circuits.back().name = names(circuits.back().name);
  }
  if (!plants.empty() && !circuits.empty()) {
    throw Error("E-CLI-001", "plants and single circuits in one call", files.front(),
                "simulate them in two calls", ExitCode::usage);
  }
  if (!output.design_file.empty()) {
    if (output.unit.empty() || files.size() != 1 || plants.empty()) {
      throw Error("E-CLI-001", "--design needs one PLANT.toml and --unit", files.front(),
                  "name the unit whose circuit is wanted", ExitCode::usage);
    }
    prepare_output(output.design_file, files);
  } else if (!output.unit.empty()) {
    throw Error("E-CLI-001", "--unit without --design", files.front(),
                "give --design DESIGN.toml, where the circuit of the unit goes", ExitCode::usage);
  }
  if (!plants.empty()) return finish_plants(plants, options, output, settings, run);
  if (output.report && options.out.empty()) {
    throw Error("E-CLI-001", "--report without --out", "", "give --out RESULT.h5", ExitCode::usage);
  }
  if (!output.tables.empty()) {
    throw Error("E-CLI-001", "--tables is for plants", files.front(),
                "wrap the design in a PLANT.toml: [[unit]] kind = \"circuit\", design = \"...\"",
                ExitCode::usage);
  }
  StoredRun store(options, run);
  const auto results = separation::simulate(circuits, settings.engine);
  nlohmann::ordered_json document;
  std::size_t bad = 0;
  for (const auto& result : results) {
    if (result.status != ItemStatus::ok) ++bad;
    if (store) store->write_circuit(result.name, result);
    document["circuits"].push_back(to_json(result));
    if (!options.json) print_products(result);
    print_warnings(result.warnings, options);
  }
  store.finish();
  if (output.report) say(options, "report: " + write_report(options.out, "", options.force));
  if (options.json) std::cout << to_text(document) << '\n';
  return static_cast<int>(bad == 0 ? ExitCode::done : ExitCode::partial);
}

Action add_separation_simulate(CLI::App& separation, CommonOptions& options) {
  auto* verb = separation.add_subcommand("simulate", "steady state of circuits and plants");
  auto files = std::make_shared<std::vector<std::string>>();
  auto output = std::make_shared<PlantOutput>();
  verb->add_option("files", *files, "DESIGN.toml (design.md) or PLANT.toml (plant.md)")->required();
  add_plant_output(*verb, *output);
  verb->add_option("--unit", output->unit, "with --design: a unit of the plant with a circuit");
  verb->add_option("--design", output->design_file,
                   "write the circuit of --unit as DESIGN.toml, fed as the plant feeds it, for "
                   "sweep, optimise, uncertainty and dynamics");
  add_common_options(*verb, options);
  return [&options, files, output] { return simulate_separation(*files, options, *output); };
}

}  // namespace gadolin::app
