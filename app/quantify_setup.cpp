#include "app/quantify_setup.hpp"

#include <algorithm>
#include <charconv>
#include <iostream>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/result_json.hpp"

namespace gadolin::app {

namespace {

constexpr const char* standard_form =
    "write PHASE=SHARE+-U, as in corundum=10wt%,crystallinity=99.02+-1.11";

Error not_understood(const std::string& part, const std::string& text, const std::string& form) {
  return Error("E-XRD-140", fmt::format("\"{}\" is not understood", part), text, form,
               ExitCode::usage);
}

std::optional<double> whole_number(std::string text) {
  for (const char* unit : {"wt%", "%", "um"}) {
    const std::string end(unit);
    if (text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0) {
      text.resize(text.size() - end.size());
      break;
    }
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  const auto first = text.find_first_not_of(' ');
  if (first == std::string::npos) return std::nullopt;
  double value = 0.0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + first, end, value);
  if (read.ec != std::errc() || read.ptr != end || !(value >= 0.0) || !(value < 1e9)) {
    return std::nullopt;
  }
  return value;
}

struct WithUncertainty {
  double value = 0.0, u = 0.0;
};

/// "10", "10wt%", "10+-0.02 wt%", "10 wt% +- 0.02".
WithUncertainty number_of(const std::string& part, const std::string& text,
                          const std::string& form) {
  const auto sign = part.find("+-");
  const auto value = whole_number(part.substr(0, sign));
  const auto u =
      sign == std::string::npos ? std::optional(0.0) : whole_number(part.substr(sign + 2));
  if (!value || !u) throw not_understood(part, text, form);
  return {*value, *u};
}

void print_contrast(const diffraction::PatternResult& result) {
  for (const auto& contrast : result.quantification.contrast) {
    std::cout << fmt::format("  absorption contrast after Brindley{}\n",
                             contrast.valid ? "" : ", outside its range of validity (0.1)");
    for (const auto& phase : contrast.phases) {
      std::cout << fmt::format(
          "  {:28} {:8.3f} wt%  D {:.3g} um  (mu - mu_mix) D {:+.3f}  tau {:.3f}\n", phase.phase,
          100.0 * phase.weight_fraction, phase.diameter_um, phase.contrast, phase.tau);
    }
  }
}

}  // namespace

diffraction::InternalStandard parse_internal_standard(const std::string& text) {
  diffraction::InternalStandard standard;
  for (const auto& part : split_list(text)) {
    const auto equal = part.find('=');
    if (equal == std::string::npos || equal == 0) throw not_understood(part, text, standard_form);
    const std::string key = part.substr(0, equal);
    const auto number = number_of(part.substr(equal + 1), text, standard_form);
    const bool share = standard.phase.empty();
    if (share ? number.value < 0.1 || number.value >= 100.0
              : key != "crystallinity" || number.value < 1.0 || number.value > 100.0) {
      throw Error("E-XRD-140",
                  share ? fmt::format("an internal standard of {} wt%", number.value)
                        : fmt::format("\"{}\"", part),
                  text,
                  share ? "give the share of the whole specimen, 0.1 to below 100 wt%"
                        : "after the share only crystallinity=1..100 (wt%) may follow",
                  ExitCode::usage);
    }
    if (share) {
      standard.phase = key;
      standard.added_fraction = 0.01 * number.value;
      standard.u_added_fraction = 0.01 * number.u;
    } else {
      standard.crystallinity = 0.01 * number.value;
      standard.u_crystallinity = 0.01 * number.u;
    }
  }
  return standard;
}

std::vector<diffraction::ParticleSize> parse_particles(const std::string& text) {
  constexpr const char* form =
      "write PHASE=MICROMETRES, as in zincite=10,corundum=1.5, or one number";
  std::vector<diffraction::ParticleSize> list;
  for (const auto& part : split_list(text)) {
    const auto equal = part.find('=');
    const std::string name = equal == std::string::npos ? "" : part.substr(0, equal);
    const auto number =
        number_of(equal == std::string::npos ? part : part.substr(equal + 1), text, form);
    if (!(number.value > 0.0) || number.value > 1e4) throw not_understood(part, text, form);
    list.push_back({name, number.value});
  }
  return list;
}

void resolve_quantify_names(const std::vector<std::string>& typed,
                            const std::vector<diffraction::CrystalStructure>& structures,
                            diffraction::QuantifyOptions& options) {
  const auto resolve = [&](std::string& name, const std::string& role) {
    if (name.empty()) return;
    std::vector<std::string> names;
    for (std::size_t p = 0; p < structures.size(); ++p) {
      if (name == structures[p].name || (p < typed.size() && typed[p] == name)) {
        name = structures[p].name;
        return;
      }
      names.push_back(structures[p].name);
    }
    const std::string near = nearest_word(name, names);
    throw Error("E-XRD-141",
                fmt::format("{} \"{}\" is none of the phases refined ({})", role, name,
                            fmt::join(names, ", ")),
                "", near.empty() ? "add it to the phases" : "did you mean \"" + near + "\"?",
                ExitCode::usage);
  };
  resolve(options.internal_standard.phase, "internal standard");
  for (auto& particle : options.particles) resolve(particle.phase, "particle size of");
  for (auto& phase : options.calibrated) resolve(phase.phase, "calibration of");
}

void add_quantify_options(CLI::App& verb, diffraction::QuantifyOptions& options) {
  verb.add_option_function<std::string>(
      "--internal-standard",
      [&options](const std::string& text) {
        options.internal_standard = parse_internal_standard(text);
      },
      "weighed crystalline standard, of the whole specimen: "
      "corundum=10wt%,crystallinity=99.02+-1.11");
  verb.add_option_function<std::string>(
      "--particle-um",
      [&options](const std::string& text) { options.particles = parse_particles(text); },
      "grain diameters [um] for the absorption contrast: 5, or zincite=10,corundum=1.5");
  verb.add_option_function<std::string>(
          "--uncertainty",
          [&options](const std::string& text) {
            options.uncertainty = text == "full" ? diffraction::UncertaintyEffort::full
                                                 : diffraction::UncertaintyEffort::quick;
          },
          "quick: counting and calibrated floor; full: variants of the protocol too [quick]")
      ->check(CLI::IsMember({"quick", "full"}));
}

std::string quantify_toml(const diffraction::QuantifyOptions& options) {
  std::string text =
      options.uncertainty == diffraction::UncertaintyEffort::full ? "uncertainty = \"full\"\n" : "";
  const auto& standard = options.internal_standard;
  if (!standard.phase.empty()) {
    text += fmt::format(
        "[internal_standard]\nphase = \"{}\"\nadded_wt_pct = {}\nu_added_wt_pct = "
        "{}\ncrystallinity_pct = {}\nu_crystallinity_pct = {}\n",
        standard.phase, 100.0 * standard.added_fraction, 100.0 * standard.u_added_fraction,
        100.0 * standard.crystallinity, 100.0 * standard.u_crystallinity);
  }
  for (const auto& particle : options.particles) {
    text += fmt::format("[[particle]]\nphase = \"{}\"\ndiameter_um = {}\n", particle.phase,
                        particle.diameter_um);
  }
  return text;
}

void print_quantification(const diffraction::PatternResult& result) {
  for (const auto& absolute : result.quantification.absolute) {
    if (absolute.parts.empty()) continue;
    std::cout << fmt::format("  of the original sample, by {} ({})\n", absolute.method,
                             absolute.basis);
    for (const auto& part : absolute.parts) {
      const std::string state =
          part.state == ValueState::below_lod
              ? fmt::format("  below {:.3g} wt% (95 %)", 100.0 * part.limit_95)
              : "";
      std::cout << fmt::format("  {:28} {:8.3f} wt%  u_stat {:.3f}  u_total {:.3f}{}\n", part.name,
                               100.0 * part.weight_fraction, 100.0 * part.u_stat,
                               100.0 * part.u_total, state);
    }
  }
  print_contrast(result);
}

nlohmann::ordered_json to_json(const diffraction::Quantification& quantification) {
  using Json = nlohmann::ordered_json;
  Json row = Json::object();
  if (!quantification.absolute.empty()) row["absolute"] = Json::array();
  for (const auto& absolute : quantification.absolute) {
    Json entry{{"method", absolute.method}, {"basis", absolute.basis}};
    entry["parts"] = Json::array();
    for (const auto& part : absolute.parts) {
      const bool measured = part.state == ValueState::measured;
      entry["parts"].push_back(
          {{"name", part.name},
           {"state", to_string(part.state)},
           {"weight_fraction", measured ? Json(part.weight_fraction) : Json(nullptr)},
           {"estimate", part.weight_fraction},
           {"u_stat", part.u_stat},
           {"u_total", part.u_total},
           {"limit_95", measured ? Json(nullptr) : Json(part.limit_95)}});
    }
    row["absolute"].push_back(entry);
  }
  for (const auto& contrast : quantification.contrast) {
    Json entry{{"valid", contrast.valid},
               {"diameter_assumed", contrast.assumed},
               {"mu_mix_per_cm", contrast.mu_mix_per_cm}};
    entry["phases"] = Json::array();
    for (const auto& phase : contrast.phases) {
      entry["phases"].push_back({{"name", phase.phase},
                                 {"diameter_um", phase.diameter_um},
                                 {"contrast", phase.contrast},
                                 {"tau", phase.tau},
                                 {"weight_fraction", phase.weight_fraction}});
    }
    row["contrast"] = entry;
  }
  return row;
}

}  // namespace gadolin::app
