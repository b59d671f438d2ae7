#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <numeric>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/result_json.hpp"
#include "app/separation/verbs.hpp"
#include "app/stored_run.hpp"
#include "io/config/uncertainty.hpp"
#include "models/separation/uncertainty.hpp"

namespace gadolin::app {

namespace {

using separation::UncertaintyAnswer;
using separation::UncertaintyResult;

void print_uncertainty(const UncertaintyResult& r) {
  std::cout << fmt::format("{}: {}  (worst class {})\n", r.name,
                           r.status == ItemStatus::ok ? "ok" : r.status_text,
                           to_string(r.worst_evidence));
  std::cout << fmt::format(
      "  {} cascades, {} rows, {}, seed {}; no answer: {} not converged, {} out of range; balances "
      "closed to {:.1e}\n",
      r.cascades, r.rows, r.sampling, r.seed, r.not_converged, r.out_of_range, r.worst_closure);
  for (const UncertaintyAnswer& a : r.answers) {
    std::cout << fmt::format(
        "  {}{}: nominal {:.6g}; 5/50/95 % {:.6g} / {:.6g} / {:.6g}; u {:.3g} (first order {})\n",
        a.name, a.unit == "1" ? "" : " / " + a.unit, a.nominal, a.q05, a.q50, a.q95, a.u,
        std::isfinite(a.u_first_order) ? fmt::format("{:.3g}", a.u_first_order)
                                       : std::string("none"));
    std::vector<std::size_t> order(a.total.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t i, std::size_t j) { return a.total[i] > a.total[j]; });
    for (std::size_t n = 0; n < order.size() && n < 6; ++n) {
      const std::size_t i = order[n];
      if (!(a.total[i] > 0.005)) break;
      std::cout << fmt::format(
          "    {:32} total {:6.3f} ({:.3f} to {:.3f})  first {:6.3f} ({:.3f} to {:.3f})\n",
          r.inputs[i], a.total[i], a.total_low[i], a.total_high[i], a.first[i], a.first_low[i],
          a.first_high[i]);
    }
  }
  for (const auto& v : r.verdicts) {
    std::cout << fmt::format("  met with probability {:.4f} ({:.4f} to {:.4f}, {} of {}): {}\n",
                             v.probability, v.low, v.high, v.met, r.independent, v.text);
  }
  if (!r.gradient_text.empty()) std::cout << "  " << r.gradient_text << '\n';
}

nlohmann::ordered_json json_of(const UncertaintyResult& r) {
  const auto number = [](double v) {
    return std::isfinite(v) ? nlohmann::ordered_json(v) : nlohmann::ordered_json(nullptr);
  };
  nlohmann::ordered_json j;
  j["name"] = r.name;
  j["status"] = r.status == ItemStatus::ok ? "ok" : "not_converged";
  j["worst_evidence"] = to_string(r.worst_evidence);
  j["seed"] = r.seed;
  j["sampling"] = r.sampling;
  j["rows"] = r.rows;
  j["cascades"] = r.cascades;
  j["not_converged"] = r.not_converged;
  j["out_of_range"] = r.out_of_range;
  j["rows_lost"] = r.rows_lost;
  j["worst_closure"] = r.worst_closure;
  for (std::size_t i = 0; i < r.inputs.size(); ++i) {
    j["inputs"].push_back({{"name", r.inputs[i]}, {"distribution", r.input_text[i]}});
  }
  for (const UncertaintyAnswer& a : r.answers) {
    nlohmann::ordered_json row = {{"name", a.name},
                                  {"unit", a.unit},
                                  {"nominal", number(a.nominal)},
                                  {"mean", number(a.mean)},
                                  {"u", number(a.u)},
                                  {"p05", number(a.q05)},
                                  {"p50", number(a.q50)},
                                  {"p95", number(a.q95)},
                                  {"u_first_order", number(a.u_first_order)}};
    for (std::size_t i = 0; i < a.total.size(); ++i) {
      row["sobol"][r.inputs[i]] = {{"first", number(a.first[i])},
                                   {"first_95", {number(a.first_low[i]), number(a.first_high[i])}},
                                   {"total", number(a.total[i])},
                                   {"total_95", {number(a.total_low[i]), number(a.total_high[i])}}};
    }
    j["answers"].push_back(row);
  }
  for (const auto& v : r.verdicts) {
    j["specifications"].push_back({{"text", v.text},
                                   {"met", v.met},
                                   {"of", r.independent},
                                   {"probability", number(v.probability)},
                                   {"interval_95", {number(v.low), number(v.high)}},
                                   {"low_if_failed_miss", number(v.low_if_failed_miss)}});
  }
  j["warnings"] = to_json(r.warnings);
  return j;
}

}  // namespace

Action add_separation_uncertainty(CLI::App& separation, CommonOptions& options) {
  auto* verb = separation.add_subcommand(
      "uncertainty", "how well a circuit's answers are known: quantiles, risk, Sobol indices");
  auto file = std::make_shared<std::string>();
  verb->add_option("plan", *file,
                   "PLAN.toml, or DESIGN.toml with [uncertainty] "
                   "(docs/formats/separation_uncertainty.md)")
      ->required();
  add_common_options(*verb, options);
  return [&options, file] {
    const RunSettings settings = resolve_settings(options);
    if (options.print_config) {
      print_settings(settings);
      return 0;
    }
    RunRecord run = begin_run(options, settings, "");
    auto plan = config::read_uncertainty(*file, &run.inputs);
    plan.seed = settings.seed;
    StoredRun store(options, run);
    separation::UncertaintySink sink;
    if (store && plan.store_designs) {
      sink = [&](const separation::UncertaintyColumns& columns,
                 const separation::UncertaintyBlock& block) {
        store->append_uncertainty(plan.name, columns, block);
      };
    }
    const auto result = separation::assess_uncertainty(plan, settings.engine, sink);
    if (store) store->write_uncertainty(result.name, result);
    store.finish();
    if (options.json) {
      std::cout << to_text(json_of(result)) << '\n';
    } else {
      print_uncertainty(result);
    }
    print_warnings(result.warnings, options);
    const bool good = result.status == ItemStatus::ok && result.not_converged == 0;
    return static_cast<int>(good ? ExitCode::done : ExitCode::partial);
  };
}

}  // namespace gadolin::app
