#pragma once

#include <string>
#include <vector>

#include "models/core/error.hpp"
#include "models/core/quantity.hpp"

/// Plain data of the assay domain: what a laboratory says a sample is made of.
namespace gadolin::assay {

enum class MassBasis { not_stated, dry, as_received, ignited };
constexpr const char* to_string(MassBasis basis) {
  switch (basis) {
    case MassBasis::not_stated:
      return "not stated";
    case MassBasis::dry:
      return "dry";
    case MassBasis::as_received:
      return "as received";
    case MassBasis::ignited:
      return "ignited";
  }
  return "unknown";
}

/// One determination, converted to element mass fraction; what was printed is kept beside it.
struct ElementValue {
  std::string element;        ///< "Ce"
  Quantity mass_fraction;     ///< kg/kg of the ELEMENT; u is 1 sigma
  std::string reported_as;    ///< "CeO2" or "Ce"
  std::string reported_unit;  ///< "wt%", "mg/kg"
  std::string reported_text;  ///< the cell as printed: "<0.05"
  std::string method;         ///< "4-acid ICP-MS", ...; empty if not stated
  bool u_defaulted = false;   ///< no uncertainty was given; u comes from the stated default
};

/// One sample of an element or oxide table.
struct AssaySample {
  std::string id;
  std::string file;
  MassBasis basis = MassBasis::not_stated;
  std::string laboratory;
  std::vector<ElementValue> values;
  Quantity loss_on_ignition;  ///< mass fraction
  std::vector<Warning> warnings;
};

}  // namespace gadolin::assay
