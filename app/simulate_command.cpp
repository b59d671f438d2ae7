#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/command.hpp"
#include "app/diffraction_setup.hpp"
#include "app/output.hpp"
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
  simulation.amorphous_fraction = root.number_or("amorphous_fraction", 0.0, {0.0, 0.95});
  simulation.amorphous_intensity = root.number_or("amorphous_intensity", 1.0, config::not_negative);
  for (const auto& table : root.tables_or_none("hump")) {
    diffraction::SimulatedHump hump;
    hump.centre_deg = table.number("centre_deg", {0.0, 180.0});
    hump.fwhm_deg = table.number("fwhm_deg", {0.5, 90.0});
    hump.share = table.number_or("share", 1.0, config::not_negative);
    simulation.humps.push_back(hump);
    table.finish();
  }
  if (const auto table = root.optional_table("spread")) {
    auto& spread = simulation.spread;
    spread.any_mineralogy = table->boolean_or("any_mineralogy", false);
    spread.weight_relative = table->number_or("weight_relative", 0.0, {0.0, 2.0});
    spread.amorphous = table->number_or("amorphous", 0.0, {0.0, 1.0});
    spread.displacement_mm = table->number_or("displacement_mm", 0.0, {0.0, 1.0});
    spread.size_relative = table->number_or("size_relative", 0.0, {0.0, 2.0});
    spread.march_relative = table->number_or("march_relative", 0.0, {0.0, 1.0});
    spread.cell_relative = table->number_or("cell_relative", 0.0, {0.0, 0.02});
    spread.counts_relative = table->number_or("counts_relative", 0.0, {0.0, 2.0});
    table->finish();
  }
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
    phase.harmonics = table.numbers_or("harmonics", {}, {-5.0, 5.0});
    phase.strain_anisotropy = table.numbers_or("strain_anisotropy", {}, {-5.0, 5.0});
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

std::string pattern_text(const Recipe& recipe, const diffraction::SimulatedPattern& drawn,
                         const std::string& file, const InputFile& record, bool many) {
  std::string text = fmt::format(
      "# SYNTHETIC pattern, drawn by gadolin simulate diffraction; nothing here was measured.\n"
      "# {}\n# recipe {} (SHA-256 {}), seed {}{}\n# truth [weight fraction{}]:",
      recipe.title, std::filesystem::path(file).filename().string(), record.sha256,
      recipe.simulation.seed, many ? fmt::format(", item {}", drawn.truth.item) : "",
      drawn.truth.amorphous_fraction > 0.0 ? " of the crystalline part" : "");
  for (std::size_t p = 0; p < recipe.phases.size(); ++p) {
    text += fmt::format(" {} {:.5f}", recipe.phases[p], drawn.weight_fraction[p]);
  }
  if (drawn.truth.amorphous_fraction > 0.0) {
    text += fmt::format("\n# truth, amorphous [weight fraction of the specimen]: {:.5f}",
                        drawn.truth.amorphous_fraction);
  }
  text += "\n# two_theta_deg counts\n";
  const auto& pattern = drawn.pattern;
  for (std::size_t i = 0; i < pattern.two_theta_deg.size(); ++i) {
    text += fmt::format("{:.4f} {:.0f}\n", pattern.two_theta_deg[i], pattern.counts[i]);
  }
  return text;
}

/// One row per drawn pattern with everything that was drawn.
std::string truth_table(const Recipe& recipe,
                        const std::vector<diffraction::SimulatedPattern>& drawn,
                        const std::vector<std::string>& files) {
  std::string text = "file,item,amorphous_fraction,displacement_mm,strongest_counts";
  for (const auto& phase : recipe.phases) {
    text += fmt::format(",W {0},size_nm {0},march_r {0},cell_strain {0}", phase);
  }
  text += '\n';
  for (std::size_t k = 0; k < drawn.size(); ++k) {
    const auto& truth = drawn[k].truth;
    text += fmt::format("{},{},{:.6f},{:.6f},{:.1f}", files[k], truth.item,
                        truth.amorphous_fraction, truth.displacement_mm, truth.strongest_counts);
    for (const auto& phase : truth.phases) {
      text += fmt::format(",{:.6f},{:.3f},{:.5f},{:.7f}", phase.weight_fraction, phase.size_nm,
                          phase.march_r, phase.cell_strain);
    }
    text += '\n';
  }
  return text;
}

int run_simulate(const CommonOptions& options, const std::string& file, int draws) {
  namespace fs = std::filesystem;
  InputFile record;
  const Recipe recipe = read_recipe(file, record);
  const DiffractionSetup setup = load_diffraction_setup(recipe.phases, recipe.instrument, {});
  const std::string out = options.out.empty() ? recipe.simulation.id + ".xy" : options.out;
  const std::vector<InputFile> inputs = {record};
  prepare_output(out, inputs);
  if (draws == 0) {
    refuse_existing(out, options.force);
    const auto drawn = diffraction::simulate(
        setup.structures, setup.instrument, setup.tables,
        diffraction::draw_specimen(recipe.simulation, recipe.simulation.item));
    write_text_output(out, pattern_text(recipe, drawn, file, record, false));
    say(options, "pattern: " + out);
    return 0;
  }
  const fs::path path(out);
  const std::string stem = (path.parent_path() / path.stem()).string();
  const std::string table = stem + "_truth.csv";
  refuse_existing(table, options.force);
  const auto drawn = diffraction::simulate_many(setup.structures, setup.instrument, setup.tables,
                                                recipe.simulation, static_cast<std::size_t>(draws));
  std::vector<std::string> files;
  for (const auto& one : drawn) {
    const std::string name = fmt::format("{}_{:04}.xy", stem, one.truth.item);
    refuse_existing(name, options.force);
    write_text_output(name, pattern_text(recipe, one, file, record, true));
    files.push_back(fs::path(name).filename().string());
  }
  write_text_output(table, truth_table(recipe, drawn, files));
  say(options, fmt::format("{} patterns: {}_0000.xy ...; truth: {}", draws, stem, table));
  return 0;
}

}  // namespace

Action add_simulate(CLI::App& app, CommonOptions& options) {
  auto* verb = app.add_subcommand("simulate", "draw synthetic data with known truth");
  verb->require_subcommand(1);
  auto* domain = verb->add_subcommand("diffraction", "a powder pattern from a recipe");
  auto file = std::make_shared<std::string>();
  domain->add_option("recipe", *file, "RECIPE.toml (docs/formats/recipe.md)")->required();
  auto draws = std::make_shared<int>(0);
  domain
      ->add_option("--draws", *draws,
                   "so many specimens: OUT_0000.xy ... and OUT_truth.csv; 0 = one, to OUT [0]")
      ->check(CLI::Range(0, 1000000));
  add_common_options(*domain, options, "pattern file (.xy)");
  return [&options, file, draws] { return run_simulate(options, *file, *draws); };
}

}  // namespace gadolin::app
