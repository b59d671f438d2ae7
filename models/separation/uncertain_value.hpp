#pragma once

#include <string>

#include "models/separation/types_uncertainty.hpp"

namespace gadolin::separation {

/// A distribution ready to be drawn from.
struct ReadyValue {
  UncertainValue value;
  double a = 1.0, b = 1.0;  ///< of the Beta distribution

  /// Quantile, 0 < p < 1.
  double at(double p) const;
  double mean() const;
  double u() const;  ///< standard deviation
  std::string words() const;
};

/// throws Error E-SEP-076 (u negative, low not below high, mode outside, a Beta distribution that
/// no
///        mode and 90 % interval can have); `name` and `where` are for the message
ReadyValue ready(const UncertainValue& value, const std::string& name, const std::string& where);

}  // namespace gadolin::separation
