#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/result_json.hpp"
#include "app/separation/verbs.hpp"
#include "io/config/data_dir.hpp"
#include "io/config/feed_card.hpp"

namespace gadolin::app {

namespace {

using Json = nlohmann::ordered_json;

std::string words(const std::vector<std::string>& list) {
  std::string all;
  for (const auto& word : list) all += (all.empty() ? "" : " ") + word;
  return all;
}

void print_line(const separation::FeedCard& card) {
  std::cout << fmt::format("{:22} grade {}  {:3} values  {}{}\n", card.id, card.grade,
                           card.values.size(), card.title,
                           card.sourced ? "" : "  [NO SOURCED ASSAY: not for a report]");
}

void print_card(const separation::FeedCard& card) {
  std::cout << fmt::format("{}: {} ({}; {}), grade {}\n", card.id, card.title, card.material,
                           card.basis, card.grade);
  if (!card.sourced) std::cout << "  NO SOURCED ASSAY: refuses to enter a report\n";
  for (const auto& v : card.values) {
    const bool measured = v.mass_fraction.state == ValueState::measured;
    const double number = measured ? v.mass_fraction.value : v.mass_fraction.lod;
    std::cout << fmt::format("  {:3} {}{:<12.6g} {:14} (as {} = {}) grade {}, {}\n", v.element,
                             measured ? "  " : "< ", number, card.liquor ? "mol/L" : "kg/kg",
                             v.quantity, v.printed, v.grade, v.source);
  }
  std::cout << "  not known: " << (card.unknown.empty() ? "nothing listed" : words(card.unknown))
            << '\n';
  for (const auto& [mineral, share] : card.carriers) {
    std::cout << fmt::format("  carried by {}: {:.3g} ({})\n", mineral, share,
                             card.carriers_source);
  }
  if (!card.note.empty()) std::cout << "  " << card.note << '\n';
}

Json to_json(const separation::FeedCard& card) {
  Json row{{"id", card.id},           {"title", card.title},     {"grade", card.grade},
           {"sourced", card.sourced}, {"unknown", card.unknown}, {"note", card.note}};
  row["values"] = Json::array();
  for (const auto& v : card.values) {
    const bool measured = v.mass_fraction.state == ValueState::measured;
    row["values"].push_back({{"element", v.element},
                             {"state", to_string(v.mass_fraction.state)},
                             {"value", measured ? Json(v.mass_fraction.value) : Json(nullptr)},
                             {"unit", card.liquor ? "mol/L" : "kg/kg"},
                             {"printed", v.quantity + " " + v.printed},
                             {"source", v.source},
                             {"grade", v.grade}});
  }
  return row;
}

}  // namespace

Action add_separation_feeds(CLI::App& separation, CommonOptions& options) {
  auto* verb = separation.add_subcommand("feeds", "feed cards: all, or those named");
  auto names = std::make_shared<std::vector<std::string>>();
  verb->add_option("cards", *names, "names of cards, or CARD.toml; none: one line for each");
  add_common_options(*verb, options, "not used");
  return [&options, names] {
    const std::string folder = config::find_data_dir() + "/feeds";
    Json document = Json::array();
    const bool all = names->empty();
    for (const auto& name : all ? config::feed_card_names(folder) : *names) {
      const auto card = config::load_feed_card(name, folder);
      if (options.json) {
        document.push_back(to_json(card));
      } else {
        all ? print_line(card) : print_card(card);
      }
    }
    if (options.json) std::cout << to_text(document) << '\n';
    return 0;
  };
}

}  // namespace gadolin::app
