#pragma once

#include <cstdio>
#include <string>

namespace gadolin {

/// A number for a message, to so many significant digits: 0.2, 1.5e-07.
inline std::string number_text(double value, int digits = 4) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return text;
}

}  // namespace gadolin
