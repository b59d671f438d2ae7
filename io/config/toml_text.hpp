#pragma once

#include <string>
#include <vector>

/// Values as TOML writes them; what is written reads back to the same value.
namespace gadolin::config {

/// Text in quotes; a line break becomes a blank, other control characters are left out.
std::string quoted(const std::string& text);
/// Shortest text that reads back to the same double, with a point.
std::string number(double value);
/// ["a", "b"]
std::string listed(const std::vector<std::string>& words);

}  // namespace gadolin::config
