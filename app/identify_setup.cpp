#include "app/identify_setup.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/result_json.hpp"
#include "io/config/data_dir.hpp"
#include "io/readers/structure_library.hpp"

namespace gadolin::app {

namespace {

/// Below this an element cannot make up a phase that diffraction sees.
constexpr double absent_below = 5e-4;

nlohmann::ordered_json number(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

}  // namespace

bool asks_for_search(const std::vector<std::string>& phases) {
  return !phases.empty() && phases.front() == "auto";
}

void add_identify_options(CLI::App& verb, IdentifyChoices& choices) {
  verb.add_option("--elements", choices.elements,
                  "with --phases auto: elements the sample may hold, commas between; H, C and O "
                  "are always allowed [any]");
  verb.add_option("--max-phases", choices.max_phases, "with --phases auto: at most so many [12]")
      ->check(CLI::Range(1, 20));
}

std::string identify_toml(const IdentifyChoices& choices, bool asked) {
  if (!asked) return "";
  return fmt::format("elements = \"{}\"\nmax_phases = {}\n", choices.elements, choices.max_phases);
}

diffraction::IdentifyOptions identify_options(const IdentifyChoices& choices,
                                              const diffraction::RefinementOptions& refinement) {
  diffraction::IdentifyOptions options;
  options.max_phases = choices.max_phases;
  options.two_theta_min_deg = refinement.two_theta_min_deg;
  options.two_theta_max_deg = refinement.two_theta_max_deg;
  if (choices.elements.empty()) return options;
  for (const auto& word : split_list(choices.elements)) {
    if (!atomic_number(word)) {
      throw Error("E-XRD-162", fmt::format("\"{}\" is no element symbol", word), "--elements",
                  "write symbols with commas between: Fe,O,Ce", ExitCode::usage);
    }
    options.elements.push_back(word);
  }
  return options;
}

diffraction::IdentifyOptions identify_options(const assay::AssaySample& sample,
                                              const diffraction::RefinementOptions& refinement) {
  diffraction::IdentifyOptions options;
  options.two_theta_min_deg = refinement.two_theta_min_deg;
  options.two_theta_max_deg = refinement.two_theta_max_deg;
  for (const auto& value : sample.values) {
    const Quantity& content = value.mass_fraction;
    const bool absent =
        (content.state == ValueState::measured && content.value < absent_below) ||
        (content.state == ValueState::below_lod && content.lod > 0.0 && content.lod < absent_below);
    if (absent && !diffraction::always_allowed(value.element)) {
      options.excluded_elements.push_back(value.element);
    }
  }
  return options;
}

diffraction::PhaseLibrary load_phase_library(const std::vector<diffraction::CrystalStructure>& own,
                                             std::vector<InputFile>& inputs,
                                             std::vector<Warning>& warnings,
                                             const std::vector<std::string>& folders) {
  diffraction::PhaseLibrary library;
  for (const auto& structure : own) library.phases.push_back({structure, ""});
  const std::string data_dir = config::find_data_dir();
  const io::StructureLibrary shelf(data_dir, config::find_structure_folders(folders));
  for (const auto& entry : shelf.entries()) {
    if (std::any_of(own.begin(), own.end(), [&](const auto& s) { return s.name == entry.name; })) {
      continue;
    }
    try {
      InputFile record;
      library.phases.push_back({shelf.load(entry, &record), entry.group});
      inputs.push_back(record);
    } catch (const Error& failure) {
      warnings.push_back({"W-XRD-162", fmt::format("phase {} of the library left out: {}",
                                                   entry.name, failure.text())});
    }
  }
  return library;
}

void print_identification(const diffraction::Identification& found) {
  if (!found.text.empty()) {
    std::cout << "  " << found.text << '\n';
    return;
  }
  std::cout << fmt::format(
      "  identified among {} phases; {:.1f} % of the peak area at angles of none of them{}\n",
      found.candidates, 100.0 * found.unexplained_share,
      found.undetermined ? "; UNDETERMINED, see alternatives" : "");
  for (const auto& phase : found.phases) {
    std::cout << fmt::format("    {:26} {}  lines {}  BIC {:.0f}{}\n", phase.name,
                             probability_text("P", phase.probability), phase.resolved_lines,
                             phase.delta_bic, phase.confirmed ? "" : "  not confirmed by the fit");
    if (!phase.not_told_apart.empty()) {
      std::cout << fmt::format("      cannot be told from {}\n",
                               fmt::join(phase.not_told_apart, ", "));
    }
    if (!phase.member_low.empty()) {
      std::cout << fmt::format("      cell between {} (0) and {} (1): {:.2f} +- {:.2f}\n",
                               phase.member_low, phase.member_high, phase.member_share,
                               phase.u_member_share);
    }
  }
  for (std::size_t k = 1; k < found.hypotheses.size(); ++k) {
    const auto& other = found.hypotheses[k];
    if (other.bic > 20.0) break;
    std::cout << fmt::format("    alternative, BIC +{:.1f}: {}\n", other.bic,
                             fmt::join(other.phases, ", "));
  }
  if (!found.absent_rare_earth.empty()) {
    auto list = found.absent_rare_earth;
    std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
      return a.lod_weight_fraction < b.lod_weight_fraction;
    });
    std::cout << fmt::format(
        "    {} rare-earth phases searched and not found; each would be named in 95 % of "
        "repetitions "
        "from its LOD on: {:.2g} wt% ({}) to {:.2g} wt% ({})\n",
        list.size(), 100.0 * list.front().lod_weight_fraction, list.front().name,
        100.0 * list.back().lod_weight_fraction, list.back().name);
  }
}

