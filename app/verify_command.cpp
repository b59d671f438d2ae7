#include <iostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/result_json.hpp"
#include "io/store/verify.hpp"

namespace gadolin::app {

namespace {

const char* word(io::InputCheck::Outcome outcome) {
  switch (outcome) {
    case io::InputCheck::Outcome::same:
      return "same";
    case io::InputCheck::Outcome::changed:
      return "changed";
    case io::InputCheck::Outcome::missing:
      return "missing";
  }
  return "unknown";
}

}  // namespace

Action add_verify(CLI::App& app, CommonOptions& options) {
  auto* verb = app.add_subcommand("verify", "are the inputs and the result still what they were?");
  auto result = std::make_shared<std::string>();
  verb->add_option("result", *result, "result file (HDF5)")->required();
  add_common_options(*verb, options);
  return [&options, result] {
    const io::VerifyReport report = io::verify(*result);
    if (options.json) {
      nlohmann::ordered_json document{
          {"file", report.path}, {"ok", report.ok()}, {"complete", report.complete}};
      document["inputs"] = nlohmann::ordered_json::array();
      for (const auto& input : report.inputs) {
        document["inputs"].push_back({{"path", input.path},
                                      {"role", input.role},
                                      {"outcome", word(input.outcome)},
                                      {"stored_sha256", input.stored_sha256},
                                      {"found_sha256", input.found_sha256}});
      }
      document["changed_content"] = nlohmann::ordered_json::array();
      for (const auto& content : report.changed_content) {
        document["changed_content"].push_back({{"path", content.path},
                                               {"stored_sha256", content.stored_sha256},
                                               {"found_sha256", content.found_sha256}});
      }
      std::cout << to_text(document) << '\n';
    } else {
      std::cout << report.text();
    }
    if (report.ok()) return static_cast<int>(ExitCode::done);
    if (!options.quiet) {
      std::cerr
          << "error[E-VER-001]: " << *result
          << " does not verify - the findings name both hashes; restore the inputs or run again\n";
    }
    return static_cast<int>(ExitCode::mismatch);
  };
}

}  // namespace gadolin::app
