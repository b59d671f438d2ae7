#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/output.hpp"
#include "app/result_json.hpp"
#include "app/separation/verbs.hpp"
#include "app/stored_run.hpp"
#include "io/config/dynamics.hpp"
#include "models/separation/dynamics.hpp"

namespace gadolin::app {

namespace {

using separation::DynamicsPhase;
using separation::DynamicsResult;

double worst_balance(const DynamicsResult& r) {
  double worst = 0.0;
  for (double b : r.balance_relative) worst = std::max(worst, std::fabs(b));
  return worst;
}

/// Product that takes most of a species in the end.
std::size_t main_product(const DynamicsResult& r, std::size_t k) {
  const std::size_t c = r.species.size(), products = r.products.size(),
                    last = (r.time_h.size() - 1) * products;
  std::size_t best = 0;
  double most = -1.0;
  for (std::size_t p = 0; p < products; ++p) {
    const double rate = r.product_molar[(last + p) * c + k] * r.product_flow_l_per_h[last + p];
    if (rate > most) {
      most = rate;
      best = p;
    }
  }
  return best;
}

void print_dynamics(const DynamicsResult& r) {
  std::cout << fmt::format("{}: {}  (constants: worst class {})\n", r.name,
                           r.status == ItemStatus::ok ? "ok" : r.status_text,
                           to_string(r.worst_evidence));
  std::cout << fmt::format(
      "  hold-up: mixers {:.4g} L, settlers {:.4g} L, solvent tank {:.4g} L; "
      "of it solvent {:.4g} L\n",
      r.mixer_l, r.settler_l, r.tank_l, r.solvent_l);
  const std::size_t c = r.species.size();
  for (const DynamicsPhase& phase : r.phases) {
    std::cout << fmt::format("  {} ({:.5g} to {:.5g} h){}\n", phase.cause, phase.start_h,
                             phase.end_h, phase.steady_reached ? ", steady" : "");
    if (phase.steady_known) {
      std::cout << fmt::format("    differs from the steady state by at most {:.1e}\n",
                               phase.steady_mismatch);
    } else {
      std::cout << "    its steady state was not found\n";
    }
    for (std::size_t k = 0; k < c && phase.steady_known; ++k) {
      const std::size_t p = main_product(r, k);
      const double hours = phase.time_to_99_h[p * c + k];
      std::cout << fmt::format("    {:4} within 1 % in {} after {}\n", r.species[k], r.products[p],
                               std::isfinite(hours) ? fmt::format("{:.4g} h", hours)
                                                    : std::string("more than this phase"));
    }
    for (std::size_t s = 0; s < r.specifications.size(); ++s) {
      const double at = phase.on_spec_at_h[s];
      std::cout << fmt::format("    {}: {:.4g} kg of rare-earth metal made off specification, {}\n",
                               r.specifications[s], phase.off_spec_kg[s],
                               std::isfinite(at) ? fmt::format("met from {:.4g} h on", at)
                                                 : std::string("not met at the end"));
    }
  }
  for (std::size_t k = 0; k < c && !r.time_h.empty(); ++k) {
    std::cout << fmt::format("  {:4} in the plant at the end {:.5g} mol\n", r.species[k],
                             r.inventory_mol[(r.time_h.size() - 1) * c + k]);
  }
  std::cout << fmt::format("  {} steps ({} rejected); in - out - accumulation at most {:.1e}\n",
                           r.steps, r.rejected, worst_balance(r));
}

nlohmann::ordered_json json_of(const DynamicsResult& r) {
  const auto number = [](double v) {
    return std::isfinite(v) ? nlohmann::ordered_json(v) : nlohmann::ordered_json(nullptr);
  };
  nlohmann::ordered_json j;
  j["name"] = r.name;
  j["status"] = r.status == ItemStatus::ok ? "ok" : "not_converged";
  j["status_text"] = r.status_text;
  j["worst_evidence"] = to_string(r.worst_evidence);
  j["steps"] = r.steps;
  j["largest_balance_relative"] = worst_balance(r);
  j["solvent_l"] = r.solvent_l;
  const std::size_t c = r.species.size();
  for (const DynamicsPhase& phase : r.phases) {
    nlohmann::ordered_json p;
    p["cause"] = phase.cause;
    p["start_h"] = phase.start_h;
    p["end_h"] = phase.end_h;
    p["steady_reached"] = phase.steady_reached;
    p["steady_mismatch"] = phase.steady_known ? number(phase.steady_mismatch) : number(NAN);
    for (std::size_t a = 0; a < r.products.size(); ++a) {
      for (std::size_t k = 0; k < c; ++k) {
        p["time_to_99_h"][r.products[a]][r.species[k]] = number(phase.time_to_99_h[a * c + k]);
      }
    }
    for (std::size_t s = 0; s < r.specifications.size(); ++s) {
      p["specifications"].push_back({{"text", r.specifications[s]},
                                     {"off_kg", number(phase.off_spec_kg[s])},
                                     {"met_from_h", number(phase.on_spec_at_h[s])}});
    }
    j["phases"].push_back(p);
  }
  if (!r.time_h.empty()) {
    for (std::size_t k = 0; k < c; ++k) {
      j["inventory_mol"][r.species[k]] = r.inventory_mol[(r.time_h.size() - 1) * c + k];
    }
  }
  j["warnings"] = to_json(r.warnings);
  return j;
}

/// Time series as CSV: a row per accepted step, unit in the second line's cells.
void write_csv(const std::string& path, const DynamicsResult& r) {
  std::ostringstream out;
  const std::size_t c = r.species.size(), products = r.products.size();
  std::string names = "time", units = "h";
  const auto column = [&](const std::string& name, const char* unit) {
    const bool quoted = name.find_first_of(",\"") != std::string::npos;
    std::string text;
    for (char ch : name) text += ch == '"' ? std::string("\"\"") : std::string(1, ch);
    names += quoted ? ",\"" + text + "\"" : "," + name;
    units += std::string(",") + unit;
  };
  for (const auto& product : r.products) {
    column(product + " flow", "L/h");
    for (const auto& s : r.species) column(product + " " + s, "mol/L");
    for (const auto& s : r.species) column(product + " " + s + " share of rare earths", "1");
  }
  for (const auto& s : r.species) column(s + " in the plant", "mol");
  for (const auto& s : r.species) column(s + " in - out - accumulation", "1");
  out << names << '\n' << units << '\n';
  for (std::size_t t = 0; t < r.time_h.size(); ++t) {
    out << fmt::format("{:.10g}", r.time_h[t]);
    for (std::size_t p = 0; p < products; ++p) {
      const std::size_t row = t * products + p;
      out << fmt::format(",{:.10g}", r.product_flow_l_per_h[row]);
      for (std::size_t k = 0; k < c; ++k)
        out << fmt::format(",{:.10g}", r.product_molar[row * c + k]);
      for (std::size_t k = 0; k < c; ++k) {
        out << fmt::format(",{:.10g}", r.purity_fraction[row * c + k]);
      }
    }
    for (std::size_t k = 0; k < c; ++k) out << fmt::format(",{:.10g}", r.inventory_mol[t * c + k]);
    for (std::size_t k = 0; k < c; ++k)
      out << fmt::format(",{:.3g}", r.balance_relative[t * c + k]);
    out << '\n';
  }
  write_text_output(path, out.str());
}

}  // namespace

Action add_separation_dynamics(CLI::App& separation, CommonOptions& options) {
  auto* verb = separation.add_subcommand("dynamics", "a circuit in time: start-up and steps");
  auto file = std::make_shared<std::string>();
  auto csv = std::make_shared<std::string>();
  verb->add_option("plan", *file,
                   "PLAN.toml or DESIGN.toml with [dynamics] (docs/formats/dynamics.md)")
      ->required();
  verb->add_option("--csv", *csv, "also write the time series as CSV");
  add_common_options(*verb, options);
  return [&options, file, csv] {
    const RunSettings settings = resolve_settings(options);
    if (options.print_config) {
      print_settings(settings);
      return 0;
    }
    RunRecord run = begin_run(options, settings, "");
    const auto plan = config::read_dynamics(*file, &run.inputs);
    prepare_output(*csv, run.inputs);
    if (!csv->empty()) refuse_existing(*csv, options.force);
    StoredRun store(options, run);
    const auto result = separation::simulate_dynamics(plan, settings.engine);
    if (store) store->write_dynamics(result.name, result);
    store.finish();
    if (!csv->empty()) write_csv(*csv, result);
    if (options.json) {
      std::cout << to_text(json_of(result)) << '\n';
    } else {
      print_dynamics(result);
    }
    print_warnings(result.warnings, options);
    return static_cast<int>(result.status == ItemStatus::ok ? ExitCode::done : ExitCode::partial);
  };
}

}  // namespace gadolin::app
