#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/option_checks.hpp"
#include "app/origin_setup.hpp"
#include "app/result_json.hpp"
#include "app/stored_run.hpp"
#include "io/readers/element_table.hpp"
#include "models/origin/attribute.hpp"

namespace gadolin::app {

namespace {

struct Choices {
  std::vector<std::string> tables;
  std::string library, process_level, material_kind;
  origin::Options origin;
};

int run_origin(const CommonOptions& options, const Choices& choices) {
  const RunSettings settings = resolve_settings(options);
  if (options.print_config) {
    print_settings(settings);
    return 0;
  }
  RunRecord run = begin_run(options, settings, "");
  std::vector<assay::AssaySample> samples;
  UniqueIds ids;
  for (const auto& table : choices.tables) {
    InputFile record;
    for (auto& sample : io::read_element_table(table, {}, &record)) {
      sample.id = ids(sample.id);
      samples.push_back(std::move(sample));
    }
    run.inputs.push_back(record);
  }
  const origin::Library library = load_origin_library(choices.library, run.inputs);
  std::vector<origin::SampleInput> inputs;
  for (const auto& sample : samples) {
    inputs.push_back(origin_input(sample, choices.material_kind, choices.process_level));
    run.warnings.insert(run.warnings.end(), sample.warnings.begin(), sample.warnings.end());
  }
  StoredRun store(options, run);
  const auto results = origin::attribute(inputs, library, choices.origin, settings.seed);
  print_warnings(run.warnings, options);
  nlohmann::ordered_json document;
  for (std::size_t i = 0; i < results.size(); ++i) {
    auto row = to_json(results[i]);
    row["assay"] = to_json(samples[i]);
    document["samples"].push_back(row);
    if (!options.json) std::cout << origin_summary(results[i]);
    print_warnings(results[i].warnings, options);
  }
  if (store) {
    store->append_origins(results);
    constexpr std::size_t few = 16;  // up to here every sample gets an entry of its own
    for (std::size_t i = 0; i < results.size() && results.size() <= few; ++i) {
      store->write_assay(results[i].id, samples[i]);
      store->write_origin(results[i].id, results[i]);
    }
    for (const auto& normaliser : library.normalisers) {
      if (normaliser.name == choices.origin.normaliser) store->write_normaliser(normaliser);
    }
  }
  store.finish();
  if (options.json) std::cout << to_text(document) << '\n';
  return 0;
}

}  // namespace

Action add_origin(CLI::App& app, CommonOptions& options) {
  auto* verb = app.add_subcommand("origin", "which sources an element table is compatible with");
  auto choices = std::make_shared<Choices>();
  verb->add_option("tables", choices->tables, "element or oxide tables (CSV)")->required();
  verb->add_option("--library", choices->library, "library folder; default: the shipped one");
  verb->add_option("--process-level", choices->process_level,
                   "what was done to the goods: mined, concentrate, leached, roasted, separated");
  verb->add_option("--material", choices->material_kind,
                   "what the goods are: ore, concentrate, mixed_product, ...")
      ->check(CLI::IsMember(
          {"ore", "concentrate", "mixed_product", "resource_average", "mineral", "unknown"}));
  verb->add_option("--prior-unknown", choices->origin.prior_unknown,
                   "prior of \"none of these\" [0.2]")
      ->check(number_in(0.0, 1.0));
  verb->add_option("--left-out", choices->origin.left_out_deposits,
                   "deposit ids left out of the library")
      ->delimiter(',');
  add_common_options(*verb, options);
  return [&options, choices] { return run_origin(options, *choices); };
}

}  // namespace gadolin::app
