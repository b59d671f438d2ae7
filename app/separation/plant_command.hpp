#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/command.hpp"
#include "io/config/economics.hpp"
#include "models/separation/types_plant.hpp"

namespace gadolin::io {
class ResultFile;
}

namespace gadolin::app {

/// What a verb that ends in a plant may write: --tables, --report, --plant.
struct PlantOutput {
  std::string tables;                         ///< folder of CSV tables
  bool report = false;                        ///< HTML beside --out
  std::string plant_file;                     ///< the plant itself as PLANT.toml
  std::string unit;                           ///< whose circuit goes to design_file, fed
  std::string design_file;                    ///< DESIGN.toml of that circuit
  std::string constants;                      ///< table its circuits name; "" = species written out
  std::vector<std::string> own_species;       ///< those that are not the table's
  bool print = true;                          ///< summary or JSON on stdout
  std::function<void(io::ResultFile&)> also;  ///< what else goes into --out
};
/// --tables and --report.
void add_plant_output(CLI::App& verb, PlantOutput& output);

struct PlantJob {
  separation::Plant plant;
  config::PlantEconomics economics;
};

/// Simulates plants, sizes and prices them, prints them or their JSON, and writes what was asked.
/// returns the exit code: done, or partial where one did not converge
/// throws Error E-CLI-001 (--report without --out), E-FEED-011 (report of a feed without a sourced
///        assay), E-OUT-*
int finish_plants(const std::vector<PlantJob>& jobs, const CommonOptions& options,
                  const PlantOutput& output, const RunSettings& settings, RunRecord run);

/// A plant's products, balances and money on stdout.
void print_plant(const separation::PlantResult& result, const separation::PlantEquipment& equipment,
                 const separation::PlantCost* cost);

}  // namespace gadolin::app
