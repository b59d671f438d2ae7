#include <algorithm>
#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/option_checks.hpp"
#include "app/output.hpp"
#include "app/result_json.hpp"
#include "io/config/data_dir.hpp"
#include "io/readers/atomic_tables.hpp"
#include "io/readers/cif.hpp"
#include "io/readers/reference_tables.hpp"
#include "io/readers/structure_library.hpp"
#include "io/store/pattern_library.hpp"
#include "models/diffraction/check_structure.hpp"

namespace gadolin::app {

namespace {

using nlohmann::ordered_json;

struct Choices {
  std::vector<std::string> names, folders;
  std::vector<std::string> elements, with;
  std::string material_class, group;
  double wavelength_angstrom = 1.540598;
  double two_theta_max_deg = 72.0;
  int lines = 15;
  std::string patterns, phases, title, source, licence;
  std::vector<double> wavelengths_angstrom;
  double kalpha2_ratio = 0.0;
};

bool ends_with(const std::string& name, const std::string& end) {
  return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

bool is_cif_path(const std::string& name) {
  return ends_with(name, ".cif") || ends_with(name, ".CIF") || name.find('/') != std::string::npos;
}

/// Empty where there is no number.
std::string shown(double value, const char* format) {
  return value > 0.0 ? fmt::format(fmt::runtime(format), value) : std::string("-");
}

ordered_json or_null(double value) {
  return value > 0.0 ? ordered_json(value) : ordered_json(nullptr);
}

void check_elements(const std::vector<std::string>& symbols, const std::string& option) {
  for (const auto& symbol : symbols) {
    if (atomic_number(symbol)) continue;
    throw Error("E-LIB-031", fmt::format("\"{}\" is no element", symbol.substr(0, 20)), option,
                "write symbols with commas between: Fe,O,Ce", ExitCode::usage);
  }
}

ordered_json to_json(const io::StructureEntry& entry) {
  ordered_json row;
  row["name"] = entry.name;
  row["formula"] = entry.formula;
  row["class"] = entry.material_class;
  row["group"] = entry.group;
  row["space_group"] = entry.space_group;
  row["elements"] = entry.elements;
  row["aliases"] = entry.aliases;
  row["formula_units"] = or_null(entry.formula_units);
  row["density_g_per_cm3"] = or_null(entry.density_g_per_cm3);
  row["oxide_wt_pct"] = entry.oxide_wt_pct;
  row["i_over_ic_cu"] = or_null(entry.i_over_ic);
  row["verified"] = entry.verified;
  row["source"] = entry.source;
  row["citation"] = entry.citation;
  row["note"] = entry.note;
  row["file"] = entry.path;
  row["problem"] = entry.problem.empty() ? ordered_json(nullptr) : ordered_json(entry.problem);
  return row;
}

int run_list(const CommonOptions& options, const Choices& choices) {
  check_elements(choices.elements, "--elements");
  check_elements(choices.with, "--with");
  const io::StructureLibrary library(config::find_data_dir(),
                                     config::find_structure_folders(choices.folders));
  ordered_json document;
  document["phases"] = ordered_json::array();
  std::size_t count = 0;
  for (const auto& entry : library.entries()) {
    const auto holds = [&](const std::string& element) {
      return std::find(entry.elements.begin(), entry.elements.end(), element) !=
             entry.elements.end();
    };
    if (!choices.material_class.empty() && entry.material_class != choices.material_class) continue;
    if (!choices.group.empty() && entry.group != choices.group) continue;
    if (!io::made_of(entry, choices.elements)) continue;
    if (!std::all_of(choices.with.begin(), choices.with.end(), holds)) continue;
    ++count;
    if (options.json) {
      document["phases"].push_back(to_json(entry));
    } else {
      std::cout << fmt::format(
          "{:26} {:30} {:12} {:16} {:>7} {:>6}  {}\n", entry.name, entry.formula.substr(0, 30),
          entry.material_class, entry.group, shown(entry.density_g_per_cm3, "{:.3f}"),
          shown(entry.oxide_wt_pct, "{:.1f}"), entry.problem.empty() ? entry.verified : "UNUSABLE");
    }
  }
  document["count"] = count;
  document["of"] = library.entries().size();
  if (options.json) {
    std::cout << to_text(document) << '\n';
  } else {
    say(options, fmt::format("{} of {} phases (name, formula, class, isotype group, density g/cm3, "
                             "rare-earth oxide wt%, verified)",
                             count, library.entries().size()));
  }
  return 0;
}

ordered_json to_json(const diffraction::PatternLibrary& library) {
  ordered_json document;
  document["title"] = library.title;
  document["source"] = library.source;
  document["licence"] = library.licence;
  document["rir_reference"] = library.rir_reference;
  document["wavelength_angstrom"] = library.wavelength_angstrom;
  document["points"] = library.two_theta_deg.size();
  document["two_theta_deg"] = {library.two_theta_deg.front(), library.two_theta_deg.back()};
  const char* kinds[] = {"crystalline", "clay", "amorphous", "background"};
  for (const auto& phase : library.phases) {
    document["phases"].push_back({{"id", phase.id},
                                  {"name", phase.name},
                                  {"group", phase.group},
                                  {"kind", kinds[static_cast<int>(phase.kind)]},
                                  {"rir", or_null(phase.rir)}});
  }
  return document;
}

int show_patterns(const CommonOptions& options, const std::string& path) {
  const auto library = io::read_pattern_library(path);
  const auto document = to_json(library);
  if (options.json) {
    std::cout << to_text(document) << '\n';
    return 0;
  }
  std::cout << fmt::format(
      "{}: {} measured patterns, {} points from {} to {} deg\ntitle    {}\nsource   {}\n"
      "licence  {}\nRIR      relative to {}\n",
      path, library.phases.size(), library.two_theta_deg.size(), library.two_theta_deg.front(),
      library.two_theta_deg.back(), library.title, library.source, library.licence,
      library.rir_reference.empty() ? "an unknown phase" : library.rir_reference);
  for (const auto& phase : document["phases"]) {
    std::cout << fmt::format("  {:34} {:24} {:12} {}\n", phase["id"].get<std::string>(),
                             phase["name"].get<std::string>(), phase["kind"].get<std::string>(),
                             phase["rir"].is_null()
                                 ? std::string("-")
                                 : fmt::format("{:.3f}", phase["rir"].get<double>()));
  }
  return 0;
}

/// A phase by name or path, its index entry (a made-up one for a path) and what it states.
struct Asked {
  io::StructureEntry entry;
  diffraction::CrystalStructure structure;
  diffraction::StructureStatement stated;
};

Asked load_asked(const io::StructureLibrary& library, const std::string& name) {
  Asked asked;
  if (is_cif_path(name)) {
    asked.structure = io::read_cif(name);
    asked.entry.name = asked.structure.name;
    asked.entry.formula = asked.structure.formula;
    asked.entry.space_group = asked.structure.space_group;
    asked.entry.material_class = asked.entry.verified = "user";
    asked.entry.source = asked.structure.source;
    asked.entry.path = name;
  } else {
    asked.entry = library.at(name);
    asked.structure = library.load(asked.entry);
  }
  const auto statements = io::read_cif_statements(asked.entry.path);
  asked.stated.formula_units = statements.formula_units;
  asked.stated.density_g_per_cm3 = statements.density_g_per_cm3;
  if (asked.entry.material_class == "user") return asked;
  asked.stated.formula_units = asked.entry.formula_units;
  asked.stated.density_g_per_cm3 = asked.entry.density_g_per_cm3;
  for (const auto& line : library.lines(asked.entry.name)) {
    if (line.relative_intensity >= 20.0) asked.stated.line_d_angstrom.push_back(line.d_angstrom);
  }
  return asked;
}

ordered_json to_json(const diffraction::StructureCheck& check) {
  ordered_json row;
  for (const auto& term : check.content) row["cell_content"][term.element] = term.count;
  row["formula_units"] = or_null(check.formula_units);
  row["volume_angstrom3"] = check.volume_angstrom3;
  row["density_g_per_cm3"] = check.density_g_per_cm3;
  for (const auto& distance : check.shortest) {
    row["shortest"].push_back(
        {{"one", distance.one}, {"other", distance.other}, {"angstrom", distance.angstrom}});
  }
  row["lines_found"] = check.lines_found;
  row["lines_stated"] = check.lines_stated;
  row["faults"] = check.faults;
  return row;
}

int run_show(const CommonOptions& options, const Choices& choices) {
  const std::string& name = choices.names.front();
  if (ends_with(name, ".h5") || ends_with(name, ".hdf5")) return show_patterns(options, name);
  const std::string data = config::find_data_dir();
  const io::StructureLibrary library(data, config::find_structure_folders(choices.folders));
  const auto tables = io::read_atomic_tables(data + "/atomic");
  Asked asked = load_asked(library, name);
  const auto& structure = asked.structure;
  asked.stated.line_d_angstrom.clear();
  const auto check = diffraction::check_structure(structure, tables, asked.stated);
  auto lines = diffraction::pattern_lines(structure, tables, choices.wavelength_angstrom,
                                          choices.two_theta_max_deg);
  std::stable_sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) {
    return a.relative_intensity > b.relative_intensity;
  });
  if (lines.size() > static_cast<std::size_t>(choices.lines)) {
    lines.resize(static_cast<std::size_t>(choices.lines));
  }
  std::vector<io::StructureOverlap> overlaps;
  if (asked.entry.material_class != "user") overlaps = library.overlaps(asked.entry.name);

