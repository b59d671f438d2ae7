#include "app/summation_setup.hpp"

#include <algorithm>
#include <cctype>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/option_checks.hpp"
#include "io/config/data_dir.hpp"
#include "io/readers/structure_library.hpp"
#include "io/store/pattern_library.hpp"
#include "models/core/error.hpp"
#include "models/diffraction/candidates.hpp"

namespace gadolin::app {

namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// The library's spelling of a reference.
std::string reference_id(const diffraction::PatternLibrary& library, const std::string& typed) {
  std::vector<std::string> known;
  for (const auto& phase : library.phases) {
    if (lower(phase.id) == lower(typed)) return phase.id;
    known.push_back(lower(phase.id));
  }
  const std::string near = nearest_word(lower(typed), known);
  throw Error("E-XRD-150",
              fmt::format("reference \"{}\" is not in the library \"{}\" ({} references)", typed,
                          library.title, library.phases.size()),
              "--phases",
              near.empty() ? "name references by their ids, or --phases auto to search them all"
                           : "did you mean \"" + near + "\"?",
              ExitCode::usage);
}

}  // namespace

void add_summation_options(CLI::App& verb, SummationChoices& choices) {
  verb.add_option("--method", choices.method,
                  "rietveld, or summation: measured patterns of pure phases added up [rietveld]")
      ->check(CLI::IsMember({"rietveld", "summation"}));
  verb.add_option("--references", choices.library,
                  "for summation: library of measured patterns (gadolin library import)");
  verb.add_option("--largest-shift", choices.largest_shift_deg,
                  "for summation: of all references together [0.3 deg]")
      ->check(number_in(0.0, 2.0));
}

std::optional<SummationSetup> load_summation(const SummationChoices& choices,
                                             const std::vector<std::string>& phases,
                                             diffraction::QuantifyOptions& quantify,
                                             std::vector<InputFile>& inputs) {
  const bool asked = choices.method == "summation";
  if (!asked && choices.library.empty()) return std::nullopt;
  if (choices.library.empty()) {
    throw Error("E-XRD-152", "--method summation without a library", "--references",
                "name one written by gadolin library import", ExitCode::usage);
  }
  if (!asked) {
    throw Error("E-XRD-152", "--references without --method summation", "--references",
                "add --method summation, or leave it out", ExitCode::usage);
  }
  SummationSetup setup;
  InputFile record;
  setup.library = io::read_pattern_library(choices.library, &record);
  inputs.push_back(record);
  setup.options.largest_shift_deg = choices.largest_shift_deg;
  if (phases.empty()) {
    throw Error("E-XRD-021", "no references named", "--phases",
                "give their ids, or --phases auto to search the library", ExitCode::usage);
  }
  const bool search = phases.size() == 1 && phases[0] == "auto";
  for (std::size_t i = 0; i < phases.size() && !search; ++i) {
    const std::string id = reference_id(setup.library, phases[i]);
    auto& list = setup.options.references;
    if (std::find(list.begin(), list.end(), id) != list.end()) {
      throw Error("E-XRD-021", "reference " + id + " is named twice", "--phases", "name it once",
                  ExitCode::usage);
    }
    list.push_back(id);
  }
  auto& standard = quantify.internal_standard.phase;
  if (!standard.empty()) {
    standard = reference_id(setup.library, standard);
    const auto& list = setup.options.references;
    if (!search && std::find(list.begin(), list.end(), standard) == list.end()) {
      throw Error("E-XRD-141",
                  fmt::format("internal standard \"{}\" is none of the references named", standard),
                  "--internal-standard", "add it to --phases", ExitCode::usage);
    }
  }
  return setup;
}

