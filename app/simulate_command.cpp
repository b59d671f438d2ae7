#include <filesystem>
#include <fstream>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/command.hpp"
#include "app/diffraction_setup.hpp"
#include "io/config/toml_table.hpp"
#include "models/diffraction/simulate.hpp"

namespace gadolin::app {

namespace {

struct Recipe {
  std::string title, instrument;
  std::vector<std::string> phases, sources;
  diffraction::SimulationRecipe simulation;
};

Recipe read_recipe(const std::string& file, InputFile& record) {
  const auto root = config::TomlTable::read(file, &record, "recipe");
  Recipe recipe;
  recipe.title = root.text("title");
  recipe.instrument = root.text("instrument");
  auto& simulation = recipe.simulation;
  simulation.id = root.text_or("id", std::filesystem::path(file).stem().string());
  simulation.seed = static_cast<std::uint64_t>(root.integer("seed", 0, INT64_MAX));
  simulation.two_theta_min_deg = root.number("two_theta_min_deg", {0.1, 179.0});
  simulation.two_theta_max_deg = root.number("two_theta_max_deg", {0.2, 179.0});
  simulation.step_deg = root.number("step_deg", {1e-4, 1.0});
  simulation.strongest_counts = root.number("strongest_counts", config::positive);
  simulation.background_counts = root.numbers("background_counts");
  simulation.background_inverse_counts = root.number_or("background_inverse_counts", 0.0);
  simulation.displacement_mm = root.number_or("displacement_mm", 0.0, {-1.0, 1.0});
  double total = 0.0;
  for (const auto& table : root.tables("phase")) {
    recipe.phases.push_back(table.text("name"));
    recipe.sources.push_back(table.text_or("source", ""));
    diffraction::SimulatedPhase phase;
    phase.weight_fraction = table.number("weight_fraction", config::fraction);
    phase.size_nm = table.number_or("size_nm", 0.0, config::not_negative);
    phase.strain = table.number_or("strain", 0.0, config::not_negative);
    phase.march_r = table.number_or("march_r", 1.0, config::positive);
    phase.cell_strain = table.number_or("cell_strain", 0.0, {-0.05, 0.05});
    total += phase.weight_fraction;
    simulation.phases.push_back(phase);
    table.finish();
  }
  root.finish();
  if (!(total > 0.0)) {
    throw Error("E-SIM-001", "the weight fractions sum to 0", file, "give every phase its share",
                ExitCode::usage);
  }
  for (auto& phase : simulation.phases) phase.weight_fraction /= total;
  return recipe;
}

int run_simulate(const CommonOptions& options, const std::string& file) {
  InputFile record;
  const Recipe recipe = read_recipe(file, record);
  const DiffractionSetup setup = load_diffraction_setup(recipe.phases, recipe.instrument, {});
  const std::string out = options.out.empty() ? recipe.simulation.id + ".xy" : options.out;
  if (std::filesystem::exists(out) && !options.force) {
    throw Error("E-OUT-001", "output exists", out, "choose another --out or pass --force",
                ExitCode::usage);
  }
  const auto drawn =
      diffraction::simulate(setup.structures, setup.instrument, setup.tables, recipe.simulation);
  std::string text = fmt::format(
      "# SYNTHETIC pattern, drawn by gadolin simulate diffraction; nothing here was measured.\n"
      "# {}\n# recipe {} (SHA-256 {}), seed {}\n# truth [weight fraction]:",
      recipe.title, std::filesystem::path(file).filename().string(), record.sha256,
      recipe.simulation.seed);
  for (std::size_t p = 0; p < recipe.phases.size(); ++p) {
    text += fmt::format(" {} {:.5f}", recipe.phases[p], drawn.weight_fraction[p]);
  }
  text += "\n# two_theta_deg counts\n";
  const auto& pattern = drawn.pattern;
  for (std::size_t i = 0; i < pattern.two_theta_deg.size(); ++i) {
    text += fmt::format("{:.4f} {:.0f}\n", pattern.two_theta_deg[i], pattern.counts[i]);
  }
  std::ofstream stream(out, std::ios::binary);
  stream << text;
  stream.close();
  if (!stream) {
    throw Error("E-OUT-002", "cannot write", out, "check the folder and the free space",
                ExitCode::resource);
  }
  say(options, "pattern: " + out);
  return 0;
}

}  // namespace

Action add_simulate(CLI::App& app, CommonOptions& options) {
  auto* verb = app.add_subcommand("simulate", "draw synthetic data with known truth");
  verb->require_subcommand(1);
  auto* domain = verb->add_subcommand("diffraction", "a powder pattern from a recipe");
  auto file = std::make_shared<std::string>();
  domain->add_option("recipe", *file, "RECIPE.toml (docs/formats/recipe.md)")->required();
  add_common_options(*domain, options, "pattern file (.xy)");
  return [&options, file] { return run_simulate(options, *file); };
}

}  // namespace gadolin::app
