#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

#include "app/separation/verbs.hpp"

namespace gadolin::app {

namespace {

/// One line for each sub-verb.
constexpr Action (*sub_verbs[])(CLI::App&, CommonOptions&) = {
    add_separation_simulate, add_separation_feeds,       add_separation_design,
    add_separation_dynamics, add_separation_sweep,       add_separation_optimise,
    add_separation_fit,      add_separation_uncertainty,
};

}  // namespace

Action add_separation(CLI::App& app, CommonOptions& options) {
  auto* verb = app.add_subcommand("separation", "solvent extraction: circuits and plants");
  auto designs = std::make_shared<std::vector<std::string>>();
  verb->add_option("designs", *designs, "DESIGN.toml: the same as separation simulate DESIGN.toml");
  add_common_options(*verb, options);
  verb->require_subcommand(0, 1);
  std::vector<std::pair<CLI::App*, Action>> subs;
  for (const auto make : sub_verbs) {
    Action action = make(*verb, options);
    subs.emplace_back(verb->get_subcommands({}).back(), std::move(action));
  }
  return [&options, designs, subs] {
    for (const auto& [sub, action] : subs) {
      if (!sub->parsed()) continue;
      if (!designs->empty()) {
        throw Error("E-CLI-001", "\"" + designs->front() + "\" stands before the sub-verb",
                    "gadolin separation", "write gadolin separation " + sub->get_name() + " FILE",
                    ExitCode::usage);
      }
      return action();
    }
    return simulate_separation(*designs, options, {});
  };
}

}  // namespace gadolin::app
