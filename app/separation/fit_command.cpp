#include <algorithm>
#include <cmath>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/output.hpp"
#include "app/result_json.hpp"
#include "app/separation/verbs.hpp"
#include "app/stored_run.hpp"
#include "io/config/constants.hpp"
#include "io/config/fit_task.hpp"
#include "models/separation/fit_constants.hpp"

namespace gadolin::app {

namespace {

using separation::FitResult;
using separation::FitRow;
using Json = nlohmann::ordered_json;

Json fit_json(const FitResult& r) {
  Json out;
  out["name"] = r.name;
  out["status"] = r.status == ItemStatus::ok ? "ok" : r.status_text;
  for (const auto& s : r.species) {
    Json row = {{"species", s.name},
                {"log10_k", s.log10_k},
                {"u_log10_k", s.u_log10_k},
                {"rows", s.rows},
                {"rejected", s.rejected},
                {"sources", s.sources},
                {"scatter_log10_d", s.scatter},
                {"rms", s.rms}};
    if (s.checked_rows > 0) {
      row["checked"] = {{"rows", s.checked_rows}, {"rms", s.checked_rms}, {"mean", s.checked_mean}};
    }
    out["constants"].push_back(row);
  }
  if (r.exponent) out["exponent"] = {{"value", *r.exponent}, {"u", *r.u_exponent}};
  out["u_common"] = {{"value", r.u_common}, {"measured", r.u_common_measured}};
  out["covariance"] = r.covariance;
  out["rms"] = r.rms;
  out["median"] = r.median_abs;
  out["rms_without_rejected"] = r.rms_kept;
  out["cross_validation"] = {{"folds", r.folds},
                             {"rms", r.rms_left_out},
                             {"median", r.median_left_out},
                             {"not_predicted", r.not_predicted},
                             {"confidence", r.coverage_goal},
                             {"coverage", r.coverage}};
  for (const FitRow& row : r.rows) {
    Json j = {{"experiment", row.experiment},
              {"source", row.source},
              {"species", row.species},
              {"log10_d", row.log10_d},
              {"predicted", row.predicted}};
    if (row.fitted) {
      j["weight"] = row.weight;
      j["left_out"] = row.left_out ? Json(*row.left_out) : Json(nullptr);
      j["half_width"] = row.half_width ? Json(*row.half_width) : Json(nullptr);
    } else {
      j["fitted"] = false;
    }
    out["rows"].push_back(j);
  }
  out["warnings"] = to_json(r.warnings);
  return out;
}

void print(const FitResult& r) {
  if (r.status != ItemStatus::ok) {
    std::cout << fmt::format("{}: {}\n", r.name, r.status_text);
    return;
  }
  std::cout << fmt::format(
      "{}\n  {:8} {:>10} {:>7} {:>5} {:>9} {:>8} {:>8}   kept out of the fit\n", r.name, "species",
      "log10 K", "u", "rows", "rejected", "sources", "rms");
  for (const auto& s : r.species) {
    std::cout << fmt::format("  {:8} {:>10.4f} {:>7.4f} {:>5} {:>9} {:>8} {:>8.3f}", s.name,
                             s.log10_k, s.u_log10_k, s.rows, s.rejected, s.sources, s.rms);
    if (s.checked_rows > 0) {
      std::cout << fmt::format("   {} values: mean {:+.2f}, rms {:.2f}", s.checked_rows,
                               s.checked_mean, s.checked_rms);
    }
    std::cout << '\n';
  }
  if (r.exponent) {
    std::cout << fmt::format("  exponent of the free extractant {:.3f}, u {:.3f}\n", *r.exponent,
                             *r.u_exponent);
  }
  std::cout << fmt::format("  common to all constants: u {:.3f} ({})\n", r.u_common,
                           r.u_common_measured ? "between sources" : "default");
  std::cout << fmt::format(
      "  log10 D of all fitted rows: rms {:.4f}, median {:.4f}; without rejected rms {:.4f}\n",
      r.rms, r.median_abs, r.rms_kept);
  if (r.folds > 1) {
    std::cout << fmt::format(
        "  left out ({} folds): rms {:.4f}, median {:.4f}; {:.1f} % inside their {:.0f} % "
        "interval{}\n",
        r.folds, r.rms_left_out, r.median_left_out, 100.0 * r.coverage, 100.0 * r.coverage_goal,
        r.not_predicted > 0 ? fmt::format("; {} not predicted", r.not_predicted) : "");
  }
}

/// The fit as a table of constants that designs can name.
separation::ConstantsTable table_of(const config::FitSetup& setup, const FitResult& r) {
  separation::ConstantsTable table;
  const auto& task = setup.task;
  table.title = task.title.empty() ? task.name : task.title;
  const auto& w = r.window;
  table.validity = fmt::format(
      "H {:.3g}..{:.3g} mol/L, free extractant {:.3g}..{:.3g} mol/L ({}), ionic strength to {:.3g} "
      "mol/L, loading to {:.2g} of capacity",
      w.h_min_molar, w.h_max_molar, w.extractant_min_molar, w.extractant_max_molar,
      separation::to_string(task.extractant.basis), w.ionic_strength_max_molar,
      w.loading_max_fraction);
  table.licence = setup.licence.empty() ? "not stated" : setup.licence;
  table.extractant = task.extractant;
  table.chemistry = task.chemistry;
  table.uncertainty.u_common = r.u_common;
  table.uncertainty.evidence =
      r.u_common_measured ? separation::EvidenceClass::measured : separation::EvidenceClass::memory;
  table.uncertainty.source =
      r.u_common_measured ? "scatter between sources of this fit" : "default, one source only";
  const std::size_t n = r.species.size(), np = n + (r.exponent ? 1 : 0);
  for (std::size_t i = 0; i < n; ++i) {
    table.uncertainty.fitted_species.push_back(r.species[i].name);
    for (std::size_t j = 0; j < n; ++j) {
      table.uncertainty.fitted.push_back(r.covariance[i * np + j]);
    }
    separation::Species s = task.species[i];
    const auto& fitted = r.species[i];
    s.log10_k = std::round(fitted.log10_k * 1e4) / 1e4;
    if (r.exponent) s.exponent = std::round(*r.exponent * 1e4) / 1e4;
    s.u_log10_k = std::round(fitted.u_log10_k * 1e4) / 1e4;
    s.evidence = separation::EvidenceClass::measured;
    s.source =
        fmt::format("fit of {} values from {} source{}, rms {:.3f} in log10 D; {}", fitted.rows,
                    fitted.sources, fitted.sources == 1 ? "" : "s", fitted.rms, setup.cite);
    s.window = w;
    table.species.push_back(s);
  }
  return table;
}

}  // namespace

Action add_separation_fit(CLI::App& separation, CommonOptions& options) {
  auto* verb = separation.add_subcommand("fit", "constants from equilibrium measurements");
  auto file = std::make_shared<std::string>();
  auto constants = std::make_shared<std::string>();
  verb->add_option("file", *file, "FIT.toml or TABLE.csv (docs/formats/fit.md)")->required();
  auto table = std::make_shared<std::string>();
  verb->add_option("--table", *table, "measurements (CSV) in place of those FIT.toml names");
  verb->add_option("--constants", *constants, "write the fitted constants here (TOML)");
  add_common_options(*verb, options);
  return [&options, file, table, constants] {
    const RunSettings settings = resolve_settings(options);
    if (options.print_config) {
      print_settings(settings);
      return 0;
    }
    RunRecord run = begin_run(options, settings, "");
    config::FitSetup setup = config::read_fit(*file, &run.inputs, *table);
    if (options.seed_given) setup.task.seed = settings.seed;
    prepare_output(*constants, run.inputs);
    if (!constants->empty()) refuse_existing(*constants, options.force);
    StoredRun store(options, run);
    const FitResult result = separation::fit_constants(setup.task);
    if (!constants->empty() && result.status == ItemStatus::ok) {
      const std::string head = fmt::format(
          "Fitted by gadolin separation fit to {}\nlog10 D: rms {:.4f} over {} values, {:.4f} left "
          "out "
          "({} folds); {:.1f} % of the left-out values inside their {:.0f} % interval.",
          setup.cite, result.rms,
          std::count_if(result.rows.begin(), result.rows.end(),
                        [](const FitRow& row) { return row.fitted; }),
          result.rms_left_out, result.folds, 100.0 * result.coverage, 100.0 * result.coverage_goal);
      write_text_output(*constants, config::constants_text(table_of(setup, result), head));
      say(options, "constants: " + *constants);
    }
    if (store) store->write_fit(result.name, result);
    store.finish();
    if (options.json) {
      std::cout << to_text(fit_json(result)) << '\n';
    } else {
      print(result);
    }
    print_warnings(result.warnings, options);
    return static_cast<int>(result.status == ItemStatus::ok ? ExitCode::done : ExitCode::partial);
  };
}

}  // namespace gadolin::app
