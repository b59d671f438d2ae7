#include "app/analyse.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "app/diffraction_setup.hpp"
#include "app/identify_setup.hpp"
#include "app/origin_setup.hpp"
#include "app/quantify_setup.hpp"
#include "app/specimen_setup.hpp"
#include "app/summation_setup.hpp"
#include "io/config/circuit.hpp"
#include "io/config/data_dir.hpp"
#include "io/config/route.hpp"
#include "io/readers/element_table.hpp"
#include "io/readers/pattern.hpp"
#include "models/assay/indices.hpp"
#include "models/diffraction/refine.hpp"
#include "models/diffraction/summation.hpp"
#include "models/origin/attribute.hpp"
#include "models/recovery/reconcile.hpp"
#include "models/recovery/recover.hpp"
#include "models/separation/simulate.hpp"

namespace gadolin::app {

namespace {

/// Everything a case names that is read once, before anything is computed.
struct Inputs {
  std::map<std::string, std::vector<assay::AssaySample>> tables;  ///< by path
  std::optional<origin::Library> library;
  std::optional<separation::Circuit> circuit;
  std::optional<recovery::Route> route;
};

Inputs read_inputs(const config::Case& laboratory_case, RunRecord& run) {
  Inputs inputs;
  for (const auto& sample : laboratory_case.samples) {
    if (sample.assay_file.empty() || inputs.tables.contains(sample.assay_file)) continue;
    InputFile record;
    io::ElementTableOptions table_options;
    table_options.default_u_fraction = laboratory_case.assay.default_u_fraction;
    table_options.laboratory = laboratory_case.assay.laboratory;
    inputs.tables[sample.assay_file] =
        io::read_element_table(sample.assay_file, table_options, &record);
    run.inputs.push_back(record);
  }
  if (laboratory_case.origin.asked && !inputs.tables.empty()) {
    inputs.library = load_origin_library(laboratory_case.origin.library, run.inputs);
  }
  if (laboratory_case.separation.asked) {
    inputs.circuit = config::read_circuit(laboratory_case.separation.design, &run.inputs);
  }
  if (laboratory_case.recovery.asked) {
    InputFile record;
    inputs.route = config::load_route(laboratory_case.recovery.route,
                                      config::find_data_dir() + "/recovery", &record);
    run.inputs.push_back(record);
  }
  return inputs;
}

/// The composition rare-earth patterns are divided by; nullptr where no library was read.
const Normaliser* find_normaliser(const Inputs& inputs, const config::Case& laboratory_case) {
  if (!inputs.library) return nullptr;
  for (const auto& normaliser : inputs.library->normalisers) {
    if (normaliser.name == laboratory_case.origin.options.normaliser) return &normaliser;
  }
  return nullptr;
}

assay::AssaySample find_row(const std::vector<assay::AssaySample>& table,
                            const config::CaseSample& sample) {
  const std::string wanted = sample.assay_row.empty() ? sample.id : sample.assay_row;
  std::vector<std::string> ids;
  for (const auto& row : table) {
    if (row.id == wanted) return row;
    ids.push_back(row.id);
  }
  const std::string near = nearest_word(wanted, ids);
  throw Error(
      "E-CASE-006",
      fmt::format("table {} has no sample \"{}\" (it has {})", sample.assay_file, wanted,
                  fmt::join(ids, ", ")),
      sample.place,
      near.empty() ? "set assay_row to one of these" : "did you mean assay_row = \"" + near + "\"?",
      ExitCode::usage);
}

/// The design's liquor with the sample's own rare-earth proportions, total rare earth kept.
separation::Circuit with_sample_feed(separation::Circuit circuit, const assay::AssaySample& sample,
                                     std::vector<Warning>& warnings) {
  std::map<std::string, double> moles_per_kg;
  for (const auto& value : sample.values) {
    if (value.mass_fraction.state == ValueState::measured && is_rare_earth(value.element)) {
      moles_per_kg[value.element] =
          1000.0 * value.mass_fraction.value / atomic_weight_g_per_mol(value.element);
    }
  }
  for (auto& bank : circuit.banks) {
    for (auto& feed : bank.feeds) {
      if (!feed.is_feed || feed.aqueous.flow_l_per_h <= 0.0) continue;
      double design_total = 0.0, sample_total = 0.0;
      std::string absent;
      for (std::size_t k = 0; k < circuit.species.size(); ++k) {
        const std::string& name = circuit.species[k].name;
        if (!is_rare_earth(name)) continue;
        design_total += feed.aqueous.molar[k];
        if (moles_per_kg.contains(name)) {
          sample_total += moles_per_kg[name];
        } else if (feed.aqueous.molar[k] > 0.0) {
          absent += (absent.empty() ? "" : ", ") + name;
        }
      }
      if (design_total <= 0.0 || sample_total <= 0.0) continue;
      for (std::size_t k = 0; k < circuit.species.size(); ++k) {
        const std::string& name = circuit.species[k].name;
        if (!is_rare_earth(name)) continue;
        const auto found = moles_per_kg.find(name);
        feed.aqueous.molar[k] =
            found == moles_per_kg.end() ? 0.0 : design_total * found->second / sample_total;
      }
      if (!absent.empty()) {
        warnings.push_back(
            {"W-SEP-101",
             fmt::format("{}: no measured content in the assay, absent from the simulated "
                         "feed of {}",
                         absent, bank.name)});
      }
    }
  }
  return circuit;
}

/// Recovery of each rare earth into the aqueous product that holds most of it; what leaves with
/// other products or the solvent is lost to it.
std::map<std::string, recovery::Yield> separation_yields(const separation::CircuitResult& result,
                                                         std::vector<Warning>& warnings) {
  constexpr double least_enrichment = 1.001;  // against the feed; below it nothing was separated
  std::map<std::string, recovery::Yield> yields;
  double fed = 0.0;
  for (std::size_t k = 0; k < result.species.size(); ++k) {
    if (is_rare_earth(result.species[k])) fed += result.fed_mol_per_h[k];
  }
  std::string unseparated;
  for (std::size_t k = 0; k < result.species.size(); ++k) {
    if (!is_rare_earth(result.species[k]) || !(result.fed_mol_per_h[k] > 0.0)) continue;
    const separation::Product* best = nullptr;
    for (const auto& product : result.products) {
      if (product.phase != "aqueous" || product.name.find("entrained") != std::string::npos)
        continue;
      if (product.purity_fraction[k] < least_enrichment * result.fed_mol_per_h[k] / fed) continue;
      if (best == nullptr || product.recovery_fraction[k] > best->recovery_fraction[k])
        best = &product;
    }
    if (best == nullptr) {
      unseparated += (unseparated.empty() ? "" : ", ") + result.species[k];
      yields[result.species[k]] = {
          0.0, 0.0, 0.0, "simulated cascade " + result.name + ": no product enriched in it",
          separation::to_string(result.worst_evidence)};
      continue;
    }
    const double r = std::clamp(best->recovery_fraction[k], 0.0, 1.0);
    yields[result.species[k]] = {r, r, r,
                                 "simulated cascade " + result.name + ", product " + best->name,
                                 separation::to_string(result.worst_evidence)};
  }
  if (!unseparated.empty()) {
    warnings.push_back(
        {"W-SEP-102", fmt::format("no product of {} is enriched in {}: their recovery through "
                                  "separation counts as 0",
                                  result.name, unseparated)});
  }
  return yields;
}

/// The structures of the phases of a result, in its order.
std::vector<diffraction::CrystalStructure> structures_of(const diffraction::PatternResult& result,
                                                         const diffraction::PhaseLibrary& library) {
  std::vector<diffraction::CrystalStructure> structures;
  for (const auto& phase : result.phases) {
    const auto found =
        std::find_if(library.phases.begin(), library.phases.end(),
                     [&](const auto& entry) { return entry.structure.name == phase.name; });
    structures.push_back(found->structure);
  }
  return structures;
}

/// `structures`: of the first result's phases, in their order.
void refine_patterns(const config::Case& laboratory_case, const config::CaseSample& sample,
                     const RunSettings& settings, RunRecord& run, io::ResultFile& store,
                     SampleAnswer& answer, std::vector<diffraction::CrystalStructure>& structures) {
  if (sample.pattern_files.empty()) return;
  auto asked = laboratory_case.diffraction;
  if (!sample.internal_standard.phase.empty()) {
    asked.quantify.internal_standard = sample.internal_standard;
  }
  if (!sample.particles.empty()) asked.quantify.particles = sample.particles;
  if (answer.assay) asked.quantify.assay = contents_of(*answer.assay);
  load_blank(asked.quantify, run.inputs);
  const SummationChoices choices{laboratory_case.references.empty() ? "rietveld" : "summation",
                                 laboratory_case.references};
  auto summation = load_summation(choices, sample.phases, asked.quantify, run.inputs);
  if (summation && answer.assay && asks_for_search(sample.phases)) {
    leave_out_by_elements(*summation, identify_options(*answer.assay, asked));
  }
  const DiffractionSetup setup =
      summation
          ? DiffractionSetup{}
          : load_diffraction_setup(sample.phases, sample.instrument, sample.wavelengths_angstrom);
  structures = setup.structures;
  run.inputs.insert(run.inputs.end(), setup.inputs.begin(), setup.inputs.end());
  std::vector<diffraction::Pattern> patterns;
  for (const auto& file : sample.pattern_files) {
    InputFile record;
    for (auto& pattern : io::read_patterns(file, &record)) {
      if (!summation) require_wavelength(pattern, setup);
      patterns.push_back(std::move(pattern));
    }
    run.inputs.push_back(record);
  }
  const auto instrument = instrument_for(patterns, setup);
  if (summation) {
    answer.pattern_results = diffraction::sum_references(
        patterns, summation->library, summation->options, asked, settings.engine);
  } else if (asks_for_search(sample.phases)) {
    const auto library = load_phase_library(setup.structures, run.inputs, answer.warnings);
    const auto allowed = identify_options(answer.assay.value_or(assay::AssaySample{}), asked);
    answer.pattern_results = diffraction::analyse_unknown(
        patterns, library, instrument, setup.tables, allowed, asked, settings.engine);
    structures = structures_of(answer.pattern_results.front(), library);
  } else {
    resolve_quantify_names(sample.phases, setup.structures, asked.quantify);
    measure_external_standard(setup, {}, instrument, asked, settings.engine, run.inputs);
    answer.pattern_results = diffraction::refine(patterns, setup.structures, instrument,
                                                 setup.tables, asked, settings.engine);
  }
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const auto& result = answer.pattern_results[i];
    if (result.status != ItemStatus::ok) answer.complete = false;
    const auto& found = result.warnings;
    answer.warnings.insert(answer.warnings.end(), found.begin(), found.end());
    const std::string entry = i == 0 ? sample.id : fmt::format("{} pattern {}", sample.id, i + 1);
    store.write_pattern(entry, patterns[i], result, instrument.lines);
  }
}

void reconcile_and_recover(const config::Case& laboratory_case, const config::CaseSample& sample,
                           const Inputs& inputs, const RunSettings& settings,
                           const std::vector<diffraction::CrystalStructure>& structures,
                           SampleAnswer& answer) {
  if (!inputs.route) return;
  std::vector<recovery::PhaseInput> phases;
  std::vector<double> covariance;
  const bool usable =
      !answer.pattern_results.empty() && answer.pattern_results.front().status == ItemStatus::ok;
  if (usable && structures.size() == answer.pattern_results.front().phases.size()) {
    const auto& result = answer.pattern_results.front();
    for (std::size_t p = 0; p < result.phases.size(); ++p) {
      phases.push_back(
          {result.phases[p].name, structures[p].formula, result.phases[p].weight_fraction});
    }
    covariance = result.covariance_total;
  } else if (!answer.pattern_results.empty()) {
    answer.warnings.push_back(
        {"W-REC-101", usable ? "measured reference patterns state no chemical formula: recovery "
                               "rests on the assay alone"
                             : "the refinement is not usable: recovery rests on the assay alone"});
  }
  std::vector<recovery::ElementInput> elements;
  if (answer.assay) {
    for (const auto& value : answer.assay->values)
      elements.push_back({value.element, value.mass_fraction});
  }
  recovery::ReconcileOptions reconcile_options;
  reconcile_options.alpha = laboratory_case.recovery.conflict_alpha;
  const auto reconciled = recovery::reconcile(phases, covariance, elements, reconcile_options);
  std::map<std::string, recovery::Yield> yields;
  std::string source = "route default";
  if (answer.circuit && answer.circuit->status == ItemStatus::ok) {
    yields = separation_yields(*answer.circuit, answer.warnings);
    source = "cascade " + answer.circuit->name;
  } else if (answer.circuit) {
    answer.warnings.push_back({"W-REC-102",
                               "the separation circuit did not converge: recovery uses the route's "
                               "default for separation"});
  }
  answer.recovery =
      recovery::recover(sample.id, reconciled, *inputs.route, yields, source, settings.seed,
                        laboratory_case.recovery.draws,
                        answer.assay ? assay::to_string(answer.assay->basis) : "not stated");
  for (const auto* found : {&answer.recovery->warnings, &answer.recovery->reconciled.warnings}) {
    answer.warnings.insert(answer.warnings.end(), found->begin(), found->end());
  }
  for (const auto& note : inputs.route->cerium_held_back) {
    answer.warnings.push_back({"W-REC-104", "route " + inputs.route->name + ": " + note});
  }
  if (!answer.recovery->reconciled.converged) answer.complete = false;
  if (answer.pattern_results.size() > 1) {
    answer.warnings.push_back(
        {"W-REC-103", fmt::format("of {} patterns only the first is reconciled with the assay",
                                  answer.pattern_results.size())});
  }
}

}  // namespace

