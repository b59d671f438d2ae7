#include <filesystem>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/output.hpp"
#include "app/result_json.hpp"
#include "io/readers/pattern.hpp"
#include "io/store/pattern_file.hpp"
#include "io/store/result_file.hpp"

namespace gadolin::app {

namespace {

namespace fs = std::filesystem;

/// "a.xy", "a_2.xy", "a_3.xy": text files hold one scan each.
std::string numbered(const std::string& out, std::size_t index) {
  if (index == 0) return out;
  const fs::path path(out);
  return (path.parent_path() /
          fmt::format("{}_{}{}", path.stem().string(), index + 1, path.extension().string()))
      .string();
}

/// What was read, for --json.
nlohmann::ordered_json to_json(const std::vector<diffraction::Pattern>& patterns) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const auto& pattern : patterns) {
    nlohmann::ordered_json item;
    item["id"] = pattern.id;
    item["reader"] = pattern.reader;
    item["points"] = pattern.counts.size();
    item["two_theta_first_deg"] = pattern.two_theta_deg.front();
    item["two_theta_last_deg"] = pattern.two_theta_deg.back();
    item["wavelength_angstrom"] = pattern.wavelength_angstrom;
    item["step_time_s"] = pattern.step_time_s;
    item["uncertainty"] = !pattern.sigma.empty()       ? "given"
                          : pattern.counts_are_poisson ? "poisson"
                                                       : "unknown";
    list.push_back(item);
  }
  return list;
}

int run_convert(const CommonOptions& options, const std::string& file) {
  if (options.print_config) {
    print_settings(resolve_settings(options));
    return 0;
  }
  if (options.out.empty()) {
    throw Error("E-CLI-001", "no --out", "convert", "give --out FILE.nxs or --out FILE.xy",
                ExitCode::usage);
  }
  const std::string extension = fs::path(options.out).extension().string();
  const bool text = extension == ".xy" || extension == ".xye" || extension == ".txt";
  if (!text && extension != ".nxs" && extension != ".h5" && extension != ".hdf5") {
    throw Error("E-CLI-001", "cannot tell the format of \"" + options.out + "\"", "--out",
                "end the name in .nxs (NeXus) or .xy (text)", ExitCode::usage);
  }
  InputFile record;
  const auto patterns = io::read_patterns(file, &record);
  const std::vector<std::string> inputs = {file};
  for (const auto& pattern : patterns) print_warnings(pattern.warnings, options);
  if (!text) {
    prepare_output(options.out, inputs);
    io::write_nexus_pattern(options.out, patterns, record, options.force);
  } else {
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      const std::string out = numbered(options.out, i);
      prepare_output(out, inputs);
      io::write_text_pattern(out, patterns[i], record, options.force);
    }
  }
  if (options.json) {
    nlohmann::ordered_json document;
    document["patterns"] = to_json(patterns);
    std::cout << to_text(document) << '\n';
  }
  say(options, fmt::format("{}: {} scan{} of {} to {}", file, patterns.size(),
                           patterns.size() == 1 ? "" : "s", record.reader, options.out));
  return static_cast<int>(ExitCode::done);
}

}  // namespace

Action add_convert(CLI::App& app, CommonOptions& options) {
  auto* verb = app.add_subcommand("convert", "a measured pattern as NeXus or text");
  auto file = std::make_shared<std::string>();
  verb->add_option("pattern", *file, "pattern file of any format (docs/formats/patterns.md)")
      ->required();
  add_common_options(*verb, options,
                     "FILE.nxs (NeXus) or FILE.xy (text; FILE_2.xy for a second scan)");
  return [&options, file] { return run_convert(options, *file); };
}

}  // namespace gadolin::app
