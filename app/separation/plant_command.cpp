#include "app/separation/plant_command.hpp"

#include <iostream>
#include <optional>

#include <CLI/CLI.hpp>

#include "app/output.hpp"
#include "app/report_runner.hpp"
#include "app/result_json.hpp"
#include "app/separation/plant_json.hpp"
#include "app/stored_run.hpp"
#include "io/config/write_circuit.hpp"
#include "io/config/write_plant.hpp"
#include "io/store/plant_tables.hpp"
#include "models/separation/cost.hpp"
#include "models/separation/equipment.hpp"
#include "models/separation/plant.hpp"

namespace gadolin::app {

void add_plant_output(CLI::App& verb, PlantOutput& output) {
  verb.add_option("--tables", output.tables, "folder for stream table, profiles, costs as CSV");
  verb.add_flag("--report", output.report, "write the HTML report beside --out");
}

int finish_plants(const std::vector<PlantJob>& jobs, const CommonOptions& options,
                  const PlantOutput& output, const RunSettings& settings, RunRecord run) {
  if (output.report && options.out.empty()) {
    throw Error("E-CLI-001", "--report without --out", "", "give --out RESULT.h5", ExitCode::usage);
  }
  for (const PlantJob& job : jobs) {
    for (const auto& feed : job.plant.feeds) {
      if (!output.report || feed.grade != "C") continue;
      throw Error("E-FEED-011", "feed " + feed.name + " has no sourced assay: no report is made",
                  job.plant.source_file,
                  "use a card of grade A or B, or your own assay; without --report it runs",
                  ExitCode::usage);
    }
  }
  for (const std::string& text : {output.plant_file, output.design_file}) {
    prepare_output(text, run.inputs);
    if (!text.empty()) refuse_existing(text, options.force);
  }
  StoredRun store(options, run);
  if (store && output.also) output.also(*store);
  nlohmann::ordered_json document;
  std::size_t bad = 0;
  for (const PlantJob& job : jobs) {
    const auto result = separation::simulate_plant(job.plant, settings.engine);
    const auto equipment = separation::plant_equipment(job.plant, result, job.economics.equipment);
    std::optional<separation::PlantCost> cost;
    if (job.economics.costed && result.status == ItemStatus::ok) {
      cost = separation::plant_cost(result, equipment, job.economics.tables, job.economics.cost);
    }
    const separation::PlantCost* money = cost ? &*cost : nullptr;
    if (result.status != ItemStatus::ok) ++bad;
    if (store) store->write_plant(result.name, result, equipment, money);
    if (!output.tables.empty()) {
      const auto folder = jobs.size() > 1 ? output.tables + "/" + result.name : output.tables;
      io::write_plant_tables(folder, result, equipment, money, options.force);
      say(options, "tables: " + folder);
    }
    if (!output.plant_file.empty()) {
      write_text_output(output.plant_file,
                        config::plant_text(job.plant, output.constants, output.own_species));
      say(options, "plant: " + output.plant_file);
    }
    if (!output.design_file.empty()) {
      const auto fed = separation::fed_circuit(job.plant, output.unit, settings.engine);
      write_text_output(
          output.design_file,
          config::unit_design_text(job.plant.source_file, output.unit, fed, output.design_file));
      say(options, "design: " + output.design_file);
    }
    document["plants"].push_back(to_json(result, equipment, money));
    if (output.print && !options.json) print_plant(result, equipment, money);
    print_warnings(result.warnings, options);
    if (cost) print_warnings(cost->warnings, options);
  }
  store.finish();
  if (output.report) say(options, "report: " + write_report(options.out, "", options.force));
  if (output.print && options.json) std::cout << to_text(document) << '\n';
  return static_cast<int>(bad == 0 ? ExitCode::done : ExitCode::partial);
}

}  // namespace gadolin::app
