#include "app/quantify_setup.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
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

std::string phase_line(const diffraction::PhaseResult& phase) {
  const double lod = 100.0 * phase.lod_weight_fraction;
  if (!diffraction::is_found(phase)) {
    const double limit = phase.upper_limit_95 > 0.0 ? 100.0 * phase.upper_limit_95 : lod;
    return fmt::format("  {:28}  not found: below {:.2g} wt% (95 %)  LOD {:.2g}\n", phase.name,
                       limit, lod);
  }
  const double expanded = 200.0 * phase.u_total;
  if (!(expanded > 0.0)) {
    return fmt::format("  {:28} {:8.3g} wt%  by construction\n", phase.name,
                       100.0 * phase.weight_fraction);
  }
  const int decimals = std::clamp(1 - static_cast<int>(std::floor(std::log10(expanded))), 0, 6);
  return fmt::format("  {:28} {:8.{}f} wt%  U {:.{}f}  u_stat {:.2g}  LOD {:.2g}\n", phase.name,
                     100.0 * phase.weight_fraction, decimals, expanded, decimals,
                     100.0 * phase.u_stat, lod);
}

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

diffraction::StandardPattern parse_external_standard(const std::string& text) {
  const std::string form = "write FILE,PHASE=SHARE+-U, as in corundum.prn,corundum=99.02+-1.11wt%";
  diffraction::StandardPattern standard;
  const auto parts = split_list(text);
  if (parts.size() != 2 || parts[0].empty()) throw not_understood(text, text, form);
  standard.file = parts[0];
  const auto equal = parts[1].find('=');
  standard.phase = parts[1].substr(0, equal);
  if (equal != std::string::npos) {
    const auto number = number_of(parts[1].substr(equal + 1), text, form);
    if (number.value < 1.0 || number.value > 100.0) throw not_understood(parts[1], text, form);
    standard.crystalline_fraction = 0.01 * number.value;
    standard.u_crystalline_fraction = 0.01 * number.u;
  }
  if (standard.phase.empty()) throw not_understood(parts[1], text, form);
  return standard;
}

diffraction::BackgroundHump parse_hump(const std::string& text) {
  const std::string form = "write NAME=CENTRE:WIDTH in degrees, as in glass=24:9";
  const auto equal = text.find('='), colon = text.find(':');
  if (equal == std::string::npos || equal == 0 || colon == std::string::npos || colon < equal) {
    throw not_understood(text, text, form);
  }
  diffraction::BackgroundHump hump;
  hump.name = text.substr(0, equal);
  hump.centre_deg = number_of(text.substr(equal + 1, colon - equal - 1), text, form).value;
  hump.fwhm_deg = number_of(text.substr(colon + 1), text, form).value;
  if (hump.centre_deg < 0.5 || hump.centre_deg > 179.0 || hump.fwhm_deg < 2.0 ||
      hump.fwhm_deg > 40.0) {
    throw Error("E-XRD-140",
                fmt::format("a hump at {} deg, {} deg wide", hump.centre_deg, hump.fwhm_deg), text,
                "the centre lies in 0.5..179, the width in 2..40 degrees", ExitCode::usage);
  }
  return hump;
}

