#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/build_info.hpp"
#include "app/output.hpp"
#include "app/result_json.hpp"
#include "app/separation/metric_money.hpp"
#include "app/separation/verbs.hpp"
#include "app/stop_signal.hpp"
#include "io/config/sweep.hpp"
#include "io/readers/file_bytes.hpp"
#include "io/store/result_file.hpp"
#include "models/separation/sweep.hpp"

namespace gadolin::app {

namespace {

constexpr std::size_t chunk = 4096;

struct SweepOptions {
  std::string file;
  std::size_t checkpoint_every = chunk;
  bool restart = false;
};

std::string fingerprint_of(const RunRecord& run, const RunSettings& settings) {
  std::string text = fmt::format("seed {}\ncommit {}\nengine {}\n", settings.seed, build_commit,
                                 to_string(settings.engine.kind));
  for (const auto& input : run.inputs) text += input.role + ' ' + input.sha256 + '\n';
  return io::sha256_hex(text);
}

/// Least and largest value of each metric among the designs that have an answer.
struct Span {
  double low = INFINITY, high = -INFINITY;
  void take(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

int run_sweep(const SweepOptions& given, const CommonOptions& options) {
  const RunSettings settings = resolve_settings(options);
  if (options.print_config) {
    print_settings(settings);
    return 0;
  }
  if (options.out.empty()) {
    throw Error("E-CLI-001", "a sweep needs a file for its designs", "gadolin separation sweep",
                "add --out SWEEP.h5", ExitCode::usage);
  }
  RunRecord run = begin_run(options, settings, "");
  auto sweep = config::read_sweep(given.file, &run.inputs);
  std::vector<separation::Metric*> metrics;
  for (auto& metric : sweep.metrics) metrics.push_back(&metric);
  price_money(given.file, metrics, run.inputs);
  const config::BaseDesign base(sweep.base_file, &run.inputs);
  prepare_output(options.out, run.inputs);
  const auto plan = separation::plan_sweep(
      sweep, base.circuit(), [&](const auto& numbers) { return base.with(numbers); },
      settings.seed);
  const std::string fingerprint = fingerprint_of(run, settings);

  watch_stop_signals();  // before there is anything to lose
  const bool goes_on = given.restart && std::filesystem::exists(options.out + ".partial");
  io::ResultFile store = goes_on
                             ? io::ResultFile::reopen_sweep(options.out, fingerprint, options.force)
                             : io::ResultFile::create(options.out, options.force);
  if (!goes_on) {
    store.write_run(run);
    store.begin_sweep(sweep, plan.columns, base.circuit(), fingerprint);
  }
  std::size_t first = goes_on ? store.sweep_rows() : 0;
  if (goes_on) say(options, fmt::format("going on after {} of {} designs", first, plan.designs));
  std::vector<Span> spans(plan.columns.metrics.size());
  std::size_t unflushed = 0;
  {
    Progress progress("designs", plan.designs, options);
    while (first < plan.designs) {
      const std::size_t count = std::min(chunk, plan.designs - first);
      const auto block = separation::solve_sweep(plan, first, count, settings.engine);
      store.append_sweep(plan.columns, block);
      for (std::size_t i = 0; i < block.metrics.size(); ++i) {
        spans[i % spans.size()].take(block.metrics[i]);
      }
      first += count;
      unflushed += count;
      if (unflushed >= given.checkpoint_every || first == plan.designs || stop_requested()) {
        store.flush();
        unflushed = 0;
      }
      progress.advance_to(first);
      if (stop_requested() && first < plan.designs) {
        say(options, fmt::format("stopped after {} of {} designs; go on with --restart", first,
                                 plan.designs));
        return exit_requeue;
      }
    }
  }
  const auto counts = store.count_sweep();
  store.write_sweep_counts(counts);
  run.end_time = now_iso8601();
  store.write_run(run);
  store.close();
  if (options.json) {
    nlohmann::ordered_json document;
    document["designs"] = counts.designs;
    document["ok"] = counts.ok;
    document["not_converged"] = counts.not_converged;
    document["out_of_range"] = counts.out_of_range;
    document["retried"] = counts.retried;
    document["result"] = options.out;
    std::cout << to_text(document) << '\n';
  } else {
    std::cout << fmt::format(
        "{}: {} designs, {} ok, {} not converged, {} out of range, {} solved by the slower "
        "method\n",
        sweep.name, counts.designs, counts.ok, counts.not_converged, counts.out_of_range,
        counts.retried);
    for (std::size_t m = 0; m < spans.size(); ++m) {
      if (!(spans[m].low <= spans[m].high)) continue;
      std::cout << fmt::format(
          "  {}: {:.6g} to {:.6g} {}{}\n", plan.columns.metrics[m], spans[m].low, spans[m].high,
          plan.columns.metric_units[m] == "1" ? "" : plan.columns.metric_units[m],
          goes_on ? " (of this part)" : "");
    }
  }
  say(options, "result: " + options.out);
  return static_cast<int>(counts.ok == counts.designs ? ExitCode::done : ExitCode::partial);
}

}  // namespace

Action add_separation_sweep(CLI::App& separation, CommonOptions& options) {
  auto* verb =
      separation.add_subcommand("sweep", "many what-ifs of one circuit, stored in columns");
  auto given = std::make_shared<SweepOptions>();
  verb->add_option("sweep", given->file, "SWEEP.toml (docs/formats/sweep.md)")->required();
  verb->add_option("--checkpoint-every", given->checkpoint_every,
                   "designs between two safe states of OUT.partial [4096]")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000000000}));
  verb->add_flag("--restart", given->restart,
                 "go on with OUT.partial if there is one; refused where inputs, seed or build "
                 "differ");
  add_common_options(*verb, options);
  return [&options, given] { return run_sweep(*given, options); };
}

}  // namespace gadolin::app
