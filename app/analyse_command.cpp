#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/analyse.hpp"
#include "app/command.hpp"
#include "app/identify_setup.hpp"
#include "app/origin_setup.hpp"
#include "app/output.hpp"
#include "app/quantify_setup.hpp"
#include "app/report_runner.hpp"
#include "app/result_json.hpp"

namespace gadolin::app {

namespace {

nlohmann::ordered_json sample_json(const SampleAnswer& answer) {
  nlohmann::ordered_json row{{"id", answer.id}};
  row["patterns"] = nlohmann::ordered_json::array();
  for (const auto& result : answer.pattern_results) row["patterns"].push_back(to_json(result));
  row["assay"] = answer.assay ? to_json(*answer.assay) : nlohmann::ordered_json(nullptr);
  row["origin"] = answer.origin ? to_json(*answer.origin) : nlohmann::ordered_json(nullptr);
  row["separation"] = answer.circuit ? to_json(*answer.circuit) : nlohmann::ordered_json(nullptr);
  row["recovery"] = answer.recovery ? to_json(*answer.recovery) : nlohmann::ordered_json(nullptr);
  row["warnings"] = to_json(answer.warnings);
  return row;
}

std::string agreement(const recovery::Reconciled& reconciled) {
  if (reconciled.conflict) {
    return reconciled.conflict_text +
           (reconciled.converged ? "" : " (" + reconciled.status_text + ")");
  }
  if (!reconciled.converged) return "not reconciled: " + reconciled.status_text;
  if (reconciled.degrees_of_freedom == 0) return "nothing to compare";
  std::string text = "they agree";
  if (reconciled.unmodelled_fraction_limit > 0.0) {
    text += fmt::format("; in no modelled phase: below {:.2g} wt% (95 %)",
                        100.0 * reconciled.unmodelled_fraction_limit);
  } else if (reconciled.unmodelled_fraction_known) {
    text += fmt::format("; in no modelled phase: {:.1f} +- {:.1f} wt%",
                        100.0 * reconciled.unmodelled_fraction,
                        200.0 * reconciled.u_unmodelled_fraction);
  }
  return text;
}

void print_summary(const SampleAnswer& answer) {
  std::cout << "sample " << answer.id;
  if (!answer.declared_as.empty()) std::cout << ", declared as " << answer.declared_as;
  std::cout << '\n';
  for (const auto& result : answer.pattern_results) {
    std::cout << fmt::format(
        "phases (of the crystalline phases modelled; U expanded, k = 2), {}\n",
        result.status == ItemStatus::ok ? "refinement ok" : result.status_text);
    for (const auto& phase : result.phases) {
      if (!diffraction::has_numbers(result)) break;
      std::cout << phase_line(phase);
    }
    print_quantification(result);
    if (result.identification) print_identification(*result.identification);
  }
  for (const auto& index : answer.indices) {
    if (index.name != "TREO" || index.value.state != ValueState::measured) continue;
    std::cout << fmt::format("TREO {:.3g} +- {:.2g} wt% ({})\n", index.value.value,
                             2.0 * index.value.u_value, index.elements);
  }
  if (answer.origin) std::cout << "origin\n" << origin_summary(*answer.origin);
  if (answer.circuit) {
    const auto& circuit = *answer.circuit;
    std::cout << fmt::format("separation, {}: {}, constants of class {} at worst\n", circuit.name,
                             circuit.status == ItemStatus::ok ? "steady" : circuit.status_text,
                             separation::to_string(circuit.worst_evidence));
    for (const auto& product : circuit.products) {
      std::string shares;
      for (std::size_t k = 0; k < circuit.species.size(); ++k) {
        if (product.purity_fraction[k] < 0.01 || product.phase != "aqueous") continue;
        shares +=
            fmt::format(" {} {:.1f} %", circuit.species[k], 100.0 * product.purity_fraction[k]);
      }
      if (!shares.empty()) std::cout << "  " << product.name << ":" << shares << '\n';
    }
  }
  if (answer.recovery) {
    const auto& recovery = *answer.recovery;
    const auto& joined = recovery.reconciled;
    std::cout << "XRD and assay: " << agreement(joined);
    if (joined.degrees_of_freedom > 0) {
      std::cout << fmt::format(" (chi-square {:.1f} of {} degrees of freedom, {})",
                               joined.chi_square, joined.degrees_of_freedom,
                               probability_text("p", joined.p_value));
    }
    std::cout << '\n';
    std::cout << fmt::format(
        "rare-earth oxides: {:.1f} kg/t contained, {:.1f} kg/t recoverable (5 to 95 %: {:.1f} to "
        "{:.1f})\n",
        recovery.treo_contained_kg_per_t.p50, recovery.treo_recoverable_kg_per_t.p50,
        recovery.treo_recoverable_kg_per_t.p05, recovery.treo_recoverable_kg_per_t.p95);
    for (const auto& element : recovery.elements) {
      if (element.state != ValueState::measured) {  // a bound, not a content
        std::cout << fmt::format("  {:7} {}: no content is stated, not in TREO\n", element.oxide,
                                 element.state == ValueState::below_lod
                                     ? "below its limit of detection"
                                     : "above the range of the method");
        continue;
      }
      std::cout << fmt::format(
          "  {:7} {:>9.3g} kg/t contained  {:>9.3g} recoverable ({:.2g} to {:.2g})\n",
          element.oxide, element.contained_kg_per_t.p50, element.recoverable_kg_per_t.p50,
          element.recoverable_kg_per_t.p05, element.recoverable_kg_per_t.p95);
    }
    std::cout << "  worst evidence behind these yields: " << recovery.worst_evidence << '\n';
  }
}

int run_analyse(const CommonOptions& options, const std::string& file, bool with_report) {
  InputFile case_record;
  const config::Case laboratory_case = config::read_case(file, &case_record);
  const RunSettings settings =
      resolve_settings(options, laboratory_case.engine,
                       laboratory_case.threads ? std::to_string(*laboratory_case.threads) : "",
                       laboratory_case.seed ? std::to_string(*laboratory_case.seed) : "");
  if (options.print_config) {
    print_settings(settings);
    return 0;
  }
  const std::string out =
      options.out.empty() ? std::filesystem::path(file).stem().string() + ".h5" : options.out;
  std::vector<std::string> named = {file};
  for (const auto& sample : laboratory_case.samples) {
    named.push_back(sample.assay_file);
    named.insert(named.end(), sample.pattern_files.begin(), sample.pattern_files.end());
  }
  prepare_output(out, named);
  RunRecord run = begin_run(options, settings, laboratory_case.text);
  run.inputs.push_back(case_record);
  auto store = io::ResultFile::create(out, options.force);
  store.write_run(run);

  const auto answers = analyse(laboratory_case, settings, options, run, store);

  run.end_time = now_iso8601();
  store.write_run(run);
  store.close();
  nlohmann::ordered_json document{{"case", laboratory_case.id}, {"result", out}};
  std::size_t incomplete = 0;
  for (const auto& answer : answers) {
    if (!answer.complete) ++incomplete;
    document["samples"].push_back(sample_json(answer));
    if (!options.json) print_summary(answer);
    print_warnings(answer.warnings, options);
  }
  say(options, "result: " + out);
  if (with_report) {
    const std::string html = write_report(out, "", true);
    document["report"] = html;
    say(options, "report: " + html);
  }
  if (options.json) std::cout << to_text(document) << '\n';
  return static_cast<int>(incomplete == 0 ? ExitCode::done : ExitCode::partial);
}

}  // namespace

Action add_analyse(CLI::App& app, CommonOptions& options) {
  auto* verb = app.add_subcommand(
      "analyse", "a case: patterns and assays to phases, origin, recoverable rare earths");
  auto file = std::make_shared<std::string>();
  auto with_report = std::make_shared<bool>(false);
  verb->add_option("case", *file, "CASE.toml (docs/formats/case.md)")->required();
  verb->add_flag("--report", *with_report, "write the HTML report beside the result");
  add_common_options(*verb, options);
  return [&options, file, with_report] { return run_analyse(options, *file, *with_report); };
}

}  // namespace gadolin::app
