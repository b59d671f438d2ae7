#pragma once

#include <string>
#include <vector>

#include "models/core/provenance.hpp"
#include "models/separation/types_feed.hpp"

/// Cards of feeds (docs/formats/feeds.md).
namespace gadolin::config {

/// Reads one card.
///   fails  E-TOML-00x, E-FEED-001 (quantity that is no element or oxide), -002 (unit), -003 (% of
///          a total without the total), -004 (more than the whole), all with file:line
separation::FeedCard read_feed_card(const std::string& path, InputFile* record = nullptr);
separation::FeedCard parse_feed_card(const std::string& text, const std::string& file);

/// A card by name from `folder` (NAME.toml), or by path if the name ends in .toml.
///   fails  E-FEED-005 no such card, the nearest offered
separation::FeedCard load_feed_card(const std::string& name_or_path, const std::string& folder,
                                    InputFile* record = nullptr);
std::vector<std::string> feed_card_names(const std::string& folder);

}  // namespace gadolin::config
