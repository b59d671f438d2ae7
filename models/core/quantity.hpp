#pragma once

#include <string>

namespace gadolin {

/// The four things a laboratory can say about a quantity. They stay different to the last output;
/// none of them is ever 0.
enum class ValueState : int {
  measured = 0,
  below_lod = 1,     ///< searched, not detected: the true value lies below `lod`
  above_range = 2,   ///< above what the method can tell: the true value lies above `value`
  not_measured = 3,  ///< nobody looked, or the cell was empty
};

constexpr const char* to_string(ValueState state) {
  switch (state) {
    case ValueState::measured:
      return "measured";
    case ValueState::below_lod:
      return "below_lod";
    case ValueState::above_range:
      return "above_range";
    case ValueState::not_measured:
      return "not_measured";
  }
  return "unknown";
}

/// A number as a laboratory gives it. Unit is the owner's (a field name ends in it).
///   value    meaningful if measured (the number) or above_range (the limit exceeded)
///   u_value  standard uncertainty (1 sigma), > 0 if known, else 0 and u_known false
///   lod      limit of detection; meaningful if below_lod, optional otherwise (0 = not stated)
struct Quantity {
  double value = 0.0;
  double u_value = 0.0;
  double lod = 0.0;
  ValueState state = ValueState::not_measured;
  bool u_known = false;
};

}  // namespace gadolin
