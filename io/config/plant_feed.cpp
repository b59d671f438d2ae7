#include "io/config/plant_feed.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "io/config/data_dir.hpp"
#include "io/config/feed_card.hpp"
#include "io/readers/csv.hpp"
#include "io/readers/element_table.hpp"
#include "io/readers/file_bytes.hpp"
#include "models/core/element.hpp"

namespace gadolin::config {

namespace {

using separation::FeedCard;
using separation::PlantFeed;
using separation::StreamPhase;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

double cell_number(const std::string& text, const std::string& where) {
  try {
    std::size_t used = 0;
    const double value = std::stod(text, &used);
    if (used == text.size() && std::isfinite(value)) return value;
  } catch (const std::exception&) {
  }
  throw Error("E-FEED-007", "\"" + text + "\" is no number", where, "write digits, decimal point",
              ExitCode::invalid_input);
}

/// More than any liquor holds of anything [mol/L]; concentrated sulfuric acid is 18.
constexpr double most_molar = 20.0;

/// What a solid's table says, per kg/h of it.
void take_assay(const assay::AssaySample& sample, double mass_kg_per_h, PlantFeed& feed) {
  std::vector<std::string> seen;
  for (const assay::ElementValue& v : sample.values) {
    seen.push_back(v.element);
    switch (v.mass_fraction.state) {
      case ValueState::measured:
        feed.mol_per_h[v.element] =
            1e3 * mass_kg_per_h * v.mass_fraction.value / atomic_weight_g_per_mol(v.element);
        break;
      default:
        feed.unknown.push_back(v.element);
    }
  }
  for (const char* element : rare_earths) {
    if (std::string(element) == "Sc") continue;
    if (std::find(seen.begin(), seen.end(), element) == seen.end()) {
      feed.unknown.push_back(element);
    }
  }
}

}  // namespace

PlantFeed feed_of_card(const FeedCard& card, double mass_kg_per_h, double flow_l_per_h) {
  PlantFeed feed;
  feed.name = card.id;
  feed.phase = card.liquor ? StreamPhase::aqueous : StreamPhase::solid;
  feed.mass_kg_per_h = card.liquor ? 0.0 : mass_kg_per_h;
  feed.volume_l_per_h = card.liquor ? flow_l_per_h : 0.0;
  feed.metal = card.metal;
  feed.unknown = card.unknown;
  feed.grade = card.sourced ? card.grade : "C";
  feed.carriers = card.carriers;
  feed.source = card.title;
  for (const auto& v : card.values) {
    if (v.mass_fraction.state != ValueState::measured) {
      feed.unknown.push_back(v.element);
      continue;
    }
    feed.mol_per_h[v.element] += card.liquor ? flow_l_per_h * v.mass_fraction.value
                                             : 1e3 * mass_kg_per_h * v.mass_fraction.value /
                                                   atomic_weight_g_per_mol(v.element);
  }
  return feed;
}

PlantFeed read_liquor_table(const std::string& path, InputFile* record) {
  const io::FileBytes file = io::read_file(path, "feed");
  if (record != nullptr) *record = file.record;
  const std::string& bytes = file.bytes;
  const auto rows = io::parse_csv(bytes, io::sniff_separator(bytes), path);
  PlantFeed feed;
  feed.phase = StreamPhase::aqueous;
  feed.name = std::filesystem::path(path).stem().string();
  feed.source = path;
  const auto header = [&](std::size_t i) {
    return rows.empty() || rows[0].cells.size() <= i ? "" : lower(rows[0].cells[i]);
  };
  if (header(0) != "quantity" || header(1) != "value" || header(2) != "unit") {
    throw Error("E-FEED-007", "the header is not quantity,value,unit",
                path + (rows.empty() ? "" : ":" + std::to_string(rows[0].line)),
                "give these three columns", ExitCode::invalid_input);
  }
  std::map<std::string, double> molar;
  std::set<std::string> seen;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const std::string where = path + ":" + std::to_string(rows[i].line);
    if (rows[i].cells.size() < 3) {
      throw Error("E-FEED-007", "a row has fewer than three cells", where,
                  "give quantity,value,unit", ExitCode::invalid_input);
    }
    const std::string quantity = rows[i].cells[0], unit = rows[i].cells[2];
    const std::string cation = oxide_cation(quantity);
    const std::string element = cation.empty() ? quantity : cation;
    const auto bad_unit = [&](const char* use) {
      return Error("E-FEED-002", "unit \"" + unit + "\" of " + quantity + " is unknown", where, use,
                   ExitCode::invalid_input);
    };
    if (rows[i].cells[1].empty() || rows[i].cells[1][0] == '<') {
      feed.unknown.push_back(element);
      continue;
    }
    const double value = cell_number(rows[i].cells[1], where);
    const auto refuse = [&](const std::string& what, const char* remedy) {
      throw Error("E-FEED-007", what, where, remedy, ExitCode::invalid_input);
    };
    // An acid is stated once, as mol/L or as pH; an element once, whatever its oxide.
    const std::string stated = lower(quantity) == "ph" ? "acid" : lower(element);
    if (!seen.insert(stated).second) {
      refuse(quantity + " is stated twice", "leave one row of it");
    }
    if (lower(quantity) == "flow") {
      if (unit != "L/h" && unit != "m3/h") throw bad_unit("use L/h or m3/h");
      if (!(value > 0.0)) refuse("the flow is not above 0", "give L/h or m3/h of liquor");
      feed.volume_l_per_h = value * (unit == "m3/h" ? 1000.0 : 1.0);
    } else if (lower(quantity) == "acid") {
      if (unit != "mol/L") throw bad_unit("use mol/L");
      if (value < 0.0 || value > most_molar) {
        refuse("acid of " + rows[i].cells[1] + " mol/L", "give 0 to 20 mol/L, or a row pH");
      }
      feed.acid_molar = value;
    } else if (lower(quantity) == "ph") {
      if (value < -1.3 || value > 14.0) {
        refuse("a pH of " + rows[i].cells[1], "give -1.3 to 14, or a row acid in mol/L");
      }
      feed.acid_molar = std::pow(10.0, -value);
    } else {
      const bool ion = element == "Cl" || element == "SO4" || element == "NO3";
      if (!ion && !atomic_number(element)) {
        throw Error("E-FEED-001", "\"" + quantity + "\" is no element or oxide", where,
                    "write an element (Nd), an oxide (Nd2O3), flow, acid or pH",
                    ExitCode::invalid_input);
      }
      if (value < 0.0) refuse(quantity + " is negative", "concentrations are 0 or more");
      double mol = value;
      if (unit == "g/L" || unit == "mg/L") {
        const double factor =
            cation.empty() ? 1.0 : 1.0 / element_to_oxide_factor(element, quantity);
        const double weight = element == "SO4"   ? 96.06
                              : element == "NO3" ? 62.004
                                                 : atomic_weight_g_per_mol(element);
        mol = value * (unit == "g/L" ? 1.0 : 1e-3) * factor / weight;
      } else if (unit != "mol/L") {
        throw bad_unit("use mg/L, g/L or mol/L");
      }
      if (mol > most_molar) {
        refuse(quantity + " of " + rows[i].cells[1] + " " + unit + " is more than any liquor holds",
               "check the unit and the decimal point");
      }
      molar[element] += mol;
    }
  }
  if (molar.empty()) {
    throw Error("E-FEED-008", "no element in the table", path, "add rows such as Nd,12.5,g/L",
                ExitCode::invalid_input);
  }
  for (const auto& [element, m] : molar) feed.mol_per_h[element] = m * feed.volume_l_per_h;
  return feed;
}

