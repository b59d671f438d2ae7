#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/output.hpp"
#include "app/result_json.hpp"
#include "app/separation/design_feed.hpp"
#include "app/separation/design_json.hpp"
#include "app/separation/verbs.hpp"
#include "io/config/targets.hpp"
#include "io/config/toml_table.hpp"
#include "io/store/result_file.hpp"
#include "models/separation/design.hpp"
#include "models/separation/design_plant.hpp"

namespace gadolin::app {

namespace {

void print_design(const separation::DesignResult& r) {
  std::cout << fmt::format("{}\n", r.name);
  if (!r.orders.empty()) {
    std::cout << "  order of cuts: " << r.orders.front().text << '\n';
  }
  for (const auto& cut : r.cuts) {
    if (cut.result.banks.empty()) continue;  // where the design stopped
    std::cout << fmt::format(
        "  {}  ({} | {}, separation factor {:.3f}, Fenske {:.1f})\n"
        "    {} extraction + {} scrub + {} strip stages, solvent {:.5g} L/h ({:.3g} mol/L, {:.3g} "
        "saponified), scrub {:.5g} L/h of {:.3g} M, strip {:.5g} L/h of {:.3g} M\n"
        "    O/A {:.3g} to {:.3g}, loading up to {:.3f}; lost upwards {:.4g} of {:.4g}, downwards "
        "{:.4g} of {:.4g} mol/h; {} banks solved\n",
        cut.name, cut.light_key, cut.heavy_key, cut.seed.separation_factor, cut.fenske_stages,
        cut.extraction_stages, cut.scrub_stages, cut.strip_stages, cut.solvent_l_per_h,
        cut.extractant_molar, cut.saponified_fraction, cut.scrub_l_per_h, cut.scrub_acid_molar,
        cut.strip_l_per_h, cut.strip_acid_molar, cut.phase_ratio_min, cut.phase_ratio_max,
        cut.loading_max, cut.light_up_mol_per_h, cut.light_up_limit, cut.heavy_down_mol_per_h,
        cut.heavy_down_limit, cut.solves);
  }
  for (const auto& p : r.products) {
    if (p.name.empty()) continue;
    const auto asked = [](double fraction) {
      return fraction > 0.0 ? fmt::format(" (asked {:.6g})", 100.0 * fraction) : std::string();
    };
    const bool none = !(p.target_purity > 0.0) && !(p.target_recovery > 0.0);
    std::cout << fmt::format("  product {:12} purity {:9.5f} %{}, recovery {:9.5f} %{}  {}\n",
                             p.name, 100.0 * p.purity_fraction, asked(p.target_purity),
                             100.0 * p.recovery_fraction, asked(p.target_recovery),
                             none             ? "nothing asked"
                             : p.meets_target ? "met"
                                              : "NOT MET");
  }
  double worst = 0.0;
  for (double closure : r.closure_relative) worst = std::max(worst, closure);
  if (!r.closure_relative.empty()) {
    std::cout << fmt::format("  balance closed to {:.1e} of what was fed\n", worst);
  }
  for (const auto& reason : r.reasons) {
    std::cout << "  not feasible [" << reason.code << "]: " << reason.text << '\n';
  }
}

}  // namespace

Action add_separation_design(CLI::App& separation, CommonOptions& options) {
  auto* verb = separation.add_subcommand("design", "targets in; cut order, stages and flows out");
  auto file = std::make_shared<std::string>();
  auto feed = std::make_shared<std::string>();
  verb->add_option("targets", *file, "TARGETS.toml (docs/formats/targets.md)")->required();
  verb->add_option("--feed", *feed,
                   "your own table in place of the feed's contents: elements or "
                   "oxides of a solid, or quantity,value,unit of a liquor");
  auto output = std::make_shared<PlantOutput>();
  add_plant_output(*verb, *output);
  verb->add_option("--plant", output->plant_file, "write the designed plant as PLANT.toml");
  add_common_options(*verb, options);
  return [&options, file, feed, output] {
    const RunSettings settings = resolve_settings(options);
    if (options.print_config) {
      print_settings(settings);
      return 0;
    }
    if (output->report && options.out.empty()) {
      throw Error("E-CLI-001", "--report without --out", "", "give --out RESULT.h5",
                  ExitCode::usage);
    }
    RunRecord run = begin_run(options, settings, "");
    auto targets = config::read_targets(*file, &run.inputs);
    std::vector<Warning> feed_warnings;
    if (!feed->empty()) use_own_feed(targets, *feed, run.inputs, feed_warnings);
    prepare_output(options.out, run.inputs);
    prepare_output(output->plant_file, run.inputs);
    if (!output->plant_file.empty()) refuse_existing(output->plant_file, options.force);
    auto result = separation::design(targets, settings.engine);
    result.warnings.insert(result.warnings.begin(), feed_warnings.begin(), feed_warnings.end());
    if (!options.json) print_design(result);
    print_warnings(result.warnings, options);
    if (options.json) std::cout << to_text(to_json(result)) << '\n';
    const int code = static_cast<int>(result.feasible ? ExitCode::done : ExitCode::partial);
    const bool wanted = !options.out.empty() || output->report || !output->tables.empty() ||
                        !output->plant_file.empty();
    if (!wanted) return code;
    // The same circuits as a plant with precipitation and calcination, solved and written; the
    // design stands in the same file. Without a feasible design there is no plant.
    std::vector<PlantJob> jobs;
    if (result.feasible) {
      const config::TomlTable root = config::TomlTable::read(*file);
      output->constants = root.text_or("constants", "");
      for (const auto& own : root.tables_or_none("species")) {
        output->own_species.push_back(own.text("name"));
      }
      jobs.push_back({separation::plant_of_design(targets, result),
                      config::read_economics(*file, &run.inputs)});
    }
    output->also = [&result](io::ResultFile& store) { store.write_design(result); };
    output->print = !options.json;
    const int plant_code = finish_plants(jobs, options, *output, settings, run);
    return code != 0 ? code : plant_code;
  };
}

}  // namespace gadolin::app
