#pragma once

#include <string>
#include <vector>

namespace gadolin {

/// A reference composition patterns are divided by (a chondrite, a shale, ...). Plain data.
struct Normaliser {
  std::string name;       ///< "CH_ONeill2016"
  std::string reservoir;  ///< "Chondrite"
  std::string citation;
  std::vector<std::string> elements;
  std::vector<double> content_mg_per_kg;  ///< [elements], > 0

  /// Content [mg/kg] of an element; 0 if the set does not hold it.
  double content(const std::string& element) const {
    for (std::size_t i = 0; i < elements.size(); ++i) {
      if (elements[i] == element) return content_mg_per_kg[i];
    }
    return 0.0;
  }
};

}  // namespace gadolin