PlantFeed read_plant_feed(const TomlTable& t, const std::string& file,
                          std::vector<InputFile>* records) {
  const std::string name = t.text("name");
  const double mass = t.number_or("mass_flow_kg_per_h", 0.0, not_negative);
  const double flow = t.number_or("flow_l_per_h", 0.0, not_negative);
  PlantFeed feed;
  const auto keep = [&](const InputFile& record) {
    if (records != nullptr) records->push_back(record);
  };
  if (t.has("card")) {
    InputFile record;
    std::string card = t.text("card");
    if (card.size() > 5 && card.substr(card.size() - 5) == ".toml") {
      card = (std::filesystem::path(file).parent_path() / card).lexically_normal().string();
    }
    feed = feed_of_card(load_feed_card(card, find_data_dir() + "/feeds", &record), mass, flow);
    keep(record);
  } else if (t.has("table")) {
    const std::string path =
        (std::filesystem::path(file).parent_path() / t.text("table")).lexically_normal().string();
    InputFile record;
    if (t.choice_or("phase", mass > 0.0 ? "solid" : "liquor", {"solid", "liquor"}) == "liquor") {
      feed = read_liquor_table(path, &record);
      if (flow > 0.0) {
        const double scale = feed.volume_l_per_h > 0.0 ? flow / feed.volume_l_per_h : 0.0;
        if (!(scale > 0.0)) {
          throw t.error("E-FEED-009", "the table " + path + " states no flow", "table",
                        "add a row flow,VALUE,L/h");
        }
        for (auto& [element, amount] : feed.mol_per_h) amount *= scale;
        feed.volume_l_per_h = flow;
      }
    } else {
      const auto samples = io::read_element_table(path, {}, &record);
      const std::string wanted = t.text_or("sample", samples.front().id);
      const auto found = std::find_if(samples.begin(), samples.end(),
                                      [&](const auto& s) { return s.id == wanted; });
      if (found == samples.end()) {
        throw t.error("E-FEED-010", "the table holds no sample \"" + wanted + "\"", "sample",
                      "name one of its samples");
      }
      feed.phase = StreamPhase::solid;
      feed.mass_kg_per_h = mass;
      take_assay(*found, mass, feed);
      feed.source = path + ", " + wanted;
    }
    keep(record);
  } else {
    feed.phase =
        t.choice_or("phase", mass > 0.0 ? "solid" : "liquor", {"solid", "liquor"}) == "solid"
            ? StreamPhase::solid
            : StreamPhase::aqueous;
    feed.volume_l_per_h = feed.phase == StreamPhase::aqueous ? flow : 0.0;
    feed.mass_kg_per_h = feed.phase == StreamPhase::solid ? mass : 0.0;
    const auto take = [&](const char* key, auto&& scale) {
      const auto table = t.optional_table(key);
      if (!table) return;
      for (const std::string& quantity : table->keys()) {
        const double value = table->number(quantity, not_negative);
        const std::string cation = oxide_cation(quantity);
        const std::string element = cation.empty() ? quantity : cation;
        const double factor =
            cation.empty() ? 1.0 : 1.0 / element_to_oxide_factor(element, quantity);
        const std::string symbol = element == "Ce(IV)" ? "Ce" : element;
        const bool ion = element == "SO4" || element == "NO3";
        if (!ion && !atomic_number(symbol)) {
          throw table->error("E-FEED-001", "\"" + quantity + "\" is no element or oxide", quantity,
                             "write an element (Nd) or its oxide (Nd2O3)");
        }
        const double weight = element == "SO4"   ? 96.06
                              : element == "NO3" ? 62.004
                                                 : atomic_weight_g_per_mol(symbol);
        feed.mol_per_h[element] += scale(value * factor, weight);
      }
      table->finish();
    };
    take("molar", [&](double x, double) { return x * flow; });
    take("g_per_l", [&](double x, double w) { return x * flow / w; });
    take("mg_per_l", [&](double x, double w) { return 1e-3 * x * flow / w; });
    take("wt_pct", [&](double x, double w) { return 10.0 * x * mass / w; });
    take("mg_per_kg", [&](double x, double w) { return 1e-3 * x * mass / w; });
    feed.source = t.text_or("source", "the plant file");
  }
  if (feed.phase == StreamPhase::solid && !(mass > 0.0)) {
    throw t.error("E-FEED-009", "the solid feed " + name + " has no flow", "name",
                  "add mass_flow_kg_per_h");
  }
  if (feed.phase == StreamPhase::aqueous && !(feed.volume_l_per_h > 0.0)) {
    throw t.error("E-FEED-009", "the liquor " + name + " has no flow", "name", "add flow_l_per_h");
  }
  // What the designer puts in for elements the card or table does not state.
  if (const auto assumed = t.optional_table("assumed_wt_pct")) {
    for (const std::string& quantity : assumed->keys()) {
      const std::string cation = oxide_cation(quantity);
      const std::string element = cation.empty() ? quantity : cation;
      if (!atomic_number(element)) {
        throw assumed->error("E-FEED-001", "\"" + quantity + "\" is no element or oxide", quantity,
                             "write an element (Nd) or its oxide (Nd2O3)");
      }
      if (feed.mol_per_h.count(element) > 0) {
        throw assumed->error("E-FEED-012", element + " is stated by the card or table", quantity,
                             "assume only what is not known");
      }
      const double factor = cation.empty() ? 1.0 : 1.0 / element_to_oxide_factor(element, quantity);
      feed.mol_per_h[element] = 10.0 * assumed->number(quantity, {0.0, 100.0}) * factor * mass /
                                atomic_weight_g_per_mol(element);
      feed.unknown.erase(std::remove(feed.unknown.begin(), feed.unknown.end(), element),
                         feed.unknown.end());
    }
    assumed->finish();
    feed.source += "; assumed: " + t.text("assumed_source");
  }
  feed.name = name;
  if (t.has("acid_molar")) feed.acid_molar = t.number("acid_molar");
  feed.anion = t.choice_or("anion", "Cl", {"Cl", "SO4", "NO3"});
  feed.cation = t.choice_or("cation", "Na", {"Na", "NH4"});
  feed.metal = t.boolean_or("metal", feed.metal);
  for (const std::string& element : t.texts_or("unknown", {})) feed.unknown.push_back(element);
  if (const auto carriers = t.optional_table("carriers")) {
    feed.carriers.clear();
    double sum = 0.0;
    for (const std::string& mineral : carriers->keys()) {
      feed.carriers[mineral] = carriers->number(mineral, fraction);
      sum += feed.carriers[mineral];
    }
    carriers->finish();
    if (std::fabs(sum - 1.0) > 1e-6) {
      throw t.error("E-PLANT-017", "the carriers sum to " + std::to_string(sum), "carriers",
                    "let the minerals' shares sum to 1");
    }
  }
  t.finish();
  return feed;
}

}  // namespace gadolin::config