void leave_out_by_elements(SummationSetup& setup, const diffraction::IdentifyOptions& asked,
                           const std::vector<std::string>& folders) {
  if (asked.elements.empty() && asked.excluded_elements.empty()) return;
  const io::StructureLibrary shelf(config::find_data_dir(),
                                   config::find_structure_folders(folders));
  const auto holds = [](const std::vector<std::string>& list, const std::string& element) {
    return std::find(list.begin(), list.end(), element) != list.end();
  };
  const auto absent = [&](const std::string& element) {
    if (diffraction::always_allowed(element)) return false;
    return holds(asked.excluded_elements, element) ||
           (!asked.elements.empty() && !holds(asked.elements, element));
  };
  const auto others = shelf.elements_of_others();
  const auto elements_of = [&](const diffraction::ReferencePhase& phase) {
    for (const std::string& name : {lower(phase.id), lower(phase.name)}) {
      if (const auto* entry = shelf.find(name)) return entry->elements;
      if (const auto other = others.find(name); other != others.end()) return other->second;
    }
    return std::vector<std::string>{};
  };
  for (const auto& phase : setup.library.phases) {
    const auto elements = elements_of(phase);
    if (std::any_of(elements.begin(), elements.end(), absent)) {
      setup.options.left_out.push_back(phase.id);
    }
  }
}

void print_summation(const diffraction::PatternResult& result) {
  for (const auto& sum : result.quantification.summation) {
    std::cout << fmt::format(
        "  summation of measured patterns ({}, {} references{}), shifted {:+.3f} deg\n",
        sum.library, sum.references, sum.searched ? " searched" : "", sum.shift_deg);
    for (std::size_t p = 0; p < sum.not_told_apart.size() && p < result.phases.size(); ++p) {
      if (sum.not_told_apart[p].empty()) continue;
      std::cout << fmt::format("    {} cannot be told from {}\n", result.phases[p].name,
                               fmt::join(sum.not_told_apart[p], ", "));
    }
  }
  if (result.quantification.groups.empty()) return;
  const bool absolute =
      std::any_of(result.quantification.groups.begin(), result.quantification.groups.end(),
                  [](const auto& group) { return group.has_absolute; });
  std::cout << fmt::format("  by group{}\n", absolute ? ", of the original sample" : "");
  for (const auto& group : result.quantification.groups) {
    if (absolute && !group.has_absolute) continue;
    std::cout << fmt::format("  {:28} {:8.3f} wt%  u_total {:.3f}  ({})\n", group.name,
                             100.0 * (absolute ? group.absolute_fraction : group.weight_fraction),
                             100.0 * (absolute ? group.u_absolute : group.u_total),
                             fmt::join(group.members, ", "));
  }
}

nlohmann::ordered_json summation_json(const diffraction::PatternResult& result) {
  using Json = nlohmann::ordered_json;
  const auto& more = result.quantification;
  Json row = Json::object();
  for (const auto& sum : more.summation) {
    row["library"] = sum.library;
    row["references"] = sum.references;
    row["searched"] = sum.searched;
    row["shift_deg"] = sum.shift_deg;
    row["not_found"] = Json::array();
    for (std::size_t k = 0; k < sum.not_found.size(); ++k) {
      row["not_found"].push_back({{"name", sum.not_found[k]}, {"lod", sum.not_found_lod[k]}});
    }
    row["phases"] = Json::array();
    for (std::size_t p = 0; p < result.phases.size(); ++p) {
      Json phase{{"name", result.phases[p].name},
                 {"coefficient", result.phases[p].scale},
                 {"own_shift_deg", p < sum.own_shift_deg.size() ? sum.own_shift_deg[p] : 0.0}};
      if (p < sum.not_told_apart.size()) phase["not_told_apart"] = sum.not_told_apart[p];
      row["phases"].push_back(phase);
    }
  }
  if (more.groups.empty()) return row;
  row["groups"] = Json::array();
  for (const auto& group : more.groups) {
    Json entry{{"name", group.name},
               {"members", group.members},
               {"weight_fraction", group.weight_fraction},
               {"u_stat", group.u_stat},
               {"u_total", group.u_total}};
    if (group.has_absolute) {
      entry["absolute_fraction"] = group.absolute_fraction;
      entry["u_absolute"] = group.u_absolute;
    }
    row["groups"].push_back(entry);
  }
  return row;
}

}  // namespace gadolin::app