std::vector<NamedValue> parse_named_values(const std::string& text, const std::string& form) {
  std::vector<NamedValue> list;
  for (const auto& part : split_list(text)) {
    const auto equal = part.find('=');
    if (equal == std::string::npos || equal == 0) throw not_understood(part, text, form);
    const auto number = number_of(part.substr(equal + 1), text, form);
    if (!(number.value > 0.0)) throw not_understood(part, text, form);
    list.push_back({part.substr(0, equal), number.value, number.u});
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
  const auto is_hump = [&](const std::string& name) {
    return std::any_of(options.humps.begin(), options.humps.end(),
                       [&](const auto& hump) { return hump.name == name; });
  };
  for (auto& phase : options.calibrated) {
    if (!is_hump(phase.phase)) resolve(phase.phase, "calibration of");
  }
  for (auto& one : options.calibrate) {
    if (!is_hump(one.phase)) resolve(one.phase, "calibration of");
    resolve(one.standard, "calibration against");
  }
  for (auto& ratio : options.rir) resolve(ratio.phase, "intensity ratio of");
  if (!options.rir.empty() && options.rir.size() != structures.size()) {
    throw Error(
        "E-XRD-142",
        fmt::format("intensity ratios of {} of {} phases", options.rir.size(), structures.size()),
        "--rir", "give one for every phase", ExitCode::usage);
  }
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
      "--external-standard",
      [&options](const std::string& text) {
        options.standard_pattern = parse_external_standard(text);
      },
      "pattern of a standard measured alike, its phase and crystalline share: "
      "corundum.prn,corundum=99.02+-1.11wt%; needs --assay or --mu-mass");
  verb.add_option_function<std::string>(
      "--mu-mass",
      [&options](const std::string& text) {
        const auto number = number_of(text, text, "write a number of cm2/g, as in 48.3+-0.6");
        options.external_standard.mu_mass_cm2_per_g = number.value;
        options.external_standard.u_mu_mass_cm2_per_g = number.u;
      },
      "mass absorption of the specimen [cm2/g] at the main line: 48.3+-0.6");
  verb.add_option_function<std::vector<std::string>>(
      "--hump",
      [&options](const std::vector<std::string>& list) {
        for (const auto& text : list) options.humps.push_back(parse_hump(text));
      },
      "broad hump at a fixed place, NAME=CENTRE:WIDTH [deg]: glass=24:9; up to 3, may be repeated");
  verb.add_option("--blank", options.blank.file,
                  "pattern of the empty holder, fitted with a free scale");
  verb.add_option_function<std::string>(
      "--zmv",
      [&options](const std::string& text) {
        for (const auto& one :
             parse_named_values(text, "write NAME=VALUE+-U, as --calibrate-phase prints it")) {
          options.calibrated.push_back({one.name, one.value, one.u / one.value, "stated"});
        }
      },
      "(ZMV) of phases or humps without a usable structure (PONKCS), from --calibrate-phase");
  verb.add_option_function<std::string>(
      "--calibrate-phase",
      [&options](const std::string& text) {
        const std::string form = "write NAME=30wt%,STANDARD=20wt% of one mixture";
        const auto list = parse_named_values(text, form);
        if (list.size() != 2) throw not_understood(text, text, form);
        options.calibrate.push_back({list[0].name, 0.01 * list[0].value, 0.01 * list[0].u,
                                     list[1].name, 0.01 * list[1].value, 0.01 * list[1].u});
      },
      "(ZMV) of a phase or hump from this mixture: glass=30+-0.3wt%,corundum=20wt%");
  verb.add_option_function<std::string>(
      "--rir",
      [&options](const std::string& text) {
        for (const auto& one : parse_named_values(text, "write PHASE=RATIO+-U of every phase")) {
          options.rir.push_back({one.name, one.value, one.u});
        }
      },
      "reference intensity ratios of all phases: corundum=1,zincite=5.4+-0.2; fractions by them "
      "stand beside the others");
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
  if (!options.blank.file.empty()) text += fmt::format("blank = \"{}\"\n", options.blank.file);
  if (!options.standard_pattern.file.empty()) {
    const auto& external = options.standard_pattern;
    text += fmt::format(
        "[external_standard]\npattern = \"{}\"\nphase = \"{}\"\ncrystalline_pct = "
        "{}\nu_crystalline_pct = {}\n",
        external.file, external.phase, 100.0 * external.crystalline_fraction,
        100.0 * external.u_crystalline_fraction);
  }
  for (const auto& hump : options.humps) {
    text += fmt::format("[[hump]]\nname = \"{}\"\ncentre_deg = {}\nfwhm_deg = {}\n", hump.name,
                        hump.centre_deg, hump.fwhm_deg);
  }
  for (const auto& one : options.calibrated) {
    text += fmt::format("[[zmv]]\nphase = \"{}\"\nvalue = {}\nu = {}\n", one.phase, one.zmv,
                        one.zmv * one.u_relative);
  }
  for (const auto& one : options.rir) {
    text +=
        fmt::format("[[rir]]\nphase = \"{}\"\nvalue = {}\nu = {}\n", one.phase, one.rir, one.u_rir);
  }
  for (const auto& one : options.calibrate) {
    text += fmt::format(
        "[[calibrate_phase]]\nphase = \"{}\"\nwt_pct = {}\nstandard = \"{}\"\n"
        "standard_wt_pct = {}\n",
        one.phase, 100.0 * one.weight_fraction, one.standard, 100.0 * one.standard_fraction);
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
  const auto& more = result.quantification;
  for (const auto& hump : more.humps) {
    std::cout << fmt::format("  hump {} at {:.4g} deg, {:.4g} wide: area {:.5g} +- {:.2g}\n",
                             hump.name, hump.centre_deg, hump.fwhm_deg, hump.area, hump.u_area);
  }
  for (const auto& blank : more.blank) {
    std::cout << fmt::format("  blank {}: scale {:.4g} +- {:.2g}\n", blank.file, blank.scale,
                             blank.u_scale);
  }
  for (const auto& one : more.calibrated) {
    std::cout << fmt::format("  calibrated: --zmv {}={:.6g}+-{:.3g}  ({})\n", one.phase, one.zmv,
                             one.zmv * one.u_relative, one.source);
  }
  if (!more.rir.empty()) std::cout << "  by reference intensity ratios\n";
  for (const auto& one : more.rir) {
    std::cout << fmt::format("  {:28} {:8.3f} wt%  u {:.3f}  RIR {:.3g}\n", one.phase,
                             100.0 * one.weight_fraction, 100.0 * one.u, one.rir);
  }
  for (const auto& closure : more.closure) {
    std::cout << fmt::format("  closure against the assay: chi-square {:.1f} of {} elements, {}\n",
                             closure.chi_square, closure.degrees_of_freedom,
                             probability_text("p", closure.p_value));
    for (const auto& element : closure.elements) {
      std::cout << fmt::format("  {:28} {:8.3f} wt%  u {:.3f}  assay {:.3f}  u {:.3f}\n",
                               element.element, 100.0 * element.predicted,
                               100.0 * element.u_predicted, 100.0 * element.assay,
                               100.0 * element.u_assay);
    }
    std::cout << "  pattern and assay together\n";
    for (std::size_t p = 0; p < closure.joint_weight_fraction.size(); ++p) {
      std::cout << fmt::format("  {:28} {:8.3f} wt%  u {:.3f}\n", result.phases[p].name,
                               100.0 * closure.joint_weight_fraction[p],
                               100.0 * closure.u_joint[p]);
    }
  }
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
  for (const auto& hump : quantification.humps) {
    row["humps"].push_back({{"name", hump.name},
                            {"centre_deg", hump.centre_deg},
                            {"fwhm_deg", hump.fwhm_deg},
                            {"area", hump.area},
                            {"u_area", hump.u_area}});
  }
  for (const auto& blank : quantification.blank) {
    row["blank"] = {{"file", blank.file}, {"scale", blank.scale}, {"u_scale", blank.u_scale}};
  }
  for (const auto& one : quantification.calibrated) {
    row["calibrated"].push_back({{"phase", one.phase},
                                 {"zmv", one.zmv},
                                 {"u_zmv", one.zmv * one.u_relative},
                                 {"source", one.source}});
  }
  for (const auto& one : quantification.rir) {
    row["rir"].push_back({{"phase", one.phase},
                          {"rir", one.rir},
                          {"height_counts", one.height_counts},
                          {"weight_fraction", one.weight_fraction},
                          {"u", one.u}});
  }
  for (const auto& closure : quantification.closure) {
    Json entry{{"chi_square", closure.chi_square},
               {"degrees_of_freedom", closure.degrees_of_freedom},
               {"p_value", closure.p_value}};
    for (const auto& element : closure.elements) {
      entry["elements"].push_back({{"element", element.element},
                                   {"predicted", element.predicted},
                                   {"u_predicted", element.u_predicted},
                                   {"assay", element.assay},
                                   {"u_assay", element.u_assay}});
    }
    entry["joint_weight_fraction"] = closure.joint_weight_fraction;
    entry["u_joint"] = closure.u_joint;
    row["closure"] = entry;
  }
  return row;
}

}  // namespace gadolin::app
