#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gadolin::io {

/// Little-endian numbers inside bytes. Ask holds() first; at() does not look at the end.
class LittleEndian {
 public:
  explicit LittleEndian(std::string_view bytes) : bytes_(bytes) {}

  std::size_t size() const { return bytes_.size(); }
  /// Whether [offset, offset + count) lies inside; never overflows.
  bool holds(std::size_t offset, std::size_t count) const {
    return offset <= bytes_.size() && count <= bytes_.size() - offset;
  }
  template <typename T>  // std::uint16_t, std::uint32_t, float, double
  T at(std::size_t offset) const {
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  /// Text of a fixed field up to its first NUL.
  std::string_view text(std::size_t offset, std::size_t length) const {
    const std::string_view field = bytes_.substr(offset, length);
    return field.substr(0, field.find('\0'));
  }

 private:
  std::string_view bytes_;
};

/// The decimal number that was meant where a float was stored: 0.02f -> 0.02, not 0.0199999996.
inline double decimal_of(float stored) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, stored).ptr;
  double value = stored;
  std::from_chars(text, end, value);
  return value;
}
/// The same for a float that was widened to a double; other doubles are left alone.
inline double decimal_of(double stored) {
  const bool in_range = stored > -1e30 && stored < 1e30;  // also false for NaN
  const float narrow = in_range ? static_cast<float>(stored) : 0.0F;
  return in_range && static_cast<double>(narrow) == stored ? decimal_of(narrow) : stored;
}

}  // namespace gadolin::io
