#include "io/config/route.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "io/config/toml_table.hpp"
#include "models/core/element.hpp"

namespace gadolin::config {

namespace {

recovery::Yield read_yield(const TomlTable& table) {
  recovery::Yield yield;
  yield.mode = table.number("mode", fraction);
  yield.low = table.number_or("p05", yield.mode, fraction);
  yield.high = table.number_or("p95", yield.mode, fraction);
  yield.evidence = table.choice("evidence", {"MEASURED", "DERIVED", "ESTIMATED", "MEMORY"});
  yield.source = table.text("source");
  if (yield.low > yield.mode || yield.mode > yield.high) {
    throw table.error("E-ROUTE-001", "the yield is not p05 <= mode <= p95", "mode",
                      "put the three numbers in order");
  }
  table.finish();
  return yield;
}

recovery::Route read_root(const TomlTable& root) {
  recovery::Route route;
  route.name = root.text("name");
  route.note = root.text_or("note", "");
  route.cerium_held_back = root.texts_or("cerium_held_back", {});
  std::set<std::string> seen;
  for (const auto& table : root.tables("mineral")) {
    recovery::MineralRoute mineral;
    mineral.beneficiation = read_yield(table.table("beneficiation"));
    mineral.cracking = read_yield(table.table("cracking"));
    mineral.leaching = read_yield(table.table("leaching"));
    for (const auto& own : table.tables_or_none("leaching_of")) {
      const std::string element = own.text("element");
      if (!is_rare_earth(element)) {
        throw own.error("E-ROUTE-003", "\"" + element + "\" is no rare earth", "element",
                        "write a symbol such as Ce");
      }
      mineral.leaching_of.push_back({element, read_yield(own)});
    }
    for (const auto& name : table.texts("names")) {
      if (!seen.insert(name).second) {
        throw table.error("E-ROUTE-002", "mineral \"" + name + "\" is named twice", "names",
                          "keep one entry per mineral");
      }
      mineral.mineral = name;
      route.minerals.push_back(mineral);
    }
    table.finish();
  }
  route.impurity_removal = read_yield(root.table("impurity_removal"));
  route.separation = read_yield(root.table("separation"));
  route.precipitation = read_yield(root.table("precipitation"));
  route.calcination = read_yield(root.table("calcination"));
  root.finish();
  return route;
}

}  // namespace

recovery::Route read_route(const std::string& path, InputFile* record) {
  return read_root(TomlTable::read(path, record, "route"));
}

recovery::Route parse_route(std::string_view text, const std::string& file) {
  return read_root(TomlTable::parse(text, file));
}

recovery::Route load_route(const std::string& name_or_path, const std::string& folder,
                           InputFile* record) {
  const bool is_path = name_or_path.size() > 5 && name_or_path.ends_with(".toml");
  if (is_path) return read_route(name_or_path, record);
  const auto names = route_names(folder);
  if (std::find(names.begin(), names.end(), name_or_path) == names.end()) {
    const std::string near = nearest_word(name_or_path, names);
    throw Error("E-ROUTE-004", "no route \"" + name_or_path + "\"", folder,
                near.empty() ? "give a route of that folder or a .toml file"
                             : "did you mean \"" + near + "\"?",
                ExitCode::usage);
  }
  return read_route(folder + "/" + name_or_path + ".toml", record);
}

std::vector<std::string> route_names(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failure)) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace gadolin::config