  ordered_json document = to_json(asked.entry);
  document["cell"] = structure.cell;
  for (const auto& site : structure.sites) {
    document["sites"].push_back({{"label", site.label},
                                 {"element", site.element},
                                 {"fract", site.fract},
                                 {"occupancy", site.occupancy},
                                 {"b_iso_angstrom2", site.b_iso_angstrom2}});
  }
  document["check"] = to_json(check);
  document["wavelength_angstrom"] = choices.wavelength_angstrom;
  document["lines"] = ordered_json::array();
  for (const auto& line : lines) {
    document["lines"].push_back({{"d_angstrom", line.d_angstrom},
                                 {"two_theta_deg", line.two_theta_deg},
                                 {"relative_intensity", line.relative_intensity},
                                 {"hkl", line.hkl},
                                 {"multiplicity", line.multiplicity}});
  }
  document["overlaps"] = ordered_json::array();
  for (const auto& overlap : overlaps) {
    document["overlaps"].push_back({{"other", overlap.other},
                                    {"cosine", overlap.cosine},
                                    {"cosine_strained", overlap.cosine_strained}});
  }
  if (options.json) {
    std::cout << to_text(document) << '\n';
    return 0;
  }
  const auto& entry = asked.entry;
  const auto& c = structure.cell;
  std::cout << fmt::format(
      "{}  {}\nclass {}, isotype group {}; aliases: {}\nspace group {}, cell {:g} {:g} {:g} "
      "angstrom, {:g} {:g} {:g} deg, volume {:.3f} angstrom3, Z {:g}\n"
      "density {:.3f} g/cm3, rare-earth oxide {:.2f} wt%, I/Ic (Cu) {}\n",
      entry.name, entry.formula, entry.material_class, entry.group.empty() ? "-" : entry.group,
      entry.aliases.empty() ? "-" : fmt::format("{}", fmt::join(entry.aliases, ", ")),
      structure.space_group, c[0], c[1], c[2], c[3], c[4], c[5], check.volume_angstrom3,
      check.formula_units, check.density_g_per_cm3, entry.oxide_wt_pct,
      shown(entry.i_over_ic, "{:.2f}"));
  std::cout << "sites (x, y, z, occupancy, B angstrom2)\n";
  for (const auto& site : structure.sites) {
    std::cout << fmt::format("  {:6} {:3} {:9.5f} {:9.5f} {:9.5f} {:6.3f} {:6.2f}\n", site.label,
                             site.element, site.fract[0], site.fract[1], site.fract[2],
                             site.occupancy, site.b_iso_angstrom2);
  }
  std::cout << fmt::format("strongest lines at {:g} angstrom (d, 2theta, I, hkl)\n",
                           choices.wavelength_angstrom);
  for (const auto& line : lines) {
    std::cout << fmt::format("  {:8.4f} {:8.3f} {:6.1f}  {} {} {}\n", line.d_angstrom,
                             line.two_theta_deg, line.relative_intensity, line.hkl[0], line.hkl[1],
                             line.hkl[2]);
  }
  if (!overlaps.empty()) std::cout << "alike (cosine as listed, best over +-1.5 % strain)\n";
  for (const auto& overlap : overlaps) {
    std::cout << fmt::format("  {:26} {:.3f} {:.3f}\n", overlap.other, overlap.cosine,
                             overlap.cosine_strained);
  }
  std::cout << fmt::format("source   {}\ncitation {}\nverified {}\n", entry.source, entry.citation,
                           entry.verified);
  if (!entry.note.empty()) std::cout << "note     " << entry.note << '\n';
  for (const auto& fault : check.faults) std::cout << "FAULT    " << fault << '\n';
  std::cout << "file     " << entry.path << '\n';
  return 0;
}

int run_check(const CommonOptions& options, const Choices& choices) {
  const std::string data = config::find_data_dir();
  const auto folders = config::find_structure_folders(choices.folders);
  const io::StructureLibrary library(data, folders);
  const auto tables = io::read_atomic_tables(data + "/atomic");
  std::vector<std::string> names = choices.names;
  if (names.empty()) {  // a folder named: its CIFs; else everything
    for (const auto& entry : library.entries()) {
      if (choices.folders.empty() || entry.material_class == "user") names.push_back(entry.name);
    }
  }
  ordered_json document;
  std::size_t good = 0;
  for (const auto& name : names) {
    ordered_json row;
    row["name"] = name;
    std::vector<std::string> faults;
    std::string summary;
    try {
      const Asked asked = load_asked(library, name);
      const auto check = diffraction::check_structure(asked.structure, tables, asked.stated);
      row["name"] = asked.entry.name;
      row["check"] = to_json(check);
      faults = check.faults;
      summary = fmt::format("Z {:g}, {:.3f} g/cm3, {} sites", check.formula_units,
                            check.density_g_per_cm3, asked.structure.sites.size());
      if (!check.shortest.empty()) {
        summary += fmt::format(", shortest {}-{} {:.3f}", check.shortest.front().one,
                               check.shortest.front().other, check.shortest.front().angstrom);
      }
      if (check.lines_stated > 0) {
        summary += fmt::format(", lines {}/{}", check.lines_found, check.lines_stated);
      }
    } catch (const Error& error) {
      if (error.code() == "E-XRD-020") throw;  // a misspelt name is no finding
      faults.push_back(error.code() + ": " + error.text());
    }
    row["ok"] = faults.empty();
    row["faults"] = faults;
    good += faults.empty();
    document["phases"].push_back(row);
    if (options.json) continue;
    if (faults.empty()) {
      if (names.size() <= 20 || options.verbosity > 0) {
        std::cout << fmt::format("ok     {:26} {}\n", row["name"].get<std::string>(), summary);
      }
      continue;
    }
    std::cout << fmt::format("FAULT  {:26} {}\n", row["name"].get<std::string>(), summary);
    for (const auto& fault : faults) std::cout << "       " << fault << '\n';
  }
  document["passed"] = good;
  document["failed"] = names.size() - good;
  if (options.json) {
    std::cout << to_text(document) << '\n';
  } else {
    std::cout << fmt::format("{} of {} structures without fault\n", good, names.size());
  }
  return static_cast<int>(good == names.size() ? ExitCode::done : ExitCode::invalid_input);
}

int run_import(const CommonOptions& options, const Choices& choices) {
  if (options.out.empty()) {
    throw Error("E-LIB-030", "no --out named", "--out", "give --out LIBRARY.h5", ExitCode::usage);
  }
  const std::vector<std::string> inputs = {choices.patterns, choices.phases};
  prepare_output(options.out, inputs);
  auto library = io::read_reference_tables(choices.patterns, choices.phases);
  library.title = choices.title.empty()
                      ? std::filesystem::path(choices.patterns).filename().string()
                      : choices.title;
  library.source = choices.source;
  library.licence = choices.licence;
  library.wavelength_angstrom = choices.wavelengths_angstrom;
  library.kalpha2_ratio = choices.kalpha2_ratio;
  io::write_pattern_library(options.out, library, options.force);
  if (options.json) {
    std::cout << to_text(to_json(library)) << '\n';
  } else {
    std::cout << fmt::format("{} patterns of {} points\n", library.phases.size(),
                             library.two_theta_deg.size());
  }
  say(options, "library: " + options.out);
  return 0;
}

}  // namespace

