#pragma once

#include <cstdint>

namespace gadolin {

/// What became of one item of a batch. Every kernel writes one per item; a bad item never sinks its
/// batch.
enum class ItemStatus : std::int32_t {
  ok = 0,
  not_converged = 1,  ///< iteration cap reached; the last iterate is stored and marked
  out_of_range =
      2,         ///< an input lies outside the range the header states; outputs untouched or zero
  singular = 3,  ///< a linear system had no usable solution
};

/// Word for reports and files: "ok", "not_converged", "out_of_range", "singular".
constexpr const char* to_string(ItemStatus status) {
  switch (status) {
    case ItemStatus::ok:
      return "ok";
    case ItemStatus::not_converged:
      return "not_converged";
    case ItemStatus::out_of_range:
      return "out_of_range";
    case ItemStatus::singular:
      return "singular";
  }
  return "unknown";
}

}  // namespace gadolin
