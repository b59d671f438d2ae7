#include <iostream>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/result_json.hpp"
#include "io/config/data_dir.hpp"
#include "io/readers/structure_library.hpp"

namespace gadolin::app {

Action add_info(CLI::App& app, CommonOptions& options) {
  auto* verb = app.add_subcommand("info", "what this build can do: engines, libraries, phases");
  auto phases = std::make_shared<bool>(false);
  verb->add_flag("--phases", *phases, "list the phases of the structure library");
  add_common_options(*verb, options);
  return [&options, phases] {
    const std::string data = config::find_data_dir();
    const auto entries = io::list_structures(data);
    nlohmann::ordered_json document;
    std::istringstream lines(build_description());
    for (std::string line; std::getline(lines, line);) {
      const auto colon = line.find(": ");
      document["build"][line.substr(0, colon)] = line.substr(colon + 2);
    }
    for (EngineKind kind : available_engines()) document["engines"].push_back(to_string(kind));
    document["cuda"] = describe_cuda_device();
    document["kokkos"] = describe_kokkos();
    document["data_dir"] = data;
    document["phases"] = entries.size();
    if (*phases) {
      document.erase("phases");
      for (const auto& entry : entries) {
        document["phases"].push_back({{"name", entry.name}, {"formula", entry.formula}});
      }
    }
    if (options.json) {
      std::cout << to_text(document) << '\n';
      return 0;
    }
    std::cout << build_description() << "\nengines here:";
    for (const auto& engine : document["engines"]) std::cout << ' ' << engine.get<std::string>();
    std::cout << "\ncuda device: " << describe_cuda_device() << "\ndatasets: " << data
              << "\nphases in the library: " << entries.size() << '\n';
    if (*phases) {
      for (const auto& entry : entries)
        std::cout << fmt::format("  {:32} {}\n", entry.name, entry.formula);
    }
    return 0;
  };
}

}  // namespace gadolin::app