nlohmann::ordered_json to_json(const diffraction::Identification& found) {
  nlohmann::ordered_json row{{"undetermined", found.undetermined},
                             {"candidates", found.candidates},
                             {"displacement_deg", number(found.displacement_deg)},
                             {"unexplained_share", number(found.unexplained_share)}};
  if (!found.text.empty()) row["text"] = found.text;
  row["phases"] = nlohmann::ordered_json::array();
  for (const auto& phase : found.phases) {
    nlohmann::ordered_json one{{"name", phase.name},
                               {"group", phase.group},
                               {"not_told_apart", phase.not_told_apart},
                               {"rare_earth", phase.rare_earth},
                               {"probability", number(phase.probability)},
                               {"delta_bic", number(phase.delta_bic)},
                               {"resolved_lines", phase.resolved_lines},
                               {"cell_strain", number(phase.cell_strain)},
                               {"confirmed", phase.confirmed}};
    if (!phase.member_low.empty()) {
      one["composition"] = {{"member_low", phase.member_low},
                            {"member_high", phase.member_high},
                            {"share", number(phase.member_share)},
                            {"u_share", number(phase.u_member_share)}};
    }
    row["phases"].push_back(one);
  }
  row["hypotheses"] = nlohmann::ordered_json::array();
  for (const auto& other : found.hypotheses) {
    row["hypotheses"].push_back({{"phases", other.phases},
                                 {"bic", number(other.bic)},
                                 {"probability", number(other.probability)}});
  }
  row["absent_rare_earth"] = nlohmann::ordered_json::array();
  for (const auto& absent : found.absent_rare_earth) {
    row["absent_rare_earth"].push_back({{"name", absent.name},
                                        {"lod", number(absent.lod_weight_fraction)},
                                        {"lod_if_asked", number(absent.lod_if_asked)}});
  }
  row["peaks"] = nlohmann::ordered_json::array();
  for (const auto& peak : found.peaks) {
    row["peaks"].push_back({{"two_theta_deg", number(peak.two_theta_deg)},
                            {"u_two_theta_deg", number(peak.u_two_theta_deg)},
                            {"d_angstrom", number(peak.d_angstrom)},
                            {"area", number(peak.area)},
                            {"u_area", number(peak.u_area)},
                            {"fwhm_deg", number(peak.fwhm_deg)},
                            {"explained", peak.explained}});
  }
  return row;
}

}  // namespace gadolin::app
