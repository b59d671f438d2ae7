#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "models/assay/types.hpp"
#include "models/diffraction/types.hpp"
#include "models/origin/types.hpp"
#include "models/recovery/types.hpp"
#include "models/separation/types.hpp"

/// Results as JSON for --json (docs/formats/command_line.md). Numbers that do not exist are null.
namespace gadolin::app {

nlohmann::ordered_json to_json(const std::vector<Warning>& warnings);
nlohmann::ordered_json to_json(const Quantity& quantity);
nlohmann::ordered_json to_json(const diffraction::PatternResult& result);
nlohmann::ordered_json to_json(const assay::AssaySample& sample);
nlohmann::ordered_json to_json(const origin::OriginResult& result);
nlohmann::ordered_json to_json(const separation::CircuitResult& result);
nlohmann::ordered_json to_json(const recovery::RecoveryResult& result);

/// The document as text; bytes that are no UTF-8 (a file name, an id) are replaced, never fatal.
std::string to_text(const nlohmann::ordered_json& document);

/// "p = 0.042", "p < 0.001", "p > 0.999": no more precision than a probability can have here.
std::string probability_text(const std::string& name, double value);

/// "a,b,,c" -> {"a", "b", "", "c"}; spaces at the ends of a word are dropped.
std::vector<std::string> split_list(const std::string& list);

}  // namespace gadolin::app