std::vector<SampleAnswer> analyse(const config::Case& laboratory_case, const RunSettings& settings,
                                  const CommonOptions& options, RunRecord& run,
                                  io::ResultFile& store) {
  const Inputs inputs = read_inputs(laboratory_case, run);
  std::vector<SampleAnswer> answers;
  Progress progress("samples", laboratory_case.samples.size(), options);
  for (const auto& sample : laboratory_case.samples) {
    SampleAnswer answer;
    answer.id = sample.id;
    answer.declared_as = sample.declared_as;
    store.write_sample(sample.id, sample.record);
    if (!sample.assay_file.empty()) {
      answer.assay = find_row(inputs.tables.at(sample.assay_file), sample);
    }
    std::vector<diffraction::CrystalStructure> structures;
    refine_patterns(laboratory_case, sample, settings, run, store, answer, structures);
    if (answer.assay) {
      const auto& found = answer.assay->warnings;
      answer.warnings.insert(answer.warnings.end(), found.begin(), found.end());
      if (const Normaliser* normaliser = find_normaliser(inputs, laboratory_case)) {
        answer.indices = assay::indices(*answer.assay, *normaliser);
      }
      store.write_assay(sample.id, *answer.assay, answer.indices);
      if (inputs.library) {
        auto input = origin_input(*answer.assay, sample.material_kind, sample.process_level);
        input.id = sample.id;
        answer.origin = origin::attribute({input}, *inputs.library, laboratory_case.origin.options,
                                          settings.seed)
                            .front();
        const auto& origin_warnings = answer.origin->warnings;
        answer.warnings.insert(answer.warnings.end(), origin_warnings.begin(),
                               origin_warnings.end());
        store.write_origin(sample.id, *answer.origin);
      }
    }
    if (inputs.circuit) {
      const auto circuit = answer.assay
                               ? with_sample_feed(*inputs.circuit, *answer.assay, answer.warnings)
                               : *inputs.circuit;
      answer.circuit = separation::simulate({circuit}, settings.engine).front();
      if (answer.circuit->status != ItemStatus::ok) answer.complete = false;
      const auto& found = answer.circuit->warnings;
      answer.warnings.insert(answer.warnings.end(), found.begin(), found.end());
      store.write_circuit(sample.id, *answer.circuit);
    }
    reconcile_and_recover(laboratory_case, sample, inputs, settings, structures, answer);
    if (answer.recovery) store.write_recovery(sample.id, *answer.recovery);
    run.warnings.insert(run.warnings.end(), answer.warnings.begin(), answer.warnings.end());
    store.add_inputs(run.inputs);
    answers.push_back(std::move(answer));
    progress.advance_to(answers.size());
  }
  if (const Normaliser* normaliser = find_normaliser(inputs, laboratory_case)) {
    store.write_normaliser(*normaliser);
  }
  return answers;
}

}  // namespace gadolin::app
