#pragma once

#include <string>
#include <vector>

#include "io/config/toml_table.hpp"
#include "models/core/provenance.hpp"
#include "models/separation/types_feed.hpp"
#include "models/separation/types_plant.hpp"

/// Feeds of a plant: written out, by card, or from the user's own table.
namespace gadolin::config {

/// One [[feed]]: `card` or `table` (element table, or a liquor: quantity, value, unit) or the
/// composition itself. A relative table counts from `file`.
///   fails  E-TOML-00x, E-TAB-*, E-FEED-00x with file:line
separation::PlantFeed read_plant_feed(const TomlTable& table, const std::string& file,
                                      std::vector<InputFile>* records);

/// A solid feed from a card, `mass_kg_per_h` of it; a liquor, `flow_l_per_h`.
separation::PlantFeed feed_of_card(const separation::FeedCard& card, double mass_kg_per_h,
                                   double flow_l_per_h);

/// A liquor from CSV rows quantity,value,unit: elements or oxides in mg/L, g/L or mol/L; "acid" in
/// mol/L or "pH"; "flow" in L/h or m3/h.
///   fails  E-CSV-*, E-FEED-001, -002, -007 (header or cell), -008 (nothing in it)
separation::PlantFeed read_liquor_table(const std::string& path, InputFile* record = nullptr);

}  // namespace gadolin::config
