#include "io/config/case.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>

#include "io/config/toml_table.hpp"
#include "io/readers/file_bytes.hpp"

namespace gadolin::config {

namespace {

namespace fs = std::filesystem;

/// Resolves names against the folder of the case file and checks that files exist.
struct Paths {
  fs::path folder;
  bool check = true;

  static bool ends_with(const std::string& text, const std::string& end) {
    return text.size() >= end.size() &&
           text.compare(text.size() - end.size(), end.size(), end) == 0;
  }

  std::string file(const TomlTable& table, const std::string& key, const std::string& name) const {
    if (name.empty()) {
      throw table.error("E-CASE-005", fmt::format("\"{}\" names no file", key), key,
                        "write the file's name or leave the key out");
    }
    const fs::path path = fs::path(name).is_absolute() ? fs::path(name) : folder / name;
    std::error_code failure;
    if (check && !fs::is_regular_file(path, failure)) {
      throw Error("E-CASE-005", fmt::format("no such file \"{}\" ({})", path.string(), key),
                  table.place(key), "correct the name; it counts from the folder of the case file",
                  ExitCode::invalid_input);
    }
    return path.lexically_normal().string();
  }

  /// A library name stays, a path (with '/' or the given ending) is resolved.
  std::string name_or_file(const TomlTable& table, const std::string& key, const std::string& name,
                           const std::string& ending) const {
    const bool is_path = ends_with(name, ending) || name.find('/') != std::string::npos;
    return is_path ? file(table, key, name) : name;
  }
};

void set_fact(CaseRecord& record, const std::string& key, const std::string& value) {
  for (auto& fact : record.facts) {
    if (fact.key == key) {
      fact.value = value;
      return;
    }
  }
  record.facts.push_back({key, value});
}

/// Facts are texts; dates may also be written as TOML numbers are not, so only texts are taken.
void read_facts(const TomlTable& table, CaseRecord& record, const std::set<std::string>& taken) {
  for (const char* name : case_fact_keys) {
    const std::string key(name);
    if (taken.count(key)) continue;
    if (table.has(key)) set_fact(record, key, table.text(key));
  }
  if (table.has("questions")) record.questions = table.texts("questions");
  if (table.has("blind_spots")) record.blind_spots = table.texts("blind_spots");
}

/// [[custody]]: who had the item when; free text kept as typed.
void read_custody(const TomlTable& table, CaseRecord& record) {
  int number = 0;
  for (const auto& entry : table.tables_or_none("custody")) {
    std::string line;
    for (const char* key : {"when", "who", "what", "seal_id", "text"}) {
      const std::string text = entry.text_or(key, "");
      if (text.empty()) continue;
      line += (line.empty() ? "" : "; ") + text;
    }
    const double mass = entry.number_or("mass_g", 0.0, not_negative);
    if (mass > 0.0) line += fmt::format("{}{} g", line.empty() ? "" : "; ", mass);
    entry.finish();
    set_fact(record, fmt::format("custody_{:02}", ++number), line);
  }
}

void check_id(const TomlTable& table, const std::string& id) {
  const bool fine =
      !id.empty() && id.size() <= 100 && id != "." && id != ".." &&
      std::all_of(id.begin(), id.end(), [](unsigned char c) {
        return std::isalnum(c) ||
               std::string(" ._-+()#").find(static_cast<char>(c)) != std::string::npos;
      });
  if (!fine) {
    throw table.error("E-CASE-001", fmt::format("sample id \"{}\" is not usable", id.substr(0, 40)),
                      "id", "use up to 100 letters, digits, blanks and . _ - + ( ) #");
  }
}

/// What [diffraction] says for all samples.
struct DiffractionDefaults {
  std::vector<std::string> phases;
  std::string instrument;
  std::vector<double> wavelengths_angstrom;
};

std::vector<std::string> read_phases(const TomlTable& table, const Paths& paths) {
  std::vector<std::string> phases;
  if (table.holds_text("phases")) {
    table.choice_or("phases", "auto", {"auto"});  // the only word that may stand alone
    return {"auto"};
  }
  for (const auto& name : table.texts_or("phases", {})) {
    phases.push_back(paths.name_or_file(table, "phases", name, ".cif"));
    if (std::count(phases.begin(), phases.end(), phases.back()) > 1) {
      throw table.error("E-CASE-003", fmt::format("phase \"{}\" is there twice", name), "phases",
                        "name every phase once");
    }
  }
  return phases;
}

/// A percentage as a fraction, with its standard uncertainty under "u_" + key.
void read_share(const TomlTable& table, const std::string& key, const Range& range, double* value,
                double* u) {
  *value = 0.01 * table.number(key, range);
  *u = 0.01 * table.number_or("u_" + key, 0.0, {0.0, 50.0});
}

diffraction::InternalStandard read_internal_standard(const TomlTable& table) {
  diffraction::InternalStandard standard;
  standard.phase = table.text("phase");
  read_share(table, "added_wt_pct", {0.1, 99.9}, &standard.added_fraction,
             &standard.u_added_fraction);
  if (table.has("crystallinity_pct")) {
    read_share(table, "crystallinity_pct", {1.0, 100.0}, &standard.crystallinity,
               &standard.u_crystallinity);
  }
  table.finish();
  return standard;
}

std::vector<diffraction::ParticleSize> read_particles(const TomlTable& table) {
  std::vector<diffraction::ParticleSize> particles;
  for (const auto& entry : table.tables_or_none("particle")) {
    particles.push_back({entry.text_or("phase", ""), entry.number("diameter_um", {1e-3, 1e4})});
    entry.finish();
  }
  return particles;
}

/// What beyond the refinement [diffraction] states: standards, humps, blank, calibrations.
void read_quantify(const TomlTable& table, const Paths& paths,
                   diffraction::QuantifyOptions& options) {
  options.closure = table.boolean_or("closure", options.closure);
  if (table.has("blank")) options.blank.file = paths.file(table, "blank", table.text("blank"));
  if (const auto standard = table.optional_table("external_standard")) {
    auto& out = options.standard_pattern;
    out.file = paths.file(*standard, "pattern", standard->text("pattern"));
    out.phase = standard->text("phase");
    if (standard->has("crystalline_pct")) {
      read_share(*standard, "crystalline_pct", {1.0, 100.0}, &out.crystalline_fraction,
                 &out.u_crystalline_fraction);
    }
    standard->finish();
  }
  for (const auto& entry : table.tables_or_none("hump")) {
    options.humps.push_back({entry.text("name"), entry.number("centre_deg", {0.5, 179.0}),
                             entry.number("fwhm_deg", {2.0, 40.0})});
    entry.finish();
  }
  for (const auto& entry : table.tables_or_none("zmv")) {
    const double value = entry.number("value", {1e-12, 1e15});
    options.calibrated.push_back({entry.text("phase"), value,
                                  entry.number_or("u", 0.0, {0.0, 1e15}) / value,
                                  entry.text_or("source", "stated in the case")});
    entry.finish();
  }
  for (const auto& entry : table.tables_or_none("rir")) {
    options.rir.push_back({entry.text("phase"), entry.number("value", {1e-4, 1e4}),
                           entry.number_or("u", 0.0, {0.0, 1e4})});
    entry.finish();
  }
}

DiffractionDefaults read_diffraction(const TomlTable& table, const Paths& paths,
                                     diffraction::RefinementOptions& options,
                                     std::string& references) {
  DiffractionDefaults defaults;
  if (table.choice_or("method", "rietveld", {"rietveld", "summation"}) == "summation") {
    references = paths.file(table, "references", table.text("references"));
  }
  defaults.phases = read_phases(table, paths);
  if (table.has("instrument")) {
    defaults.instrument =
        paths.name_or_file(table, "instrument", table.text("instrument"), ".toml");
  }
  defaults.wavelengths_angstrom = table.numbers_or("wavelength_angstrom", {}, {0.05, 5.0});
  options.background_terms =
      static_cast<int>(table.integer_or("background_terms", options.background_terms, 0, 30));
  options.two_theta_min_deg =
      table.number_or("two_theta_min_deg", options.two_theta_min_deg, {0.0, 180.0});
  options.two_theta_max_deg =
      table.number_or("two_theta_max_deg", options.two_theta_max_deg, {0.0, 180.0});
  if (options.two_theta_max_deg > 0.0 && options.two_theta_max_deg <= options.two_theta_min_deg) {
    throw table.error("E-CASE-004", "two_theta_max_deg is not above two_theta_min_deg",
                      "two_theta_max_deg", "give a range or leave both out");
  }
  options.texture = table.boolean_or("texture", options.texture);
  if (table.has("anisotropic_strain")) {
    options.anisotropic_strain = table.texts("anisotropic_strain");
    for (auto& name : options.anisotropic_strain) {
      if (name == "all") name.clear();
    }
  }
  for (const auto& asked : table.tables_or_none("harmonics")) {
    diffraction::HarmonicTexture one;
    one.phase = asked.text_or("phase", "all");
    if (one.phase == "all") one.phase.clear();
    one.order = static_cast<int>(asked.integer_or("order", 4, 2, 8)) / 2 * 2;
    options.harmonics.push_back(one);
    asked.finish();
  }
  options.max_iterations =
      static_cast<int>(table.integer_or("max_iterations", options.max_iterations, 1, 10000));
  options.assumed_particle_um =
      table.number_or("assumed_particle_um", options.assumed_particle_um, {1e-3, 1e4});
  options.keep_profiles = table.boolean_or("keep_profiles", options.keep_profiles);
  options.quantify.uncertainty = table.choice_or("uncertainty", "full", {"quick", "full"}) == "full"
                                     ? diffraction::UncertaintyEffort::full
                                     : diffraction::UncertaintyEffort::quick;
  if (const auto standard = table.optional_table("internal_standard")) {
    options.quantify.internal_standard = read_internal_standard(*standard);
  }
  options.quantify.particles = read_particles(table);
  read_quantify(table, paths, options.quantify);
  table.finish();
  return defaults;
}

void read_origin(const TomlTable& table, const Paths& paths, CaseOrigin& origin) {
  origin.asked = table.boolean_or("enabled", true);
  if (table.has("library")) origin.library = paths.file(table, "library", table.text("library"));
  auto& options = origin.options;
  options.prior_unknown = table.number_or("prior_unknown", options.prior_unknown, {1e-6, 0.999999});
  options.typicality_alpha =
      table.number_or("typicality_alpha", options.typicality_alpha, {1e-9, 0.5});
  options.draws = static_cast<int>(table.integer_or("draws", options.draws, 10, 10'000'000));
  const std::string grade = table.choice_or("worst_grade", "B", {"A", "B", "C"});
  if (table.has("worst_grade")) {
    options.worst_grade = grade == "A"   ? origin::EvidenceGrade::a
                          : grade == "B" ? origin::EvidenceGrade::b
                                         : origin::EvidenceGrade::c;
  }
  options.left_out_deposits = table.texts_or("left_out_deposits", options.left_out_deposits);
  options.normaliser = table.text_or("normaliser", options.normaliser);
  options.leave_out_irregular =
      table.boolean_or("leave_out_irregular", options.leave_out_irregular);
  table.finish();
}

CaseSample read_sample(const TomlTable& table, const Paths& paths, const CaseRecord& common,
                       const DiffractionDefaults& defaults) {
  CaseSample sample;
  sample.place = table.place();
  sample.id = table.text("id");
  check_id(table, sample.id);
  sample.record = common;
  sample.record.title = table.text_or("title", common.title);
  read_facts(table, sample.record, {"item_id"});
  set_fact(sample.record, "item_id", table.text_or("item_id", sample.id));

  if (table.has("pattern") && table.has("patterns")) {
    throw table.error("E-CASE-004", "both \"pattern\" and \"patterns\" are given", "pattern",
                      "keep one of them");
  }
  if (table.has("pattern")) {
    sample.pattern_files.push_back(paths.file(table, "pattern", table.text("pattern")));
  }
  for (const auto& name : table.texts_or("patterns", {})) {
    sample.pattern_files.push_back(paths.file(table, "patterns", name));
  }
  sample.phases = table.has("phases") ? read_phases(table, paths) : defaults.phases;
  sample.instrument =
      table.has("instrument")
          ? paths.name_or_file(table, "instrument", table.text("instrument"), ".toml")
          : defaults.instrument;
  sample.wavelengths_angstrom =
      table.numbers_or("wavelength_angstrom", defaults.wavelengths_angstrom, {0.05, 5.0});
  if (table.has("assay")) sample.assay_file = paths.file(table, "assay", table.text("assay"));
  if (const auto standard = table.optional_table("internal_standard")) {
    sample.internal_standard = read_internal_standard(*standard);
  }
  sample.particles = read_particles(table);
  sample.assay_row = table.text_or("assay_row", "");
  if (!sample.assay_row.empty() && sample.assay_file.empty()) {
    throw table.error("E-CASE-004", "\"assay_row\" needs \"assay\"", "assay_row",
                      "add assay = \"table.csv\"");
  }
  if (sample.assay_row.empty()) sample.assay_row = sample.id;
  sample.material_kind = table.choice_or(
      "material_kind", "",
      {"", "ore", "concentrate", "mixed_product", "resource_average", "mineral", "unknown"});
  sample.process_level = table.choice_or(
      "process_level", "", {"", "mined", "concentrate", "leached", "roasted", "separated"});
  for (const auto& fact : sample.record.facts) {
    if (fact.key == "declared_as") sample.declared_as = fact.value;
  }
  sample.declared_origin = table.text_or("declared_origin", "");
  if (!sample.declared_origin.empty()) {
    set_fact(sample.record, "declared_origin", sample.declared_origin);
  }
  sample.mass_g = table.number_or("mass_g", 0.0, not_negative);
  if (sample.mass_g > 0.0) {
    set_fact(sample.record, "mass_received_g", fmt::format("{}", sample.mass_g));
  }
  read_custody(table, sample.record);
  table.finish();

  if (sample.pattern_files.empty() && sample.assay_file.empty()) {
    throw Error(
        "E-CASE-002", fmt::format("sample \"{}\" has neither a pattern nor an assay", sample.id),
        sample.place, "add pattern = \"scan.xy\" or assay = \"table.csv\"", ExitCode::usage);
  }
  if (!sample.pattern_files.empty() && sample.phases.empty()) {
    throw Error("E-CASE-003", fmt::format("sample \"{}\" has a pattern but no phases", sample.id),
                sample.place,
                "add phases = [\"monazite-Ce\", \"quartz\"] to the sample or to [diffraction]",
                ExitCode::usage);
  }
  return sample;
}

}  // namespace

Case parse_case(std::string_view text, const std::string& file, bool check_files) {
  const TomlTable root = TomlTable::parse(text, file);
  const Paths paths{fs::path(file).parent_path(), check_files};
  Case result;
  result.path = file;
  result.text = std::string(text);

  const TomlTable head = root.table("case");
  result.id = head.text("id");
  result.title = head.text_or("title", result.id);
  result.record.title = result.title;
  read_facts(head, result.record, {"case_id", "declared_as"});
  set_fact(result.record, "case_id", result.id);
  for (const char* key : {"declared_as", "declared_origin"}) {
    if (head.has(key)) set_fact(result.record, key, head.text(key));
  }
  if (const auto other = head.optional_table("other")) {  // free keys, printed after the known ones
    for (const auto& key : other->keys()) set_fact(result.record, key, other->text(key));
  }
  read_custody(head, result.record);
  head.finish();
  if (const auto laboratory = root.optional_table("laboratory")) {
    for (const auto& [key, fact] :
         std::map<std::string, std::string>{{"name", "laboratory_name"},
                                            {"address", "laboratory_address"},
                                            {"place_of_work", "place_of_work"},
                                            {"examiner", "examiner"},
                                            {"authorised_by", "authorised_by"}}) {
      if (laboratory->has(key)) set_fact(result.record, fact, laboratory->text(key));
    }
    laboratory->finish();
  }

  if (const auto run = root.optional_table("run")) {
    if (run->has("seed")) {
      result.seed = static_cast<std::uint64_t>(
          run->integer("seed", 0, std::numeric_limits<std::int64_t>::max()));
    }
    result.engine = run->choice_or(
        "engine", "", {"", "auto", "serial", "openmp", "kokkos", "cuda", "thread_team"});
    if (run->has("threads")) {
      result.threads = static_cast<int>(run->integer("threads", 1, 4096));
    }
    run->finish();
  }
  DiffractionDefaults defaults;
  result.diffraction.quantify.uncertainty = diffraction::UncertaintyEffort::full;
  if (const auto table = root.optional_table("diffraction")) {
    defaults = read_diffraction(*table, paths, result.diffraction, result.references);
  }
  if (const auto table = root.optional_table("assay")) {
    result.assay.default_u_fraction =
        table->number_or("default_u_fraction", result.assay.default_u_fraction, {1e-4, 1.0});
    result.assay.laboratory = table->text_or("laboratory", "");
    table->finish();
  }
  if (const auto table = root.optional_table("origin")) read_origin(*table, paths, result.origin);
  if (const auto table = root.optional_table("recovery")) {
    result.recovery.asked = table->boolean_or("enabled", true);
    result.recovery.route = paths.name_or_file(*table, "route", table->text("route"), ".toml");
    result.recovery.draws =
        static_cast<int>(table->integer_or("draws", result.recovery.draws, 100, 10'000'000));
    result.recovery.conflict_alpha =
        table->number_or("conflict_alpha", result.recovery.conflict_alpha, {1e-9, 0.5});
    table->finish();
  }
  if (const auto table = root.optional_table("separation")) {
    result.separation.asked = table->boolean_or("enabled", true);
    result.separation.design = paths.file(*table, "design", table->text("design"));
    table->finish();
  }

  std::map<std::string, std::string> places;
  for (const auto& table : root.tables("sample")) {
    result.samples.push_back(read_sample(table, paths, result.record, defaults));
    const auto& sample = result.samples.back();
    const auto [first, fresh] = places.emplace(sample.id, sample.place);
    if (!fresh) {
      throw Error(
          "E-CASE-001",
          fmt::format("sample id \"{}\" is used twice (first at {})", sample.id, first->second),
          sample.place, "give every sample its own id", ExitCode::usage);
    }
  }
  if (result.samples.empty()) {
    throw root.error("E-CASE-002", "no samples", "sample", "add [[sample]] with id and pattern");
  }
  root.finish();
  return result;
}

Case read_case(const std::string& path, InputFile* record) {
  io::FileBytes file = io::read_file(path, "case", std::uint64_t{16} << 20);
  file.record.reader = "TOML 1.0 case";
  if (record) *record = file.record;
  return parse_case(file.bytes, path);
}

}  // namespace gadolin::config
