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

/// Oxide a table is printed in: Ce, Pr and Tb differ between laboratories, the rest is M2O3.
struct OxideConvention {
  std::string cerium = "CeO2";
  std::string praseodymium = "Pr6O11";
  std::string terbium = "Tb4O7";
};

/// A derived number with its standard uncertainty; `state` says why there is none.
struct Index {
  std::string name;      ///< "TREO", "NdPr share", "Eu/Eu*", "(La/Yb)N", ...
  Quantity value;        ///< wt% of oxide for sums, a ratio otherwise
  std::string unit;      ///< "wt%" or "1"
  std::string elements;  ///< the list it rests on: "La Ce Pr ..."
  std::string note;      ///< "below LOD, not in the sum: Tm Lu", normaliser name, ...
};

}  // namespace gadolin::assay
