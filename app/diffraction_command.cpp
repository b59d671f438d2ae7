#include <filesystem>
#include <iostream>
#include <optional>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/diffraction_setup.hpp"
#include "app/identify_setup.hpp"
#include "app/option_checks.hpp"
#include "app/output.hpp"
#include "app/quantify_setup.hpp"
#include "app/result_json.hpp"
#include "app/specimen_setup.hpp"
#include "app/summation_setup.hpp"
#include "io/readers/pattern.hpp"
#include "io/store/result_file.hpp"
#include "kernels/exec/chunk_pipeline.hpp"
#include "models/diffraction/identify.hpp"
#include "models/diffraction/refine.hpp"
#include "models/diffraction/summation.hpp"

namespace gadolin::app {

namespace {

struct Choices {
  std::vector<std::string> files, phases, folders;
  std::string instrument;
  std::vector<double> wavelengths_angstrom;
  int chunk = 64;
  bool profiles = false;
  bool series = false;
  diffraction::RefinementOptions refinement;
  std::string assay;  ///< TABLE.csv or TABLE.csv:ROW
  IdentifyChoices search;
  SummationChoices summation;
};

/// A file that could not be read: its place in the batch is kept.
struct Unreadable {
  std::string file;
  std::optional<Error> error;
};

struct Chunk {
  std::vector<diffraction::Pattern> patterns;
  std::vector<InputFile> inputs;
  std::vector<Unreadable> unreadable;
};

constexpr std::size_t few_patterns = 16;  ///< up to here profiles are stored with every result

/// setup: nullptr where no wavelength is needed.
Chunk read_chunk(const Choices& choices, const DiffractionSetup* setup, std::size_t index) {
  Chunk chunk;
  const auto size = static_cast<std::size_t>(choices.chunk);
  const std::size_t end = std::min(choices.files.size(), (index + 1) * size);
  for (std::size_t i = index * size; i < end; ++i) {
    try {
      InputFile record;
      auto patterns = io::read_patterns(choices.files[i], &record);
      chunk.inputs.push_back(record);
      for (auto& pattern : patterns) {
        if (setup != nullptr) require_wavelength(pattern, *setup);
        chunk.patterns.push_back(std::move(pattern));
      }
    } catch (const Error& error) {
      chunk.unreadable.push_back({choices.files[i], error});
    } catch (const std::exception& failure) {  // one bad file must not end the batch
      chunk.unreadable.push_back(
          {choices.files[i], Error("E-INT-002", std::string("reading failed: ") + failure.what(),
                                   choices.files[i], "please report it with the file")});
    }
  }
  return chunk;
}

diffraction::PatternResult unreadable_result(const Unreadable& item) {
  diffraction::PatternResult result;
  result.id = std::filesystem::path(item.file).stem().string();
  result.file = item.file;
  result.status = ItemStatus::out_of_range;
  result.status_text = "unreadable: " + item.error->text();
  result.warnings.push_back({item.error->code(), item.error->text()});
  return result;
}

void print_table(const diffraction::PatternResult& result) {
  std::cout << fmt::format("{}: {}", result.id,
                           result.status == ItemStatus::ok ? "ok" : result.status_text);
  if (diffraction::has_numbers(result))
    std::cout << fmt::format("  Rwp {:.4f}  GoF {:.2f}", result.rwp, result.gof);
  std::cout << '\n';
  if (diffraction::has_numbers(result) && !result.phases.empty()) {
    std::cout << "  of the crystalline phases modelled; U expanded, k = 2\n";
  }
  for (const auto& phase : result.phases) {
    if (!diffraction::has_numbers(result)) break;
    std::cout << phase_line(phase);
    if (!phase.harmonics.empty()) {
      std::cout << fmt::format("    texture by {} harmonics, index {:.3f}\n",
                               phase.harmonics.size(), phase.texture_index);
    }
    if (!phase.stephens.empty()) {
      std::cout << fmt::format("    strain {:.5f} to {:.5f} by direction\n", phase.strain_min,
                               phase.strain_max);
    }
  }
  print_quantification(result);
  print_summation(result);
  if (result.identification) print_identification(*result.identification);
}

/// "6" or "brucite=6,quartz=4": symmetrised harmonics of all phases or of some.
std::vector<diffraction::HarmonicTexture> parse_harmonics(const std::string& text) {
  std::vector<diffraction::HarmonicTexture> asked;
  for (const auto& word : split_list(text)) {
    const std::size_t equals = word.rfind('=');
    diffraction::HarmonicTexture one;
    if (equals != std::string::npos) one.phase = word.substr(0, equals);
    const std::string order = equals == std::string::npos ? word : word.substr(equals + 1);
    if (order != "2" && order != "4" && order != "6" && order != "8") {
      throw Error("E-XRD-147", "harmonics of order \"" + order + "\"", "--harmonics",
                  "give 2, 4, 6 or 8, or PHASE=ORDER with commas between", ExitCode::usage);
    }
    one.order = order[0] - '0';
    asked.push_back(one);
  }
  return asked;
}

/// Names of the options in the words of the structures.
void resolve_direction_names(const std::vector<std::string>& typed,
                             const std::vector<diffraction::CrystalStructure>& structures,
                             diffraction::RefinementOptions& options) {
  const auto resolve = [&](std::string& name) {
    if (name == "all") name.clear();
    if (name.empty()) return;
    for (std::size_t p = 0; p < structures.size(); ++p) {
      if (name != structures[p].name && (p >= typed.size() || typed[p] != name)) continue;
      name = structures[p].name;
      return;
    }
    throw Error("E-XRD-147", "\"" + name + "\" is none of the phases refined",
                "--harmonics, --anisotropic-strain", "name a phase of the list, or all",
                ExitCode::usage);
  };
  for (auto& asked : options.harmonics) resolve(asked.phase);
  for (auto& name : options.anisotropic_strain) resolve(name);
}

std::string directions_toml(const diffraction::RefinementOptions& options) {
  std::string text;
  if (!options.anisotropic_strain.empty()) {
    std::vector<std::string> names = options.anisotropic_strain;
    for (auto& name : names) name = "\"" + (name.empty() ? "all" : name) + "\"";
    text += fmt::format("anisotropic_strain = [{}]\n", fmt::join(names, ", "));
  }
  std::vector<std::string> tables;
  for (const auto& asked : options.harmonics) {
    tables.push_back(fmt::format("{{ phase = \"{}\", order = {} }}",
                                 asked.phase.empty() ? "all" : asked.phase, asked.order));
  }
  if (!tables.empty()) text += fmt::format("harmonics = [{}]\n", fmt::join(tables, ", "));
  return text;
}

/// Options that would change nothing: who gave them expects that they did.
void refuse_idle_options(const Choices& choices) {
  const auto refuse = [](const std::string& option, const std::string& lacks,
                         const std::string& remedy) {
    throw Error("E-XRD-163", option + " without " + lacks, option, remedy + ", or leave it out",
                ExitCode::usage);
  };
  const auto& asked = choices.refinement;
  if (!asks_for_search(choices.phases)) {
    if (!choices.search.elements.empty()) refuse("--elements", "a search", "give --phases auto");
    if (choices.search.max_phases != diffraction::IdentifyOptions{}.max_phases) {
      refuse("--max-phases", "a search", "give --phases auto");
    }
  }
  const auto& quantify = asked.quantify;
  if (quantify.external_standard.mu_mass_cm2_per_g > 0.0 &&
      quantify.standard_pattern.file.empty()) {
    refuse("--mu-mass", "an external standard", "give --external-standard");
  }
  if (choices.summation.method != "summation" &&
      choices.summation.largest_shift_deg != SummationChoices{}.largest_shift_deg) {
    refuse("--largest-shift", "measured references", "add --method summation --references LIB.h5");
  }
  const double first = asked.two_theta_min_deg, last = asked.two_theta_max_deg;
  if (last > 0.0 && first >= last) {
    throw Error("E-CLI-001", fmt::format("no points from {} to {} deg", first, last),
                "--two-theta-min, --two-theta-max", "give the lower angle first", ExitCode::usage);
  }
}

int run_diffraction(const CommonOptions& options, Choices& choices) {
  const RunSettings settings = resolve_settings(options);
  if (options.print_config) {
    print_settings(settings);
    return 0;
  }
  prepare_output(options.out, choices.files);
  refuse_idle_options(choices);
  std::vector<InputFile> summation_inputs;
  auto summation = load_summation(choices.summation, choices.phases, choices.refinement.quantify,
                                  summation_inputs);
  if (summation && asks_for_search(choices.phases)) {
    leave_out_by_elements(*summation, identify_options(choices.search, choices.refinement),
                          choices.folders);
  }
  const DiffractionSetup setup =
      summation ? DiffractionSetup{}
                : load_diffraction_setup(choices.phases, choices.instrument,
                                         choices.wavelengths_angstrom, choices.folders);
  const bool search = !summation && asks_for_search(choices.phases);
  if (!search && !summation) {
    resolve_quantify_names(choices.phases, setup.structures, choices.refinement.quantify);
    resolve_direction_names(choices.phases, setup.structures, choices.refinement);
  }
  const bool few = choices.files.size() <= few_patterns;
  choices.refinement.keep_profiles = !options.out.empty() && (few || choices.profiles);

  const auto quoted = [](const std::vector<std::string>& words) {
    return words.empty() ? std::string("[]") : fmt::format("[\"{}\"]", fmt::join(words, "\", \""));
  };
  const auto& asked = choices.refinement;
  RunRecord run = begin_run(
      options, settings,
      fmt::format(
          "# options of gadolin diffraction\nphases = {}\ninstrument "
          "= \"{}\"\nwavelength_angstrom = [{}]\n"
          "background_terms = {}\ntwo_theta_min_deg = "
          "{}\ntwo_theta_max_deg = {}\nchunk = {}\nprofiles = {}\nseries = {}\n"
          "{}{}{}{}",
          quoted(choices.phases), choices.instrument, fmt::join(choices.wavelengths_angstrom, ", "),
          asked.background_terms, asked.two_theta_min_deg, asked.two_theta_max_deg, choices.chunk,
          choices.profiles, choices.series, asked.texture ? "" : "texture = false\n",
          directions_toml(asked),
          summation ? fmt::format("method = \"summation\"\nreferences = \"{}\"\n",
                                  choices.summation.library)
                    : "",
          identify_toml(choices.search, asks_for_search(choices.phases)) +
              (choices.assay.empty() ? "" : fmt::format("assay = \"{}\"\n", choices.assay)) +
              quantify_toml(asked.quantify)));
  run.inputs = setup.inputs;
  run.inputs.insert(run.inputs.end(), summation_inputs.begin(), summation_inputs.end());
  if (!choices.assay.empty()) {
    choices.refinement.quantify.assay = contents_of(read_specimen_assay(choices.assay, run.inputs));
  }
  load_blank(choices.refinement.quantify, run.inputs);
  bool standard_measured = false;
  diffraction::PhaseLibrary library;
  diffraction::IdentifyOptions identify;
  if (search) {
    identify = identify_options(choices.search, choices.refinement);
    library = load_phase_library(setup.structures, run.inputs, run.warnings, choices.folders);
  }
  std::optional<io::ResultFile> store;

  nlohmann::ordered_json document;
  document["samples"] = nlohmann::ordered_json::array();
  UniqueIds ids;
  std::size_t good = 0, bad = 0, unreadable = 0, files_done = 0;
  std::optional<Error> first_error;
  Progress progress("patterns", choices.files.size(), options);
  const auto chunk_size = static_cast<std::size_t>(choices.chunk);

  run_chunks(
      (choices.files.size() + chunk_size - 1) / chunk_size,
      [&](std::size_t index) { return read_chunk(choices, summation ? nullptr : &setup, index); },
      [&](std::size_t, Chunk chunk) {
        for (const auto& item : chunk.unreadable) {
          if (!first_error) first_error = item.error;
          if (choices.files.size() == 1) throw *item.error;
        }
        if (!options.out.empty() && !store) {
          store.emplace(io::ResultFile::create(options.out, options.force));
          store->write_run(run);
        }
        for (auto& pattern : chunk.patterns) pattern.id = ids(pattern.id);
        const auto instrument = instrument_for(chunk.patterns, setup);
        if (!choices.refinement.quantify.standard_pattern.file.empty() && !summation &&
            !chunk.patterns.empty() && !standard_measured) {
          measure_external_standard(setup, choices.folders, instrument, choices.refinement,
                                    settings.engine, run.inputs);
          standard_measured = true;
        }
        auto results =
            summation ? diffraction::sum_references(chunk.patterns, summation->library,
                                                    summation->options, choices.refinement,
                                                    settings.engine)
            : search
                ? diffraction::analyse_unknown(chunk.patterns, library, instrument, setup.tables,
                                               identify, choices.refinement, settings.engine)
            : choices.series
                ? diffraction::refine_series(chunk.patterns, setup.structures, instrument,
                                             setup.tables, choices.refinement, settings.engine)
                : diffraction::refine(chunk.patterns, setup.structures, instrument, setup.tables,
                                      choices.refinement, settings.engine);
        const std::size_t refined = results.size();
        for (const auto& item : chunk.unreadable) {
          results.push_back(unreadable_result(item));
          results.back().id = ids(results.back().id);
          ++unreadable;
          std::cerr << "error[" << item.error->code() << "]: " << item.error->text() << '\n';
        }
        if (store) {
          store->add_inputs(chunk.inputs);
          store->append_patterns(results);
          for (std::size_t i = 0; few && i < refined; ++i) {
            store->write_pattern(results[i].id, chunk.patterns[i], results[i], instrument.lines);
          }
          for (std::size_t i = 0; !few && i < refined; ++i) {
            if (!results[i].identification) continue;
            store->write_identification(results[i].id, *results[i].identification);
          }
        }
        for (std::size_t i = 0; i < results.size(); ++i) {
          (results[i].status == ItemStatus::ok ? good : bad) += 1;
          if (options.json) {  // else nothing of a pattern outlives its chunk
            auto row = to_json(results[i]);
            if (i >= refined) row["status"] = "unreadable";
            document["samples"].push_back(row);
          } else {
            print_table(results[i]);
          }
          print_warnings(results[i].warnings, options);
        }
        files_done += chunk.inputs.size() + chunk.unreadable.size();
        progress.advance_to(files_done);
      });

  if (store) {
    run.end_time = now_iso8601();
    store->write_run(run);
    store->close();
    say(options, "result: " + options.out);
  } else {
    say(options, "nothing stored (no --out)");
  }
  if (options.json) std::cout << to_text(document) << '\n';
  if (good == 0 && unreadable == choices.files.size()) throw *first_error;
  if (bad > 0)
    say(options, fmt::format("{} of {} patterns ok; the others say why", good, good + bad));
  return static_cast<int>(bad == 0 ? ExitCode::done : ExitCode::partial);
}

}  // namespace

Action add_diffraction(CLI::App& app, CommonOptions& options) {
  auto* verb =
      app.add_subcommand("diffraction", "phase fractions of any number of powder patterns");
  auto choices = std::make_shared<Choices>();
  verb->add_option("files", choices->files,
                   "pattern files (.xy .xye .prn .dat .csv .xrdml .fxye ...)")
      ->required();
  verb->add_option_function<std::string>(
      "--phases", [choices](const std::string& list) { choices->phases = split_list(list); },
      "library names or CIF paths with commas between: corundum,zincite,mine.cif; auto, or "
      "auto,mine.cif: search the library");
  verb->add_option("--library", choices->folders,
                   "folder with CIFs of your own, found by name; may be repeated");
  add_identify_options(*verb, choices->search);
  verb->add_flag("--series", choices->series,
                 "the files are an ordered series: warm starts, forwards and backwards");
  verb->add_option("--instrument", choices->instrument,
                   "shipped instrument (cpd_philips3020, aeris_cu, ...) or a TOML file");
  verb->add_option("--wavelength", choices->wavelengths_angstrom,
                   "emission lines [angstrom], main line first, commas between")
      ->delimiter(',');
  verb->add_option("--background", choices->refinement.background_terms,
                   "Chebyshev terms; 0 = chosen by BIC [0]")
      ->check(CLI::Range(0, 36));
  verb->add_option("--two-theta-min", choices->refinement.two_theta_min_deg,
                   "use points from here [deg]")
      ->check(number_in(0.0, 180.0));
  verb->add_option("--two-theta-max", choices->refinement.two_theta_max_deg,
                   "use points up to here [deg]")
      ->check(number_in(0.0, 180.0));
  verb->add_flag_callback(
      "--no-texture", [choices] { choices->refinement.texture = false; },
      "do not try March-Dollase texture");
  verb->add_option_function<std::string>(
      "--harmonics",
      [choices](const std::string& text) { choices->refinement.harmonics = parse_harmonics(text); },
      "try texture by symmetrised harmonics up to this order instead of March-Dollase: 4, or "
      "brucite=6,quartz=4; kept where the full BIC pays");
  verb->add_option_function<std::string>(
      "--anisotropic-strain",
      [choices](const std::string& text) {
        choices->refinement.anisotropic_strain = split_list(text);
      },
      "let strain depend on the direction (Stephens) in these phases, or all; kept where the full "
      "BIC pays");
  verb->add_option("--chunk", choices->chunk, "patterns per chunk [64]")
      ->check(CLI::Range(1, 100000));
  add_quantify_options(*verb, choices->refinement.quantify);
  verb->add_option("--assay", choices->assay,
                   "element table of the specimen, TABLE.csv or TABLE.csv:ROW: closure, and mass "
                   "absorption for an external standard");
  add_summation_options(*verb, choices->summation);
  verb->add_flag("--profiles", choices->profiles, "store calculated patterns of large batches too");
  add_common_options(*verb, options);
  return [&options, choices] { return run_diffraction(options, *choices); };
}

}  // namespace gadolin::app
