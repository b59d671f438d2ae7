#include "io/config/feed_card.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "io/config/toml_table.hpp"
#include "models/core/element.hpp"

namespace gadolin::config {

namespace {

using separation::FeedCard;
using separation::FeedValue;

/// kg/kg, or g/L for liquors; 0 = unknown unit; -1 = share of the total.
double unit_scale(const std::string& unit, bool liquor) {
  if (liquor) {
    if (unit == "g/L") return 1.0;
    if (unit == "mg/L") return 1e-3;
    return 0.0;
  }
  if (unit == "wt%") return 1e-2;
  if (unit == "mg/kg" || unit == "g/t") return 1e-6;
  if (unit == "mg/g") return 1e-3;
  if (unit == "% of REO") return -1.0;
  return 0.0;
}

FeedCard card_of(const TomlTable& root) {
  FeedCard card;
  card.id = root.text("id");
  card.title = root.text("title");
  card.material = root.text_or("material", "");
  card.liquor = root.choice_or("phase", "solid", {"solid", "liquor"}) == "liquor";
  card.metal = root.boolean_or("metal", false);
  card.sourced = root.boolean("sourced");
  card.basis = root.text_or("basis", "");
  card.note = root.text_or("note", "");
  card.unknown = root.texts_or("unknown", {});
  if (const auto c = root.optional_table("carriers")) {
    double sum = 0.0;
    for (const std::string& mineral : c->keys()) {
      if (mineral == "source") continue;
      card.carriers[mineral] = c->number(mineral, fraction);
      sum += card.carriers[mineral];
    }
    card.carriers_source = c->text("source");
    c->finish();
    if (std::abs(sum - 1.0) > 1e-6) {
      throw root.error("E-FEED-006", "the carriers sum to " + std::to_string(sum), "carriers",
                       "let the minerals' shares sum to 1");
    }
  }
  double total = 0.0;
  card.grade = "A";
  const auto grade = [&](const std::string& g) { card.grade = std::max(card.grade, g); };
  if (const auto t = root.optional_table("total")) {
    t->text("quantity");
    total = 1e-2 * t->number("value_wt_pct", {0.0, 100.0});
    grade(t->choice("grade", {"A", "B", "C"}));
    t->text("source");
    t->text_or("basis", "");
    t->finish();
  }
  for (const TomlTable& t : root.tables_or_none("value")) {
    FeedValue v;
    v.quantity = t.text("quantity");
    const std::string unit = t.text("unit");
    const double scale = unit_scale(unit, card.liquor);
    if (scale == 0.0) {
      throw t.error("E-FEED-002", "unit \"" + unit + "\" is unknown", "unit",
                    card.liquor ? "use g/L or mg/L" : "use wt%, mg/kg, mg/g or % of REO");
    }
    if (scale < 0.0 && !(total > 0.0)) {
      throw t.error("E-FEED-003", "% of REO without a [total]", "unit",
                    "add [total] with value_wt_pct, grade and source");
    }
    const std::string cation = oxide_cation(v.quantity);
    v.element = cation.empty() ? v.quantity : cation;
    if (!atomic_number(v.element)) {
      throw t.error("E-FEED-001", "\"" + v.quantity + "\" is no element or oxide", "quantity",
                    "write an element (Nd) or its oxide (Nd2O3)");
    }
    const double oxide =
        cation.empty() ? 1.0 : 1.0 / element_to_oxide_factor(v.element, v.quantity);
    const auto state = t.choice_or("state", "measured", {"measured", "below_lod"});
    const double number = t.number("value", not_negative);
    double value = number * (scale < 0.0 ? 1e-2 * total : scale) * oxide;
    if (card.liquor) value /= atomic_weight_g_per_mol(v.element);
    if (state == "measured") {
      v.mass_fraction.state = ValueState::measured;
      v.mass_fraction.value = value;
      if (!card.liquor) card.known_mass_fraction += value / oxide;
    } else {
      v.mass_fraction.state = ValueState::below_lod;
      v.mass_fraction.lod = value;
    }
    char text[60];
    std::snprintf(text, sizeof text, "%s%g ", state == "measured" ? "" : "< ", number);
    v.printed = text + unit;
    v.basis = t.text_or("basis", card.basis);
    v.source = t.text("source");
    v.grade = t.choice("grade", {"A", "B", "C"});
    grade(v.grade);
    t.finish();
    card.values.push_back(v);
  }
  if (card.known_mass_fraction > 1.02) {
    throw root.error(
        "E-FEED-004",
        "the card states " + std::to_string(100.0 * card.known_mass_fraction) + " % of the whole",
        "", "mend the values or their units");
  }
  root.finish();
  return card;
}

}  // namespace

FeedCard read_feed_card(const std::string& path, InputFile* record) {
  return card_of(TomlTable::read(path, record, "feed card"));
}

FeedCard parse_feed_card(const std::string& text, const std::string& file) {
  return card_of(TomlTable::parse(text, file));
}

std::vector<std::string> feed_card_names(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

FeedCard load_feed_card(const std::string& name, const std::string& folder, InputFile* record) {
  if (name.size() > 5 && name.substr(name.size() - 5) == ".toml") {
    return read_feed_card(name, record);
  }
  const auto names = feed_card_names(folder);
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    const std::string near = nearest_word(name, names);
    throw Error(
        "E-FEED-005", "no feed card is called \"" + name + "\"", folder,
        near.empty() ? "the list: gadolin separation feeds" : "did you mean \"" + near + "\"?",
        ExitCode::usage);
  }
  return read_feed_card(folder + "/" + name + ".toml", record);
}

}  // namespace gadolin::config
