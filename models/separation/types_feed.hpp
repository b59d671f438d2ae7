#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/core/quantity.hpp"

/// Feeds of plants as cards: who measured what, and what nobody states.
namespace gadolin::separation {

struct FeedValue {
  std::string quantity;    ///< as printed: "Nd2O3", "Fe"
  std::string element;     ///< "Nd"
  Quantity mass_fraction;  ///< kg/kg of the ELEMENT; of a liquor: mol/L. States kept
  std::string printed;     ///< "12.0012 % of REO"
  std::string basis, source, grade;
};

struct FeedCard {
  std::string id, title, material;
  bool liquor = false;   ///< values are mol/L of a solution, else mass fractions
  bool metal = false;    ///< its cations are metal
  bool sourced = false;  ///< an assay somebody published; else no report may use it
  std::string grade;     ///< the worst of its values: A, B or C
  std::string basis, note;
  std::vector<FeedValue> values;
  std::vector<std::string> unknown;        ///< elements that matter and are not stated
  std::map<std::string, double> carriers;  ///< mineral -> share of its rare earths
  std::string carriers_source;
  double known_mass_fraction = 0.0;  ///< of everything stated, as printed
};

}  // namespace gadolin::separation