Action add_library(CLI::App& app, CommonOptions& options) {
  auto* verb = app.add_subcommand("library", "list, show and check phases; import patterns");
  verb->require_subcommand(1);
  auto choices = std::make_shared<Choices>();
  const auto with_folders = [&](CLI::App* one) {
    one->add_option("--library", choices->folders, "folder with CIFs of your own; may be repeated");
  };

  auto* list = verb->add_subcommand("list", "phases of the library, filtered");
  list->add_option("--elements", choices->elements,
                   "made of these alone, commas between; H, C and O are always allowed")
      ->delimiter(',');
  list->add_option("--with", choices->with, "that hold all of these elements")->delimiter(',');
  list->add_option("--class", choices->material_class,
                   "ree_ore, ree_product, recycled, concealment, gangue, standard or user");
  list->add_option("--group", choices->group, "isotype group, such as monazite");
  with_folders(list);
  add_common_options(*list, options, "not used");

  auto* show = verb->add_subcommand("show", "one phase, or a library of measured patterns (.h5)");
  show->add_option("phase", choices->names, "name, alias, CIF path, or LIBRARY.h5")
      ->required()
      ->expected(1);
  show->add_option("--wavelength", choices->wavelength_angstrom, "of the lines [1.540598 angstrom]")
      ->check(number_in(0.05, 10.0));
  show->add_option("--two-theta-max", choices->two_theta_max_deg, "of the lines [72 deg]")
      ->check(number_in(5.0, 175.0));
  show->add_option("--lines", choices->lines, "how many [15]")->check(CLI::Range(1, 10000));
  with_folders(show);
  add_common_options(*show, options, "not used");

  auto* check = verb->add_subcommand(
      "check", "content, distances, density and lines of phases; exit 3 if one has a fault");
  check->add_option("phases", choices->names, "names or CIF paths; none: all, or all of --library");
  with_folders(check);
  add_common_options(*check, options, "not used");

  auto* import = verb->add_subcommand("import", "measured patterns from two tables to one file");
  import->add_option("--patterns", choices->patterns, "CSV or gzipped CSV: 2theta, one column each")
      ->required();
  import->add_option("--phases", choices->phases, "CSV: phase_id, phase_name, rir, ...")
      ->required();
  import->add_option("--title", choices->title, "what the library is");
  import->add_option("--source", choices->source, "who measured it, where it is from");
  import->add_option("--licence", choices->licence, "on what terms");
  import
      ->add_option("--wavelength", choices->wavelengths_angstrom,
                   "emission lines [angstrom], main line first, commas between")
      ->delimiter(',')
      ->check(number_in(0.05, 10.0));
  import->add_option("--kalpha2-ratio", choices->kalpha2_ratio, "second line over the first")
      ->check(number_in(0.0, 1.0));
  add_common_options(*import, options, "library file (.h5)");

  return [&options, choices, list, show, check] {
    if (list->parsed()) return run_list(options, *choices);
    if (show->parsed()) return run_show(options, *choices);
    return check->parsed() ? run_check(options, *choices) : run_import(options, *choices);
  };
}

}  // namespace gadolin::app
