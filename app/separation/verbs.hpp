#pragma once

#include <string>
#include <vector>

#include "app/command.hpp"
#include "app/separation/plant_command.hpp"

/// The sub-verbs of `gadolin separation`. Each is one file in this folder, <verb>_command.cpp: it
/// adds a subcommand to `separation`, declares its options and returns what runs when it was
/// chosen. separation_command.cpp lists them.
namespace gadolin::app {

Action add_separation_simulate(CLI::App& separation, CommonOptions& options);
Action add_separation_feeds(CLI::App& separation, CommonOptions& options);
Action add_separation_design(CLI::App& separation, CommonOptions& options);
Action add_separation_dynamics(CLI::App& separation, CommonOptions& options);
Action add_separation_sweep(CLI::App& separation, CommonOptions& options);
Action add_separation_optimise(CLI::App& separation, CommonOptions& options);
Action add_separation_fit(CLI::App& separation, CommonOptions& options);
Action add_separation_uncertainty(CLI::App& separation, CommonOptions& options);

/// What `gadolin separation simulate FILES` does, and `gadolin separation FILES` too.
int simulate_separation(const std::vector<std::string>& files, const CommonOptions& options,
                        const PlantOutput& output);

}  // namespace gadolin::app
