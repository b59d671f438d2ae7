#include "app/separation/design_feed.hpp"

#include <algorithm>
#include <map>

#include "io/config/plant_feed.hpp"
#include "io/readers/csv.hpp"
#include "io/readers/element_table.hpp"
#include "io/readers/file_bytes.hpp"
#include "models/core/element.hpp"

namespace gadolin::app {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

bool is_liquor(const std::string& path) {
  const auto file = io::read_file(path, "feed");
  const auto rows = io::parse_csv(file.bytes, io::sniff_separator(file.bytes), path);
  return !rows.empty() && !rows[0].cells.empty() && rows[0].cells[0] == "quantity";
}

}  // namespace

void use_own_feed(separation::DesignTargets& targets, const std::string& path,
                  std::vector<InputFile>& inputs, std::vector<Warning>& warnings) {
  const auto& species = targets.chemistry.species;
  std::map<std::string, double> molar;  // of a liquor; moles per kg of a solid
  std::vector<std::string> unmeasured, unknown;
  InputFile record;
  bool liquor = is_liquor(path);
  if (liquor) {
    const auto feed = config::read_liquor_table(path, &record);
    const double flow = feed.volume_l_per_h;
    if (!(flow > 0.0)) {
      throw Error("E-SEP-115", "the table of a liquor states no flow", path,
                  "add a row such as flow,100,L/h", ExitCode::usage);
    }
    for (const auto& [element, amount] : feed.mol_per_h) molar[element] = amount / flow;
    targets.feed.flow_l_per_h = flow;
    if (feed.acid_molar > 0.0) targets.feed.h_molar = feed.acid_molar;
    for (const auto& element : feed.unknown) unmeasured.push_back(element);
  } else {
    const auto samples = io::read_element_table(path, {}, &record);
    for (const auto& value : samples.front().values) {
      if (value.mass_fraction.state != ValueState::measured) {
        unmeasured.push_back(value.element + " " + value.reported_text);
        continue;
      }
      molar[value.element] +=
          1000.0 * value.mass_fraction.value / atomic_weight_g_per_mol(value.element);
    }
    for (const auto& warning : samples.front().warnings) warnings.push_back(warning);
    if (samples.size() > 1) {
      warnings.push_back({"W-SEP-063", path + " holds " + std::to_string(samples.size()) +
                                           " samples; the first, " + samples.front().id +
                                           ", is the feed"});
    }
  }
  inputs.push_back(record);
  double rare_earths = 0.0;
  for (const auto& [element, amount] : molar) {
    if (is_rare_earth(element)) rare_earths += amount;
  }
  if (!(rare_earths > 0.0) || (!liquor && !(targets.feed_rare_earth_molar > 0.0))) {
    throw Error("E-SEP-115",
                rare_earths > 0.0 ? "the table of a solid says nothing about the strength of its "
                                    "liquor"
                                  : "the table holds no rare earth",
                path,
                rare_earths > 0.0 ? "add rare_earth_molar to [feed] of the targets"
                                  : "give the contents of at least two rare earths",
                ExitCode::usage);
  }
  const double scale = liquor ? 1.0 : targets.feed_rare_earth_molar / rare_earths;
  std::fill(targets.feed.molar.begin(), targets.feed.molar.end(), 0.0);
  for (const auto& [element, amount] : molar) {
    if (!(amount > 0.0)) continue;
    const auto found = std::find_if(species.begin(), species.end(),
                                    [&](const auto& s) { return s.name == element; });
    if (found == species.end()) {
      unknown.push_back(element);
    } else {
      targets.feed.molar[static_cast<std::size_t>(found - species.begin())] = scale * amount;
    }
  }
  targets.feed_source = path;
  if (!unknown.empty()) {
    warnings.push_back({"W-SEP-062", "no constants for " + joined(unknown) + " of " + path +
                                         ": left out, as if they stayed in the aqueous"});
  }
  if (!unmeasured.empty()) {
    warnings.push_back({"W-SEP-063", "not in the feed, for want of a number: " +
                                         joined(unmeasured) + "; they are not known to be absent"});
  }
}

}  // namespace gadolin::app
